#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {

/// An address in numbers, without brackets, and a port.
struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
};

/// "127.0.0.1:2641" or "[::1]:2641".
std::string format(const Endpoint& endpoint);

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
    explicit Descriptor(int number = -1) noexcept : number_{number} {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    int number() const noexcept { return number_; }

private:
    int number_;
};

/// How a connection came to its end.
enum class End { none, orderly, reset };

/// One end of a TCP connection. What fails throws std::system_error; what takes longer than
/// `time_limit` throws std::runtime_error.
class TcpStream {
public:
    /// `from` is the address on this side; empty: the system's choice.
    explicit TcpStream(const Endpoint& peer, const std::string& from = {});

    /// Sends everything, however long the peer takes to read it.
    void send(std::string_view octets);
    /// Sends what goes without waiting; the number of octets.
    std::size_t try_send(std::string_view octets);
    /// Says that nothing more will be sent.
    void half_close();
    /// Closing sends a reset, so that no address stays in use afterwards.
    void close_by_reset();

    /// Exactly that many octets.
    std::string receive(std::size_t size);
    /// What there is; nothing at the end of the connection or of the time. `end()` says which.
    std::string receive_some(std::chrono::milliseconds time = time_limit);
    /// Everything up to the end of the connection.
    std::string receive_to_end(std::chrono::milliseconds time = time_limit);
    /// Whether the peer ends the connection in time without having said anything more.
    bool ends_silently(std::chrono::milliseconds time = time_limit);

    End end() const noexcept { return end_; }

private:
    Descriptor socket_;
    End end_ = End::none;
};

/// A UDP socket that talks to one peer.
class UdpSocket {
public:
    explicit UdpSocket(const Endpoint& peer, const std::string& from = {});

    void send(std::string_view datagram);
    /// Datagrams of `size` octets, the last perhaps shorter, in one piece that the system may cut
    /// or hand on as it is.
    void send_run(std::string_view datagrams, std::size_t size);
    /// The next datagram, whole; nothing when none comes in time.
    std::optional<std::string> receive(std::chrono::milliseconds time = time_limit);

private:
    Descriptor socket_;
};

/// Occupies a TCP port without ever accepting, and without sharing it.
class Listener {
public:
    explicit Listener(const Endpoint& endpoint);
    std::uint16_t port() const noexcept { return port_; }

private:
    Descriptor socket_;
    std::uint16_t port_;
};

/// Occupies a UDP port.
class UdpListener {
public:
    explicit UdpListener(const Endpoint& endpoint);
    std::uint16_t port() const noexcept { return port_; }

private:
    Descriptor socket_;
    std::uint16_t port_;
};

}  // namespace idnode::end_to_end
