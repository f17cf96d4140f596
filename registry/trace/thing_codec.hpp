#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/trace/thing.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Thing").

/// Big-endian, so that octets sort as numbers and times do.
std::string number_octets(std::uint64_t number);
std::uint64_t number_in(std::string_view octets);

std::string thing_value(const ThingView& thing);
/// Nothing if it is damaged.
std::optional<ThingView> read_thing(std::string_view value);

/// What stands under the canonical form of a thing.
struct NumberEntry {
    std::uint64_t number = 0;
    bool named = false;  ///< an event has spelled it
};
std::optional<NumberEntry> read_number(std::string_view value);

/// How far the numbers of a group have come: they begin with 1.
struct GroupEntry {
    ThingGroup number = 0;
    std::uint64_t next = 1;
};
/// Nothing for what is no group, as the number of the next one.
std::optional<GroupEntry> read_group(std::string_view value);

/// The key of a text among the forms of things, none of which has a zero octet.
std::string text_key(std::string_view text);

}  // namespace idnode::registry::trace
