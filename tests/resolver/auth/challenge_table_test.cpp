#include "resolver/auth/challenge_table.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

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

    /// Takes the oldest challenge of an id.
    static std::shared_ptr<const ChallengedRequest> take(ChallengeTable& table, std::uint32_t id) {
        const ChallengedRequests found = table.find(id);
        if (found.empty() || !table.take(found.front()->challenge)) return nullptr;
        return found.front();
    }

    MovingClock clock;
    ChallengeTable challenges{{}, clock};
};

TEST_F(Challenges, GiveTheRequestOutOnce) {
    const auto challenge = issue(challenges);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->id % 2, 0U);
    EXPECT_EQ(challenges.count(), 1U);
    EXPECT_EQ(challenges.octets(), request.size());
    const auto taken = take(challenges, challenge->id);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->message, request);
    EXPECT_EQ(taken->challenge.nonce, challenge->nonce);
    EXPECT_EQ(text_of(taken->challenge.request_digest.bytes()),
              text_of(challenge->request_digest.bytes()));
    EXPECT_FALSE(take(challenges, challenge->id));
    EXPECT_EQ(challenges.count(), 0U);
    EXPECT_EQ(challenges.octets(), 0U);
}

TEST_F(Challenges, AreAboutTheHeaderAndBodyOfTheRequest) {
    const auto challenge = issue(challenges);
    const auto message = protocol::decode_message(bytes_of(request));
    EXPECT_EQ(challenge->digest_algorithm, protocol::DigestAlgorithm::sha256);
    EXPECT_EQ(text_of(challenge->body().request_digest.octets),
              text_of(digest_of(Digest::sha256, {message->header_and_body}).bytes()));
    EXPECT_EQ(challenge->body().nonce.size(), 16U);
}

TEST_F(Challenges, AreInSha1ForAnOldPeer) {
    std::string old = request;
    old.replace(0, 4, std::string{"\2\6\2\6"});
    const auto challenge =
        challenges.issue(*protocol::decode_message(bytes_of(old)), bytes_of(old));
    EXPECT_EQ(challenge->digest_algorithm, protocol::DigestAlgorithm::sha1);
    EXPECT_EQ(challenge->request_digest.bytes().size(), 20U);
}

TEST_F(Challenges, AreAllDifferent) {
    std::set<std::uint32_t> ids;
    std::set<std::string> nonces;
    for (int round = 0; round < 1000; ++round) {
        const auto challenge = issue(challenges);
        ids.insert(challenge->id);
        nonces.insert(test::hex_from_bytes(challenge->nonce));
    }
    EXPECT_EQ(ids.size(), 1000U);
    EXPECT_EQ(nonces.size(), 1000U);
}

TEST_F(Challenges, LiveForAMinuteAndNotASecondLonger) {
    const auto first = issue(challenges);
    clock.time += 1;
    const auto second = issue(challenges);
    clock.time += 59;
    EXPECT_FALSE(take(challenges, first->id));
    EXPECT_TRUE(take(challenges, second->id));
}

TEST_F(Challenges, OutliveAClockThatIsSetBack) {
    const auto challenge = issue(challenges);
    clock.time -= 1000;
    EXPECT_TRUE(take(challenges, challenge->id));
}

TEST_F(Challenges, ThatAreOverMakeRoomByThemselves) {
    for (int round = 0; round < 10; ++round) issue(challenges);
    clock.time += 60;
    issue(challenges);
    EXPECT_EQ(challenges.count(), 1U);
    EXPECT_EQ(challenges.octets(), request.size());
}

TEST_F(Challenges, OfOneSessionAllHaveItsIdAndAreAnsweredInAnyOrder) {
    std::vector<OpenChallenge> asked;
    for (int each = 0; each < 3; ++each) asked.push_back(*issue(challenges, 99));
    const ChallengedRequests found = challenges.find(99);
    ASSERT_EQ(found.size(), 3U);
    for (std::size_t at = 0; at < found.size(); ++at) {
        EXPECT_EQ(found[at]->challenge.id, 99U);
        EXPECT_EQ(found[at]->challenge.nonce, asked[at].nonce) << "the oldest first";
    }
    EXPECT_TRUE(challenges.take(asked[1]));
    EXPECT_FALSE(challenges.take(asked[1])) << "each once";
    EXPECT_EQ(challenges.find(99).size(), 2U);
    EXPECT_TRUE(challenges.take(asked[2]));
    EXPECT_TRUE(challenges.take(asked[0]));
    EXPECT_TRUE(challenges.find(99).empty());
    EXPECT_EQ(challenges.octets(), 0U);
}

TEST_F(Challenges, OfOneSessionDriveOutItsOldestWhenThereAreTooMany) {
    ChallengeTable table{{.per_session_max = 2}, clock};
    issue(table, 77);
    const auto first = issue(table, 99);
    clock.time += 1;
    const auto second = issue(table, 99);
    const auto third = issue(table, 99);
    EXPECT_EQ(table.count(), 3U);
    EXPECT_FALSE(table.take(*first));
    clock.time += 59;
    EXPECT_TRUE(table.find(77).empty());
    EXPECT_EQ(table.find(99).size(), 2U);
    EXPECT_TRUE(table.take(*second));
    EXPECT_TRUE(table.take(*third));
}

