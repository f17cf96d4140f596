#include "resolver/auth/secret_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/hex.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::SecretKeyForm;
using protocol::SecretKeyResponse;
using test::bytes_from_hex;

constexpr std::string_view secret = "adminsecret";
const std::string nonce = bytes_from_hex("000102030405060708090a0b0c0d0e0f");
const std::string digest =
    bytes_from_hex("404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");

constexpr SecretKeyForm forms[] = {SecretKeyForm::md5,         SecretKeyForm::sha1,
                                   SecretKeyForm::sha256,      SecretKeyForm::hmac_sha1,
                                   SecretKeyForm::hmac_sha256, SecretKeyForm::pbkdf2_hmac_sha1};

Result<DigestValue> compute(const SecretKeyResponse& response, std::string_view key = secret) {
    return compute_secret_mac(bytes_of(key), bytes_of(nonce), bytes_of(digest), response);
}

Result<void> verify(std::string_view signed_response, std::string_view key = secret,
                    Weak weak = Weak::refused) {
    const auto response = protocol::decode_secret_key_response(bytes_of(signed_response));
    EXPECT_TRUE(response);
    return verify_secret_response(bytes_of(key), bytes_of(nonce), bytes_of(digest), *response,
                                  weak);
}

TEST(SecretKey, GivesTheMacsOfTheReferenceLibrary) {
    // hdllib 9.3.1: each form, for this nonce and digest.
    struct Case {
        SecretKeyForm form;
        std::string_view mac;
    };
    for (const Case& each :
         {Case{SecretKeyForm::md5, "b12d1a21c910a2d44142e0dda2214e7e"},
          Case{SecretKeyForm::sha1, "4bd2cd47581c80fd0be1672bec8e10218ccaac91"},
          Case{SecretKeyForm::sha256,
               "61d2060ec58191dc5f4a677651662e593fa614cfab91df40055f3017886a3b6b"},
          Case{SecretKeyForm::hmac_sha1, "9bdafb27c98bb3a7d935e0ef4c3bc2d7ffb636fa"},
          Case{SecretKeyForm::hmac_sha256,
               "be18bfada682514fd4fc35ce68137af3bcdd6517e32006755cb7cd1168fdbe10"}})
        EXPECT_EQ(
            test::hex_from_bytes(compute({.form = each.form, .salt = {}, .mac = {}})->bytes()),
            each.mac);
    EXPECT_TRUE(
        verify(bytes_from_hex("22000000107e3a9946e3bb522c6ac89ad468e8a169000027100000"
                              "00a00000001475d6aec8570a657278e3ec4e2609d127e07ac8d0")));
}

TEST(SecretKey, ResponseOfEachFormIsMadeAndVerified) {
    for (const SecretKeyForm form : forms) {
        const auto made =
            make_secret_response(form, bytes_of(secret), bytes_of(nonce), bytes_of(digest));
        ASSERT_TRUE(made);
        EXPECT_TRUE(verify(*made, secret, Weak::allowed));
        EXPECT_EQ(verify(*made, "adminsecres", Weak::allowed).error(), errc::wrong_signature);
        EXPECT_EQ(verify(*made, "adminsecret\n", Weak::allowed).error(), errc::wrong_signature);
        std::string changed = *made;
        changed.back() = static_cast<char>(changed.back() ^ 1);
        EXPECT_EQ(verify(changed, secret, Weak::allowed).error(), errc::wrong_signature);
    }
}

TEST(SecretKey, ResponseHasANewSaltEachTime) {
    const auto make = [] {
        return *make_secret_response(SecretKeyForm::pbkdf2_hmac_sha1, bytes_of(secret),
                                     bytes_of(nonce), bytes_of(digest));
    };
    EXPECT_NE(make(), make());
}

TEST(SecretKey, WithMd5IsTakenOnlyWhereWeakOnesAreAllowed) {
    const auto made = make_secret_response(SecretKeyForm::md5, bytes_of(secret), bytes_of(nonce),
                                           bytes_of(digest));
    EXPECT_EQ(verify(*made).error(), errc::weak_algorithm);
    EXPECT_TRUE(verify(*made, secret, Weak::allowed));
}

TEST(SecretKey, ThatIsEmptyOrLongerThanAnyProvesNothing) {
    for (const SecretKeyForm form : forms) {
        const SecretKeyResponse response{
            .form = form, .salt = {}, .iterations = 1, .key_bits = 160, .mac = {}};
        EXPECT_EQ(compute(response, "").error(), errc::unfit_key);
        EXPECT_TRUE(compute(response, std::string(1024, 's')));
        EXPECT_EQ(compute(response, std::string(1025, 's')).error(), errc::unfit_key);
    }
}

TEST(SecretKey, IsDerivedOnlyWithinWhatAnybodyMayAskFor) {
    const auto refusal = [](std::uint32_t iterations, std::uint32_t key_bits) {
        return compute({.form = SecretKeyForm::pbkdf2_hmac_sha1,
                        .salt = bytes_of("salt"),
                        .iterations = iterations,
                        .key_bits = key_bits,
                        .mac = {}})
            .error();
    };
    const boost::system::error_code none;
    EXPECT_EQ(refusal(0, 160), errc::too_costly);
    EXPECT_EQ(refusal(1, 160), none);
    EXPECT_EQ(refusal(50'000, 160), none);
    EXPECT_EQ(refusal(50'001, 160), errc::too_costly);
    EXPECT_EQ(refusal(0xffffffff, 160), errc::too_costly);
    EXPECT_EQ(refusal(1, 0), errc::too_costly);
    EXPECT_EQ(refusal(1, 56), errc::too_costly);
    EXPECT_EQ(refusal(1, 64), none);
    EXPECT_EQ(refusal(1, 65), errc::too_costly);
    EXPECT_EQ(refusal(1, 512), none);
    EXPECT_EQ(refusal(1, 520), errc::too_costly);
    EXPECT_EQ(refusal(1, 0xfffffff8), errc::too_costly);
}

TEST(SecretKey, IsUsedInTheFormThatThePeersVersionKnows) {
    EXPECT_EQ(secret_key_form_for({2, 6}), SecretKeyForm::sha1);
    EXPECT_EQ(secret_key_form_for({2, 7}), SecretKeyForm::pbkdf2_hmac_sha1);
}

}  // namespace
}  // namespace idnode::resolver::auth
