#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"

struct evp_pkey_st;

namespace idnode::resolver {

/// The key pair with which the node proves its answers: RSA of 2048 bits, made at the first start
/// and kept in the data directory as `server-key.pem`, readable by its owner only. Threads may
/// share it.
class ServerKey {
public:
    /// Reads the key, or makes one where there is none. Throws std::runtime_error.
    static ServerKey load_or_make(const std::filesystem::path& directory);
    static ServerKey make();

    /// The public half in the form of an HS_PUBKEY value.
    const std::string& public_key() const noexcept { return public_key_; }

    enum class Digest { sha1, sha256 };

    /// PKCS #1 v1.5 signature over the parts as if they stood behind each other, into `out`.
    /// Returns its size, `signature_size()`; throws std::runtime_error.
    std::size_t sign(Digest digest, std::initializer_list<protocol::Bytes> parts,
                     protocol::MutableBytes out) const;
    std::size_t signature_size() const noexcept;

private:
    struct Free {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    explicit ServerKey(evp_pkey_st* key);

    std::unique_ptr<evp_pkey_st, Free> key_;
    std::string public_key_;
};

/// Whether `signature` was made over the parts by the owner of an RSA key in HS_PUBKEY form.
bool verify_signature(std::string_view public_key, ServerKey::Digest digest,
                      std::initializer_list<protocol::Bytes> parts, protocol::Bytes signature);

}  // namespace idnode::resolver
