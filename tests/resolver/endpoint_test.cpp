#include "resolver/net/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/hex.hpp"

namespace idnode::resolver {
namespace {

TEST(Endpoint, IsReadAndWrittenAlike) {
    for (const std::string text : {"127.0.0.1:2641", "0.0.0.0:0", "255.255.255.255:65535",
                                   "[::1]:8000", "[::]:2641", "[2001:db8::7]:1"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(format_endpoint(*endpoint), text);
    }
    EXPECT_EQ(parse_endpoint("127.0.0.1:2641")->port, 2641);
    EXPECT_TRUE(parse_endpoint("[::1]:8000")->address.is_v6());
}

TEST(Endpoint, IsRefusedInAnyOtherForm) {
    for (const std::string text : {"",
                                   ":",
                                   "127.0.0.1",
                                   "127.0.0.1:",
                                   ":2641",
                                   "localhost:2641",
                                   "127.0.0.1:65536",
                                   "127.0.0.1:-1",
                                   "127.0.0.1:+1",
                                   "127.0.0.1:26 41",
                                   "127.0.0.1:2641 ",
                                   " 127.0.0.1:2641",
                                   "127.0.0.1:http",
                                   "127.1:2641",
                                   "1.2.3.4.5:1",
                                   "[127.0.0.1]:2641",
                                   "::1:2641",
                                   "[::1]",
                                   "[::1]:",
                                   "[::1:2641",
                                   "::1]:2641",
                                   "[]:2641",
                                   "[:2641",
                                   "]:2641",
                                   "[[::1]]:2641",
                                   "127.0.0.1:2641:2641"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(
            endpoint.error().message(),
            "expected ADDRESS:PORT such as 127.0.0.1:2641 or [::1]:2641, found \"" + text + '"');
    }
}

TEST(Endpoint, StandsInASiteRecordInSixteenOctets) {
    const auto wire = [](const char* text) {
        return test::hex_from_bytes(to_wire(boost::asio::ip::make_address(text)));
    };
    EXPECT_EQ(wire("10.2.3.255"), "0000000000000000000000000a0203ff");
    EXPECT_EQ(wire("2001:db8::7"), "20010db8000000000000000000000007");
}

}  // namespace
}  // namespace idnode::resolver
