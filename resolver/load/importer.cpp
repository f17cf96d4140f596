#include "resolver/load/importer.hpp"

#include <algorithm>
#include <future>
#include <optional>
#include <span>

#include "protocol/handle/handle.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using registry::Change;
using registry::Outcome;
using registry::PutRecord;

constexpr std::size_t batch_rows_max = 100'000;
constexpr std::size_t batch_octets_max = std::size_t{64} << 20;

struct Keyed {
    std::string key;
    std::optional<registry::EncodedRecord> record;  ///< nothing: its template is asked first
};

/// A row that names a template: whether it is a record is known in the transaction.
struct Held {
    Row row;
    std::size_t place;  ///< of its record, in the order of the file
};

/// What was read from the file and waits to be committed.
struct Batch {
    std::vector<Keyed> records;   ///< in the order of the file, until they are arranged
    std::vector<Held> held;       ///< those that wait for their templates
    std::vector<Change> changes;  ///< puts in key order, each handle once
    std::vector<Row> rejected;
    std::set<std::string> prefixes;
    std::uint64_t rows = 0;
    std::size_t puts = 0;  ///< changes that register something
    bool last = false;
};

/// Sorts by key; of equal keys the one that was read last stays.
void arrange(Batch& batch) {
    auto& records = batch.records;
    const auto by_key = [](const Keyed& left, const Keyed& right) { return left.key < right.key; };
    if (!std::is_sorted(records.begin(), records.end(), by_key))
        std::stable_sort(records.begin(), records.end(), by_key);
    batch.changes.reserve(records.size());
    for (std::size_t at = 0; at < records.size(); ++at) {
        const bool again = at + 1 < records.size() && records[at + 1].key == records[at].key;
        if (!again) batch.changes.emplace_back(PutRecord{std::move(*records[at].record)});
    }
    records.clear();
    batch.puts = batch.changes.size();
}

/// Holds the rows that name a template to it; those that do not fit are rejected in their places.
void settle(Batch& batch, const registry::WriteView& view) {
    if (batch.held.empty()) return;
    templates::Validator validator{view};
    for (Held& each : batch.held) {
        if (auto fault = validator.apply(*each.row.record)) {
            each.row.record = protocol::FormatError{std::move(*fault)};
            batch.rejected.push_back(std::move(each.row));
        } else {
            batch.records[each.place].record.emplace(*each.row.record);
        }
    }
    std::ranges::stable_sort(batch.rejected, {}, &Row::line);
    std::erase_if(batch.records, [](const Keyed& each) { return !each.record; });
    arrange(batch);
    validator.note_uses(batch.changes);
}

void note_prefix(std::string_view handle, Batch& batch) {
    const std::string_view prefix = protocol::prefix_of(handle);
    if (batch.prefixes.size() < 1000) batch.prefixes.insert(protocol::folded(prefix));
}

Batch read_batch(RowSource& source) {
    Batch batch;
    std::size_t octets = 0;
    std::string last_prefix;
    Row row;
    while (batch.rows < batch_rows_max && octets < batch_octets_max) {
        if (!source.next(row)) {
            batch.last = true;
            break;
        }
        ++batch.rows;
        octets += row.text.size() + sizeof(Row);
        if (!row.record) {
            batch.rejected.push_back(std::move(row));
            continue;
        }
        const registry::HandleKey key{row.record->handle};
        if (const auto prefix = protocol::prefix_of(row.record->handle); prefix != last_prefix) {
            note_prefix(row.record->handle, batch);
            last_prefix = prefix;
        }
        batch.records.push_back({std::string{protocol::text_of(key.bytes())}, std::nullopt});
        if (templates::find_template_value(row.record->values))
            batch.held.push_back({std::move(row), batch.records.size() - 1});
        else
            batch.records.back().record.emplace(*row.record);
    }
    if (batch.held.empty()) arrange(batch);
    return batch;
}

void count(std::span<const Outcome> outcomes, ImportSummary& summary) {
    for (const Outcome outcome : outcomes) {
        if (outcome == Outcome::created) ++summary.created;
        if (outcome == Outcome::replaced) ++summary.replaced;
        if (outcome == Outcome::unchanged) ++summary.unchanged;
    }
}

registry::Commit commit_batch(Batch& batch, registry::Writer& writer, std::uint32_t now,
                              const registry::Origin& origin) {
    const registry::Decide decide = [&](const registry::WriteView& view) -> registry::Decision {
        settle(batch, view);
        return registry::ChangeSet{.changes = std::move(batch.changes), .origin = origin};
    };
    const registry::Decide* const jobs[]{&decide};
    auto outcome = std::move(writer.commit(jobs, now).front());
    if (const auto* const fault = std::get_if<std::exception_ptr>(&outcome))
        std::rethrow_exception(*fault);
    return std::get<registry::Commit>(std::move(outcome));
}

}  // namespace

ImportSummary import_records(RowSource& source, const registry::Store& store, const Clock& clock,
                             const ImportHooks& hooks, const registry::Origin& origin) {
    ImportSummary summary;
    registry::Writer writer{store};
    registry::Snapshot snapshot{store};
    const auto read = [&] { return read_batch(source); };
    Batch batch = read();
    for (;;) {
        std::optional<std::future<Batch>> next;
        if (!batch.last) next = std::async(std::launch::async, read);
        const registry::Commit commit = commit_batch(batch, writer, clock.now(), origin);
        count(std::span{commit.outcomes}.first(batch.puts), summary);
        summary.sequence = commit.sequence;
        summary.rows += batch.rows;
        summary.rejected += batch.rejected.size();
        // Rows that a later row of the same batch replaced have had no effect of their own.
        summary.unchanged += batch.rows - batch.rejected.size() - batch.puts;
        for (const Row& row : batch.rejected) hooks.reject(row);
        snapshot.renew();
        for (const std::string& prefix : batch.prefixes)
            if (summary.unhomed_prefixes.size() < unhomed_prefixes_max &&
                prefix != protocol::prefix_of_prefixes && !snapshot.is_homed(prefix))
                summary.unhomed_prefixes.insert(prefix);
        snapshot.release();
        hooks.progress(summary);
        if (!next) return summary;
        batch = next->get();
    }
}

}  // namespace idnode::resolver
