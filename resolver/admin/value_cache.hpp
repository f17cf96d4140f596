#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/handle/value.hpp"

namespace idnode::resolver::admin {

struct CacheLimits {
    std::size_t count_max = 10'000;  ///< handles; 0 keeps nothing
    std::uint32_t age_seconds_max = 600;
};

/// Values of handles that other nodes hold, each handle for as long as the shortest life (TTL) of
/// its values and the limit allow. When all places are taken, the handle goes that was not asked
/// for the longest. Handles with values of more than `octets_max` are not kept, so that the whole
/// is bounded too. One thread at a time may use it.
class ValueCache {
public:
    static constexpr std::size_t octets_max = 16'384;

    explicit ValueCache(CacheLimits limits) : limits_{limits} {}

    struct Found {
        const std::vector<protocol::Value>& values;  ///< until the next `keep`
        std::uint32_t age_seconds;
    };
    std::optional<Found> find(std::string_view handle, std::uint32_t now);

    /// Takes the place of what was kept for the handle.
    void keep(std::string_view handle, std::vector<protocol::Value> values, std::uint32_t now);

    std::size_t count() const noexcept { return by_handle_.size(); }

private:
    struct Entry {
        std::string handle;  ///< folded
        std::vector<protocol::Value> values;
        std::uint32_t kept = 0;
        std::uint32_t life_seconds = 0;
    };
    using Entries = std::list<Entry>;  ///< the longest unused first

    void erase(Entries::iterator entry);
    std::uint32_t life_of(const std::vector<protocol::Value>& values, std::uint32_t now) const;

    const CacheLimits limits_;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_handle_;
};

}  // namespace idnode::resolver::admin
