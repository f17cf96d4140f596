#include "resolver/trace/names.hpp"

namespace idnode::resolver {

namespace trace = registry::trace;
using trace::Thing;

Thing Strangers::add(std::string canonical) {
    const auto [known, fresh] = places_.try_emplace(std::move(canonical), strangers_.size());
    if (fresh) {
        protocol::Identifier identifier = protocol::identify(known->first);
        identifier.canonical = known->first;
        std::string elements = protocol::element_string_of(identifier).value_or(std::string{});
        strangers_.push_back({std::move(identifier), std::move(elements)});
    }
    return trace::make_thing(trace::group_of_strangers, known->second);
}

trace::ThingView Strangers::find(Thing thing) const {
    const Thing place = thing - trace::make_thing(trace::group_of_strangers, 0);
    if (place >= strangers_.size()) return {};
    const auto& [identifier, elements] = strangers_[place];
    return {.scheme = identifier.scheme,
            .canonical = identifier.canonical,
            .spelled = {},
            .elements = elements};
}

Thing number_of(const registry::Snapshot& snapshot, std::string_view canonical,
                Strangers& strangers) {
    const auto known = trace::find_thing(snapshot, canonical);
    return known ? *known : strangers.add(std::string{canonical});
}

void ThingNames::find(std::span<const Thing> things, std::span<NamedThing> names) {
    entries_.find_things(things, names);
    for (std::size_t at = 0; at < things.size(); ++at) complete(things[at], names[at]);
}

NamedThing ThingNames::find(Thing thing) {
    NamedThing name;
    find({&thing, 1}, {&name, 1});
    return name;
}

std::string_view ThingNames::canonical(Thing thing) {
    if (trace::group_of(thing) == trace::group_of_strangers)
        return strangers_.find(thing).canonical;
    const auto found = trace::find_thing(lookup_.snapshot(), thing);
    return found ? found->canonical : std::string_view{};
}

void ThingNames::complete(Thing thing, NamedThing& name) {
    if (trace::group_of(thing) == trace::group_of_strangers) name = strangers_.find(thing);
    if (!name.spelled.empty()) return;
    const auto record = lookup_.find(name.canonical);
    name.spelled = record ? record->handle() : name.canonical;
}

void ThingNames::find_events(std::span<const std::uint64_t> numbers,
                             std::span<std::string_view> ids) const {
    entries_.find_event_ids(numbers, ids);
}

}  // namespace idnode::resolver
