#include "registry/trace/thing_table.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "registry/trace/facts.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {
namespace {

// An entry is its size in 4 octets, 3 that mean nothing, and its value, whose second octet begins
// a unit: there facts begin. What is empty takes nothing.
constexpr std::size_t unit = 8;
constexpr std::size_t at_value = unit - 1;
constexpr std::uint32_t marked = std::uint32_t{1} << 31;
constexpr std::uint64_t units_max = marked - 1;
constexpr std::size_t line_size = 64;

constexpr std::size_t edge_columns = 2;

std::uint64_t serial_of(Thing thing) noexcept { return thing - make_thing(group_of(thing), 0); }

std::uint64_t units_of(std::string_view value) noexcept {
    return value.empty() ? 0 : (at_value + value.size() + unit - 1) / unit;
}

/// Calls `visit` for the entries that are held of things, in the order of columns and things,
/// until it returns false; false then.
template <class Visit>
bool for_each_entry(const Snapshot& snapshot, Area area, const std::stop_token& stop,
                    const Visit& visit) {
    EntryCursor cursor{snapshot, area};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        if (stop.stop_requested()) return false;
        const auto cell = cell_of(area, entry->key);
        if (cell && !visit(*cell, entry->value)) return false;
    }
    return true;
}

}  // namespace

std::optional<Cell> cell_of(Area area, std::string_view key) {
    if (area == Area::thing_names && key.size() == sizeof(Thing))
        return Cell{Column::names, number_in(key)};
    if (area != Area::edges || key.size() != BlockStem{}.size()) return std::nullopt;
    const auto direction = static_cast<Direction>(key.front());
    if (direction != Direction::down && direction != Direction::up) return std::nullopt;
    return Cell{direction == Direction::down ? Column::edges_down : Column::edges_up,
                number_in(key.substr(1))};
}

std::unique_ptr<ThingTable> ThingTable::read(const Snapshot& snapshot, std::size_t octets_max,
                                             const std::stop_token& stop) {
    std::unique_ptr<ThingTable> table{new ThingTable};
    if (!table->measure(snapshot, octets_max, stop) || !table->fill(snapshot, stop)) return nullptr;
    return table;
}

std::size_t ThingTable::starts_size(std::size_t columns) const noexcept {
    return (columns * start_count_ * sizeof(Start) + unit - 1) / unit * unit;
}

bool ThingTable::fits(std::size_t columns, std::uint64_t units,
                      std::size_t octets_max) const noexcept {
    return units <= units_max && starts_size(columns) + units * unit <= octets_max;
}

/// Finds out how much there is, and takes the memory for it.
bool ThingTable::measure(const Snapshot& snapshot, std::size_t octets_max,
                         const std::stop_token& stop) {
    EntryCursor cursor{snapshot, Area::thing_groups};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto group = read_group(entry->value);
        if (!group || group->number == group_of_texts) continue;
        const std::uint64_t count = group->next - 1;
        if (count > thing_serial_max) return false;
        groups_[group->number].count = count;
        start_count_ += group->next;
        if (!fits(edge_columns, 0, octets_max)) return false;
    }
    std::uint64_t units = 0;
    const auto count = [&](std::size_t columns) {
        return [&, columns](const Cell& cell, std::string_view value) {
            if (is_numbered(cell.thing)) units += units_of(value);
            return fits(columns, units, octets_max);
        };
    };
    if (!for_each_entry(snapshot, Area::edges, stop, count(edge_columns))) return false;
    const std::uint64_t units_of_edges = units;
    const bool names = fits(column_count, units, octets_max) &&
                       for_each_entry(snapshot, Area::thing_names, stop, count(column_count));
    columns_ = names ? column_count : edge_columns;
    memory_ = HugeMemory{starts_size(columns_) + (names ? units : units_of_edges) * unit};
    entries_ = reinterpret_cast<char*>(memory_.data()) + starts_size(columns_);
    auto* next = reinterpret_cast<Start*>(memory_.data());
    for (auto& [number, group] : groups_)
        for (std::size_t column = 0; column < columns_; ++column)
            group.starts[column] = std::exchange(next, next + group.count + 1);
    return true;
}

/// Puts entries behind each other, in the order in which they are stored.
class ThingTable::Filling {
public:
    explicit Filling(ThingTable& table) : table_{table} {}

