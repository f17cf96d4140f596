#include "registry/listing.hpp"

#include <algorithm>
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

std::uint64_t number_of(const std::optional<std::string_view>& stored) {
    return stored ? load_number(bytes_of(*stored)).value_or(0) : 0;
}

}  // namespace

std::uint64_t count_records(const Snapshot& snapshot, std::string_view prefix) {
    const std::string key = protocol::folded(prefix);
    if (key.size() > entry_key_size_max) return 0;
    return number_of(find_entry(snapshot, Area::counts, key));
}

std::uint64_t count_records(const WriteView& view, std::string_view prefix) {
    const std::string key = protocol::folded(prefix);
    if (key.size() > entry_key_size_max) return 0;
    return number_of(view.entry(Area::counts, key));
}

void for_each_handle(const Snapshot& snapshot, std::string_view prefix, const Listed& listed,
                     const std::function<void(std::string_view)>& visit) {
    std::uint64_t skip = listed.skip;
    std::uint64_t left = listed.count;
    if (left == 0) return;
    const HandleKey last{listed.after};
    const bool goes_on = !listed.after.empty();
    walk(snapshot, prefix, goes_on ? last.bytes() : protocol::Bytes{},
         [&](const lmdb::Entry& entry) {
             if (goes_on && std::ranges::equal(entry.key, last.bytes())) return true;
             if (skip > 0) {
                 --skip;
                 return true;
             }
             visit(RecordView{entry.value}.handle());
             return --left > 0;
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
