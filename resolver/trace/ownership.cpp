#include "resolver/trace/ownership.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver {
namespace {

namespace json = boost::json;
namespace trace = registry::trace;

constexpr int events_looked_at_max = 16;

/// Whether what a party is named by belongs to the caller.
bool is_callers(const api::Caller& caller, std::string_view party) {
    const protocol::Identifier identifier = protocol::identify(party);
    if (identifier.scheme == protocol::Scheme::handle)
        return caller.account->administers(protocol::prefix_of(identifier.canonical));
    return owns_company(caller, identifier);
}

/// Whether `is_it` holds for the type and the name of something in a list of sources or
/// destinations.
template <class IsIt>
bool any_in(const json::object& event, std::string_view list, std::string_view member,
            const IsIt& is_it) {
    const auto* const found = event.if_contains(list);
    const auto* const elements = found ? found->if_array() : nullptr;
    return elements && std::ranges::any_of(*elements, [&](const json::value& each) {
               const auto* const element = each.if_object();
               const auto* const type = element ? element->if_contains("type") : nullptr;
               const auto* const party = element ? element->if_contains(member) : nullptr;
               return type && type->is_string() && party && party->is_string() &&
                      is_it(protocol::epcis::short_name_of(type->get_string()),
                            party->get_string());
           });
}

/// Whether a list of sources or destinations names the caller as a party; a mere location is none.
bool names_caller(const json::object& event, std::string_view list, std::string_view member,
                  const api::Caller& caller) {
    return any_in(event, list, member, [&](std::string_view type, std::string_view party) {
        return type.ends_with("_party") && is_callers(caller, party);
    });
}

/// Whether whom an event leaves things with is that one.
bool leaves_with(const trace::EventView& event, std::string_view holder) {
    boost::system::error_code wrong;
    const auto parsed = json::parse({event.json.data(), event.json.size()}, wrong);
    const auto* const object = wrong ? nullptr : parsed.if_object();
    const std::string canonical = protocol::identify(holder).canonical;
    bool told = false;
    const auto is_holder = [&](std::string_view type, std::string_view party) {
        const bool possesses = type == "possessing_party";
        told |= possesses;
        return possesses && protocol::identify(party).canonical == canonical;
    };
    if (object && any_in(*object, "destinationList", "destination", is_holder)) return true;
    return !told && event.actor == holder;
}

bool names_caller(std::string_view text, const api::Caller& caller) {
    if (text.find("\"sourceList\"") == text.npos && text.find("\"destinationList\"") == text.npos)
        return false;
    boost::system::error_code wrong;
    const auto event = json::parse({text.data(), text.size()}, wrong);
    const auto* const object = wrong ? nullptr : event.if_object();
    return object && (names_caller(*object, "sourceList", "source", caller) ||
                      names_caller(*object, "destinationList", "destination", caller));
}

}  // namespace

bool owns_company(const api::Caller& caller, const protocol::Identifier& thing) {
    if (!caller.account || thing.scheme != protocol::Scheme::gs1) return false;
    return std::ranges::any_of(caller.account->prefixes, [&](const std::string& own) {
        return is_of_company(thing.canonical, own) && caller.account->administers(own);
    });
}

bool is_of_enterprise(const registry::Snapshot& snapshot, const protocol::Identifier& thing) {
    return std::ranges::any_of(company_scopes_of(thing), [&](const std::string& scope) {
        return find_entry(snapshot, registry::Area::allotments, protocol::folded(scope))
            .has_value();
    });
}

bool granted_of_company(const registry::Snapshot& snapshot, const api::Caller& caller,
                        const protocol::Identifier& thing, std::string_view item) {
    if (caller.grantees.empty()) return false;
    return std::ranges::any_of(company_scopes_of(thing), [&](const std::string& scope) {
        return caller.granted(snapshot, scope + '/').allows(grants::Right::view, item, {});
    });
}

bool any_of_last_events(const registry::Snapshot& snapshot, const std::string& thing,
                        const std::function<bool(const trace::EventView&)>& is_it) {
    for (const auto kind : {trace::IndexKind::any_epc, trace::IndexKind::any_class}) {
        bool found = false;
        int looks = 0;
        trace::for_each_event(snapshot, {kind, thing}, true, {}, [&](const auto& place) {
            const auto event = trace::find_event(snapshot, place.number);
            found = event && is_it(*event);
            return !found && ++looks < events_looked_at_max;
        });
        if (found) return true;
    }
    return false;
}

bool is_party_to(const registry::Snapshot& snapshot, const api::Caller& caller,
                 const protocol::Identifier& thing) {
    if (!caller.account || caller.account->prefixes.empty()) return false;
    return any_of_last_events(snapshot, thing.canonical, [&](const trace::EventView& event) {
        return names_caller(event.json, caller);
    });
}

bool is_held_by(const registry::Snapshot& snapshot, api::Own& own, const std::string& thing,
                std::string_view holder, std::optional<std::int64_t> at) {
    std::optional<trace::EventView> last;
    std::optional<trace::EventPlace> after;
    if (at) after = {*at, std::numeric_limits<std::uint64_t>::max()};
    for (const auto kind : {trace::IndexKind::any_epc, trace::IndexKind::any_class}) {
        int looks = 0;
        trace::for_each_event(snapshot, {kind, thing}, true, after, [&](const auto& place) {
            const auto event = trace::find_event(snapshot, place.number);
            const bool seen = event && own.may_see(*event);
            if (seen && (!last || event->time > last->time)) last = event;
            return !seen && ++looks < events_looked_at_max;
        });
    }
    return last && leaves_with(*last, holder);
}

}  // namespace idnode::resolver
