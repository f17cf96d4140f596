#include "protocol/handle/credential.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

// Layout of WIRE.md §4 with a MAC of a session, as the client of capture 062 sends it.
const std::string mac_section = test::bytes_from_hex(
    "00 00 0000 00000000 00000007 00000006 48535f4d4143 00000017"
    "0000000b 484d41432d534841323536 00000004 deadbeef");

std::string encode(const Credential& credential) {
    return test::encoded([&](WireWriter& writer) { encode_credential(writer, credential); });
}

TEST(Credential, OfASessionDecodesAndEncodesBackToTheSameOctets) {
    const ExactBuffer in{bytes_of(mac_section)};
    const auto credential = decode_credential(in);
    ASSERT_TRUE(credential);
    EXPECT_EQ(credential->signer, "");
    EXPECT_EQ(credential->session_counter, 7U);
    EXPECT_EQ(credential->type, Credential::type_mac);
    EXPECT_EQ(credential->algorithm, "HMAC-SHA256");
    EXPECT_EQ(test::hex_from_bytes(credential->signature), "deadbeef");
    EXPECT_EQ(encode(*credential), test::text4(mac_section));
    EXPECT_EQ(wire_size(*credential), mac_section.size() + 4);
}

TEST(Credential, OfEveryCertifiedAnswerDecodesAndEncodesBackToTheSameOctets) {
    for (const char* name : {"017-resolve-certified", "018-resolve-certified-digest"}) {
        const std::string answer = test::joined(test::read_capture(name).answers);
        const auto message = decode_message(bytes_of(answer));
        ASSERT_TRUE(message);
        const ExactBuffer section{message->credential};
        const auto credential = decode_credential(section);
        ASSERT_TRUE(credential) << name;
        EXPECT_EQ(credential->type, Credential::type_signed);
        EXPECT_EQ(credential->algorithm, "SHA-256");
        EXPECT_EQ(credential->signature.size(), 256U);
        EXPECT_EQ(encode(*credential), test::text4(text_of(message->credential)));
    }
}

TEST(Credential, FailsInEachProperPrefix) {
    for (std::size_t size = 0; size < mac_section.size(); ++size)
        EXPECT_EQ(decode_credential(ExactBuffer{bytes_of(mac_section).first(size)}).error(),
                  errc::truncated)
            << size;
}

TEST(Credential, FailsWhereALengthLies) {
    for (const std::size_t place : {4U, 12U, 22U, 26U, 41U})
        for (const std::uint32_t length : {0x7fffffffU, 0xffffffffU, 0x100U})
            EXPECT_FALSE(
                decode_credential(ExactBuffer{bytes_of(test::patched(mac_section, place, length))}))
                << place << ", " << length;
}

TEST(Credential, KeepsTheSignatureInsideItsSection) {
    // The section ends before the signature does, although octets follow.
    const std::string lying = test::patched(mac_section, 22, 0x16) + "more";
    EXPECT_EQ(decode_credential(ExactBuffer{bytes_of(lying)}).error(), errc::truncated);
}

TEST(SignedPreamble, CoversWhatTheVersionSigns) {
    // WIRE.md §4: 2.8 all, 2.5 to 2.7 without the suggestion, before nothing.
    struct Case {
        Version version;
        const char* expected;
    };
    for (const Case& each : {Case{{2, 4}, ""}, Case{{2, 5}, "0205000000630000004200000007"},
                             Case{{2, 7}, "0207000000630000004200000007"},
                             Case{{2, 8}, "0208020b000000630000004200000007"},
                             Case{{2, 11}, "020b020b000000630000004200000007"},
                             Case{{3, 0}, "0300020b000000630000004200000007"}}) {
        Envelope envelope;
        envelope.version = each.version;
        envelope.session_id = 0x63;
        envelope.request_id = 0x42;
        EXPECT_EQ(test::hex_from_bytes(test::encoded(
                      [&](WireWriter& writer) { encode_signed_preamble(writer, envelope, 7); })),
                  each.expected);
    }
}

}  // namespace
}  // namespace idnode::protocol
