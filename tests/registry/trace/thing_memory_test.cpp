#include "registry/trace/thing_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "registry/trace/facts.hpp"
#include "registry/trace/thing_codec.hpp"
#include "tests/registry/trace/walk_fixture.hpp"

namespace idnode::registry::trace {
namespace {

using testing::Eq;
using testing::IsNull;
using testing::NotNull;

constexpr std::size_t plenty = std::size_t{64} << 20;

class ThingMemoryTest : public WalkTest {
protected:
    ThingMemory& memory() { return store_.thing_memory(); }
    ThingMemory::Read read(std::size_t octets_max = plenty) {
        return memory().read(store_, octets_max);
    }
    /// A chain of things, each made of the one before.
    void capture_chain(int from, int to) {
        std::vector<StoredEvent> events;
        for (int at = from; at < to; ++at)
            events.push_back(
                event_of("urn:event:" + std::to_string(at), at,
                         {made("n" + std::to_string(at), "n" + std::to_string(at + 1))}));
        capture_all(events);
    }
    /// As if another process had changed something.
    void set_state(std::uint64_t state) {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(store_.meta(), protocol::bytes_of(meta_key::things),
                protocol::bytes_of(number_octets(state)));
        std::move(txn).commit();
    }
    std::size_t length_of_chain() { return ids({.roots = {"n0"}, .depth = 100'000}).size(); }
};

/// Of each thing either just what the store has, or nothing: returns how often.
std::size_t compare_with_store(const ThingTable& table, const Snapshot& snapshot,
                               const std::vector<Thing>& things) {
    std::size_t unknown = 0;
    const auto compare = [&](Column column, Area area, const std::string& stem, Thing thing) {
        std::string_view held;
        if (table.find(column, {&thing, 1}, {&held, 1}) != 0)
            ++unknown;
        else
            EXPECT_EQ(held, find_entry(snapshot, area, stem + number_octets(thing)).value_or(""));
    };
    for (const Thing thing : things) {
        compare(Column::edges_down, Area::edges, "\1", thing);
        compare(Column::edges_up, Area::edges, "\2", thing);
        compare(Column::names, Area::thing_names, "", thing);
    }
    return unknown;
}

std::vector<Thing> things_of(const Snapshot& snapshot, const std::vector<std::string>& names) {
    std::vector<Thing> things;
    for (const std::string& name : names) things.push_back(find_thing(snapshot, name).value());
    return things;
}

TEST_F(ThingMemoryTest, KnowsOfAllThingsWhatTheStoreKnows) {
    std::vector<EdgeFact> many;
    for (int at = 0; at < 200; ++at) many.push_back(made("heap", "88.1/H" + std::to_string(at)));
    capture_all({event_of("urn:event:1", 1, many),
                 event_of("urn:event:2", 2, {packed(Fact::begins, "88.1/H1", "urn:box:1")}),
                 event_of("urn:event:3", 3, {packed(Fact::ends, "88.1/H1", "urn:box:1")})});
    ASSERT_EQ(read(), ThingMemory::Read::done);
    const Snapshot snapshot{store_};
    const auto table = memory().table_for(snapshot);
    ASSERT_THAT(table, NotNull());
    const auto things =
        things_of(snapshot, {"heap", "88.1/H0", "88.1/H1", "88.1/H199", "urn:box:1"});
    EXPECT_EQ(compare_with_store(*table, snapshot, things), 0U);
    std::string_view none;
    const Thing stranger = make_thing(group_of_strangers, 1);
    EXPECT_EQ(table->find(Column::edges_down, {&stranger, 1}, {&none, 1}), 1U);
    EXPECT_EQ(ids({.roots = {"heap"}}).size(), 202U) << "the later blocks come from the store";
}

TEST_F(ThingMemoryTest, TakesNoMoreMemoryThanItMay) {
    capture_chain(0, 1);
    // An edge at each end, behind its size; where what there is of two things begins and ends.
    constexpr std::size_t starts = 3 * sizeof(std::uint32_t);
    constexpr std::size_t edges = 2 * (fact_size + 8) + 2 * starts;
    EXPECT_EQ(read(edges - 1), ThingMemory::Read::refused);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
    EXPECT_EQ(read(edges), ThingMemory::Read::done);
    EXPECT_EQ(memory().figures().entries, 2U);
    EXPECT_GE(memory().figures().octets, edges);
    const Snapshot snapshot{store_};
    EXPECT_EQ(compare_with_store(*memory().table_for(snapshot), snapshot,
                                 things_of(snapshot, {"n0", "n1"})),
              2U)
        << "names are left to the store";
    const std::size_t name = thing_value({.canonical = "n0"}).size();
    const std::size_t names = 2 * ((7 + name + 7) / 8 * 8) + starts + 4;
    EXPECT_EQ(read(edges + names - 1), ThingMemory::Read::done);
    EXPECT_EQ(memory().figures().entries, 2U);
    EXPECT_EQ(read(edges + names), ThingMemory::Read::done);
    EXPECT_EQ(memory().figures().entries, 4U);
}

TEST_F(ThingMemoryTest, HoldsNothingOfAnEmptyRegistry) {
    EXPECT_EQ(read(0), ThingMemory::Read::done);
    EXPECT_EQ(memory().figures().entries, 0U);
    capture_chain(0, 3);
    EXPECT_EQ(length_of_chain(), 4U);
}

TEST_F(ThingMemoryTest, GivesNothingOnceItIsAskedToStop) {
    capture_chain(0, 3);
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(memory().read(store_, plenty, source.get_token()), ThingMemory::Read::overtaken);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
}

TEST_F(ThingMemoryTest, LeavesWhatHasChangedToTheStore) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    capture_chain(3, 5);
    const Snapshot snapshot{store_};
    const auto table = memory().table_for(snapshot);
    ASSERT_THAT(table, NotNull());
    // n3 was known and goes on now; n4 and n5 are new.
    const auto things = things_of(snapshot, {"n0", "n1", "n2", "n3", "n4", "n5"});
    EXPECT_EQ(compare_with_store(*table, snapshot, things), 1U + 2U * 3U);
    EXPECT_EQ(length_of_chain(), 6U);
    EXPECT_EQ(memory().figures().changed, 4U + 2U) << "two edges at both ends, and two names";
    ASSERT_EQ(read(), ThingMemory::Read::done);
    EXPECT_EQ(memory().figures().changed, 0U);
    EXPECT_EQ(length_of_chain(), 6U);
}

TEST_F(ThingMemoryTest, AnswersNoStateFromBeforeItWasRead) {
    capture_chain(0, 3);
    const Snapshot before{store_};
    capture_chain(3, 5);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    EXPECT_THAT(memory().table_for(before), IsNull());
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
    EXPECT_EQ(walk(before, NamedQuery{.roots = {"n0"}}, shown).nodes.size(), 4U);
}

TEST_F(ThingMemoryTest, AnswersStatesFromBeforeAChangeAndAfterItAtOnce) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    const Snapshot before{store_};
    capture_chain(3, 5);
    EXPECT_THAT(memory().table_for(before), NotNull());
    EXPECT_EQ(walk(before, NamedQuery{.roots = {"n0"}}, shown).nodes.size(), 4U);
    EXPECT_EQ(length_of_chain(), 6U);
}

TEST_F(ThingMemoryTest, KeepsItsTableWhileNothingButRecordsChanges) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    std::vector<Change> changes{HomePrefix{"88.1"}};
    Writer{store_}.commit(changes, 1);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
}

/// As when another process has written between: its changes are not known here.
TEST_F(ThingMemoryTest, GivesUpAtAChangeWhosePredecessorItDoesNotKnow) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    const std::uint64_t state = Snapshot{store_}.thing_state();
    memory().note(state + 1, state + 2, {});
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
    set_state(state + 2);
    EXPECT_EQ(read(), ThingMemory::Read::done);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
}

TEST_F(ThingMemoryTest, GivesUpWhenATransactionIsNotCommitted) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    memory().forget();
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
    EXPECT_THAT(memory().figures().entries, Eq(0U));
}

