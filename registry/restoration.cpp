#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/backup.hpp"
#include "registry/listing.hpp"
#include "registry/trace/former_layout.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using Kind = StoreError::Kind;

/// What one transaction takes: enough to be quick, and bounded.
constexpr std::uint64_t items_max = 100'000;
constexpr std::size_t octets_max = std::size_t{32} << 20;

void put_number(lmdb::WriteTxn& txn, const Store& store, std::string_view name,
                std::uint64_t number) {
    std::array<std::byte, sizeof(number)> stored;
    protocol::store_big(stored.data(), number);
    txn.put(store.meta(), bytes_of(name), stored);
}

std::size_t size_of(const BackupItem& item) {
    if (const auto* const record = std::get_if<RecordView>(&item)) return record->stored().size();
    if (const auto* const prefix = std::get_if<BackupPrefix>(&item)) return prefix->stored.size();
    if (const auto* const entry = std::get_if<BackupEntry>(&item))
        return entry->key.size() + entry->value.size();
    return std::get<BackupChange>(item).stored.size();
}

}  // namespace

void Restoration::apply(BackupReader& backup,
                        const std::function<void(std::uint64_t items)>& progress) {
    const BackupHeader& header = backup.header();
    const bool full = header.kind == BackupHeader::Kind::full;
    if (!last_ && !full)
        throw StoreError{Kind::fault, "the backup is an increment, and the full one is missing"};
    if (last_)
        if (const auto misfit = find_misfit(*last_, header))
            throw StoreError{Kind::fault, "the backup " + *misfit};
    forget_entries();
    std::uint64_t items = 0;
    for (bool more = true; more;) {
        lmdb::WriteTxn txn{store_.env()};
        std::size_t octets = 0;
        for (std::uint64_t left = items_max; left > 0 && octets < octets_max; --left) {
            const auto item = backup.next();
            if (!item) {
                more = false;
                break;
            }
            store(*item, full, txn);
            octets += size_of(*item);
            progress(++items);
        }
        if (!more) {
            put_number(txn, store_, meta_key::sequence, header.sequence);
            if (full) put_number(txn, store_, meta_key::changes_from, header.changes_from);
            txn.put(store_.meta(), bytes_of(meta_key::identity), header.identity);
        }
        std::move(txn).commit();
    }
    prune_below(header.changes_from);
    count_records_anew();
    carry_over_traces();
    last_ = header;
}

/// In a full backup everything comes in the order of its keys; an increment is played back.
void Restoration::store(const BackupItem& item, bool full, lmdb::WriteTxn& txn) const {
    if (const auto* const record = std::get_if<RecordView>(&item)) {
        const HandleKey key{record->handle()};
        full ? txn.append(store_.records(), key.bytes(), record->stored())
             : txn.put(store_.records(), key.bytes(), record->stored());
    } else if (const auto* const prefix = std::get_if<BackupPrefix>(&item)) {
        txn.put(store_.prefixes(), PrefixKey{prefix->prefix}.bytes(), prefix->stored);
    } else if (const auto* const entry = std::get_if<BackupEntry>(&item)) {
        txn.append(*store_.entries(), entry->key, entry->value);
    } else {
        const auto& [change, stored] = std::get<BackupChange>(item);
        txn.append(*store_.change_log(), change_key(change.sequence), stored);
        if (full) return;
        if (change.of_entry) return;
        if (change.of_record()) {
            if (change.after.empty())
                txn.remove(store_.records(), HandleKey{change.handle}.bytes());
            return;
        }
        const std::string key = protocol::folded(change.handle);
        if (change.after.empty())
            txn.remove(store_.prefixes(), bytes_of(key));
        else
            txn.put(store_.prefixes(), bytes_of(key), bytes_of(make_prefix_entry(change.handle)));
    }
}

/// Every backup has all entries there are; what an earlier one had may be gone since.
void Restoration::forget_entries() const {
    lmdb::WriteTxn txn{store_.env()};
    txn.empty_table(*store_.entries());
    std::move(txn).commit();
}

/// A backup of version 1 has no counts, and one that was begun before them has none either.
void Restoration::count_records_anew() const {
    lmdb::WriteTxn txn{store_.env()};
    count_anew(txn, store_.records(), *store_.entries());
    std::move(txn).commit();
}

/// A backup of version 2 may have events in the layout of format 2.
void Restoration::carry_over_traces() const {
    lmdb::WriteTxn txn{store_.env()};
    trace::carry_over(store_, txn);
    std::move(txn).commit();
}

/// What the registry had let go of by the time of an increment goes here too.
void Restoration::prune_below(std::uint64_t from) const {
    for (bool more = true; more;) {
        lmdb::WriteTxn txn{store_.env()};
        std::uint64_t left = items_max;
        for (; left > 0; --left) {
            const auto oldest = txn.first(*store_.change_log());
            if (!oldest) break;
            const auto sequence = protocol::load_big<std::uint64_t>(oldest->key.data());
            if (sequence >= from) break;
            txn.remove(*store_.change_log(), change_key(sequence));
        }
        more = left == 0;
        put_number(txn, store_, meta_key::changes_from, from);
        std::move(txn).commit();
    }
}

}  // namespace idnode::registry
