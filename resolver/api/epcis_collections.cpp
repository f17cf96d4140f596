#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "protocol/epcis/event.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/trace/thing.hpp"
#include "resolver/api/epcis.hpp"
#include "resolver/api/own.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/query_document.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using trace::EventView;
using trace::IndexKind;

/// Events that are looked at, newest first, for one that lets the caller see a value, and for all
/// values of a page, which ends behind them.
constexpr std::uint64_t looks_max = 10'000;
constexpr std::uint64_t page_looks_max = 20'000;

struct Collection {
    std::string_view name;
    IndexKind kind;
    std::string_view field;  ///< of an event, that holds the value; empty: there are several
};
constexpr std::array collections{Collection{"eventTypes", IndexKind::type, "type"},
                                 Collection{"epcs", IndexKind::any_epc, {}},
                                 Collection{"bizSteps", IndexKind::biz_step, "bizStep"},
                                 Collection{"bizLocations", IndexKind::biz_location, "bizLocation"},
                                 Collection{"readPoints", IndexKind::read_point, "readPoint"},
                                 Collection{"dispositions", IndexKind::disposition, "disposition"}};

/// What came of looking for an event that names a value.
struct Look {
    std::uint64_t looked_at = 0;
    std::uint64_t newest = 0;  ///< number of the newest that names it, whoever may see that
    std::optional<EventView> visible{};
};

Look look_for(const registry::Snapshot& snapshot, Own& own, const trace::IndexTerm& term) {
    Look look;
    trace::for_each_event(snapshot, term, true, {}, [&](const trace::EventPlace& place) {
        if (look.looked_at == 0) look.newest = place.number;
        const auto event = trace::find_event(snapshot, place.number);
        if (event && own.may_see(*event)) look.visible = event;
        return ++look.looked_at < looks_max && !look.visible;
    });
    return look;
}

/// A value as clients know it: a thing by its name, anything else as the event has it. `value` is
/// that of the index, where a long one is cut.
std::string spelled(const registry::Snapshot& snapshot, const Collection& collection,
                    std::string_view value, const EventView& event) {
    if (collection.field.empty())
        return std::string{trace::find_name(snapshot, value).value_or(value)};
    const auto json = boost::json::parse({event.json.data(), event.json.size()});
    const auto* found = json.as_object().if_contains(collection.field);
    if (found && found->is_object()) found = found->get_object().if_contains("id");
    const auto* const text = found ? found->if_string() : nullptr;
    if (!text) return std::string{value};
    const bool is_term =
        collection.kind == IndexKind::biz_step || collection.kind == IndexKind::disposition;
    return is_term ? protocol::epcis::short_name_of(*text) : std::string{*text};
}

