#pragma once

#include <string>

#include "protocol/bytes.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/key_exchange.hpp"

namespace idnode::resolver::auth {

// Encrypted messages of a session (RFC 3652 §2.2.1, flag EC; 2.4 and later): an envelope, an
// initial vector, and header, body and credential in CBC with the padding of PKCS #7. The cipher is
// AES-128 with the first 16 octets of the key, or, as weak ones, triple DES or DES.

/// The largest message that encryption makes of one of `size` octets.
constexpr std::size_t encrypted_size_max(std::size_t size) noexcept { return size + 32; }

/// A whole clear message, envelope included, encrypted: the same envelope with the flag and the
/// new length. Throws std::runtime_error when OpenSSL itself fails, which with a key of
/// `DhKeyPair::agree` or `make_session_key` it does not.
std::string encrypt_message(const SessionKey& key, protocol::Bytes message);

/// The same with an initial vector that is given, of one block. Nobody may foresee it and it may
/// not come twice with a key: this is for those who have one of a capture.
std::string encrypt_message_with(const SessionKey& key, protocol::Bytes message,
                                 protocol::Bytes initial_vector);

/// The clear message in `out`, its envelope without the flag and with the clear length, ready for
/// `decode_message`. `out` has room for as many octets as `message` has.
///
/// CBC authenticates nothing: whoever answers has to say the same to a ciphertext that cannot be
/// read (`errc::wrong_signature`) as to a MAC that is wrong. With `Weak::refused` a key for DES or
/// triple DES is `errc::weak_algorithm`.
Result<protocol::Bytes> decrypt_message(const SessionKey& key, protocol::Bytes message,
                                        protocol::MutableBytes out, Weak weak = Weak::refused);

}  // namespace idnode::resolver::auth
