#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "registry/huge_memory.hpp"
#include "registry/store.hpp"
#include "registry/trace/edge.hpp"
#include "registry/tree_walk.hpp"

namespace idnode::registry::trace {

/// The edges of one state of the registry in memory: copies of the first blocks of all things
/// (facts.hpp), by their numbers. Whoever walks finds one by its place, where the store has to be
/// searched. What has changed since is marked, and looked up in the store. Threads may read and
/// mark at once.
class EdgeTable {
public:
    /// Null where it would take more than `octets_max`, the registry is damaged there, or it was
    /// asked to stop. Throws StoreError, std::bad_alloc.
    static std::unique_ptr<EdgeTable> read(const Snapshot& snapshot, std::size_t octets_max,
                                           const std::stop_token& stop = {});

    /// Sets the values of the entries of things, as they stand in the store, and an empty one where
    /// there is none; returns for which of them, by bits, nothing is known here: these are marked
    /// or new. At most as many as are looked up in the store together.
    std::uint32_t find(Direction direction, std::span<const Thing> things,
                       std::span<std::string_view> values) const noexcept;

    /// From now on nothing is known here of the edges of a thing in one direction.
    void mark(Direction direction, Thing thing) noexcept;

    std::size_t octets() const noexcept { return memory_.size(); }
    std::uint64_t fact_count() const noexcept { return fact_count_; }
    /// How often things were marked.
    std::uint64_t mark_count() const noexcept { return mark_count_; }

private:
    /// Where the block of a thing begins among all, in units, with a mark above; that of the next
    /// thing is where it ends.
    using Start = std::atomic<std::uint32_t>;
    struct Group {
        std::uint64_t count = 0;         ///< of its things; their numbers begin with 1
        std::array<Start*, 2> starts{};  ///< of the first thing, down and up

        Start* start(Direction direction, Thing thing) const noexcept;
    };
    using Groups = boost::unordered_flat_map<ThingGroup, Group>;

    EdgeTable() = default;
    bool measure(const Snapshot& snapshot, std::size_t octets_max, const std::stop_token& stop);
    bool fill(const Snapshot& snapshot, const std::stop_token& stop);
    const Group* find_group(Thing thing) const noexcept;

    Groups groups_{};
    HugeMemory memory_{};
    char* blocks_ = nullptr;  ///< behind the starts
    std::uint64_t fact_count_ = 0;
    std::atomic<std::uint64_t> mark_count_{0};
};

}  // namespace idnode::registry::trace
