#include "resolver/trace/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/digest.hpp"
#include "registry/trace/event_store.hpp"
#include "registry/trace/references.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;
using protocol::JsonWriter;
using trace::Sight;

/// How many edges any walk may look at: a few things that were used very often take many looks.
constexpr std::uint64_t edges_least = 1'000'000;

constexpr std::string_view resolver_root = "https://id.gs1.org";

bool has_public_values(registry::Lookup& lookup, std::string_view handle) {
    const auto record = lookup.find(handle);
    return record && record->has_public_values();
}

/// Whether an event that names the thing was captured by the caller.
bool has_captured(const registry::Snapshot& snapshot, const std::string& id,
                  const std::string& actor) {
    constexpr int looks_max = 16;
    for (const auto kind : {trace::IndexKind::any_epc, trace::IndexKind::any_class}) {
        bool own = false;
        int looks = 0;
        trace::for_each_event(snapshot, {kind, id}, false, {}, [&](const auto& place) {
            const auto event = trace::find_event(snapshot, place.number);
            own = event && event->actor == actor;
            return !own && ++looks < looks_max;
        });
        if (own) return true;
    }
    return false;
}

/// What is granted so that somebody sees the things of a prefix on a trace.
constexpr std::string_view trace_item = "TRACE";

/// What a caller may see of things. Those who see everything see all of them; others what everybody
/// may resolve, what is theirs (what stands under their prefixes, and what they have captured
/// events about), what stands under prefixes of which they were granted the trace, and what is next
/// to their own where the policy of its prefix is one up, one down.
class Eyes {
public:
    Eyes(registry::Lookup& lookup, const api::Caller& caller) : lookup_{lookup}, caller_{caller} {}

    Sight look(const std::string& id) {
        const protocol::Identifier thing = protocol::identify(id);
        const bool is_handle = thing.scheme == protocol::Scheme::handle;
        if (is_handle && !lookup_.is_homed(protocol::prefix_of(thing.canonical)))
            return Sight::elsewhere;
        if (caller_.account && caller_.account->reads_everything()) return Sight::shown;
        if (is_handle &&
            (has_public_values(lookup_, thing.canonical) || may_trace(thing.canonical)))
            return Sight::shown;
        if (owns(thing)) return Sight::shown;
        const Visibility policy = find_visibility(lookup_.snapshot(), thing);
        if (policy.one_up_one_down && is_next_to_own(thing.canonical)) return Sight::shown;
        return policy.cut ? Sight::cut : Sight::hidden;
    }

    /// That a record refers to something is known to who sees a value that says so.
    bool may_follow(const trace::Edge& edge) {
        if (edge.type != trace::EdgeType::reference) return true;
        if (record_ != edge.event) read_references(edge.event);
        return references_.contains(edge.from);
    }

private:
    bool owns(const protocol::Identifier& thing) {
        const auto [place, fresh] = owned_.try_emplace(thing.canonical, false);
        if (!fresh) return place->second;
        const bool is_handle = thing.scheme == protocol::Scheme::handle;
        const std::string_view prefix = protocol::prefix_of(thing.canonical);
        return place->second =
                   is_handle ? caller_.account && caller_.account->administers(prefix)
                             : caller_.known() && has_captured(lookup_.snapshot(), thing.canonical,
                                                               caller_.actor());
    }

    /// Whether the trace of everything under a prefix was granted; asked once for each prefix.
    bool may_trace(std::string_view handle) {
        const auto [place, fresh] =
            granted_.try_emplace(std::string{protocol::prefix_of(handle)}, false);
        if (fresh)
            place->second =
                caller_.granted(lookup_.snapshot(), handle).allows(grants::Right::view, trace_item);
        return place->second;
    }

    /// Only some of the things that it is connected with are looked at, since there may be
    /// millions.
    bool is_next_to_own(const std::string& id) {
        bool next = false;
        for (const auto direction : {trace::Direction::up, trace::Direction::down}) {
            int left = neighbours_max;
            trace::for_each_edge(lookup_.snapshot(), direction, id, [&](const trace::Edge& edge) {
                next = owns(
                    protocol::identify(direction == trace::Direction::up ? edge.from : edge.to));
                return !next && --left > 0;
            });
            if (next) return true;
        }
        return false;
    }

