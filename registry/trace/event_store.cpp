#include "registry/trace/event_store.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "protocol/handle/wire_string.hpp"
#include "registry/store.hpp"
#include "registry/trace/fact_codec.hpp"

namespace idnode::registry::trace {
namespace {

using protocol::bytes_of;
using protocol::WireReader;
using protocol::WireWriter;

constexpr std::string_view counter_key{"\0next", 5};

std::string number_octets(std::uint64_t number) {
    std::array<std::byte, sizeof(number)> octets;
    protocol::store_big(octets.data(), number);
    return std::string{protocol::text_of(octets)};
}

std::string time_octets(std::int64_t time) {
    return number_octets(static_cast<std::uint64_t>(time) ^ (std::uint64_t{1} << 63));
}

std::int64_t time_in(std::string_view octets) {
    return static_cast<std::int64_t>(protocol::load_big<std::uint64_t>(bytes_of(octets).data()) ^
                                     (std::uint64_t{1} << 63));
}

std::uint64_t number_in(std::string_view octets) {
    return protocol::load_big<std::uint64_t>(bytes_of(octets).data());
}

std::string index_stem(const IndexTerm& term) {
    return std::string(1, static_cast<char>(term.kind))
        .append(node_key(term.value))
        .append(1, '\0');
}

// event := time 8, record time 8, flags 1, actor, json, count 4, fact*, count 4, parent*
std::string event_value(const StoredEvent& event, std::string_view actor) {
    return protocol::written([&](WireWriter& writer) {
        writer.integer(static_cast<std::uint64_t>(event.time));
        writer.integer(static_cast<std::uint64_t>(event.record_time));
        writer.integer(static_cast<std::uint8_t>(event.declares_error));
        writer.text(actor);
        writer.text(event.json);
        writer.integer(static_cast<std::uint32_t>(event.facts.size()));
        for (const EdgeFact& fact : event.facts) writer.text(fact_value(fact));
        writer.integer(static_cast<std::uint32_t>(event.ends_all_of.size()));
        for (const std::string& parent : event.ends_all_of) writer.text(parent);
    });
}

struct Stored {
    EventView view;
    bool declares_error = false;
    std::vector<EdgeFact> facts;
    std::vector<std::string> ends_all_of;
};

std::optional<Stored> read_event(std::uint64_t number, std::string_view value, bool whole) {
    WireReader reader{bytes_of(value)};
    Stored stored;
    stored.view.number = number;
    stored.view.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    stored.view.record_time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    stored.declares_error = reader.integer<std::uint8_t>() != 0;
    stored.view.actor = reader.text();
    stored.view.json = reader.text();
    if (reader.failed()) return std::nullopt;
    if (!whole) return stored;
    for (auto left = reader.integer<std::uint32_t>(); left > 0 && !reader.failed(); --left)
        if (auto fact = read_fact(reader.text())) stored.facts.push_back(*std::move(fact));
    for (auto left = reader.integer<std::uint32_t>(); left > 0 && !reader.failed(); --left)
        stored.ends_all_of.emplace_back(reader.text());
    return stored;
}

std::string end_stem(std::string_view parent, EdgeType type) {
    return node_key(parent).append(1, '\0').append(1, static_cast<char>(type));
}

/// Takes events into the registry one by one; what the changes so far will write is remembered,
/// since the view does not show it yet.
class Capture {
public:
    Capture(const WriteView& view, std::string_view actor, std::vector<Change>& changes)
        : view_{view}, actor_{actor}, changes_{changes} {
        const auto stored = view.entry(Area::event_ids, counter_key);
        next_ = stored ? number_in(*stored) : 1;
    }

    Captured take(const StoredEvent& event) {
        const auto known = find_known(event.id);
        if (known && known->declares_error)
            return event.declares_error ? Captured::known : Captured::retracted;
        if (known && !event.declares_error) return Captured::known;
        if (known) retract(*known);
        const std::uint64_t number = next_++;
        changes_.emplace_back(PutEntry{Area::event_ids, node_key(event.id), number_octets(number)});
        changes_.emplace_back(
            PutEntry{Area::events, number_octets(number), event_value(event, actor_)});
        write_index(event, number);
        for (const auto& [form, spelled] : event.names) write_name(form, spelled);
        if (!event.declares_error) write_facts(event);
        fresh_[event.id] = {{}, event.declares_error, event.facts, event.ends_all_of};
        return Captured::stored;
    }

    void finish() {
        changes_.emplace_back(
            PutEntry{Area::event_ids, std::string{counter_key}, number_octets(next_)});
    }

private:
    std::optional<Stored> find_known(const std::string& id) const {
        if (const auto found = fresh_.find(id); found != fresh_.end()) return found->second;
        const auto number = view_.entry(Area::event_ids, node_key(id));
        if (!number) return std::nullopt;
        const auto value = view_.entry(Area::events, *number);
        return value ? read_event(number_in(*number), *value, true) : std::nullopt;
    }

    void write_index(const StoredEvent& event, std::uint64_t number) {
        for (const IndexTerm& term : event.terms) {
            const bool by_record = term.kind == IndexKind::record_time;
            changes_.emplace_back(PutEntry{
                Area::event_index,
                index_stem(term) + time_octets(by_record ? event.record_time : event.time) +
                    number_octets(number),
                {}});
        }
    }

    void write_name(const std::string& form, const std::string& spelled) {
        const std::string key = node_key(form);
        if (view_.entry(Area::names, key) || !named_.insert(key).second) return;
        changes_.emplace_back(PutEntry{Area::names, key, spelled});
    }

