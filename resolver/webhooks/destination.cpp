#include "resolver/webhooks/destination.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url/parse.hpp>
#include <charconv>

namespace idnode::resolver::webhooks {
namespace {

namespace ip = boost::asio::ip;

protocol::FormatError wrong(std::string_view found) {
    return protocol::FormatError{"dest: expected an http or https URL of at most " +
                                 std::to_string(destination_size_max) +
                                 " octets, without user name and fragment, found \"" +
                                 std::string{found.substr(0, 100)} + '"'};
}

bool read_port(std::string_view text, std::uint16_t& port) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc{} && end == text.data() + text.size() && port > 0;
}

bool is_in(const ip::address_v4& address, const char* network) {
    const auto range = ip::make_network_v4(network);
    return (address.to_uint() & range.netmask().to_uint()) == range.network().to_uint();
}

bool is_public(const ip::address_v4& address) {
    constexpr std::array special{
        "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};
    return std::ranges::none_of(special,
                                [&](const char* network) { return is_in(address, network); });
}

ip::address_v4 v4_at(const ip::address_v6::bytes_type& octets, std::size_t place) {
    return ip::address_v4{{octets[place], octets[place + 1], octets[place + 2], octets[place + 3]}};
}

bool is_public(const ip::address_v6& address) {
    const auto octets = address.to_bytes();
    const auto begins = [&](std::initializer_list<unsigned char> stem) {
        return std::equal(stem.begin(), stem.end(), octets.begin());
    };
    if (address.is_v4_mapped()) return is_public(v4_at(octets, 12));
    if (begins({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
        return is_public(v4_at(octets, 12));
    if (begins({0x20, 0x02})) return is_public(v4_at(octets, 2));
    // Only 2000::/3 is given out; of it, 2001::/23 is for protocols and 2001:db8::/32 for
    // documents.
    const bool given_out = (octets[0] & 0xe0) == 0x20;
    const bool of_protocols = begins({0x20, 0x01}) && octets[2] < 2;
    return given_out && !of_protocols && !begins({0x20, 0x01, 0x0d, 0xb8}) && !begins({0x3f, 0xff});
}

}  // namespace

protocol::Parsed<Destination> parse_destination(std::string_view url) {
    if (url.size() > destination_size_max) return wrong(url);
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view{url.data(), url.size()});
    if (!parsed || parsed->has_userinfo() || parsed->has_fragment() || parsed->host().empty())
        return wrong(url);
    Destination destination;
    destination.encrypted = parsed->scheme_id() == boost::urls::scheme::https;
    if (!destination.encrypted && parsed->scheme_id() != boost::urls::scheme::http)
        return wrong(url);
    destination.host = parsed->host_address();
    destination.port = destination.encrypted ? 443 : 80;
    const std::string_view port{parsed->port().data(), parsed->port().size()};
    if (!port.empty() && !read_port(port, destination.port)) return wrong(url);
    destination.authority = std::string{parsed->encoded_host_and_port()};
    destination.target = std::string{parsed->encoded_target()};
    if (!destination.target.starts_with('/')) destination.target.insert(0, 1, '/');
    return destination;
}

bool is_public(const ip::address& address) {
    return address.is_v4() ? is_public(address.to_v4()) : is_public(address.to_v6());
}

}  // namespace idnode::resolver::webhooks
