#include "resolver/sample/genealogy.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "protocol/epcis/event.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/sample/random.hpp"

namespace idnode::resolver {
namespace {

constexpr std::int64_t beginning = std::numeric_limits<std::int64_t>::min();

std::uint64_t pair_of(Genealogy::Thing child, Genealogy::Thing parent) {
    return std::uint64_t{child} << 32 | parent;
}

}  // namespace

Genealogy::Thing Genealogy::add(std::string id, bool notable) {
    const auto thing = static_cast<Thing>(ids_.size());
    ids_.push_back(std::move(id));
    up_.emplace_back();
    down_.emplace_back();
    if (notable) notable_.push_back(thing);
    return thing;
}

std::uint32_t Genealogy::link(Link link) {
    const auto number = static_cast<std::uint32_t>(links_.size());
    links_.push_back(link);
    down_[link.from].push_back(number);
    up_[link.to].push_back(number);
    return number;
}

void Genealogy::made(Thing input, Thing output, std::int64_t time) {
    link({.from = input, .to = output, .begin = time, .end = time, .kind = Kind::made});
}

void Genealogy::put_in(Thing child, Thing parent, std::int64_t time) {
    held_[pair_of(child, parent)] =
        link({.from = child, .to = parent, .begin = time, .end = never, .kind = Kind::held});
}

void Genealogy::take_out(Thing child, Thing parent, std::int64_t time) {
    const auto held = held_.extract(pair_of(child, parent));
    if (held) links_[held.mapped()].end = time - 1;
}

void Genealogy::empty(Thing parent, std::int64_t time) {
    for (const std::uint32_t number : up_[parent]) {
        const Link& link = links_[number];
        if (link.kind == Kind::held && link.end == never) take_out(link.from, parent, time);
    }
}

void Genealogy::belongs(Thing instance, Thing lot) {
    link({.from = lot, .to = instance, .begin = beginning, .end = never, .kind = Kind::member});
}

std::optional<std::int64_t> Genealogy::moment_of(Thing thing, std::uint64_t choice) const {
    const auto& links = choice % 2 == 0 || down_[thing].empty() ? up_[thing] : down_[thing];
    if (links.empty()) return std::nullopt;
    const Link& link = links_[links[choice / 2 % links.size()]];
    return link.kind == Kind::member ? std::nullopt : std::optional{link.begin};
}

/// One search in one direction: every state, a thing and the time in which it is looked at, is
/// visited once; nothing is said of which of them cover each other.
class Genealogy::Search {
public:
    Search(const Genealogy& genealogy, const Question& question, bool up)
        : genealogy_{genealogy}, question_{question}, up_{up} {}

    void run(std::set<Thing>& met) {
        const std::int64_t last = question_.at.value_or(never);
        std::vector<State> turn;
        for (const Thing root : question_.roots)
            enter({root, up_ && question_.at ? *question_.at : beginning, last}, turn);
        for (std::uint32_t depth = 0; !turn.empty(); ++depth) {
            for (const auto& state : turn) met.insert(std::get<0>(state));
            if (question_.depth && depth == *question_.depth) return;
            std::vector<State> next;
            for (const State& state : turn) follow(state, next);
            turn = std::move(next);
        }
    }

private:
    using State = std::tuple<Thing, std::int64_t, std::int64_t>;

    void enter(const State& state, std::vector<State>& turn) {
        if (seen_.insert(state).second) turn.push_back(state);
    }

    void follow(const State& state, std::vector<State>& next) {
        const auto [thing, from, to] = state;
        for (const std::uint32_t number : up_ ? genealogy_.up_[thing] : genealogy_.down_[thing]) {
            const Link& link = genealogy_.links_[number];
            const Thing other = up_ ? link.from : link.to;
            if (question_.at && link.begin > *question_.at) continue;
            if (link.kind == Kind::member) {
                enter({other, from, to}, next);
            } else if (link.kind == Kind::made) {
                if (link.begin > to) continue;
                if (up_)
                    enter({other, link.begin, link.begin}, next);
                else if (link.begin >= from)
                    enter({other, link.begin, question_.at.value_or(never)}, next);
            } else {
                if (!up_ && question_.at && link.end < *question_.at) continue;
                const std::int64_t begin = std::max(from, link.begin);
                const std::int64_t end = std::min(to, link.end);
                if (begin <= end) enter({other, begin, end}, next);
            }
        }
    }

