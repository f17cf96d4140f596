#include "resolver/auth/public_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/private_key.hpp"
#include "resolver/auth/private_key.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::PublicKey;
using test::bytes_from_hex;

PrivateKey private_key(std::string_view pem) {
    auto key = PrivateKey::decode(bytes_of(pem));
    EXPECT_TRUE(key) << pem;
    return std::move(*key);
}

PrivateKey admin_key() {
    const std::string file = bytes_from_hex(test::admin_private_key_file_hex);
    return std::move(*PrivateKey::decode(bytes_of(file)));
}

PublicKey public_key(std::string_view pem) { return *private_key(pem).public_key(); }

Result<void> verify(const PublicKey& key, std::string_view digest, std::string_view signature,
                    Weak weak = Weak::refused) {
    return verify_signature(key, digest, {bytes_of("the signed"), bytes_of(" text")},
                            bytes_of(signature), weak);
}

TEST(Signature, OfEachKindThatTheOpensslProgramMadeIsVerified) {
    struct Case {
        std::string_view pem, digest, signature;
    };
    for (const Case& each : {Case{test::dsa_key_pem, "SHA-256", test::dsa_sha256_signature_hex},
                             Case{test::dsa_key_pem, "SHA1", test::dsa_sha1_signature_hex},
                             Case{test::p256_key_pem, "SHA-256", test::p256_signature_hex},
                             Case{test::p384_key_pem, "SHA-256", test::p384_signature_hex},
                             Case{test::p521_key_pem, "SHA-256", test::p521_signature_hex},
                             Case{test::sm2_key_pem, "SM3", test::sm2_signature_hex}}) {
        const PublicKey key = public_key(each.pem);
        std::string signature = bytes_from_hex(each.signature);
        EXPECT_TRUE(verify(key, each.digest, signature)) << each.signature;
        signature.back() = static_cast<char>(signature.back() ^ 1);
        EXPECT_EQ(verify(key, each.digest, signature).error(), errc::wrong_signature);
        EXPECT_EQ(verify(key, each.digest, "").error(), errc::wrong_signature);
    }
}

TEST(Signature, OfEachKindIsMadeAndVerified) {
    const auto round = [](const PrivateKey& key, Digest digest) {
        const PublicKey shown = *key.public_key();
        const std::string signature = key.sign(digest, {bytes_of("the signed text")});
        EXPECT_TRUE(verify(shown, name_of(digest), signature));
        EXPECT_FALSE(verify_signature(shown, name_of(digest), {bytes_of("another text")},
                                      bytes_of(signature)));
        // The key goes onto the wire and comes back.
        const auto decoded =
            protocol::decode_public_key(bytes_of(protocol::encode_public_key(shown)));
        EXPECT_EQ(*decoded, shown);
    };
    round(admin_key(), Digest::sha256);
    round(admin_key(), Digest::sha1);
    round(private_key(test::dsa_key_pem), Digest::sha256);
    round(private_key(test::p256_key_pem), Digest::sha256);
    round(private_key(test::p256_key_pem), Digest::sha1);
    round(private_key(test::p384_key_pem), Digest::sha256);
    round(private_key(test::p521_key_pem), Digest::sha256);
    round(private_key(test::sm2_key_pem), Digest::sm3);
}

