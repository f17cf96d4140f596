#include "protocol/handle/authentication.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/reencoded.hpp"

namespace idnode::protocol {
namespace {

using test::encoded;
using test::ExactBuffer;
using test::number4;
using test::text4;

const std::string digest_octets(32, '\x44');
const std::string digest = '\3' + digest_octets;

/// Fails in each proper prefix for want of octets, and takes the whole.
template <class Decode>
void expect_truncated_in_each_prefix(const std::string& wire, Decode&& decode) {
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(decode(ExactBuffer{bytes_of(wire).first(size)}).error(), errc::truncated) << size;
    EXPECT_TRUE(decode(ExactBuffer{bytes_of(wire)}));
}

TEST(RequestDigest, HasTheSizeOfItsAlgorithm) {
    struct Case {
        DigestAlgorithm algorithm;
        std::size_t size;
    };
    for (const Case& each : {Case{DigestAlgorithm::md5, 16}, Case{DigestAlgorithm::sha1, 20},
                             Case{DigestAlgorithm::sha256, 32}}) {
        std::string wire(1 + each.size, '\x44');
        wire[0] = static_cast<char>(each.algorithm);
        expect_truncated_in_each_prefix(wire, [](Bytes in) -> Result<RequestDigest> {
            WireReader reader{in};
            const RequestDigest decoded = decode_request_digest(reader);
            if (const auto end = reader.end()) return end;
            return decoded;
        });
    }
}

TEST(RequestDigest, OfAnotherAlgorithmIsRefused) {
    for (const char algorithm : {'\0', '\4', '\x12', '\xff'}) {
        const std::string wire = algorithm + digest_octets;
        WireReader reader{bytes_of(wire)};
        decode_request_digest(reader);
        EXPECT_EQ(reader.error(), errc::bad_value) << static_cast<int>(algorithm);
    }
}

TEST(AnswerBody, BeginsWithADigestOnlyWhereTheFlagSaysSo) {
    const std::string octets = digest + "rest";
    Message answer;
    answer.body = bytes_of(octets);
    EXPECT_FALSE(decode_answer_body(answer)->request_digest);
    EXPECT_EQ(text_of(decode_answer_body(answer)->rest), octets);
    answer.header.op_flags = op_flag::request_digest;
    EXPECT_EQ(text_of(decode_answer_body(answer)->request_digest->octets), digest_octets);
    EXPECT_EQ(text_of(decode_answer_body(answer)->rest), "rest");
    answer.body = answer.body.first(32);
    EXPECT_EQ(decode_answer_body(answer).error(), errc::truncated);
}

TEST(Challenge, FailsInEachProperPrefixAndTakesNoNonceBeyondTheLimit) {
    const auto wire_with = [](std::size_t nonce) {
        return digest + text4(std::string(nonce, 'n'));
    };
    expect_truncated_in_each_prefix(wire_with(16), decode_challenge);
    EXPECT_EQ(decode_challenge(bytes_of(wire_with(64)))->nonce.size(), 64U);
    EXPECT_EQ(decode_challenge(bytes_of(wire_with(65))).error(), errc::too_long);
}

TEST(ChallengeAnswer, FailsInEachProperPrefixAndTakesNoResponseBeyondTheLimit) {
    const auto wire_with = [](std::size_t response) {
        return text4("HS_PUBKEY") + text4("88.1/ADMIN") + number4(300) +
               text4(std::string(response, 's'));
    };
    expect_truncated_in_each_prefix(wire_with(8), decode_challenge_answer);
    EXPECT_TRUE(decode_challenge_answer(bytes_of(wire_with(2048))));
    EXPECT_EQ(decode_challenge_answer(bytes_of(wire_with(2049))).error(), errc::too_long);
}

TEST(PublicKeyResponse, FailsInEachProperPrefixAndWithOneOctetMore) {
    const std::string wire = text4("SHA-256") + text4("signature");
    expect_truncated_in_each_prefix(wire, decode_public_key_response);
    EXPECT_EQ(decode_public_key_response(bytes_of(wire + '\0')).error(), errc::trailing_bytes);
    const auto response = decode_public_key_response(bytes_of(wire));
    EXPECT_EQ(response->digest_name, "SHA-256");
    EXPECT_EQ(text_of(response->signature), "signature");
    EXPECT_EQ(test::octets_of(response, encode_public_key_response), wire);
}

/// One response of each form.
std::vector<std::string> secret_key_responses() {
    const auto plain = [](char form, std::size_t size) { return form + std::string(size, 'm'); };
    return {plain(0x01, 16),
            plain(0x02, 20),
            plain(0x03, 32),
            plain(0x12, 20),
            plain(0x13, 32),
            '\x22' + text4("salt") + number4(10'000) + number4(160) + text4(std::string(20, 'm'))};
}

TEST(SecretKeyResponse, OfEachFormDecodesAndEncodesBackToTheSameOctets) {
    for (const std::string& wire : secret_key_responses()) {
        expect_truncated_in_each_prefix(wire, decode_secret_key_response);
        EXPECT_EQ(decode_secret_key_response(bytes_of(wire + '\0')).error(), errc::trailing_bytes);
        EXPECT_EQ(
            test::octets_of(decode_secret_key_response(bytes_of(wire)), encode_secret_key_response),
            wire);
    }
}

TEST(SecretKeyResponse, OfAnotherFormOrSizeIsRefused) {
    for (const char form : {'\0', '\4', '\x11', '\x14', '\x23', '\xff'})
        EXPECT_EQ(decode_secret_key_response(bytes_of(form + std::string(32, 'm'))).error(),
                  errc::bad_value)
            << static_cast<int>(form);
    const auto derived = [](std::size_t salt, std::size_t mac) {
        return '\x22' + text4(std::string(salt, 's')) + number4(1) + number4(160) +
               text4(std::string(mac, 'm'));
    };
    EXPECT_TRUE(decode_secret_key_response(bytes_of(derived(64, 20))));
    EXPECT_EQ(decode_secret_key_response(bytes_of(derived(65, 20))).error(), errc::too_long);
    EXPECT_EQ(decode_secret_key_response(bytes_of(derived(16, 19))).error(), errc::bad_length);
    EXPECT_EQ(decode_secret_key_response(bytes_of(derived(16, 21))).error(), errc::bad_length);
}

TEST(VerifyRequest, DecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = text4("88.1/ADMIN") + number4(301) + text4("nonce") + digest +
                             text4(secret_key_responses().back());
    expect_truncated_in_each_prefix(wire, decode_verify_request);
    const auto request = decode_verify_request(bytes_of(wire));
    EXPECT_EQ(request->handle, "88.1/ADMIN");
    EXPECT_EQ(request->index, 301U);
    EXPECT_EQ(text_of(request->nonce), "nonce");
    EXPECT_EQ(test::octets_of(request, encode_verify_request), wire);
    EXPECT_TRUE(decode_verify_request(bytes_of(wire + "more")));
}

TEST(VerifyResponse, IsOneOctetOfTwo) {
    EXPECT_EQ(decode_verify_response({}).error(), errc::truncated);
    EXPECT_TRUE(*decode_verify_response(bytes_of("\1")));
    EXPECT_FALSE(*decode_verify_response(bytes_of(std::string_view{"\0", 1})));
    EXPECT_EQ(decode_verify_response(bytes_of("\2")).error(), errc::bad_value);
    for (const bool verified : {true, false})
        EXPECT_EQ(*decode_verify_response(bytes_of(encoded(
                      [&](WireWriter& writer) { encode_verify_response(writer, verified); }))),
                  verified);
}

TEST(LoginRequest, DecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = text4("88.111.1/ADMIN") + number4(300);
    expect_truncated_in_each_prefix(wire, decode_login_request);
    const auto request = decode_login_request(bytes_of(wire));
    EXPECT_EQ(request->handle, "88.111.1/ADMIN");
    EXPECT_EQ(request->index, 300U);
    EXPECT_EQ(test::octets_of(request, encode_login_request), wire);
}

}  // namespace
}  // namespace idnode::protocol
