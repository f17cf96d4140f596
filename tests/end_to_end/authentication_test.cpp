#include "protocol/handle/authentication.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <boost/json.hpp>

#include "protocol/json/base64.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using ::testing::HasSubstr;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

constexpr const char* name = "300:88.1/ADMIN";
constexpr const char* secret_name = "301:88.1/ADMIN";
constexpr const char* nonce = "client-nonce-123";
constexpr const char* body = R"([{"index":1,"type":"URL","data":"https://example.org/"}])";

std::string number_of(const Key& key, const char* parameter) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key.get(), parameter, &number);
    std::string octets(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(octets.data()));
    BN_free(number);
    return protocol::to_base64url(octets);
}

std::string sign(const Key& key, std::string_view octets) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free};
    std::size_t size = 512;
    std::string signature(size, '\0');
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(octets.data()), octets.size());
    signature.resize(size);
    return signature;
}

/// An administrator with an RSA key and a secret key, who may do everything under 88.1.
class HttpAuthentication : public ::testing::Test {
protected:
    void SetUp() override {
        make_certificate(name, certificate_file(), key_file());
        const std::unique_ptr<std::FILE, decltype(&std::fclose)> file{
            std::fopen(key_file().c_str(), "r"), std::fclose};
        key_.reset(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
        node_.home("88.1");
        const std::string admin =
            R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
            R"({"handle":"88.1/ADMIN","index":0,"permissions":"111111111111"}}})";
        node_.import(R"({"handle":"0.NA/88.1","values":[)" + admin + "]}\n" +
                     R"({"handle":"88.1/ADMIN","values":[)" + admin +
                     R"(,{"index":300,"type":"HS_PUBKEY","data":{"format":"key","value":)"
                     R"({"kty":"RSA","n":")" +
                     number_of(key_, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
                     number_of(key_, OSSL_PKEY_PARAM_RSA_E) +
                     R"("}}},{"index":301,"type":"HS_SECKEY","data":"secret-of-admin",)"
                     R"("permissions":"1100"}]})"
                     "\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    std::string certificate_file() const { return node_.directory().file("client.pem"); }
    std::string key_file() const { return node_.directory().file("client-key.pem"); }

    /// A session and its nonce, as the node gives them with a refusal.
    std::pair<std::string, std::string> challenge(HttpsConnection& https) {
        const boost::json::value session =
            https.ask({.method = "POST", .target = "/api/sessions"}).json();
        return {std::string{session.at("sessionId").as_string()},
                *protocol::from_base64(session.at("nonce").as_string())};
    }
    static int put(HttpsConnection& https, const std::string& handle,
                   const std::string& authorization) {
        return https
            .ask({.method = "PUT",
                  .target = "/api/handles/" + handle,
                  .headers = {json_content, "Authorization: " + authorization},
                  .body = body})
            .status;
    }
    std::string by_key(const std::string& session, const std::string& signature) const {
        return R"(Handle version="0", sessionId=")" + session + R"(", cnonce=")" +
               protocol::to_base64(nonce) + R"(", id=")" + name +
               R"(", type="HS_PUBKEY", alg="SHA256", signature=")" +
               protocol::to_base64(signature) + '"';
    }

    Node node_;
    Key key_{nullptr, EVP_PKEY_free};
};

TEST_F(HttpAuthentication, ByAPublicKeyProvesASessionWhichThenNeedsNoSignature) {
    HttpsConnection https{node_.https()};
    const auto [session, server_nonce] = challenge(https);
    const std::string signature = sign(key_, server_nonce + nonce);
    EXPECT_EQ(put(https, "88.1/a", by_key(session, signature)), 201);
    const std::string in_session = R"(Handle version="0", sessionId=")" + session + '"';
    EXPECT_EQ(put(https, "88.1/b", in_session), 201);
    HttpsConnection other{node_.https()};
    EXPECT_EQ(put(other, "88.1/c", in_session), 201) << "a session is bound to no connection";
    const HttpsAnswer shown =
        https.ask({.target = "/api/sessions/this", .headers = {"Authorization: " + in_session}});
    EXPECT_THAT(shown.body, HasSubstr(R"("authenticated":true,"id":"300:88.1/ADMIN")"));
    EXPECT_EQ(https
                  .ask({.method = "DELETE",
                        .target = "/api/sessions/this",
                        .headers = {"Authorization: " + in_session}})
                  .status,
              204);
    EXPECT_EQ(put(https, "88.1/d", in_session), 401);
}

TEST_F(HttpAuthentication, ByAPublicKeyIsGoodForItsNonceOnce) {
    HttpsConnection https{node_.https()};
    const auto [session, server_nonce] = challenge(https);
    const std::string signature = sign(key_, server_nonce + nonce);
    std::string wrong = signature;
    wrong[10] ^= 1;
    EXPECT_EQ(put(https, "88.1/a", by_key(session, wrong)), 401);
    EXPECT_EQ(put(https, "88.1/a", by_key(session, signature)), 201);
    EXPECT_EQ(put(https, "88.1/b", by_key(session, signature)), 401) << "the nonce is another now";
    const auto [later, other_nonce] = challenge(https);
    EXPECT_EQ(put(https, "88.1/b", by_key(later, signature)), 401);
}

TEST_F(HttpAuthentication, ByASecretKeyTakesADerivedKey) {
    HttpsConnection https{node_.https()};
    const auto [session, server_nonce] = challenge(https);
    const auto response = resolver::auth::make_secret_response(
        protocol::SecretKeyForm::pbkdf2_hmac_sha1, bytes_of("secret-of-admin"),
        bytes_of(server_nonce), bytes_of(nonce));
    ASSERT_TRUE(response);
    const auto parts = protocol::decode_secret_key_response(bytes_of(*response));
    ASSERT_TRUE(parts);
    const auto base64 = [](protocol::Bytes octets) {
        return protocol::to_base64(protocol::text_of(octets));
    };
    EXPECT_EQ(
        put(https, "88.1/a",
            R"(Handle version="0", sessionId=")" + session + R"(", cnonce=")" +
                protocol::to_base64(nonce) + R"(", id=")" + secret_name +
                R"(", type="HS_SECKEY", alg="PBKDF2-HMAC-SHA1", salt=")" + base64(parts->salt) +
                R"(", iterations=")" + std::to_string(parts->iterations) + R"(", length=")" +
                std::to_string(parts->key_bits) + R"(", signature=")" + base64(parts->mac) + '"'),
        201);
}

TEST_F(HttpAuthentication, ByAClientCertificateTakesTheKeyThatTheRegistryHas) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        HttpsConnection https{node_.https(),
                              {.version_min = version,
                               .version_max = version,
                               .certificate_file = certificate_file(),
                               .key_file = key_file()}};
        EXPECT_LE(put(https, "88.1/a", R"(Handle clientCert="true")"), 201);
        EXPECT_EQ(put(https, "88.1/b", "Basic x"), 401) << "the header says how";
    }
    make_certificate(name, certificate_file(), key_file());  // the same name, another key
    HttpsConnection impostor{node_.https(),
                             {.certificate_file = certificate_file(), .key_file = key_file()}};
    EXPECT_EQ(put(impostor, "88.1/c", R"(Handle clientCert="true")"), 401);
    HttpsConnection bare{node_.https()};
    EXPECT_EQ(put(bare, "88.1/d", R"(Handle clientCert="true")"), 401);
}

}  // namespace
}  // namespace idnode::end_to_end
