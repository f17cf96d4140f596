#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "registry/trace/edge.hpp"

namespace idnode::registry::trace {

/// What may be seen of a thing on the way.
enum class Sight : std::uint8_t {
    shown,
    hidden,     ///< its place is kept, and the walk goes on through it
    cut,        ///< neither it nor what lies behind it
    elsewhere,  ///< another node knows what lies behind it
};

struct WalkQuery {
    std::vector<Thing> roots;
    Direction direction = Direction::down;
    std::uint32_t depth = 100;
    std::uint64_t nodes_max = 10'000;
    /// That are looked at; one that is looked at for several stretches of time counts as many.
    std::uint64_t edges_max = 200'000;
    /// The state of that moment (milliseconds since 1970); nothing: everything that ever was.
    std::optional<std::int64_t> at{};
    std::set<EdgeType> types{};    ///< empty: all
    std::int64_t from = time_min;  ///< what was reached before, or behind `to`, is not in time
    std::int64_t to = time_max;
    /// Whether an edge may be followed at all; empty: every one may.
    std::function<bool(const Edge& edge)> may_follow{};
    bool keeps_edges = true;  ///< whether the result has them
};

struct WalkNode {
    Thing thing = no_thing;
    std::uint32_t depth = 0;
    Sight sight = Sight::shown;
    /// Whether an edge by which it was reached began from `from` to `to` of the query, or had no
    /// time, as memberships and references, and led from something in time. Roots are.
    bool in_time = true;
    std::int64_t reached_at =
        0;  ///< when the first edge by which it was reached began; of a root: 0
};

/// An edge that was followed, and where its ends stand among the nodes.
struct WalkEdge {
    Edge edge;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
};

struct WalkResult {
    std::vector<WalkNode> nodes;  ///< roots first, then by their distance
    std::vector<WalkEdge> edges;
    bool truncated = false;  ///< a limit on nodes, edges or depth ended the walk
};

/// Follows edges from the roots in one direction, breadth first, within one state of the registry.
/// Times are respected along each way: what was taken out of a box before the box went onto a
/// pallet was never on the pallet; what was made before something was mixed in has nothing of it.
/// A thing is looked at for each moment once, so cycles end. `look` decides about each thing that
/// is met; nothing is remembered of one that is cut.
WalkResult walk(const Snapshot& snapshot, const WalkQuery& query,
                const std::function<Sight(Thing)>& look);

}  // namespace idnode::registry::trace
