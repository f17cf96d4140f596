#include "tests/end_to_end/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace idnode::end_to_end {
namespace {

[[noreturn]] void fail(const char* doing) {
    throw std::system_error{errno, std::generic_category(), doing};
}

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address to_address(const Endpoint& endpoint) {
    Address address;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        address.size = sizeof(v4);
        std::memcpy(&address.storage, &v4, sizeof(v4));
    } else if (::inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(endpoint.port);
        address.size = sizeof(v6);
        std::memcpy(&address.storage, &v6, sizeof(v6));
    } else {
        throw std::runtime_error{"no address: " + endpoint.address};
    }
    return address;
}

Descriptor open_socket(const Address& address, int type) {
    Descriptor socket{::socket(address.storage.ss_family, type | SOCK_CLOEXEC, 0)};
    if (socket.number() < 0) fail("socket");
    return socket;
}

Descriptor open_connected(const Endpoint& peer, int type, const std::string& from = {}) {
    const Address address = to_address(peer);
    Descriptor socket = open_socket(address, type);
    if (!from.empty()) {
        const Address local = to_address({from, 0});
        if (::bind(socket.number(), local.get(), local.size) != 0) fail("bind");
    }
    if (::connect(socket.number(), address.get(), address.size) != 0) fail("connect");
    return socket;
}

Descriptor open_bound(const Endpoint& endpoint, int type) {
    const Address address = to_address(endpoint);
    Descriptor socket = open_socket(address, type);
    if (::bind(socket.number(), address.get(), address.size) != 0) fail("bind");
    return socket;
}

std::uint16_t port_of(const Descriptor& socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&storage), &size);
    in_port_t port = 0;  // stands at the same place in both kinds of address
    std::memcpy(&port, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_in, sin_port),
                sizeof(port));
    return ntohs(port);
}

bool wait_for(const Descriptor& socket, short events, Deadline deadline) {
    pollfd wanted{.fd = socket.number(), .events = events, .revents = 0};
    int ready = 0;
    do ready = ::poll(&wanted, 1, milliseconds_until(deadline));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

}  // namespace

std::string format(const Endpoint& endpoint) {
    const bool v6 = endpoint.address.find(':') != std::string::npos;
    return (v6 ? '[' + endpoint.address + ']' : endpoint.address) + ':' +
           std::to_string(endpoint.port);
}

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

TcpStream::TcpStream(const Endpoint& peer, const std::string& from)
    : socket_{open_connected(peer, SOCK_STREAM, from)} {
    const int yes = 1;
    ::setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

std::size_t TcpStream::try_send(std::string_view octets) {
    const ssize_t sent =
        ::send(socket_.number(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) fail("send");
    return 0;
}

void TcpStream::send(std::string_view octets) {
    const auto deadline = deadline_after();
    while (!octets.empty()) {
        if (!wait_for(socket_, POLLOUT, deadline))
            throw std::runtime_error{"the peer takes no more octets"};
        octets.remove_prefix(try_send(octets));
    }
}

void TcpStream::half_close() { ::shutdown(socket_.number(), SHUT_WR); }

void TcpStream::close_by_reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    socket_ = Descriptor{};
}

std::string TcpStream::receive_some(std::chrono::milliseconds time) {
    std::string octets(std::size_t{64} << 10, '\0');
    if (end_ != End::none || !wait_for(socket_, POLLIN, deadline_after(time))) return {};
    const ssize_t size = ::recv(socket_.number(), octets.data(), octets.size(), MSG_DONTWAIT);
    if (size < 0 && errno != ECONNRESET && errno != EPIPE) fail("recv");
    if (size <= 0) end_ = size == 0 ? End::orderly : End::reset;
    octets.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return octets;
}

std::string TcpStream::receive(std::size_t size) {
    std::string octets(size, '\0');
    const auto deadline = deadline_after();
    for (std::size_t have = 0; have < size;) {
        if (!wait_for(socket_, POLLIN, deadline))
            throw std::runtime_error{"the peer says nothing more"};
        const ssize_t got =
            ::recv(socket_.number(), octets.data() + have, size - have, MSG_DONTWAIT);
        if (got == 0) throw std::runtime_error{"the peer ended the connection"};
        if (got < 0) fail("recv");
        have += static_cast<std::size_t>(got);
    }
    return octets;
}

std::string TcpStream::receive_to_end(std::chrono::milliseconds time) {
    const auto deadline = deadline_after(time);
    std::string octets;
    while (end_ == End::none) {
        const auto left = std::chrono::milliseconds{milliseconds_until(deadline)};
        if (left.count() == 0) throw std::runtime_error{"the peer does not end the connection"};
        octets += receive_some(left);
    }
    return octets;
}

bool TcpStream::ends_silently(std::chrono::milliseconds time) {
    return receive_some(time).empty() && end_ != End::none;
}

UdpSocket::UdpSocket(const Endpoint& peer, const std::string& from)
    : socket_{open_connected(peer, SOCK_DGRAM, from)} {
    // An answer of many parts comes faster than a test on a busy machine reads.
    const int size = 4 << 20;
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

void UdpSocket::send(std::string_view datagram) {
    if (::send(socket_.number(), datagram.data(), datagram.size(), 0) < 0) fail("send");
}

void UdpSocket::send_run(std::string_view datagrams, std::size_t size) {
    const int segment = static_cast<int>(size);
    if (::setsockopt(socket_.number(), SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) != 0)
        fail("setsockopt");
    send(datagrams);
    const int off = 0;
    ::setsockopt(socket_.number(), SOL_UDP, UDP_SEGMENT, &off, sizeof(off));
}

std::optional<std::string> UdpSocket::receive(std::chrono::milliseconds time) {
    std::array<char, 65'536> octets;
    if (!wait_for(socket_, POLLIN, deadline_after(time))) return std::nullopt;
    const ssize_t size = ::recv(socket_.number(), octets.data(), octets.size(), 0);
    if (size < 0) fail("recv");
    return std::string{octets.data(), static_cast<std::size_t>(size)};
}

Listener::Listener(const Endpoint& endpoint)
    : socket_{open_bound(endpoint, SOCK_STREAM)}, port_{port_of(socket_)} {
    if (::listen(socket_.number(), 1) != 0) fail("listen");
}

UdpListener::UdpListener(const Endpoint& endpoint)
    : socket_{open_bound(endpoint, SOCK_DGRAM)}, port_{port_of(socket_)} {}

}  // namespace idnode::end_to_end
