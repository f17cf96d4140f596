#pragma once

#include <filesystem>
#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace idnode::resolver {

/// One connection under TLS, as OpenSSL has it.
struct FreeTls {
    void operator()(ssl_st* connection) const noexcept;
};
using TlsConnection = std::unique_ptr<ssl_st, FreeTls>;

/// What the node is known by under TLS (versions 1.2 and 1.3): a certificate chain and its key.
/// Clients are asked for a certificate of their own in the first handshake and need not have one;
/// who issued it does not matter, since identities are proven by the key in it (see auth/). Threads
/// may share it.
class TlsContext {
public:
    /// From PEM files, the node's own certificate first. Throws ConfigError, which names the file.
    TlsContext(const std::filesystem::path& chain, const std::filesystem::path& private_key);

    /// From `tls-certificate.pem` and `tls-key.pem` of the data directory; where there are none,
    /// makes them: an elliptic key (P-256), and a certificate signed by itself that is good for ten
    /// years. The key is for its owner's eyes only. Throws std::runtime_error.
    static TlsContext load_or_make(const std::filesystem::path& directory);

    /// A server's side of a new connection on a connected socket, which is not closed with it.
    /// Nothing when there is no memory.
    TlsConnection accept(int socket) const noexcept;

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace idnode::resolver
