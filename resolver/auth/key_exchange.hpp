#pragma once

#include <memory>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/handle/session.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/private_key.hpp"
#include "resolver/auth/secret.hpp"

struct evp_pkey_st;

namespace idnode::resolver::auth {

/// What both sides of a session know and nobody else. HMACs use the whole key, ciphers as much of
/// its beginning as they need.
struct SessionKey {
    protocol::SessionCipher cipher = protocol::SessionCipher::aes;
    Secret key;
};

/// The groups in which keys are agreed upon: the second Oakley group, in which CNRI's client asks
/// (RFC 2409 §6.2), and those of RFC 3526 and RFC 7919 with 1536 to 4096 bits. All are of safe
/// primes with the generator 2, so that no public number but the trivial ones is bad. Any other
/// group, whatever its size, is refused: whether it is sound could only be found out at a cost.
enum class DhGroup {
    oakley_2,
    modp_1536,
    modp_2048,
    modp_3072,
    modp_4096,
    ffdhe_2048,
    ffdhe_3072,
    ffdhe_4096,
};

/// One side of an agreement (Diffie-Hellman; RFC 3652 §3.7, exchange 4). Serves for one session.
class DhKeyPair {
public:
    /// Throws std::runtime_error when OpenSSL itself fails.
    static DhKeyPair make(DhGroup group);

    /// A pair that was made before, for example by the client of a capture; both numbers
    /// big-endian.
    static DhKeyPair with_numbers(DhGroup group, std::string_view private_number,
                                  std::string_view public_number);

    /// The half that goes to the peer.
    protocol::DhPublicKey public_key() const;

    /// The key that both sides get. The peer's group must be this one, its number neither 0, 1, nor
    /// p - 1, nor larger: else `errc::unfit_key`. With `SessionCipher::aes` the first 32 octets of
    /// the shared number, leading zeros stripped; with DES the first 8, with triple DES the first
    /// 24, with parity, both weak.
    Result<SessionKey> agree(const protocol::DhPublicKey& peer, protocol::SessionCipher cipher,
                             Weak weak = Weak::refused) const;

private:
    struct Free {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    using Handle = std::unique_ptr<evp_pkey_st, Free>;

    DhKeyPair(Handle key, DhGroup group) noexcept : key_{std::move(key)}, group_{group} {}

    Handle key_;
    DhGroup group_;
};

/// What the server does with the key of a session setup: makes its own half in the client's group
/// and the key. `data` is `SessionSetupResponse::data`. The cipher is AES, always.
struct Agreement {
    std::string data;
    SessionKey key;
};

/// `exchange_key` is `SessionSetupRequest::exchange_key` of Diffie-Hellman. Refusals:
/// `errc::malformed`, `errc::unfit_key`. Takes two exponentiations: bound how often a source may
/// ask.
Result<Agreement> answer_agreement(protocol::Bytes exchange_key);

/// What the client does with the answer: `data` is `SessionSetupResponse::data`.
Result<SessionKey> finish_agreement(const DhKeyPair& ours, protocol::Bytes data,
                                    Weak weak = Weak::refused);

/// A new key of 32 octets, for the exchanges in which one side makes it.
SessionKey make_session_key();

// Keys that travel encrypted with RSA (exchanges 1 to 3). DO-IRP 3.0 has none of them: nothing in
// them keeps a session secret once the RSA key is known. Those that offer them are asked to make it
// a choice of the operator. The padding is that of PKCS #1 v1.5.

/// The session key as the owner of the RSA key can read it. A key outside of the bounds of
/// public_key.hpp, or of another kind, is `errc::unfit_key`.
Result<std::string> encrypt_session_key(const protocol::PublicKey& receiver, const SessionKey& key);

/// The session key that somebody encrypted for us. When it cannot be read, a random one: the sender
/// then fails at his first MAC, and cannot find out about paddings.
SessionKey decrypt_session_key(const PrivateKey& receiver, protocol::Bytes encrypted);

}  // namespace idnode::resolver::auth
