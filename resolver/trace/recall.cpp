#include "resolver/trace/recall.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/json/fields.hpp"
#include "resolver/trace/event_mapping.hpp"
#include "resolver/trace/ownership.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;
using api::Fault;

constexpr std::size_t suspects_max = 10'000;
constexpr std::uint64_t limit_max = 10'000;

Fault wrong(std::string_view field, std::string_view expected) {
    return {.message = std::string{field} + ": expected " + std::string{expected},
            .field = std::string{field}};
}

std::optional<Fault> read_suspects(const boost::json::value& json, TraceOptions& options) {
    const auto* const list = json.if_array();
    if (!list || list->empty() || list->size() > suspects_max)
        return wrong("identifiers", "a list of 1 to 10000 identifiers");
    for (const auto& each : *list) {
        const auto* const text = each.if_string();
        if (!text || text->empty()) return wrong("identifiers", "texts");
        options.roots.push_back(canonical(*text));
    }
    return std::nullopt;
}

/// Whether something belongs to the product that the recall is about.
bool is_of_product(std::string_view id, std::string_view product) {
    return id.starts_with(product) && (id.size() == product.size() || id[product.size()] == '/');
}

}  // namespace

std::optional<Fault> read_edge_types(std::string_view text, std::set<trace::EdgeType>& types) {
    while (!text.empty()) {
        const std::string_view each = text.substr(0, text.find(','));
        text.remove_prefix(std::min(each.size() + 1, text.size()));
        const auto type = trace::find_edge_type(each);
        if (!type)
            return wrong("types",
                         "transformation, aggregation, association, membership or reference");
        types.insert(*type);
    }
    return std::nullopt;
}

std::optional<std::int64_t> read_moment(std::string_view text) {
    if (text.size() == 10)
        return protocol::epcis::parse_event_time(std::string{text} + "T23:59:59.999Z");
    return protocol::epcis::parse_event_time(text);
}

std::variant<RecallQuery, Fault> read_recall(const boost::json::value& json) {
    const protocol::Place place{.name = "recall"};
    protocol::FieldReader fields{json,
                                 place,
                                 {"identifiers", "direction", "types", "at", "from", "to",
                                  "product", "holder", "limit", "countOnly", "depth"}};
    RecallQuery query;
    query.options.depth = trace_depth_max;
    query.options.nodes_max = recall_nodes_max;
    const auto* const suspects = fields.require("identifiers");
    const std::string direction =
        fields.find("direction") ? fields.text("direction") : std::string{"down"};
    const std::string types = fields.find("types") ? fields.text("types") : std::string{};
    const auto moment = [&](std::string_view name) -> std::optional<std::int64_t> {
        if (!fields.find(name)) return std::nullopt;
        const auto time = read_moment(fields.text(name));
        if (!time)
            fields.fail(name, "a date, or a date and time with an offset", fields.find(name));
        return time;
    };
    query.options.at = moment("at");
    query.options.from = moment("from").value_or(query.options.from);
    query.options.to = moment("to").value_or(query.options.to);
    if (fields.find("product")) query.product = canonical(fields.text("product"));
    if (fields.find("holder")) query.holder = fields.text("holder");
    if (fields.find("limit")) query.limit = fields.number("limit", 1, limit_max);
    if (fields.find("depth"))
        query.options.depth =
            static_cast<std::uint32_t>(fields.number("depth", 0, trace_depth_max));
    query.count_only = fields.boolean("countOnly", false);
    if (fields.failed()) return Fault{.message = fields.error().message()};
    if (auto fault = read_suspects(*suspects, query.options)) return *fault;
    query.options.down = direction == "down";
    query.options.up = direction == "up";
    if (!query.options.down && !query.options.up) return wrong("direction", "down or up");
    if (auto fault = read_edge_types(types, query.options.types)) return *fault;
    return query;
}

std::vector<std::uint32_t> find_affected(registry::Lookup& lookup, const RecallQuery& query,
                                         const Trace& reached, const api::Caller& caller) {
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < reached.nodes.size(); ++place) {
        const TraceNode& node = reached.nodes[place];
        if (node.depth > 0 && node.in_time) places.push_back(place);
    }
    if (query.product.empty() && query.holder.empty()) return places;
    std::vector<std::uint32_t> passed;
    std::size_t at = 0;
    api::Own own{lookup.snapshot(), caller};
    for_each_named(lookup, reached, places, [&](const TraceNode& node, const NamedThing& thing) {
        const std::uint32_t place = places[at++];
        // Whoever may not know what it is may not find out by guessing.
        if (node.sight == trace::Sight::hidden) return;
        if (!query.product.empty() && !is_of_product(thing.canonical, query.product)) return;
        if (!query.holder.empty() &&
            !is_held_by(lookup.snapshot(), own, std::string{thing.canonical}, query.holder,
                        query.options.at))
            return;
        passed.push_back(place);
    });
    return passed;
}

void for_each_named(registry::Lookup& lookup, const Trace& reached,
                    std::span<const std::uint32_t> places,
                    const std::function<void(const TraceNode&, const NamedThing&)>& visit) {
    ThingNames names{lookup, reached.strangers};
    std::array<trace::Thing, ThingNames::batch_max> things;
    std::array<NamedThing, ThingNames::batch_max> named;
    while (!places.empty()) {
        const std::size_t count = std::min(places.size(), things.size());
        for (std::size_t at = 0; at < count; ++at) things[at] = reached.nodes[places[at]].thing;
        names.find(std::span{things}.first(count), named);
        for (std::size_t at = 0; at < count; ++at) visit(reached.nodes[places[at]], named[at]);
        places = places.subspan(count);
    }
}

}  // namespace idnode::resolver
