#pragma once

#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/error.hpp"

namespace idnode::resolver::auth {

// Keys outside of these bounds are refused before anything is computed with them: smaller ones
// prove nothing, larger ones only cost time.
inline constexpr std::size_t rsa_bits_min = 1024;
inline constexpr std::size_t rsa_bits_max = 8192;
inline constexpr std::size_t rsa_exponent_size_max = 8;
inline constexpr std::size_t dsa_bits_min = 1024;
inline constexpr std::size_t dsa_bits_max = 3072;
inline constexpr std::size_t dsa_order_bits_min = 160;
inline constexpr std::size_t dsa_order_bits_max = 256;
/// Holds the largest named curve that is accepted (P-521), and no curve that is written out.
inline constexpr std::size_t curve_key_size_max = 160;
/// The longest signature: that of the largest RSA key.
inline constexpr std::size_t signature_size_max = rsa_bits_max / 8;

/// The identifier of a signer in SM2 signatures, when nobody agreed upon another (GM/T 0009 §10).
inline constexpr std::string_view sm2_signer_default = "1234567812345678";

/// Says that `signature` was made over the parts, as if they stood behind each other, by the owner
/// of `key`, or why it does not say so. RSA: PKCS #1 v1.5 with SHA-256, SHA-1 or, as a weak one,
/// MD5. DSA and curves P-256, P-384, P-521: SHA-256 or SHA-1, signatures in DER. SM2: SM3 and
/// nothing else, over the signer's identifier too. Throws std::runtime_error when OpenSSL itself
/// fails.
Result<void> verify_signature(const protocol::PublicKey& key, std::string_view digest_name,
                              Parts parts, protocol::Bytes signature, Weak weak = Weak::refused,
                              std::string_view sm2_signer = sm2_signer_default);

}  // namespace idnode::resolver::auth
