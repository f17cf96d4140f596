#include "tests/end_to_end/http_identity.hpp"

#include "protocol/handle/authentication.hpp"
#include "protocol/json/base64.hpp"
#include "resolver/auth/secret_key.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::to_base64;

std::string base64_of(protocol::Bytes octets) { return to_base64(protocol::text_of(octets)); }

std::string parameters(const HttpChallenge& challenge, const protocol::Reference& identity,
                       std::string_view nonce) {
    return in_session(challenge) + R"(, cnonce=")" + to_base64(nonce) + R"(", id=")" +
           to_text(identity) + '"';
}

}  // namespace

HttpChallenge challenge_over(HttpsConnection& https) {
    const auto session = https.ask({.method = "POST", .target = "/api/sessions"}).json();
    return {.session = std::string{session.at("sessionId").as_string()},
            .nonce = *protocol::from_base64(session.at("nonce").as_string())};
}

std::string by_public_key(const HttpChallenge& challenge, const protocol::Reference& identity,
                          std::string_view signature) {
    return parameters(challenge, identity, client_nonce) +
           R"(, type="HS_PUBKEY", alg="SHA256", signature=")" + to_base64(signature) + '"';
}

std::string by_public_key(const HttpChallenge& challenge, const KeyHolder& holder) {
    return by_public_key(challenge, holder.identity, sign_nonces(challenge, holder));
}

std::string by_secret_key(const HttpChallenge& challenge, const Credentials& who,
                          std::string_view nonce) {
    const auto response = resolver::auth::make_secret_response(
        protocol::SecretKeyForm::pbkdf2_hmac_sha1, bytes_of(who.secret), bytes_of(challenge.nonce),
        bytes_of(nonce));
    const auto parts = protocol::decode_secret_key_response(bytes_of(response.value()));
    return parameters(challenge, who.identity, nonce) +
           R"(, type="HS_SECKEY", alg="PBKDF2-HMAC-SHA1", salt=")" + base64_of(parts->salt) +
           R"(", iterations=")" + std::to_string(parts->iterations) + R"(", length=")" +
           std::to_string(parts->key_bits) + R"(", signature=")" + base64_of(parts->mac) + '"';
}

std::string in_session(const HttpChallenge& challenge) {
    return R"(Handle version="0", sessionId=")" + challenge.session + '"';
}

std::string by_password(const Credentials& who) {
    return "Basic " + to_base64(std::to_string(who.identity.index) + "%3A" + who.identity.handle +
                                ':' + who.secret);
}

std::string sign_nonces(const HttpChallenge& challenge, const KeyHolder& holder) {
    return holder.key.sign(resolver::auth::Digest::sha256,
                           {bytes_of(challenge.nonce), bytes_of(client_nonce)});
}

int put_url(HttpsConnection& https, const std::string& handle, const std::string& authorization) {
    return https
        .ask({.method = "PUT",
              .target = "/api/handles/" + handle,
              .headers = {json_content, "Authorization: " + authorization},
              .body = R"([{"index":1,"type":"URL","data":"https://example.org/"}])"})
        .status;
}

}  // namespace idnode::end_to_end
