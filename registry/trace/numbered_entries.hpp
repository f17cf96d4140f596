#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "registry/store.hpp"
#include "registry/trace/edge.hpp"
#include "registry/trace/thing_table.hpp"
#include "registry/tree_walk.hpp"

namespace idnode::registry::trace {

/// Looks up entries under numbers, many at once, within one state of the registry, which must not
/// end before this does: in memory, where they are held, and else in the store. Views die with
/// this, and with the state.
class NumberedEntries {
public:
    explicit NumberedEntries(const Snapshot& snapshot);

    /// How many are followed together; more are looked up in turns.
    static constexpr std::size_t batch_max = TreeWalk::batch_max;

    /// The first blocks of edges at things, of which there are at most `batch_max`; an empty one
    /// where there is none.
    void find_edges(Direction direction, std::span<const Thing> things,
                    std::span<std::string_view> blocks) const;
    /// What is kept of things; of one that has no number here, nothing in any of its parts.
    void find_things(std::span<const Thing> things, std::span<ThingView> found) const;
    /// The eventIDs of events; an empty one where there is no such event.
    void find_event_ids(std::span<const std::uint64_t> numbers,
                        std::span<std::string_view> ids) const;

private:
    using Values = std::span<std::string_view>;
    void find_in_memory(Column column, std::string_view stem, std::span<const Thing> things,
                        Values values) const;
    void find_in_store(std::string_view stem, std::span<const std::uint64_t> numbers,
                       Values values) const;

    TreeWalk tree_{"entries"};
    std::shared_ptr<const ThingTable> table_;  ///< null: the store alone knows
};

}  // namespace idnode::registry::trace
