#include "resolver/net/endpoint.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <charconv>

namespace idnode::resolver {

protocol::Parsed<Endpoint> parse_endpoint(std::string_view text) {
    const auto fault = [&] {
        return protocol::FormatError{
            "expected ADDRESS:PORT such as 127.0.0.1:2641 or [::1]:2641, "
            "found \"" +
            std::string{text} + '"'};
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return fault();
    std::string_view address = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = address.starts_with('[') && address.ends_with(']');
    if (bracketed) address = address.substr(1, address.size() - 2);

    Endpoint endpoint;
    boost::system::error_code wrong;
    endpoint.address = boost::asio::ip::make_address(std::string{address}, wrong);
    if (wrong || endpoint.address.is_v6() != bracketed) return fault();
    const auto [end, failed] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (failed != std::errc{} || end != port.data() + port.size()) return fault();
    return endpoint;
}

/// Only such an address can be bound to.
bool is_of_this_machine(const boost::asio::ip::address& address) {
    using boost::asio::ip::udp;
    boost::asio::io_context context;
    udp::socket socket{context};
    const udp::endpoint endpoint{address, 0};
    boost::system::error_code failed;
    socket.open(endpoint.protocol(), failed);
    if (!failed) socket.bind(endpoint, failed);
    return !failed;
}

std::string format_endpoint(const Endpoint& endpoint) {
    const std::string address = endpoint.address.to_string();
    return (endpoint.address.is_v6() ? '[' + address + ']' : address) + ':' +
           std::to_string(endpoint.port);
}

std::array<std::byte, 16> to_wire(const boost::asio::ip::address& address) {
    std::array<std::byte, 16> wire{};
    if (address.is_v6()) {
        const auto octets = address.to_v6().to_bytes();
        std::copy_n(reinterpret_cast<const std::byte*>(octets.data()), 16, wire.begin());
    } else {
        const auto octets = address.to_v4().to_bytes();
        std::copy_n(reinterpret_cast<const std::byte*>(octets.data()), 4, wire.begin() + 12);
    }
    return wire;
}

boost::asio::ip::address from_wire(const std::array<std::byte, 16>& wire) {
    namespace ip = boost::asio::ip;
    ip::address_v6::bytes_type octets;
    std::copy_n(reinterpret_cast<const unsigned char*>(wire.data()), wire.size(), octets.begin());
    const bool zeros = std::all_of(octets.begin(), octets.begin() + 12,
                                   [](unsigned char octet) { return octet == 0; });
    if (!zeros) return ip::address_v6{octets};
    ip::address_v4::bytes_type last;
    std::copy_n(octets.begin() + 12, last.size(), last.begin());
    return ip::address_v4{last};
}

}  // namespace idnode::resolver
