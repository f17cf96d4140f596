#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "registry/entries.hpp"
#include "registry/trace/thing.hpp"

namespace idnode::registry::trace {

/// How two things are connected. An edge points from origin to product: from what goes in to what
/// comes of it. Stored: a number never changes its meaning.
enum class EdgeType : std::uint8_t {
    transformation = 1,  ///< input to output
    aggregation = 2,     ///< what is packed to what it is packed in, for a time
    association = 3,     ///< a part to what it is built into, for a time
    membership = 4,      ///< a lot to an instance of it
    reference = 5,       ///< what a record refers to, to the record
};

std::string_view name_of(EdgeType type) noexcept;
std::optional<EdgeType> find_edge_type(std::string_view name) noexcept;

/// Whether such an edge holds from one event to another, rather than at one moment or always.
constexpr bool lasts(EdgeType type) noexcept {
    return type == EdgeType::aggregation || type == EdgeType::association;
}

/// Which way an edge is followed.
enum class Direction : std::uint8_t {
    down = 1,  ///< to what came of it
    up = 2,    ///< to what it came of
};

constexpr Direction opposite(Direction direction) noexcept {
    return direction == Direction::down ? Direction::up : Direction::down;
}

/// What an event says of two things: that they were brought together, or taken apart.
enum class Fact : std::uint8_t { begins = 1, ends = 2, seen = 3 };

/// One fact, on its way into the registry.
struct EdgeFact {
    EdgeType type = EdgeType::transformation;
    Fact fact = Fact::begins;
    std::string from{};     ///< canonical form of an identifier
    std::string to{};       ///< likewise
    std::int64_t time = 0;  ///< milliseconds since 1970
    std::optional<double> quantity{};
    std::string unit{};
    std::string event{};  ///< eventID; empty for what identifiers say by themselves
};

/// An edge, and for how long it holds, both ends included; for ever where nothing ends it.
struct Edge {
    EdgeType type = EdgeType::transformation;
    bool is_public = false;  ///< of a reference: everybody may read the value that makes it
    Thing from = no_thing;
    Thing to = no_thing;
    std::int64_t valid_from = 0;
    std::optional<std::int64_t> valid_to{};
    std::optional<double> quantity{};
    TextNumber unit = no_text;
    /// The number of the event that says so, or 0; of a reference, that of a text: the handle of
    /// the record, folded.
    std::uint64_t source = 0;
};

inline constexpr std::int64_t time_min = -62'135'596'800'000;  ///< the year 1
inline constexpr std::int64_t time_max = 253'402'300'799'999;  ///< the year 9999

/// Calls `visit` for the edges at one thing in one direction, in key order, until it returns false.
void for_each_edge(const Snapshot& snapshot, Direction direction, Thing thing,
                   const std::function<bool(const Edge&)>& visit);

}  // namespace idnode::registry::trace
