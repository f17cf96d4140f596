#include "registry/trace/edge_table.hpp"

#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "registry/trace/facts.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {
namespace {

// A block is as long as its facts, in units, and one more, which ends with the octet in front of
// the facts. So it can be told from its length how many there are.
constexpr std::size_t unit = 8;
static_assert(fact_size % unit == 0);
constexpr std::uint32_t marked = std::uint32_t{1} << 31;
constexpr std::uint64_t units_max = marked - 1;

std::uint64_t serial_of(Thing thing) noexcept { return thing - make_thing(group_of(thing), 0); }

std::uint64_t units_of(std::string_view block) noexcept {
    return block.empty() ? 0 : (block.size() - 1) / unit + 1;
}

/// Calls `visit` for the first blocks of all things, until it returns false; false then.
template <class Visit>
bool for_each_first_block(const Snapshot& snapshot, const std::stop_token& stop,
                          const Visit& visit) {
    EntryCursor cursor{snapshot, Area::edges};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        if (entry->key.size() != BlockStem{}.size()) continue;
        const EdgesOf edges = *read_stem(entry->key);
        if (stop.stop_requested() || !visit(edges.direction, edges.thing, entry->value))
            return false;
    }
    return true;
}

}  // namespace

std::unique_ptr<EdgeTable> EdgeTable::read(const Snapshot& snapshot, std::size_t octets_max,
                                           const std::stop_token& stop) {
    std::unique_ptr<EdgeTable> table{new EdgeTable};
    if (!table->measure(snapshot, octets_max, stop) || !table->fill(snapshot, stop)) return nullptr;
    return table;
}

EdgeTable::Start* EdgeTable::Group::start(Direction direction, Thing thing) const noexcept {
    return starts[direction == Direction::down ? 0 : 1] + serial_of(thing) - 1;
}

/// Finds out how much there is, and takes the memory for it.
bool EdgeTable::measure(const Snapshot& snapshot, std::size_t octets_max,
                        const std::stop_token& stop) {
    std::uint64_t starts = 0;
    EntryCursor cursor{snapshot, Area::thing_groups};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto group = read_group(entry->value);
        if (!group || group->number == group_of_texts) continue;
        groups_[group->number].count = group->next - 1;
        starts += Group{}.starts.size() * group->next;
    }
    const std::uint64_t starts_size = (starts * sizeof(Start) + unit - 1) / unit * unit;
    std::uint64_t units = 0;
    const auto fits = [&] {
        return units <= units_max && starts_size + units * unit <= octets_max;
    };
    if (!fits()) return false;
    const auto add = [&](Direction direction, Thing thing, std::string_view block) {
        units += units_of(block);
        fact_count_ += BlockView{block}.size();
        const bool sound = direction == Direction::down || direction == Direction::up;
        return fits() && sound && find_group(thing) && block.size() % fact_size == 1;
    };
    if (!for_each_first_block(snapshot, stop, add)) return false;
    memory_ = HugeMemory{starts_size + units * unit};
    auto* next = reinterpret_cast<Start*>(memory_.data());
    for (auto& [number, group] : groups_)
        for (Start*& begin : group.starts) begin = std::exchange(next, next + group.count + 1);
    blocks_ = reinterpret_cast<char*>(memory_.data()) + starts_size;
    return true;
}

/// Blocks come in the order of directions, groups and things.
bool EdgeTable::fill(const Snapshot& snapshot, const std::stop_token& stop) {
    std::uint32_t units = 0;
    Start* start = nullptr;  // of the thing behind the last one, up to the end of its group
    Start* end = nullptr;
    const auto set_up_to = [&](const Start* behind) {
        for (; start != behind; ++start) new (start) Start{units};
    };
    std::optional<std::pair<Direction, ThingGroup>> at;
    const auto add = [&](Direction direction, Thing thing, std::string_view block) {
        const Group& group = *find_group(thing);
        if (at != std::pair{direction, group_of(thing)}) {
            set_up_to(end);
            at = {direction, group_of(thing)};
            start = group.start(direction, make_thing(group_of(thing), 1));
            end = start + group.count + 1;
        }
        set_up_to(group.start(direction, thing) + 1);
        std::memcpy(blocks_ + std::size_t{units} * unit + unit - 1, block.data(), block.size());
        units += static_cast<std::uint32_t>(units_of(block));
        return true;
    };
    if (!for_each_first_block(snapshot, stop, add)) return false;
    set_up_to(end);
    return true;
}

/// The group of a thing that had its number already; null for any other.
const EdgeTable::Group* EdgeTable::find_group(Thing thing) const noexcept {
    const auto found = groups_.find(group_of(thing));
    const bool known = found != groups_.end() && serial_of(thing) - 1 < found->second.count;
    return known ? &found->second : nullptr;
}

std::uint32_t EdgeTable::find(Direction direction, std::span<const Thing> things,
                              std::span<std::string_view> values) const noexcept {
    std::array<const Start*, TreeWalk::batch_max> starts;
    for (std::size_t at = 0; at < things.size(); ++at) {
        const Group* const group = find_group(things[at]);
        starts[at] = group ? group->start(direction, things[at]) : nullptr;
        if (group) __builtin_prefetch(starts[at]);
    }
    std::uint32_t unknown = 0;
    for (std::size_t at = 0; at < things.size(); ++at) {
        const std::uint32_t begin =
            starts[at] ? starts[at]->load(std::memory_order_relaxed) : marked;
        if ((begin & marked) != 0) {
            unknown |= std::uint32_t{1} << at;
            continue;
        }
        const std::uint32_t end = starts[at][1].load(std::memory_order_relaxed) & ~marked;
        const char* const place = blocks_ + std::size_t{begin} * unit + unit - 1;
        values[at] = begin == end ? std::string_view{}
                                  : std::string_view{place, (end - begin - 1) * unit + 1};
        __builtin_prefetch(place + 1);
        __builtin_prefetch(place + 65);
    }
    return unknown;
}

void EdgeTable::mark(Direction direction, Thing thing) noexcept {
    const Group* const group = find_group(thing);
    if (!group || (group->start(direction, thing)->fetch_or(marked) & marked) != 0) return;
    ++mark_count_;
}

}  // namespace idnode::registry::trace
