#include "resolver/auth/authenticate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>

#include "resolver/auth/answer.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/resolver/auth/moving_clock.hpp"
#include "tests/resolver/auth/records.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;
using protocol::ChallengeAnswer;
using protocol::Message;
using protocol::Reference;
using protocol::ResponseCode;
using protocol::Version;
using test::text4;

PrivateKey read_key(std::string_view file) {
    return std::move(*PrivateKey::decode(bytes_of(file)));
}

std::string public_half(const PrivateKey& key) {
    return protocol::encode_public_key(*key.public_key());
}

class Authentication : public testing::Test {
protected:
    Authentication() {
        records.add(admin, 300, "HS_PUBKEY", public_half(rsa));
        records.add(admin, 301, "HS_SECKEY", "adminsecret");
        records.add(admin, 302, "hs_pubkey", public_half(dsa));
        records.add(admin, 303, "HS_PUBKEY", public_half(ec));
        records.add(admin, 304, "HS_PUBKEY", public_half(sm2));
        records.add(admin, 305, "HS_PUBKEY", "no key");
        records.add(admin, 306, "HS_SECKEY", "");
        records.add(admin, 307, "URL", "adminsecret");
    }

    Verdict judge(std::string_view type, std::uint32_t index, std::string_view response,
                  Weak weak = Weak::refused, std::string_view handle = admin) {
        return authenticate(
            challenge,
            {.type = type, .handle = handle, .index = index, .signed_response = bytes_of(response)},
            records.finder(), weak);
    }

    std::string sign(const PrivateKey& key, Digest digest) const {
        return text4(name_of(digest)) +
               text4(key.sign(digest, {challenge.nonce, challenge.request_digest.bytes()}));
    }

    std::string respond(std::string_view secret,
                        protocol::SecretKeyForm form = protocol::SecretKeyForm::pbkdf2_hmac_sha1) {
        return *make_secret_response(form, bytes_of(secret), challenge.nonce,
                                     challenge.request_digest.bytes());
    }

    static constexpr std::string_view admin = "88.111.1/ADMIN";

    const PrivateKey rsa = read_key(test::bytes_from_hex(test::admin_private_key_file_hex));
    const PrivateKey dsa = read_key(test::dsa_key_pem);
    const PrivateKey ec = read_key(test::p256_key_pem);
    const PrivateKey sm2 = read_key(test::sm2_key_pem);
    Records records;
    MovingClock clock;
    ChallengeTable table{{}, clock};
    const std::string request = test::read_capture("001-resolve-udp").requests.front();
    const Message message = *protocol::decode_message(bytes_of(request));
    const OpenChallenge challenge = *table.issue(message, bytes_of(request));
};

TEST_F(Authentication, KnowsTheOwnerOfAKeyOfEachKind) {
    struct Case {
        std::uint32_t index;
        std::string_view type;
        std::string response;
    };
    for (const Case& each : {Case{300, "HS_PUBKEY", sign(rsa, Digest::sha256)},
                             Case{300, "HS_PUBKEY", sign(rsa, Digest::sha1)},
                             Case{301, "HS_SECKEY", respond("adminsecret")},
                             Case{302, "HS_PUBKEY", sign(dsa, Digest::sha256)},
                             Case{303, "HS_PUBKEY", sign(ec, Digest::sha256)},
                             Case{304, "HS_PUBKEY", sign(sm2, Digest::sm3)}}) {
        const Verdict verdict = judge(each.type, each.index, each.response);
        EXPECT_EQ(verdict.code, ResponseCode::success) << each.index;
        EXPECT_EQ(verdict.identity, (Reference{std::string{admin}, each.index}));
        const auto values = records.finder()(admin);
        const auto value = std::ranges::find(*values, each.index, &protocol::Value::index);
        EXPECT_TRUE(equal_in_constant_time(
            verdict.key.bytes(), digest_of_key(each.type, bytes_of(value->data)).bytes()));
        EXPECT_FALSE(verdict.reason);
        // Nobody is somebody else for it.
        for (const std::uint32_t other : {300U, 301U, 302U, 303U, 304U, 305U, 306U, 307U, 308U}) {
            const bool same = judge(each.type, other, each.response).code == ResponseCode::success;
            EXPECT_EQ(same, other == each.index) << other;
        }
    }
}

TEST(KeyDigest, TellsKeysApartByTypeAndData) {
    const auto digest = [](std::string_view type, std::string_view data) {
        return test::hex_from_bytes(digest_of_key(type, bytes_of(data)).bytes());
    };
    EXPECT_EQ(digest("HS_SECKEY", "k"), digest("hs_seckey", "k"));
    EXPECT_NE(digest("HS_SECKEY", "k"), digest("HS_PUBKEY", "k"));
    EXPECT_NE(digest("HS_SECKEY", "k"), digest("HS_SECKEY", "l"));
    EXPECT_NE(digest("HS_SECKEY", "k"), digest("HS_SECKE", std::string{"Y\0k", 3}));
}

