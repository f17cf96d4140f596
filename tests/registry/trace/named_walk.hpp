#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/trace/event_store.hpp"
#include "registry/trace/walk.hpp"

namespace idnode::registry::trace {

// A walk as tests see it: by the names of things rather than by their numbers.

struct NamedQuery {
    std::vector<std::string> roots;
    Direction direction = Direction::down;
    std::uint32_t depth = 100;
    std::uint64_t nodes_max = 10'000;
    std::uint64_t edges_max = 200'000;
    std::optional<std::int64_t> at{};
    std::set<EdgeType> types{};
};

struct NamedNode {
    std::string id;
    std::uint32_t depth = 0;
    Sight sight = Sight::shown;
};

struct NamedEdge {
    EdgeType type = EdgeType::transformation;
    std::string from;
    std::string to;
    std::int64_t valid_from = 0;
    std::optional<std::int64_t> valid_to{};
    std::optional<double> quantity{};
};

struct NamedResult {
    std::vector<NamedNode> nodes;
    std::vector<NamedEdge> edges;
    bool truncated = false;
};

using NamedLook = std::function<Sight(const std::string&)>;

/// Names of what the registry knows, and numbers for what it does not.
class Names {
public:
    explicit Names(const Snapshot& snapshot) : snapshot_{snapshot} {}

    Thing number(const std::string& name) {
        if (const auto known = find_thing(snapshot_, name)) return *known;
        const Thing number = make_thing(group_of_strangers, strangers_.size());
        strangers_.emplace(number, name);
        return number;
    }
    std::string name(Thing thing) const {
        if (const auto stranger = strangers_.find(thing); stranger != strangers_.end())
            return stranger->second;
        const auto known = find_thing(snapshot_, thing);
        return known ? std::string{known->canonical} : "?";
    }
    NamedEdge named(const Edge& edge) const {
        return {edge.type,       name(edge.from), name(edge.to),
                edge.valid_from, edge.valid_to,   edge.quantity};
    }

private:
    const Snapshot& snapshot_;
    std::map<Thing, std::string> strangers_;
};

inline NamedResult walk(const Snapshot& snapshot, const NamedQuery& named, const NamedLook& look) {
    Names names{snapshot};
    WalkQuery query{.roots = {},
                    .direction = named.direction,
                    .depth = named.depth,
                    .nodes_max = named.nodes_max,
                    .edges_max = named.edges_max,
                    .at = named.at,
                    .types = named.types};
    for (const std::string& root : named.roots) query.roots.push_back(names.number(root));
    const WalkResult found =
        walk(snapshot, query, [&](Thing thing) { return look(names.name(thing)); });
    NamedResult result{.nodes = {}, .edges = {}, .truncated = found.truncated};
    for (const WalkNode& node : found.nodes)
        result.nodes.push_back({names.name(node.thing), node.depth, node.sight});
    for (const WalkEdge& edge : found.edges) {
        result.edges.push_back(names.named(edge.edge));
        if (found.nodes[edge.from].thing != edge.edge.from ||
            found.nodes[edge.to].thing != edge.edge.to)
            result.edges.back().from = "another place";
    }
    return result;
}

inline void for_each_edge(const Snapshot& snapshot, Direction direction, const std::string& name,
                          const std::function<void(const NamedEdge&)>& visit) {
    Names names{snapshot};
    for_each_edge(snapshot, direction, names.number(name), [&](const Edge& edge) {
        visit(names.named(edge));
        return true;
    });
}

}  // namespace idnode::registry::trace
