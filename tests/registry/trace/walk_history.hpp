#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "registry/trace/event_store.hpp"
#include "tests/registry/trace/named_walk.hpp"

namespace idnode::registry::trace {

inline constexpr int things = 24;
inline constexpr int events_per_history = 120;

inline std::string thing(int number) { return std::string{"n"}.append(std::to_string(number)); }

/// What the search needs of an edge.
struct Link {
    EdgeType type;
    std::string from;
    std::string to;
    std::int64_t begin;
    std::int64_t end;

    auto operator<=>(const Link&) const = default;
    friend void PrintTo(const Link& link, std::ostream* out) {
        *out << link.from << "-" << name_of(link.type) << "->" << link.to << " [" << link.begin
             << ", " << link.end << "]";
    }
};

/// A history: events, and which of them were declared wrong.
class History {
public:
    explicit History(std::mt19937& random) : random_{random} {
        // Some at the same moment.
        for (int at = 0; at < events_per_history; ++at) times_.push_back(at / 2 * 20);
        std::ranges::shuffle(times_, random_);
        for (int at = 0; at < events_per_history; ++at) add_event(at);
    }

    /// The events in the order in which they come, declarations among them, some twice.
    std::vector<StoredEvent> arrivals() {
        std::vector<StoredEvent> all = events_;
        for (const StoredEvent& event : events_) {
            if (pick(8) == 0) {
                StoredEvent wrong = event;
                wrong.declares_error = true;
                all.push_back(std::move(wrong));
                wrong_.insert(event.id);
            }
            if (pick(20) == 0) all.push_back(event);
        }
        std::ranges::shuffle(all, random_);
        return all;
    }

    /// What holds in the end.
    std::set<Link> links() const {
        std::set<Link> all;
        for (const StoredEvent& event : events_) {
            // That an identifier states its lot stays true whatever becomes of the event.
            for (const EdgeFact& fact : event.facts)
                if (!lasts(fact.type) && (!is_wrong(event) || fact.event.empty()))
                    all.insert({fact.type, fact.from, fact.to, fact.time, fact.time});
            if (is_wrong(event)) continue;
            for (const EdgeFact& input : event.inputs)
                for (const StoredEvent& other : events_)
                    if (!is_wrong(other) && other.transformation == event.transformation)
                        for (const EdgeFact& output : other.outputs) {
                            const auto time = std::max(event.time, other.time);
                            all.insert({input.type, input.from, output.to, time, time});
                        }
        }
        add_stretches(all);
        return all;
    }

private:
    int pick(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }
    bool is_wrong(const StoredEvent& event) const { return wrong_.contains(event.id); }

    EdgeFact fact(EdgeType type, Fact what, const StoredEvent& event) {
        EdgeFact drawn{.type = type,
                       .fact = what,
                       .from = thing(pick(things)),
                       .to = thing(pick(things)),
                       .time = event.time,
                       .event = event.id};
        measure(drawn);
        return drawn;
    }

    void measure(EdgeFact& fact) {
        fact.quantity.reset();
        fact.unit.clear();
        if (!lasts(fact.type) || pick(2) == 0) return;
        fact.quantity = 1 + pick(3);
        fact.unit = pick(4) == 0 ? "TNE" : "KGM";
    }

    void add_event(int number) {
        StoredEvent event{.id = "urn:event:" + std::to_string(number),
                          .time = times_[static_cast<std::size_t>(number)],
                          .json = "{}"};
        const EdgeType holds = pick(2) == 0 ? EdgeType::aggregation : EdgeType::association;
        const int kind = pick(100);
        if (kind < 25) {
            for (int at = pick(3); at >= 0; --at)
                event.facts.push_back(fact(EdgeType::transformation, Fact::begins, event));
        } else if (kind < 55) {
            for (int at = pick(3); at >= 0; --at)
                event.facts.push_back(fact(holds, Fact::begins, event));
        } else if (kind < 70 && !put_in_.empty()) {
            event.facts.push_back(
                put_in_[static_cast<std::size_t>(pick(static_cast<int>(put_in_.size())))]);
            event.facts.back().fact = Fact::ends;
            event.facts.back().time = event.time;
            event.facts.back().event = event.id;
            measure(event.facts.back());
        } else if (kind < 76) {
            event.ends_all_of = {{holds, thing(pick(things))}};
        } else if (kind < 82) {
            event.facts.push_back(fact(holds, Fact::seen, event));
        } else if (kind < 88) {
            event.facts.push_back(fact(EdgeType::membership, Fact::begins, event));
            event.facts.back().time = time_min;
            if (pick(2) == 0) event.facts.back().event.clear();
        } else {
            add_step(event);
        }
        for (const EdgeFact& each : event.facts)
            if (lasts(each.type) && each.fact == Fact::begins) put_in_.push_back(each);
        events_.push_back(std::move(event));
    }

