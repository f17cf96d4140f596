#include "resolver/admin/value_cache.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::admin {

std::optional<ValueCache::Found> ValueCache::find(std::string_view handle, std::uint32_t now) {
    const auto found = by_handle_.find(protocol::folded(handle));
    if (found == by_handle_.end()) return std::nullopt;
    const auto entry = found->second;
    // A clock that was set back makes everything old, rather than young for ever.
    const std::uint32_t age = now - entry->kept;
    if (age >= entry->life_seconds) {
        erase(entry);
        return std::nullopt;
    }
    entries_.splice(entries_.end(), entries_, entry);
    return Found{.values = entry->values, .age_seconds = age};
}

void ValueCache::keep(std::string_view handle, std::vector<protocol::Value> values,
                      std::uint32_t now) {
    Entry entry{.handle = protocol::folded(handle),
                .values = std::move(values),
                .kept = now,
                .life_seconds = 0};
    entry.life_seconds = life_of(entry.values, now);
    if (const auto before = by_handle_.find(entry.handle); before != by_handle_.end())
        erase(before->second);
    std::size_t octets = 0;
    for (const auto& value : entry.values) octets += wire_size(value);
    if (limits_.count_max == 0 || entry.life_seconds == 0 || octets > octets_max) return;
    if (by_handle_.size() >= limits_.count_max) erase(entries_.begin());
    entries_.push_back(std::move(entry));
    by_handle_.emplace(entries_.back().handle, std::prev(entries_.end()));
}

void ValueCache::erase(Entries::iterator entry) {
    by_handle_.erase(entry->handle);
    entries_.erase(entry);
}

/// That there are no values is not remembered.
std::uint32_t ValueCache::life_of(const std::vector<protocol::Value>& values,
                                  std::uint32_t now) const {
    if (values.empty()) return 0;
    std::uint32_t life = limits_.age_seconds_max;
    for (const protocol::Value& value : values) {
        const bool absolute = value.ttl_type == protocol::TtlType::absolute;
        const std::uint32_t left = absolute ? value.ttl - std::min(value.ttl, now) : value.ttl;
        life = std::min(life, left);
    }
    return life;
}

}  // namespace idnode::resolver::admin
