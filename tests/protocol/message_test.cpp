#include "protocol/handle/message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/handle/wire.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/conversations.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

constexpr std::size_t length_place = 16;
constexpr std::size_t head_size = Envelope::wire_size + Header::wire_size;

// 001: 88.111.1/OBJ-00000001 over UDP (WIRE.md §9).
const std::string request_001 = test::read_capture("001-resolve-udp").requests[0];

std::string encode(const Envelope& envelope) {
    std::string out(Envelope::wire_size, '\0');
    encode_envelope(std::as_writable_bytes(std::span{out}).first<Envelope::wire_size>(), envelope);
    return out;
}

std::string encode(const Header& header) {
    std::string out(Header::wire_size, '\0');
    encode_header(std::as_writable_bytes(std::span{out}).first<Header::wire_size>(), header);
    return out;
}

/// Every captured message, those of several datagrams in one piece.
std::vector<std::pair<std::string, std::string>> captured_messages() {
    std::vector<std::pair<std::string, std::string>> messages;
    for (const std::string& name : test::capture_names()) {
        const test::Capture capture = test::read_capture(name);
        for (const auto* side : {&capture.requests, &capture.answers}) {
            if (!side->empty() && test::envelope_of(side->front()).truncated)
                messages.emplace_back(name, test::joined(*side));
            else
                for (const std::string& message : *side) messages.emplace_back(name, message);
        }
    }
    return messages;
}

std::string encode_again(const Message& message) {
    return encode(message.envelope) + encode(message.header) + std::string{text_of(message.body)} +
           test::text4(text_of(message.credential));
}

TEST(Message, OfEveryCaptureDecodesAndEncodesBackToTheSameOctets) {
    const auto messages = captured_messages();
    ASSERT_GT(messages.size(), 70U);
    for (const auto& [name, wire] : messages) {
        const ExactBuffer in{bytes_of(wire)};
        const auto message = decode_message(in);
        ASSERT_TRUE(message) << name << ": " << message.error().message();
        EXPECT_EQ(encode_again(*message), wire) << name;
    }
}

TEST(Message, OfEveryCaptureFailsInEachProperPrefix) {
    for (const auto& [name, wire] : captured_messages()) {
        for (std::size_t size = 0; size < wire.size(); ++size) {
            const ExactBuffer prefix{bytes_of(wire).first(size)};
            const auto message = decode_message(prefix);
            ASSERT_FALSE(message) << name << ", " << size;
            EXPECT_EQ(message.error(),
                      size < Envelope::wire_size ? errc::truncated : errc::bad_length)
                << name << ", " << size;
        }
    }
}

TEST(Message, OfEveryCaptureFailsWithOneOctetMore) {
    for (const auto& [name, wire] : captured_messages())
        EXPECT_EQ(decode_message(ExactBuffer{bytes_of(wire + '\0')}).error(), errc::bad_length)
            << name;
}

TEST(Message, WhoseLengthIsHonestMayBeCutOnlyWhereTheCredentialBegins) {
    const std::size_t without_credential = request_001.size() - 4;
    for (std::size_t size = Envelope::wire_size; size < request_001.size(); ++size) {
        const std::string cut =
            test::patched(request_001.substr(0, size), length_place,
                          static_cast<std::uint32_t>(size - Envelope::wire_size));
        const auto message = decode_message(ExactBuffer{bytes_of(cut)});
        EXPECT_EQ(message.has_value(), size == without_credential) << size;
        EXPECT_TRUE(!message || message->credential.empty());
    }
}

TEST(Message, IsTakenApartIntoViewsOfItsOctets) {
    const auto message = decode_message(bytes_of(request_001));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->envelope.request_id, 0x29f7f17eU);
    EXPECT_EQ(message->envelope.message_length, 61U);
    EXPECT_EQ(message->header.op_code, OpCode::resolution);
    EXPECT_EQ(message->header.op_flags,
              op_flag::recursive | op_flag::cache_certify | op_flag::public_only);
    EXPECT_EQ(message->header.site_serial, 1);
    EXPECT_EQ(message->header.body_length, 33U);
    EXPECT_EQ(text_of(message->header_and_body), request_001.substr(20, 24 + 33));
    EXPECT_EQ(text_of(message->body), request_001.substr(44, 33));
}