TEST_F(Authentication, KnowsTheSignatureOfIndustrialClientsWithSm2) {
    const DigestValue digest =
        digest_of(Digest::sm3, {challenge.nonce, challenge.request_digest.bytes()});
    const auto signed_by = [&](std::string_view signer) {
        return text4("SM3") + text4(sm2.sign(Digest::sm3, {digest.bytes()}, signer));
    };
    EXPECT_EQ(judge("HS_PUBKEY", 304, signed_by(admin)).code, ResponseCode::success);
    EXPECT_EQ(judge("HS_PUBKEY", 304, signed_by("88.111.1/OTHER")).code,
              ResponseCode::authentication_failed);
}

TEST_F(Authentication, FailsWithAWrongKey) {
    const PrivateKey other = read_key(test::p384_key_pem);
    EXPECT_EQ(judge("HS_SECKEY", 301, respond("adminsecres")).code,
              ResponseCode::authentication_failed);
    std::string changed = sign(rsa, Digest::sha256);
    changed.back() = static_cast<char>(changed.back() ^ 1);
    EXPECT_EQ(judge("HS_PUBKEY", 300, changed).code, ResponseCode::authentication_failed);
    EXPECT_EQ(judge("HS_PUBKEY", 303, sign(other, Digest::sha256)).code,
              ResponseCode::authentication_failed);
    EXPECT_EQ(judge("HS_PUBKEY", 303, sign(other, Digest::sha256)).reason, errc::wrong_signature);
}

TEST_F(Authentication, HasNothingToCompareWithWhereThereIsNoSuchKey) {
    const std::string secret = respond("adminsecret");
    EXPECT_EQ(judge("HS_SECKEY", 301, secret, Weak::refused, "88.111.1/NOBODY").code,
              ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_SECKEY", 301, secret, Weak::refused, "").code, ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_SECKEY", 301, secret, Weak::refused, std::string(2049, 'a')).code,
              ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_SECKEY", 308, secret).code, ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_SECKEY", 300, secret).code, ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_SECKEY", 307, secret).code, ResponseCode::invalid_admin);
    EXPECT_EQ(judge("HS_PUBKEY", 301, sign(rsa, Digest::sha256)).code, ResponseCode::invalid_admin);
}

TEST_F(Authentication, FindsTheKeyByItselfWhereTheAnswerNamesNone) {
    const Verdict by_secret = judge("HS_SECKEY", 0, respond("adminsecret"));
    EXPECT_EQ(by_secret.code, ResponseCode::success);
    EXPECT_EQ(by_secret.identity.index, 301U);
    const Verdict by_ec = judge("HS_PUBKEY", 0, sign(ec, Digest::sha256));
    EXPECT_EQ(by_ec.code, ResponseCode::success);
    EXPECT_EQ(by_ec.identity.index, 303U);
    EXPECT_EQ(judge("HS_SECKEY", 0, respond("wrong")).code, ResponseCode::authentication_failed);
}

TEST_F(Authentication, TriesNoMoreThanAFewKeys) {
    for (std::uint32_t index = 1; index <= 4; ++index)
        records.add("88.1/MANY", index, "HS_SECKEY", "secret" + std::to_string(index));
    records.add("88.1/MANY", 5, "HS_SECKEY", "secret5");
    const auto code = [&](std::uint32_t index, const char* secret) {
        return judge("HS_SECKEY", index, respond(secret), Weak::refused, "88.1/MANY").code;
    };
    EXPECT_EQ(code(0, "secret4"), ResponseCode::success);
    EXPECT_EQ(code(0, "secret5"), ResponseCode::authentication_failed);
    EXPECT_EQ(code(5, "secret5"), ResponseCode::success);
}

TEST_F(Authentication, RefusesMalformedResponsesBeforeItLooksForAKey) {
    for (const std::string_view type : {"HS_PUBKEY", "HS_SECKEY"})
        for (const std::string& response :
             {std::string{}, std::string{"\x77"}, std::string{"no"},
              sign(rsa, Digest::sha256) + 'x', respond("adminsecret") + 'x'})
            EXPECT_EQ(judge(type, 300, response).code, ResponseCode::invalid_credential);
    EXPECT_EQ(records.asked, 0U);
}

TEST_F(Authentication, CannotBeDoneByOtherMeans) {
    for (const std::string_view type : {"", "HS_CERT", "PASSWORD"})
        EXPECT_EQ(judge(type, 300, "x").code, ResponseCode::unable_to_authenticate) << type;
    // An unusable key, an unknown digest, a secret that is empty.
    EXPECT_EQ(judge("HS_PUBKEY", 305, sign(rsa, Digest::sha256)).code,
              ResponseCode::unable_to_authenticate);
    EXPECT_EQ(judge("HS_PUBKEY", 300, text4("SHA-512") + text4("s")).code,
              ResponseCode::unable_to_authenticate);
    EXPECT_EQ(judge("HS_SECKEY", 306, respond("adminsecret")).code,
              ResponseCode::unable_to_authenticate);
    // A derivation that nobody may ask for.
    const std::string costly = '\x22' + text4("salt") + test::number4(0xffffffff) +
                               test::number4(160) + text4(std::string(20, 'm'));
    EXPECT_EQ(judge("HS_SECKEY", 301, costly).code, ResponseCode::unable_to_authenticate);
    EXPECT_EQ(judge("HS_SECKEY", 301, costly).reason, errc::too_costly);
}

