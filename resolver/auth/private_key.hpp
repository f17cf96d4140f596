#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/public_key.hpp"

struct evp_pkey_st;

namespace idnode::resolver::auth {

/// The key with which somebody proves himself to a server: RSA, DSA, or on the curves P-256,
/// P-384, P-521 and SM2. Threads may share it.
class PrivateKey {
public:
    /// Reads a key file of Handle.net (`protocol::decode_private_key_file`), or PEM without a
    /// passphrase.
    static Result<PrivateKey> decode(protocol::Bytes file);

    /// The digest in which the key signs for a peer of this version: SM3 with SM2; SHA-256 from
    /// 2.7 on (with DSA from 2.11 on), SHA-1 before.
    Digest digest_for(protocol::Version version) const noexcept;

    /// The signature over the parts as if they stood behind each other, in the form that
    /// `verify_signature` takes. Throws std::runtime_error when the key does not sign so.
    std::string sign(Digest digest, Parts parts,
                     std::string_view sm2_signer = sm2_signer_default) const;

    /// What was encrypted for an RSA key (PKCS #1 v1.5), into `room`, or nothing. The caller must
    /// not let anybody see which of both it was. Precondition: `room` is as large as the modulus.
    std::optional<std::size_t> decrypt(protocol::Bytes encrypted,
                                       protocol::MutableBytes room) const noexcept;

    /// The public half in the form of an HS_PUBKEY value; nothing for a key file of DSA, which does
    /// not hold it.
    std::optional<protocol::PublicKey> public_key() const;

private:
    enum class Kind { rsa, dsa, ec, sm2 };
    struct Free {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    using Handle = std::unique_ptr<evp_pkey_st, Free>;

    PrivateKey(Handle key, Kind kind) noexcept : key_{std::move(key)}, kind_{kind} {}
    static Result<PrivateKey> decode_pem(protocol::Bytes text);

    Handle key_;
    Kind kind_;
};

}  // namespace idnode::resolver::auth
