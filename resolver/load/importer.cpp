#include "resolver/load/importer.hpp"

#include <algorithm>
#include <future>
#include <optional>

#include "protocol/handle/handle.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using registry::Change;
using registry::Outcome;
using registry::PutRecord;

constexpr std::size_t batch_rows_max = 100'000;
constexpr std::size_t batch_octets_max = std::size_t{64} << 20;

/// What was read from the file and waits to be committed.
struct Batch {
    std::vector<Change> changes;  ///< puts in key order, each handle once
    std::vector<Row> rejected;
    std::set<std::string> prefixes;
    std::uint64_t rows = 0;
    bool last = false;
};

struct Keyed {
    std::string key;
    registry::EncodedRecord record;
};

/// Sorts by key; of equal keys the one that was read last stays.
void arrange(std::vector<Keyed> records, Batch& batch) {
    const auto by_key = [](const Keyed& left, const Keyed& right) { return left.key < right.key; };
    if (!std::is_sorted(records.begin(), records.end(), by_key))
        std::stable_sort(records.begin(), records.end(), by_key);
    batch.changes.reserve(records.size());
    for (std::size_t at = 0; at < records.size(); ++at) {
        const bool again = at + 1 < records.size() && records[at + 1].key == records[at].key;
        if (!again) batch.changes.emplace_back(PutRecord{std::move(records[at].record)});
    }
}

void note_prefix(std::string_view handle, Batch& batch) {
    const std::string_view prefix = protocol::prefix_of(handle);
    if (batch.prefixes.size() < 1000) batch.prefixes.insert(protocol::folded(prefix));
}

Batch read_batch(RowSource& source) {
    Batch batch;
    std::vector<Keyed> records;
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
        records.push_back(
            {std::string{protocol::text_of(key.bytes())}, registry::EncodedRecord{*row.record}});
    }
    arrange(std::move(records), batch);
    return batch;
}

void count(const std::vector<Outcome>& outcomes, ImportSummary& summary) {
    for (const Outcome outcome : outcomes) {
        if (outcome == Outcome::created) ++summary.created;
        if (outcome == Outcome::replaced) ++summary.replaced;
        if (outcome == Outcome::unchanged) ++summary.unchanged;
    }
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
        const registry::Commit commit = writer.commit(batch.changes, clock.now(), origin);
        count(commit.outcomes, summary);
        summary.sequence = commit.sequence;
        summary.rows += batch.rows;
        summary.rejected += batch.rejected.size();
        // Rows that a later row of the same batch replaced have had no effect of their own.
        summary.unchanged += batch.rows - batch.rejected.size() - batch.changes.size();
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
