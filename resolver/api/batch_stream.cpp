#include "resolver/api/batch_stream.hpp"

#include <algorithm>

#include "protocol/json/json_writer.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/http/handle_query.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;
using registry::Outcome;

std::string_view word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::created: return "created";
        case Outcome::replaced: return "replaced";
        case Outcome::unchanged: return "unchanged";
        default: return "deleted";
    }
}

void write_result(std::string& out, const BatchRow& row, std::string_view status,
                  std::uint64_t sequence) {
    JsonWriter writer{out};
    writer.begin_object().key("row").number(row.number);
    if (!row.handle.empty()) writer.key("handle").string(row.handle);
    writer.key("status").string(status);
    if (sequence > 0) writer.key("sequence").number(sequence);
    if (row.fault) {
        writer.key("error").begin_object().key("status").number(row.fault->status);
        writer.key("detail").string(row.fault->message);
        if (!row.fault->field.empty()) writer.key("field").string(row.fault->field);
        writer.end_object();
    }
    writer.end_object();
    out += '\n';
}

}  // namespace

/// What is written together, and what is said about it.
struct BatchStream::Group {
    Caller caller;  ///< as he was when the group was read
    std::vector<BatchRow> rows;
    std::vector<std::size_t> written;  ///< which of the rows have a change, in its order
    std::uint64_t sequence = 0;        ///< before the first change
    std::uint64_t digest = 0;
    std::string results;
    std::uint64_t rejected = 0;

    registry::ChangeSet decide(const registry::WriteView& view, const Call& call,
                               const Config& config) {
        registry::ChangeSet set{.changes = {}, .origin = origin_of(call)};
        written = decide_rows(rows, view, {caller, config}, set.changes);
        sequence = view.sequence();
        return set;
    }

    void describe(std::span<const Outcome> outcomes) {
        results.clear();
        rejected = 0;
        std::size_t next = 0;
        for (std::size_t at = 0; at < rows.size(); ++at) {
            BatchRow& row = rows[at];
            if (next == written.size() || written[next] != at) {
                ++rejected;
                write_result(results, row, "rejected", 0);
                continue;
            }
            const Outcome outcome = outcomes[next++];
            if (outcome == Outcome::absent) {  // an earlier row of the group has deleted it
                ++rejected;
                row.fault = Fault{.status = 404, .message = "There is no such handle"};
                row.refused = true;
                write_result(results, row, "rejected", 0);
                continue;
            }
            write_result(results, row, word_of(outcome),
                         outcome == Outcome::unchanged ? 0 : ++sequence);
        }
    }

    void fail(const Fault& fault) {
        results.clear();
        for (BatchRow& row : rows) {
            if (!row.fault) row.fault = fault;
            write_result(results, row, "rejected", 0);
        }
    }
};

void BatchStream::take(registry::Lookup& lookup, std::string piece, bool last, Respond respond) {
    unread_ += piece;
    {
        const std::lock_guard lock{guard_};
        last_ = last;
        if (!ending_.empty()) last_ = true;
        sender_waits_ = piece.size() < piece_size;
    }
    try {
        auto lines = split(last);
        if (!lines.empty() && job_ && !replay(lookup, lines))
            end_with({.status = 409,
                      .message = "Idempotency-Key: it was used for other rows before",
                      .field = "Idempotency-Key"});
        else if (!lines.empty())
            submit(lookup, std::move(lines));
        unread_.erase(0, std::exchange(taken_, 0));
        if (job_ && last && ending_.empty()) finish_job();
        // Where rows are compared with those of an earlier request, several may wait for the next.
        const bool of_one_row = unread_.size() > row_size_max && unread_.find('\n') == unread_.npos;
        if (ending_.empty() && of_one_row)
            end_with({.status = 413, .message = "expected rows of at most 1 MiB"});
    } catch (const std::exception&) {
        end_with({.status = 500, .message = "The node cannot go on at the moment"});
    }
    lookup.release();
    std::unique_lock lock{guard_};
    respond_ = std::move(respond);  // not before: the next piece may come at once
    respond_if_due(lock);
}

/// The whole lines of what is unread; they live until `unread_` changes.
std::vector<std::string_view> BatchStream::split(bool last) {
    std::vector<std::string_view> lines;
    std::string_view rest = unread_;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (end == rest.npos && !last) break;
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") != line.npos) lines.push_back(line);
    }
    taken_ = unread_.size() - rest.size();
    return lines;
}

