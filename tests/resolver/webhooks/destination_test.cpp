#include "resolver/webhooks/destination.hpp"

#include <gtest/gtest.h>

namespace idnode::resolver::webhooks {
namespace {

TEST(Destination, IsTakenApart) {
    const auto plain = parse_destination("http://example.org");
    ASSERT_TRUE(plain.has_value());
    EXPECT_FALSE(plain->encrypted);
    EXPECT_EQ(plain->host, "example.org");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "/");
    const auto whole = parse_destination("https://[2001:db8::1]:8443/a%20b?c=d");
    ASSERT_TRUE(whole.has_value());
    EXPECT_TRUE(whole->encrypted);
    EXPECT_EQ(whole->host, "2001:db8::1");
    EXPECT_EQ(whole->authority, "[2001:db8::1]:8443");
    EXPECT_EQ(whole->port, 8443);
    EXPECT_EQ(whole->target, "/a%20b?c=d");
    EXPECT_EQ(parse_destination("http://example.org:/")->port, 80);
    EXPECT_EQ(parse_destination("https://example.org?x")->target, "/?x");
    EXPECT_EQ(parse_destination("https://example.org/")->port, 443);
}

TEST(Destination, RefusesWhatNobodyReceivesAt) {
    for (const std::string& wrong :
         {std::string{}, std::string{"example.org"}, std::string{"ftp://example.org/"},
          std::string{"file:///etc/passwd"}, std::string{"http://"}, std::string{"http:///x"},
          std::string{"http://user:secret@example.org/"}, std::string{"http://example.org/#part"},
          std::string{"http://example.org:0/"}, std::string{"http://example.org:99999/"},
          std::string{"http://exa mple.org/"}, std::string{"http://example.org/\r\nX: y"},
          "http://example.org/" + std::string(destination_size_max, 'x')}) {
        const auto destination = parse_destination(wrong);
        ASSERT_FALSE(destination.has_value()) << wrong;
        EXPECT_TRUE(destination.error().message().starts_with("dest: expected")) << wrong;
    }
}

TEST(Destination, TellsPublicAddressesFromAllOthers) {
    const auto is = [](const char* text) { return is_public(boost::asio::ip::make_address(text)); };
    for (const char* const open :
         {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "192.167.255.255",
          "2400:3200::1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"})
        EXPECT_TRUE(is(open)) << open;
    for (const char* const closed : {"127.0.0.1",
                                     "127.255.255.254",
                                     "0.0.0.0",
                                     "10.1.2.3",
                                     "172.16.0.1",
                                     "172.31.255.255",
                                     "192.168.1.1",
                                     "169.254.169.254",
                                     "100.64.0.1",
                                     "100.127.255.255",
                                     "198.18.0.1",
                                     "192.0.2.1",
                                     "224.0.0.1",
                                     "255.255.255.255",
                                     "::",
                                     "::1",
                                     "fe80::1",
                                     "fc00::1",
                                     "fd12::1",
                                     "ff02::1",
                                     "2001:db8::1",
                                     "2001::1",
                                     "::ffff:127.0.0.1",
                                     "::ffff:10.0.0.1",
                                     "64:ff9b::7f00:1",
                                     "2002:7f00:1::",
                                     "2002:a00:1::1",
                                     "::127.0.0.1"})
        EXPECT_FALSE(is(closed)) << closed;
}

}  // namespace
}  // namespace idnode::resolver::webhooks
