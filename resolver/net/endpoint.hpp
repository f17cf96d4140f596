#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::resolver {

/// An address and port to listen on or to ask.
struct Endpoint {
    boost::asio::ip::address address;
    std::uint16_t port = 0;

    bool operator==(const Endpoint&) const = default;
};

/// Reads "127.0.0.1:2641" or "[::1]:2641". Names are not looked up.
protocol::Parsed<Endpoint> parse_endpoint(std::string_view text);

/// Whether the address is one of this machine's own.
bool is_of_this_machine(const boost::asio::ip::address& address);

std::string format_endpoint(const Endpoint& endpoint);

/// An address as site records hold it: IPv4 in the last four octets, zeros before.
std::array<std::byte, 16> to_wire(const boost::asio::ip::address& address);
boost::asio::ip::address from_wire(const std::array<std::byte, 16>& wire);

}  // namespace idnode::resolver
