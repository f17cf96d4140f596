#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::resolver::webhooks {

/// Where deliveries go: the parts of a URL.
struct Destination {
    bool encrypted = false;   ///< https
    std::string host{};       ///< a name, or an address without brackets
    std::uint16_t port = 0;   ///< that of the scheme where the URL has none
    std::string authority{};  ///< for the Host header
    std::string target{};     ///< path and query, percent-encoded
};

inline constexpr std::size_t destination_size_max = 2048;

/// Reads the URL of a receiver: http or https, without a user name and without a fragment. An error
/// names `dest`.
protocol::Parsed<Destination> parse_destination(std::string_view url);

/// Whether an address is one of the public internet: neither loopback nor private, link-local,
/// shared, multicast, reserved or for documentation (the special-purpose registries of IANA,
/// RFC 6890); of an IPv6 address that stands for an IPv4 one, whether that is.
bool is_public(const boost::asio::ip::address& address);

}  // namespace idnode::resolver::webhooks
