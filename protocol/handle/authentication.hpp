#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

// Bodies with which somebody proves who he is (RFC 3652 §3.5). Views live as long as the octets
// they were decoded from. What stands behind a body is ignored, as everywhere; what stands behind a
// signed response inside of it is an error.

/// The nonce that this code makes, and the longest nonce and signed response that it accepts.
inline constexpr std::size_t nonce_size = 16;
inline constexpr std::size_t nonce_size_max = 64;
inline constexpr std::size_t signed_response_size_max = 2048;

/// Body of response code 402, for peers of 2.1 and later: what the client has to sign.
struct Challenge {
    RequestDigest request_digest;  ///< of the request that was challenged
    Bytes nonce;                   ///< at most `nonce_size_max`
};

Result<Challenge> decode_challenge(Bytes body) noexcept;
void encode_challenge(WireWriter& writer, const Challenge& challenge) noexcept;

/// Body of op code 200.
struct ChallengeAnswer {
    std::string_view type;  ///< "HS_PUBKEY" or "HS_SECKEY"
    std::string_view handle;
    std::uint32_t index = 0;  ///< the value that holds the key; 0 for any key of the handle
    Bytes signed_response;    ///< at most `signed_response_size_max`
};

Result<ChallengeAnswer> decode_challenge_answer(Bytes body) noexcept;
void encode_challenge_answer(WireWriter& writer, const ChallengeAnswer& answer) noexcept;

/// `ChallengeAnswer::signed_response` of the type "HS_PUBKEY": signature over nonce and digest.
struct PublicKeyResponse {
    std::string_view digest_name;  ///< "SHA-256", "SHA1", "SM3" …
    Bytes signature;
};

Result<PublicKeyResponse> decode_public_key_response(Bytes in) noexcept;
void encode_public_key_response(WireWriter& writer, const PublicKeyResponse& response) noexcept;

/// How a secret key was joined with nonce and digest. Values are those of the wire.
enum class SecretKeyForm : std::uint8_t {
    md5 = 0x01,  ///< digests of key, nonce, digest and key again
    sha1 = 0x02,
    sha256 = 0x03,
    hmac_sha1 = 0x12,
    hmac_sha256 = 0x13,
    pbkdf2_hmac_sha1 = 0x22,  ///< HMAC-SHA1 with a derived key (2.7 and later)
};

/// The longest salt of a derived key.
inline constexpr std::size_t salt_size_max = 64;

/// `ChallengeAnswer::signed_response` of the type "HS_SECKEY". `salt`, `iterations` and `key_bits`
/// belong to PBKDF2 alone.
struct SecretKeyResponse {
    SecretKeyForm form = SecretKeyForm::pbkdf2_hmac_sha1;
    Bytes salt;
    std::uint32_t iterations = 0;  ///< any number; who computes has to bound it
    std::uint32_t key_bits = 0;    ///< likewise
    Bytes mac;
};

/// An unknown form is `errc::bad_value`, a MAC of another size than its form's `errc::bad_length`.
Result<SecretKeyResponse> decode_secret_key_response(Bytes in) noexcept;
void encode_secret_key_response(WireWriter& writer, const SecretKeyResponse& response) noexcept;

/// Body of op code 201: a server asks the one that holds the secret key whether a response is the
/// one that the key gives.
struct VerifyRequest {
    std::string_view handle;
    std::uint32_t index = 0;
    Bytes nonce;
    RequestDigest request_digest;
    Bytes signed_response;
};

Result<VerifyRequest> decode_verify_request(Bytes body) noexcept;
void encode_verify_request(WireWriter& writer, const VerifyRequest& request) noexcept;

/// Body of the answer to op code 201: one octet, 1 for yes and 0 for no.
Result<bool> decode_verify_response(Bytes body) noexcept;
void encode_verify_response(WireWriter& writer, bool verified) noexcept;

/// Body of op code 2001 of the industrial dialect: who will be challenged, and is then known for
/// the rest of the connection.
struct LoginRequest {
    std::string_view handle;
    std::uint32_t index = 0;
};

Result<LoginRequest> decode_login_request(Bytes body) noexcept;
void encode_login_request(WireWriter& writer, const LoginRequest& request) noexcept;

}  // namespace idnode::protocol