/// A table that is read meanwhile chains by itself.
TEST_F(ThingMemoryTest, ServesNoStateBeforeItIsCommitted) {
    capture_chain(0, 3);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    const std::uint64_t state = Snapshot{store_}.thing_state();
    memory().note(state, state + 1, {});
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
    // What the note was of has failed, and another process has made a state of that number.
    set_state(state + 1);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
    memory().committed(state + 1);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
}

TEST_F(ThingMemoryTest, KnowsWhatWasToldBeforeItWasReadAndCommittedAfterwards) {
    capture_chain(0, 3);
    const std::uint64_t state = Snapshot{store_}.thing_state();
    memory().note(state, state + 1, {});
    ASSERT_EQ(read(), ThingMemory::Read::done);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
    set_state(state + 1);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), IsNull());
    memory().committed(state + 1);
    EXPECT_THAT(memory().table_for(Snapshot{store_}), NotNull());
}

TEST_F(ThingMemoryTest, TakesNoGroupThatCountsMoreThanThereAreNumbers) {
    capture_chain(0, 3);
    for (const std::uint64_t next : {std::uint64_t{0}, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
        std::string group(4, '\xee');
        std::vector<Change> changes{
            PutEntry{Area::thing_groups, "damaged", group + number_octets(next)}};
        Writer{store_}.commit(changes, 1);
        EXPECT_EQ(read(), ThingMemory::Read::refused) << next;
    }
}

TEST_F(ThingMemoryTest, LeavesThingsThatTheirGroupDoesNotCountToTheStore) {
    capture_chain(0, 3);
    const Snapshot before{store_};
    const Thing thing = find_thing(before, "n2").value();
    std::string group(1, static_cast<char>(group_of(thing)));
    std::vector<Change> changes{PutEntry{
        Area::thing_groups, group,
        std::string(3, '\0') + group + number_octets(thing - make_thing(group_of(thing), 0))}};
    Writer{store_}.commit(changes, 1);
    ASSERT_EQ(read(), ThingMemory::Read::done);
    EXPECT_EQ(length_of_chain(), 4U);
}

TEST_F(ThingMemoryTest, GivesUpReadingBesideMoreChangesThanItNotes) {
    capture_chain(0, 1);
    const std::vector<Cell> many(ThingMemory::noted_max + 1);
    const std::uint64_t state = Snapshot{store_}.thing_state();
    std::jthread writer{[&](const std::stop_token& stop) {
        while (!stop.stop_requested()) memory().note(state, state, many);
    }};
    // Reading begins and ends between two notes now and then.
    bool overtaken = false;
    for (int tries = 0; tries < 10'000 && !overtaken; ++tries)
        overtaken = read() == ThingMemory::Read::overtaken;
    EXPECT_TRUE(overtaken);
}

TEST_F(ThingMemoryTest, IsTrueWhileOneCapturesAnotherReadsItAndAThirdWalks) {
    constexpr int length = 300;
    capture_chain(0, 1);
    std::atomic<bool> done{false};
    std::jthread reader{[&](const std::stop_token& stop) {
        while (!stop.stop_requested()) read();
    }};
    std::atomic<std::size_t> served{0};
    std::jthread walker{[&] {
        std::size_t last = 0;
        while (!done) {
            served += memory().table_for(Snapshot{store_}) ? 1 : 0;
            const std::size_t length_now =
                walk(Snapshot{store_}, NamedQuery{.roots = {"n0"}, .depth = 100'000}, shown)
                    .nodes.size();
            EXPECT_GE(length_now, last);
            last = length_now;
        }
    }};
    for (int at = 1; at < length; ++at) {
        capture_chain(at, at + 1);
        ASSERT_EQ(length_of_chain(), static_cast<std::size_t>(at) + 2);
    }
    done = true;
    walker.join();
    EXPECT_GT(served, 0U);
}

}  // namespace
}  // namespace idnode::registry::trace
