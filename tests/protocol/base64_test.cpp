#include "protocol/json/base64.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

using namespace std::string_literals;

TEST(Base64, IsThatOfTheStandard) {
    // RFC 4648 §10.
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [octets, text] : vectors) {
        EXPECT_EQ(to_base64(octets), text);
        EXPECT_EQ(from_base64(text), octets);
    }
    EXPECT_EQ(to_base64("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(from_base64("AAAA"), "\0\0\0"s);
}

TEST(Base64, IsRefusedWhenItIsNotInItsOneSpelling) {
    for (const std::string_view text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
          " Zm9", "Zm9-", "Zm9_", "Zm=v", "标识"})
        EXPECT_FALSE(from_base64(text)) << text;
    EXPECT_FALSE(from_base64("Zm9\0"s));
}

TEST(Base64Url, IsThatOfTheStandardWithoutPadding) {
    EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(from_base64url("-__-"), "\xfb\xff\xfe");
    EXPECT_EQ(to_base64url("f"), "Zg");
    EXPECT_EQ(from_base64url("Zg"), "f");
    EXPECT_EQ(to_base64url(""), "");
    EXPECT_EQ(from_base64url(""), "");
    EXPECT_EQ(to_base64url("\x01\x00\x01"s), "AQAB");  // the exponent of every JWK here
}

TEST(Base64Url, IsRefusedWhenItIsNotInItsOneSpelling) {
    for (const std::string_view text : {"+__-", "-//-", "Zg==", "Zg=", "Z", "Zh", "Zm 9", "Zm9\n"})
        EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Hex, IsWrittenSmallAndReadInEitherCase) {
    EXPECT_EQ(to_hex("\x00\x0f\xf0\xff"s), "000ff0ff");
    EXPECT_EQ(from_hex("000fF0Ff"), "\x00\x0f\xf0\xff"s);
    EXPECT_EQ(to_hex(""), "");
    EXPECT_EQ(from_hex(""), "");
    for (const std::string_view text : {"0", "000", "0g", "g0", " 0", "0x", "-1"})
        EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Base64, GivesAnyOctetsBackAndSoDoTheOthers) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 1000; ++round) {
        const std::string octets = random.octets(100);
        ASSERT_EQ(from_base64(to_base64(octets)), octets);
        ASSERT_EQ(from_base64url(to_base64url(octets)), octets);
        ASSERT_EQ(from_hex(to_hex(octets)), octets);
    }
}

TEST(Base64, OfAnyTextEitherFailsOrIsWrittenTheSameAgain) {
    test::Random random = test::seeded_random();
    constexpr std::string_view digits = "ABYZabyz0189+/-_== ";
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random.below(9), '\0');
        for (char& digit : text) digit = digits[random.below(digits.size())];
        const auto octets = from_base64(text);
        ASSERT_TRUE(!octets || to_base64(*octets) == text) << text;
        const auto url_octets = from_base64url(text);
        ASSERT_TRUE(!url_octets || to_base64url(*url_octets) == text) << text;
    }
}

}  // namespace
}  // namespace idnode::protocol
