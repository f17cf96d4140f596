#include "protocol/handle/typed_data.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

// codec.tsv, hdllib 9.3.1: every other bit from addHandle on, administrator 200:88.111.1/ADMIN.
constexpr std::string_view admin_hex = "05550000000e38382e3131312e312f41444d494e000000c8";
// codec.tsv: 300:88.111.1/A, 0:0.NA/88.111.1.
constexpr std::string_view vlist_hex =
    "000000020000000a38382e3131312e312f410000012c0000000d302e4e412f38382e3131312e3100000000";

auto decode_admin_octets(std::string_view octets) {
    return decode_admin(ExactBuffer{bytes_of(octets)});
}

auto decode_list_octets(std::string_view octets) {
    return decode_reference_list(ExactBuffer{bytes_of(octets)});
}

TEST(Admin, DecodesAndEncodesBackToTheSameOctets) {
    namespace can = admin_permission;
    const std::string wire = test::bytes_from_hex(admin_hex);
    const auto admin = decode_admin_octets(wire);
    ASSERT_TRUE(admin);
    EXPECT_EQ(admin->permissions, can::add_handle | can::add_derived_prefix | can::modify_value |
                                      can::add_value | can::remove_admin | can::authorized_read);
    EXPECT_EQ(admin->administrator, (Reference{"88.111.1/ADMIN", 200}));
    EXPECT_EQ(encode_admin(*admin), wire);
}

TEST(Admin, LosesTheTwoZeroOctetsOfOlderWriters) {
    // WIRE.md §2: older writers append 2 zero bytes.
    const std::string wire = test::bytes_from_hex(admin_hex);
    const auto admin = decode_admin_octets(wire + std::string(2, '\0'));
    ASSERT_TRUE(admin);
    EXPECT_EQ(encode_admin(*admin), wire);
    for (const std::size_t more : {1U, 3U, 4U})
        EXPECT_EQ(decode_admin_octets(wire + std::string(more, '\0')).error(), errc::trailing_bytes)
            << more;
}

TEST(Admin, FailsInEachProperPrefixAndWhereTheLengthLies) {
    const std::string wire = test::bytes_from_hex(admin_hex);
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(decode_admin_octets(std::string_view{wire}.substr(0, size)).error(),
                  errc::truncated)
            << size;
    for (const std::uint32_t length : {15U, 18U, 0x7fffffffU, 0xffffffffU})
        EXPECT_FALSE(decode_admin_octets(test::patched(wire, 2, length))) << length;
}

TEST(ReferenceList, DecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = test::bytes_from_hex(vlist_hex);
    const auto list = decode_list_octets(wire);
    ASSERT_TRUE(list);
    EXPECT_EQ(*list, (ReferenceList{{"88.111.1/A", 300}, {"0.NA/88.111.1", 0}}));
    EXPECT_EQ(encode_reference_list(*list), wire);
    EXPECT_EQ(encode_reference_list({}), test::number4(0));
    EXPECT_TRUE(decode_list_octets(test::number4(0))->empty());
}

TEST(ReferenceList, FailsInEachProperPrefixAndWithOneOctetMore) {
    const std::string wire = test::bytes_from_hex(vlist_hex);
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_FALSE(decode_list_octets(std::string_view{wire}.substr(0, size))) << size;
    EXPECT_EQ(decode_list_octets(wire + '\0').error(), errc::trailing_bytes);
}

TEST(ReferenceList, RefusesACountThatLies) {
    const std::string wire = test::bytes_from_hex(vlist_hex);
    for (const std::uint32_t count : {0U, 1U, 3U, 5U, 0x10000000U, 0x7fffffffU, 0xffffffffU})
        EXPECT_FALSE(decode_list_octets(test::patched(wire, 0, count))) << count;
}

struct HashVector {
    std::string_view handle;
    std::int64_t prefix, suffix, whole;
};

// codec.tsv, hdllib 9.3.1 (SiteInfo.getHandleHash), as magnitudes; then the server of seven.
constexpr HashVector hash_vectors[] = {
    {"88.111.1/OBJ-00000001", 431286036, 993742479, 1118687007},
    {"88.111.1/obj-00000001", 431286036, 993742479, 1118687007},
    {"0.NA/88.111.1", 36223079, 431286036, 1958921169},
    {"0.na/88.111.1", 36223079, 431286036, 1958921169},
    {"10.1000/182", 2091615925, 121077769, 852241299},
    {"88.111.1/", 431286036, 319274370, 2076947402},
    {"88.111.1/标识", 431286036, 1122701430, 80291915},
    {"88.111.1/ÀÉß", 431286036, 1561870848, 485803035},
    {"A/B/C", 783072809, 430050597, 881557188},
    {"noslash", 36223079, 923316370, 923316370},
};

TEST(SiteHash, IsTheOneByWhichTheReferenceClientChoosesAServer) {
    using enum Site::HashOption;
    const auto magnitude = [](Site::HashOption option, std::string_view handle) {
        return std::llabs(site_hash(option, handle));
    };
    for (const HashVector& each : hash_vectors) {
        EXPECT_EQ(magnitude(prefix, each.handle), each.prefix) << each.handle;
        EXPECT_EQ(magnitude(suffix, each.handle), each.suffix) << each.handle;
        EXPECT_EQ(magnitude(whole_handle, each.handle), each.whole) << each.handle;
    }
    EXPECT_EQ(magnitude(prefix, "88.111.1/OBJ-00000001") % 7, 6);
    EXPECT_EQ(magnitude(suffix, "88.111.1/OBJ-00000001") % 7, 2);
    EXPECT_EQ(magnitude(whole_handle, "88.111.1/OBJ-00000001") % 7, 4);
}

}  // namespace
}  // namespace idnode::protocol
