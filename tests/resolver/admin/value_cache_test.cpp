#include "resolver/admin/value_cache.hpp"

#include <gtest/gtest.h>

namespace idnode::resolver::admin {
namespace {

using protocol::TtlType;
using protocol::Value;

constexpr std::uint32_t now = 1'000'000;

Value key(std::uint32_t ttl = 86'400, std::size_t size = 10) {
    return {.index = 300,
            .ttl = ttl,
            .type = "HS_PUBKEY",
            .data = std::string(size, 'k'),
            .references = {}};
}

TEST(ValueCache, FindsWhatItKeepsHoweverItIsSpelled) {
    ValueCache cache{{}};
    cache.keep("99.1/a", {key()}, now);
    const auto found = cache.find("99.1/A", now + 5);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->values, std::vector{key()});
    EXPECT_EQ(found->age_seconds, 5U);
    EXPECT_FALSE(cache.find("99.1/B", now));
}

TEST(ValueCache, KeepsNothingLongerThanItsShortestLife) {
    ValueCache cache{{.count_max = 10, .age_seconds_max = 600}};
    cache.keep("99.1/LONG", {key()}, now);
    cache.keep("99.1/SHORT", {key(), key(20)}, now);
    Value ends = key(now + 30);
    ends.ttl_type = TtlType::absolute;
    cache.keep("99.1/ENDS", {ends}, now);
    EXPECT_TRUE(cache.find("99.1/LONG", now + 599));
    EXPECT_FALSE(cache.find("99.1/LONG", now + 600));
    EXPECT_TRUE(cache.find("99.1/SHORT", now + 19));
    EXPECT_FALSE(cache.find("99.1/SHORT", now + 20));
    EXPECT_TRUE(cache.find("99.1/ENDS", now + 29));
    EXPECT_FALSE(cache.find("99.1/ENDS", now + 30));
    EXPECT_EQ(cache.count(), 0U);
}

TEST(ValueCache, KeepsNothingWithoutALife) {
    ValueCache cache{{}};
    cache.keep("99.1/A", {key(0)}, now);
    cache.keep("99.1/B", {}, now);
    Value over = key(now - 1);
    over.ttl_type = TtlType::absolute;
    cache.keep("99.1/C", {over}, now);
    EXPECT_EQ(cache.count(), 0U);
    ValueCache none{{.count_max = 0}};
    none.keep("99.1/A", {key()}, now);
    EXPECT_EQ(none.count(), 0U);
}

TEST(ValueCache, ForgetsWhenTheClockWasSetBack) {
    ValueCache cache{{}};
    cache.keep("99.1/A", {key()}, now);
    EXPECT_FALSE(cache.find("99.1/A", now - 1));
}

TEST(ValueCache, LetsGoOfTheLongestUnusedWhenItIsFull) {
    ValueCache cache{{.count_max = 2}};
    cache.keep("99.1/A", {key()}, now);
    cache.keep("99.1/B", {key()}, now);
    EXPECT_TRUE(cache.find("99.1/A", now));
    cache.keep("99.1/C", {key()}, now);
    EXPECT_EQ(cache.count(), 2U);
    EXPECT_TRUE(cache.find("99.1/A", now));
    EXPECT_FALSE(cache.find("99.1/B", now));
    EXPECT_TRUE(cache.find("99.1/C", now));
}

TEST(ValueCache, TakesTheNewForTheOld) {
    ValueCache cache{{.count_max = 1}};
    cache.keep("99.1/A", {key()}, now);
    cache.keep("99.1/a", {key(50)}, now + 1);
    EXPECT_EQ(cache.count(), 1U);
    EXPECT_EQ(cache.find("99.1/A", now + 1)->values.front().ttl, 50U);
    cache.keep("99.1/A", {}, now + 2);
    EXPECT_EQ(cache.count(), 0U);
}

TEST(ValueCache, KeepsNoHandleThatIsTooLarge) {
    ValueCache cache{{}};
    const std::size_t others = wire_size(key(60, 0));
    cache.keep("99.1/A", {key(60, ValueCache::octets_max - others)}, now);
    EXPECT_EQ(cache.count(), 1U);
    cache.keep("99.1/B", {key(60, ValueCache::octets_max - others + 1)}, now);
    EXPECT_EQ(cache.count(), 1U);
}

}  // namespace
}  // namespace idnode::resolver::admin