    void read_references(const std::string& handle) {
        record_ = handle;
        references_.clear();
        const auto record = lookup_.find(handle);
        if (!record) return;
        const auto find_values = admin::find_values_in(lookup_);
        const auto granted = caller_.granted(lookup_.snapshot(), handle);
        record->for_each_value([&](const protocol::ValueView& value) {
            if (trace::is_reference(value.type) &&
                caller_.may_read(handle, value, find_values, granted))
                trace::add_references(value, references_);
        });
    }

    static constexpr int neighbours_max = 256;

    registry::Lookup& lookup_;
    const api::Caller& caller_;
    std::unordered_map<std::string, bool> owned_;    ///< by canonical form
    std::unordered_map<std::string, bool> granted_;  ///< by prefix
    std::string record_{};  ///< whose references these are, as far as the caller sees them
    std::set<std::string> references_{};
};

bool is_known(registry::Lookup& lookup, const std::string& id) {
    if (trace::find_name(lookup.snapshot(), id)) return true;
    bool edge = false;
    for (const auto direction : {trace::Direction::up, trace::Direction::down})
        trace::for_each_edge(lookup.snapshot(), direction, id, [&](const trace::Edge&) {
            edge = true;
            return false;
        });
    return edge || lookup.find(id).has_value();
}

/// What stands for a thing that may not be named: the same as long as the node runs, and nothing
/// that could be guessed back, since nobody else knows the salt.
std::string tombstone_of(std::string_view id) {
    static const auto salt = [] {
        std::array<std::byte, 16> octets;
        auth::fill_random(octets);
        return std::string{protocol::text_of(protocol::Bytes{octets})};
    }();
    const registry::Digest digest =
        registry::Sha256{}.of(protocol::bytes_of(salt + std::string{id}));
    return "hidden:" + protocol::to_hex(protocol::text_of(protocol::Bytes{digest}).substr(0, 8));
}

void add(const trace::WalkResult& walked, Trace& result, trace::Direction direction) {
    std::unordered_map<std::string, std::int64_t> reached;
    for (const trace::Edge& edge : walked.edges)
        reached.try_emplace(direction == trace::Direction::down ? edge.to : edge.from,
                            edge.valid_from);
    std::unordered_set<std::string> there;
    for (const TraceNode& node : result.nodes) there.insert(node.id);
    for (const trace::WalkNode& node : walked.nodes) {
        if (there.contains(node.id)) continue;
        const auto time = reached.find(node.id);
        result.nodes.push_back({.id = node.id,
                                .depth = node.depth,
                                .sight = node.sight,
                                .reached_at = time == reached.end() ? 0 : time->second});
    }
    result.edges.insert(result.edges.end(), walked.edges.begin(), walked.edges.end());
    result.truncated |= walked.truncated;
}

}  // namespace

std::string spelled(registry::Lookup& lookup, const std::string& id) {
    if (const auto name = trace::find_name(lookup.snapshot(), id)) return std::string{*name};
    if (const auto record = lookup.find(id)) return std::string{record->handle()};
    return id;
}

Trace run_trace(registry::Lookup& lookup, const TraceOptions& options, const api::Caller& caller) {
    Trace result;
    result.root = options.roots.front();
    result.known = std::ranges::any_of(
        options.roots, [&](const std::string& root) { return is_known(lookup, root); });
    if (!result.known) return result;
    Eyes eyes{lookup, caller};
    trace::WalkQuery query{
        .roots = options.roots,
        .depth = options.depth,
        .nodes_max = options.nodes_max,
        .edges_max = std::max(edges_least, options.nodes_max * 20),
        .at = options.at,
        .types = options.types,
        .may_follow = [&](const trace::Edge& edge) { return eyes.may_follow(edge); }};
    const auto look = [&](const std::string& id) { return eyes.look(id); };
    for (const auto& [wanted, direction] :
         {std::pair{options.up, trace::Direction::up}, {options.down, trace::Direction::down}}) {
        if (!wanted) continue;
        query.direction = direction;
        add(trace::walk(lookup.snapshot(), query, look), result, direction);
    }
    return result;
}

Sight look_at(registry::Lookup& lookup, const api::Caller& caller, const std::string& id) {
    return Eyes{lookup, caller}.look(id);
}

