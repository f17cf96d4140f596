#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/trace/event_store.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Edge").

/// Where the number of the next event stands among the event ids.
inline constexpr std::string_view counter_key{"\0next", 5};

/// Big-endian, so that octets sort as numbers and times do.
std::string number_octets(std::uint64_t number);
std::uint64_t number_in(std::string_view octets);
std::string time_octets(std::int64_t time);
std::int64_t time_in(std::string_view octets);

/// What the keys of all places of a term begin with.
std::string index_stem(const IndexTerm& term);

/// An event as it was read back.
struct KeptEvent {
    EventView view{};
    bool declares_error = false;
    std::vector<EdgeFact> facts{};
    std::vector<std::pair<EdgeType, std::string>> ends_all_of{};
    std::string transformation{};
};

std::string event_value(const StoredEvent& event, std::string_view actor);
/// Without facts and what follows them, where not the whole is wanted. Nothing if it is damaged.
std::optional<KeptEvent> read_event(std::uint64_t number, std::string_view value, bool whole);

}  // namespace idnode::registry::trace
