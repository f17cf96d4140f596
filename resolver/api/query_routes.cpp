#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "protocol/schemes/percent.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/named_query.hpp"
#include "resolver/api/owned.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/query_document.hpp"
#include "resolver/api/resuming.hpp"
#include "resolver/api/subscriptions.hpp"
#include "resolver/http/epcis_headers.hpp"
#include "resolver/webhooks/courier.hpp"

namespace idnode::resolver::api {
namespace {

namespace json = boost::json;
using registry::Area;

constexpr std::string_view queries_path = "/epcis/v2/queries";

std::int64_t milliseconds(const Clock& clock) { return std::int64_t{clock.now()} * 1000; }

/// `POST /epcis/v2/queries`
void make_query(const Pending& call, const Services& services) {
    if (!may_make(call->caller))
        return call->fail({.status = 403,
                           .message = "This account keeps no queries",
                           .title = "SecurityException"});
    auto body = read_json(*call, {"application/json", "application/ld+json"});
    if (const auto* const fault = std::get_if<Fault>(&body)) return call->fail(*fault);
    auto read = read_named_query(std::get<json::value>(body));
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    auto& query = std::get<NamedQuery>(read);
    query.created = milliseconds(services.clock);
    const std::string location =
        fmt::format("{}/{}", queries_path, protocol::percent_encoded(query.name));
    const OwnedLimits limits{services.config.queries_per_owner_max, queries_max};
    change_entries(
        call, services,
        [call, query, limits](const registry::WriteView& view) -> EntryDecision {
            if (view.entry(Area::queries, query.name))
                return Fault{.status = 409,
                             .message = "name: there is a query of that name already",
                             .field = "name",
                             .title = "ResourceAlreadyExistsException"};
            if (auto fault = find_owned_limit(view, Area::queries, call->caller, limits, "queries"))
                return *std::move(fault);
            return registry::ChangeSet{.changes = {entry_of(query, call->caller)}, .origin = {}};
        },
        [call, location, answer = serialize(shown(query))] {
            HttpReply reply{.status = 201, .content_type = json_type, .body = answer};
            reply.add_header("Location", location);
            add_epcis_versions(reply);
            call->finish(std::move(reply));
        });
}

/// `GET /epcis/v2/queries`: those that the caller may see, in the order of their names.
void list_queries(registry::Lookup& lookup, const Pending& call) {
    const auto page = read_page(call->target);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& [per_page, after] = std::get<Page>(page);
    json::array found;
    std::string last;
    bool more = false;
    registry::EntryCursor cursor{lookup.snapshot(), Area::queries};
    for (auto entry = cursor.seek(after.empty() ? after : after + '\0'); entry && !more;
         entry = cursor.next()) {
        if (!may_see(call->caller, read_owned(entry->value))) continue;
        const auto query = load_query(*entry);
        if (!query) continue;
        more = found.size() == per_page;
        if (more) break;
        found.push_back(shown(*query));
        last = query->name;
    }
    HttpReply reply{.content_type = json_type, .body = serialize(found)};
    if (more)
        reply.add_header("Link",
                         fmt::format("<{}>; rel=\"next\"",
                                     next_target(call->target, protocol::percent_encoded(last))));
    add_epcis_versions(reply);
    call->finish(std::move(reply));
}

/// The events that a named query finds now, in pages as `GET /epcis/v2/events` gives them.
void run_query(registry::Lookup& lookup, const Pending& call, const Services& services,
               const NamedQuery& named) {
    auto read = read_event_query(named.query);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    auto& query = std::get<EventQuery>(read);
    if (auto fault = turn_page(call->target, query)) return call->fail(*fault);
    const auto page = run(lookup.snapshot(), query, call->caller);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& found = std::get<EventPage>(page);
    HttpReply reply{
        .content_type = ld_type,
        .body = make_query_document(
            {.query_name = named.name, .time = milliseconds(services.clock)}, found.events)};
    if (!found.next.empty())
        reply.add_header("Link",
                         fmt::format("<{}>; rel=\"next\"", next_target(call->target, found.next)));
    add_epcis_versions(reply);
    call->finish(std::move(reply));
}

/// `GET /epcis/v2/queries/{name}` and what is below it.
void get_query(registry::Lookup& lookup, const Pending& call, const Services& services) {
    const QueryPath path = split_query_path(call->argument);
    const auto query = find_query(lookup.snapshot(), call->caller, path.name);
    if (!query) return call->fail(no_such_query());
    if (path.part.empty()) return call->finish_json(serialize(shown(*query)));
    if (path.part == "events" && path.id.empty()) return run_query(lookup, call, services, *query);
    if (path.part == "subscriptions") return get_subscriptions(lookup, call, *query, path.id);
    call->fail(no_such_query());
}

/// `DELETE /epcis/v2/queries/{name}`: its subscriptions end with it.
void end_query(const Pending& call, const Services& services, webhooks::Courier& courier) {
    change_entries(
        call, services,
        [call](const registry::WriteView& view) -> EntryDecision {
            const auto stored = call->argument.size() <= query_name_size_max
                                    ? view.entry(Area::queries, call->argument)
                                    : std::nullopt;
            if (!stored || !may_see(call->caller, read_owned(*stored))) return no_such_query();
            if (!may_end(call->caller, read_owned(*stored)))
                return Fault{.status = 403,
                             .message = "Only its owner and the operator end a query",
                             .title = "SecurityException"};
            registry::ChangeSet set{
                .changes = {registry::RemoveEntry{Area::queries, call->argument}}, .origin = {}};
            end_subscriptions(view, call->argument, set.changes);
            return set;
        },
        [call, &courier] {
            courier.reload();
            call->finish({.status = 204});
        });
}

}  // namespace

void add_query_routes(std::vector<Route>& routes, const Services& services,
                      webhooks::Courier& courier) {
    routes.push_back(
        {"POST", queries_path, Access::identified,
         [&services](registry::Lookup&, const Pending& call) { make_query(call, services); }});
    routes.push_back({"GET", queries_path, Access::identified, list_queries});
    routes.push_back({"POST", "/epcis/v2/queries/*", Access::identified,
                      [&](registry::Lookup& lookup, const Pending& call) {
                          if (!before_resume(call->argument).empty())
                              return resume_subscription(call, services);
                          make_subscription(lookup, call, services, courier);
                      }});
    routes.push_back({"GET", "/epcis/v2/queries/*", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          get_query(lookup, call, services);
                      }});
    routes.push_back({"DELETE", "/epcis/v2/queries/*", Access::identified,
                      [&](registry::Lookup&, const Pending& call) {
                          if (split_query_path(call->argument).part == "subscriptions")
                              return end_subscription(call, services, courier);
                          end_query(call, services, courier);
                      }});
}

}  // namespace idnode::resolver::api
