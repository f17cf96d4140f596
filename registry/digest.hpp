#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "protocol/bytes.hpp"

namespace idnode::registry {

using Digest = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4), made once and used often. One thread at a time may use it.
class Sha256 {
public:
    /// Throws std::runtime_error when OpenSSL does not have it.
    Sha256();

    /// The digest of these octets alone.
    Digest of(protocol::Bytes octets);

    /// Takes more octets in; `finish` gives the digest of all since the last one, and starts over.
    void update(protocol::Bytes octets);
    Digest finish();

private:
    void start_over();

    struct Free {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace idnode::registry
