#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/typed_data.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

// codec.tsv, hdllib 9.3.1: serial 9, primary, hash over the whole handle, one attribute; server 1
// at 192.0.2.1 and server 2 at 2001:db8::1, without keys, each UDP query, TCP and HTTPS both.
constexpr std::string_view two_servers_hex =
    "0001020b00098002000000000000000100000004646573630000000b74776f207365727665727300000002"
    "00000001000000000000000000000000c0000201000000000000000302"
    "0000000a51030100000a51030300001f40"
    "0000000220010db8000000000000000000000001000000000000000302"
    "0000000a51030100000a51030300001f40";

Site two_servers() {
    const std::vector<Interface> interfaces{
        {Interface::Type::query, Interface::Protocol::udp, 2641},
        {Interface::Type::both, Interface::Protocol::tcp, 2641},
        {Interface::Type::both, Interface::Protocol::https, 8000}};
    Site site;
    site.serial = 9;
    site.attributes = {{"desc", "two servers"}};
    for (const std::string_view address :
         {"000000000000000000000000c0000201", "20010db8000000000000000000000001"}) {
        Server server;
        server.id = static_cast<std::uint32_t>(site.servers.size()) + 1;
        const std::string octets = test::bytes_from_hex(address);
        std::ranges::copy(bytes_of(octets), server.address.begin());
        server.interfaces = interfaces;
        site.servers.push_back(server);
    }
    return site;
}

auto decode(std::string_view octets) { return decode_site(ExactBuffer{bytes_of(octets)}); }

std::string captured_site() {
    const std::string answer = test::read_capture("027-get-site-info-udp").answers.front();
    return std::string{text_of(decode_message(bytes_of(answer))->body)};
}

TEST(Site, OfTwoServersDecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = test::bytes_from_hex(two_servers_hex);
    const auto site = decode(wire);
    ASSERT_TRUE(site) << site.error().message();
    EXPECT_EQ(*site, two_servers());
    EXPECT_EQ(test::hex_from_bytes(encode_site(*site)), test::hex_from_bytes(wire));
}

TEST(Site, OfTheCapturedServerDecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = captured_site();
    const auto site = decode(wire);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->servers.at(0).public_key, test::bytes_from_hex(test::server_public_key_hex));
    EXPECT_EQ(site->servers.at(0).interfaces.size(), 3U);
    EXPECT_EQ(encode_site(*site), wire);
}

TEST(Site, FailsInEachProperPrefixAndWithOneOctetMore) {
    for (const std::string& wire : {test::bytes_from_hex(two_servers_hex), captured_site()}) {
        for (std::size_t size = 0; size < wire.size(); ++size)
            EXPECT_FALSE(decode(std::string_view{wire}.substr(0, size))) << size;
        EXPECT_EQ(decode(wire + '\0').error(), errc::trailing_bytes);
    }
}

TEST(Site, RefusesCountsAndLengthsThatLie) {
    const std::string wire = test::bytes_from_hex(two_servers_hex);
    const std::size_t filter = 8, attributes = 12, name = 16, servers = 39, key = 63, faces = 67;
    for (const std::size_t place : {filter, attributes, name, servers, key, faces})
        for (const std::uint32_t lie : {0x7fffffffU, 0x80000000U, 0xffffffffU, 0x200U})
            EXPECT_FALSE(decode(test::patched(wire, place, lie))) << place << ", " << lie;
}

TEST(Site, RefusesNumbersThatNameNothing) {
    const std::string wire = test::bytes_from_hex(two_servers_hex);
    const std::size_t hash_option = 7, interface_type = 71, interface_protocol = 72;
    const auto with = [&](std::size_t place, char octet) {
        std::string changed = wire;
        changed[place] = octet;
        return decode(changed);
    };
    ASSERT_TRUE(with(interface_type, 1));
    EXPECT_EQ(with(hash_option, 3).error(), errc::bad_value);
    EXPECT_EQ(with(interface_type, 0).error(), errc::bad_value);
    EXPECT_EQ(with(interface_type, 4).error(), errc::bad_value);
    EXPECT_EQ(with(interface_protocol, 4).error(), errc::bad_value);
}

TEST(Site, KeepsItsTwoPrimaryBitsApart) {
    Site site = two_servers();
    for (const bool primary : {false, true}) {
        for (const bool multi_primary : {false, true}) {
            site.primary = primary;
            site.multi_primary = multi_primary;
            EXPECT_EQ(*decode_site(bytes_of(encode_site(site))), site);
        }
    }
}

TEST(Site, OfAnyContentDecodesToWhatWasEncoded) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 1000; ++round) {
        const Site site = random.site();
        const auto again = decode(encode_site(site));
        ASSERT_TRUE(again) << round;
        ASSERT_EQ(*again, site) << round;
    }
}

}  // namespace
}  // namespace idnode::protocol
