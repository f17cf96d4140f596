#include <algorithm>
#include <charconv>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/api/api.hpp"
#include "resolver/trace/event_mapping.hpp"
#include "resolver/trace/recall.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using protocol::JsonWriter;

constexpr std::uint32_t depth_default = 100;
constexpr std::uint64_t limit_default = 1'000;
constexpr std::uint64_t limit_max = 10'000;
constexpr std::uint32_t cursor_seconds = 3600;
constexpr std::size_t lines_at_once = 2'000;

Fault wrong(std::string_view field, std::string_view expected) {
    return {.message = std::string{field} + ": expected " + std::string{expected},
            .field = std::string{field}};
}

struct TraceQuery {
    TraceOptions options;
    std::uint64_t limit = limit_default;
    std::uint64_t offset = 0;
};

/// What a cursor belongs to: the same question of the same state.
std::string subject_of(const Call& call, const registry::Snapshot& snapshot) {
    std::string subject = call.argument + '\n' + call.caller.actor() + '\n' + call.request.body;
    for (const auto& [name, value] : call.target.parameters())
        if (name != "cursor" && name != "limit") subject += '\n' + name + '=' + value;
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(subject));
    return protocol::to_hex(protocol::text_of(protocol::Bytes{digest}).substr(0, 12)) + ':' +
           std::to_string(snapshot.sequence()) + ':' +
           std::to_string(trace::count_events(snapshot));
}

std::optional<Fault> read_cursor(const Call& call, const registry::Snapshot& snapshot,
                                 const Services& services, std::uint64_t& offset) {
    const std::string_view cursor = call.target.value("cursor");
    if (cursor.empty()) return std::nullopt;
    const auto claims = services.authenticator.tokens().read(cursor);
    const std::string_view text = claims ? std::string_view{claims->id} : std::string_view{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), offset);
    if (!claims || failed != std::errc{} || end != text.data() + text.size())
        return wrong("cursor", "one that this node has given");
    if (claims->user != subject_of(call, snapshot))
        return Fault{.status = 410,
                     .message =
                         "cursor: the registry has changed since, or it is that of another "
                         "question: begin again",
                     .field = "cursor"};
    return std::nullopt;
}

std::string make_cursor(const Call& call, const registry::Snapshot& snapshot,
                        const Services& services, std::uint64_t offset) {
    const std::uint32_t now = services.clock.now();
    return services.authenticator.tokens().make({.user = subject_of(call, snapshot),
                                                 .id = std::to_string(offset),
                                                 .issued = now,
                                                 .expires = now + cursor_seconds});
}

std::variant<TraceQuery, Fault> read_query(const Call& call, const registry::Snapshot& snapshot,
                                           const Services& services) {
    TraceQuery query;
    TraceOptions& options = query.options;
    options.roots = {canonical(call.argument)};
    const std::string_view direction = call.target.value("direction");
    if (direction == "up" || direction == "both") options.up = true;
    if (direction == "down" || direction == "both") options.down = true;
    if (direction.empty()) options.up = options.down = true;
    if (!options.up && !options.down) return wrong("direction", "up, down or both");
    options.depth = depth_default;
    if (!read_number(call.target, "depth", trace_depth_max, options.depth))
        return wrong("depth", "0 to 1000000");
    if (!read_number(call.target, "limit", limit_max, query.limit) || query.limit == 0)
        return wrong("limit", "1 to 10000");
    if (call.target.has("at")) {
        options.at = read_moment(call.target.value("at"));
        if (!options.at) return wrong("at", "a date, or a date and time with an offset");
    }
    if (call.target.has("edges")) {
        const std::string_view edges = call.target.value("edges");
        if (edges != "true" && edges != "false") return wrong("edges", "true or false");
        options.keeps_edges = edges == "true";
    }
    if (auto fault = read_edge_types(call.target.value("types"), options.types)) return *fault;
    if (auto fault = read_cursor(call, snapshot, services, query.offset)) return *fault;
    options.nodes_max = query.offset + query.limit + 1;
    return query;
}

