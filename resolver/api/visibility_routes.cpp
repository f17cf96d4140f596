#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver::api {
namespace {

using registry::Area;

/// Who administers a prefix, of handles or of a company, sets its policy; "*" is the operator's.
std::optional<Fault> find_fault(const Call& call) {
    if (!is_visibility_scope(call.argument))
        return Fault{.message =
                         "prefix: expected a prefix of handles, gs1: and 4 to 12 digits of a "
                         "company prefix, or *",
                     .field = "prefix"};
    const std::string_view prefix = prefix_of_scope(call.argument);
    const auto& account = call.caller.account;
    const bool may = account && (prefix.empty() ? account->role == Role::operator_
                                                : account->administers(prefix));
    if (may) return std::nullopt;
    return Fault{.status = 403, .message = "Only who administers the prefix says who sees it"};
}

/// `PUT /api/v1/visibility/{prefix}`
void set_visibility(const Pending& call, const Services& services) {
    if (const auto fault = find_fault(*call)) return call->fail(*fault);
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto read = read_visibility(std::get<boost::json::value>(json));
    if (!read) return call->fail({.message = read.error().message()});
    change_entries(
        call, services,
        [call, text = to_json(*read)](const registry::WriteView&) -> EntryDecision {
            return registry::ChangeSet{.changes = {registry::PutEntry{
                                           Area::visibility, visibility_key(call->argument), text}},
                                       .origin = {}};
        },
        [call, text = to_json(*read)] { call->finish_json(text); });
}

Fault nothing_set() { return {.status = 404, .message = "Nothing is set for this prefix"}; }

/// `GET /api/v1/visibility/{prefix}`: what was set, to whoever may set it.
void get_visibility(registry::Lookup& lookup, const Pending& call) {
    if (const auto fault = find_fault(*call)) return call->fail(*fault);
    const auto stored =
        find_entry(lookup.snapshot(), Area::visibility, visibility_key(call->argument));
    if (!stored) return call->fail(nothing_set());
    call->finish_json(std::string{*stored});
}

/// `DELETE /api/v1/visibility/{prefix}`
void end_visibility(const Pending& call, const Services& services) {
    if (const auto fault = find_fault(*call)) return call->fail(*fault);
    change_entries(
        call, services,
        [key = visibility_key(call->argument)](const registry::WriteView& view) -> EntryDecision {
            if (!view.entry(Area::visibility, key)) return nothing_set();
            return registry::ChangeSet{.changes = {registry::RemoveEntry{Area::visibility, key}},
                                       .origin = {}};
        },
        [call] { call->finish({.status = 204}); });
}

}  // namespace

void add_visibility_routes(std::vector<Route>& routes, const Services& services) {
    constexpr std::string_view pattern = "/api/v1/visibility/*";
    routes.push_back(
        {"PUT", pattern, Access::identified,
         [&services](registry::Lookup&, const Pending& call) { set_visibility(call, services); }});
    routes.push_back({"GET", pattern, Access::identified, get_visibility});
    routes.push_back(
        {"DELETE", pattern, Access::identified,
         [&services](registry::Lookup&, const Pending& call) { end_visibility(call, services); }});
}

}  // namespace idnode::resolver::api
