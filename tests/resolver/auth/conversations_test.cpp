// What CNRI's client and Handle.net 9.3.1 proved to each other in the captured conversations, with
// the keys that they had: every signature, MAC and ciphertext verifies here, and all that can be
// made again comes out with the same octets.

#include <gtest/gtest.h>

#include <string>

#include "resolver/auth/authenticate.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/resolver/auth/captured_sessions.hpp"
#include "tests/resolver/captured_server.hpp"
#include "tests/support/reencoded.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::Message;
using protocol::OpCode;
using protocol::ResponseCode;
using protocol::text_of;

const std::string server_key = test::bytes_from_hex(test::server_public_key_hex);

/// The one handle of the captured server that holds keys.
std::optional<std::vector<protocol::Value>> find_captured_values(std::string_view handle) {
    static const auto values = [] {
        auto record = captured_record("88.111.1/ADMIN",
                                      test::read_capture("022-resolve-secret-public-only").answers);
        record.values.push_back(
            test::hidden_value(301, "HS_SECKEY", std::string{test::admin_secret}, 0));
        return record.values;
    }();
    if (handle != "88.111.1/ADMIN") return std::nullopt;
    return values;
}

/// A challenge together with the request before and its answer behind.
struct Exchange {
    std::string conversation;
    OpenChallenge challenge;
    CapturedMessage request, answer, outcome;
};

DigestValue copy_of(Bytes octets) {
    DigestValue value{octets.size()};
    std::copy(octets.begin(), octets.end(), value.room().begin());
    return value;
}

std::vector<Exchange> captured_exchanges() {
    const auto messages = captured_conversation_messages();
    std::vector<Exchange> exchanges;
    for (std::size_t at = 3; at < messages.size(); ++at) {
        if (messages[at - 1].decoded().header.op_code != OpCode::challenge_response) continue;
        const Message challenge = messages[at - 2].decoded();
        const auto body = protocol::decode_challenge(challenge.body);
        Exchange exchange{.conversation = messages[at].conversation,
                          .challenge = {},
                          .request = messages[at - 3],
                          .answer = messages[at - 1],
                          .outcome = messages[at]};
        exchange.challenge.id = challenge.envelope.session_id;
        exchange.challenge.digest_algorithm = body->request_digest.algorithm;
        exchange.challenge.request_digest = copy_of(body->request_digest.octets);
        std::copy(body->nonce.begin(), body->nonce.end(), exchange.challenge.nonce.begin());
        exchanges.push_back(std::move(exchange));
    }
    return exchanges;
}

TEST(CapturedConversations, DecodeAndEncodeBackToTheSameOctetsOnceTheyAreDecrypted) {
    std::size_t encrypted = 0;
    for (const CapturedMessage& message : captured_conversation_messages()) {
        if (message.sent == message.clear) continue;
        ++encrypted;
        ASSERT_FALSE(message.clear.empty()) << message.conversation;
        EXPECT_EQ(test::hex_from_bytes(test::reencoded(message.decoded())),
                  test::hex_from_bytes(message.clear));
    }
    EXPECT_EQ(encrypted, 12U);
}

TEST(CapturedConversations, EncryptToTheSameOctetsWithTheSameInitialVector) {
    for (const CapturedMessage& message : captured_conversation_messages()) {
        if (message.sent == message.clear) continue;
        const Bytes sent = bytes_of(message.sent);
        const auto& key = captured_session_keys().at(test::envelope_of(message.sent).session_id);
        EXPECT_EQ(test::hex_from_bytes(
                      encrypt_message_with(key, bytes_of(message.clear), sent.subspan(20, 16))),
                  test::hex_from_bytes(message.sent));
    }
}

TEST(CapturedConversations, AreProvenByTheirMacsWhichComeOutTheSame) {
    std::size_t macs = 0;
    std::map<std::pair<std::uint32_t, bool>, ReplayWindow> windows;
    for (const CapturedMessage& captured : captured_conversation_messages()) {
        const Message message = captured.decoded();
        if (message.credential.empty()) continue;
        const auto credential = protocol::decode_credential(message.credential);
        if (credential->type != protocol::Credential::type_mac) continue;
        ++macs;
        const std::uint32_t id = message.envelope.session_id;
        const SessionKey& key = captured_session_keys().at(id);
        const auto counter = verify_mac(key, message);
        ASSERT_TRUE(counter) << captured.conversation;
        EXPECT_EQ(*counter, credential->session_counter);
        const DigestValue mac =
            compute_mac(key, message.envelope, *counter, message.header_and_body);
        const std::string again = test::encoded([&](protocol::WireWriter& writer) {
            encode_credential(writer, make_mac_credential(mac, *counter));
        });
        EXPECT_EQ(test::hex_from_bytes(again),
                  test::hex_from_bytes(test::text4(text_of(message.credential))));
        EXPECT_TRUE((windows[{id, captured.request}].accept(*counter))) << captured.conversation;
        EXPECT_FALSE((windows[{id, captured.request}].accept(*counter)));
    }
    EXPECT_EQ(macs, 22U);
}

TEST(CapturedConversations, FailOnceAnyOctetThatAMacCoversIsAnother) {
    const auto request = test::read_conversation("062-session-dh-modify").requests.front();
    const SessionKey& key = captured_session_keys().at(98);
    ASSERT_TRUE(verify_mac(key, *protocol::decode_message(bytes_of(request))));
    std::size_t verified = 0;
    for (std::size_t at = 0; at < request.size(); ++at) {
        std::string changed = request;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto message = protocol::decode_message(bytes_of(changed));
        if (message && verify_mac(key, *message)) ++verified;
    }
    // Not covered: the sequence number (4), the credential's version, reserved octet, flags (4).
    // The message length is what it has to be. The signer's length is, but not to be empty.
    EXPECT_EQ(verified, 8U);
}

