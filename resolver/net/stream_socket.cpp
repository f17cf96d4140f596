#include "resolver/net/stream_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::MutableBytes;

constexpr std::size_t record_size_max = std::size_t{16} << 10;

StreamSocket::State state_after_error() noexcept {
    const bool may_go_on = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return may_go_on ? StreamSocket::State::going_on : StreamSocket::State::failed;
}

StreamSocket::State state_after(const SSL* tls, int result) noexcept {
    switch (SSL_get_error(tls, result)) {
        case SSL_ERROR_WANT_READ: return StreamSocket::State::going_on;
        case SSL_ERROR_WANT_WRITE: return StreamSocket::State::wants_write;
        case SSL_ERROR_ZERO_RETURN: return StreamSocket::State::ended;
        default: return StreamSocket::State::failed;
    }
}

}  // namespace

StreamSocket::Moved StreamSocket::receive(MutableBytes room) noexcept {
    if (tls_) return receive_encrypted(room);
    const ssize_t size = ::recv(socket_.number(), room.data(), room.size(), MSG_DONTWAIT);
    if (size < 0) return {.state = state_after_error()};
    return {.octets = static_cast<std::size_t>(size),
            .state = size == 0 ? State::ended : State::going_on};
}

/// Whole records only: what OpenSSL would keep of one, the socket would say nothing of.
StreamSocket::Moved StreamSocket::receive_encrypted(MutableBytes room) noexcept {
    Moved moved;
    while (room.size() - moved.octets >= record_size_max) {
        ERR_clear_error();
        std::size_t size = 0;
        const MutableBytes rest = room.subspan(moved.octets);
        const int result = SSL_read_ex(tls_.get(), rest.data(), rest.size(), &size);
        moved.octets += size;
        if (result == 1) continue;
        moved.state = state_after(tls_.get(), result);
        break;
    }
    return moved;
}

StreamSocket::Moved StreamSocket::send(Bytes octets) noexcept {
    Moved moved;
    while (moved.octets < octets.size()) {
        const Bytes rest = octets.subspan(moved.octets);
        if (tls_) {
            ERR_clear_error();
            std::size_t size = 0;
            const int result = SSL_write_ex(tls_.get(), rest.data(), rest.size(), &size);
            moved.octets += size;
            if (result == 1) continue;
            moved.state = state_after(tls_.get(), result);
            break;
        }
        const ssize_t size =
            ::send(socket_.number(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            moved.state = state_after_error();
            break;
        }
        moved.octets += static_cast<std::size_t>(size);
    }
    return moved;
}

void StreamSocket::end() noexcept {
    if (tls_ && !in_handshake()) SSL_shutdown(tls_.get());
    ::shutdown(socket_.number(), SHUT_WR);
}

void StreamSocket::close() noexcept {
    tls_.reset();
    socket_.close();
}

std::string StreamSocket::peer_certificate() const {
    const X509* const certificate = tls_ ? SSL_get0_peer_certificate(tls_.get()) : nullptr;
    if (!certificate) return {};
    const int size = i2d_X509(certificate, nullptr);
    std::string der(static_cast<std::size_t>(std::max(size, 0)), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    if (size > 0) i2d_X509(certificate, &at);
    return der;
}

bool StreamSocket::in_handshake() const noexcept {
    return tls_ && !SSL_is_init_finished(tls_.get());
}

}  // namespace idnode::resolver