    void add(const Cell& cell, std::string_view value) {
        const Group& group = *table_.find_group(group_of(cell.thing));
        if (group_ != &group || column_ != cell.column) {
            finish_group();
            group_ = &group;
            column_ = cell.column;
            start_ = group.starts[static_cast<std::size_t>(column_)];
            end_ = start_ + group.count + 1;
        }
        set_up_to(find_start(&group, cell) + 1);
        if (value.empty()) return;
        char* const entry = table_.entries_ + std::size_t{units_} * unit;
        const auto size = static_cast<std::uint32_t>(value.size());
        std::memcpy(entry, &size, sizeof(size));
        std::memcpy(entry + at_value, value.data(), value.size());
        units_ += static_cast<std::uint32_t>(units_of(value));
        ++table_.entry_count_;
    }

    /// What there is behind the last thing of a group with an entry has none.
    void finish_group() { set_up_to(end_); }

private:
    void set_up_to(const Start* behind) {
        for (; start_ != behind; ++start_) new (start_) Start{units_};
    }

    ThingTable& table_;
    const Group* group_ = nullptr;
    Column column_ = Column::edges_down;
    Start* start_ = nullptr;  ///< the next that is not set
    Start* end_ = nullptr;    ///< of its group
    std::uint32_t units_ = 0;
};

bool ThingTable::fill(const Snapshot& snapshot, const std::stop_token& stop) {
    Filling filling{*this};
    const auto add = [&](const Cell& cell, std::string_view value) {
        if (is_numbered(cell.thing)) filling.add(cell, value);
        return true;
    };
    const bool done = for_each_entry(snapshot, Area::edges, stop, add) &&
                      (!holds_names() || for_each_entry(snapshot, Area::thing_names, stop, add));
    filling.finish_group();
    return done;
}

/// Not so in a damaged registry: the store is asked for that then.
bool ThingTable::is_numbered(Thing thing) const noexcept {
    const Group* const group = find_group(group_of(thing));
    return group && serial_of(thing) - 1 < group->count;
}

const ThingTable::Group* ThingTable::find_group(ThingGroup number) const noexcept {
    const auto found = groups_.find(number);
    return found == groups_.end() ? nullptr : &found->second;
}

/// Null where nothing is held of it: it had no number yet, or the column found no room.
ThingTable::Start* ThingTable::find_start(const Group* group, const Cell& cell) noexcept {
    if (!group || serial_of(cell.thing) - 1 >= group->count) return nullptr;
    Start* const first = group->starts[static_cast<std::size_t>(cell.column)];
    return first ? first + serial_of(cell.thing) - 1 : nullptr;
}

std::uint32_t ThingTable::find(Column column, std::span<const Thing> things,
                               std::span<std::string_view> values) const noexcept {
    std::array<const Start*, TreeWalk::batch_max> starts;
    std::array<const char*, TreeWalk::batch_max> entries;
    const Group* group = nullptr;  // things that are looked up together mostly share it
    ThingGroup number = group_of_strangers;
    for (std::size_t at = 0; at < things.size(); ++at) {
        if (group_of(things[at]) != number) {
            number = group_of(things[at]);
            group = find_group(number);
        }
        starts[at] = find_start(group, {column, things[at]});
        if (starts[at]) __builtin_prefetch(starts[at]);
    }
    std::uint32_t unknown = 0;
    for (std::size_t at = 0; at < things.size(); ++at) {
        const std::uint32_t begin =
            starts[at] ? starts[at]->load(std::memory_order_relaxed) : marked;
        entries[at] = nullptr;
        if ((begin & marked) != 0) {
            unknown |= std::uint32_t{1} << at;
        } else if (begin != (starts[at][1].load(std::memory_order_relaxed) & ~marked)) {
            entries[at] = entries_ + std::size_t{begin} * unit;
            __builtin_prefetch(entries[at]);
            __builtin_prefetch(entries[at] + line_size);
        }
    }
    for (std::size_t at = 0; at < things.size(); ++at) {
        std::uint32_t size = 0;
        if (entries[at]) std::memcpy(&size, entries[at], sizeof(size));
        values[at] = {entries[at] ? entries[at] + at_value : nullptr, size};
    }
    return unknown;
}

bool ThingTable::mark(const Cell& cell) noexcept {
    Start* const start = find_start(find_group(group_of(cell.thing)), cell);
    return !start || (start->fetch_or(marked, std::memory_order_relaxed) & marked) == 0;
}

}  // namespace idnode::registry::trace
