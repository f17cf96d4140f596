// What CNRI's client and Handle.net 9.3.1 said to each other about administration and in sessions,
// played again: the real node answers the captured requests, and its answers must be the captured
// ones, field by field.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/authentication.hpp"
#include "resolver/auth/session_mac.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/replay.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/conversations.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/records.hpp"

namespace idnode::end_to_end {

/// How GoogleTest shows a difference.
inline void PrintTo(const Difference& difference, std::ostream* out) {
    *out << difference.field << ": captured " << difference.captured << ", here "
         << difference.ours;
}

namespace {

using protocol::bytes_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace op_flag = protocol::op_flag;

/// Where the node answers otherwise than the captured server, on purpose.
struct Exception {
    std::string_view conversation;
    std::vector<std::string_view> fields;
    std::string_view reason;
};

const std::vector<Exception>& exceptions() {
    static const std::vector<Exception> all{
        {"030-create-exists",
         {"session id", "message length", "response code", "op flags"},
         "the same values are created a second later, as by a client that has lost the first "
         "answer: when it proves that it is the same client, it is told that this was done; so it "
         "is asked who it is"},
        {"054-list-handles",
         {"spelling of listed handles"},
         "Handle.net lists the folded keys of its store; here handles are listed as they were "
         "registered, which is the same to whoever compares them as handles are compared"},
    };
    return all;
}

/// Takes the exceptional differences of a conversation away, and says which are missing.
void take_exceptions(const std::string& conversation, Differences& differences) {
    for (const Exception& exception : exceptions()) {
        if (exception.conversation != conversation) continue;
        for (const std::string_view field : exception.fields)
            EXPECT_EQ(std::erase_if(differences,
                                    [&](const Difference& each) { return each.field == field; }),
                      1U)
                << conversation << " is no exception any more in its " << field << ": "
                << exception.reason;
    }
}

class CapturedClients : public ::testing::Test {
protected:
    void SetUp() override {
        prepare_captured_world(node_);
        node_.start();
    }

    Node node_;
};

TEST_F(CapturedClients, AreAnsweredAsTheyWereByTheCapturedServer) {
    Replay replay{node_};
    const auto order = captured_order();
    EXPECT_EQ(order.size(), 43U + 3U);
    for (const std::string& name : order) {
        Differences differences = replay.play(name);
        take_exceptions(name, differences);
        EXPECT_THAT(differences, IsEmpty()) << "in conversation " << name;
    }
    const std::string log = node_.do_run({"log", "--json"});
    EXPECT_THAT(log, HasSubstr("300:88.111.1/ADMIN"));
    EXPECT_THAT(log, HasSubstr("301:88.111.1/ADMIN"));
    EXPECT_THAT(log, ::testing::Not(HasSubstr("NOBODY")));
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

/// What another server would ask us about the answer that a captured client gave to a challenge.
std::string verification_of(const std::string& conversation) {
    const test::Capture capture = test::read_conversation(conversation);
    const auto challenged = protocol::decode_message(bytes_of(capture.answers.front()));
    const auto challenge = protocol::decode_challenge(challenged->body);
    const auto answered = protocol::decode_message(bytes_of(capture.requests.back()));
    const auto answer = protocol::decode_challenge_answer(answered->body);
    return test::encoded([&](protocol::WireWriter& writer) {
        encode_verify_request(writer, {.handle = answer->handle,
                                       .index = answer->index,
                                       .nonce = challenge->nonce,
                                       .request_digest = challenge->request_digest,
                                       .signed_response = answer->signed_response});
    });
}

TEST_F(CapturedClients, AreVerifiedForOtherServersThatAsk) {
    TcpStream tcp{node_.handle()};
    const auto verified = [&](const std::string& body) {
        const Answer answer = operate(over(tcp), 201, body, std::nullopt);
        EXPECT_EQ(answer.code(), 1U);
        EXPECT_EQ(static_cast<std::uint32_t>(answer.header.op_code), 201U);
        return answer.body;
    };
    const std::string yes(1, '\1');
    const std::string no(1, '\0');
    for (const char* const name :
         {"026-resolve-secret-udp-seckey-auth", "032-create-seckey", "060-delete-s"})
        EXPECT_EQ(verified(verification_of(name)), yes) << name;
    for (const char* const name : {"033-create-wrong-secret", "034-create-unknown-admin"})
        EXPECT_EQ(verified(verification_of(name)), no) << name;
    // Whoever has a public key is verified by whoever asks, and not here.
    EXPECT_EQ(verified(verification_of("029-create-pubkey")), no);
    std::string changed = verification_of("032-create-seckey");
    changed.back() = static_cast<char>(changed.back() ^ 1);
    EXPECT_EQ(verified(changed), no);
    EXPECT_EQ(operate(over(tcp), 201, "nonsense", std::nullopt).code(), 4U);
}

TEST_F(CapturedClients, GetCertifiedAnswersAlsoOutsideOfSessions) {
    TcpStream tcp{node_.handle()};
    const Say say = over(tcp);
    const Answer site = ask(tcp, {.op_code = 2});
    const auto key = protocol::decode_public_key(
        bytes_of(protocol::decode_site(bytes_of(site.body))->servers.at(0).public_key));
    const auto is_certified = [&](const Answer& answer) {
        const auto message = protocol::decode_message(bytes_of(answer.wire));
        return answer.has_flag(op_flag::certify) &&
               resolver::auth::verify_certified(*key, *message).has_value();
    };
    const Credentials administrator{{"88.111.1/ADMIN", 301}, std::string{test::admin_secret}};
    const std::uint32_t flags = usual_flags | op_flag::certify;
    const std::string request = encode_operation(
        100,
        values_body("88.111.1/CERTIFIED", {test::open_value(1, "URL", "https://example.org/")}),
        flags, 7);
    const Answer challenged = say(request);
    EXPECT_EQ(challenged.code(), 402U);
    EXPECT_TRUE(is_certified(challenged));
    const Answer refused =
        say(answer_to_challenge(request, challenged, {administrator.identity, "wrong"}, 8));
    EXPECT_EQ(refused.code(), 403U);
    EXPECT_TRUE(is_certified(refused));
    const Answer listed =
        operate(say, 302, handle_body("/"), administrator, flags | op_flag::request_digest);
    EXPECT_EQ(listed.code(), 1U);
    EXPECT_TRUE(is_certified(listed));
    EXPECT_TRUE(listed.has_flag(op_flag::request_digest));
}

}  // namespace
}  // namespace idnode::end_to_end
