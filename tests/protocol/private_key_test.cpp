#include "protocol/handle/private_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/typed_data.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;
using test::number4;
using test::text4;

const std::string admin_key_file = test::bytes_from_hex(test::admin_private_key_file_hex);
const std::string dsa_key_file = number4(1) + text4("DSA_PRIV_KEY") + text4("\x01") +
                                 text4("\x7f") + text4(std::string_view{"\0\x80", 2}) +
                                 text4("\x02");

TEST(PrivateKeyFile, OfTheCapturedAdministratorDecodesAndEncodesBackToTheSameOctets) {
    const auto key = decode_private_key_file(ExactBuffer{bytes_of(admin_key_file)});
    ASSERT_TRUE(key);
    const auto& rsa = std::get<RsaPrivateKey>(*key);
    const auto public_key =
        decode_public_key(bytes_of(test::bytes_from_hex(test::admin_public_key_hex)));
    EXPECT_EQ(rsa.modulus, std::get<RsaPublicKey>(*public_key).modulus);
    EXPECT_EQ(rsa.public_exponent, std::get<RsaPublicKey>(*public_key).exponent);
    EXPECT_EQ(rsa.prime_p.size(), 128U);
    EXPECT_EQ(encode_private_key_file(*key), admin_key_file);
}

TEST(PrivateKeyFile, OfDsaDecodesAndEncodesBackToTheSameOctets) {
    const auto key = decode_private_key_file(ExactBuffer{bytes_of(dsa_key_file)});
    ASSERT_TRUE(key);
    EXPECT_EQ(std::get<DsaPrivateKey>(*key), (DsaPrivateKey{"\x01", "\x7f", "\x80", "\x02"}));
    EXPECT_EQ(encode_private_key_file(*key), dsa_key_file);
}

TEST(PrivateKeyFile, FailsInEachProperPrefixAndWithOneOctetMore) {
    for (const std::string& file : {admin_key_file, dsa_key_file}) {
        for (std::size_t size = 0; size < file.size(); ++size)
            EXPECT_FALSE(decode_private_key_file(ExactBuffer{bytes_of(file).first(size)})) << size;
        EXPECT_EQ(decode_private_key_file(bytes_of(file + '\0')).error(), errc::trailing_bytes);
    }
}

TEST(PrivateKeyFile, ThatIsEncryptedOrOfAnotherKindIsRefused) {
    for (const std::uint32_t encryption : {0U, 2U, 4U, 0xffffffffU})
        EXPECT_EQ(
            decode_private_key_file(bytes_of(test::patched(dsa_key_file, 0, encryption))).error(),
            errc::bad_value)
            << encryption;
    EXPECT_EQ(decode_private_key_file(bytes_of(number4(1) + text4("RSA_PRIV_KEY"))).error(),
              errc::bad_value);
}

}  // namespace
}  // namespace idnode::protocol
