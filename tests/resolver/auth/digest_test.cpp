#include "resolver/auth/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "resolver/auth/error.hpp"
#include "resolver/auth/random_id.hpp"
#include "resolver/auth/secret.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;

std::string hex(const DigestValue& value) { return test::hex_from_bytes(value.bytes()); }

TEST(Digest, IsThatOfThePartsBehindEachOther) {
    // RFC 1321 §A.5, FIPS 180-4 examples, GM/T 0004 §A.1, each of "abc".
    const Parts abc{bytes_of("a"), {}, bytes_of("bc")};
    EXPECT_EQ(hex(digest_of(Digest::md5, abc)), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(digest_of(Digest::sha1, abc)), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex(digest_of(Digest::sha256, abc)),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(digest_of(Digest::sm3, abc)),
              "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

TEST(Hmac, IsThatOfThePartsBehindEachOther) {
    // RFC 2202 §3 and RFC 4231 §4.3: key "Jefe".
    const Parts text{bytes_of("what do ya want "), bytes_of("for nothing?")};
    EXPECT_EQ(hex(hmac_of(Digest::sha1, bytes_of("Jefe"), text)),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(hex(hmac_of(Digest::sha256, bytes_of("Jefe"), text)),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_of(Digest::sha256, {}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, IsFoundByEveryNameThatPeersGiveIt) {
    EXPECT_EQ(find_digest("SHA-256"), Digest::sha256);
    EXPECT_EQ(find_digest("SHA256"), Digest::sha256);
    EXPECT_EQ(find_digest("\3"), Digest::sha256);
    EXPECT_EQ(find_digest("SHA1"), Digest::sha1);
    EXPECT_EQ(find_digest("SHA-1"), Digest::sha1);
    EXPECT_EQ(find_digest("\2"), Digest::sha1);
    EXPECT_EQ(find_digest("MD5"), Digest::md5);
    EXPECT_EQ(find_digest("\1"), Digest::md5);
    EXPECT_EQ(find_digest("SM3"), Digest::sm3);
    using namespace std::string_view_literals;
    for (const std::string_view name : {""sv, "\0"sv, "\4"sv, "sha-256"sv, "SHA-512"sv, "\3\3"sv})
        EXPECT_EQ(find_digest(name), std::nullopt) << name;
}

TEST(RequestDigest, IsSha256FromVersion27On) {
    using protocol::DigestAlgorithm;
    EXPECT_EQ(request_digest_algorithm({2, 6}), DigestAlgorithm::sha1);
    EXPECT_EQ(request_digest_algorithm({2, 7}), DigestAlgorithm::sha256);
    EXPECT_EQ(request_digest_algorithm({3, 0}), DigestAlgorithm::sha256);
    for (const auto algorithm :
         {DigestAlgorithm::md5, DigestAlgorithm::sha1, DigestAlgorithm::sha256})
        EXPECT_EQ(digest_request(algorithm, bytes_of("request")).bytes().size(),
                  protocol::digest_size(algorithm));
}

TEST(Comparison, SeesEachOctetAndEachSize) {
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_TRUE(equal_in_constant_time(bytes_of("secret"), bytes_of("secret")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("secret"), bytes_of("secres")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("secret"), bytes_of("tecret")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("secret"), bytes_of("secre")));
    EXPECT_FALSE(equal_in_constant_time(bytes_of("secret"), {}));
}

TEST(RandomId, IsPositiveToJavaAndTellsChallengesFromSessions) {
    std::set<std::uint32_t> ids;
    for (int round = 0; round < 1000; ++round) {
        for (const IdKind kind : {IdKind::challenge, IdKind::session}) {
            const std::uint32_t id = random_id(kind);
            EXPECT_NE(id, 0U);
            EXPECT_LT(id, 0x80000000U);
            EXPECT_EQ(id % 2, static_cast<std::uint32_t>(kind));
            ids.insert(id);
        }
    }
    EXPECT_GT(ids.size(), 1990U) << "2000 of a billion hardly ever meet";
}

TEST(Secret, IsCopiedMovedAndShortenedLikeAnyText) {
    Secret secret{bytes_of("0123456789abcdef0123456789abcdef")};
    const Secret copy = secret;
    Secret other{std::size_t{4}};
    other = copy;
    const Secret moved = std::move(other);
    EXPECT_EQ(protocol::text_of(moved.bytes()), protocol::text_of(copy.bytes()));
    secret.shorten(3);
    EXPECT_EQ(protocol::text_of(secret.bytes()), "012");
    secret = copy;
    EXPECT_EQ(secret.bytes().size(), 32U);
    EXPECT_TRUE(Secret{}.bytes().empty());
}

TEST(Refusals, HaveSentencesOfTheirOwn) {
    std::set<std::string> sentences;
    for (const errc code : {errc::malformed, errc::unknown_algorithm, errc::weak_algorithm,
                            errc::unfit_key, errc::too_costly, errc::wrong_signature,
                            errc::replayed, errc::unknown_session, errc::unanswered})
        sentences.insert(make_error_code(code).message());
    EXPECT_EQ(sentences.size(), 9U);
    EXPECT_EQ(sentences.count("unknown error"), 0U);
}

}  // namespace
}  // namespace idnode::resolver::auth