TEST_F(Challenges, DriveOutTheOldestWhenThereAreTooMany) {
    ChallengeTable table{{.count_max = 3}, clock};
    std::vector<std::uint32_t> ids(4);
    for (std::uint32_t& id : ids) id = issue(table)->id;
    EXPECT_EQ(table.count(), 3U);
    EXPECT_FALSE(take(table, ids[0]));
    for (std::size_t at = 1; at < 4; ++at) EXPECT_TRUE(take(table, ids[at])) << at;
}

TEST_F(Challenges, DriveOutTheOldestWhenTheyHoldTooManyOctets) {
    ChallengeTable table{{.octets_max = 3 * request.size()}, clock};
    std::vector<std::uint32_t> ids(4);
    for (std::uint32_t& id : ids) id = issue(table)->id;
    EXPECT_EQ(table.octets(), 3 * request.size());
    EXPECT_FALSE(take(table, ids[0]));
    EXPECT_TRUE(take(table, ids[1]));
}

TEST_F(Challenges, AreNotGivenForARequestThatWouldDriveOutAllOthersAndNotFit) {
    ChallengeTable table{{.octets_max = request.size() - 1}, clock};
    EXPECT_FALSE(issue(table));
    ChallengeTable none{{.count_max = 0}, clock};
    EXPECT_FALSE(issue(none));
    ChallengeTable just{{.octets_max = request.size()}, clock};
    EXPECT_TRUE(issue(just));
    EXPECT_TRUE(issue(just));
    EXPECT_EQ(just.count(), 1U);
}

TEST_F(Challenges, AreAnsweredOnceWhicheverThreadComesFirst) {
    std::vector<std::uint32_t> ids(1000);
    for (std::uint32_t& id : ids) id = issue(challenges)->id;
    std::array<std::size_t, 2> taken{};
    std::vector<std::thread> threads;
    threads.reserve(taken.size());
    for (std::size_t& count : taken)
        threads.emplace_back([&] {
            for (const std::uint32_t id : ids) count += take(challenges, id) ? 1 : 0;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(taken[0] + taken[1], 1000U);
    EXPECT_EQ(challenges.octets(), 0U);
}

limits::Source source(std::uint32_t number) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = number;
    return limits::Source::of_stream(std::as_bytes(std::span{&address, 1}));
}

TEST_F(Challenges, OfOneSourceDriveOutTheirOwnOldestWhenTheyHaveTheirShare) {
    ChallengeTable table{{.count_max = 100, .per_source_max = 3}, clock};
    const auto message = protocol::decode_message(bytes_of(request));
    const auto issue_to = [&](std::uint32_t number) {
        return table.issue(*message, bytes_of(request), 0, source(number))->id;
    };
    const std::uint32_t other = issue_to(2);
    std::vector<std::uint32_t> ids;
    for (int each = 0; each < 4; ++each) ids.push_back(issue_to(1));
    EXPECT_EQ(table.count(), 4U);
    EXPECT_FALSE(take(table, ids[0]));
    EXPECT_EQ(take(table, ids[3])->source, source(1));
    const std::uint32_t next = issue_to(1);
    EXPECT_TRUE(take(table, ids[1])) << "the share has a place again";
    EXPECT_TRUE(take(table, ids[2]));
    EXPECT_TRUE(take(table, next));
    EXPECT_TRUE(take(table, other));
}

TEST_F(Challenges, OfOneSourceMayBeAllWithoutALimit) {
    ChallengeTable table{{.count_max = 5, .per_source_max = 0}, clock};
    std::vector<std::uint32_t> ids(5);
    for (std::uint32_t& id : ids) id = issue(table)->id;
    for (const std::uint32_t id : ids) EXPECT_TRUE(take(table, id));
}

TEST_F(Challenges, AreCountedByWhatBecomesOfThem) {
    ChallengeTable table{{.count_max = 2}, clock};
    std::vector<std::uint32_t> ids(3);
    for (std::uint32_t& id : ids) id = issue(table)->id;
    EXPECT_FALSE(take(table, ids[0]));
    EXPECT_TRUE(take(table, ids[1]));
    clock.time += 60;
    EXPECT_FALSE(take(table, ids[2]));
    issue(table);
    clock.time += 60;
    issue(table);
    const ChallengeTable::Figures figures = table.figures();
    EXPECT_EQ(figures.issued, 5U);
    EXPECT_EQ(figures.answered, 1U);
    EXPECT_EQ(figures.displaced, 1U);
    EXPECT_EQ(figures.unknown, 1U);
    EXPECT_EQ(figures.expired, 2U);
    EXPECT_EQ(figures.waiting, 1U);
}

}  // namespace
}  // namespace idnode::resolver::auth
