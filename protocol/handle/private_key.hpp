#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace idnode::protocol {

/// Private keys as the key files of Handle.net hold them. Integers are unsigned, big-endian,
/// without leading zeros.
struct RsaPrivateKey {
    static constexpr std::string_view type = "RSA_PRIVCRT_KEY";
    std::string modulus, public_exponent, private_exponent;
    std::string prime_p, prime_q, exponent_p, exponent_q, coefficient;

    bool operator==(const RsaPrivateKey&) const = default;
};
struct DsaPrivateKey {
    static constexpr std::string_view type = "DSA_PRIV_KEY";
    std::string x, p, q, g;

    bool operator==(const DsaPrivateKey&) const = default;
};
using PrivateKeyNumbers = std::variant<RsaPrivateKey, DsaPrivateKey>;

/// Takes the content of a key file apart: four octets that say how it is encrypted, and the key.
/// An encrypted file and an unknown kind of key are `errc::bad_value`.
Result<PrivateKeyNumbers> decode_private_key_file(Bytes content);
std::string encode_private_key_file(const PrivateKeyNumbers& key);

}  // namespace idnode::protocol
