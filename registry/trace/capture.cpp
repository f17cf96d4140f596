#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "registry/store.hpp"
#include "registry/trace/event_codec.hpp"
#include "registry/trace/fact_codec.hpp"

namespace idnode::registry::trace {
namespace {

/// Entries of an area that few events write to, with the changes so far, which the view does not
/// show yet.
class Pending {
public:
    Pending(const WriteView& view, Area area, std::vector<Change>& changes)
        : view_{view}, area_{area}, changes_{changes} {}

    void put(const std::string& key, const std::string& value) {
        changes_.emplace_back(PutEntry{area_, key, value});
        changed_[key] = value;
    }
    void remove(const std::string& key) {
        changes_.emplace_back(RemoveEntry{area_, key});
        changed_[key] = std::nullopt;
    }
    /// Copies, so that they may be changed meanwhile.
    std::vector<std::pair<std::string, std::string>> find(const std::string& stem) const {
        std::vector<std::pair<std::string, std::string>> found;
        view_.for_each_entry(area_, stem, [&](const EntryView& entry) {
            std::string key{entry.key};
            if (!changed_.contains(key)) found.emplace_back(std::move(key), entry.value);
            return true;
        });
        for (auto at = changed_.lower_bound(stem);
             at != changed_.end() && at->first.starts_with(stem); ++at)
            if (at->second) found.emplace_back(at->first, *at->second);
        return found;
    }

private:
    const WriteView& view_;
    const Area area_;
    std::vector<Change>& changes_;
    std::map<std::string, std::optional<std::string>> changed_;
};

std::string end_stem(std::string_view parent, EdgeType type) {
    return node_key(parent).append(1, '\0').append(1, static_cast<char>(type));
}

std::string hash_octets(std::string_view text) {
    return number_octets(XXH3_64bits(text.data(), text.size()));
}

/// What an input and an output of one transformation say of each other.
EdgeFact joined(const EdgeFact& input, const EdgeFact& output) {
    EdgeFact fact = input;
    fact.to = output.to;
    fact.time = std::max(input.time, output.time);
    fact.event = output.event;
    if (!fact.quantity) {
        fact.quantity = output.quantity;
        fact.unit = output.unit;
    }
    return fact;
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
        if (known && known->declares_error && event.declares_error) return Captured::known;
        if (known && known->declares_error) return take_retracted(event);
        if (known && !event.declares_error) return Captured::known;
        if (known) retract(*known, event.id);
        const std::uint64_t number = next_++;
        changes_.emplace_back(PutEntry{Area::event_ids, node_key(event.id), number_octets(number)});
        changes_.emplace_back(
            PutEntry{Area::events, number_octets(number), event_value(event, actor_)});
        write_index(event, number);
        for (const auto& [form, spelled] : event.names) write_name(form, spelled);
        if (!event.declares_error) write_facts(event);
        fresh_[event.id] = {
            {}, event.declares_error, event.facts, event.ends_all_of, event.transformation};
        return Captured::stored;
    }

    void finish() {
        changes_.emplace_back(
            PutEntry{Area::event_ids, std::string{counter_key}, number_octets(next_)});
    }

private:
    std::optional<KeptEvent> find_known(const std::string& id) const {
        if (const auto found = fresh_.find(id); found != fresh_.end()) return found->second;
        const auto number = view_.entry(Area::event_ids, node_key(id));
        if (!number) return std::nullopt;
        const auto value = view_.entry(Area::events, *number);
        return value ? read_event(number_in(*number), *value, true) : std::nullopt;
    }

    /// What identifiers say by themselves stays true, whichever comes first.
    Captured take_retracted(const StoredEvent& event) {
        for (const EdgeFact& fact : event.facts)
            if (fact.event.empty()) put(fact, changes_);
        return Captured::retracted;
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
        for (const auto& [type, parent] : event.ends_all_of) end_all(event, type, parent);
    }

    void put_fact(const EdgeFact& fact) {
        put(fact, changes_);
        const bool lasts = fact.type == EdgeType::aggregation || fact.type == EdgeType::association;
        if (!lasts || fact.fact != Fact::begins) return;
        begun_.push_back(fact);
        // The box may have been emptied by an event that came earlier than this one.
        for (const auto& [key, event] : ends_.find(end_stem(fact.to, fact.type)))
            end(fact, time_in(std::string_view{key}.substr(key.size() - 16, 8)), event);
    }

    /// Whatever lies in something is taken out by one event that names nothing of it.
    void end_all(const StoredEvent& event, EdgeType type, const std::string& parent) {
        ends_.put(end_stem(parent, type) + time_octets(event.time) + hash_octets(event.id),
                  event.id);
        std::vector<EdgeFact> inside;
        for_each_fact_into(parent, [&](const EdgeFact& fact) {
            if (fact.fact == Fact::begins && fact.type == type) inside.push_back(fact);
        });
        for (const EdgeFact& fact : begun_)
            if (fact.type == type && fact.to == parent) inside.push_back(fact);
        for (const EdgeFact& fact : inside) end(fact, event.time, event.id);
    }

