#include "protocol/handle/wire.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

ExactBuffer buffer_of(std::string_view hex) {
    return ExactBuffer{bytes_of(test::bytes_from_hex(hex))};
}

TEST(WireReader, ReadsFieldsInOrderMostSignificantOctetFirst) {
    const ExactBuffer in = buffer_of("01 0203 04050607 08090a0b0c0d0e0f");
    WireReader reader{in};
    EXPECT_EQ(reader.integer<std::uint8_t>(), 0x01);
    EXPECT_EQ(reader.integer<std::uint16_t>(), 0x0203);
    EXPECT_EQ(reader.integer<std::uint32_t>(), 0x04050607U);
    EXPECT_EQ(reader.integer<std::uint64_t>(), 0x08090a0b0c0d0e0fU);
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_FALSE(reader.end());
}

TEST(WireReader, ReadsTextBehindItsLength) {
    const ExactBuffer in = buffer_of("00000003 55524c 00000000");
    WireReader reader{in};
    EXPECT_EQ(reader.text(), "URL");
    EXPECT_EQ(reader.text(), "");
    EXPECT_FALSE(reader.end());
}

TEST(WireReader, FailsForGoodAtTheFirstReadPastTheEnd) {
    const ExactBuffer in = buffer_of("0102030405");
    WireReader reader{in};
    EXPECT_EQ(reader.integer<std::uint32_t>(), 0x01020304U);
    EXPECT_EQ(reader.integer<std::uint16_t>(), 0);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.integer<std::uint8_t>(), 0) << "although one octet is left";
    EXPECT_TRUE(reader.take(0).empty());
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_EQ(reader.error(), errc::truncated);
    EXPECT_EQ(reader.end(), errc::truncated);
}

TEST(WireReader, FailsWhereALengthLies) {
    for (const std::string_view hex : {"00000004 616263", "7fffffff 616263", "80000000 616263",
                                       "ffffffff 616263", "ffffffff", "fffffffc 00000000"}) {
        const ExactBuffer in = buffer_of(hex);
        WireReader reader{in};
        EXPECT_TRUE(reader.bytes().empty()) << hex;
        EXPECT_EQ(reader.error(), errc::truncated) << hex;
    }
}

TEST(WireReader, TakesACountWhoseElementsCanStillFollow) {
    const ExactBuffer in = buffer_of("00000002 0000000000000000");
    WireReader reader{in};
    EXPECT_EQ(reader.count(4), 2U);
    EXPECT_FALSE(reader.failed());
}

TEST(WireReader, RefusesACountThatCannotFitAtOnce) {
    for (const std::string_view hex : {"00000003 0000000000000000", "40000001 0000000000000000",
                                       "ffffffff 0000000000000000", "00000001", "ffffffff"}) {
        const ExactBuffer in = buffer_of(hex);
        WireReader reader{in};
        EXPECT_EQ(reader.count(4), 0U) << hex;
        EXPECT_EQ(reader.error(), errc::bad_count) << hex;
    }
}

TEST(WireReader, SaysThatACountIsCutOffRatherThanBad) {
    const ExactBuffer in = buffer_of("000000");
    WireReader reader{in};
    EXPECT_EQ(reader.count(4), 0U);
    EXPECT_EQ(reader.error(), errc::truncated);
}

TEST(WireReader, KeepsItsFirstFailure) {
    const ExactBuffer in = buffer_of("00");
    WireReader reader{in};
    reader.fail(errc::bad_value);
    reader.integer<std::uint64_t>();
    reader.fail(errc::too_many);
    EXPECT_EQ(reader.error(), errc::bad_value);
}

TEST(WireReader, TellsOctetsLeftOverFromSuccess) {
    const ExactBuffer in = buffer_of("0102");
    WireReader reader{in};
    reader.integer<std::uint8_t>();
    EXPECT_EQ(reader.end(), errc::trailing_bytes);
    EXPECT_FALSE(reader.failed());
    reader.integer<std::uint8_t>();
    EXPECT_FALSE(reader.end());
}

TEST(WireReader, ShowsWhatItReadSinceAPosition) {
    const ExactBuffer in = buffer_of("0102030405");
    WireReader reader{in};
    reader.integer<std::uint8_t>();
    const std::size_t start = reader.position();
    reader.integer<std::uint16_t>();
    EXPECT_EQ(test::hex_from_bytes(reader.since(start)), "0203");
}

TEST(WireReader, ReadsNothingFromNothing) {
    WireReader reader{Bytes{}};
    EXPECT_FALSE(reader.end());
    EXPECT_EQ(reader.integer<std::uint8_t>(), 0);
    EXPECT_EQ(reader.end(), errc::truncated);
}

TEST(WireWriter, WritesFieldsInOrderMostSignificantOctetFirst) {
    std::string out(24, '\xee');
    WireWriter writer{std::as_writable_bytes(std::span{out})};
    writer.integer(std::uint8_t{0x01});
    writer.integer(std::uint16_t{0x0203});
    writer.integer(std::uint32_t{0x04050607});
    writer.text("URL");
    writer.bytes({});
    writer.raw(bytes_of("ab"));
    EXPECT_FALSE(writer.overflowed());
    EXPECT_EQ(test::hex_from_bytes(writer.written()), "010203040506070000000355524c000000006162");
    EXPECT_EQ(writer.size(), 20U);
    EXPECT_EQ(out.substr(20), "\xee\xee\xee\xee");
}

TEST(WireWriter, WritesNothingMoreOnceAFieldFoundNoRoom) {
    std::string out(6, '\xee');
    WireWriter writer{std::as_writable_bytes(std::span{out})};
    writer.integer(std::uint32_t{1});
    writer.integer(std::uint32_t{2});
    EXPECT_TRUE(writer.overflowed());
    writer.integer(std::uint8_t{3});
    EXPECT_EQ(writer.size(), 4U);
    EXPECT_EQ(test::hex_from_bytes(out), "00000001eeee");
    EXPECT_TRUE(writer.reserve(1).empty());
}

TEST(WireWriter, LeavesReservedOctetsToTheCaller) {
    std::string out(4, '\0');
    WireWriter writer{std::as_writable_bytes(std::span{out})};
    const MutableBytes count = writer.reserve(4);
    ASSERT_EQ(count.size(), 4U);
    store_big(count.data(), std::uint32_t{7});
    EXPECT_EQ(test::hex_from_bytes(writer.written()), "00000007");
}

TEST(WireWriter, HasRoomForNothingInNothing) {
    WireWriter writer{MutableBytes{}};
    writer.raw({});
    EXPECT_FALSE(writer.overflowed());
    writer.integer(std::uint8_t{0});
    EXPECT_TRUE(writer.overflowed());
    EXPECT_TRUE(writer.written().empty());
}

}  // namespace
}  // namespace idnode::protocol
