#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "registry/store.hpp"
#include "registry/trace/thing.hpp"
#include "registry/tree_walk.hpp"

namespace idnode::registry::trace {

/// Looks up entries under numbers, many at once, within one state of the registry, which must not
/// end before this does.
class NumberedEntries {
public:
    explicit NumberedEntries(const Snapshot& snapshot) { tree_.follow(snapshot.txn()); }

    /// How many are followed together; more are looked up in turns.
    static constexpr std::size_t batch_max = TreeWalk::batch_max;
    /// What may stand in front of a number.
    static constexpr std::size_t stem_size_max = 2;

    /// Sets the values of the entries whose keys are `stem`, area and all, and one of the numbers;
    /// an empty one where there is none.
    void find(std::string_view stem, std::span<const std::uint64_t> numbers,
              std::span<std::string_view> values) const;

    /// What is kept of things; of one that has no number here, nothing in any of its parts.
    void find_things(std::span<const Thing> things, std::span<ThingView> found) const;
    /// The eventIDs of events; an empty one where there is no such event.
    void find_event_ids(std::span<const std::uint64_t> numbers,
                        std::span<std::string_view> ids) const;

private:
    TreeWalk tree_{"entries"};
};

}  // namespace idnode::registry::trace
