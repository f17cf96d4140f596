// Requests that CNRI's, CAICT's and teleinfo's clients sent to Handle.net 9.3.1, answered by this
// node with the same records: its answers must be the captured ones, octet for octet.

#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/credential.hpp"
#include "resolver/net/handle_framing.hpp"
#include "resolver/net/reassembler.hpp"
#include "tests/resolver/captured_server.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::Message;
using protocol::ResponseCode;
using test::ExactBuffer;

bool is_industrial(std::string_view name) { return name.front() < '0' || name.front() > '9'; }

std::vector<std::string> names_of_cnri_captures() {
    auto names = test::capture_names();
    std::erase_if(names, is_industrial);
    return names;
}

/// The request as the UDP listener puts it together.
std::string reassembled(const std::vector<std::string>& datagrams) {
    if (datagrams.size() == 1) return datagrams.front();
    WorkerMetrics metrics;
    Reassembler reassembler{{}, metrics};
    std::string whole;
    for (const std::string& datagram : datagrams)
        if (const auto message = reassembler.add("peer", ExactBuffer{bytes_of(datagram)}, {}))
            whole = protocol::text_of(*message);
    return whole;
}

/// The captured answer in one piece. To a split request Handle.net gives an answer with the
/// truncated flag even when it fits one datagram (044); here the UDP listener sets that flag.
std::string expected_answer(const test::Capture& capture) {
    std::string answer = test::joined(capture.answers);
    if (capture.requests.size() > 1) answer[2] = static_cast<char>(answer[2] & ~0x20);
    return answer;
}

/// The size of what stands before the signature: everything that does not depend on the key.
std::size_t size_before_signature(std::string_view answer) {
    const auto message = protocol::decode_message(bytes_of(answer));
    if (message->credential.empty()) return answer.size();
    const auto credential = protocol::decode_credential(message->credential);
    return answer.size() - credential->signature.size();
}

/// Whether the certified answer is signed by the owner of the key (WIRE.md §4): version and
/// suggested version, session id, request id, session counter, header, body.
bool is_signed_by(std::string_view public_key, std::string_view answer) {
    const auto message = protocol::decode_message(bytes_of(answer));
    const auto credential = protocol::decode_credential(message->credential);
    std::string preamble{answer.substr(0, 12)};
    preamble[2] = static_cast<char>(preamble[2] & 0x1f);
    preamble += test::number4(credential->session_counter);
    return verify_signature(public_key, ServerKey::Digest::sha256,
                            {bytes_of(preamble), message->header_and_body}, credential->signature);
}

class CapturedExchange : public testing::TestWithParam<std::string> {};

TEST_P(CapturedExchange, IsAnsweredWithTheCapturedOctets) {
    const test::Capture capture = test::read_capture(GetParam());
    const std::string expected = expected_answer(capture);
    CapturedServer server{time_of(expected)};
    const std::string request = reassembled(capture.requests);
    const std::string answer = server.answer(ExactBuffer{bytes_of(request)});
    ASSERT_EQ(answer.size(), expected.size());
    const std::size_t compared = size_before_signature(expected);
    EXPECT_EQ(test::hex_from_bytes(answer.substr(0, compared)),
              test::hex_from_bytes(expected.substr(0, compared)));
    if (compared < expected.size()) {
        EXPECT_TRUE(is_signed_by(signing_key().public_key(), answer));
        EXPECT_TRUE(is_signed_by(test::bytes_from_hex(test::server_public_key_hex), expected));
        EXPECT_FALSE(is_signed_by(signing_key().public_key(), expected));
    }
}

TEST_P(CapturedExchange, IsRefusedInEachProperPrefixOfItsRequest) {
    const test::Capture capture = test::read_capture(GetParam());
    CapturedServer server{time_of(expected_answer(capture))};
    const std::string request = reassembled(capture.requests);
    for (std::size_t size = 0; size < request.size(); ++size) {
        const std::string answer = server.answer(ExactBuffer{bytes_of(request).first(size)});
        if (size < protocol::Envelope::wire_size) {
            EXPECT_EQ(answer, "") << size;
            continue;
        }
        const auto message = protocol::decode_message(bytes_of(answer));
        ASSERT_TRUE(message) << size;
        EXPECT_EQ(message->header.response_code, ResponseCode::protocol_error) << size;
        EXPECT_EQ(message->envelope.request_id, test::envelope_of(request).request_id) << size;
    }
}

INSTANTIATE_TEST_SUITE_P(HandleNet931, CapturedExchange,
                         testing::ValuesIn(names_of_cnri_captures()), [](const auto& param) {
                             std::string name = param.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(CapturedExchanges, AreAllThere) { EXPECT_EQ(names_of_cnri_captures().size(), 29U); }

/// Everything that one client sent, answered as on one TCP connection.
std::vector<std::string> answers_on_one_connection(CapturedServer& server,
                                                   const std::vector<std::string>& requests) {
    const Config config;
    HandleFraming framing{server.service(), config};
    std::string sent;
    for (const std::string& request : requests) sent += request;
    std::vector<std::string> answers;
    while (!sent.empty()) {
        OutBuffer out;
        const auto progress = framing.consume(server.lookup(), ExactBuffer{bytes_of(sent)}, out);
        EXPECT_FALSE(progress.close);
        if (progress.consumed == 0) break;
        sent.erase(0, progress.consumed);
        answers.emplace_back(protocol::text_of(out.bytes()));
    }
    EXPECT_EQ(sent, "");
    return answers;
}

TEST(TeleinfoPool, IsAnsweredAsHandleNetDoesAlthoughBodiesEndInAnAuthenticationField) {
    const test::Capture capture = test::read_capture("teleinfo-pool");
    CapturedServer server{time_of(capture.answers.front())};
    const auto answers = answers_on_one_connection(server, capture.requests);
    ASSERT_EQ(answers.size(), 6U);
    for (std::size_t at = 0; at < answers.size(); ++at)
        EXPECT_EQ(test::hex_from_bytes(answers[at]), test::hex_from_bytes(capture.answers[at]));
}

TEST(CaictLongConnection, IsAnsweredBeyondTheFirstRequestWhereHandleNetCloses) {
    const test::Capture capture = test::read_capture("caict-long-connection");
    CapturedServer server{time_of(capture.answers.front())};
    const auto answers = answers_on_one_connection(server, capture.requests);
    ASSERT_EQ(answers.size(), 5U);
    EXPECT_EQ(test::hex_from_bytes(answers[0]), test::hex_from_bytes(capture.answers[0]));
    const auto pool = test::read_capture("teleinfo-pool").answers;
    for (std::size_t at = 1; at < 4; ++at) {
        const auto answer = protocol::decode_message(bytes_of(answers[at]));
        EXPECT_EQ(answer->header.response_code, ResponseCode::success);
        EXPECT_EQ(answer->envelope.version, (protocol::Version{2, 10}));
        EXPECT_EQ(answer->envelope.request_id, test::envelope_of(capture.requests[at]).request_id);
        // The body is the one that teleinfo's client gets for the same handle.
        const auto same = protocol::decode_message(bytes_of(pool[at - 1]));
        EXPECT_EQ(protocol::text_of(answer->body), protocol::text_of(same->body));
    }
    const auto last = protocol::decode_message(bytes_of(answers[4]));
    EXPECT_EQ(last->header.response_code, ResponseCode::handle_not_found);
}

}  // namespace
}  // namespace idnode::resolver
