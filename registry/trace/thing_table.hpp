#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

#include "registry/huge_memory.hpp"
#include "registry/store.hpp"
#include "registry/trace/thing.hpp"
#include "registry/tree_walk.hpp"

namespace idnode::registry::trace {

/// What is held of each thing: copies of entries under its number.
enum class Column : std::uint8_t {
    edges_down,  ///< the first block of them (facts.hpp)
    edges_up,
    names,  ///< what it is called
};
inline constexpr std::size_t column_count = 3;

struct Cell {
    Column column = Column::edges_down;
    Thing thing = no_thing;
};

/// What an entry of the store belongs to; nothing if that is not held.
std::optional<Cell> cell_of(Area area, std::string_view key);

/// What one state of the registry knows of all things, in memory and in the order of their numbers:
/// whoever walks finds it by its place, where the store has to be searched. What has changed since
/// is marked, and looked up in the store. Threads may read and mark at once.
class ThingTable {
public:
    /// Null where edges alone would take more than `octets_max`, or 16 GiB, or it was asked to
    /// stop. Names are held where they find room as well. Throws StoreError, std::bad_alloc.
    static std::unique_ptr<ThingTable> read(const Snapshot& snapshot, std::size_t octets_max,
                                            const std::stop_token& stop = {});

    /// Sets the values of the entries of things, as they stand in the store, and an empty one where
    /// there is none; returns for which of them, by bits, nothing is known here: these are marked
    /// or new. At most as many as are looked up in the store together. Views die with the table.
    std::uint32_t find(Column column, std::span<const Thing> things,
                       std::span<std::string_view> values) const noexcept;

    /// From now on nothing is known here of a cell; whether that is new, or was never otherwise.
    bool mark(const Cell& cell) noexcept;

    std::size_t octets() const noexcept { return memory_.size(); }
    std::uint64_t entry_count() const noexcept { return entry_count_; }
    bool holds_names() const noexcept { return columns_ == column_count; }

private:
    /// Where the entry of a thing begins among all, in units, with a mark above; that of the next
    /// thing is where it ends.
    using Start = std::atomic<std::uint32_t>;
    struct Group {
        std::uint64_t count = 0;                    ///< of its things; their numbers begin with 1
        std::array<Start*, column_count> starts{};  ///< of the first thing; null: none is held
    };

    class Filling;

    ThingTable() = default;
    bool measure(const Snapshot& snapshot, std::size_t octets_max, const std::stop_token& stop);
    bool fill(const Snapshot& snapshot, const std::stop_token& stop);
    bool fits(std::size_t columns, std::uint64_t units, std::size_t octets_max) const noexcept;
    std::size_t starts_size(std::size_t columns) const noexcept;
    const Group* find_group(ThingGroup number) const noexcept;
    bool is_numbered(Thing thing) const noexcept;
    static Start* find_start(const Group* group, const Cell& cell) noexcept;

    boost::unordered_flat_map<ThingGroup, Group> groups_{};
    std::uint64_t start_count_ = 0;  ///< of each column
    std::size_t columns_ = 0;        ///< that are held
    HugeMemory memory_{};
    char* entries_ = nullptr;  ///< behind the starts
    std::uint64_t entry_count_ = 0;
};

}  // namespace idnode::registry::trace
