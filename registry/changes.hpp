#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "registry/store.hpp"

namespace idnode::registry {

/// What one change touched, as table `changes` says it (FORMAT.md): enough for whoever holds
/// copies to let go of the right ones.
struct ChangedEntry {
    enum class Kind : char {  // stored, never to change
        record = 1,
        prefixes = 2,
    };
    Kind kind = Kind::record;
    std::string_view key;  ///< the handle's key
};

ChangedEntry parse_change(std::string_view stored) noexcept;
std::string format_change(const ChangedEntry& entry);

/// Calls `visit` for every change from number `first` to the last one. Returns false, perhaps
/// after some calls, when they are not all known any more: only the youngest are kept, and those
/// of a large batch never.
bool for_each_change(const Snapshot& snapshot, std::uint64_t first,
                     const std::function<void(std::string_view)>& visit);

/// A batch of more changes than this leaves no trace in the table, and what stood there goes.
inline constexpr std::size_t changes_batch_max = 4096;
/// As many of the youngest changes are kept.
inline constexpr std::uint64_t changes_kept = 65'536;

}  // namespace idnode::registry
