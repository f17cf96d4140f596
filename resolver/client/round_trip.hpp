#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

#include "resolver/net/endpoint.hpp"

namespace idnode::resolver {

enum class Channel {
    automatic,  ///< UDP, and TCP when no answer comes
    udp,
    tcp,
    http,  ///< the message tunnel
};

/// How long a server is given.
struct Patience {
    /// After each time that the datagrams were sent; they are sent no more from the first zero on.
    std::array<std::chrono::milliseconds, 3> udp;
    /// For connecting, sending and hearing the whole answer.
    std::chrono::milliseconds stream;
};

/// For people who wait at a terminal, as the reference client waits.
inline constexpr Patience patience_default{
    {std::chrono::milliseconds{500}, std::chrono::milliseconds{1000},
     std::chrono::milliseconds{1500}},
    std::chrono::milliseconds{5000}};

/// Shares a time out so that nothing takes longer on this channel: `automatic` sends datagrams
/// twice in the first three eighths, and leaves the rest to TCP.
Patience patience_within(std::chrono::milliseconds total, Channel channel) noexcept;

/// Sends a message (envelope first) to one server, and gives the message with which it answers:
/// the first one with the same request id, whole, otherwise unread. Throws std::runtime_error with
/// one line when none comes.
boost::asio::awaitable<std::vector<std::byte>> exchange(Endpoint server, Channel channel,
                                                        std::vector<std::byte> request,
                                                        Patience patience);

}  // namespace idnode::resolver