    /// Part of a transformation: what went in, or what came out.
    void add_step(StoredEvent& event) {
        event.transformation = "urn:transformation:" + std::to_string(pick(3));
        EdgeFact step = fact(EdgeType::transformation, Fact::begins, event);
        if (pick(2) == 0) {
            step.to.clear();
            event.inputs.push_back(step);
        } else {
            step.from.clear();
            event.outputs.push_back(step);
        }
    }

    using Pair = std::tuple<EdgeType, std::string, std::string>;
    /// What lies in something.
    struct Open {
        std::int64_t since = 0;
        std::optional<double> quantity{};
        std::string unit{};
    };

    /// The stretches of each pair, by going through the events in the order of time. At one moment
    /// what ends comes before what begins.
    void add_stretches(std::set<Link>& all) const {
        std::map<std::int64_t, std::vector<const StoredEvent*>> by_time;
        for (const StoredEvent& event : events_)
            if (!is_wrong(event)) by_time[event.time].push_back(&event);
        std::map<Pair, Open> open;
        const auto tell = [&](const Pair& pair, const Open& stretch, std::int64_t end) {
            const auto& [type, from, to] = pair;
            if (stretch.since <= end) all.insert({type, from, to, stretch.since, end});
        };
        for (const auto& [time, events] : by_time) {
            const auto tell_until_now = [&, now = time](const auto& place) {
                tell(place->first, place->second, now - 1);
                place->second.since = now;
            };
            for (const Fact what : {Fact::ends, Fact::begins, Fact::seen})
                for (const StoredEvent* event : events) {
                    for (auto place = open.begin(); what == Fact::ends && place != open.end();) {
                        const auto& [type, from, to] = place->first;
                        const bool emptied =
                            std::ranges::count(event->ends_all_of, std::pair{type, to}) > 0;
                        if (emptied) tell_until_now(place);
                        place = emptied ? open.erase(place) : std::next(place);
                    }
                    for (const auto& [pair, each] : last_of(*event, what)) {
                        const auto place = open.find(pair);
                        if (what == Fact::seen && place == open.end())
                            all.insert({each.type, each.from, each.to, time, time});
                        else if (what == Fact::begins && place == open.end())
                            open[pair] = {time, each.quantity, each.unit};
                        else if (what != Fact::seen && place != open.end())
                            change(open, place, each, tell_until_now);
                    }
                }
        }
        for (const auto& [pair, stretch] : open) tell(pair, stretch, time_max);
    }

    /// One event says one thing of a pair: the last.
    static std::map<Pair, EdgeFact> last_of(const StoredEvent& event, Fact what) {
        std::map<Pair, EdgeFact> last;
        for (const EdgeFact& each : event.facts)
            if (lasts(each.type) && each.fact == what)
                last.insert_or_assign({each.type, each.from, each.to}, each);
        return last;
    }

    /// More of what is inside, or less.
    template <class TellUntilNow>
    static void change(std::map<Pair, Open>& open, std::map<Pair, Open>::iterator place,
                       const EdgeFact& by, const TellUntilNow& tell_until_now) {
        Open& inside = place->second;
        const bool alike = inside.quantity && by.quantity && inside.unit == by.unit;
        if (by.fact == Fact::begins) {
            if (!inside.quantity) return;
            tell_until_now(place);
            inside.quantity = alike ? std::optional{*inside.quantity + *by.quantity} : std::nullopt;
        } else if (!by.quantity || (alike && *by.quantity >= *inside.quantity)) {
            tell_until_now(place);
            open.erase(place);
        } else if (alike) {
            tell_until_now(place);
            *inside.quantity -= *by.quantity;
        }
    }

    std::mt19937& random_;
    std::vector<std::int64_t> times_;
    std::vector<StoredEvent> events_;
    std::vector<EdgeFact> put_in_;
    std::set<std::string> wrong_;
};

}  // namespace idnode::registry::trace
