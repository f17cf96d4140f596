#pragma once

#include "protocol/bytes.hpp"
#include "resolver/net/file_descriptor.hpp"
#include "resolver/net/tls_context.hpp"

namespace idnode::resolver {

/// A connected socket that does not block, in the clear or under TLS. The handshake happens within
/// the first receptions.
class StreamSocket {
public:
    explicit StreamSocket(FileDescriptor socket, TlsConnection tls = {}) noexcept
        : socket_{std::move(socket)}, tls_{std::move(tls)} {}

    enum class State {
        going_on,     ///< come again when the socket says so
        wants_write,  ///< nothing can be received before something can be sent
        ended,        ///< the peer has said all it wants to say
        failed,       ///< the peer is gone, or does not speak TLS
    };
    struct Moved {
        std::size_t octets = 0;
        State state = State::going_on;
    };

    /// Takes what has arrived, as far as there is room for: what is left makes the socket readable
    /// again. Precondition: room for a record of TLS (16 KiB) at least.
    Moved receive(protocol::MutableBytes room) noexcept;
    /// Sends what the peer has room for; the rest has to be shown again.
    Moved send(protocol::Bytes octets) noexcept;
    /// Tells the peer that nothing more will come.
    void end() noexcept;
    void close() noexcept;

    int descriptor() const noexcept { return socket_.number(); }
    /// The peer's certificate (X.509, DER), once the handshake is over; empty: it has shown none.
    std::string peer_certificate() const;
    /// Whether the peer has yet to prove that it speaks TLS.
    bool in_handshake() const noexcept;

private:
    Moved receive_encrypted(protocol::MutableBytes room) noexcept;

    FileDescriptor socket_;
    TlsConnection tls_;  ///< before the socket goes
};

}  // namespace idnode::resolver
