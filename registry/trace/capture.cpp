#include <xxhash.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <set>
#include <unordered_map>

#include "registry/store.hpp"
#include "registry/trace/emptying.hpp"
#include "registry/trace/event_codec.hpp"
#include "registry/trace/fact_writer.hpp"
#include "registry/trace/pending_entries.hpp"

namespace idnode::registry::trace {
namespace {

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

/// Whether two events are the same but for when they were recorded.
bool is_same(std::string_view left, std::string_view right) {
    const auto read = [](std::string_view text) {
        boost::system::error_code wrong;
        boost::json::value event = boost::json::parse({text.data(), text.size()}, wrong);
        if (auto* const object = event.if_object()) object->erase("recordTime");
        return event;
    };
    return !left.empty() && read(left) == read(right);
}

/// Takes events into the registry one by one; what the changes so far will write is remembered,
/// since the view does not show it yet.
class Capture {
public:
    Capture(const WriteView& view, const Capturer& by, std::vector<Change>& changes)
        : view_{view}, by_{by}, changes_{changes} {
        const auto stored = view.entry(Area::event_ids, counter_key);
        next_ = stored ? number_in(*stored) : 1;
    }

    Captured take(const StoredEvent& event) {
        const auto known = find_known(event.id);
        const bool is_own =
            known && (known->view.actor == by_.actor || by_.is_own(known->view.actor));
        if (known && known->declares_error == event.declares_error) {
            if (!is_own && is_same(known->view.json, event.json))
                changes_.emplace_back(PutEntry{
                    Area::event_witnesses, witness_key(known->view.number, by_.actor), {}});
            return Captured::known;
        }
        if (known && !is_own) return Captured::of_another;
        if (known && known->declares_error) return take_retracted(event);
        if (!fits(event, known)) return Captured::too_large;
        if (known) {
            retract(*known);
            originals_.put(original_key(event.id), number_octets(known->view.number));
        }
        const std::uint64_t number = next_++;
        const EventFacts says = in_numbers(event, number);
        changes_.emplace_back(PutEntry{Area::event_ids, node_key(event.id), number_octets(number)});
        keep(event, says, number);
        if (!event.declares_error) write_facts(event, says, number);
        fresh_[event.id] = {.view = {.number = number,
                                     .time = event.time,
                                     .record_time = event.record_time,
                                     .actor = by_.actor,
                                     .json = {}},
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

    void keep(const StoredEvent& event, const EventFacts& says, std::uint64_t number) {
        changes_.emplace_back(
            PutEntry{Area::events, number_octets(number), event_value(event, says, by_.actor)});
        write_index(event, number);
        for (const auto& [form, spelled] : event.names) numbering_.thing(form, spelled);
    }

    /// It is found, but says nothing. What identifiers say by themselves stays true, whichever
    /// comes first.
    Captured take_retracted(const StoredEvent& event) {
        const std::string key = original_key(event.id);
        if (originals_.has(key)) return Captured::known;
        const std::uint64_t number = next_++;
        EventFacts says;
        for (const EdgeFact& fact : event.facts)
            if (fact.event.empty()) facts_.put(says.facts.emplace_back(in_numbers(fact, 0)));
        originals_.put(key, number_octets(number));
        keep(event, says, number);
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
            emptying_.empty(type, parent, event.time, number);
    }

    void put_fact(const StoredFact& fact) {
        facts_.put(fact);
        if (lasts(fact.type) && fact.fact == Fact::begins) emptying_.put_in(fact);
    }

    /// Whether what it is connected with, or the wrong one that it takes back, is not too much for
    /// one transaction, in which all others that write are waiting.
    bool fits(const StoredEvent& event, const std::optional<KeptEvent>& wrong) {
        if (event.declares_error && !wrong) return true;
        const bool empties = wrong ? !wrong->says.ends_all_of.empty() : !event.ends_all_of.empty();
        if (empties && emptying_.is_tired()) return false;
        const std::string& transformation =
            wrong ? wrong->says.transformation : event.transformation;
        if (transformation.empty()) return true;
        std::uint64_t inputs = wrong ? 0 : event.inputs.size();
        std::uint64_t outputs = wrong ? 0 : event.outputs.size();
        for (const StoredFact& step : steps_of(transformation))
            ++(step.from == no_thing ? outputs : inputs);
        looked_at_ += inputs + outputs;
        if (looked_at_ > Emptying::looks_max) return false;
        return wrong || (inputs * outputs <= pairs_max && inputs + outputs <= pairs_max);
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
        for (const auto& [type, parent] : wrong.says.ends_all_of)
            emptying_.take_back(type, parent, wrong.view.time, number);
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
    const Capturer& by_;
    std::vector<Change>& changes_;
    std::uint64_t next_ = 1;
    Numbering numbering_{view_};
    FactWriter facts_{view_};
    std::unordered_map<std::string, KeptEvent> fresh_;            ///< of this capture, by id
    PendingEntries originals_{view_, Area::event_ids, changes_};  ///< that were declared wrong
    Emptying emptying_{view_, facts_, changes_};
    /// Of transformations that are told by several events.
    PendingEntries steps_{view_, Area::transformations, changes_};
    std::uint64_t looked_at_ = 0;  ///< of these
};

}  // namespace

std::optional<std::string_view> find_refusal(Captured outcome) noexcept {
    switch (outcome) {
        case Captured::of_another:
            return "eventID: expected one of your own, found that of an event that somebody else "
                   "has captured or declared wrong";
        case Captured::too_large:
            return "transformationID: expected at most 200000 inputs and outputs, and pairs of "
                   "them, of one transformation in all its events, and boxes with fewer than "
                   "10000000 things to be emptied at once";
        default: return std::nullopt;
    }
}

std::string witness_key(std::uint64_t number, std::string_view actor) {
    return number_octets(number) + protocol::folded(actor);
}

std::vector<Captured> capture(const WriteView& view, const std::vector<StoredEvent>& events,
                              const Capturer& by, std::vector<Change>& changes) {
    Capture capture{view, by, changes};
    std::vector<Captured> outcomes;
    for (const StoredEvent& event : events) outcomes.push_back(capture.take(event));
    capture.finish();
    return outcomes;
}

}  // namespace idnode::registry::trace
