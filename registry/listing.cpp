#include "registry/listing.hpp"

#include <map>
#include <string>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/entries.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using protocol::text_of;

/// Walks the records under a prefix from a key on, until `visit` returns false.
template <class Visit>
void walk(const Snapshot& snapshot, std::string_view prefix, protocol::Bytes from, Visit&& visit) {
    const std::string stem = protocol::folded(prefix) + '/';
    lmdb::Cursor cursor{snapshot.txn(), snapshot.store().records()};
    for (auto entry = cursor.seek(from.empty() ? bytes_of(stem) : from); entry;
         entry = cursor.next()) {
        if (!text_of(entry->key).starts_with(stem)) return;
        if (!visit(*entry)) return;
    }
}

}  // namespace

std::uint64_t count_records(const Snapshot& snapshot, std::string_view prefix) {
    const std::string key = protocol::folded(prefix);
    if (key.size() > entry_key_size_max) return 0;
    const auto stored = find_entry(snapshot, Area::counts, key);
    return stored ? load_number(bytes_of(*stored)).value_or(0) : 0;
}

void for_each_handle(const Snapshot& snapshot, std::string_view prefix, std::uint64_t skip,
                     std::uint64_t count, const std::function<void(std::string_view)>& visit) {
    if (count == 0) return;
    walk(snapshot, prefix, {}, [&](const lmdb::Entry& entry) {
        if (skip > 0) {
            --skip;
            return true;
        }
        visit(RecordView{entry.value}.handle());
        return --count > 0;
    });
}

void for_each_handle_behind(const Snapshot& snapshot, std::string_view prefix,
                            std::string_view after, std::uint64_t count,
                            const std::function<void(std::string_view)>& visit) {
    if (count == 0) return;
    const HandleKey last{after};
    walk(snapshot, prefix, after.empty() ? protocol::Bytes{} : last.bytes(),
         [&](const lmdb::Entry& entry) {
             if (!after.empty() && std::ranges::equal(entry.key, last.bytes())) return true;
             visit(RecordView{entry.value}.handle());
             return --count > 0;
         });
}

void count_anew(lmdb::WriteTxn& txn, MDB_dbi records, MDB_dbi entries) {
    std::map<std::string, std::uint64_t> counts;
    std::string current;
    std::uint64_t* count = nullptr;
    txn.for_each(records, [&](const lmdb::Entry& entry) {
        const std::string_view prefix = protocol::prefix_of(text_of(entry.key));
        if (!count || prefix != current) {
            current = prefix;
            count = &counts[current];
        }
        ++*count;
    });
    for (const auto& [prefix, number] : counts) {
        if (prefix.size() > entry_key_size_max) continue;
        std::array<std::byte, sizeof(number)> stored;
        protocol::store_big(stored.data(), number);
        txn.put(entries, bytes_of(make_entry_key(Area::counts, prefix)), stored);
    }
}

}  // namespace idnode::registry
