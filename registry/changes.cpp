#include "registry/changes.hpp"

#include <array>

#include "protocol/handle/wire.hpp"

namespace idnode::registry {

ChangedEntry parse_change(std::string_view stored) noexcept {
    return {static_cast<ChangedEntry::Kind>(stored.front()), stored.substr(1)};
}

std::string format_change(const ChangedEntry& entry) {
    return std::string(1, static_cast<char>(entry.kind)).append(entry.key);
}

bool for_each_change(const Snapshot& snapshot, std::uint64_t first,
                     const std::function<void(std::string_view)>& visit) {
    const std::uint64_t last = snapshot.sequence();
    std::array<std::byte, sizeof(first)> key;
    protocol::store_big(key.data(), first);
    lmdb::Cursor cursor{snapshot.txn(), snapshot.store().changes()};
    std::uint64_t expected = first;
    for (auto entry = cursor.seek(key); entry; entry = cursor.next()) {
        if (entry->key.size() != sizeof(first) || entry->value.empty() ||
            protocol::load_big<std::uint64_t>(entry->key.data()) != expected)
            return false;
        visit(protocol::text_of(entry->value));
        ++expected;
    }
    return expected == last + 1;
}

}  // namespace idnode::registry
