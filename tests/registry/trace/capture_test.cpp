#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/trace/facts.hpp"
#include "tests/registry/trace/walk_fixture.hpp"

namespace idnode::registry::trace {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class CaptureTest : public WalkTest {
protected:
    /// What is in a thing at a moment.
    std::vector<std::string> inside(const std::string& thing, std::int64_t at) {
        auto found = ids({.roots = {thing}, .direction = Direction::up, .at = at});
        std::erase(found, thing);
        return found;
    }
    /// How much of the lot is on the pallet, as the edges of all times say: from, to, amount.
    std::vector<std::tuple<std::int64_t, std::int64_t, double>> amounts() {
        ids({.roots = {"lot"}});
        std::vector<std::tuple<std::int64_t, std::int64_t, double>> found;
        for (const NamedEdge& edge : last_.edges)
            found.emplace_back(edge.valid_from, edge.valid_to.value_or(0),
                               edge.quantity.value_or(0));
        return found;
    }
    /// Facts that the registry has of a thing, at this end.
    std::size_t facts_in(const std::string& thing) {
        const Snapshot snapshot{store_};
        const auto number = find_thing(snapshot, thing);
        std::size_t count = 0;
        for_each_fact(snapshot, [&](Direction direction, const StoredFact& fact) {
            count += direction == Direction::up && fact.to == number ? 1 : 0;
            return true;
        });
        return count;
    }
    static EdgeFact some(Fact fact, double quantity, std::string unit = "KGM") {
        EdgeFact edge = packed(fact, "lot", "pallet");
        edge.quantity = quantity;
        edge.unit = std::move(unit);
        return edge;
    }
    static StoredEvent emptying(std::string id, std::int64_t time) {
        StoredEvent event = event_of(std::move(id), time, {});
        event.ends_all_of = {{EdgeType::aggregation, "pallet"}};
        return event;
    }
    static StoredEvent wrong(StoredEvent event) {
        event.declares_error = true;
        return event;
    }
    static StoredEvent part_of(const std::string& transformation, std::string id, int inputs,
                               int outputs) {
        StoredEvent event = event_of(id, 10, {});
        event.transformation = transformation;
        for (int each = 0; each < inputs; ++each)
            event.inputs.push_back({.from = id + "in" + std::to_string(each), .event = id});
        for (int each = 0; each < outputs; ++each)
            event.outputs.push_back({.to = id + "out" + std::to_string(each), .event = id});
        return event;
    }
};

TEST_F(CaptureTest, LeavesTheRestWhereSomeOfALotIsTakenAway) {
    capture_all(
        {event_of("1", 10, {some(Fact::begins, 100)}), event_of("2", 20, {some(Fact::ends, 40)})});
    EXPECT_THAT(inside("pallet", 30), ElementsAre("lot"));
    EXPECT_THAT(amounts(),
                UnorderedElementsAre(std::tuple{10, 19, 100.0}, std::tuple{20, 0, 60.0}));
    capture_all({event_of("3", 30, {some(Fact::ends, 60)})});
    EXPECT_THAT(inside("pallet", 35), SizeIs(0));
    expect_both_ends();
}

TEST_F(CaptureTest, AddsUpWhatComesToALot) {
    capture_all({event_of("2", 20, {some(Fact::begins, 0.1)}),
                 event_of("1", 10, {some(Fact::begins, 0.2)}),
                 event_of("4", 40, {some(Fact::ends, 0.3)})});
    EXPECT_THAT(inside("pallet", 30), ElementsAre("lot"));
    EXPECT_THAT(inside("pallet", 45), SizeIs(0));
}

TEST_F(CaptureTest, AddsUpWhatComesAtOneMoment) {
    capture_all(
        {event_of("1", 10, {some(Fact::begins, 10)}), event_of("2", 10, {some(Fact::begins, 5)})});
    EXPECT_THAT(amounts(), ElementsAre(std::tuple{10, 0, 15.0}));
}

TEST_F(CaptureTest, KeepsWhatWasTakenAwayInAnotherUnit) {
    capture_all({event_of("1", 10, {some(Fact::begins, 100)}),
                 event_of("2", 20, {some(Fact::ends, 1, "TNE")})});
    EXPECT_THAT(inside("pallet", 30), ElementsAre("lot"));
}

TEST_F(CaptureTest, EmptiesAPalletOfAllThatIsLeftOfALot) {
    capture_all({event_of("1", 10, {some(Fact::begins, 100)}),
                 event_of("2", 20, {some(Fact::ends, 40)}), emptying("3", 30)});
    EXPECT_THAT(inside("pallet", 25), ElementsAre("lot"));
    EXPECT_THAT(inside("pallet", 35), SizeIs(0));
}

TEST_F(CaptureTest, WritesOnceThatSomethingWasTakenOutOfABoxThatIsUsedOverAndOver) {
    constexpr int times = 50;
    std::vector<StoredEvent> events;
    for (int each = 0; each < times; ++each) {
        events.push_back(event_of("fill" + std::to_string(each), 100 * each + 10,
                                  {packed(Fact::begins, "c" + std::to_string(each), "pallet")}));
        events.push_back(emptying("empty" + std::to_string(each), 100 * each + 50));
    }
    capture_all({events.begin(), events.begin() + times});
    for (auto at = events.begin() + times; at != events.end(); ++at) capture_all({*at});
    EXPECT_EQ(facts_in("pallet"), 2U * times);
    EXPECT_THAT(inside("pallet", 4920), ElementsAre("c49"));
    EXPECT_THAT(inside("pallet", 4960), SizeIs(0));
    expect_both_ends();
}

TEST_F(CaptureTest, LeavesToTheNextEmptyingWhatOneHadTakenOutWrongly) {
    for (const bool at_once : {true, false}) {
        const std::string id = at_once ? "a" : "b";
        const std::int64_t then = at_once ? 0 : 1000;
        const std::vector<StoredEvent> events{
            event_of(id + "1", then + 10, {packed(Fact::begins, id, "pallet")}),
            emptying(id + "2", then + 20), emptying(id + "3", then + 40),
            wrong(emptying(id + "2", then + 20))};
        if (at_once) capture_all(events);
        for (const StoredEvent& each : events)
            if (!at_once) capture_all({each});
        EXPECT_THAT(inside("pallet", then + 30), ElementsAre(id));
        EXPECT_THAT(inside("pallet", then + 50), SizeIs(0));
        capture_all({wrong(emptying(id + "3", then + 40))});
        EXPECT_THAT(inside("pallet", then + 50), ElementsAre(id));
        capture_all({emptying(id + "4", then + 60)});
        EXPECT_THAT(inside("pallet", then + 70), SizeIs(0));
    }
    expect_both_ends();
}

TEST_F(CaptureTest, EmptiesLaterWhatWasPutInAtTheMomentOfAnEmptying) {
    const StoredEvent fills = event_of("fills", 10, {packed(Fact::begins, "child", "pallet")});
    capture_all({emptying("1", 10), fills, emptying("2", 20)});
    EXPECT_THAT(inside("pallet", 15), ElementsAre("child"));
    EXPECT_THAT(inside("pallet", 25), SizeIs(0));
    capture_all({emptying("3", 110), emptying("4", 120)});
    capture_all({event_of("late", 110, {packed(Fact::begins, "late", "pallet")})});
    EXPECT_THAT(inside("pallet", 115), ElementsAre("late"));
    EXPECT_THAT(inside("pallet", 125), SizeIs(0));
}

TEST_F(CaptureTest, EmptiesABoxOfWhatWasWronglySaidToHaveBeenTakenOut) {
    const StoredEvent taken = event_of("taken", 15, {packed(Fact::ends, "child", "pallet")});
    capture_all({event_of("fills", 10, {packed(Fact::begins, "child", "pallet")}), taken});
    capture_all({emptying("1", 20)});
    EXPECT_THAT(inside("pallet", 17), SizeIs(0));
    capture_all({wrong(taken)});
    EXPECT_THAT(inside("pallet", 17), ElementsAre("child"));
    EXPECT_THAT(inside("pallet", 25), SizeIs(0));
}

TEST_F(CaptureTest, DoesNotKnowHowMuchThereIsOfTwoUnits) {
    capture_all({event_of("1", 10, {some(Fact::begins, 10)}),
                 event_of("2", 20, {some(Fact::begins, 2, "TNE")}),
                 event_of("3", 30, {some(Fact::ends, 10)})});
    EXPECT_THAT(inside("pallet", 40), ElementsAre("lot"));
    EXPECT_THAT(amounts(), UnorderedElementsAre(std::tuple{10, 19, 10.0}, std::tuple{20, 0, 0.0}));
    capture_all({event_of("4", 50, {packed(Fact::ends, "lot", "pallet")})});
    EXPECT_THAT(inside("pallet", 60), SizeIs(0));
}

TEST_F(CaptureTest, HasNobodyDeclareWrongWhatSomebodyElseHasCaptured) {
    const StoredEvent event = event_of("1", 10, {made("a", "b")});
    capture_all({event}, {.actor = "alice"});
    capture_all({wrong(event)}, {.actor = "bob"});
    EXPECT_EQ(outcomes_, std::vector{Captured::of_another});
    EXPECT_THAT(ids({.roots = {"a"}}), UnorderedElementsAre("a", "b"));
    capture_all({wrong(event)}, {.actor = "boss", .is_own = [](std::string_view) { return true; }});
    EXPECT_EQ(outcomes_, std::vector{Captured::stored});
    EXPECT_THAT(ids({.roots = {"a"}}), ElementsAre("a"));
}

TEST_F(CaptureTest, SaysSoWhereAnotherHasDeclaredAnEventWrongBeforeItComes) {
    const StoredEvent event = event_of("1", 10, {made("a", "b")});
    capture_all({wrong(event)}, {.actor = "bob"});
    capture_all({event}, {.actor = "alice"});
    EXPECT_EQ(outcomes_, std::vector{Captured::of_another});
    EXPECT_TRUE(find_refusal(Captured::of_another));
    EXPECT_FALSE(find_refusal(Captured::known));
}

TEST_F(CaptureTest, KeepsWhatWasDeclaredWrongWhicheverComesFirst) {
    for (const bool declared_first : {false, true}) {
        StoredEvent event = event_of(declared_first ? "2" : "1", 10, {made("a", "b")});
        event.json = "original";
        StoredEvent declaration = wrong(event);
        declaration.json = "declaration";
        capture_all({declared_first ? declaration : event});
        capture_all({declared_first ? event : declaration});
        capture_all({event, declaration});
        EXPECT_EQ(outcomes_, (std::vector{Captured::known, Captured::known}));
        const Snapshot snapshot{store_};
        EXPECT_EQ(find_event(snapshot, event.id)->json, "declaration");
        EXPECT_EQ(find_wrong_event(snapshot, event.id)->json, "original");
        EXPECT_THAT(ids({.roots = {"a"}}), ElementsAre("a"));
    }
    expect_both_ends();
}

TEST_F(CaptureTest, JoinsNoMorePairsOfOneTransformationThanOneEventMayHave) {
    capture_all({part_of("t", "1", 400, 0), part_of("t", "2", 0, 500)});
    EXPECT_EQ(outcomes_, (std::vector{Captured::stored, Captured::stored}));
    capture_all({part_of("t", "3", 0, 1)});
    EXPECT_EQ(outcomes_, std::vector{Captured::too_large});
    capture_all({part_of("u", "4", 0, 1)});
    EXPECT_EQ(outcomes_, std::vector{Captured::stored});
}

}  // namespace
}  // namespace idnode::registry::trace