TEST(Signature, OfSm2CoversWhoSigned) {
    // GM/T 0003.5 §A.2: "message digest", signed by 1234567812345678.
    const PublicKey key = protocol::Sm2PublicKey{
        bytes_from_hex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"
                       "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                       "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")};
    const std::string signature = bytes_from_hex(
        "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
    const auto signed_by = [&](std::string_view signer) {
        return verify_signature(key, "SM3", {bytes_of("message digest")}, bytes_of(signature),
                                Weak::refused, signer);
    };
    EXPECT_TRUE(signed_by(sm2_signer_default));
    EXPECT_TRUE(signed_by("1234567812345678"));
    EXPECT_EQ(signed_by("1234567812345679").error(), errc::wrong_signature);
    EXPECT_EQ(signed_by("88.111.1/ADMIN").error(), errc::wrong_signature);
}

TEST(Signature, IsOfADigestThatItsKindKnows) {
    const PublicKey rsa = *admin_key().public_key();
    const PublicKey dsa = public_key(test::dsa_key_pem);
    const PublicKey ec = public_key(test::p256_key_pem);
    const PublicKey sm2 = public_key(test::sm2_key_pem);
    for (const std::string_view digest : {"", "SHA-512", "sha-256", "none"})
        EXPECT_EQ(verify(rsa, digest, "x").error(), errc::unknown_algorithm) << digest;
    for (const PublicKey& key : {rsa, dsa, ec})
        EXPECT_EQ(verify(key, "SM3", "x").error(), errc::unknown_algorithm);
    for (const std::string_view digest : {"SHA-256", "SHA1", "MD5"})
        EXPECT_EQ(verify(sm2, digest, "x").error(), errc::unknown_algorithm) << digest;
    for (const PublicKey& key : {dsa, ec})
        EXPECT_EQ(verify(key, "MD5", "x", Weak::allowed).error(), errc::unknown_algorithm);
}

TEST(Signature, WithMd5IsTakenOnlyWhereWeakOnesAreAllowed) {
    const PrivateKey key = admin_key();
    const std::string signature = key.sign(Digest::md5, {bytes_of("the signed text")});
    EXPECT_EQ(verify(*key.public_key(), "MD5", signature).error(), errc::weak_algorithm);
    EXPECT_TRUE(verify(*key.public_key(), "MD5", signature, Weak::allowed));
}

/// A modulus of that many bits: the top bit and the lowest.
std::string odd_number(std::size_t bits) {
    std::string number((bits + 7) / 8, '\0');
    number.front() = static_cast<char>(1 << ((bits - 1) % 8));
    number.back() = static_cast<char>(number.back() | 1);
    return number;
}

TEST(RsaKey, OfTooFewOrTooManyBitsIsRefused) {
    const auto refusal = [](std::size_t bits, const std::string& exponent) {
        return verify(protocol::RsaPublicKey{.exponent = exponent, .modulus = odd_number(bits)},
                      "SHA-256", std::string(128, 's'))
            .error();
    };
    const std::string common{"\1\0\1", 3};
    EXPECT_EQ(refusal(1023, common), errc::unfit_key);
    EXPECT_EQ(refusal(1024, common), errc::wrong_signature);
    EXPECT_EQ(refusal(8192, common), errc::wrong_signature);
    EXPECT_EQ(refusal(8193, common), errc::unfit_key);
    EXPECT_EQ(refusal(1'000'000, common), errc::unfit_key);
    EXPECT_EQ(refusal(2048, odd_number(64)), errc::wrong_signature);
    EXPECT_EQ(refusal(2048, odd_number(65)), errc::unfit_key);
    for (const std::string& exponent : {std::string{}, std::string{"\1"}, std::string{"\4"}})
        EXPECT_EQ(refusal(2048, exponent), errc::unfit_key);
    std::string even = odd_number(2048);
    even.back() = '\0';
    EXPECT_EQ(verify(protocol::RsaPublicKey{common, even}, "SHA-256", "s").error(),
              errc::unfit_key);
}

TEST(DsaKey, OfTooFewOrTooManyBitsIsRefused) {
    const auto refusal = [](std::size_t p, std::size_t q, std::size_t y) {
        return verify(protocol::DsaPublicKey{.q = odd_number(q),
                                             .p = odd_number(p),
                                             .g = odd_number(y),
                                             .y = odd_number(y)},
                      "SHA-256", "signature")
            .error();
    };
    EXPECT_EQ(refusal(1023, 160, 100), errc::unfit_key);
    EXPECT_NE(refusal(1024, 160, 100), errc::unfit_key);
    EXPECT_NE(refusal(3072, 256, 100), errc::unfit_key);
    EXPECT_EQ(refusal(3073, 256, 100), errc::unfit_key);
    EXPECT_EQ(refusal(1024, 159, 100), errc::unfit_key);
    EXPECT_EQ(refusal(2048, 257, 100), errc::unfit_key);
    EXPECT_EQ(refusal(1024, 160, 1), errc::unfit_key);
    EXPECT_EQ(refusal(1024, 160, 1025), errc::unfit_key);
    EXPECT_EQ(refusal(1'000'000, 160, 100), errc::unfit_key);
}

TEST(CurveKey, OnAnotherCurveOrInOctetsOfAnotherFormIsRefused) {
    const auto info_of = [](std::string_view pem) {
        return std::get<protocol::EcPublicKey>(public_key(pem)).subject_public_key_info;
    };
    const std::string p256 = info_of(test::p256_key_pem);
    const auto sm2_key = public_key(test::sm2_key_pem);
    const std::string sm2 = std::get<protocol::Sm2PublicKey>(sm2_key).subject_public_key_info;
    const auto refusal = [](const PublicKey& key, std::string_view digest) {
        return verify(key, digest, "signature").error();
    };
    using protocol::EcPublicKey;
    using protocol::Sm2PublicKey;
    EXPECT_EQ(refusal(EcPublicKey{p256}, "SHA-256"), errc::wrong_signature);
    EXPECT_EQ(refusal(EcPublicKey{info_of(test::secp256k1_key_pem)}, "SHA-256"), errc::unfit_key);
    EXPECT_EQ(refusal(EcPublicKey{sm2}, "SHA-256"), errc::unfit_key);
    EXPECT_EQ(refusal(Sm2PublicKey{p256}, "SM3"), errc::unfit_key);
    for (std::size_t size = 0; size < p256.size(); ++size)
        EXPECT_EQ(refusal(EcPublicKey{p256.substr(0, size)}, "SHA-256"), errc::malformed) << size;
    EXPECT_EQ(refusal(EcPublicKey{p256 + '\0'}, "SHA-256"), errc::malformed);
    EXPECT_EQ(refusal(EcPublicKey{std::string(160, '0')}, "SHA-256"), errc::malformed);
    EXPECT_EQ(refusal(EcPublicKey{std::string(161, '0')}, "SHA-256"), errc::unfit_key);
    std::string beside = p256;  // no point of the curve any more
    beside.back() = static_cast<char>(beside.back() ^ 1);
    EXPECT_EQ(refusal(EcPublicKey{beside}, "SHA-256"), errc::malformed);
}

TEST(AgreementKey, SignsNothing) {
    EXPECT_EQ(verify(protocol::DhPublicKey{"\5", "\x17", "\2"}, "SHA-256", "s").error(),
              errc::unfit_key);
}

TEST(Signature, LongerThanThatOfTheLargestKeyIsNotLookedAt) {
    EXPECT_EQ(verify(*admin_key().public_key(), "SHA-256", std::string(signature_size_max + 1, 's'))
                  .error(),
              errc::wrong_signature);
}

TEST(PrivateKey, SignsInTheDigestThatThePeersVersionKnows) {
    EXPECT_EQ(admin_key().digest_for({2, 6}), Digest::sha1);
    EXPECT_EQ(admin_key().digest_for({2, 7}), Digest::sha256);
    EXPECT_EQ(private_key(test::dsa_key_pem).digest_for({2, 10}), Digest::sha1);
    EXPECT_EQ(private_key(test::dsa_key_pem).digest_for({2, 11}), Digest::sha256);
    EXPECT_EQ(private_key(test::sm2_key_pem).digest_for({2, 10}), Digest::sm3);
}

TEST(PrivateKey, OfADsaKeyFileSignsAlthoughItDoesNotHoldItsPublicHalf) {
    const auto shown = std::get<protocol::DsaPublicKey>(public_key(test::dsa_key_pem));
    const std::string file = protocol::encode_private_key_file(protocol::DsaPrivateKey{
        .x = bytes_from_hex("7ea6b74f2ffed357b42076c34c4d0a806ee3702360be2b4c651dbf5d"),
        .p = shown.p,
        .q = shown.q,
        .g = shown.g});
    const auto key = PrivateKey::decode(bytes_of(file));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->public_key(), std::nullopt);
    EXPECT_TRUE(verify(shown, "SHA-256", key->sign(Digest::sha256, {bytes_of("the signed text")})));
}

TEST(PrivateKey, IsReadFromNothingElse) {
    for (const std::string_view file :
         {"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
        EXPECT_EQ(PrivateKey::decode(bytes_of(file)).error(), errc::malformed) << file;
    // An Ed25519 key of RFC 8410 §10.3.
    constexpr std::string_view ed25519 =
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n";
    EXPECT_EQ(PrivateKey::decode(bytes_of(ed25519)).error(), errc::unfit_key);
}

}  // namespace
}  // namespace idnode::resolver::auth