    const Genealogy& genealogy_;
    const Question& question_;
    const bool up_;
    std::set<State> seen_;
};

std::vector<std::string> Genealogy::answer(const Question& question) const {
    std::set<Thing> met;
    if (question.up) Search{*this, question, true}.run(met);
    if (question.down) Search{*this, question, false}.run(met);
    std::vector<std::string> ids;
    for (const Thing thing : met) ids.push_back(ids_[thing]);
    std::ranges::sort(ids);
    return ids;
}

namespace {

constexpr std::uint32_t recalls = 20;
constexpr std::uint32_t traces = expected_lines - recalls;
constexpr std::uint32_t suspects = 3;
constexpr std::uint32_t depth_most = 6;
constexpr std::uint32_t hour = 3'600'000;

enum Draw : std::uint64_t { a_trace = 100, a_recall };

Genealogy::Thing draw(const Genealogy& genealogy, Random& random, bool notable) {
    for (;;) {
        const bool among = notable && !genealogy.notable().empty();
        const auto thing =
            among ? random.pick(genealogy.notable()) : random.below(genealogy.count());
        if (genealogy.is_linked(thing)) return thing;  // others never came to any event
    }
}

/// Something that others came of; it is worth asking about, since every chain has such.
Genealogy::Thing draw_origin(const Genealogy& genealogy, Random& random) {
    for (;;) {
        const auto thing = draw(genealogy, random, true);
        if (genealogy.is_origin(thing)) return thing;
    }
}

/// A trace from somewhere: every third to a depth, every third as of a day on which something
/// happened to the thing, or an hour from that.
Genealogy::Question draw_trace(const Genealogy& genealogy, Random& random) {
    Genealogy::Question question;
    question.roots = {draw(genealogy, random, random.chance(50))};
    const std::uint32_t direction = random.below(3);
    question.up = direction != 1;
    question.down = direction != 0;
    if (random.chance(33)) question.depth = random.between(1, depth_most);
    if (random.chance(33)) {
        question.at = genealogy.moment_of(question.roots.front(), random.next() >> 1);
        if (question.at) *question.at += std::int64_t{random.below(2 * hour + 1)} - hour;
    }
    return question;
}

void write_nodes(protocol::JsonWriter& writer, const std::vector<std::string>& nodes) {
    writer.key("count").number(nodes.size()).key("nodes").begin_array();
    for (const std::string& id : nodes) writer.string(id);
    writer.end_array().end_object();
}

}  // namespace

void write_expected(const Genealogy& genealogy, std::uint64_t seed,
                    const std::function<void(std::string_view)>& sink) {
    if (genealogy.edge_count() == 0) return;
    std::string line;
    const auto emit = [&] {
        line += '\n';
        sink(line);
        line.clear();
    };
    for (std::uint32_t at = 0; at < traces; ++at) {
        Random random{seed, a_trace, at};
        const auto question = draw_trace(genealogy, random);
        protocol::JsonWriter writer{line};
        writer.begin_object().key("id").string(genealogy.id_of(question.roots.front()));
        writer.key("direction").string(!question.up ? "down" : !question.down ? "up" : "both");
        if (question.depth) writer.key("depth").number(*question.depth);
        if (question.at) writer.key("at").string(protocol::epcis::format_event_time(*question.at));
        write_nodes(writer, genealogy.answer(question));
        emit();
    }
    for (std::uint32_t at = 0; at < recalls; ++at) {
        Random random{seed, a_recall, at};
        Genealogy::Question question{.down = true};
        protocol::JsonWriter writer{line};
        writer.begin_object().key("recall").begin_array();
        for (std::uint32_t each = 0; each < suspects; ++each) {
            question.roots.push_back(draw_origin(genealogy, random));
            writer.string(genealogy.id_of(question.roots.back()));
        }
        writer.end_array();
        write_nodes(writer, genealogy.answer(question));
        emit();
    }
}

}  // namespace idnode::resolver