/// The values of one kind that an event names, as they stand in the index.
std::vector<std::string> values_in(const EventView& event, IndexKind kind) {
    std::vector<std::string> values;
    for (const trace::IndexTerm& term : terms_of(event))
        if (covers(kind, term.kind)) values.push_back(trace::node_key(term.value));
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

/// NUMBER.PLACE: a value by the event that names it and its place among those of that event, since
/// the caller may not be allowed to see the one behind which his next page begins.
std::string token_of(const registry::Snapshot& snapshot, IndexKind kind, std::uint64_t number,
                     std::string_view value) {
    const auto event = trace::find_event(snapshot, number);
    if (!event) return {};
    const auto values = values_in(*event, kind);
    const auto found = std::ranges::find(values, value);
    if (found == values.end()) return {};
    return fmt::format("{}.{}", number, found - values.begin());
}

/// Nothing where no page has such a token.
std::optional<std::string> value_of(const registry::Snapshot& snapshot, IndexKind kind,
                                    std::string_view token) {
    std::array<std::uint64_t, 2> parts{};
    const char* at = token.data();
    const char* const end = at + token.size();
    for (std::uint64_t& part : parts) {
        const auto [next, failed] = std::from_chars(at, end, part);
        if (failed != std::errc{} || (next != end && *next != '.')) return std::nullopt;
        at = next == end ? next : next + 1;
    }
    const auto event = trace::find_event(snapshot, parts[0]);
    if (!event || at != end) return std::nullopt;
    const auto values = values_in(*event, kind);
    return parts[1] < values.size() ? std::optional{values[parts[1]]} : std::nullopt;
}

void finish_collection(const Pending& call, const std::vector<std::string>& members,
                       std::string_view next) {
    HttpReply reply{.content_type = ld_type};
    protocol::JsonWriter writer{reply.body};
    writer.begin_object().key("@context").string(epcis_context);
    writer.key("type").string("Collection").key("member").begin_array();
    for (const std::string& member : members) writer.string(member);
    writer.end_array().end_object();
    if (!next.empty())
        reply.add_header("Link",
                         fmt::format("<{}>; rel=\"next\"", next_target(call->target, next)));
    add_epcis_versions(reply);
    call->finish(std::move(reply));
}

/// `GET /epcis/v2/bizSteps` and its like: what the events that the caller may see name.
void list_values(registry::Lookup& lookup, const Pending& call, const Collection& collection) {
    const registry::Snapshot& snapshot = lookup.snapshot();
    Own own{snapshot, call->caller};
    const auto page = read_page(call->target);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& [per_page, token] = std::get<Page>(page);
    const auto after = token.empty() ? std::string{} : value_of(snapshot, collection.kind, token);
    if (!after)
        return call->fail({.status = 400,
                           .message = "nextPageToken: expected the token of a page",
                           .field = "nextPageToken",
                           .title = "QueryParameterException"});
    const std::uint64_t page_size = per_page;
    std::vector<std::string> members;
    std::string last;
    std::uint64_t number = 0;  // of the event that names it
    std::uint64_t left = page_looks_max;
    bool more = false;
    trace::for_each_value(snapshot, collection.kind, *after, [&](std::string_view value) {
        if (value == *after) return true;
        more = members.size() == page_size || left == 0;
        if (more) return false;
        const Look look = look_for(snapshot, own, {collection.kind, std::string{value}});
        left -= std::min(left, look.looked_at);
        last = value;
        number = look.newest;
        if (look.visible) members.push_back(spelled(snapshot, collection, value, *look.visible));
        return true;
    });
    finish_collection(call, members,
                      more ? token_of(snapshot, collection.kind, number, last) : std::string{});
}

/// A value as the index has it, of what stands in a path.
std::string term_value(const Collection& collection, std::string_view text) {
    switch (collection.kind) {
        case IndexKind::type: return std::string{text};
        case IndexKind::biz_step:
        case IndexKind::disposition: return protocol::epcis::short_name_of(text);
        default: return canonical(text);
    }
}

/// `GET /epcis/v2/bizSteps/shipping`, and `…/events` behind it.
void get_value(registry::Lookup& lookup, const Pending& call, const Services& services,
               const Collection& collection) {
    constexpr std::string_view events = "/events";
    std::string_view value = call->argument;
    const bool of_events = value.ends_with(events);
    if (of_events) value.remove_suffix(events.size());
    const std::string term = term_value(collection, value);
    if (of_events)
        return answer_events(lookup, call, services,
                             EventQuery::Condition{collection.kind, {term}, false});
    Own own{lookup.snapshot(), call->caller};
    if (!look_for(lookup.snapshot(), own, {collection.kind, term}).visible)
        return call->fail({.status = 404,
                           .message = "There is no such value in an event that you may see",
                           .title = "NoSuchResourceException"});
    finish_collection(call, {"events"}, {});
}

}  // namespace

void add_epcis_collection_routes(std::vector<Route>& routes, const Services& services) {
    static const auto patterns = [] {
        std::array<std::string, 2 * collections.size()> all;
        for (std::size_t at = 0; at < collections.size(); ++at) {
            all[2 * at] = "/epcis/v2/" + std::string{collections[at].name};
            all[2 * at + 1] = all[2 * at] + "/*";
        }
        return all;
    }();
    for (std::size_t at = 0; at < collections.size(); ++at) {
        const Collection& collection = collections[at];
        routes.push_back({"GET", patterns[2 * at], Access::identified,
                          [&collection](registry::Lookup& lookup, const Pending& call) {
                              list_values(lookup, call, collection);
                          }});
        routes.push_back({"GET", patterns[2 * at + 1], Access::identified,
                          [&services, &collection](registry::Lookup& lookup, const Pending& call) {
                              get_value(lookup, call, services, collection);
                          }});
    }
}

}  // namespace idnode::resolver::api
