#pragma once

#include <cstdint>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/handle/authentication.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/error.hpp"

namespace idnode::resolver::auth {

// What a client may ask a server to compute for one PBKDF2 response: 50,000 rounds of HMAC-SHA1
// take some 10 ms. CNRI's client asks for 10,000 rounds and 160 bits.
inline constexpr std::uint32_t iterations_max = 50'000;
inline constexpr std::uint32_t derived_key_bits_min = 64;
inline constexpr std::uint32_t derived_key_bits_max = 512;
inline constexpr std::uint32_t iterations_default = 10'000;
inline constexpr std::uint32_t derived_key_bits_default = 160;

/// The longest secret key that is computed with.
inline constexpr std::size_t secret_size_max = 1024;

/// What the owner of `secret` gives for this nonce and digest, in the form, and with the salt,
/// iterations and size of derived key, that `response` has; `response.mac` is not read. An empty or
/// overlong secret is `errc::unfit_key`; beyond the limits above it is `errc::too_costly`.
Result<DigestValue> compute_secret_mac(protocol::Bytes secret, protocol::Bytes nonce,
                                       protocol::Bytes digest,
                                       const protocol::SecretKeyResponse& response);

/// Says that the response comes from the owner of the secret, or why it does not say so. Compares
/// in constant time. The form MD5 is weak.
Result<void> verify_secret_response(protocol::Bytes secret, protocol::Bytes nonce,
                                    protocol::Bytes digest,
                                    const protocol::SecretKeyResponse& response,
                                    Weak weak = Weak::refused);

/// `ChallengeAnswer::signed_response` of the owner of the secret, with a new salt where the form
/// has one.
Result<std::string> make_secret_response(protocol::SecretKeyForm form, protocol::Bytes secret,
                                         protocol::Bytes nonce, protocol::Bytes digest);

/// The form for a peer of this version: PBKDF2 from 2.7 on, SHA-1 before.
protocol::SecretKeyForm secret_key_form_for(protocol::Version version) noexcept;

}  // namespace idnode::resolver::auth