bool BatchStream::replay(registry::Lookup& lookup, std::vector<std::string_view>& lines) {
    lookup.renew();
    while (!lines.empty()) {
        const auto group = find_group(lookup.snapshot(), job_->id, next_row_);
        if (!group) return true;
        if (group->rows > lines.size()) {
            if (last_) return false;
            taken_ = static_cast<std::size_t>(lines.front().data() - unread_.data());
            lines.clear();  // once all of them are here
            break;
        }
        const std::vector<std::string_view> known(lines.begin(), lines.begin() + group->rows);
        if (digest_of_rows(known) != group->digest) return false;
        lines.erase(lines.begin(), lines.begin() + group->rows);
        next_row_ += group->rows;
        note(begin_results(), std::string{group->results});
    }
    return true;
}

void BatchStream::submit(registry::Lookup& lookup, std::vector<std::string_view> lines) {
    lookup.renew();
    auto renewed = services_.authenticator.renew(lookup, *call_);
    if (const auto* const fault = std::get_if<Fault>(&renewed)) return end_with(*fault);
    const auto group = std::make_shared<Group>();
    group->caller = std::get<Caller>(std::move(renewed));
    group->digest = job_ ? digest_of_rows(lines) : 0;
    BatchRowReader reader;
    group->rows.reserve(lines.size());
    for (const std::string_view line : lines) group->rows.push_back(reader.read(line, next_row_++));
    const Results results = begin_results();
    const auto self = shared_from_this();
    registry::Job job{
        .decide = [self, group](const registry::WriteView& view) -> registry::Decision {
            auto set = group->decide(view, *self->call_, self->services_.config);
            set.then = [self, group](std::span<const Outcome> outcomes) {
                return self->keep(*group, outcomes);
            };
            return set;
        },
        .done =
            [self, group, results,
             begun = std::chrono::steady_clock::now()](const registry::JobOutcome& outcome) {
                if (const auto fault = find_fault(outcome)) group->fail(*fault);
                count_rows(self->services_.statistics, group->rows,
                           std::chrono::steady_clock::now() - begun);
                self->note(results, std::move(group->results));
            },
        .octets = unread_.size()};
    if (services_.queue.submit(std::move(job)) == registry::CommitQueue::Submitted::taken) return;
    group->fail(busy_fault());
    note(results, std::move(group->results));
}

void BatchStream::finish_job() {
    const Results nothing = begin_results();
    const auto self = shared_from_this();
    registry::Job job{
        .decide = [self](const registry::WriteView&) -> registry::Decision {
            BatchJob done = *self->job_;
            done.state = BatchJob::State::done;
            done.rows = self->next_row_ - 1;
            return registry::ChangeSet{
                .changes = {registry::PutEntry{registry::Area::jobs, done.id, to_json(done)}},
                .origin = {}};
        },
        .done = [self, nothing](const registry::JobOutcome&) { self->note(nothing, {}); }};
    if (services_.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
        note(nothing, {});
}

/// In the transaction, behind its rows.
std::vector<registry::Change> BatchStream::keep(Group& group, std::span<const Outcome> outcomes) {
    group.describe(outcomes);
    if (!job_) return {};
    const std::uint64_t first = group.rows.front().number;
    job_->rows = first - 1 + group.rows.size();
    rejected_[first] = group.rejected;
    job_->rejected = rejected_before_;
    for (const auto& [row, count] : rejected_) job_->rejected += count;
    job_->changed = services_.clock.now();
    return changes_to_keep(*job_, {.first = first,
                                   .rows = static_cast<std::uint32_t>(group.rows.size()),
                                   .digest = group.digest,
                                   .results = group.results});
}

BatchStream::Results BatchStream::begin_results() {
    const std::lock_guard lock{guard_};
    return in_flight_.emplace_back(std::make_shared<std::optional<std::string>>());
}

void BatchStream::note(const Results& results, std::string text) {
    std::unique_lock lock{guard_};
    *results = std::move(text);
    for (; !in_flight_.empty() && *in_flight_.front(); in_flight_.pop_front())
        results_ += **in_flight_.front();
    respond_if_due(lock);
}

/// One group may still be written while the next piece is read, unless the sender may be waiting
/// for what comes of it.
void BatchStream::respond_if_due(std::unique_lock<std::mutex>& lock) {
    if (!respond_ || in_flight_.size() > (last_ || sender_waits_ ? 0U : 1U)) return;
    HttpReply reply{.content_type = ndjson_type, .body = std::move(results_), .streams = !last_};
    results_.clear();
    const Respond respond = std::exchange(respond_, {});
    lock.unlock();
    respond(std::move(reply));
}

/// Says why nothing more is taken, as the last row.
void BatchStream::end_with(const Fault& fault) {
    std::string text;
    BatchRow row{.number = next_row_, .fault = fault};
    write_result(text, row, "rejected", 0);
    {
        const std::lock_guard lock{guard_};
        last_ = true;
        ending_ = fault.message;
    }
    note(begin_results(), std::move(text));
}

std::string BatchStream::ending() {
    const std::lock_guard lock{guard_};
    return ending_;
}

}  // namespace idnode::resolver::api
