#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "protocol/handle/authentication.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t create = 100;
constexpr std::uint32_t remove_handle = 101;
constexpr std::uint32_t verify = 201;

constexpr const char* first_address = "127.0.0.1";
constexpr const char* second_address = "127.0.0.2";

const Credentials owner{{"0.NA/88.118.8", 300}, "a secret of the owner"};
const Credentials stranger{{"0.NA/88.118.9", 300}, "a secret of a stranger"};
const Credentials guesser{owner.identity, "a guess"};
const Credentials nobody{{"88.118.8/NOBODY", 300}, "a guess"};

/// A node whose limits are low enough to meet. What is not about time is exact; tokens come once a
/// second, so counts that take longer than that may be a few higher.
class Limits : public ::testing::Test {
protected:
    void start(const std::string& limits) {
        node_.home("88.118.8");
        node_.home("88.118.9");
        node_.import(prefix_record(owner) + prefix_record(stranger));
        node_.write_config("limits: {" + limits + "}\n");
        node_.start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    Say say_from(const std::string& address) {
        streams_.push_back(std::make_unique<TcpStream>(node_.handle(), address));
        return over(*streams_.back());
    }
    /// The answer to a request for a new handle.
    Answer make_handle(const Say& say, const std::optional<Credentials>& who) {
        const bool strange = who && who->identity == stranger.identity;
        const std::string prefix = strange ? "88.118.9" : "88.118.8";
        const std::string handle = prefix + "/H" + std::to_string(++handles_);
        return operate(say, create, values_body(handle, {admin_value(100, owner.identity)}), who);
    }
    std::uint32_t code(const Say& say, const std::optional<Credentials>& who) {
        return make_handle(say, who).code();
    }
    double refused(const std::string& reason) {
        return node_.metric("idnode_refusals_total{reason=\"" + reason + "\"}");
    }

    Node node_;

private:
    std::vector<std::unique_ptr<TcpStream>> streams_;
    int handles_ = 0;
};

TEST_F(Limits, OfRequestsAreForEachSourceByItself) {
    start("source_requests_per_second: 1, source_requests_burst: 20");
    const Say say = say_from(first_address);
    for (int each = 0; each < 20; ++each) ASSERT_EQ(code(say, std::nullopt), 402U) << each;
    Answer answer = make_handle(say, std::nullopt);
    for (int each = 0; each < 20 && answer.code() == 402; ++each)
        answer = make_handle(say, std::nullopt);
    EXPECT_EQ(answer.code(), 3U);
    EXPECT_THAT(sentence_of(answer), HasSubstr("from your address"));
    EXPECT_EQ(static_cast<std::uint32_t>(answer.header.op_code), create);
    EXPECT_GE(refused("source_requests_limit"), 1);
    // Another connection is no way round it, and another transport only where addresses are sure.
    HttpConnection tunnel{node_.http()};
    std::uint32_t through_tunnel = code(over(tunnel), std::nullopt);
    for (int each = 0; each < 5 && through_tunnel == 402; ++each)
        through_tunnel = code(over(tunnel), std::nullopt);
    EXPECT_EQ(through_tunnel, 3U);
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(code(over(udp), std::nullopt), 402U);
    EXPECT_EQ(code(say_from(second_address), std::nullopt), 402U);
}

TEST_F(Limits, OfRequestsAreNotForLookUps) {
    start("source_requests_per_second: 1, source_requests_burst: 1");
    TcpStream tcp{node_.handle()};
    while (code(over(tcp), std::nullopt) != 3U) {}
    UdpSocket udp{node_.handle()};
    for (int each = 0; each < 1000; ++each) {
        ASSERT_EQ(ask(tcp, {.handle = "0.NA/88.118.8"}).code(), 1U);
        ASSERT_EQ(ask(udp, {.handle = "0.NA/88.118.8"}).code(), 1U);
    }
}

TEST_F(Limits, OfRequestsAreForEachIdentityByItself) {
    start("identity_requests_per_second: 1, identity_requests_burst: 10");
    const Say say = say_from(first_address);
    for (int each = 0; each < 10; ++each) ASSERT_EQ(code(say, owner), 1U) << each;
    Answer answer = make_handle(say, owner);
    for (int each = 0; each < 10 && answer.code() == 1; ++each) answer = make_handle(say, owner);
    EXPECT_EQ(answer.code(), 3U);
    EXPECT_THAT(sentence_of(answer), HasSubstr("too much at once"));
    EXPECT_EQ(code(say_from(second_address), owner), 3U) << "wherever he asks from";
    EXPECT_EQ(code(say, stranger), 1U);
    EXPECT_GE(refused("identity_requests_limit"), 2);
}

TEST_F(Limits, OfChallengesDriveOutTheOldestOfTheSameSource) {
    start("source_challenges_max: 3");
    const Say say = say_from(first_address);
    const Say elsewhere = say_from(second_address);
    const auto challenge = [&](const Say& sender, int number) {
        const std::string handle = "88.118.8/C" + std::to_string(number);
        std::string request = encode_operation(
            create, values_body(handle, {admin_value(100, owner.identity)}), usual_flags, 9);
        return std::pair{request, sender(request)};
    };
    const auto answer = [&](const Say& sender, const auto& challenged) {
        return sender(answer_to_challenge(challenged.first, challenged.second, owner, 10)).code();
    };
    const auto other = challenge(elsewhere, 0);
    std::vector<std::pair<std::string, Answer>> challenges;
    for (int number = 1; number <= 4; ++number) challenges.push_back(challenge(say, number));
    EXPECT_EQ(answer(say, challenges[0]), 405U);
    for (int number = 1; number < 4; ++number) EXPECT_EQ(answer(say, challenges[number]), 1U);
    EXPECT_EQ(answer(elsewhere, other), 1U);
    EXPECT_EQ(node_.metric("idnode_challenges_total{outcome=\"displaced\"}"), 1);
    EXPECT_EQ(node_.metric("idnode_challenges_total{outcome=\"answered\"}"), 4);
    EXPECT_EQ(node_.metric("idnode_challenges_total{outcome=\"unknown\"}"), 1);
}

TEST_F(Limits, OfWorkEndKeyAgreements) {
    start("source_work_per_second: 1, source_work_burst: 8");
    const Say say = say_from(first_address);
    std::string refusal;
    int opened = 0;
    for (; refusal.empty() && opened < 30; ++opened) try {
            const Session session{say, owner.identity};
        } catch (const std::runtime_error& error) {
            refusal = error.what();
        }
    EXPECT_THAT(refusal, HasSubstr("no session: 3"));
    EXPECT_GT(opened, 8);
    EXPECT_GE(refused("source_work_limit"), 1);
    EXPECT_NO_THROW((Session{say_from(second_address), owner.identity}));
    EXPECT_EQ(code(say_from(second_address), owner), 1U);
}

TEST_F(Limits, OfWorkOverUdpSendTheClientToTcp) {
    start("datagram_work_per_second: 1, datagram_work_burst: 2");
    std::string refusal;
    for (int each = 0; refusal.empty() && each < 20; ++each) try {
            UdpSocket udp{node_.handle(), "127.0.0." + std::to_string(10 + each)};
            const Session session{over(udp), owner.identity};
        } catch (const std::runtime_error& error) {
            refusal = error.what();
        }
    EXPECT_THAT(refusal, HasSubstr("no session: 2"));
    EXPECT_GE(refused("datagram_work_limit"), 1);
    EXPECT_NO_THROW((Session{say_from(first_address), owner.identity}));
}

TEST_F(Limits, OfWorkAreNotForProofsThatHold) {
    start("source_work_per_second: 1, source_work_burst: 1");
    const Say say = say_from(first_address);
    for (int each = 0; each < 50; ++each) ASSERT_EQ(code(say, owner), 1U) << each;
    EXPECT_EQ(node_.metric("idnode_proofs_total{outcome=\"proven\"}"), 50);
}

TEST_F(Limits, OfWorkEndProofsThatFailWhoeverTheyAreOf) {
    start("source_work_per_second: 1, source_work_burst: 4, login_failures_max: 0");
    const Say say = say_from(first_address);
    Answer answer;
    int failed = 0;
    for (; failed < 30 && answer.code() != 3; ++failed) {
        const Credentials somebody{{"88.118.8/N" + std::to_string(failed), 300}, "a guess"};
        answer = make_handle(say, somebody);
    }
    EXPECT_GT(failed, 4);
    EXPECT_THAT(sentence_of(answer), HasSubstr("Too many proofs from your address"));
}

TEST_F(Limits, OfSignaturesAreForAdministrationAsWell) {
    node_.write_config("{workers: 1, signatures_per_second_max: 10}\n");
    node_.home("88.118.8");
    node_.import(prefix_record(owner));
    node_.start();
    TcpStream stream{node_.handle(), first_address};
    const std::uint32_t certified = usual_flags | protocol::op_flag::certify;
    constexpr std::uint32_t requests = 40;  // of which a second has five
    const auto begin = Clock::now();
    std::string all;
    for (std::uint32_t id = 0; id < requests; ++id)
        all += encode_operation(remove_handle, handle_body("88.118.8/NONE"), certified, id);
    stream.send(all);
    std::uint32_t signed_ones = 0;
    for (std::uint32_t id = 0; id < requests; ++id) {
        const Answer answer = decode(receive_message(stream));
        const bool is_signed = !answer.credential.empty();
        EXPECT_EQ(answer.code(), is_signed ? 402U : 3U);
        signed_ones += is_signed ? 1 : 0;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
    EXPECT_GE(signed_ones, 5U);
    EXPECT_LE(signed_ones, 5U * (static_cast<std::uint32_t>(seconds.count()) + 2));
    EXPECT_EQ(refused("administrative_signature_limit"), requests - signed_ones);

    const Say say = over(stream);
    Session session{say, owner.identity};
    const auto guarded = [&](std::uint32_t id) {
        return session.guard(encode_operation(remove_handle, handle_body("88.118.8/NONE"),
                                              certified, id, session.id()));
    };
    const std::string first = guarded(100);
    const Answer challenged = say(first);
    ASSERT_EQ(say(answer_to_challenge(first, challenged, owner, 101)).code(), 100U);
    for (std::uint32_t id = 102; id < 102 + requests; ++id)
        EXPECT_EQ(say(guarded(id)).code(), 100U) << "a MAC is not a signature";
}

TEST_F(Limits, OfFailedProofsDelayTheNextEvenIfItIsRight) {
    start("login_failures_max: 3");
    const Say say = say_from(first_address);
    for (const Credentials& who : {guesser, nobody}) {
        const std::uint32_t expected = who.identity == owner.identity ? 403 : 400;
        for (int each = 0; each < 3; ++each) EXPECT_EQ(code(say, who), expected);
        Answer answer = make_handle(say, who);
        // The first second may have been over at once, but not the two behind it as well.
        if (answer.code() == expected) answer = make_handle(say, who);
        EXPECT_EQ(answer.code(), 3U);
        EXPECT_THAT(sentence_of(answer), HasSubstr("of this identity have failed"));
        EXPECT_EQ(static_cast<std::uint32_t>(answer.header.op_code), create);
    }
    EXPECT_EQ(code(say_from(second_address), owner), 1U) << "the owner is elsewhere";
    std::this_thread::sleep_for(std::chrono::milliseconds{3100});
    EXPECT_EQ(code(say, owner), 1U);
    for (int each = 0; each < 2; ++each) EXPECT_EQ(code(say, guesser), 403U) << "it is forgotten";
    EXPECT_EQ(code(say, owner), 1U);
    EXPECT_GE(refused("login_delay"), 2);
    EXPECT_GE(node_.metric("idnode_proofs_total{outcome=\"delayed\"}"), 2);
}

TEST_F(Limits, OfFailedProofsFromManySourcesDoNotHoldUpTheOwner) {
    start("identity_login_failures_max: 5, identity_login_delay_seconds_max: 1");
    const Say at_home = say_from(first_address);
    ASSERT_EQ(code(at_home, owner), 1U);
    for (int number = 10; number < 15; ++number)
        EXPECT_EQ(code(say_from("127.0.0." + std::to_string(number)), guesser), 403U);
    // Where he never was he has to wait; the second may be over at once, but not every time.
    std::uint32_t on_the_road = 1;
    for (int number = 20; number < 23 && on_the_road == 1; ++number) {
        code(say_from("127.0.1." + std::to_string(number)), guesser);
        on_the_road = code(say_from("127.0.2." + std::to_string(number)), owner);
    }
    EXPECT_EQ(on_the_road, 3U);
    EXPECT_EQ(code(at_home, owner), 1U);
    std::this_thread::sleep_for(std::chrono::milliseconds{2100});
    EXPECT_EQ(code(say_from(second_address), owner), 1U);
}

TEST_F(Limits, OfFailedProofsAreForThoseThatPeersHaveVerifiedAsWell) {
    start("login_failures_max: 3");
    const Say say = say_from(first_address);
    const std::string nonce(16, 'n');
    const std::string digest(32, 'd');
    const auto ask_about = [&](std::string_view secret) {
        const auto response = resolver::auth::make_secret_response(
            protocol::SecretKeyForm::hmac_sha256, protocol::bytes_of(secret),
            protocol::bytes_of(nonce), protocol::bytes_of(digest));
        std::array<std::byte, 512> room;
        protocol::WireWriter writer{room};
        encode_verify_request(writer,
                              {.handle = owner.identity.handle,
                               .index = 300,
                               .nonce = protocol::bytes_of(nonce),
                               .request_digest = {.algorithm = protocol::DigestAlgorithm::sha256,
                                                  .octets = protocol::bytes_of(digest)},
                               .signed_response = protocol::bytes_of(*response)});
        return say(encode_operation(verify, protocol::text_of(writer.written()), usual_flags, 4));
    };
    EXPECT_EQ(ask_about(owner.secret).body, std::string(1, '\1'));
    for (int each = 0; each < 3; ++each) EXPECT_EQ(ask_about("a guess").body, std::string(1, '\0'));
    // The first second may have been over at once, but not the two behind it as well.
    if (ask_about("a guess").code() == 1) ask_about("a guess");
    EXPECT_EQ(ask_about(owner.secret).code(), 3U);
}

TEST_F(Limits, AChallengeIsNotAnsweredByDatagramsFromAnotherAddress) {
    start("");
    const std::string request = encode_operation(
        create, values_body("88.118.8/UDP", {admin_value(100, owner.identity)}), usual_flags, 5);
    const auto answer_from = [&](const char* address) {
        UdpSocket here{node_.handle()};
        UdpSocket there{node_.handle(), address};
        const Answer challenged = over(here)(request);
        EXPECT_EQ(challenged.code(), 402U);
        return over(there)(answer_to_challenge(request, challenged, owner, 6)).code();
    };
    EXPECT_EQ(answer_from(second_address), 405U);
    EXPECT_EQ(answer_from(first_address), 1U);
}

TEST_F(Limits, ThatAreUsualAreNotMetByABusyClient) {
    start("");
    const Say say = say_from(first_address);
    Session session{say, owner.identity};
    const auto guarded = [&](int number) {
        const std::string handle = "88.118.8/B" + std::to_string(number);
        return session.guard(
            encode_operation(create, values_body(handle, {admin_value(100, owner.identity)}),
                             usual_flags, 8, session.id()));
    };
    const std::string first = guarded(0);
    const Answer challenged = say(first);
    ASSERT_EQ(say(answer_to_challenge(first, challenged, owner, 9)).code(), 1U);
    for (int number = 1; number < 500; ++number) ASSERT_EQ(say(guarded(number)).code(), 1U);
    EXPECT_EQ(node_.metric("idnode_sessions "), 1);
    EXPECT_EQ(node_.metric("idnode_changes_total{operation=\"create_handle\",outcome=\"done\"}"),
              500);
    EXPECT_EQ(node_.metric("idnode_commit_changes_total"), 500);
    EXPECT_GE(node_.metric("idnode_commits_total"), 1);
    EXPECT_GT(node_.metric("idnode_commit_seconds_total"), 0);
    EXPECT_EQ(node_.metric("idnode_waiting_changes "), 0);
    EXPECT_EQ(node_.metric("idnode_responses_total{code=\"402\""), 1);
}

}  // namespace
}  // namespace idnode::end_to_end
