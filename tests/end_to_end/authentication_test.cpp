#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "protocol/handle/typed_data.hpp"
#include "tests/end_to_end/http_identity.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Value;
using ::testing::HasSubstr;

const Credentials secretive{{"88.1/ADMIN", 301}, "secret-of-admin"};

/// An administrator with an RSA key and a secret key, who may do everything under 88.1.
class HttpAuthentication : public ::testing::Test {
protected:
    void SetUp() override {
        make_certificate("300:88.1/ADMIN", certificate_file(), key_file());
        node_.home("88.1");
        import_keys(holder());
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    std::string certificate_file() const { return node_.directory().file("client.pem"); }
    std::string key_file() const { return node_.directory().file("client-key.pem"); }
    KeyHolder holder() const { return make_key_holder({"88.1/ADMIN", 300}, read_file(key_file())); }
    /// With the key of that holder, and with this secret.
    void import_keys(const KeyHolder& holder, const std::string& secret = secretive.secret) {
        const Value admin{.index = 100,
                          .type = "HS_ADMIN",
                          .data = protocol::encode_admin({0x0fff, {"88.1/ADMIN", 0}}),
                          .references = {}};
        const Value key{.index = secretive.identity.index,
                        .permissions = 0b1100,
                        .type = "HS_SECKEY",
                        .data = secret,
                        .references = {}};
        node_.import(to_line("0.NA/88.1", {admin}) +
                     to_line("88.1/ADMIN", {admin, public_key_of(holder), key}));
    }
    HttpsAnswer show_session(HttpsConnection& https, const HttpChallenge& challenge) {
        return https.ask({.target = "/api/sessions/this",
                          .headers = {"Authorization: " + in_session(challenge)}});
    }

    Node node_;
};

TEST_F(HttpAuthentication, ByAPublicKeyProvesASessionWhichThenNeedsNoSignature) {
    HttpsConnection https{node_.https()};
    const HttpChallenge session = challenge_over(https);
    EXPECT_EQ(put_url(https, "88.1/a", by_public_key(session, holder())), 201);
    EXPECT_EQ(put_url(https, "88.1/b", in_session(session)), 201);
    HttpsConnection other{node_.https()};
    EXPECT_EQ(put_url(other, "88.1/c", in_session(session)), 201)
        << "a session is bound to no connection";
    EXPECT_THAT(show_session(https, session).body,
                HasSubstr(R"("authenticated":true,"id":"300:88.1/ADMIN")"));
    EXPECT_EQ(https
                  .ask({.method = "DELETE",
                        .target = "/api/sessions/this",
                        .headers = {"Authorization: " + in_session(session)}})
                  .status,
              204);
    EXPECT_EQ(put_url(https, "88.1/d", in_session(session)), 401);
}

TEST_F(HttpAuthentication, ByAPublicKeyIsGoodForItsNonceOnce) {
    HttpsConnection https{node_.https()};
    const HttpChallenge session = challenge_over(https);
    const KeyHolder admin = holder();
    const std::string signature = sign_nonces(session, admin);
    std::string wrong = signature;
    wrong[10] ^= 1;
    EXPECT_EQ(put_url(https, "88.1/a", by_public_key(session, admin.identity, wrong)), 401);
    EXPECT_EQ(put_url(https, "88.1/a", by_public_key(session, admin.identity, signature)), 201);
    EXPECT_EQ(put_url(https, "88.1/b", by_public_key(session, admin.identity, signature)), 401)
        << "the nonce is another now";
    const HttpChallenge later = challenge_over(https);
    EXPECT_EQ(put_url(https, "88.1/b", by_public_key(later, admin.identity, signature)), 401);
}

TEST_F(HttpAuthentication, ByASecretKeyTakesADerivedKey) {
    HttpsConnection https{node_.https()};
    EXPECT_EQ(put_url(https, "88.1/a", by_secret_key(challenge_over(https), secretive)), 201);
    EXPECT_EQ(put_url(https, "88.1/b", by_secret_key(challenge_over(https), secretive, "short")),
              201);
    EXPECT_EQ(put_url(https, "88.1/c", by_password(secretive)), 201);
    const Credentials wrong{secretive.identity, "another"};
    EXPECT_EQ(put_url(https, "88.1/d", by_secret_key(challenge_over(https), wrong)), 401);
    EXPECT_EQ(put_url(https, "88.1/d", by_password(wrong)), 401);
}

TEST_F(HttpAuthentication, ByAClientCertificateTakesTheKeyThatTheRegistryHas) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        HttpsConnection https{node_.https(),
                              {.version_min = version,
                               .version_max = version,
                               .certificate_file = certificate_file(),
                               .key_file = key_file()}};
        EXPECT_LE(put_url(https, "88.1/a", by_certificate), 201);
        EXPECT_EQ(put_url(https, "88.1/b", "Basic x"), 401) << "the header says how";
    }
    make_certificate("300:88.1/ADMIN", certificate_file(), key_file());  // with another key
    HttpsConnection impostor{node_.https(),
                             {.certificate_file = certificate_file(), .key_file = key_file()}};
    EXPECT_EQ(put_url(impostor, "88.1/c", by_certificate), 401);
    HttpsConnection bare{node_.https()};
    EXPECT_EQ(put_url(bare, "88.1/d", by_certificate), 401);
}

