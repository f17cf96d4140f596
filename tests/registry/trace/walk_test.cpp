#include "registry/trace/walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/registry/trace/walk_fixture.hpp"
#include "tests/support/records.hpp"

namespace idnode::registry::trace {
namespace {

using testing::UnorderedElementsAre;

TEST_F(WalkTest, GoesFromHeatToPartAndBack) {
    capture_all({event_of("1", 10, {made("heat", "coil1"), made("heat", "coil2")}),
                 event_of("2", 20, {made("coil1", "part")})});
    EXPECT_THAT(ids({.roots = {"heat"}}), UnorderedElementsAre("heat", "coil1", "coil2", "part"));
    EXPECT_THAT(ids({.roots = {"part"}, .direction = Direction::up}),
                UnorderedElementsAre("part", "coil1", "heat"));
    EXPECT_THAT(ids({.roots = {"heat"}, .depth = 1}),
                UnorderedElementsAre("heat", "coil1", "coil2"));
    EXPECT_TRUE(last_.truncated);
    expect_both_ends();
}

TEST_F(WalkTest, TakesARootTwiceThatThereIsNoRoomForAnyMore) {
    capture_all({event_of("1", 10, {made("heat", "coil")})});
    EXPECT_THAT(ids({.roots = {"heat", "coil", "coil"}, .nodes_max = 1}),
                UnorderedElementsAre("heat"));
    EXPECT_TRUE(last_.truncated);
}

TEST_F(WalkTest, DoesNotTakeForPackedTogetherWhatWasTakenApartBefore) {
    capture_all({event_of("1", 10, {packed(Fact::begins, "item", "box")}),
                 event_of("2", 20, {packed(Fact::ends, "item", "box")}),
                 event_of("3", 30, {packed(Fact::begins, "box", "pallet")})});
    EXPECT_THAT(ids({.roots = {"item"}}), UnorderedElementsAre("item", "box"));
    EXPECT_THAT(ids({.roots = {"pallet"}, .direction = Direction::up}),
                UnorderedElementsAre("pallet", "box"));
    EXPECT_THAT(ids({.roots = {"item"}, .at = 15}), UnorderedElementsAre("item", "box"));
    EXPECT_THAT(ids({.roots = {"item"}, .at = 25}), UnorderedElementsAre("item"));
    EXPECT_THAT(ids({.roots = {"item"}, .at = 5}), UnorderedElementsAre("item"));
}

TEST_F(WalkTest, KnowsThatWhatWasMixedInLaterIsNotInWhatWasMadeBefore) {
    capture_all({event_of("1", 10, {made("farm1", "tank")}),
                 event_of("2", 20, {made("tank", "milk")}),
                 event_of("3", 30, {made("farm2", "tank")})});
    EXPECT_THAT(ids({.roots = {"milk"}, .direction = Direction::up}),
                UnorderedElementsAre("milk", "tank", "farm1"));
    EXPECT_THAT(ids({.roots = {"farm2"}}), UnorderedElementsAre("farm2", "tank"));
}

TEST_F(WalkTest, EmptiesABoxByOneEventWhicheverComesFirst) {
    StoredEvent empties = event_of("empties", 20, {});
    empties.ends_all_of = {{EdgeType::aggregation, "box"}};
    capture_all({event_of("1", 10, {packed(Fact::begins, "a", "box")})});
    capture_all({empties});
    capture_all({event_of("late", 12, {packed(Fact::begins, "b", "box")}),
                 event_of("after", 30, {packed(Fact::begins, "c", "box")})});
    EXPECT_THAT(ids({.roots = {"box"}, .direction = Direction::up, .at = 15}),
                UnorderedElementsAre("box", "a", "b"));
    EXPECT_THAT(ids({.roots = {"box"}, .direction = Direction::up, .at = 25}),
                UnorderedElementsAre("box"));
    EXPECT_THAT(ids({.roots = {"box"}, .direction = Direction::up, .at = 35}),
                UnorderedElementsAre("box", "c"));
    expect_both_ends();
}

TEST_F(WalkTest, JoinsTheInputsAndOutputsOfOneTransformationInSeveralEvents) {
    StoredEvent first = event_of("1", 10, {});
    first.transformation = "urn:t";
    first.inputs = {{.from = "in1", .time = 10, .event = "1"}};
    StoredEvent second = event_of("2", 20, {});
    second.transformation = "urn:t";
    second.inputs = {{.from = "in2", .time = 20, .event = "2"}};
    StoredEvent third = event_of("3", 30, {});
    third.transformation = "urn:t";
    third.outputs = {{.to = "out", .time = 30, .event = "3"}};
    capture_all({first});
    capture_all({third});
    capture_all({second});
    EXPECT_THAT(ids({.roots = {"out"}, .direction = Direction::up}),
                UnorderedElementsAre("out", "in1", "in2"));
    expect_both_ends();
}

TEST_F(WalkTest, ForgetsWhatWasDeclaredWrongAlsoIfTheDeclarationComesFirst) {
    const StoredEvent event = event_of("1", 10, {made("a", "b")});
    StoredEvent wrong = event;
    wrong.declares_error = true;
    capture_all({event});
    capture_all({event});
    EXPECT_EQ(outcomes_, std::vector{Captured::known});
    capture_all({wrong});
    EXPECT_EQ(outcomes_, std::vector{Captured::stored});
    EXPECT_THAT(ids({.roots = {"a"}}), UnorderedElementsAre("a"));
    StoredEvent later = event_of("2", 10, {made("a", "c")});
    StoredEvent declared = later;
    declared.declares_error = true;
    capture_all({declared});
    capture_all({later});
    EXPECT_EQ(outcomes_, std::vector{Captured::retracted});
    EXPECT_THAT(ids({.roots = {"a"}}), UnorderedElementsAre("a"));
    expect_both_ends();
}

TEST_F(WalkTest, EndsInCyclesAndKeepsTheShapeWhereSomethingIsHidden) {
    capture_all(
        {event_of("1", 10, {made("a", "b"), made("b", "c"), made("c", "a"), made("a", "a")})});
    EXPECT_THAT(ids({.roots = {"a"}}), UnorderedElementsAre("a", "b", "c"));
    const auto hide_b = [](const std::string& id) {
        return id == "b" ? Sight::hidden : Sight::shown;
    };
    EXPECT_THAT(ids({.roots = {"a"}}, hide_b), UnorderedElementsAre("a", "b", "c"));
    const auto cut_b = [](const std::string& id) { return id == "b" ? Sight::cut : Sight::shown; };
    EXPECT_THAT(ids({.roots = {"a"}}, cut_b), UnorderedElementsAre("a"));
    const auto far_b = [](const std::string& id) {
        return id == "b" ? Sight::elsewhere : Sight::shown;
    };
    EXPECT_THAT(ids({.roots = {"a"}}, far_b), UnorderedElementsAre("a", "b"));
}

TEST_F(WalkTest, StopsAtItsLimits) {
    std::vector<EdgeFact> facts;
    for (int at = 0; at < 1000; ++at) facts.push_back(made("root", "child" + std::to_string(at)));
    capture_all({event_of("1", 10, facts)});
    EXPECT_EQ(ids({.roots = {"root"}, .nodes_max = 10}).size(), 10U);
    EXPECT_TRUE(last_.truncated);
    EXPECT_LE(ids({.roots = {"root"}, .edges_max = 10}).size(), 11U);
    EXPECT_TRUE(last_.truncated);
    EXPECT_EQ(ids({.roots = {"root"}}).size(), 1001U);
    EXPECT_FALSE(last_.truncated);
}

TEST_F(WalkTest, FollowsTheReferencesOfRecordsAndTheirChanges) {
    const auto refer = [&](const std::string& to) {
        test::commit(
            store_,
            {test::put(
                {.handle = "88.1/part",
                 .values = {{.index = 1, .type = "REF.HEAT", .data = to, .references = {}}}})});
    };
    refer("88.1/heat1");
    EXPECT_THAT(ids({.roots = {"88.1/HEAT1"}}), UnorderedElementsAre("88.1/HEAT1", "88.1/PART"));
    refer("88.1/heat2");
    EXPECT_THAT(ids({.roots = {"88.1/HEAT1"}}), UnorderedElementsAre("88.1/HEAT1"));
    EXPECT_THAT(ids({.roots = {"88.1/PART"}, .direction = Direction::up}),
                UnorderedElementsAre("88.1/PART", "88.1/HEAT2"));
    test::commit(store_, {test::remove("88.1/part")});
    EXPECT_THAT(ids({.roots = {"88.1/HEAT2"}}), UnorderedElementsAre("88.1/HEAT2"));
    expect_both_ends();
}

TEST_F(WalkTest, KnowsOfAReferenceWhetherEverybodyMayReadIt) {
    const auto is_public = [&] {
        const Snapshot snapshot{store_};
        std::vector<bool> found;
        for_each_edge(snapshot, Direction::down, *find_thing(snapshot, "88.1/HEAT"),
                      [&](const Edge& edge) {
                          EXPECT_EQ(find_text(snapshot, edge.source), "88.1/PART");
                          found.push_back(edge.is_public);
                          return true;
                      });
        return found;
    };
    const auto refer = [&](std::vector<protocol::Value> values) {
        test::commit(store_, {test::put(test::record_of("88.1/part", std::move(values)))});
    };
    refer({test::open_value(1, "REF", "88.1/heat")});
    EXPECT_EQ(is_public(), std::vector{true});
    refer({test::hidden_value(1, "REF", "88.1/heat")});
    EXPECT_EQ(is_public(), std::vector{false});
    refer({test::hidden_value(1, "REF", "88.1/heat"), test::open_value(2, "REF", "88.1/heat")});
    EXPECT_EQ(is_public(), std::vector{true});
    expect_both_ends();
}

/// Everything that is reachable over transformations alone, by a search of its own.
std::set<std::string> reachable(const std::multimap<std::string, std::pair<std::string, int>>& next,
                                const std::string& root) {
    std::set<std::pair<std::string, int>> seen{{root, -1}};
    std::vector<std::pair<std::string, int>> open(seen.begin(), seen.end());
    while (!open.empty()) {
        const auto [id, since] = open.back();
        open.pop_back();
        const auto range = next.equal_range(id);
        for (auto edge = range.first; edge != range.second; ++edge)
            if (edge->second.second >= since && seen.insert(edge->second).second)
                open.push_back(edge->second);
    }
    std::set<std::string> ids;
    for (const auto& [id, since] : seen) ids.insert(id);
    return ids;
}

TEST_F(WalkTest, FindsWhatANaiveSearchFindsInRandomGraphs) {
    std::mt19937 random{20261125};
    std::uniform_int_distribution node{0, 59};
    std::uniform_int_distribution time{0, 99};
    std::multimap<std::string, std::pair<std::string, int>> next;
    std::vector<StoredEvent> events;
    for (int at = 0; at < 200; ++at) {
        const std::string prefix = "n";
        const std::string from = prefix + std::to_string(node(random));
        const std::string to = prefix + std::to_string(node(random));
        const int when = time(random);
        events.push_back(event_of(std::to_string(at), when, {made(from, to)}));
        if (at % 10 != 0) next.emplace(from, std::pair{to, when});
    }
    capture_all(events);
    std::vector<StoredEvent> wrong;
    for (int at = 0; at < 200; at += 10) {
        wrong.push_back(events[static_cast<std::size_t>(at)]);
        wrong.back().declares_error = true;
    }
    capture_all(wrong);
    for (int root = 0; root < 60; ++root) {
        const std::string id = std::string{"n"} + std::to_string(root);
        const auto found = ids({.roots = {id}});
        EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), reachable(next, id)) << id;
    }
    expect_both_ends();
}

}  // namespace
}  // namespace idnode::registry::trace
