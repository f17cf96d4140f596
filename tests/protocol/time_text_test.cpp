#include "protocol/json/time_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

struct TimeVector {
    std::uint32_t seconds;
    const char* text;
};

constexpr TimeVector vectors[] = {
    {0, "1970-01-01T00:00:00Z"},
    {0x6b03d2a4, "2026-11-23T05:44:04Z"},  // captures 001 and http/02: the same value
    {951'782'400, "2000-02-29T00:00:00Z"},
    {951'868'799, "2000-02-29T23:59:59Z"},
    {1'704'067'199, "2023-12-31T23:59:59Z"},
    {0x7fffffff, "2038-01-19T03:14:07Z"},
    {0x80000000, "2038-01-19T03:14:08Z"},
    {4'107'542'400, "2100-03-01T00:00:00Z"},
    {0xffffffff, "2106-02-07T06:28:15Z"},
};

TEST(TimeText, IsFormattedAndParsedBack) {
    for (const TimeVector& each : vectors) {
        EXPECT_EQ(format_time(each.seconds), each.text);
        EXPECT_EQ(parse_time(each.text), each.seconds) << each.text;
    }
}

TEST(TimeText, FillsExactlyItsTwentyOctets) {
    std::array<char, time_text_size + 1> out;
    out.fill('?');
    format_time(0, out.data());
    EXPECT_EQ(std::string(out.data(), out.size()), "1970-01-01T00:00:00Z?");
}

TEST(TimeText, MayHaveAnOffsetAndAFraction) {
    const std::uint32_t expected = 0x6b03d2a4;
    for (const char* text :
         {"2026-11-23T13:44:04+08:00", "2026-11-23T13:44:04+0800", "2026-11-23T00:14:04-05:30",
          "2026-11-23T05:44:04+00:00", "2026-11-23T05:44:04-00:00", "2026-11-23T05:44:04.999Z",
          "2026-11-23T05:44:04.123456789+00:00", "2026-11-22T23:59:04-05:45"})
        EXPECT_EQ(parse_time(text), expected) << text;
    EXPECT_EQ(parse_time("2016-12-31T23:59:60Z"), 1'483'228'800U) << "a leap second";
    EXPECT_EQ(parse_time("1970-01-01T08:00:00+08:00"), 0U);
}

TEST(TimeText, IsRefusedWhenItIsMalformed) {
    for (const char* text : {"",
                             "2026",
                             "2026-11-23",
                             "2026-11-23T05:44:04",
                             "2026-11-23T05:44Z",
                             "2026-11-23 05:44:04Z",
                             "2026-11-23T05:44:04ZZ",
                             "2026-11-23T05:44:04Z ",
                             " 2026-11-23T05:44:04Z",
                             "2026-11-23T05:44:04.Z",
                             "2026-11-23T05:44:04+8",
                             "2026-11-23T05:44:04+08",
                             "2026-11-23T05:44:04+08:0",
                             "2026-1-23T05:44:04Z",
                             "26-11-23T05:44:04Z",
                             "2026-11-23T5:44:04Z",
                             "+026-11-23T05:44:04Z",
                             "2026-11-23T05:44:-4Z",
                             "2026/11/23T05:44:04Z",
                             "yesterday",
                             "1795412644"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, IsRefusedWhenNoClockShowsIt) {
    for (const char* text :
         {"2026-00-23T05:44:04Z", "2026-13-23T05:44:04Z", "2026-11-00T05:44:04Z",
          "2026-11-31T05:44:04Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
          "2026-11-23T24:00:00Z", "2026-11-23T05:60:04Z", "2026-11-23T05:44:61Z",
          "2026-11-23T05:44:04+24:00", "2026-11-23T05:44:04+08:60", "2026-11-23T05:44:04-99:99"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, IsRefusedOutsideWhatFourOctetsHold) {
    for (const char* text :
         {"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+08:00", "2106-02-07T06:28:16Z",
          "2106-02-07T00:28:16-06:00", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeText, OfAnySecondParsesBackToIt) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 10'000; ++round) {
        const std::uint32_t seconds = random.number();
        ASSERT_EQ(parse_time(format_time(seconds)), seconds);
    }
}

}  // namespace
}  // namespace idnode::protocol
