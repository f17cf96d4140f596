#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "protocol/bytes.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::bench {

/// One connection to a server, under TLS where that is wanted. Its descriptor stays the same when
/// it is made anew. Everything throws boost::system::system_error, or std::runtime_error when TLS
/// fails or the server has closed the connection.
class PeerStream {
public:
    PeerStream(const resolver::Endpoint& server, bool encrypted);
    ~PeerStream();
    PeerStream(const PeerStream&) = delete;
    PeerStream& operator=(const PeerStream&) = delete;

    int descriptor() const noexcept { return descriptor_; }
    /// Sends everything, waiting as long as it takes.
    void send(protocol::Bytes octets);
    /// Takes what is there, as far as there is room; 0 when there is nothing.
    std::size_t receive(protocol::MutableBytes room);
    /// A new connection in the old one's place, reset so that no port is left waiting.
    void reconnect();

private:
    int connect() const;
    void shake_hands();

    struct FreeSsl {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    resolver::Endpoint server_;
    bool encrypted_;
    int descriptor_ = -1;
    std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace idnode::bench