    void end(EdgeFact fact, std::int64_t time, const std::string& event) {
        if (fact.time > time) return;
        fact.fact = Fact::ends;
        fact.time = time;
        fact.event = event;
        put(fact, changes_);
        ended_.push_back(std::move(fact));
    }

    /// Those that are stored already.
    void for_each_fact_into(const std::string& parent,
                            const std::function<void(const EdgeFact&)>& visit) const {
        view_.for_each_entry(Area::edges, node_stem(Direction::up, parent),
                             [&](const EntryView& entry) {
                                 if (const auto fact = read_fact(entry.value)) visit(*fact);
                                 return true;
                             });
    }

    /// Connects what went in by this event with what came out by others of the transformation, and
    /// the other way round.
    void join(const StoredEvent& event) {
        for (const EdgeFact& other : steps_of(event.transformation)) {
            if (other.from.empty())
                for (const EdgeFact& input : event.inputs) put_fact(joined(input, other));
            else
                for (const EdgeFact& output : event.outputs) put_fact(joined(other, output));
        }
        for (const auto* const list : {&event.inputs, &event.outputs})
            for (const EdgeFact& step : *list)
                steps_.put(step_key(event.transformation, step), fact_value(step));
    }

    static std::string step_stem(const std::string& transformation) {
        return node_key(transformation).append(1, '\0');
    }
    static std::string step_key(const std::string& transformation, const EdgeFact& step) {
        return step_stem(transformation) + hash_octets(fact_value(step));
    }
    /// What went into a transformation, and what came out.
    std::vector<EdgeFact> steps_of(const std::string& transformation) const {
        std::vector<EdgeFact> steps;
        for (const auto& [key, value] : steps_.find(step_stem(transformation)))
            if (auto fact = read_fact(value)) steps.push_back(*std::move(fact));
        return steps;
    }

    /// Takes back what an event has said.
    void retract(const KeptEvent& wrong, const std::string& id) {
        for (const EdgeFact& fact : wrong.facts)
            if (!fact.event.empty()) remove(fact, changes_);
        if (!wrong.transformation.empty()) separate(wrong.transformation, id);
        for (const auto& [type, parent] : wrong.ends_all_of) {
            for (const auto& [key, event] : ends_.find(end_stem(parent, type)))
                if (event == id) ends_.remove(key);
            std::vector<EdgeFact> ends;
            for_each_fact_into(parent, [&](const EdgeFact& fact) {
                if (fact.fact == Fact::ends && fact.event == id) ends.push_back(fact);
            });
            for (const EdgeFact& fact : ended_)
                if (fact.event == id) ends.push_back(fact);
            for (const EdgeFact& fact : ends) remove(fact, changes_);
        }
    }

    /// Takes an event out of its transformation. What others have said of the same things stands
    /// under the same keys, and is written again.
    void separate(const std::string& transformation, const std::string& id) {
        std::vector<EdgeFact> left;
        std::vector<EdgeFact> gone;
        for (EdgeFact& step : steps_of(transformation)) {
            if (step.event == id) steps_.remove(step_key(transformation, step));
            (step.event == id ? gone : left).push_back(std::move(step));
        }
        std::set<std::pair<std::string, std::string>> pairs;
        const auto part = [&](const EdgeFact& input, const EdgeFact& output) {
            remove(joined(input, output), changes_);
            pairs.emplace(input.from, output.to);
        };
        const auto each_pair = [](const auto& some, const auto& others, const auto& visit) {
            for (const EdgeFact& input : some)
                for (const EdgeFact& output : others)
                    if (!input.from.empty() && output.from.empty()) visit(input, output);
        };
        each_pair(gone, left, part);
        each_pair(left, gone, part);
        each_pair(left, left, [&](const EdgeFact& input, const EdgeFact& output) {
            if (pairs.contains({input.from, output.to})) put(joined(input, output), changes_);
        });
    }

    const WriteView& view_;
    const std::string_view actor_;
    std::vector<Change>& changes_;
    std::uint64_t next_ = 1;
    std::unordered_map<std::string, KeptEvent> fresh_;  ///< of this capture, by id
    std::set<std::string> named_;
    Pending ends_{view_, Area::edge_ends, changes_};         ///< what was emptied
    Pending steps_{view_, Area::transformations, changes_};  ///< that are told by several events
    std::vector<EdgeFact> begun_;                            ///< what was put in by this capture
    std::vector<EdgeFact> ended_;                            ///< by emptying, in this capture
};

}  // namespace

std::vector<Captured> capture(const WriteView& view, const std::vector<StoredEvent>& events,
                              std::string_view actor, std::vector<Change>& changes) {
    Capture capture{view, actor, changes};
    std::vector<Captured> outcomes;
    for (const StoredEvent& event : events) outcomes.push_back(capture.take(event));
    capture.finish();
    return outcomes;
}

}  // namespace idnode::registry::trace
