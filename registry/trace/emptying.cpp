#include "registry/trace/emptying.hpp"

#include <optional>

#include "registry/trace/event_codec.hpp"

namespace idnode::registry::trace {
namespace {

// end key := parent 8, type 1, time 8, number of the event 8
constexpr std::size_t end_stem_size = 9;

std::string end_stem(EdgeType type, Thing parent) {
    return number_octets(parent).append(1, static_cast<char>(type));
}
std::string end_key(EdgeType type, Thing parent, std::int64_t time, std::uint64_t event) {
    return end_stem(type, parent) + time_octets(time) + number_octets(event);
}
std::int64_t time_of_end(std::string_view key) { return time_in(key.substr(end_stem_size, 8)); }
std::uint64_t event_of_end(std::string_view key) {
    return number_in(key.substr(end_stem_size + 8));
}

}  // namespace

void Emptying::put_in(const StoredFact& fact) {
    const std::string stem = end_stem(fact.type, fact.to);
    // What ends stands before what begins at the same moment.
    const auto emptied = ends_.first_from(stem, stem + time_octets(fact.time + 1));
    const std::int64_t until = emptied ? time_of_end(*emptied) : time_max;
    if (emptied) take_out(fact, until, event_of_end(*emptied));
    open(fact.type, fact.to).things.emplace(until, fact);
}

void Emptying::empty(EdgeType type, Thing parent, std::int64_t time, std::uint64_t event) {
    ends_.put(end_key(type, parent, time, event), {});
    Box& box = open(type, parent);
    if (!box.is_read) read(type, parent, box);
    std::vector<StoredFact> taken;
    for (auto at = box.things.upper_bound(time); at != box.things.end(); ++looks_) {
        const auto each = at++;
        if (each->second.time >= time) continue;
        taken.push_back(each->second);
        box.things.erase(each);
    }
    for (const StoredFact& fact : taken) {
        take_out(fact, time, event);
        box.things.emplace(time, fact);
    }
}

void Emptying::take_back(EdgeType type, Thing parent, std::int64_t time, std::uint64_t event) {
    const std::string stem = end_stem(type, parent);
    ends_.remove(end_key(type, parent, time, event));
    std::vector<StoredFact> taken;
    for_each_stored_fact(view_, Direction::up, parent, [&](const StoredFact& fact) {
        ++looks_;
        if (fact.fact == Fact::ends && fact.type == type && fact.source == event)
            taken.push_back(fact);
    });
    for (const StoredFact& fact : taken_out_[event])
        if (fact.type == type && fact.to == parent) taken.push_back(fact);
    const auto next = ends_.first_from(stem, stem + time_octets(time));
    for (const StoredFact& fact : taken) {
        facts_.remove(fact);
        if (next) take_out(fact, time_of_end(*next), event_of_end(*next));
    }
    auto& things = open(type, parent).things;
    const auto [first, last] = things.equal_range(time);
    const std::vector<std::pair<std::int64_t, StoredFact>> back(first, last);
    things.erase(first, last);
    for (const auto& [until, fact] : back)
        things.emplace(next ? time_of_end(*next) : time_max, fact);
}

Emptying::Box& Emptying::open(EdgeType type, Thing parent) { return boxes_[{parent, type}]; }

/// The facts of a pair stand together, in the order of their times. What was taken out by its name
/// counts as inside until the box was emptied: it may turn out that it was not taken out.
void Emptying::read(EdgeType type, Thing parent, Box& box) {
    box.is_read = true;
    std::optional<StoredFact> inside;
    const auto leave = [&](std::int64_t until) {
        if (inside) box.things.emplace(until, *std::exchange(inside, std::nullopt));
    };
    for_each_stored_fact(view_, Direction::up, parent, [&](const StoredFact& fact) {
        ++looks_;
        if (fact.type != type || fact.fact == Fact::seen) return;
        if (inside && inside->from != fact.from) leave(time_max);
        if (fact.fact == Fact::ends && is_emptying(fact)) leave(fact.time);
        if (fact.fact == Fact::begins && !inside) inside = fact;
    });
    leave(time_max);
}

bool Emptying::is_emptying(const StoredFact& end) const {
    return ends_.has(end_key(end.type, end.to, end.time, end.source));
}

void Emptying::take_out(StoredFact fact, std::int64_t time, std::uint64_t event) {
    fact.fact = Fact::ends;
    fact.time = time;
    fact.quantity.reset();  // however much of it there is
    fact.unit = no_text;
    fact.source = event;
    facts_.put(fact);
    taken_out_[event].push_back(fact);
}

}  // namespace idnode::registry::trace
