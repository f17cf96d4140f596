#include "resolver/auth/challenge_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/resolver/auth/moving_clock.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;
using protocol::text_of;

const std::string request = test::read_capture("001-resolve-udp").requests.front();

class Challenges : public testing::Test {
protected:
    std::optional<OpenChallenge> issue(ChallengeTable& table, std::uint32_t session_id = 0) {
        return table.issue(*protocol::decode_message(bytes_of(request)), bytes_of(request),
                           session_id);
    }

    MovingClock clock_;
    ChallengeTable table_{{}, clock_};
};

TEST_F(Challenges, GiveTheRequestOutOnce) {
    const auto challenge = issue(table_);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->id % 2, 0U);
    EXPECT_EQ(table_.count(), 1U);
    EXPECT_EQ(table_.octets(), request.size());
    const auto taken = table_.take(challenge->id);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->message, request);
    EXPECT_EQ(taken->challenge.nonce, challenge->nonce);
    EXPECT_EQ(text_of(taken->challenge.request_digest.bytes()),
              text_of(challenge->request_digest.bytes()));
    EXPECT_FALSE(table_.take(challenge->id));
    EXPECT_EQ(table_.count(), 0U);
    EXPECT_EQ(table_.octets(), 0U);
}

TEST_F(Challenges, AreAboutTheHeaderAndBodyOfTheRequest) {
    const auto challenge = issue(table_);
    const auto message = protocol::decode_message(bytes_of(request));
    EXPECT_EQ(challenge->digest_algorithm, protocol::DigestAlgorithm::sha256);
    EXPECT_EQ(text_of(challenge->body().request_digest.octets),
              text_of(digest_of(Digest::sha256, {message->header_and_body}).bytes()));
    EXPECT_EQ(challenge->body().nonce.size(), 16U);
}

TEST_F(Challenges, AreInSha1ForAnOldPeer) {
    std::string old = request;
    old.replace(0, 4, std::string{"\2\6\2\6"});
    const auto challenge = table_.issue(*protocol::decode_message(bytes_of(old)), bytes_of(old));
    EXPECT_EQ(challenge->digest_algorithm, protocol::DigestAlgorithm::sha1);
    EXPECT_EQ(challenge->request_digest.bytes().size(), 20U);
}

TEST_F(Challenges, AreAllDifferent) {
    std::set<std::uint32_t> ids;
    std::set<std::string> nonces;
    for (int round = 0; round < 1000; ++round) {
        const auto challenge = issue(table_);
        ids.insert(challenge->id);
        nonces.insert(test::hex_from_bytes(challenge->nonce));
    }
    EXPECT_EQ(ids.size(), 1000U);
    EXPECT_EQ(nonces.size(), 1000U);
}

TEST_F(Challenges, LiveForAMinuteAndNotASecondLonger) {
    const auto first = issue(table_);
    clock_.time += 1;
    const auto second = issue(table_);
    clock_.time += 59;
    EXPECT_FALSE(table_.take(first->id));
    EXPECT_TRUE(table_.take(second->id));
}

TEST_F(Challenges, OutliveAClockThatIsSetBack) {
    const auto challenge = issue(table_);
    clock_.time -= 1000;
    EXPECT_TRUE(table_.take(challenge->id));
}

TEST_F(Challenges, ThatAreOverMakeRoomByThemselves) {
    for (int round = 0; round < 10; ++round) issue(table_);
    clock_.time += 60;
    issue(table_);
    EXPECT_EQ(table_.count(), 1U);
    EXPECT_EQ(table_.octets(), request.size());
}

TEST_F(Challenges, OfOneSessionTakeTheSessionsIdAndEachOthersPlace) {
    const auto first = issue(table_, 99);
    const auto second = issue(table_, 99);
    EXPECT_EQ(first->id, 99U);
    EXPECT_EQ(second->id, 99U);
    EXPECT_EQ(table_.count(), 1U);
    EXPECT_EQ(table_.octets(), request.size());
    EXPECT_EQ(table_.take(99)->challenge.nonce, second->nonce);
    EXPECT_FALSE(table_.take(99));
}

TEST_F(Challenges, DriveOutTheOldestWhenThereAreTooMany) {
    ChallengeTable table{{.count_max = 3}, clock_};
    std::vector<std::uint32_t> ids;
    for (int round = 0; round < 4; ++round) ids.push_back(issue(table)->id);
    EXPECT_EQ(table.count(), 3U);
    EXPECT_FALSE(table.take(ids[0]));
    for (std::size_t at = 1; at < 4; ++at) EXPECT_TRUE(table.take(ids[at])) << at;
}

TEST_F(Challenges, DriveOutTheOldestWhenTheyHoldTooManyOctets) {
    ChallengeTable table{{.octets_max = 3 * request.size()}, clock_};
    std::vector<std::uint32_t> ids;
    for (int round = 0; round < 4; ++round) ids.push_back(issue(table)->id);
    EXPECT_EQ(table.octets(), 3 * request.size());
    EXPECT_FALSE(table.take(ids[0]));
    EXPECT_TRUE(table.take(ids[1]));
}

TEST_F(Challenges, AreNotGivenForARequestThatWouldDriveOutAllOthersAndNotFit) {
    ChallengeTable table{{.octets_max = request.size() - 1}, clock_};
    EXPECT_FALSE(issue(table));
    ChallengeTable none{{.count_max = 0}, clock_};
    EXPECT_FALSE(issue(none));
    ChallengeTable just{{.octets_max = request.size()}, clock_};
    EXPECT_TRUE(issue(just));
    EXPECT_TRUE(issue(just));
    EXPECT_EQ(just.count(), 1U);
}

TEST_F(Challenges, AreAnsweredOnceWhicheverThreadComesFirst) {
    std::vector<std::uint32_t> ids;
    for (int round = 0; round < 1000; ++round) ids.push_back(issue(table_)->id);
    std::array<std::size_t, 2> taken{};
    std::vector<std::thread> threads;
    for (std::size_t& count : taken)
        threads.emplace_back([&] {
            for (const std::uint32_t id : ids) count += table_.take(id) ? 1 : 0;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(taken[0] + taken[1], 1000U);
    EXPECT_EQ(table_.octets(), 0U);
}

}  // namespace
}  // namespace idnode::resolver::auth
