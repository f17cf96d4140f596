#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

struct TlsOptions {
    int version_min = TLS1_2_VERSION;
    int version_max = TLS1_3_VERSION;
    std::string certificate_file{};  ///< of the client, with its key in `key_file`
    std::string key_file{};
};

/// A client's side of a TLS connection, as OpenSSL has it. What fails throws std::runtime_error.
class TlsStream {
public:
    explicit TlsStream(const Endpoint& peer, const TlsOptions& options = {});

    void send(std::string_view octets);
    /// Exactly that many octets.
    std::string receive(std::size_t size);
    /// Up to and with this mark.
    std::string receive_to(std::string_view mark);
    /// A whole HTTP answer: its head, and the body behind it.
    std::string receive_http();

    /// "TLSv1.3"
    std::string version() const;
    /// SHA-256 of the peer's certificate.
    std::string peer_fingerprint() const;

private:
    void fill();

    Descriptor socket_;
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
        void operator()(SSL* tls) const noexcept { SSL_free(tls); }
    };
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> tls_;
    std::string buffer_;
};

/// A key and a certificate signed by itself, written as PEM; the common name goes into it.
void make_certificate(const std::string& common_name, const std::string& certificate_file,
                      const std::string& key_file);

}  // namespace idnode::end_to_end