TEST(Message, RefusesLengthsThatLie) {
    const auto error_of = [](std::size_t place, std::uint32_t length) {
        const std::string lying = test::patched(request_001, place, length);
        return decode_message(ExactBuffer{bytes_of(lying)}).error();
    };
    for (const std::uint32_t length : {0U, 10U, 60U, 62U, 161U, 262'144U})
        EXPECT_EQ(error_of(length_place, length), errc::bad_length) << length;
    for (const std::uint32_t length : {262'145U, 300'000U, 0x7fffffffU, 0xffffffffU})
        EXPECT_EQ(error_of(length_place, length), errc::too_long) << length;
    const std::size_t body_length_place = Envelope::wire_size + 20;
    for (const std::uint32_t length : {38U, 1000U, 0x7fffffffU, 0xffffffffU, 0xfffffff0U})
        EXPECT_EQ(error_of(body_length_place, length), errc::bad_length) << length;
    const std::size_t credential_place = request_001.size() - 4;
    for (const std::uint32_t length : {1U, 0x7fffffffU, 0xffffffffU})
        EXPECT_EQ(error_of(credential_place, length), errc::truncated) << length;
}

TEST(Message, MayBeAsLongAsTheLimit) {
    Header header;
    header.body_length = message_length_max - Header::wire_size;
    Envelope envelope;
    envelope.message_length = message_length_max;
    std::string wire = encode(envelope) + encode(header) + std::string(header.body_length, 'x');
    ASSERT_TRUE(decode_message(bytes_of(wire)));
    envelope.message_length = message_length_max + 1;
    header.body_length += 1;
    wire = encode(envelope) + encode(header) + std::string(header.body_length, 'x');
    EXPECT_EQ(decode_message(bytes_of(wire)).error(), errc::too_long);
}

TEST(Message, MayBeNothingButAHeader) {
    Envelope envelope;
    envelope.message_length = Header::wire_size;
    const std::string wire = encode(envelope) + encode(Header{});
    const auto message = decode_message(ExactBuffer{bytes_of(wire)});
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->body.empty());
    EXPECT_TRUE(message->credential.empty());
    EXPECT_EQ(wire.size(), head_size);
}

TEST(Envelope, KeepsEachFieldInItsPlace) {
    // WIRE.md §1: flags 0x80 compressed, 0x40 encrypted, 0x20 truncated, low bits suggested major.
    const std::string wire =
        test::bytes_from_hex("02 0b e3 0a 11121314 21222324 31323334 41424344");
    const Envelope envelope{.version = {2, 11},
                            .compressed = true,
                            .encrypted = true,
                            .truncated = true,
                            .suggested = {3, 10},
                            .session_id = 0x11121314,
                            .request_id = 0x21222324,
                            .sequence_number = 0x31323334,
                            .message_length = 0x41424344};
    EXPECT_EQ(test::envelope_of(wire), envelope);
    EXPECT_EQ(encode(envelope), wire);
}

TEST(Envelope, KeepsItsFlagsApart) {
    for (const auto& [flags, expected] :
         std::vector<std::pair<char, Envelope>>{{'\x80', {.compressed = true}},
                                                {'\x40', {.encrypted = true}},
                                                {'\x20', {.truncated = true}}}) {
        std::string wire(Envelope::wire_size, '\0');
        wire[2] = flags;
        const Envelope envelope = test::envelope_of(wire);
        EXPECT_EQ(envelope.compressed, expected.compressed);
        EXPECT_EQ(envelope.encrypted, expected.encrypted);
        EXPECT_EQ(envelope.truncated, expected.truncated);
        EXPECT_EQ(envelope.suggested, (Version{0, 0}));
    }
}

TEST(Header, KeepsEachFieldInItsPlace) {
    const std::string wire = test::bytes_from_hex(
        "000000c8 00000192 98800000 0102 03 00 6b04824f 00000035");  // op 200, code 402
    const Header header{.op_code = OpCode::challenge_response,
                        .response_code = ResponseCode::authentication_needed,
                        .op_flags = 0x98800000,
                        .site_serial = 0x0102,
                        .recursion_count = 3,
                        .expiration = 0x6b04824f,
                        .body_length = 0x35};
    EXPECT_EQ(decode_header(bytes_of(wire).first<Header::wire_size>()), header);
    EXPECT_EQ(encode(header), wire);
}

TEST(Header, IgnoresItsReservedOctet) {
    std::string wire = encode(Header{});
    wire[15] = '\x7f';
    EXPECT_EQ(decode_header(bytes_of(wire).first<Header::wire_size>()), Header{});
}

TEST(Header, KeepsCodesThatNobodyKnows) {
    std::string wire = test::patched(encode(Header{}), 0, 0xdeadbeef);
    wire = test::patched(wire, 4, 0xfeedface);
    const Header header = decode_header(bytes_of(wire).first<Header::wire_size>());
    EXPECT_EQ(static_cast<std::uint32_t>(header.op_code), 0xdeadbeefU);
    EXPECT_EQ(name_of(header.op_code), "unknown");
    EXPECT_EQ(name_of(header.response_code), "unknown");
    EXPECT_EQ(encode(header), wire);
}

TEST(EncryptedMessage, IsAnEnvelopeAndWhatNobodyCanReadWithoutTheKey) {
    const auto requests = test::read_conversation("067-session-dh-enc-modify").requests;
    const std::string& wire = requests.front();
    const ExactBuffer in{bytes_of(wire)};
    const auto message = decode_encrypted_message(in);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->envelope.session_id, 99U);
    EXPECT_EQ(text_of(message->payload), wire.substr(Envelope::wire_size));
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(decode_encrypted_message(ExactBuffer{bytes_of(wire).first(size)}).error(),
                  size < Envelope::wire_size ? errc::truncated : errc::bad_length)
            << size;
    EXPECT_EQ(decode_encrypted_message(bytes_of(wire + '\0')).error(), errc::bad_length);
    EXPECT_EQ(decode_encrypted_message(bytes_of(request_001)).error(), errc::bad_value);
}

