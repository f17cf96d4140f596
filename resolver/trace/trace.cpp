#include "resolver/trace/trace.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "protocol/schemes/identifier.hpp"
#include "resolver/trace/sight.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;
using trace::Thing;

/// How many edges any walk may look at: a few things that were used very often take many looks.
constexpr std::uint64_t edges_least = 1'000'000;

bool is_known(registry::Lookup& lookup, const std::string& id) {
    const registry::Snapshot& snapshot = lookup.snapshot();
    if (const auto thing = trace::find_thing(snapshot, id)) {
        const auto name = trace::find_thing(snapshot, *thing);
        bool known = name && !name->spelled.empty();
        for (const auto direction : {trace::Direction::up, trace::Direction::down})
            if (!known)
                trace::for_each_edge(snapshot, direction, *thing, [&](const trace::Edge&) {
                    known = true;
                    return false;
                });
        if (known) return true;
    }
    return lookup.find(id).has_value();
}

/// Puts what a second walk has found behind what the first has; roots, and what was found on both
/// ways, stand there once.
void add(trace::WalkResult walked, Trace& result) {
    result.truncated |= walked.truncated;
    if (result.nodes.empty()) {
        result.nodes = std::move(walked.nodes);
        result.edges = std::move(walked.edges);
        return;
    }
    boost::unordered_flat_map<Thing, std::uint32_t> there;
    for (std::uint32_t place = 0; place < result.nodes.size(); ++place)
        there.emplace(result.nodes[place].thing, place);
    std::vector<std::uint32_t> places;
    for (const TraceNode& node : walked.nodes) {
        const auto [place, fresh] =
            there.try_emplace(node.thing, static_cast<std::uint32_t>(result.nodes.size()));
        if (fresh) result.nodes.push_back(node);
        places.push_back(place->second);
    }
    for (const TraceEdge& edge : walked.edges)
        result.edges.push_back({edge.edge, places[edge.from], places[edge.to]});
}

}  // namespace

std::string spelled(registry::Lookup& lookup, const std::string& id) {
    Strangers strangers;
    const Thing thing = number_of(lookup.snapshot(), id, strangers);
    return std::string{ThingNames{lookup, strangers}.find(thing).spelled};
}

Trace run_trace(registry::Lookup& lookup, const TraceOptions& options, const api::Caller& caller) {
    Trace result;
    result.tombstones = Tombstones{caller.actor(), options.roots};
    trace::WalkQuery query{.roots = {},
                           .depth = options.depth,
                           .nodes_max = options.nodes_max,
                           .edges_max = std::max(edges_least, options.nodes_max * 20),
                           .at = options.at,
                           .types = options.types,
                           .from = options.from,
                           .to = options.to,
                           .keeps_edges = options.keeps_edges};
    for (const std::string& root : options.roots)
        query.roots.push_back(number_of(lookup.snapshot(), root, result.strangers));
    result.root = query.roots.front();
    result.known = std::ranges::any_of(
        options.roots, [&](const std::string& root) { return is_known(lookup, root); });
    if (!result.known) return result;
    Eyes eyes{lookup, caller, result.strangers};
    query.may_follow = [&](const trace::Edge& edge) { return eyes.may_follow(edge); };
    const auto look = [&](Thing thing) { return eyes.look(thing); };
    for (const auto& [wanted, direction] :
         {std::pair{options.up, trace::Direction::up}, {options.down, trace::Direction::down}}) {
        if (!wanted) continue;
        query.direction = direction;
        add(trace::walk(lookup.snapshot(), query, look), result);
    }
    for (TraceNode& node : result.nodes)
        if (node.sight == trace::Sight::elsewhere && node.depth > 0 &&
            !eyes.may_name_elsewhere(node.thing))
            node.sight = trace::Sight::hidden;
    return result;
}

trace::Sight look_at(registry::Lookup& lookup, const api::Caller& caller, const std::string& id) {
    Strangers strangers;
    const Thing thing = number_of(lookup.snapshot(), id, strangers);
    Eyes eyes{lookup, caller, strangers};
    const trace::Sight sight = eyes.look(thing);
    const bool hides = sight == trace::Sight::elsewhere && !eyes.may_name_elsewhere(thing);
    return hides ? trace::Sight::hidden : sight;
}

}  // namespace idnode::resolver