void write_node(JsonWriter& writer, registry::Lookup& lookup, const TraceNode& node) {
    writer.begin_object();
    if (node.sight == Sight::hidden) {
        writer.key("id").string(tombstone_of(node.id)).key("hidden").boolean(true);
        writer.key("depth").number(node.depth).end_object();
        return;
    }
    const protocol::Identifier thing = protocol::identify(node.id);
    writer.key("id").string(spelled(lookup, node.id));
    writer.key("canonical").string(node.id).key("scheme").string(name_of(thing.scheme));
    if (const auto link = protocol::digital_link_of(thing, resolver_root))
        writer.key("digitalLink").string(*link);
    if (const auto elements = protocol::element_string_of(thing))
        writer.key("elementString").string(*elements);
    writer.key("depth").number(node.depth).end_object();
}

namespace {

/// How things are named in one answer.
class Names {
public:
    Names(registry::Lookup& lookup, const Trace& trace) : lookup_{lookup} {
        for (const TraceNode& node : trace.nodes) sights_.emplace(node.id, node.sight);
    }
    bool is_hidden(const std::string& id) const {
        const auto sight = sights_.find(id);
        return sight != sights_.end() && sight->second == Sight::hidden;
    }
    std::string of(const std::string& id) {
        return is_hidden(id) ? tombstone_of(id) : spelled(lookup_, id);
    }

private:
    registry::Lookup& lookup_;
    std::unordered_map<std::string, Sight> sights_;
};

void write_edge(JsonWriter& writer, const trace::Edge& edge, Names& names) {
    writer.begin_object()
        .key("from")
        .string(names.of(edge.from))
        .key("to")
        .string(names.of(edge.to));
    writer.key("type").string(name_of(edge.type));
    // How much of something went where is not for who may not know what it was.
    const bool whole = !names.is_hidden(edge.from) && !names.is_hidden(edge.to);
    if (whole && edge.quantity) writer.key("quantity").decimal(*edge.quantity);
    if (whole && !edge.unit.empty()) writer.key("unit").string(edge.unit);
    const bool timed =
        edge.type != trace::EdgeType::membership && edge.type != trace::EdgeType::reference;
    if (timed) writer.key("validFrom").string(protocol::epcis::format_event_time(edge.valid_from));
    if (edge.valid_to)
        writer.key("validTo").string(protocol::epcis::format_event_time(*edge.valid_to + 1));
    if (whole && !edge.event.empty() && edge.type != trace::EdgeType::reference)
        writer.key("eventID").string(edge.event);
    writer.end_object();
}

void write_frontier(JsonWriter& writer, registry::Lookup& lookup,
                    std::span<const TraceNode> nodes) {
    writer.key("frontier").begin_array();
    for (const TraceNode& node : nodes) {
        if (node.sight != Sight::elsewhere) continue;
        const std::string_view prefix = protocol::prefix_of(node.id);
        writer.begin_object().key("id").string(spelled(lookup, node.id));
        writer.key("prefix").string(prefix);
        writer.key("ask").string(protocol::prefix_handle(prefix)).end_object();
    }
    writer.end_array();
}

}  // namespace

void write_trace(std::string& out, registry::Lookup& lookup, const Trace& trace,
                 const TracePage& page, std::int64_t as_of) {
    Names names{lookup, trace};
    const std::uint64_t from = std::min<std::uint64_t>(page.from, trace.nodes.size());
    const std::uint64_t count = std::min<std::uint64_t>(page.count, trace.nodes.size() - from);
    const auto nodes = std::span{trace.nodes}.subspan(from, count);
    std::unordered_map<std::string, bool> shown;
    for (const TraceNode& node : nodes) shown.emplace(node.id, true);
    JsonWriter writer{out};
    writer.begin_object().key("root").string(names.of(trace.root)).key("nodes").begin_array();
    for (const TraceNode& node : nodes) write_node(writer, lookup, node);
    writer.end_array().key("edges").begin_array();
    for (const auto& edge : trace.edges) {
        const bool whole = trace.nodes.size() <= page.count && page.from == 0;
        if (whole || shown.contains(edge.from) || shown.contains(edge.to))
            write_edge(writer, edge, names);
    }
    writer.end_array();
    write_frontier(writer, lookup, nodes);
    writer.key("truncated").boolean(page.truncated);
    if (!page.cursor.empty()) writer.key("cursor").string(page.cursor);
    writer.key("asOf").string(protocol::epcis::format_event_time(as_of)).end_object();
}

}  // namespace idnode::resolver
