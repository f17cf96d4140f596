#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/trace/event_store.hpp"
#include "registry/trace/facts.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Event").

/// Where the number of the next event stands among the event ids.
inline constexpr std::string_view counter_key{"\0next", 5};

/// Where the number of an event that was declared wrong stands among them.
std::string original_key(std::string_view id);

/// Octets that sort as times do.
std::string time_octets(std::int64_t time);
std::int64_t time_in(std::string_view octets);

/// What the keys of all places of a term begin with.
std::string index_stem(const IndexTerm& term);

/// What an event says, in numbers.
struct EventFacts {
    std::vector<StoredFact> facts{};
    std::vector<std::pair<EdgeType, Thing>> ends_all_of{};
    std::string transformation{};
};

/// An event as it was read back.
struct KeptEvent {
    EventView view{};
    bool declares_error = false;
    EventFacts says{};
};

std::string event_value(const StoredEvent& event, const EventFacts& says, std::string_view actor);
/// Without what it says, where not the whole is wanted. Nothing if it is damaged.
std::optional<KeptEvent> read_event(std::uint64_t number, std::string_view value, bool whole);
/// The eventID alone; empty if it is damaged.
std::string_view event_id_in(std::string_view value);

}  // namespace idnode::registry::trace
