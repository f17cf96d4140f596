#include "resolver/auth/session_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "tests/resolver/auth/moving_clock.hpp"

namespace idnode::resolver::auth {
namespace {

const protocol::Reference admin{"88.111.1/ADMIN", 300};

class Sessions : public testing::Test {
protected:
    static std::uint32_t open(SessionTable& table, std::uint32_t timeout = 0) {
        return table.open(make_session_key(), timeout);
    }
    static bool lives(SessionTable& table, std::uint32_t id) { return table.find(id).has_value(); }

    MovingClock clock;
    SessionTable sessions{{}, clock};
};

TEST_F(Sessions, KeepTheirKeyAndWhoHoldsThem) {
    const SessionKey key = make_session_key();
    const std::uint32_t id = sessions.open(key, 0);
    EXPECT_EQ(id % 2, 1U);
    const auto before = sessions.find(id);
    ASSERT_TRUE(before);
    EXPECT_EQ(protocol::text_of(before->key.key.bytes()), protocol::text_of(key.key.bytes()));
    EXPECT_FALSE(before->proof);
    EXPECT_TRUE(sessions.set_proof(id, {admin}));
    EXPECT_EQ(sessions.find(id)->proof->identity, admin);
    EXPECT_TRUE(sessions.close(id));
    EXPECT_FALSE(sessions.find(id));
    EXPECT_EQ(sessions.count(), 0U);
}

TEST_F(Sessions, AreForWhomTheyWereSetUpFor) {
    const std::uint32_t id = sessions.open(make_session_key(), 0, name_identity(admin.handle, 300));
    const auto session = sessions.find(id);
    EXPECT_TRUE(session->admits(admin.handle, 300));
    EXPECT_TRUE(session->admits("88.111.1/admin", 300)) << "handles are compared folded";
    EXPECT_FALSE(session->admits(admin.handle, 301));
    EXPECT_FALSE(session->admits(admin.handle, 0)) << "another key of his might prove it";
    EXPECT_FALSE(session->admits("88.111.1/OTHER", 300));
    EXPECT_FALSE(sessions.set_proof(id, {{admin.handle, 301}}));
    EXPECT_FALSE(sessions.set_proof(id, {{"88.111.1/OTHER", 300}}));
    EXPECT_FALSE(sessions.find(id)->proof);
    EXPECT_TRUE(sessions.set_proof(id, {admin}));
}

TEST_F(Sessions, AreForAnyKeyOfAHandleThatWasNamedWithoutOne) {
    const std::uint32_t id = sessions.open(make_session_key(), 0, name_identity(admin.handle, 0));
    EXPECT_TRUE(sessions.find(id)->admits(admin.handle, 0));
    EXPECT_TRUE(sessions.find(id)->admits(admin.handle, 301));
    EXPECT_FALSE(sessions.find(id)->admits("88.111.1/OTHER", 301));
}

TEST_F(Sessions, OfNobodyAreForWhoeverProvesHimselfFirst) {
    EXPECT_FALSE(name_identity("", 300));
    const std::uint32_t id = open(sessions);
    EXPECT_TRUE(sessions.find(id)->admits("88.111.1/OTHER", 1));
    EXPECT_TRUE(sessions.set_proof(id, {admin}));
    EXPECT_FALSE(sessions.find(id)->admits("88.111.1/OTHER", 1));
    EXPECT_FALSE(sessions.set_proof(id, {{"88.111.1/OTHER", 1}}));
    EXPECT_TRUE(sessions.find(id)->admits(admin.handle, 301)) << "he may have a new key";
    EXPECT_EQ(sessions.find(id)->proof->identity, admin);
}

TEST_F(Sessions, WhoseProofIsForgottenAreStillForTheSame) {
    const std::uint32_t id = open(sessions);
    EXPECT_TRUE(sessions.set_proof(id, {admin}));
    sessions.forget_proof(id);
    EXPECT_FALSE(sessions.find(id)->proof);
    EXPECT_FALSE(sessions.set_proof(id, {{"88.111.1/OTHER", 1}}));
    EXPECT_TRUE(sessions.set_proof(id, {admin}));
    sessions.forget_proof(99);
    EXPECT_EQ(sessions.count(), 1U);
}

TEST_F(Sessions, WhoseProofIsForgottenGoFirstInAFlood) {
    SessionTable table{{.count_max = 2}, clock};
    const std::uint32_t first = open(table);
    ASSERT_TRUE(table.set_proof(first, {admin}));
    const std::uint32_t second = open(table);
    ASSERT_TRUE(table.set_proof(second, {admin}));
    table.forget_proof(second);
    open(table);
    EXPECT_TRUE(lives(table, first));
    EXPECT_FALSE(lives(table, second));
}

TEST_F(Sessions, ThatDoNotExistAreNotThereForAnything) {
    EXPECT_FALSE(sessions.find(99));
    EXPECT_EQ(sessions.accept(99, 1).error(), errc::unknown_session);
    EXPECT_EQ(sessions.next_counter(99), std::nullopt);
    EXPECT_FALSE(sessions.set_proof(99, {admin}));
    EXPECT_FALSE(sessions.close(99));
}

TEST_F(Sessions, TakeEachCounterOnceAndCountTheirAnswers) {
    const std::uint32_t one = open(sessions);
    const std::uint32_t two = open(sessions);
    EXPECT_TRUE(sessions.accept(one, 1));
    EXPECT_EQ(sessions.accept(one, 1).error(), errc::replayed);
    EXPECT_EQ(sessions.accept(one, 0).error(), errc::replayed);
    EXPECT_TRUE(sessions.accept(two, 1));
    EXPECT_EQ(sessions.next_counter(one), 1U);
    EXPECT_EQ(sessions.next_counter(one), 2U);
    EXPECT_EQ(sessions.next_counter(two), 1U);
}

TEST_F(Sessions, EndWhenTheyWereNotUsedForAnHour) {
    const std::uint32_t used = open(sessions);
    const std::uint32_t idle = open(sessions);
    clock.time += 3599;
    EXPECT_TRUE(sessions.accept(used, 1));
    EXPECT_TRUE(lives(sessions, idle)) << "to be looked for is no use";
    clock.time += 1;
    EXPECT_FALSE(lives(sessions, idle));
    EXPECT_TRUE(lives(sessions, used));
    EXPECT_EQ(sessions.count(), 1U);
}

TEST_F(Sessions, EndEarlierWhereTheClientAsksForIt) {
    const std::uint32_t brief = open(sessions, 10);
    const std::uint32_t endless = open(sessions, 0xffffffff);
    clock.time += 9;
    EXPECT_TRUE(lives(sessions, brief));
    clock.time += 1;
    EXPECT_FALSE(lives(sessions, brief));
    clock.time += 3589;
    EXPECT_TRUE(lives(sessions, endless));
    clock.time += 1;
    EXPECT_FALSE(lives(sessions, endless));
}

TEST_F(Sessions, EndAfterADayHoweverMuchTheyAreUsed) {
    const std::uint32_t id = open(sessions);
    const std::uint32_t start = clock.time;
    for (std::uint32_t half_hour = 1; half_hour < 48; ++half_hour) {
        clock.time = start + half_hour * 1800;
        EXPECT_TRUE(sessions.accept(id, half_hour));
    }
    clock.time = start + 86'399;
    EXPECT_TRUE(lives(sessions, id));
    clock.time += 1;
    EXPECT_FALSE(lives(sessions, id));
}

TEST_F(Sessions, OutliveAClockThatIsSetBack) {
    const std::uint32_t id = open(sessions);
    clock.time -= 100'000;
    EXPECT_TRUE(lives(sessions, id));
}

TEST_F(Sessions, DriveOutThatOfTheLongestUnused) {
    SessionTable table{{.count_max = 3}, clock};
    const std::uint32_t one = open(table);
    const std::uint32_t two = open(table);
    const std::uint32_t three = open(table);
    EXPECT_TRUE(table.accept(one, 1));
    const std::uint32_t four = open(table);
    EXPECT_FALSE(lives(table, two));
    for (const std::uint32_t id : {one, three, four}) EXPECT_TRUE(lives(table, id));
    EXPECT_EQ(table.count(), 3U);
}

TEST_F(Sessions, WhoseHolderIsKnownStayThroughAFlood) {
    SessionTable table{{.count_max = 10}, clock};
    const std::uint32_t known = open(table);
    ASSERT_TRUE(table.set_proof(known, {admin}));
    for (int round = 0; round < 10'000; ++round) open(table);
    EXPECT_TRUE(lives(table, known));
    EXPECT_EQ(table.count(), 10U);
}

TEST_F(Sessions, WhoseHolderIsKnownGoWhenThereAreNoOthers) {
    SessionTable table{{.count_max = 2}, clock};
    const std::uint32_t first = open(table);
    const std::uint32_t second = open(table);
    table.set_proof(first, {admin});
    table.set_proof(second, {admin});
    EXPECT_TRUE(table.accept(first, 1));
    const std::uint32_t third = open(table);
    EXPECT_FALSE(lives(table, second));
    EXPECT_TRUE(lives(table, first));
    EXPECT_TRUE(lives(table, third));
}

TEST_F(Sessions, HaveIdsThatAreAllDifferentAndAllGoInTime) {
    std::set<std::uint32_t> ids;
    for (int round = 0; round < 1000; ++round) ids.insert(open(sessions));
    EXPECT_EQ(ids.size(), 1000U);
    clock.time += 3600;
    open(sessions);
    EXPECT_EQ(sessions.count(), 1U);
}

TEST_F(Sessions, ByTheHundredThousandDriveOutNoneButThemselves) {
    const std::uint32_t honest = open(sessions);
    ASSERT_TRUE(sessions.set_proof(honest, {admin}));
    const std::uint32_t first = open(sessions);
    for (int flood = 0; flood < 250'000; ++flood) open(sessions);
    EXPECT_EQ(sessions.count(), 100'000U);
    EXPECT_FALSE(lives(sessions, first));
    EXPECT_TRUE(lives(sessions, honest));
}

TEST_F(Sessions, AreCountedByWhatBecomesOfThem) {
    SessionTable table{{.count_max = 2}, clock};
    open(table);
    open(table);
    EXPECT_TRUE(table.close(open(table)));
    const std::uint32_t last = open(table);
    clock.time += 3600;
    EXPECT_FALSE(lives(table, last));
    open(table);
    const SessionTable::Figures figures = table.figures();
    EXPECT_EQ(figures.opened, 5U);
    EXPECT_EQ(figures.closed, 1U);
    EXPECT_EQ(figures.displaced, 1U);
    EXPECT_EQ(figures.expired, 2U);
    EXPECT_EQ(figures.open, 1U);
}

TEST_F(Sessions, TakeACounterOnceWhicheverThreadComesFirst) {
    const std::uint32_t id = open(sessions);
    std::array<std::size_t, 2> taken{};
    std::vector<std::thread> threads;
    threads.reserve(taken.size());
    for (std::size_t& count : taken)
        threads.emplace_back([&] {
            for (std::uint32_t counter = 1; counter <= 150; ++counter)
                count += sessions.accept(id, counter) ? 1 : 0;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(taken[0] + taken[1], 150U);
}

}  // namespace
}  // namespace idnode::resolver::auth
