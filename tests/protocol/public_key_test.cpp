#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/typed_data.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;
using test::text4;

auto decode(std::string_view octets) { return decode_public_key(ExactBuffer{bytes_of(octets)}); }

/// An empty or wrong key has errors only here, so that tests can ask for them by name.
boost::system::error_code error_of(std::string_view octets) { return decode(octets).error(); }

const std::string server_key = test::bytes_from_hex(test::server_public_key_hex);
const std::string admin_key = test::bytes_from_hex(test::admin_public_key_hex);
const std::string no_flags(2, '\0');

// Layouts of WIRE.md §2, with small numbers; 0x80 has its top bit set and needs a zero before it.
const std::string dsa_key = text4("DSA_PUB_KEY") + no_flags + text4("\x01") + text4("\x7f") +
                            text4(std::string_view{"\0\x80", 2}) + text4("\x01\x02");
const std::string dh_key =
    text4("DH_PUB_KEY") + no_flags + text4("\x05") + text4("\x17") + text4("\x02");

const std::string ec_key = text4("EC_PUB_KEY") + no_flags + text4("any octets");
const std::string sm2_key = text4("SM2_PUB_KEY") + no_flags + text4("any octets");

TEST(PublicKey, OfTheCapturedServerAndAdministratorDecodeAndEncodeBackToTheSameOctets) {
    for (const std::string& wire : {server_key, admin_key}) {
        const auto key = decode(wire);
        ASSERT_TRUE(key);
        const auto& rsa = std::get<RsaPublicKey>(*key);
        EXPECT_EQ(test::hex_from_bytes(rsa.exponent), "010001");
        EXPECT_EQ(rsa.modulus.size(), 256U) << "without the zero octet of the wire";
        EXPECT_EQ(encode_public_key(*key), wire);
    }
}

TEST(PublicKey, OfKindsDsaAndDhDecodeAndEncodeBackToTheSameOctets) {
    const auto dsa = decode(dsa_key);
    ASSERT_TRUE(dsa);
    EXPECT_EQ(std::get<DsaPublicKey>(*dsa), (DsaPublicKey{"\x01", "\x7f", "\x80", "\x01\x02"}));
    EXPECT_EQ(encode_public_key(*dsa), dsa_key);
    const auto dh = decode(dh_key);
    ASSERT_TRUE(dh);
    EXPECT_EQ(std::get<DhPublicKey>(*dh), (DhPublicKey{"\x05", "\x17", "\x02"}));
    EXPECT_EQ(encode_public_key(*dh), dh_key);
}

TEST(PublicKey, OnACurveKeepsItsOctetsAsTheyAre) {
    const auto ec = decode(ec_key);
    ASSERT_TRUE(ec);
    EXPECT_EQ(std::get<EcPublicKey>(*ec).subject_public_key_info, "any octets");
    EXPECT_EQ(encode_public_key(*ec), ec_key);
    const auto sm2 = decode(sm2_key);
    ASSERT_TRUE(sm2);
    EXPECT_EQ(std::get<Sm2PublicKey>(*sm2).subject_public_key_info, "any octets");
    EXPECT_EQ(encode_public_key(*sm2), sm2_key);
}

TEST(PublicKey, FailsInEachProperPrefixAndWithOneOctetMore) {
    for (const std::string& wire : {server_key, admin_key, dsa_key, dh_key, ec_key, sm2_key}) {
        for (std::size_t size = 0; size < wire.size(); ++size) {
            // The four zero octets at the end of an RSA key may be absent, but not in part.
            const bool rsa_without_end = wire.size() > 256 && size == wire.size() - 4;
            EXPECT_EQ(decode(std::string_view{wire}.substr(0, size)).has_value(), rsa_without_end)
                << size;
        }
        EXPECT_EQ(error_of(wire + '\0'), errc::trailing_bytes);
    }
}

TEST(PublicKey, RefusesLengthsThatLie) {
    for (const std::size_t place : {0U, 17U, 24U})
        for (const std::uint32_t lie : {0x102U, 0x7fffffffU, 0xffffffffU})
            EXPECT_FALSE(decode(test::patched(server_key, place, lie))) << place << ", " << lie;
}

TEST(PublicKey, RefusesAKindThatIsUnknown) {
    // WIRE.md §2: the industrial dialect also has SM9 keys.
    for (const char* kind : {"SM9_PUB_KEY", "rsa_pub_key", ""})
        EXPECT_EQ(error_of(text4(kind) + no_flags + text4("\x01") + text4("\x02")), errc::bad_value)
            << kind;
}

TEST(PublicKey, RefusesANegativeNumber) {
    EXPECT_EQ(error_of(text4("RSA_PUB_KEY") + no_flags + text4("\x80") + text4("\x01")),
              errc::bad_value);
}

TEST(PublicKey, HasZeroAsNoDigitsAndWritesItAsJavaDoes) {
    const std::string wire = text4("DH_PUB_KEY") + no_flags + text4(std::string_view{"\0", 1}) +
                             text4("\x17") + text4("\x02");
    const auto key = decode(wire);
    ASSERT_TRUE(key);
    EXPECT_EQ(std::get<DhPublicKey>(*key).y, "");
    EXPECT_EQ(encode_public_key(*key), wire);
}

TEST(PublicKey, OfAnyNumbersDecodesToWhatWasEncoded) {
    test::Random random = test::seeded_random();
    std::size_t keys = 0;
    for (int round = 0; round < 1000; ++round) {
        const std::string wire = random.public_key();
        const auto key = decode(wire);
        if (!key) continue;
        ++keys;
        ASSERT_EQ(encode_public_key(*key), wire) << test::hex_from_bytes(wire);
    }
    EXPECT_GT(keys, 600U);
}

}  // namespace
}  // namespace idnode::protocol
