#include "resolver/net/endpoint.hpp"

#include <algorithm>
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

}  // namespace idnode::resolver
