#pragma once

#include <string>
#include <string_view>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/key_holder.hpp"

namespace idnode::end_to_end {

/// A session of the HTTP API and the nonce that is to be signed in it.
struct HttpChallenge {
    std::string session;
    std::string nonce;
};

/// Opens a session, as somebody unknown.
HttpChallenge challenge_over(HttpsConnection& https);

/// The nonce of the client in all of the following, unless they say another.
inline constexpr std::string_view client_nonce = "client-nonce-123";

// What stands behind "Authorization: " for the scheme "Handle".

std::string by_public_key(const HttpChallenge& challenge, const protocol::Reference& identity,
                          std::string_view signature);
std::string by_public_key(const HttpChallenge& challenge, const KeyHolder& holder);
std::string by_secret_key(const HttpChallenge& challenge, const Credentials& who,
                          std::string_view nonce = client_nonce);
std::string in_session(const HttpChallenge& challenge);
inline constexpr const char* by_certificate = R"(Handle clientCert="true")";
/// For the scheme "Basic".
std::string by_password(const Credentials& who);

/// What the holder of a key signs over both nonces.
std::string sign_nonces(const HttpChallenge& challenge, const KeyHolder& holder);

/// The status with which a record is made or replaced.
int put_url(HttpsConnection& https, const std::string& handle, const std::string& authorization);

}  // namespace idnode::end_to_end
