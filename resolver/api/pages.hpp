#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "registry/entries.hpp"
#include "resolver/api/call.hpp"

namespace idnode::resolver::api {

/// Where a list goes on: what the call has asked for, with `token` (percent-encoded already) as its
/// parameter `name`.
std::string next_target(const RequestTarget& target, std::string_view token,
                        std::string_view name = "nextPageToken");

/// Entries of one area whose keys begin with `stem`, as a JSON array between `open` and `close`.
struct EntryList {
    registry::Area area{};
    std::string stem{};
    std::string_view open = "[";
    std::string_view close = "]";
};

/// A page ends behind so many entries, or the one with which it has so many octets.
inline constexpr std::size_t page_entries_max = 1000;
inline constexpr std::size_t page_octets_max = std::size_t{4} << 20;

/// Answers with a page of a list, from behind the entry that the parameter `after` names. `write`
/// appends what is shown of an entry and says whether that is anything. The header `Link` names the
/// next page, if there is one.
void finish_page(
    registry::Lookup& lookup, const Pending& call, const EntryList& list,
    const std::function<bool(std::string& out, const registry::EntryView& entry)>& write);

}  // namespace idnode::resolver::api