TEST(Version, AnswersAreInTheLowerOfWhatIsSuggestedAndWhatIsKnown) {
    struct Case {
        const char* source;
        Version version, suggested, expected;
    };
    for (const Case& each :
         std::vector<Case>{{"001", {2, 11}, {2, 11}, {2, 11}},
                           {"caict", {2, 3}, {2, 10}, {2, 10}},
                           {"teleinfo", {2, 10}, {2, 11}, {2, 11}},
                           {"EDGE: version 2.0 no suggest", {2, 0}, {0, 0}, {2, 0}},
                           {"EDGE: version 2.3 suggest 2.3", {2, 3}, {2, 3}, {2, 3}},
                           {"EDGE: version 3.0 suggest 3.0", {3, 0}, {3, 0}, {2, 11}},
                           {"EDGE: version 2.11 suggest 3.0", {2, 11}, {3, 0}, {2, 11}},
                           {"EDGE: version 5.0", {5, 0}, {0, 0}, {5, 0}},
                           {"EDGE: version 1.0", {1, 0}, {0, 0}, {1, 0}}}) {
        Envelope request;
        request.version = each.version;
        request.suggested = each.suggested;
        EXPECT_EQ(negotiate(request), each.expected) << each.source;
    }
}

TEST(ResponseCode, IsGivenToOldPeersAsTheyKnowIt) {
    // WIRE.md §3, feature gates: before 2.5, 303 -> 7, 202 -> 201, and 7 -> 303.
    const Version old{2, 4};
    EXPECT_EQ(code_for(old, ResponseCode::prefix_referral), ResponseCode::server_backup);
    EXPECT_EQ(code_for(old, ResponseCode::server_backup), ResponseCode::prefix_referral);
    EXPECT_EQ(code_for(old, ResponseCode::invalid_value), ResponseCode::value_already_exists);
    EXPECT_EQ(code_for(old, ResponseCode::success), ResponseCode::success);
    for (const ResponseCode code : {ResponseCode::prefix_referral, ResponseCode::server_backup,
                                    ResponseCode::invalid_value, ResponseCode::success})
        EXPECT_EQ(code_for({2, 5}, code), code);
}

}  // namespace
}  // namespace idnode::protocol
