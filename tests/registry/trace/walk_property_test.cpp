#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <random>
#include <set>
#include <tuple>

#include "registry/trace/event_store.hpp"
#include "registry/trace/thing_memory.hpp"
#include "registry/trace/trace_check.hpp"
#include "tests/registry/trace/walk_history.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry::trace {
namespace {

using testing::IsEmpty;

// Random histories of a few things: made of each other, packed, unpacked, emptied, joined by
// transformations that several events tell, declared wrong before or after they are known, captured
// in any order and in groups of any size. What the walk finds is compared with a search over the
// list of events itself, which knows neither keys nor windows that cover each other.

/// What is in the one and not in the other.
template <class Set>
std::vector<typename Set::value_type> beyond(const Set& some, const Set& others) {
    std::vector<typename Set::value_type> left;
    std::ranges::set_difference(some, others, std::back_inserter(left));
    return left;
}

struct Found {
    std::map<std::string, std::uint32_t> depths;  ///< by thing
    std::set<Link> links;
};

/// Goes through every state there is: a thing, and the stretch in which it is looked at.
class Search {
public:
    Search(const std::set<Link>& links, const NamedQuery& query,
           const std::function<Sight(const std::string&)>& look)
        : links_{links}, query_{query}, look_{look} {}

    Found run() {
        const bool up = query_.direction == Direction::up;
        const std::int64_t last = query_.at.value_or(time_max);
        for (const std::string& root : query_.roots)
            enter({root, up && query_.at ? last : time_min, last}, 0);
        for (std::uint32_t depth = 0; depth < query_.depth && !next_.empty(); ++depth)
            for (const State& state : std::exchange(next_, {}))
                for (const Link& link : links_)
                    if ((up ? link.to : link.from) == std::get<0>(state))
                        follow(link, state, depth);
        return std::move(found_);
    }

private:
    using State = std::tuple<std::string, std::int64_t, std::int64_t>;

    bool enter(const State& state, std::uint32_t depth) {
        const std::string& id = std::get<0>(state);
        if (look_(id) == Sight::cut) return false;
        found_.depths.try_emplace(id, depth);
        if (seen_.insert(state).second && look_(id) != Sight::elsewhere) next_.push_back(state);
        return true;
    }

    void follow(const Link& link, const State& state, std::uint32_t depth) {
        const auto& [id, from, to] = state;
        const bool up = query_.direction == Direction::up;
        const std::string& other = up ? link.from : link.to;
        if (!query_.types.empty() && !query_.types.contains(link.type)) return;
        if (query_.at && link.begin > *query_.at) return;
        State next{other, from, to};
        if (link.type == EdgeType::transformation) {
            if (link.begin > to || (!up && link.begin < from)) return;
            next = {other, link.begin, up ? link.begin : query_.at.value_or(time_max)};
        } else if (lasts(link.type)) {
            if (query_.at && !up && link.end < *query_.at) return;
            next = {other, std::max(from, link.begin), std::min(to, link.end)};
            if (std::get<1>(next) > std::get<2>(next)) return;
        }
        if (enter(next, depth + 1)) found_.links.insert(link);
    }

    const std::set<Link>& links_;
    const NamedQuery& query_;
    const std::function<Sight(const std::string&)>& look_;
    Found found_;
    std::set<State> seen_;
    std::vector<State> next_;
};

class WalkProperty : public testing::TestWithParam<unsigned> {
protected:
    void capture_in_groups(std::vector<StoredEvent> arrivals) {
        for (auto at = arrivals.begin(); at != arrivals.end();) {
            const auto size = std::min<std::ptrdiff_t>(1 + pick(20), arrivals.end() - at);
            const std::vector<StoredEvent> group(at, at + size);
            at += size;
            const Decide decide = [&](const WriteView& view) -> Decision {
                ChangeSet set{.changes = {}, .origin = {}};
                capture(view, group, {.actor = "somebody"}, set.changes);
                return set;
            };
            const std::array jobs{&decide};
            for (const JobOutcome& outcome : Writer{store_}.commit(jobs, 1))
                ASSERT_TRUE(std::holds_alternative<Commit>(outcome));
            read_things_now_and_then();
        }
    }

    /// In every other history some things are in memory, as they are or were.
    void read_things_now_and_then() {
        constexpr std::size_t plenty = std::size_t{64} << 20;
        if (GetParam() % 2 != 0 || pick(4) != 0) return;
        ASSERT_EQ(store_.thing_memory().read(store_, plenty), ThingMemory::Read::done);
    }

    NamedQuery draw_query() {
        NamedQuery query{.roots = {thing(pick(things))},
                         .direction = pick(2) == 0 ? Direction::up : Direction::down};
        if (pick(4) == 0) query.roots.push_back(thing(pick(things)));
        if (pick(2) == 0) query.at = pick(events_per_history * 10);
        if (pick(3) == 0) query.depth = static_cast<std::uint32_t>(pick(5));
        if (pick(4) == 0) query.types = {EdgeType::transformation, EdgeType::aggregation};
        return query;
    }

