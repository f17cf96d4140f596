#include "registry/writer.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/changes.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;

constexpr std::string_view sequence_key = "sequence";
constexpr char state_homed = 1;  // stored, never to change

bool less(Bytes left, Bytes right) {
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}

/// One batch on its way into one transaction.
class Batch {
public:
    Batch(const Store& store, std::uint32_t now, bool noted)
        : store_{store}, txn_{store.env()}, now_{now}, noted_{noted} {
        if (const auto stored = txn_.get(store.meta(), bytes_of(sequence_key)))
            sequence_ = protocol::load_big<std::uint64_t>(stored->data());
        if (const auto last = txn_.last_key(store.records())) last_key_ = protocol::text_of(*last);
        first_sequence_ = sequence_;
        if (!noted_) txn_.empty_table(store_.changes());
    }

    Outcome apply(PutRecord& put) {
        const HandleKey key{put.record.handle()};
        if (less(bytes_of(last_key_), key.bytes())) {
            put.record.settle(std::nullopt, now_);
            note({ChangedEntry::Kind::record, protocol::text_of(key.bytes())});
            txn_.append(store_.records(), key.bytes(), put.record.seal(sequence_));
            last_key_ = protocol::text_of(key.bytes());
            return Outcome::created;
        }
        const auto stored = txn_.get(store_.records(), key.bytes());
        auto before = stored ? RecordView::read(*stored) : std::nullopt;
        if (before && before->find_fault()) before.reset();  // whatever comes is better
        if (!put.record.settle(before, now_)) return Outcome::unchanged;
        const Outcome outcome = stored ? Outcome::replaced : Outcome::created;
        note({ChangedEntry::Kind::record, protocol::text_of(key.bytes())});
        txn_.put(store_.records(), key.bytes(), put.record.seal(sequence_));
        return outcome;
    }

    Outcome apply(const RemoveRecord& removal) {
        const HandleKey key{removal.handle};
        if (!txn_.remove(store_.records(), key.bytes())) return Outcome::absent;
        note({ChangedEntry::Kind::record, protocol::text_of(key.bytes())});
        // The last key may be gone; a greater one than exists only costs the fast path.
        return Outcome::removed;
    }

    Outcome apply(const HomePrefix& home) {
        const std::string key = protocol::folded(home.prefix);
        if (txn_.get(store_.prefixes(), bytes_of(key))) return Outcome::unchanged;
        const std::string entry = std::string(1, state_homed) + home.prefix;
        txn_.put(store_.prefixes(), bytes_of(key), bytes_of(entry));
        note({ChangedEntry::Kind::prefixes, {}});
        return Outcome::created;
    }

    Outcome apply(const UnhomePrefix& unhome) {
        if (!txn_.remove(store_.prefixes(), bytes_of(protocol::folded(unhome.prefix))))
            return Outcome::absent;
        note({ChangedEntry::Kind::prefixes, {}});
        return Outcome::removed;
    }

    std::uint64_t commit() && {
        if (sequence_ == first_sequence_) return sequence_;  // nothing changed: nothing to sync
        std::array<std::byte, sizeof(sequence_)> stored;
        protocol::store_big(stored.data(), sequence_);
        txn_.put(store_.meta(), bytes_of(sequence_key), stored);
        std::move(txn_).commit();
        return sequence_;
    }

private:
    /// Counts a change and says in the store what it touches.
    void note(const ChangedEntry& entry) {
        ++sequence_;
        if (!noted_) return;
        std::array<std::byte, sizeof(sequence_)> key;
        protocol::store_big(key.data(), sequence_);
        txn_.append(store_.changes(), key, bytes_of(format_change(entry)));
        if (sequence_ <= changes_kept) return;
        protocol::store_big(key.data(), sequence_ - changes_kept);
        txn_.remove(store_.changes(), key);
    }

    const Store& store_;
    lmdb::WriteTxn txn_;
    std::uint32_t now_;
    bool noted_;
    std::uint64_t sequence_ = 0;
    std::uint64_t first_sequence_ = 0;
    std::string last_key_;  ///< no key of the records is greater
};

}  // namespace

Commit Writer::commit(std::span<Change> changes, std::uint32_t now) {
    Batch batch{store_, now, changes.size() <= changes_batch_max};
    Commit commit;
    commit.outcomes.reserve(changes.size());
    for (Change& change : changes)
        commit.outcomes.push_back(
            std::visit([&](auto& each) { return batch.apply(each); }, change));
    commit.sequence = std::move(batch).commit();
    return commit;
}

}  // namespace idnode::registry
