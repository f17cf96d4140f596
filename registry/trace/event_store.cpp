#include "registry/trace/event_store.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "registry/store.hpp"
#include "registry/trace/event_codec.hpp"

namespace idnode::registry::trace {
namespace {

constexpr std::array epc_parts{IndexKind::epc, IndexKind::parent, IndexKind::input,
                               IndexKind::output};
constexpr std::array class_parts{IndexKind::epc_class, IndexKind::input_class,
                                 IndexKind::output_class};

/// The kinds that have entries for what is asked for.
std::span<const IndexKind> parts_of(const IndexKind& kind) noexcept {
    if (kind == IndexKind::any_epc) return epc_parts;
    if (kind == IndexKind::any_class) return class_parts;
    return {&kind, 1};
}

/// Walks the places of one term in their order.
class PlaceCursor {
public:
    PlaceCursor(const Snapshot& snapshot, const IndexTerm& term, bool descending,
                const std::optional<EventPlace>& after)
        : cursor_{snapshot, Area::event_index}, stem_{index_stem(term)}, descending_{descending} {
        std::string from = stem_;
        if (after)
            from += time_octets(after->time) + number_octets(after->number + (descending ? 0 : 1));
        else if (descending)
            from += std::string(17, '\xff');
        entry_ = descending ? cursor_.seek_before(from) : cursor_.seek(from);
    }

    /// Time and number in octets; nothing behind the last. Valid until `step`.
    std::optional<std::string_view> now() const {
        if (!entry_ || !entry_->key.starts_with(stem_) || entry_->key.size() != stem_.size() + 16)
            return std::nullopt;
        return entry_->key.substr(stem_.size());
    }
    void step() { entry_ = descending_ ? cursor_.previous() : cursor_.next(); }

private:
    EntryCursor cursor_;
    std::string stem_;
    bool descending_;
    std::optional<EntryView> entry_;
};

/// Walks the values of one kind in their order.
class ValueCursor {
public:
    ValueCursor(const Snapshot& snapshot, IndexKind kind, std::string_view first)
        : cursor_{snapshot, Area::event_index}, stem_(1, static_cast<char>(kind)) {
        entry_ = cursor_.seek(stem_ + node_key(first));
    }

    std::optional<std::string_view> now() const {
        if (!entry_ || !entry_->key.starts_with(stem_)) return std::nullopt;
        return entry_->key.substr(1, entry_->key.find('\0', 1) - 1);
    }
    /// On to the next value: behind every place of this one.
    void step() { entry_ = cursor_.seek(stem_ + std::string{*now()} + '\1'); }

private:
    EntryCursor cursor_;
    std::string stem_;
    std::optional<EntryView> entry_;
};

/// What several cursors have, in one order, until `visit` returns false.
template <class Cursor, class Visit>
void for_each_in_order(std::vector<Cursor>& cursors, bool descending, Visit&& visit) {
    for (;;) {
        Cursor* next = nullptr;
        for (Cursor& each : cursors) {
            if (!each.now()) continue;
            if (!next || (descending ? *each.now() > *next->now() : *each.now() < *next->now()))
                next = &each;
        }
        if (!next || !visit(*next->now())) return;
        next->step();
    }
}

}  // namespace

std::uint64_t count_events(const Snapshot& snapshot) {
    const auto stored = find_entry(snapshot, Area::event_ids, counter_key);
    return stored ? number_in(*stored) - 1 : 0;
}

std::optional<EventView> find_event(const Snapshot& snapshot, std::uint64_t number) {
    const auto value = find_entry(snapshot, Area::events, number_octets(number));
    const auto stored = value ? read_event(number, *value, false) : std::nullopt;
    return stored ? std::optional{stored->view} : std::nullopt;
}

namespace {

std::optional<EventView> find_event_at(const Snapshot& snapshot, const std::string& id_key) {
    const auto number = find_entry(snapshot, Area::event_ids, id_key);
    return number ? find_event(snapshot, number_in(*number)) : std::nullopt;
}

}  // namespace

std::optional<EventView> find_event(const Snapshot& snapshot, std::string_view id) {
    return find_event_at(snapshot, node_key(id));
}

std::optional<EventView> find_wrong_event(const Snapshot& snapshot, std::string_view id) {
    return find_event_at(snapshot, original_key(id));
}

std::string_view find_event_id(const Snapshot& snapshot, std::uint64_t number) {
    const auto value = find_entry(snapshot, Area::events, number_octets(number));
    return value ? event_id_in(*value) : std::string_view{};
}

bool covers(IndexKind whole, IndexKind part) noexcept {
    return whole == part || std::ranges::find(parts_of(whole), part) != parts_of(whole).end();
}

void for_each_event(const Snapshot& snapshot, const IndexTerm& term, bool descending,
                    const std::optional<EventPlace>& after,
                    const std::function<bool(const EventPlace&)>& visit) {
    std::vector<PlaceCursor> cursors;
    for (const IndexKind& part : parts_of(term.kind))
        cursors.emplace_back(snapshot, IndexTerm{part, term.value}, descending, after);
    std::string last;
    for_each_in_order(cursors, descending, [&](std::string_view place) {
        if (place == last) return true;  // the event names the thing in several places
        last = place;
        return visit({.time = time_in(place.substr(0, 8)), .number = number_in(place.substr(8))});
    });
}

void for_each_value(const Snapshot& snapshot, IndexKind kind, std::string_view first,
                    const std::function<bool(std::string_view)>& visit) {
    std::vector<ValueCursor> cursors;
    for (const IndexKind& part : parts_of(kind)) cursors.emplace_back(snapshot, part, first);
    std::string last;
    for_each_in_order(cursors, false, [&](std::string_view value) {
        if (value == last) return true;
        last = value;
        return visit(value);
    });
}

}  // namespace idnode::registry::trace
