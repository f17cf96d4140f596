#include "registry/trace/trace_check.hpp"

#include "registry/trace/facts.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {
namespace {

using Report = std::function<void(const std::string& fault)>;

std::string name_of(const Snapshot& snapshot, Thing thing) {
    const auto found = find_thing(snapshot, thing);
    return found ? std::string{found->canonical} : "number " + std::to_string(thing);
}

void check_edges(const Snapshot& snapshot, const Report& report) {
    Thing last = no_thing;  // facts of one thing stand together
    for_each_fact(snapshot, [&](Direction direction, const StoredFact& fact) {
        const auto edge = [&] {
            return "the edge from " + name_of(snapshot, fact.from) + " to " +
                   name_of(snapshot, fact.to);
        };
        if (!has_counterpart(snapshot, direction, fact)) report(edge() + " stands at one end only");
        const Thing thing = fact.end(direction);
        if (thing != last && !find_thing(snapshot, thing))
            report(edge() + " is that of a thing that has no name");
        last = thing;
        return true;
    });
}

void check_things(const Snapshot& snapshot, const Report& report) {
    EntryCursor names{snapshot, Area::thing_names};
    for (auto entry = names.seek({}); entry; entry = names.next()) {
        const auto thing =
            entry->key.size() == sizeof(Thing) ? read_thing(entry->value) : std::nullopt;
        if (!thing) {
            report("a thing has a name that is damaged");
            continue;
        }
        const Thing number = number_in(entry->key);
        const bool is_text = group_of(number) == group_of_texts;
        const auto stored =
            find_entry(snapshot, Area::things,
                       is_text ? text_key(thing->canonical) : node_key(thing->canonical));
        const auto back = stored ? read_number(*stored) : std::nullopt;
        if (!back || back->number != number)
            report(std::string{thing->canonical} + ": is not found by the number that it has");
    }
}

}  // namespace

void check(const Snapshot& snapshot, const Report& report) {
    check_edges(snapshot, report);
    check_things(snapshot, report);
}

}  // namespace idnode::registry::trace
