#include "registry/trace/numbered_entries.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/container/static_vector.hpp>

#include "protocol/handle/wire.hpp"
#include "registry/trace/event_codec.hpp"
#include "registry/trace/thing_memory.hpp"

namespace idnode::registry::trace {
namespace {

/// What stands in front of a number in the keys of an area.
constexpr std::size_t stem_size_max = 2;
constexpr std::array things_stem{static_cast<char>(Area::thing_names)};
constexpr std::array events_stem{static_cast<char>(Area::events)};

template <std::size_t size>
std::string_view text_of(const std::array<char, size>& stem) {
    static_assert(size <= stem_size_max);
    return {stem.data(), size};
}

/// Things and events of about the same time have numbers one after the other, and their entries
/// stand so.
bool is_just_behind(std::uint64_t before, std::uint64_t number) noexcept {
    constexpr std::uint64_t distance_max = 8;
    return number > before && number - before <= distance_max;
}

}  // namespace

NumberedEntries::NumberedEntries(const Snapshot& snapshot)
    : table_{snapshot.store().thing_memory().table_for(snapshot)} {
    tree_.follow(snapshot.txn());
}

void NumberedEntries::find_in_memory(Column column, std::string_view stem,
                                     std::span<const Thing> things, Values values) const {
    if (!table_) return find_in_store(stem, things, values);
    static_assert(batch_max <= 32, "a bit for each");
    std::uint32_t unknown = table_->find(column, things, values);
    if (unknown == 0) return;
    boost::container::static_vector<Thing, batch_max> missing;
    for (std::uint32_t left = unknown; left != 0; left &= left - 1)
        missing.push_back(things[static_cast<std::size_t>(std::countr_zero(left))]);
    std::array<std::string_view, batch_max> found;
    find_in_store(stem, missing, found);
    for (std::size_t at = 0; unknown != 0; unknown &= unknown - 1)
        values[static_cast<std::size_t>(std::countr_zero(unknown))] = found[at++];
}

void NumberedEntries::find_in_store(std::string_view stem, std::span<const std::uint64_t> numbers,
                                    Values values) const {
    std::array<std::array<std::byte, stem_size_max + sizeof(std::uint64_t)>, batch_max> keys;
    std::array<TreeWalk::Search, batch_max> searches;
    for (auto& key : keys) std::ranges::copy(protocol::bytes_of(stem), key.begin());
    while (!numbers.empty()) {
        const std::size_t count = std::min(numbers.size(), batch_max);
        for (std::size_t at = 0; at < count; ++at) {
            protocol::store_big(keys[at].data() + stem.size(), numbers[at]);
            searches[at].key = Bytes{keys[at]}.first(stem.size() + sizeof(std::uint64_t));
            searches[at].is_near = at > 0 && is_just_behind(numbers[at - 1], numbers[at]);
        }
        tree_.find(std::span{searches}.first(count));
        for (std::size_t at = 0; at < count; ++at)
            values[at] =
                searches[at].value ? protocol::text_of(*searches[at].value) : std::string_view{};
        numbers = numbers.subspan(count);
        values = values.subspan(count);
    }
}

void NumberedEntries::find_edges(Direction direction, std::span<const Thing> things,
                                 std::span<std::string_view> blocks) const {
    const std::array stem{static_cast<char>(Area::edges), static_cast<char>(direction)};
    find_in_memory(direction == Direction::down ? Column::edges_down : Column::edges_up,
                   text_of(stem), things, blocks);
}

void NumberedEntries::find_things(std::span<const Thing> things, std::span<ThingView> found) const {
    std::array<std::string_view, batch_max> values;
    while (!things.empty()) {
        const std::size_t count = std::min(things.size(), batch_max);
        find_in_memory(Column::names, text_of(things_stem), things.first(count), values);
        for (std::size_t at = 0; at < count; ++at)
            found[at] = read_thing(values[at]).value_or(ThingView{});
        things = things.subspan(count);
        found = found.subspan(count);
    }
}

void NumberedEntries::find_event_ids(std::span<const std::uint64_t> numbers,
                                     std::span<std::string_view> ids) const {
    find_in_store(text_of(events_stem), numbers, ids);
    for (std::string_view& id : ids.first(numbers.size())) id = event_id_in(id);
}

}  // namespace idnode::registry::trace
