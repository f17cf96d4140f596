#include "resolver/limits/token_bucket.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace idnode::resolver::limits {
namespace {

constexpr Rate rate{.per_second = 10, .burst = 25};
constexpr std::uint32_t noon = 1'700'000'000;
constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

TEST(TokenBucket, BeginsFullAndEndsEmpty) {
    TokenBucket bucket{rate, noon};
    for (int each = 0; each < 25; ++each) EXPECT_TRUE(bucket.take(rate, 1, noon)) << each;
    EXPECT_FALSE(bucket.take(rate, 1, noon));
    EXPECT_EQ(bucket.tokens(), 0U);
}

TEST(TokenBucket, FillsWithEachSecondUpToTheBurst) {
    struct Case {
        std::uint32_t seconds;
        std::uint32_t tokens;
    };
    for (const Case& each :
         {Case{0, 0}, Case{1, 10}, Case{2, 20}, Case{3, 25}, Case{4, 25}, Case{most - noon, 25}}) {
        TokenBucket bucket{rate, noon};
        ASSERT_TRUE(bucket.take(rate, 25, noon));
        static_cast<void>(bucket.take(rate, 0, noon + each.seconds));
        EXPECT_EQ(bucket.tokens(), each.tokens) << each.seconds;
    }
}

TEST(TokenBucket, TakesAllOfACostOrNothing) {
    TokenBucket bucket{rate, noon};
    EXPECT_TRUE(bucket.take(rate, 24, noon));
    EXPECT_FALSE(bucket.take(rate, 2, noon));
    EXPECT_EQ(bucket.tokens(), 1U);
    EXPECT_TRUE(bucket.take(rate, 1, noon));
}

TEST(TokenBucket, GrantsWhatCostsMoreThanTheBurstOnceItIsFull) {
    TokenBucket bucket{rate, noon};
    EXPECT_TRUE(bucket.take(rate, 26, noon));
    EXPECT_FALSE(bucket.take(rate, most, noon + 2));
    EXPECT_TRUE(bucket.take(rate, most, noon + 3));
}

TEST(TokenBucket, TakesBackWhatWasChargedButNeverOverflows) {
    TokenBucket bucket{rate, noon};
    ASSERT_TRUE(bucket.take(rate, 10, noon));
    bucket.give_back(rate, 10);
    EXPECT_EQ(bucket.tokens(), 25U);
    bucket.give_back(rate, most);
    EXPECT_EQ(bucket.tokens(), 25U);
}

TEST(TokenBucket, AClockThatIsSetBackGivesNothingAndDoesNotStopTheNextSecond) {
    TokenBucket bucket{rate, noon};
    ASSERT_TRUE(bucket.take(rate, 25, noon));
    EXPECT_FALSE(bucket.take(rate, 1, noon - 3600));
    EXPECT_FALSE(bucket.take(rate, 1, 0));
    EXPECT_TRUE(bucket.take(rate, 10, 1));
    EXPECT_FALSE(bucket.take(rate, 1, 1));
}

TEST(TokenBucket, TheGreatestNumbersDoNotWrap) {
    constexpr Rate greatest{.per_second = most, .burst = most};
    TokenBucket bucket{greatest, 0};
    EXPECT_TRUE(bucket.take(greatest, most, 0));
    EXPECT_TRUE(bucket.take(greatest, most, most));
    EXPECT_FALSE(bucket.take(greatest, 1, most));
}

}  // namespace
}  // namespace idnode::resolver::limits