TEST_F(Authentication, TakesWeakAlgorithmsOnlyWhereTheyAreAllowed) {
    const std::string secret = respond("adminsecret", protocol::SecretKeyForm::md5);
    const std::string signature = sign(rsa, Digest::md5);
    EXPECT_EQ(judge("HS_SECKEY", 301, secret).code, ResponseCode::unable_to_authenticate);
    EXPECT_EQ(judge("HS_PUBKEY", 300, signature).reason, errc::weak_algorithm);
    EXPECT_EQ(judge("HS_SECKEY", 301, secret, Weak::allowed).code, ResponseCode::success);
    EXPECT_EQ(judge("HS_PUBKEY", 300, signature, Weak::allowed).code, ResponseCode::success);
}

TEST_F(Authentication, IsOfOneChallengeOnly) {
    const std::string signature = sign(rsa, Digest::sha256);
    OpenChallenge other = challenge;
    other.nonce[0] ^= std::byte{1};
    const ChallengeAnswer answer{
        .type = "HS_PUBKEY", .handle = admin, .index = 300, .signed_response = bytes_of(signature)};
    EXPECT_EQ(authenticate(challenge, answer, records.finder()).code, ResponseCode::success);
    EXPECT_EQ(authenticate(other, answer, records.finder()).code,
              ResponseCode::authentication_failed);
}

TEST_F(Authentication, TakesWhatTheClientsSideAnswers) {
    const Reference with_key{std::string{admin}, 300};
    const Reference with_secret{std::string{admin}, 301};
    for (const Version version : {Version{2, 6}, Version{2, 11}}) {
        const auto by_key =
            answer_challenge(challenge.body(), message.header_and_body, version, with_key, rsa);
        const auto by_secret = answer_challenge(challenge.body(), message.header_and_body, version,
                                                with_secret, bytes_of("adminsecret"));
        for (const auto& body : {by_key, by_secret}) {
            ASSERT_TRUE(body);
            const auto answer = protocol::decode_challenge_answer(bytes_of(*body));
            ASSERT_TRUE(answer);
            EXPECT_EQ(authenticate(challenge, *answer, records.finder()).code,
                      ResponseCode::success);
        }
    }
}

TEST_F(Authentication, GivesTheClientsSideNothingToSignButItsOwnRequest) {
    std::string other{protocol::text_of(message.header_and_body)};
    other.back() = static_cast<char>(other.back() ^ 1);
    EXPECT_EQ(answer_challenge(challenge.body(), bytes_of(other), {2, 11}, {}, rsa).error(),
              errc::malformed);
    EXPECT_EQ(answer_challenge(challenge.body(), bytes_of(other), {2, 11}, {}, bytes_of("secret"))
                  .error(),
              errc::malformed);
}

TEST_F(Authentication, IsDoneForAPeerWithSecretsOnly) {
    const auto verify = [&](std::uint32_t index, std::string_view response) {
        return verify_for_peer({.handle = admin,
                                .index = index,
                                .nonce = challenge.nonce,
                                .request_digest = challenge.body().request_digest,
                                .signed_response = bytes_of(response)},
                               records.finder());
    };
    EXPECT_TRUE(verify(301, respond("adminsecret")));
    EXPECT_TRUE(verify(0, respond("adminsecret")));
    EXPECT_FALSE(verify(301, respond("wrong")));
    EXPECT_FALSE(verify(300, respond("adminsecret")));
    EXPECT_FALSE(verify(301, "malformed"));
    EXPECT_FALSE(verify(300, sign(rsa, Digest::sha256)));
}

/// What a function costs this thread, in nanoseconds; the least of several times.
template <class Function>
std::int64_t cost_of(Function&& function) {
    const auto spent = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (int times = 0; times < 5; ++times) {
        const std::int64_t begin = spent();
        function();
        least = std::min(least, spent() - begin);
    }
    return least;
}

TEST_F(Authentication, TakesAsLongForASecretThatIsNotThereAsForAWrongOne) {
    const std::string wrong = respond("wrong");  // by PBKDF2
    const auto cost = [&](std::string_view handle, std::uint32_t index) {
        const ChallengeAnswer answer{.type = "HS_SECKEY",
                                     .handle = handle,
                                     .index = index,
                                     .signed_response = bytes_of(wrong)};
        return cost_of([&] { authenticate(challenge, answer, records.finder()); });
    };
    const std::int64_t of_wrong = cost(admin, 301);
    EXPECT_GT(cost("88.111.1/NOBODY", 301), of_wrong / 2);
    EXPECT_LT(cost("88.111.1/NOBODY", 301), of_wrong * 2);
    EXPECT_GT(cost(admin, 300), of_wrong / 2) << "that value holds a key of another kind";
}

}  // namespace
}  // namespace idnode::resolver::auth
