#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/lookup.hpp"
#include "registry/trace/numbered_entries.hpp"
#include "registry/trace/thing.hpp"

namespace idnode::resolver {

/// Things that an answer is about and that have no number in the registry: by their canonical
/// forms, and with numbers that count in that answer alone.
class Strangers {
public:
    registry::trace::Thing add(std::string canonical);
    /// As if it were kept, but that nothing has spelled it.
    registry::trace::ThingView find(registry::trace::Thing thing) const;

private:
    struct Stranger {
        protocol::Identifier identifier;
        std::string elements;
    };
    std::vector<Stranger> strangers_;
    std::unordered_map<std::string, std::size_t> places_;  ///< of these, by canonical form
};

/// The number of a thing, in the registry or among the strangers.
registry::trace::Thing number_of(const registry::Snapshot& snapshot, std::string_view canonical,
                                 Strangers& strangers);

/// What a thing is called: `spelled` as the first event that named it has it, or else its record,
/// or else its canonical form. Lives as long as whoever has found it, the lookup's state and the
/// strangers.
using NamedThing = registry::trace::ThingView;

/// Finds out what things are called, many at once, within the lookup's state.
class ThingNames {
public:
    ThingNames(registry::Lookup& lookup, const Strangers& strangers)
        : lookup_{lookup}, strangers_{strangers}, entries_{lookup.snapshot()} {}

    /// How many are found together at best.
    static constexpr std::size_t batch_max = registry::trace::NumberedEntries::batch_max;

    /// Sets as many names as there are things.
    void find(std::span<const registry::trace::Thing> things, std::span<NamedThing> names);
    NamedThing find(registry::trace::Thing thing);
    /// The canonical form alone.
    std::string_view canonical(registry::trace::Thing thing);
    /// The eventIDs of events by their numbers; empty where there is none.
    void find_events(std::span<const std::uint64_t> numbers, std::span<std::string_view> ids) const;

private:
    void complete(registry::trace::Thing thing, NamedThing& name);

    registry::Lookup& lookup_;
    const Strangers& strangers_;
    registry::trace::NumberedEntries entries_;
};

}  // namespace idnode::resolver
