#include "registry/batch.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/audit.hpp"
#include "registry/trace/references.hpp"
#include "registry/trace/thing_memory.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;

bool less(Bytes left, Bytes right) {
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}

void put_number(lmdb::WriteTxn& txn, MDB_dbi table, Bytes key, std::uint64_t number) {
    std::array<std::byte, sizeof(number)> stored;
    protocol::store_big(stored.data(), number);
    txn.put(table, key, stored);
}

}  // namespace

Batch::Batch(const Store& store, std::uint32_t now)
    : store_{store}, txn_{store.env()}, now_{now}, references_{[this](std::string_view key) {
          return view().entry(Area::reference_items, key);
      }} {
    sequence_ = load_number(txn_.get(store.meta(), bytes_of(meta_key::sequence))).value_or(0);
    first_sequence_ = sequence_;
    if (const auto last = txn_.last_key(store.records())) last_key_ = protocol::text_of(*last);
}

Outcome Batch::apply(Change& change, const Origin& origin) {
    return std::visit([&](auto& each) { return apply(each, origin); }, change);
}

Outcome Batch::apply(PutRecord& put, const Origin& origin) {
    const HandleKey key{put.record.handle()};
    ChangeView change{.operation = Operation::put_record, .handle = put.record.handle()};
    Outcome outcome = Outcome::created;
    Digest before_digest;
    if (less(bytes_of(last_key_), key.bytes())) {
        put.record.settle(std::nullopt, now_);
        const Bytes after = put.record.seal(sequence_ + 1);
        change_references(put.record.handle(), {}, after);
        txn_.append(store_.records(), key.bytes(), after);
        last_key_ = protocol::text_of(key.bytes());
    } else {
        const auto stored = txn_.get(store_.records(), key.bytes());
        auto before = stored ? RecordView::read(*stored) : std::nullopt;
        if (before && before->find_fault()) before.reset();  // whatever comes is better
        if (!put.record.settle(before, now_)) return Outcome::unchanged;
        if (stored) {
            before_digest = digest_of_stored(*stored);
            change.before = before_digest;
            outcome = Outcome::replaced;
        }
        const Bytes after = put.record.seal(sequence_ + 1);
        change_references(put.record.handle(), stored, after);
        txn_.put(store_.records(), key.bytes(), after);
    }
    if (outcome == Outcome::created) count(put.record.handle(), 1);
    const Digest after_digest = sha256_.of(put.record.values());
    change.after = after_digest;
    note(change, origin);
    return outcome;
}

Outcome Batch::apply(const RemoveRecord& removal, const Origin& origin) {
    const HandleKey key{removal.handle};
    const auto stored = txn_.get(store_.records(), key.bytes());
    if (!stored) return Outcome::absent;
    const Digest before = digest_of_stored(*stored);
    change_references(removal.handle, stored, {});
    txn_.remove(store_.records(), key.bytes());
    count(removal.handle, -1);
    note({.operation = Operation::delete_handle, .handle = removal.handle, .before = before},
         origin);
    // The last key may be gone; a greater one than exists only costs the fast path.
    return Outcome::removed;
}

Outcome Batch::apply(const HomePrefix& home, const Origin& origin) {
    const std::string key = protocol::folded(home.prefix);
    if (txn_.get(store_.prefixes(), bytes_of(key))) return Outcome::unchanged;
    txn_.put(store_.prefixes(), bytes_of(key), bytes_of(make_prefix_entry(home.prefix)));
    const Digest after = sha256_.of(bytes_of(home.prefix));
    note({.operation = Operation::home_prefix,
          .of_prefix = true,
          .handle = home.prefix,
          .after = after},
         origin);
    return Outcome::created;
}

Outcome Batch::apply(const UnhomePrefix& unhome, const Origin& origin) {
    const std::string key = protocol::folded(unhome.prefix);
    const auto stored = txn_.get(store_.prefixes(), bytes_of(key));
    if (!stored) return Outcome::absent;
    const Digest before = sha256_.of(stored->subspan(std::min<std::size_t>(1, stored->size())));
    txn_.remove(store_.prefixes(), bytes_of(key));
    note({.operation = Operation::unhome_prefix,
          .of_prefix = true,
          .handle = unhome.prefix,
          .before = before},
         origin);
    return Outcome::removed;
}

Outcome Batch::apply(const PutEntry& put, const Origin& origin) {
    const std::string key = make_entry_key(put.area, put.key);
    const Bytes value = bytes_of(put.value);
    if (put.area == Area::reference_items) references_.forget();
    if (!is_logged(put.area)) {
        const Outcome outcome = assign(key, value);
        if (outcome != Outcome::unchanged) note_thing(put.area, put.key);
        return outcome;
    }
    const auto stored = txn_.get(*store_.entries(), bytes_of(key));
    if (stored && std::ranges::equal(*stored, value)) return Outcome::unchanged;
    ChangeView change{.operation = Operation::put_entry};
    const Digest before = stored ? sha256_.of(*stored) : Digest{};
    const Digest after = sha256_.of(value);
    if (stored) change.before = before;
    change.after = after;
    // What is stored is read before it is written over.
    const std::string detail = make_audit_detail(stored, value);
    txn_.put(*store_.entries(), bytes_of(key), value);
    note_entry(put.area, put.key, change, detail, origin);
    return stored ? Outcome::replaced : Outcome::created;
}