    void write_facts(const StoredEvent& event) {
        for (const EdgeFact& fact : event.facts) put_fact(fact);
        if (!event.transformation.empty()) join(event);
        for (const std::string& parent : event.ends_all_of) end_all(event, parent);
    }

    void put_fact(const EdgeFact& fact) {
        put(fact, changes_);
        written_.push_back(fact);
        if (fact.fact != Fact::begins) return;
        // The box may have been emptied by an event that came earlier than this one.
        view_.for_each_entry(Area::edge_ends, end_stem(fact.to, fact.type),
                             [&](const EntryView& entry) {
                                 end_pair(fact, entry);
                                 return true;
                             });
    }

    /// Connects what went in by this event with what came out by others of the transformation, and
    /// the other way round.
    void join(const StoredEvent& event) {
        const std::string stem = node_key(event.transformation).append(1, '\0');
        std::vector<EdgeFact> others;
        view_.for_each_entry(Area::transformations, stem, [&](const EntryView& entry) {
            if (auto fact = read_fact(entry.value)) others.push_back(*std::move(fact));
            return true;
        });
        const auto earlier = joined_.equal_range(event.transformation);
        for (auto each = earlier.first; each != earlier.second; ++each)
            others.push_back(each->second);
        for (const EdgeFact& other : others) {
            if (other.from.empty())
                for (const EdgeFact& input : event.inputs) put_fact(joined(input, other));
            else
                for (const EdgeFact& output : event.outputs) put_fact(joined(other, output));
        }
        for (const auto* const list : {&event.inputs, &event.outputs}) {
            for (const EdgeFact& fact : *list) {
                const std::string value = fact_value(fact);
                changes_.emplace_back(
                    PutEntry{Area::transformations,
                             stem + number_octets(XXH3_64bits(value.data(), value.size())), value});
                joined_.emplace(event.transformation, fact);
            }
        }
    }

    static EdgeFact joined(const EdgeFact& input, const EdgeFact& output) {
        EdgeFact fact = input;
        fact.to = output.to;
        fact.time = std::max(input.time, output.time);
        fact.event = output.event;
        return fact;
    }

    void end_pair(const EdgeFact& begun, const EntryView& end) {
        const std::int64_t time = time_in(end.key.substr(end.key.size() - 16, 8));
        if (time < begun.time) return;
        EdgeFact fact = begun;
        fact.fact = Fact::ends;
        fact.time = time;
        fact.event = end.value;
        put(fact, changes_);
    }

    /// Ends what lies in something with one event that names nothing of it.
    void end_all(const StoredEvent& event, const std::string& parent) {
        for (const EdgeType type : {EdgeType::aggregation, EdgeType::association}) {
            changes_.emplace_back(
                PutEntry{Area::edge_ends,
                         end_stem(parent, type) + time_octets(event.time) +
                             number_octets(XXH3_64bits(event.id.data(), event.id.size())),
                         event.id});
        }
        const auto end = [&](EdgeFact fact) {
            if (fact.fact != Fact::begins || fact.to != parent || fact.time > event.time) return;
            fact.fact = Fact::ends;
            fact.time = event.time;
            fact.event = event.id;
            put(fact, changes_);
        };
        view_.for_each_entry(Area::edges, node_stem(Direction::up, parent),
                             [&](const EntryView& entry) {
                                 if (const auto fact = read_fact(entry.value)) end(*fact);
                                 return true;
                             });
        for (const EdgeFact& fact : written_) end(fact);
    }

    /// Takes back what an event has said.
    void retract(const Stored& wrong) {
        for (const EdgeFact& fact : wrong.facts)
            if (!fact.event.empty()) remove(fact, changes_);
        for (const std::string& parent : wrong.ends_all_of) {
            for (const EdgeType type : {EdgeType::aggregation, EdgeType::association})
                view_.for_each_entry(
                    Area::edge_ends, end_stem(parent, type), [&](const EntryView& entry) {
                        if (entry.value == wrong_id(wrong))
                            changes_.emplace_back(
                                RemoveEntry{Area::edge_ends, std::string{entry.key}});
                        return true;
                    });
            view_.for_each_entry(
                Area::edges, node_stem(Direction::up, parent), [&](const EntryView& entry) {
                    const auto fact = read_fact(entry.value);
                    if (fact && fact->fact == Fact::ends && fact->event == wrong_id(wrong))
                        remove(*fact, changes_);
                    return true;
                });
        }
    }

    std::string_view wrong_id(const Stored&) const noexcept { return retracted_id_; }

public:
    /// The id of the event that `take` is given next.
    void name(std::string_view id) noexcept { retracted_id_ = id; }

private:
    const WriteView& view_;
    const std::string_view actor_;
    std::vector<Change>& changes_;
    std::uint64_t next_ = 1;
    std::unordered_map<std::string, Stored> fresh_;
    std::set<std::string> named_;
    std::multimap<std::string, EdgeFact> joined_;  ///< by transformation, of this capture
    std::vector<EdgeFact> written_;                ///< by events of this capture
    std::string_view retracted_id_;
};

}  // namespace

std::vector<Captured> capture(const WriteView& view, const std::vector<StoredEvent>& events,
                              std::string_view actor, std::vector<Change>& changes) {
    Capture capture{view, actor, changes};
    std::vector<Captured> outcomes;
    for (const StoredEvent& event : events) {
        capture.name(event.id);
        outcomes.push_back(capture.take(event));
    }
    capture.finish();
    return outcomes;
}

std::optional<std::string_view> find_name(const Snapshot& snapshot, std::string_view canonical) {
    return find_entry(snapshot, Area::names, node_key(canonical));
}

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
