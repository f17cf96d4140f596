// Inputs that no well-behaved client sends, as they were sent to Handle.net 9.3.1, and what this
// node makes of them. Where it deviates, the table says from what.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/resolver/captured_server.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver {
namespace {

using protocol::bytes_of;
using protocol::OpCode;
using protocol::ResponseCode;
using protocol::Version;
using test::ExactBuffer;
using test::number4;
using test::patched;
using test::text4;

constexpr std::uint32_t now = 1'795'414'413;

// Places of fields in a request.
constexpr std::size_t version_place = 0, flags_place = 2, session_place = 4, request_id_place = 8,
                      sequence_place = 12, length_place = 16, op_code_place = 20, code_place = 24,
                      op_flags_place = 28, serial_place = 32, recursion_place = 34,
                      expiration_place = 36, body_length_place = 40, handle_size_place = 44,
                      type_count_place = 73;

/// A message of version 2.11 with request id 7 that asks for a resolution.
std::string message_of(const std::string& body, const std::string& credential = number4(0)) {
    const auto body_size = static_cast<std::uint32_t>(body.size());
    return test::bytes_from_hex("020b020b 00000000 00000007 00000000") +
           number4(24 + body_size + static_cast<std::uint32_t>(credential.size())) + number4(1) +
           number4(0) + number4(0x19000000) + test::bytes_from_hex("0001 00 00 6b04824d") +
           number4(body_size) + body + credential;
}

std::string question(const std::string& handle) {
    return message_of(text4(handle) + number4(0) + number4(0));
}

/// The request of capture 001, but for its id.
std::string normal() { return question("88.111.1/OBJ-00000001"); }

std::string with(std::size_t place, std::string_view hex) {
    const std::string octets = test::bytes_from_hex(hex);
    return normal().replace(place, octets.size(), octets);
}

std::string with4(std::size_t place, std::uint32_t number) {
    return patched(normal(), place, number);
}

struct OddInput {
    const char* name;  ///< as in the log of what was sent to Handle.net
    std::string request;
    ResponseCode code;
    const char* deviation = "";  ///< what Handle.net does instead
};

const char* const unmatchable = "version 2.3, request id FFFFFFFF, op code 0: no client finds it";

std::vector<OddInput> accepted_inputs() {
    const auto success = ResponseCode::success;
    return {
        {"normal", normal(), success},
        {"version 2.0 no suggest", with(version_place, "02000000"), success},
        {"version 2.1 no suggest", with(version_place, "02010000"), success},
        {"version 2.3 suggest 2.3", with(version_place, "02030203"), success},
        {"version 3.0 suggest 3.0", with(version_place, "03000300"), success},
        {"version 2.11 suggest 3.0", with(version_place, "020b0300"), success},
        {"version 5.0", with(version_place, "05000000"), success},
        {"version 1.0", with(version_place, "01000000"), success},
        {"seq 5 not truncated", with4(sequence_place, 5), success},
        {"reqid 0", with4(request_id_place, 0), success},
        {"reqid 0xffffffff", with4(request_id_place, 0xffffffff), success},
        {"compressed flag", with(flags_place, "82"), success},
        {"old site serial 0", with(serial_place, "0000"), success},
        {"site serial 65535", with(serial_place, "ffff"), success},
        {"site serial 7 (newer)", with(serial_place, "0007"), success},
        {"recursion 200", with(recursion_place, "c8"), success},
        {"expired request", with4(expiration_place, now - 1'000'000), success},
        {"expiration 0", with4(expiration_place, 0), success},
        {"no credential", message_of(text4("88.111.1/OBJ-00000001") + number4(0) + number4(0), ""),
         success},
        {"trailing 4 in body",
         message_of(text4("88.111.1/OBJ-00000001") + number4(0) + number4(0) + number4(0)),
         success},
        {"reserved flags low", with4(op_flags_place, 0x190fffff), success},
    };
}

std::vector<OddInput> refused_inputs() {
    const auto protocol_error = ResponseCode::protocol_error;
    const auto denied = ResponseCode::operation_denied;
    const auto invalid = ResponseCode::invalid_handle;
    const auto elsewhere = ResponseCode::server_not_responsible;
    return {
        {"unknown session 99999", with4(session_place, 99'999), ResponseCode::session_timeout},
        {"encrypted flag no session", with(flags_place, "42"), ResponseCode::session_failed,
         unmatchable},
        {"opcode 0", with4(op_code_place, 0), protocol_error, unmatchable},
        {"opcode 999", with4(op_code_place, 999), denied, "code 2, and nobody finds it"},
        {"opcode 106 list derived", with4(op_code_place, 106), denied,
         "code 2, and nobody finds it"},
        {"opcode 2001 CAICT login", with4(op_code_place, 2001), denied,
         "code 2, and nobody finds it"},
        {"response as request rc=1", with4(code_place, 1), protocol_error,
         "code 2, and nobody finds it"},
        {"body len too big", with4(body_length_place, 1000), protocol_error,
         "code 2, and nobody finds it"},
        {"body len 0", with4(body_length_place, 0), protocol_error,
         "answers what stands behind the announced body"},
        {"handle len -1", with4(handle_size_place, 0xffffffff), protocol_error,
         "code 2, and nobody finds it"},
        {"handle len 2^31-1", with4(handle_size_place, 0x7fffffff), protocol_error,
         "code 2, and nobody finds it"},
        {"type count 2^20", with4(type_count_place, 1 << 20), protocol_error,
         "code 2, and nobody finds it"},
        {"empty handle", question(""), invalid, "301"},
        {"invalid utf8", question("88.111.1/\xff\xfe"), invalid, "100"},
        {"handle 2049 bytes", question("88.111.1/" + std::string(2040, 'x')), invalid, "100"},
        {"msglen 0", with4(length_place, 0), protocol_error, unmatchable},
        {"msglen 10", with4(length_place, 10), protocol_error, unmatchable},
        {"msglen lies +100", with4(length_place, 161), protocol_error,
         "over UDP answers as if the length were right; over TCP nobody finds the answer"},
        {"msglen 300000", with4(length_place, 300'000), protocol_error,
         "code 2, and nobody finds it"},
        {"msglen -1", with4(length_place, 0xffffffff), protocol_error,
         "code 2, and nobody finds it"},
        {"0.SITE/status", question("0.SITE/status"), elsewhere, "200, since it shows its status"},
        {"0.NA/0.NA", question("0.NA/0.NA"), elsewhere},
    };
}

/// What every answer has of its request, whatever is wrong with it.
void expect_matching(const std::string& request, const protocol::Message& answer,
                     const char* name) {
    const auto asked = test::envelope_of(request);
    EXPECT_EQ(answer.envelope.request_id, asked.request_id) << name;
    EXPECT_EQ(answer.envelope.session_id, asked.session_id) << name;
    EXPECT_EQ(answer.envelope.version, negotiate(asked)) << name;
    EXPECT_EQ(answer.envelope.suggested, protocol::version_max) << name;
    EXPECT_EQ(answer.envelope.compressed, asked.compressed) << name;
    EXPECT_EQ(answer.envelope.sequence_number, 0U) << name;
    EXPECT_FALSE(answer.envelope.encrypted) << name;
    EXPECT_EQ(answer.header.expiration, now + 43'200) << name;
    EXPECT_EQ(answer.header.site_serial, 1) << name;
    if (asked.encrypted) return;  // its op code cannot be read
    EXPECT_EQ(static_cast<std::uint32_t>(answer.header.op_code),
              protocol::load_big<std::uint32_t>(bytes_of(request).data() + op_code_place))
        << name;
    EXPECT_EQ(answer.header.recursion_count, static_cast<std::uint8_t>(request[recursion_place]))
        << name;
}

TEST(OddInput, IsAnsweredSoThatItsSenderFindsTheAnswer) {
    CapturedServer server{now};
    for (const auto& inputs : {accepted_inputs(), refused_inputs()}) {
        for (const OddInput& input : inputs) {
            const std::string answer = server.answer(ExactBuffer{bytes_of(input.request)});
            const auto message = protocol::decode_message(bytes_of(answer));
            ASSERT_TRUE(message) << input.name;
            EXPECT_EQ(message->header.response_code, input.code)
                << input.name << "; Handle.net: " << input.deviation;
            expect_matching(input.request, *message, input.name);
        }
    }
}

TEST(OddInput, ThatIsAcceptedGetsTheRecordWithTheFlagsOfHandleNet) {
    CapturedServer server{now};
    for (const OddInput& input : accepted_inputs()) {
        const std::string answer = server.answer(ExactBuffer{bytes_of(input.request)});
        const auto message = protocol::decode_message(bytes_of(answer));
        EXPECT_EQ(message->envelope.message_length, 224U) << input.name;
        EXPECT_EQ(message->header.op_flags, 0x99000000U) << input.name;
    }
}

TEST(OddInput, ThatIsRefusedSaysWhyInASentence) {
    CapturedServer server{now};
    for (const OddInput& input : refused_inputs()) {
        const std::string answer = server.answer(ExactBuffer{bytes_of(input.request)});
        const auto message = protocol::decode_message(bytes_of(answer));
        const auto sentence = protocol::decode_error_message(message->body);
        ASSERT_TRUE(sentence) << input.name;
        EXPECT_FALSE(sentence->empty()) << input.name;
    }
}

TEST(OddInput, WithAllFlagsGetsADigestAndASignatureAndNoFlagOfTheConnection) {
    CapturedServer server{now};
    const std::string request = with4(op_flags_place, 0xfff00000);
    const std::string answer = server.answer(ExactBuffer{bytes_of(request)});
    const auto message = protocol::decode_message(bytes_of(answer));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->header.response_code, ResponseCode::success);
    EXPECT_EQ(message->header.op_flags, 0xf9900000U);
    EXPECT_EQ(message->envelope.message_length, 557U);
    EXPECT_EQ(message->body.size(), 229U);
}

TEST(OddInput, ThatIsShorterThanAnEnvelopeGetsNoAnswer) {
    // Handle.net answers to request id FFFFFFFF; whoever sent this cannot be answered.
    CapturedServer server{now};
    for (std::size_t size = 0; size < protocol::Envelope::wire_size; ++size)
        EXPECT_EQ(server.answer(ExactBuffer{bytes_of(normal()).first(size)}), "") << size;
}

TEST(OddInput, ThatIsAnErrorItselfGetsNoAnswer) {
    // Or else two nodes could send each other errors for ever: Handle.net says 2 to what is none of
    // its requests, this node says 4.
    CapturedServer server{now};
    for (const std::uint32_t code : {2U, 4U, 100U, 402U})
        EXPECT_EQ(server.answer(ExactBuffer{bytes_of(with4(code_place, code))}), "") << code;
    const std::string error = with4(code_place, 4);
    const std::string broken = patched(error, body_length_place, 1000);
    EXPECT_EQ(server.answer(ExactBuffer{bytes_of(broken)}), "");
    const std::string answered = server.answer(ExactBuffer{bytes_of(with4(body_length_place, 9))});
    EXPECT_EQ(server.answer(ExactBuffer{bytes_of(answered)}), "") << "an answer of our own";
}

TEST(OddInput, ThatIsEncryptedWithoutASessionIsToldSo) {
    // Capture 067: an encrypted request of a session, whose content looks like no header at all.
    const std::string encrypted = test::bytes_from_hex(
        "020b420b00000063099a79c200000000000000e07b75aa1acaf0bebc283e1f022a7583502077dfe7a2aba5fe"
        "e82df34f5305e053ed307021d99e13dca7611df38d8de126705dbeb60bd8fc9076f2a2760ade8f68a455b155"
        "ddb5ecc74a2d278c0611bfc6cf2b459379bf477ce4b8e78c759b6f37d439ea46808cfb98c73c909643345c01"
        "aa59b05df9512ddc79aa5334f0e0be014735ce6abbc7350d242d83dd59b305d2e2d50223640751d36ee1f387"
        "b02da93a856e8f369dc3b363c104903110da557e102edf3882323507e9538fb4f29f9e341fa175972f0be850"
        "b6e071cdc098b57809449af7cf83de3fad92abb752606ade");
    CapturedServer server{now};
    const std::string answer = server.answer(ExactBuffer{bytes_of(encrypted)});
    const auto message = protocol::decode_message(bytes_of(answer));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->header.response_code, ResponseCode::session_failed);
    EXPECT_EQ(message->envelope.session_id, 0x63U);
    EXPECT_EQ(message->envelope.request_id, 0x099a79c2U);
}

}  // namespace
}  // namespace idnode::resolver