/// `GET /api/v1/trace/{id}`
void answer_trace(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (call->argument.empty() || !protocol::is_utf8(call->argument))
        return call->fail(wrong("id", "an identifier in UTF-8"));
    auto query = read_query(*call, lookup.snapshot(), services);
    if (const auto* const fault = std::get_if<Fault>(&query)) return call->fail(*fault);
    const auto& [options, limit, offset] = std::get<TraceQuery>(query);
    const Trace found = run_trace(lookup, options, call->caller);
    // The root has no node where it is cut.
    if (!found.known || found.nodes.empty())
        return call->fail(
            {.status = 404, .message = "Nothing is known of " + call->argument, .field = "id"});
    const bool more = found.nodes.size() > offset + limit;
    HttpReply reply{.content_type = json_type};
    TracePage page{.from = offset, .count = limit, .cursor = {}};
    if (more) page.cursor = make_cursor(*call, lookup.snapshot(), services, offset + limit);
    page.truncated = more || found.truncated;
    write_trace(reply.body, lookup, found, page,
                options.at.value_or(std::int64_t{services.clock.now()} * 1000));
    call->finish(std::move(reply));
}

/// Writes what is affected as lines, some at a time. Things keep their numbers, so that the names
/// can be looked up when they are written.
auto make_lines(Trace found, std::vector<std::uint32_t> affected) {
    return [found = std::make_shared<const Trace>(std::move(found)),
            affected = std::make_shared<const std::vector<std::uint32_t>>(std::move(affected)),
            at = std::size_t{0}](registry::Lookup& lookup, std::string& out) mutable {
        const auto left = std::span{*affected}.subspan(at);
        const std::size_t count = std::min(left.size(), lines_at_once);
        for_each_named(lookup, *found, left.first(count),
                       [&](const TraceNode& node, const NamedThing& thing) {
                           JsonWriter writer{out};
                           write_node(writer, thing, node.depth, node.sight, found->tombstones);
                           out += '\n';
                       });
        at += count;
        return count < left.size();
    };
}

/// `POST /api/v1/recall`: what is affected by a set of suspects, as a count, in pages, or as lines
/// where the caller accepts `application/x-ndjson`. A cursor goes with the same body.
void answer_recall(registry::Lookup& lookup, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    auto read = read_recall(std::get<boost::json::value>(json));
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    auto& query = std::get<RecallQuery>(read);
    std::uint64_t offset = 0;
    if (auto fault = read_cursor(*call, lookup.snapshot(), services, offset))
        return call->fail(*fault);
    query.options.keeps_edges = false;
    Trace found = run_trace(lookup, query.options, call->caller);
    std::vector<std::uint32_t> affected = find_affected(lookup, query, found, call->caller);
    const bool as_lines = call->request.field("Accept").find("ndjson") != std::string_view::npos;
    HttpReply reply{.content_type = as_lines ? ndjson_type : json_type};
    if (as_lines) {
        auto lines = make_lines(std::move(found), std::move(affected));
        reply.streams = lines(lookup, reply.body);
        if (reply.streams) reply.more = std::move(lines);
        return call->finish(std::move(reply));
    }
    JsonWriter writer{reply.body};
    writer.begin_object().key("count").number(affected.size());
    if (!query.count_only) {
        writer.key("affected").begin_array();
        const auto left =
            std::span{affected}.subspan(std::min<std::size_t>(offset, affected.size()));
        const std::size_t shown = std::min<std::size_t>(left.size(), query.limit);
        for_each_named(lookup, found, left.first(shown),
                       [&](const TraceNode& node, const auto& thing) {
                           write_node(writer, thing, node.depth, node.sight, found.tombstones);
                       });
        writer.end_array();
        if (shown < left.size())
            writer.key("cursor").string(
                make_cursor(*call, lookup.snapshot(), services, offset + shown));
    }
    writer.key("truncated").boolean(found.truncated).end_object();
    call->finish(std::move(reply));
}

}  // namespace

void add_trace_routes(std::vector<Route>& routes, const Services& services) {
    routes.push_back({"GET", "/api/v1/trace/*", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_trace(lookup, call, services);
                      }});
    routes.push_back({"POST", "/api/v1/recall", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_recall(lookup, call, services);
                      }});
}

}  // namespace idnode::resolver::api
