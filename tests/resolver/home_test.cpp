#include "resolver/client/home.hpp"

#include <gtest/gtest.h>

#include "tests/support/captured_keys.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver {
namespace {

using protocol::Interface;
using protocol::Site;

Interface tcp(std::uint32_t port) {
    return {Interface::Type::both, Interface::Protocol::tcp, port};
}
Interface udp(std::uint32_t port) {
    return {Interface::Type::query, Interface::Protocol::udp, port};
}
Interface http(std::uint32_t port) {
    return {Interface::Type::both, Interface::Protocol::http, port};
}

Site site_of(std::vector<Interface> interfaces, std::string_view address = "192.0.2.1",
             std::string key = {}) {
    Site site;
    site.servers.push_back({.id = 1,
                            .address = to_wire(boost::asio::ip::make_address(std::string{address})),
                            .public_key = std::move(key),
                            .interfaces = std::move(interfaces)});
    return site;
}

const std::string& server_key() {
    static const std::string key = test::bytes_from_hex(test::server_public_key_hex);
    return key;
}

std::string way_to(const Site& site) {
    const auto home = find_home(site, "99.1/A");
    if (!home) return "none";
    const char* const channel = home->channel == Channel::automatic ? "any "
                                : home->channel == Channel::tcp     ? "tcp "
                                                                    : "http ";
    return channel + format_endpoint(home->server);
}

TEST(Home, IsReachedOverUdpOnlyWhereAnswersAreSigned) {
    EXPECT_EQ(way_to(site_of({tcp(2641), udp(2641)})), "tcp 192.0.2.1:2641");
    EXPECT_EQ(way_to(site_of({udp(2641), tcp(2641)}, "192.0.2.1", server_key())),
              "any 192.0.2.1:2641");
    EXPECT_EQ(way_to(site_of({udp(2641), tcp(2642)}, "192.0.2.1", server_key())),
              "tcp 192.0.2.1:2642");
    EXPECT_EQ(way_to(site_of({http(8000)}, "2001:db8::1")), "http [2001:db8::1]:8000");
}

TEST(Home, IsNotWhereNoWayLeads) {
    EXPECT_EQ(way_to(Site{}), "none");
    EXPECT_EQ(way_to(site_of({})), "none");
    EXPECT_EQ(way_to(site_of({udp(2641)})), "none");
    EXPECT_EQ(way_to(site_of({tcp(0)})), "none");
    EXPECT_EQ(way_to(site_of({tcp(65'535)})), "tcp 192.0.2.1:65535");
    EXPECT_EQ(way_to(site_of({tcp(65'536)})), "none");
    EXPECT_EQ(way_to(site_of({tcp(2641)}, "0.0.0.0")), "none");
    EXPECT_EQ(way_to(site_of({tcp(2641)}, "224.0.0.1")), "none");
    EXPECT_EQ(way_to(site_of({{Interface::Type::admin, Interface::Protocol::tcp, 2641}})), "none");
    EXPECT_EQ(way_to(site_of({tcp(2641)}, "192.0.2.1", "no key")), "none");
}

TEST(Home, IsTheServerOfTheSiteThatTheHandleIsHashedTo) {
    Site site = site_of({tcp(1)});
    for (std::uint32_t port = 2; port <= 3; ++port)
        site.servers.push_back(site_of({tcp(port)}).servers.front());
    std::vector<int> found(4);
    for (int each = 0; each < 30; ++each) {
        const std::string handle = "99.1/" + std::to_string(each);
        const auto home = find_home(site, handle);
        ASSERT_TRUE(home);
        ++found.at(home->server.port);
        const std::int64_t hash = protocol::site_hash(site.hash_option, handle);
        EXPECT_EQ(home->server.port, std::abs(hash) % 3 + 1) << handle;
    }
    for (int port = 1; port <= 3; ++port) EXPECT_GT(found[static_cast<std::size_t>(port)], 0);
}

TEST(Home, IsTheFirstSiteThatCanBeReached) {
    const auto value = [](std::string_view type, const Site& site) {
        return protocol::Value{
            .index = 1, .type = std::string{type}, .data = encode_site(site), .references = {}};
    };
    const Site away = site_of({udp(1)});
    const Site near = site_of({tcp(2)});
    EXPECT_FALSE(find_home(std::vector{value("URL", near), value("HS_SITE", away)}, "99.1/A"));
    const auto home = find_home(
        std::vector{value("HS_SITE", away), value("HS_SITE.6", near), value("HS_SITE", near)},
        "99.1/A");
    ASSERT_TRUE(home);
    EXPECT_EQ(home->server.port, 2);
    protocol::Value broken = value("HS_SITE", near);
    broken.data.pop_back();
    EXPECT_FALSE(find_home(std::vector{broken}, "99.1/A"));
}

TEST(PrefixServer, IsReadFromALine) {
    const auto server = parse_prefix_server("88.118.9=[2001:db8::1]:2641");
    ASSERT_TRUE(server);
    EXPECT_EQ(server->prefix, "88.118.9");
    EXPECT_EQ(format_endpoint(server->server), "[2001:db8::1]:2641");
    EXPECT_TRUE(parse_prefix_server("*=192.0.2.1:1"));
    for (const char* const wrong : {"", "=", "99.1", "99.1=", "=192.0.2.1:1", "99.1=192.0.2.1",
                                    "99.1=192.0.2.1:0", "99.1=name:1", "99.1/A=192.0.2.1:1"})
        EXPECT_FALSE(parse_prefix_server(wrong)) << wrong;
}

TEST(PrefixServer, OfTheLongestPrefixIsAsked) {
    std::vector<PrefixServer> servers;
    for (const char* const line : {"99=192.0.2.1:1", "99.1=192.0.2.1:2", "99.1.A=192.0.2.1:3"})
        servers.push_back(*parse_prefix_server(line));
    const auto port = [&](std::string_view handle) {
        const auto* const found = find_server(servers, handle);
        return found ? found->server.port : 0;
    };
    EXPECT_EQ(port("99/A"), 1);
    EXPECT_EQ(port("99.12/A"), 1);
    EXPECT_EQ(port("99.1/A"), 2);
    EXPECT_EQ(port("0.NA/99.1"), 2);
    EXPECT_EQ(port("0.na/99.1.a.b"), 3);
    EXPECT_EQ(port("99.1.a/A"), 3);
    EXPECT_EQ(port("9/A"), 0);
    EXPECT_EQ(port("990/A"), 0);
    servers.insert(servers.begin(), *parse_prefix_server("*=192.0.2.1:4"));
    EXPECT_EQ(port("9/A"), 4);
    EXPECT_EQ(port("99/A"), 1);
}

}  // namespace
}  // namespace idnode::resolver