TEST_F(HttpAuthentication, OfASessionEndsWithTheKeyThatProvedIt) {
    HttpsConnection https{node_.https()};
    const HttpChallenge keyed = challenge_over(https);
    const HttpChallenge secret = challenge_over(https);
    const KeyHolder before = holder();
    EXPECT_EQ(put_url(https, "88.1/a", by_public_key(keyed, before)), 201);
    EXPECT_EQ(put_url(https, "88.1/b", by_secret_key(secret, secretive)), 201);
    import_keys(before, "a new secret");
    EXPECT_EQ(put_url(https, "88.1/c", in_session(keyed)), 201) << "this key is there still";
    EXPECT_EQ(put_url(https, "88.1/d", in_session(secret)), 401);
    EXPECT_THAT(show_session(https, secret).body, HasSubstr(R"("authenticated":false)"));
    make_certificate("300:88.1/ADMIN", certificate_file(), key_file());
    import_keys(holder(), "a new secret");
    EXPECT_EQ(put_url(https, "88.1/e", in_session(keyed)), 401);
}

TEST_F(HttpAuthentication, GuessesOfASecretAreHeldUpWhereverTheyAreMade) {
    const auto verification = [](const std::string& index) {
        return R"({"handle":"88.1/ADMIN","index":)" + index +
               R"(,"nonce":"AAAA","requestDigest":"AAAA","signedResponse":"AwAA"})";
    };
    const auto guess = [&](const std::string& path, const std::string& body,
                           const std::string& authorization) {
        HttpsConnection https{node_.https()};
        std::vector<std::string> headers{json_content};
        if (!authorization.empty()) headers.push_back("Authorization: " + authorization);
        return https.ask({.method = "POST", .target = path, .headers = headers, .body = body})
            .status;
    };
    EXPECT_EQ(guess("/api/verifications", verification("-1"), ""), 400);
    EXPECT_EQ(guess("/api/verifications", verification("\"x\""), ""), 400);
    const std::string wrong = by_password({secretive.identity, "a guess"});
    for (int each = 0; each < 5; ++each) {
        EXPECT_EQ(guess("/api/verifications", verification("301"), ""), 200);
        EXPECT_EQ(guess("/api/v1/identifiers:batch", "{}\n", wrong), 401);
    }
    EXPECT_EQ(guess("/api/verifications", verification("301"), ""), 429);
    EXPECT_EQ(guess("/api/v1/identifiers:batch", "{}\n", wrong), 429);
    EXPECT_EQ(guess("/api/v1/logout", "", by_password(secretive)), 429) << "not even the right one";
}

}  // namespace
}  // namespace idnode::end_to_end
