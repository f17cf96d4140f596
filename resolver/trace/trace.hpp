#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/json/json_writer.hpp"
#include "registry/lookup.hpp"
#include "registry/trace/walk.hpp"
#include "resolver/api/caller.hpp"
#include "resolver/trace/names.hpp"
#include "resolver/trace/tombstones.hpp"

namespace idnode::resolver {

/// What is asked about where something came from, or went to.
struct TraceOptions {
    std::vector<std::string> roots{};  ///< canonical forms
    bool up = false;
    bool down = false;
    std::uint32_t depth = 100;
    std::uint64_t nodes_max = 10'000;
    std::optional<std::int64_t> at{};  ///< as of that moment; nothing: everything that ever was
    std::set<registry::trace::EdgeType> types{};
    std::int64_t from = registry::trace::time_min;  ///< as in `WalkQuery`
    std::int64_t to = registry::trace::time_max;
    bool keeps_edges = true;  ///< whether anybody looks at the edges
};

using TraceNode = registry::trace::WalkNode;
using TraceEdge = registry::trace::WalkEdge;

struct Trace {
    registry::trace::Thing root = registry::trace::no_thing;
    std::vector<TraceNode> nodes;
    std::vector<TraceEdge> edges;
    Strangers strangers;  ///< roots that the registry has no number for
    Tombstones tombstones{};
    bool truncated = false;
    bool known = false;  ///< whether an event or record has named one of the roots
};

/// Which nodes of a trace are shown, and how it goes on.
struct TracePage {
    std::uint64_t from = 0;
    std::uint64_t count = 0;
    std::string cursor{};
    bool truncated = false;
};

/// How the first event or record that named a thing has spelled it, by its canonical form.
std::string spelled(registry::Lookup& lookup, const std::string& id);

/// Walks within the lookup's state. What a caller may not see keeps its place without its name;
/// what another node knows more of is not followed.
Trace run_trace(registry::Lookup& lookup, const TraceOptions& options, const api::Caller& caller);

/// What a caller may see of one thing, by its canonical form.
registry::trace::Sight look_at(registry::Lookup& lookup, const api::Caller& caller,
                               const std::string& id);

/// Writes `{root, nodes, edges, frontier, truncated, asOf}`: the nodes of the page, and the edges
/// that end at one of them.
void write_trace(std::string& out, registry::Lookup& lookup, const Trace& trace,
                 const TracePage& page, std::int64_t as_of);

/// One node: how it was spelled, and its normalised forms; of a hidden one, its place alone.
void write_node(protocol::JsonWriter& writer, const NamedThing& thing, std::uint32_t depth,
                registry::trace::Sight sight, const Tombstones& tombstones);

}  // namespace idnode::resolver
