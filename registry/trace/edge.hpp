#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/entries.hpp"
#include "registry/writer.hpp"

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

/// Which way an edge is followed.
enum class Direction : std::uint8_t {
    down = 1,  ///< to what came of it
    up = 2,    ///< to what it came of
};

/// What an event says of two things: that they were brought together, or taken apart.
enum class Fact : std::uint8_t { begins = 1, ends = 2, seen = 3 };

/// One fact, as it is stored at both ends (FORMAT.md, "Edge").
struct EdgeFact {
    EdgeType type = EdgeType::transformation;
    Fact fact = Fact::begins;
    std::string from{};     ///< canonical form of an identifier
    std::string to{};       ///< likewise
    std::int64_t time = 0;  ///< milliseconds since 1970
    std::optional<double> quantity{};
    std::string unit{};
    std::string event{};  ///< eventID; for a reference, the handle of the record
};

/// An edge, and for how long it holds, both ends included; for ever where nothing ends it.
struct Edge {
    EdgeType type = EdgeType::transformation;
    std::string from;
    std::string to;
    std::int64_t valid_from = 0;
    std::optional<std::int64_t> valid_to{};
    std::optional<double> quantity{};
    std::string unit{};
    std::string event{};
};

inline constexpr std::int64_t time_min = -62'135'596'800'000;  ///< the year 1
inline constexpr std::int64_t time_max = 253'402'300'799'999;  ///< the year 9999

/// The longest part of a key that names a thing; a longer identifier is shortened and hashed.
inline constexpr std::size_t node_key_size_max = 160;
std::string node_key(std::string_view canonical);

/// The changes that write a fact at both of its ends, or take it back.
void put(const EdgeFact& fact, std::vector<Change>& changes);
void remove(const EdgeFact& fact, std::vector<Change>& changes);

/// Calls `visit` for the edges at one thing in one direction, in key order, until it returns false.
void for_each_edge(const Snapshot& snapshot, Direction direction, std::string_view canonical,
                   const std::function<bool(const Edge&)>& visit);

/// Calls `visit` for every stored fact with the key of its end, and the direction of that.
void for_each_fact(const Snapshot& snapshot,
                   const std::function<bool(Direction, const EdgeFact&)>& visit);

/// Whether the fact stands at its other end too.
bool has_counterpart(const Snapshot& snapshot, Direction direction, const EdgeFact& fact);

}  // namespace idnode::registry::trace