TEST(CapturedConversations, CarrySignaturesOfTheServer) {
    const auto key = protocol::decode_public_key(bytes_of(server_key));
    const auto other =
        protocol::decode_public_key(bytes_of(test::bytes_from_hex(test::admin_public_key_hex)));
    std::size_t signatures = 0;
    for (const CapturedMessage& captured : captured_conversation_messages()) {
        const Message message = captured.decoded();
        if (message.credential.empty()) continue;
        const auto credential = protocol::decode_credential(message.credential);
        if (credential->type != protocol::Credential::type_signed) continue;
        ++signatures;
        EXPECT_TRUE(verify_certified(*key, message)) << captured.conversation;
        EXPECT_EQ(verify_certified(*other, message).error(), errc::wrong_signature);
    }
    EXPECT_EQ(signatures, 5U);  // three sessions set up, two ended
}

TEST(CapturedChallenges, AreAboutTheRequestBeforeThem) {
    const auto exchanges = captured_exchanges();
    EXPECT_EQ(exchanges.size(), 26U);
    for (const Exchange& each : exchanges) {
        const DigestValue digest =
            digest_request(each.challenge.digest_algorithm, each.request.decoded().header_and_body);
        EXPECT_EQ(test::hex_from_bytes(digest.bytes()),
                  test::hex_from_bytes(each.challenge.request_digest.bytes()))
            << each.conversation;
    }
}

TEST(CapturedChallenges, AreAnsweredToTheCapturedOutcome) {
    for (const Exchange& each : captured_exchanges()) {
        const auto answer = protocol::decode_challenge_answer(each.answer.decoded().body);
        const Verdict verdict = authenticate(each.challenge, *answer, find_captured_values);
        const ResponseCode outcome = each.outcome.decoded().header.response_code;
        const bool refused = outcome == ResponseCode::authentication_failed ||
                             outcome == ResponseCode::invalid_admin;
        EXPECT_EQ(verdict.code, refused ? outcome : ResponseCode::success) << each.conversation;
        const std::string_view name = each.conversation;
        EXPECT_EQ(refused, name.starts_with("033") || name.starts_with("034")) << name;
        if (!refused) {
            EXPECT_EQ(verdict.identity,
                      (protocol::Reference{std::string{answer->handle}, answer->index}));
        }
    }
}

TEST(CapturedChallenges, AreAnsweredWithTheSameOctetsByTheSameKeys) {
    const std::string file = test::bytes_from_hex(test::admin_private_key_file_hex);
    const auto key = PrivateKey::decode(bytes_of(file));
    ASSERT_TRUE(key);
    std::size_t signatures = 0;
    std::size_t macs = 0;
    for (const Exchange& each : captured_exchanges()) {
        const auto answer = protocol::decode_challenge_answer(each.answer.decoded().body);
        const Bytes nonce = each.challenge.nonce;
        const Bytes digest = each.challenge.request_digest.bytes();
        if (answer->type == "HS_PUBKEY") {
            ++signatures;
            const auto response = protocol::decode_public_key_response(answer->signed_response);
            EXPECT_EQ(test::hex_from_bytes(key->sign(Digest::sha256, {nonce, digest})),
                      test::hex_from_bytes(response->signature));
        } else if (!each.conversation.starts_with("033") && !each.conversation.starts_with("034")) {
            ++macs;
            const auto response = protocol::decode_secret_key_response(answer->signed_response);
            EXPECT_EQ(response->iterations, 10'000U);
            EXPECT_EQ(response->key_bits, 160U);
            const auto mac =
                compute_secret_mac(bytes_of(test::admin_secret), nonce, digest, *response);
            EXPECT_EQ(test::hex_from_bytes(mac->bytes()), test::hex_from_bytes(response->mac));
        }
    }
    EXPECT_EQ(signatures, 21U);
    EXPECT_EQ(macs, 3U);
}

TEST(CapturedAgreements, GiveTheCapturedKeys) {
    for (const test::CapturedSession& session : test::captured_sessions) {
        const auto conversation = test::read_conversation(std::string{session.conversation});
        const auto setup = protocol::decode_message(bytes_of(conversation.requests.front()));
        const auto request = protocol::decode_session_setup_request(setup->body);
        const auto sent = protocol::decode_public_key(request->exchange_key);
        const DhKeyPair client = DhKeyPair::with_numbers(
            DhGroup::oakley_2, test::bytes_from_hex(session.client_private_hex),
            std::get<protocol::DhPublicKey>(*sent).y);
        EXPECT_EQ(test::hex_from_bytes(protocol::encode_public_key(client.public_key())),
                  test::hex_from_bytes(request->exchange_key));
        const auto answer = protocol::decode_message(bytes_of(conversation.answers.front()));
        const auto response =
            protocol::decode_session_setup_response(protocol::decode_answer_body(*answer)->rest);
        const auto key = finish_agreement(client, response->data);
        ASSERT_TRUE(key);
        EXPECT_EQ(key->cipher, protocol::SessionCipher::aes);
        EXPECT_EQ(test::hex_from_bytes(key->key.bytes()), session.key_hex);
    }
}

}  // namespace
}  // namespace idnode::resolver::auth
