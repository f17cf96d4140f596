#include "registry/trace/numbered_entries.hpp"

#include <algorithm>
#include <array>

#include "protocol/handle/wire.hpp"
#include "registry/trace/event_codec.hpp"

namespace idnode::registry::trace {
namespace {

/// What stands in front of a number in the keys of an area.
std::string_view stem_of(Area area) {
    static constexpr std::array things{static_cast<char>(Area::thing_names)};
    static constexpr std::array events{static_cast<char>(Area::events)};
    const auto& stem = area == Area::events ? events : things;
    return {stem.data(), stem.size()};
}

/// Things and events of about the same time have numbers one after the other, and their entries
/// stand so.
constexpr std::uint64_t near_max = 8;

}  // namespace

void NumberedEntries::find(std::string_view stem, std::span<const std::uint64_t> numbers,
                           std::span<std::string_view> values) const {
    std::array<std::array<std::byte, stem_size_max + sizeof(std::uint64_t)>, batch_max> keys;
    std::array<TreeWalk::Search, batch_max> searches;
    for (auto& key : keys) std::ranges::copy(protocol::bytes_of(stem), key.begin());
    while (!numbers.empty()) {
        const std::size_t count = std::min(numbers.size(), batch_max);
        for (std::size_t at = 0; at < count; ++at) {
            protocol::store_big(keys[at].data() + stem.size(), numbers[at]);
            searches[at].key = Bytes{keys[at]}.first(stem.size() + sizeof(std::uint64_t));
            searches[at].is_near = at > 0 && numbers[at] - numbers[at - 1] - 1 < near_max;
        }
        tree_.find(std::span{searches}.first(count));
        for (std::size_t at = 0; at < count; ++at)
            values[at] =
                searches[at].value ? protocol::text_of(*searches[at].value) : std::string_view{};
        numbers = numbers.subspan(count);
        values = values.subspan(count);
    }
}

void NumberedEntries::find_things(std::span<const Thing> things, std::span<ThingView> found) const {
    std::array<std::string_view, batch_max> values;
    while (!things.empty()) {
        const std::size_t count = std::min(things.size(), batch_max);
        find(stem_of(Area::thing_names), things.first(count), values);
        for (std::size_t at = 0; at < count; ++at)
            found[at] = read_thing(values[at]).value_or(ThingView{});
        things = things.subspan(count);
        found = found.subspan(count);
    }
}

void NumberedEntries::find_event_ids(std::span<const std::uint64_t> numbers,
                                     std::span<std::string_view> ids) const {
    find(stem_of(Area::events), numbers, ids);
    for (std::string_view& id : ids.first(numbers.size())) id = event_id_in(id);
}

}  // namespace idnode::registry::trace
