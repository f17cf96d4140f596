#include "bench/load/peer_stream.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <stdexcept>

namespace idnode::bench {
namespace {

[[noreturn]] void fail() {
    throw boost::system::system_error{errno, boost::system::system_category()};
}

/// The certificate is not looked at: it is the speed that is measured.
SSL_CTX* client_context() {
    static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    return context;
}

}  // namespace

PeerStream::PeerStream(const resolver::Endpoint& server, bool encrypted)
    : server_{server}, encrypted_{encrypted}, descriptor_{connect()} {
    if (encrypted_) shake_hands();
}

PeerStream::~PeerStream() { ::close(descriptor_); }

int PeerStream::connect() const {
    const boost::asio::ip::tcp::endpoint address{server_.address, server_.port};
    const int descriptor = ::socket(address.protocol().family(), SOCK_STREAM, 0);
    if (::connect(descriptor, address.data(), static_cast<socklen_t>(address.size())) != 0) fail();
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return descriptor;
}

void PeerStream::shake_hands() {
    ssl_.reset(SSL_new(client_context()));
    SSL_set_fd(ssl_.get(), descriptor_);
    if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error{"the TLS handshake has failed"};
    const int on = 1;
    ::ioctl(descriptor_, FIONBIO, &on);
}

void PeerStream::send(protocol::Bytes octets) {
    while (!octets.empty()) {
        std::size_t sent = 0;
        if (ssl_) {
            if (SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &sent) != 1) {
                pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
                if (SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_WRITE ||
                    ::poll(&writable, 1, 1000) != 1)
                    throw std::runtime_error{"a request could not be sent over TLS"};
            }
        } else {
            const ssize_t size = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (size < 0) fail();
            sent = static_cast<std::size_t>(size);
        }
        octets = octets.subspan(sent);
    }
}

std::size_t PeerStream::receive(protocol::MutableBytes room) {
    std::size_t taken = 0;
    if (ssl_) {
        // Whole records at a time, until there is none left: the socket would not tell of them.
        std::size_t size = 0;
        while (taken < room.size() &&
               SSL_read_ex(ssl_.get(), room.data() + taken, room.size() - taken, &size) == 1)
            taken += size;
        if (taken == 0 && SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_READ)
            throw std::runtime_error{"the server has closed a connection"};
        return taken;
    }
    const ssize_t size = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
    if (size == 0) throw std::runtime_error{"the server has closed a connection"};
    return size < 0 ? 0 : static_cast<std::size_t>(size);
}

void PeerStream::reconnect() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ssl_.reset();
    ::close(descriptor_);
    const int fresh = connect();
    if (fresh != descriptor_) {
        ::dup2(fresh, descriptor_);
        ::close(fresh);
    }
    if (encrypted_) shake_hands();
}

}  // namespace idnode::bench
