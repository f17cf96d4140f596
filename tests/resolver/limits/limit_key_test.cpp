#include "resolver/limits/limit_key.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>
#include <vector>

namespace idnode::resolver::limits {
namespace {

template <class Address>
std::vector<std::byte> octets_of(const Address& address) {
    const auto octets = std::as_bytes(std::span{&address, 1});
    return {octets.begin(), octets.end()};
}

std::vector<std::byte> ipv4(const char* text, std::uint16_t port = 1) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, text, &address.sin_addr), 1);
    return octets_of(address);
}

std::vector<std::byte> ipv6(const char* text) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return octets_of(address);
}

Source stream(const std::vector<std::byte>& address) { return Source::of_stream(address); }

TEST(Source, IsAnAddressWhateverThePort) {
    EXPECT_EQ(stream(ipv4("192.0.2.1", 1)), stream(ipv4("192.0.2.1", 65'535)));
    EXPECT_NE(stream(ipv4("192.0.2.1")), stream(ipv4("192.0.2.2")));
    EXPECT_NE(stream(ipv4("0.0.0.0")), Source{});
}

TEST(Source, IsTheNetworkOfAnIpv6Address) {
    EXPECT_EQ(stream(ipv6("2001:db8:1:2::1")), stream(ipv6("2001:db8:1:2:ffff:ffff:ffff:ffff")));
    EXPECT_NE(stream(ipv6("2001:db8:1:2::1")), stream(ipv6("2001:db8:1:3::1")));
    EXPECT_NE(stream(ipv6("::1")), Source{});
    EXPECT_NE(stream(ipv6("::1")), stream(ipv4("0.0.0.1")));
}

TEST(Source, IsTheSameForAnIpv4AddressWrittenAsIpv6) {
    EXPECT_EQ(stream(ipv6("::ffff:192.0.2.1")), stream(ipv4("192.0.2.1")));
}

TEST(Source, OfADatagramIsAnotherWithTheSameAddress) {
    const Source datagram = Source::of_datagram(ipv4("192.0.2.1"));
    EXPECT_NE(datagram, stream(ipv4("192.0.2.1")));
    EXPECT_TRUE(datagram.may_be_forged());
    EXPECT_FALSE(stream(ipv4("192.0.2.1")).may_be_forged());
    EXPECT_TRUE(datagram.has_address_of(stream(ipv4("192.0.2.1"))));
    EXPECT_TRUE(datagram.has_address_of(datagram));
    EXPECT_FALSE(datagram.has_address_of(stream(ipv4("192.0.2.2"))));
    EXPECT_FALSE(datagram.has_address_of(Source::of_datagram(ipv6("2001:db8::1"))));
}

TEST(Source, IsNoneWithoutAnInternetAddress) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    EXPECT_EQ(stream(octets_of(local)), Source{});
    EXPECT_EQ(stream({}), Source{});
    std::vector<std::byte> cut = ipv4("192.0.2.1");
    cut.pop_back();
    EXPECT_EQ(stream(cut), Source{});
}

TEST(LimitKey, OfAnIdentityIsThatOfAllItsSpellings) {
    EXPECT_EQ(key_of_identity("0.NA/88.118.8"), key_of_identity("0.na/88.118.8"));
    EXPECT_NE(key_of_identity("0.NA/88.118.8"), key_of_identity("0.NA/88.118.9"));
    EXPECT_NE(key_of_identity(""), key_of_identity("0"));
}

TEST(LimitKey, OfAnIdentityDiffersFromSourceToSource) {
    const Source here = stream(ipv4("192.0.2.1"));
    const Source there = stream(ipv4("192.0.2.2"));
    EXPECT_EQ(key_of_identity_at("a/B", here), key_of_identity_at("A/b", here));
    EXPECT_NE(key_of_identity_at("a/b", here), key_of_identity_at("a/b", there));
    EXPECT_NE(key_of_identity_at("a/b", here), key_of_identity_at("a/c", here));
    EXPECT_NE(key_of_identity_at("a/b", Source{}), key_of_identity("a/b"));
}

}  // namespace
}  // namespace idnode::resolver::limits
