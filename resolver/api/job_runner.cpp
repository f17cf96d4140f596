#include "resolver/api/job_runner.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>

#include "protocol/json/json_writer.hpp"
#include "resolver/api/batch_stream.hpp"
#include "resolver/api/capture_id.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/net/file_descriptor.hpp"

namespace idnode::resolver::api {
namespace {

using State = BatchJob::State;

/// How long the runner sleeps between looks for jobs that are old.
constexpr std::chrono::minutes between_sweeps{10};

}  // namespace

JobRunner::JobRunner(const Services& services)
    : services_{services}, directory_{services.config.data_directory + "/jobs"} {
    std::filesystem::create_directories(directory_);
    const registry::Snapshot snapshot{services.store};
    registry::EntryCursor cursor{snapshot, registry::Area::jobs};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto job = job_from_json(entry->key, entry->value);
        if (job && job->spooled && job->state == State::waiting) waiting_.push_back(job->id);
    }
    thread_ = std::thread{[this] { run(); }};
}

JobRunner::~JobRunner() {
    {
        const std::lock_guard lock{guard_};
        stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

std::filesystem::path JobRunner::file_of(std::string_view id) const {
    return directory_ / (std::string{id} + ".ndjson");
}

void JobRunner::add(std::string id) {
    const std::lock_guard lock{guard_};
    waiting_.push_back(std::move(id));
    changed_.notify_all();
}

bool JobRunner::stopped() {
    const std::lock_guard lock{guard_};
    return stopped_;
}

void JobRunner::run() {
    registry::Lookup lookup{services_.store, 0, registry::Lookup::Disk::wait};
    lookup.release();
    std::unique_lock lock{guard_};
    for (;;) {
        if (stopped_) return;
        std::string id;
        if (!waiting_.empty()) {
            id = std::move(waiting_.front());
            waiting_.pop_front();
        }
        lock.unlock();
        try {
            if (id.empty()) {
                remove_old(lookup);
                remove_old_captures(lookup);
            } else {
                work_off(lookup, id);
            }
        } catch (const std::exception& error) {
            spdlog::error("job {}: {}", id, error.what());
        }
        lookup.release();
        lock.lock();
        changed_.wait_for(lock, between_sweeps, [&] { return stopped_ || !waiting_.empty(); });
    }
}

void JobRunner::work_off(registry::Lookup& lookup, const std::string& id) {
    lookup.renew();
    auto job = find_job(lookup.snapshot(), id);
    if (!job || job->state != State::waiting) return;
    const auto caller =
        find_caller(lookup.snapshot(), job->account, job->identity, services_.clock.now());
    lookup.release();
    std::string error = caller ? feed(lookup, *job, *caller) : "Its sender may do nothing any more";
    if (!error.empty()) {
        if (stopped()) return;  // it is taken up again at the next start
        lookup.renew();
        job = find_job(lookup.snapshot(), id).value_or(*job);  // with the rows that were answered
        lookup.release();
        job->state = State::failed;
        job->error = std::move(error);
        keep(*job);
    }
    std::filesystem::remove(file_of(id));
}

/// Why it could not be brought to its end; empty when it was.
std::string JobRunner::feed(registry::Lookup& lookup, const BatchJob& job, const Caller& caller) {
    std::ifstream file{file_of(job.id), std::ios::binary};
    if (!file) return "Its rows are not there any more";
    const auto call = std::make_shared<Call>();
    call->caller = caller;
    // As he was when he sent it: what was voided since is void for it as well.
    if (call->caller.account) call->caller.account->token_epoch = job.epoch;
    if (!job.key.bytes().empty() && caller.identity)
        call->proof = auth::Proof{.identity = *caller.identity, .key = job.key, .time = job.begun};
    call->request.encrypted = true;
    const auto stream = std::make_shared<BatchStream>(services_, call, job);
    for (bool last = false; !last;) {
        std::string piece(BodyStream::piece_size, '\0');
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        piece.resize(static_cast<std::size_t>(file.gcount()));
        last = file.peek() == std::ifstream::traits_type::eof();
        std::promise<bool> answered;
        stream->take(lookup, std::move(piece), last,
                     [&](const HttpReply& reply) { answered.set_value(reply.streams); });
        const bool goes_on = answered.get_future().get();
        if (std::string ending = stream->ending(); !ending.empty()) return ending;
        if (!goes_on && !last) return "It ended before its last row";
        if (!last && stopped()) return "The node was stopped";
    }
    return {};
}

void JobRunner::keep(const BatchJob& job) {
    registry::Job write{
        .decide = [job](const registry::WriteView&) -> registry::Decision {
            return registry::ChangeSet{
                .changes = {registry::PutEntry{registry::Area::jobs, job.id, to_json(job)}},
                .origin = {}};
        },
        .done = [](const registry::JobOutcome&) {}};
    services_.queue.submit(std::move(write));
}

void JobRunner::remove_old(registry::Lookup& lookup) {
    lookup.renew();
    const std::uint32_t now = services_.clock.now();
    const std::uint32_t kept = services_.config.jobs_keep_hours * 3600;
    std::vector<registry::Change> changes;
    registry::EntryCursor cursor{lookup.snapshot(), registry::Area::jobs};
    for (auto entry = cursor.seek({}); entry && changes.size() < 10'000; entry = cursor.next()) {
        const auto job = job_from_json(entry->key, entry->value);
        if (!job || job->state == State::waiting || now < job->changed + kept) continue;
        for_each_group(lookup.snapshot(), job->id, 0, [&](const ResultGroup& group) {
            changes.emplace_back(registry::RemoveEntry{registry::Area::job_results,
                                                       group_key(job->id, group.first)});
            return changes.size() < 10'000;
        });
        changes.emplace_back(registry::RemoveEntry{registry::Area::jobs, job->id});
    }
    if (changes.empty()) return;
    registry::Job write{.decide = [changes](const registry::WriteView&) -> registry::Decision {
                            return registry::ChangeSet{.changes = changes, .origin = {}};
                        },
                        .done = [](const registry::JobOutcome&) {}};
    services_.queue.submit(std::move(write));
}

/// In parts, each of which is on the disk before the next is looked for.
void JobRunner::remove_old_captures(registry::Lookup& lookup) {
    constexpr std::size_t part_max = 1000;
    const std::uint32_t now = services_.clock.now();
    const std::uint32_t kept = std::min(now, services_.config.jobs_keep_hours * 3600);
    const std::string end = first_capture_id(std::int64_t{now - kept} * 1000);
    for (bool more = true; more && !stopped();) {
        lookup.renew();
        std::vector<registry::Change> old;
        registry::EntryCursor cursor{lookup.snapshot(), registry::Area::captures};
        for (auto entry = cursor.seek({}); entry && entry->key < end && old.size() < part_max;
             entry = cursor.next())
            if (has_time(entry->key))
                old.emplace_back(
                    registry::RemoveEntry{registry::Area::captures, std::string{entry->key}});
        lookup.release();
        if (old.empty()) return;
        more = old.size() == part_max;
        std::promise<bool> removed;
        registry::Job write{
            .decide = [&old](const registry::WriteView&) -> registry::Decision {
                return registry::ChangeSet{.changes = old, .origin = {}};
            },
            .done =
                [&](const registry::JobOutcome& outcome) {
                    removed.set_value(std::holds_alternative<registry::Commit>(outcome));
                }};
        const auto submitted = services_.queue.submit(std::move(write));
        if (submitted != registry::CommitQueue::Submitted::taken) return;
        more = removed.get_future().get() && more;
    }
}

HttpReply accepted(const BatchJob& job) {
    HttpReply reply{.status = 202, .content_type = json_type, .body = shown(job)};
    reply.add_header("Location", "/api/v1/jobs/" + job.id);
    return reply;
}

namespace {

class SpoolStream final : public BodyStream {
public:
    SpoolStream(const Services& services, JobRunner& runner, Pending call, BatchJob job)
        : services_{services}, runner_{runner}, call_{std::move(call)}, job_{std::move(job)} {}

    void take(registry::Lookup&, std::string piece, bool last, Respond respond) override {
        const bool written = write(piece) && (!last || sync());
        if (!written) {
            spdlog::error("cannot write {}", runner_.file_of(job_.id).string());
            return respond(call_->reply_of(
                {.status = 507, .message = "The node has no room for the rows of the job"}));
        }
        if (!last) return respond({.streams = true});
        keep(std::move(respond));
    }

private:
    bool write(std::string_view piece) {
        while (!piece.empty() && out_.number() >= 0) {
            const ssize_t written = ::write(out_.number(), piece.data(), piece.size());
            if (written < 0) return false;
            piece.remove_prefix(static_cast<std::size_t>(written));
        }
        return out_.number() >= 0;
    }
    bool sync() const { return ::fsync(out_.number()) == 0; }

    void keep(Respond respond) {
        registry::Job write{
            .decide = [job = job_](const registry::WriteView&) -> registry::Decision {
                return registry::ChangeSet{
                    .changes = {registry::PutEntry{registry::Area::jobs, job.id, to_json(job)}},
                    .origin = {}};
            },
            .done =
                [call = call_, job = job_, &runner = runner_,
                 respond](const registry::JobOutcome& outcome) {
                    if (const auto fault = find_fault(outcome))
                        return respond(call->reply_of(*fault));
                    runner.add(job.id);
                    respond(accepted(job));
                }};
        if (services_.queue.submit(std::move(write)) != registry::CommitQueue::Submitted::taken)
            respond(call_->reply_of(busy_fault()));
    }

    const Services& services_;
    JobRunner& runner_;
    const Pending call_;
    const BatchJob job_;
    const FileDescriptor out_{
        ::open(runner_.file_of(job_.id).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
};

}  // namespace

std::shared_ptr<BodyStream> make_spool_stream(const Services& services, JobRunner& runner,
                                              Pending call, BatchJob job) {
    return std::make_shared<SpoolStream>(services, runner, std::move(call), std::move(job));
}

}  // namespace idnode::resolver::api
