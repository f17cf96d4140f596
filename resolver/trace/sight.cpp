#include "resolver/trace/sight.hpp"

#include "protocol/handle/handle.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/trace/ownership.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;

/// What is granted so that somebody sees the things of a prefix on a trace.
constexpr std::string_view trace_item = "TRACE";

constexpr int neighbours_max = 256;

bool has_public_values(registry::Lookup& lookup, std::string_view handle) {
    const auto record = lookup.find(handle);
    return record && record->has_public_values();
}

/// Whether `is_it` holds for an edge of the thing and what is at its other end. Only some of those
/// are looked at, since there may be millions.
template <class IsIt>
bool is_next_to(const registry::Snapshot& snapshot, trace::Thing thing, const IsIt& is_it) {
    bool next = false;
    for (const auto direction : {trace::Direction::up, trace::Direction::down}) {
        int left = neighbours_max;
        trace::for_each_edge(snapshot, direction, thing, [&](const trace::Edge& edge) {
            next = is_it(edge, direction == trace::Direction::up ? edge.from : edge.to);
            return !next && --left > 0;
        });
        if (next) return true;
    }
    return false;
}

}  // namespace

Eyes::Sight Eyes::look(Thing thing) {
    // Things of one prefix mostly stand together.
    if (seen_ && trace::group_of(thing) == seen_group_) return *seen_;
    const Group group = group_of(thing);
    if (!group.sight) return look_at_one(thing, group);
    if (groups_.contains(trace::group_of(thing))) {
        seen_ = group.sight;
        seen_group_ = trace::group_of(thing);
    }
    return *group.sight;
}

/// Where things of one group do not share their prefix, that of the thing alone.
Eyes::Group Eyes::group_of(Thing thing) {
    const trace::ThingGroup number = trace::group_of(thing);
    if (number == trace::group_of_strangers || number == trace::handles_of_any_prefix)
        return decide(names_.canonical(thing));
    const auto found = groups_.find(number);
    if (found != groups_.end()) return found->second;
    return groups_.emplace(number, decide(names_.canonical(thing))).first->second;
}

Eyes::Group Eyes::decide(std::string_view canonical) const {
    const protocol::Identifier thing = protocol::identify(canonical);
    const bool sees_everything = caller_.account && caller_.account->reads_everything();
    Group group{.of_handles = thing.scheme == protocol::Scheme::handle};
    if (!group.of_handles) {
        if (sees_everything) group.sight = Sight::shown;
        return group;
    }
    const std::string_view prefix = protocol::prefix_of(thing.canonical);
    group.owned = caller_.account && caller_.account->administers(prefix);
    if (!lookup_.is_homed(prefix))
        group.sight = Sight::elsewhere;
    else if (sees_everything || group.owned ||
             caller_.granted(lookup_.snapshot(), thing.canonical)
                 .allows(grants::Right::view, trace_item, {}))
        group.sight = Sight::shown;
    else
        group.policy = find_visibility(lookup_.snapshot(), thing);
    return group;
}

Eyes::Sight Eyes::look_at_one(Thing thing, const Group& group) {
    const std::string_view canonical = names_.canonical(thing);
    if (group.of_handles) {
        if (has_public_values(lookup_, canonical)) return Sight::shown;
    } else if (const Claim claim = claim_to(thing); claim.owned || claim.captured) {
        return Sight::shown;
    }
    const protocol::Identifier identifier = protocol::identify(canonical);
    const registry::Snapshot& snapshot = lookup_.snapshot();
    if (granted_of_company(snapshot, caller_, identifier, trace_item)) return Sight::shown;
    const Visibility policy = group.policy ? *group.policy : find_visibility(snapshot, identifier);
    if (policy.one_up_one_down &&
        (is_next_to_own(thing) || is_party_to(snapshot, caller_, identifier)))
        return Sight::shown;
    return policy.cut ? Sight::cut : Sight::hidden;
}

Eyes::Claim Eyes::claim_to(Thing thing) {
    const auto [place, fresh] = claims_.try_emplace(thing);
    if (!fresh) return place->second;
    const Group group = group_of(thing);
    if (group.of_handles) return claims_[thing] = {.owned = group.owned};
    const std::string canonical{names_.canonical(thing)};
    const protocol::Identifier identifier = protocol::identify(canonical);
    if (owns_company(caller_, identifier)) return claims_[thing] = {.owned = true};
    // Anybody may capture an event about a thing: what is another company's, and what is next to
    // that, does not become his so.
    const bool captured = has_captured(canonical);
    const bool owned = captured && !is_of_enterprise(lookup_.snapshot(), identifier);
    return claims_[thing] = {.owned = owned, .captured = captured};
}

/// Whether one of the last events that name the thing was captured by the caller, or for him.
bool Eyes::has_captured(const std::string& canonical) {
    return any_of_last_events(lookup_.snapshot(), canonical,
                              [&](const trace::EventView& event) { return own_.is(event.actor); });
}

bool Eyes::is_next_to_own(Thing thing) {
    return is_next_to(lookup_.snapshot(), thing,
                      [&](const trace::Edge&, Thing other) { return claim_to(other).owned; });
}

bool Eyes::may_name_elsewhere(Thing thing) {
    if (caller_.account && caller_.account->reads_everything()) return true;
    if (group_of(thing).owned) return true;
    return is_next_to(lookup_.snapshot(), thing, [&](const trace::Edge& edge, Thing other) {
        return look(other) == Sight::shown && may_follow(edge);
    });
}

bool Eyes::may_follow(const trace::Edge& edge) {
    if (edge.type != trace::EdgeType::reference || edge.is_public) return true;
    if (record_ != edge.source) read_references(edge.source);
    return references_.contains(std::string{names_.canonical(edge.from)});
}

void Eyes::read_references(trace::TextNumber text) {
    record_ = text;
    references_.clear();
    const std::string handle{trace::find_text(lookup_.snapshot(), text)};
    const auto record = lookup_.find(handle);
    if (!record) return;
    const auto find_values = admin::find_values_in(lookup_);
    const auto granted = caller_.granted(lookup_.snapshot(), handle);
    trace::ReferenceFinder finder{[&](std::string_view key) {
        return find_entry(lookup_.snapshot(), registry::Area::reference_items, key);
    }};
    finder.for_each_reference(*record, [&](const protocol::ValueView& value) {
        if (caller_.may_read(handle, value, find_values, granted))
            trace::add_references(value, references_);
    });
}

}  // namespace idnode::resolver
