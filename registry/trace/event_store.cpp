#include "registry/trace/event_store.hpp"

#include "registry/store.hpp"
#include "registry/trace/event_codec.hpp"

namespace idnode::registry::trace {

std::uint64_t count_events(const Snapshot& snapshot) {
    const auto stored = find_entry(snapshot, Area::event_ids, counter_key);
    return stored ? number_in(*stored) - 1 : 0;
}

std::optional<EventView> find_event(const Snapshot& snapshot, std::uint64_t number) {
    const auto value = find_entry(snapshot, Area::events, number_octets(number));
    const auto stored = value ? read_event(number, *value, false) : std::nullopt;
    return stored ? std::optional{stored->view} : std::nullopt;
}

std::optional<EventView> find_event(const Snapshot& snapshot, std::string_view id) {
    const auto number = find_entry(snapshot, Area::event_ids, node_key(id));
    return number ? find_event(snapshot, number_in(*number)) : std::nullopt;
}

std::string_view find_event_id(const Snapshot& snapshot, std::uint64_t number) {
    const auto value = find_entry(snapshot, Area::events, number_octets(number));
    return value ? event_id_in(*value) : std::string_view{};
}

void for_each_event(const Snapshot& snapshot, const IndexTerm& term, bool descending,
                    const std::optional<EventPlace>& after,
                    const std::function<bool(const EventPlace&)>& visit) {
    const std::string stem = index_stem(term);
    EntryCursor cursor{snapshot, Area::event_index};
    std::string from = stem;
    if (after)
        from += time_octets(after->time) + number_octets(after->number + (descending ? 0 : 1));
    else if (descending)
        from += std::string(17, '\xff');
    auto entry = descending ? cursor.seek_before(from) : cursor.seek(from);
    for (; entry && entry->key.starts_with(stem) && entry->key.size() == stem.size() + 16;
         entry = descending ? cursor.previous() : cursor.next()) {
        const std::string_view place = entry->key.substr(stem.size());
        if (!visit({.time = time_in(place.substr(0, 8)), .number = number_in(place.substr(8))}))
            return;
    }
}

void for_each_value(const Snapshot& snapshot, IndexKind kind,
                    const std::function<bool(std::string_view)>& visit) {
    const std::string stem(1, static_cast<char>(kind));
    EntryCursor cursor{snapshot, Area::event_index};
    auto entry = cursor.seek(stem);
    while (entry && entry->key.starts_with(stem)) {
        const std::string_view value = entry->key.substr(1, entry->key.find('\0', 1) - 1);
        if (!visit(value)) return;
        // On to the next value: behind every place of this one.
        entry = cursor.seek(std::string{stem}.append(value).append(1, '\1'));
    }
}

}  // namespace idnode::registry::trace
