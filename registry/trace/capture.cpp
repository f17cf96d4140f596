#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "registry/store.hpp"
#include "registry/trace/event_codec.hpp"
#include "registry/trace/fact_writer.hpp"

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

// end key := parent 8, type 1, time 8, number of the event 8
std::string end_stem(Thing parent, EdgeType type) {
    return number_octets(parent).append(1, static_cast<char>(type));
}
constexpr std::size_t end_stem_size = 9;

std::int64_t time_of_end(std::string_view key) { return time_in(key.substr(end_stem_size, 8)); }
std::uint64_t event_of_end(std::string_view key) {
    return number_in(key.substr(end_stem_size + 8));
}

/// What an input and an output of one transformation say of each other.
StoredFact joined(const StoredFact& input, const StoredFact& output) {
    StoredFact fact = input;
    fact.to = output.to;
    fact.time = std::max(input.time, output.time);
    fact.source = output.source;
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
        if (known) retract(*known);
        const std::uint64_t number = next_++;
        const EventFacts says = in_numbers(event, number);
        changes_.emplace_back(PutEntry{Area::event_ids, node_key(event.id), number_octets(number)});
        changes_.emplace_back(
            PutEntry{Area::events, number_octets(number), event_value(event, says, actor_)});
        write_index(event, number);
        for (const auto& [form, spelled] : event.names) numbering_.thing(form, spelled);
        if (!event.declares_error) write_facts(event, says, number);
        fresh_[event.id] = {.view = {.number = number, .actor = {}, .json = {}},
                            .declares_error = event.declares_error,
                            .says = says};
        return Captured::stored;
    }

    void finish() {
        facts_.finish(changes_);
        numbering_.finish(changes_);
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
            if (fact.event.empty()) facts_.put(in_numbers(fact, 0));
        return Captured::retracted;
    }

    StoredFact in_numbers(const EdgeFact& fact, std::uint64_t source) {
        return {.type = fact.type,
                .fact = fact.fact,
                .from = fact.from.empty() ? no_thing : numbering_.thing(fact.from),
                .to = fact.to.empty() ? no_thing : numbering_.thing(fact.to),
                .time = fact.time,
                .quantity = fact.quantity,
                .unit = numbering_.text(fact.unit),
                .source = fact.event.empty() ? 0 : source};
    }

    EventFacts in_numbers(const StoredEvent& event, std::uint64_t number) {
        EventFacts says{.transformation = event.transformation};
        for (const EdgeFact& fact : event.facts) says.facts.push_back(in_numbers(fact, number));
        for (const auto& [type, parent] : event.ends_all_of)
            says.ends_all_of.emplace_back(type, numbering_.thing(parent));
        return says;
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

    void write_facts(const StoredEvent& event, const EventFacts& says, std::uint64_t number) {
        for (const StoredFact& fact : says.facts) put_fact(fact);
        if (!event.transformation.empty()) join(event, number);
        for (const auto& [type, parent] : says.ends_all_of)
            end_all(type, parent, event.time, number);
    }

    void put_fact(const StoredFact& fact) {
        facts_.put(fact);
        if (!lasts(fact.type) || fact.fact != Fact::begins) return;
        begun_[fact.to].push_back(fact);
        // The box may have been emptied by an event that came earlier than this one.
        for (const auto& [key, value] : ends_.find(end_stem(fact.to, fact.type)))
            end(fact, time_of_end(key), event_of_end(key));
    }

    /// Whatever lies in something is taken out by one event that names nothing of it.
    void end_all(EdgeType type, Thing parent, std::int64_t time, std::uint64_t number) {
        ends_.put(end_stem(parent, type) + time_octets(time) + number_octets(number), {});
        std::vector<StoredFact> inside;
        const auto take = [&](const StoredFact& fact) {
            if (fact.fact == Fact::begins && fact.type == type) inside.push_back(fact);
        };
        for_each_stored_fact(view_, Direction::up, parent, take);
        if (const auto fresh = begun_.find(parent); fresh != begun_.end())
            std::ranges::for_each(fresh->second, take);
        for (const StoredFact& fact : inside) end(fact, time, number);
    }

    void end(StoredFact fact, std::int64_t time, std::uint64_t number) {
        if (fact.time > time) return;
        fact.fact = Fact::ends;
        fact.time = time;
        fact.source = number;
        facts_.put(fact);
        ended_[number].push_back(fact);
    }

    /// Connects what went in by this event with what came out by others of the transformation, and
    /// the other way round.
    void join(const StoredEvent& event, std::uint64_t number) {
        std::vector<StoredFact> inputs;
        std::vector<StoredFact> outputs;
        for (const EdgeFact& input : event.inputs) inputs.push_back(in_numbers(input, number));
        for (const EdgeFact& output : event.outputs) outputs.push_back(in_numbers(output, number));
        for (const StoredFact& other : steps_of(event.transformation)) {
            if (other.from == no_thing)
                for (const StoredFact& input : inputs) put_fact(joined(input, other));
            else
                for (const StoredFact& output : outputs) put_fact(joined(other, output));
        }
        for (const auto* const list : {&inputs, &outputs})
            for (const StoredFact& step : *list)
                steps_.put(step_key(event.transformation, step), whole_fact(step));
    }

    static std::string step_stem(const std::string& transformation) {
        return node_key(transformation).append(1, '\0');
    }
    static std::string step_key(const std::string& transformation, const StoredFact& step) {
        const std::string octets = whole_fact(step);
        return step_stem(transformation) + number_octets(XXH3_64bits(octets.data(), octets.size()));
    }
    /// What went into a transformation, and what came out.
    std::vector<StoredFact> steps_of(const std::string& transformation) const {
        std::vector<StoredFact> steps;
        for (const auto& [key, value] : steps_.find(step_stem(transformation)))
            if (value.size() == whole_fact_size) steps.push_back(read_whole_fact(value));
        return steps;
    }

    /// Takes back what an event has said.
    void retract(const KeptEvent& wrong) {
        const std::uint64_t number = wrong.view.number;
        for (const StoredFact& fact : wrong.says.facts)
            if (fact.source != 0) facts_.remove(fact);
        if (!wrong.says.transformation.empty()) separate(wrong.says.transformation, number);
        for (const auto& [type, parent] : wrong.says.ends_all_of) {
            for (const auto& [key, value] : ends_.find(end_stem(parent, type)))
                if (event_of_end(key) == number) ends_.remove(key);
            for_each_stored_fact(view_, Direction::up, parent, [&](const StoredFact& fact) {
                if (fact.fact == Fact::ends && fact.source == number) facts_.remove(fact);
            });
            for (const StoredFact& fact : ended_[number]) facts_.remove(fact);
        }
    }

    /// Takes an event out of its transformation. What others have said of the same things stands
    /// under the same keys, and is written again.
    void separate(const std::string& transformation, std::uint64_t number) {
        std::vector<StoredFact> left;
        std::vector<StoredFact> gone;
        for (const StoredFact& step : steps_of(transformation)) {
            if (step.source == number) steps_.remove(step_key(transformation, step));
            (step.source == number ? gone : left).push_back(step);
        }
        std::set<std::pair<Thing, Thing>> pairs;
        const auto part = [&](const StoredFact& input, const StoredFact& output) {
            facts_.remove(joined(input, output));
            pairs.emplace(input.from, output.to);
        };
        const auto each_pair = [](const auto& some, const auto& others, const auto& visit) {
            for (const StoredFact& input : some)
                for (const StoredFact& output : others)
                    if (input.from != no_thing && output.from == no_thing) visit(input, output);
        };
        each_pair(gone, left, part);
        each_pair(left, gone, part);
        each_pair(left, left, [&](const StoredFact& input, const StoredFact& output) {
            if (pairs.contains({input.from, output.to})) facts_.put(joined(input, output));
        });
    }

    const WriteView& view_;
    const std::string_view actor_;
    std::vector<Change>& changes_;
    std::uint64_t next_ = 1;
    Numbering numbering_{view_};
    FactWriter facts_{view_};
    std::unordered_map<std::string, KeptEvent> fresh_;       ///< of this capture, by id
    Pending ends_{view_, Area::edge_ends, changes_};         ///< what was emptied
    Pending steps_{view_, Area::transformations, changes_};  ///< that are told by several events
    /// What was put in by this capture, by what it was put into.
    std::unordered_map<Thing, std::vector<StoredFact>> begun_;
    /// What was taken out by emptying in this capture, by the event that emptied.
    std::unordered_map<std::uint64_t, std::vector<StoredFact>> ended_;
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