/// What the node writes of itself: captures write some twenty such entries for each event.
Outcome Batch::assign(std::string_view key, Bytes value) {
    switch (txn_.assign(*store_.entries(), bytes_of(key), value)) {
        case lmdb::WriteTxn::Assigned::unchanged: return Outcome::unchanged;
        case lmdb::WriteTxn::Assigned::created: entries_changed_ = true; return Outcome::created;
        case lmdb::WriteTxn::Assigned::replaced: break;
    }
    entries_changed_ = true;
    return Outcome::replaced;
}

Outcome Batch::apply(const RemoveEntry& removal, const Origin& origin) {
    const std::string key = make_entry_key(removal.area, removal.key);
    const auto stored = txn_.get(*store_.entries(), bytes_of(key));
    if (!stored) return Outcome::absent;
    Digest before{};
    std::string detail;
    if (is_logged(removal.area)) {
        before = sha256_.of(*stored);
        detail = make_audit_detail(stored, {});
    }
    txn_.remove(*store_.entries(), bytes_of(key));
    note_thing(removal.area, removal.key);
    note_entry(removal.area, removal.key, {.operation = Operation::remove_entry, .before = before},
               detail, origin);
    return Outcome::removed;
}

/// An entry has an operation of its own, whatever was asked for.
void Batch::note_entry(Area area, std::string_view key, ChangeView change,
                       const std::string& detail, const Origin& origin) {
    entries_changed_ = true;
    if (!is_logged(area)) return;
    const std::string subject = std::string{name_of(area)}.append("/").append(key);
    change.of_entry = true;
    change.handle = subject;
    note(change, origin);
    administered_ = sequence_;
    txn_.put(*store_.entries(), bytes_of(make_entry_key(Area::audit_details, audit_key(sequence_))),
             bytes_of(detail));
}

void Batch::note_thing(Area area, std::string_view key) {
    if (const auto cell = trace::cell_of(area, key)) things_changed_.push_back(*cell);
}

/// Gives what is held of things in memory, if it has changed, its new state.
void Batch::settle_things() {
    if (things_changed_.empty()) return;
    const Bytes name = bytes_of(meta_key::things);
    const std::uint64_t before = load_number(txn_.get(store_.meta(), name)).value_or(0);
    thing_state_ = before + 1;
    put_number(txn_, store_.meta(), name, thing_state_);
    store_.thing_memory().note(before, thing_state_, things_changed_);
}

std::uint64_t Batch::commit() && {
    if (sequence_ == first_sequence_ && !entries_changed_)
        return sequence_;  // nothing changed: nothing to sync
    write_counts();
    put_number(txn_, store_.meta(), bytes_of(meta_key::sequence), sequence_);
    if (administered_ > 0)
        put_number(txn_, store_.meta(), bytes_of(meta_key::administered), administered_);
    settle_things();
    try {
        std::move(txn_).commit();
    } catch (...) {
        store_.thing_memory().forget();
        throw;
    }
    if (thing_state_ > 0) store_.thing_memory().committed(thing_state_);
    return sequence_;
}

/// Keeps the edges from what a record refers to true. Most records refer to nothing. What is stored
/// is read before the first of its changes is made.
void Batch::change_references(std::string_view handle, std::optional<Bytes> before,
                              std::optional<Bytes> after) {
    const auto references_of = [this](const std::optional<Bytes>& stored) {
        trace::References references;
        const auto record = stored ? RecordView::read(*stored) : std::nullopt;
        if (record)
            references_.for_each_reference(*record, [&](const protocol::ValueView& value) {
                trace::add_references(value, references);
            });
        return references;
    };
    const auto was = references_of(before);
    const auto is = references_of(after);
    if (was == is) return;
    std::vector<Change> changes;
    trace::change_references(view(), handle, was, is, changes);
    for (Change& change : changes) apply(change, {});
}

/// Handles that come together mostly have one prefix.
void Batch::count(std::string_view handle, std::int64_t more) {
    const std::string_view prefix = protocol::prefix_of(handle);
    if (!counted_ || prefix != counted_prefix_) {
        counted_prefix_ = prefix;
        counted_ = &counts_[protocol::folded(prefix)];
    }
    *counted_ += more;
}

void Batch::write_counts() {
    for (const auto& [prefix, more] : counts_) {
        if (more == 0 || prefix.size() > entry_key_size_max) continue;
        const std::string key = make_entry_key(Area::counts, prefix);
        const auto before = load_number(txn_.get(*store_.entries(), bytes_of(key))).value_or(0);
        put_number(txn_, *store_.entries(), bytes_of(key),
                   before + static_cast<std::uint64_t>(more));
    }
}

/// Of the values of a stored record; of all its octets when nobody can tell where they are.
Digest Batch::digest_of_stored(Bytes stored) {
    const auto record = RecordView::read(stored);
    return sha256_.of(record ? record->values() : stored);
}

/// Counts a change and writes it into the log.
void Batch::note(ChangeView change, const Origin& origin) {
    change.time = now_;
    change.transport = origin.transport;
    if (!change.of_entry) change.operation = origin.operation.value_or(change.operation);
    change.actor = origin.actor;
    if (origin.request) change.request = *origin.request;
    store_change(change, entry_);
    txn_.append(*store_.change_log(), change_key(++sequence_), bytes_of(entry_));
}

}  // namespace idnode::registry