    static Link link_of(const NamedEdge& edge) {
        return {edge.type, edge.from, edge.to, edge.valid_from,
                lasts(edge.type) ? edge.valid_to.value_or(time_max) : edge.valid_from};
    }
    static Found found_by(const NamedResult& walked) {
        Found found;
        for (const NamedNode& node : walked.nodes) found.depths.emplace(node.id, node.depth);
        for (const NamedEdge& edge : walked.edges) found.links.insert(link_of(edge));
        return found;
    }
    /// Everything that the registry says of the things.
    std::set<Link> stored_links() const {
        std::set<Link> links;
        const Snapshot snapshot{store_};
        for (int at = 0; at < things; ++at)
            for_each_edge(snapshot, Direction::down, thing(at),
                          [&](const NamedEdge& edge) { links.insert(link_of(edge)); });
        return links;
    }

    int pick(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
    std::mt19937 random_{GetParam()};
};

TEST_P(WalkProperty, FindsWhatASearchThroughTheEventsFinds) {
    constexpr int queries = 60;
    History history{random_};
    ASSERT_NO_FATAL_FAILURE(capture_in_groups(history.arrivals()));
    const std::set<Link> links = history.links();
    ASSERT_THAT(beyond(stored_links(), links), IsEmpty());
    ASSERT_THAT(beyond(links, stored_links()), IsEmpty());
    std::map<std::string, Sight> sights;
    for (int at = 0; at < things; ++at)
        sights[thing(at)] = pick(5) == 0   ? Sight::hidden
                            : pick(8) == 0 ? Sight::cut
                            : pick(8) == 0 ? Sight::elsewhere
                                           : Sight::shown;
    const std::function<Sight(const std::string&)> look = [&](const std::string& id) {
        return sights.at(id);
    };
    for (int at = 0; at < queries; ++at) {
        const NamedQuery query = draw_query();
        const NamedResult walked = walk(Snapshot{store_}, query, look);
        for (const NamedNode& node : walked.nodes) EXPECT_EQ(node.sight, look(node.id));
        const Found expected = Search{links, query, look}.run();
        const Found found = found_by(walked);
        ASSERT_EQ(found.depths, expected.depths)
            << "query " << at << " from " << query.roots.front()
            << (query.direction == Direction::up ? " up" : " down") << " at "
            << query.at.value_or(-1) << " depth " << query.depth << " types " << query.types.size();
        ASSERT_THAT(beyond(found.links, expected.links), IsEmpty()) << "query " << at;
        ASSERT_THAT(beyond(expected.links, found.links), IsEmpty()) << "query " << at;
    }
    check(Snapshot{store_}, [](const std::string& fault) { ADD_FAILURE() << fault; });
}

INSTANTIATE_TEST_SUITE_P(OfManyHistories, WalkProperty, testing::Range(1U, 61U));

/// A tank that is filled and drawn from in turns, and what was drawn put into one box: the last
/// draw, and no other, has something of the last filling.
TEST(Walk, KnowsTheMomentsAtWhichSomethingWasUsedHoweverManyThereAre) {
    constexpr int draws = 300;
    const test::TempDirectory directory;
    const Store store{directory.path(), Store::Access::write_or_create};
    std::vector<StoredEvent> events;
    const auto happens = [&](EdgeType type, const std::string& from, const std::string& to) {
        StoredEvent event{.id = "urn:event:" + std::to_string(events.size()),
                          .time = static_cast<std::int64_t>(events.size()),
                          .json = "{}"};
        event.facts.push_back(
            {.type = type, .from = from, .to = to, .time = event.time, .event = event.id});
        events.push_back(std::move(event));
    };
    for (int at = 0; at < draws; ++at) {
        happens(EdgeType::transformation, thing(at), "tank");
        happens(EdgeType::transformation, "tank", "cup" + std::to_string(at));
        happens(EdgeType::aggregation, "cup" + std::to_string(at), "box");
    }
    const Decide decide = [&](const WriteView& view) -> Decision {
        ChangeSet set{.changes = {}, .origin = {}};
        capture(view, events, {.actor = "somebody"}, set.changes);
        return set;
    };
    const std::array jobs{&decide};
    Writer{store}.commit(jobs, 1);
    const NamedResult walked =
        walk(Snapshot{store}, NamedQuery{.roots = {"box"}, .direction = Direction::up},
             [](const std::string&) { return Sight::shown; });
    EXPECT_EQ(walked.nodes.size(), 2 + 2 * std::size_t{draws});
    EXPECT_FALSE(walked.truncated);
}

}  // namespace
}  // namespace idnode::registry::trace
