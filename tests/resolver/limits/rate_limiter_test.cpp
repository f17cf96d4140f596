#include "resolver/limits/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/resolver/auth/moving_clock.hpp"

namespace idnode::resolver::limits {
namespace {

LimitKey key(std::uint64_t number) { return {.high = number, .low = 0}; }

class RateLimits : public ::testing::Test {
protected:
    auth::MovingClock clock;
    RateLimiter limiter{{.per_second = 2, .burst = 3}, 2, clock};

    /// How many in a row are let through.
    int count(std::uint64_t number) {
        int granted = 0;
        while (granted < 100 && limiter.take(key(number))) ++granted;
        return granted;
    }
};

TEST_F(RateLimits, HoldForEachKeyByItself) {
    EXPECT_EQ(count(1), 3);
    EXPECT_EQ(count(1), 0);
    EXPECT_EQ(count(2), 3);
    clock.time += 1;
    EXPECT_EQ(count(1), 2);
    EXPECT_EQ(count(2), 2);
}

TEST_F(RateLimits, BeginAnewForAKeyThatFoundNoPlaceAnyMore) {
    EXPECT_EQ(count(1), 3);
    EXPECT_EQ(count(2), 3);
    EXPECT_EQ(count(3), 3) << "in the place of 1";
    EXPECT_EQ(count(2), 0);
    EXPECT_EQ(count(1), 3) << "in the place of 3";
    EXPECT_EQ(count(2), 0);
}

TEST_F(RateLimits, GiveBackWhatWasCharged) {
    EXPECT_TRUE(limiter.take(key(1), 3));
    EXPECT_FALSE(limiter.take(key(1)));
    limiter.give_back(key(1), 3);
    EXPECT_EQ(count(1), 3);
    limiter.give_back(key(99), 3);
    EXPECT_EQ(count(99), 3) << "an unknown key has a full bucket anyway";
}

TEST_F(RateLimits, StandWhenTheClockIsSetBack) {
    EXPECT_EQ(count(1), 3);
    clock.time -= 3600;
    EXPECT_EQ(count(1), 0);
    clock.time += 1;
    EXPECT_EQ(count(1), 2);
}

TEST(RateLimitsThatAreOff, LetEverythingThrough) {
    const auth::MovingClock clock;
    RateLimiter limiter{{.per_second = 0, .burst = 1}, 1, clock};
    for (std::uint64_t each = 0; each < 1000; ++each) EXPECT_TRUE(limiter.take(key(each % 3), 100));
}

TEST(RateLimitsOfThreads, GrantNoMoreThanTheBurst) {
    const auth::MovingClock clock;
    RateLimiter limiter{{.per_second = 1, .burst = 1000}, 8, clock};
    std::atomic<int> granted = 0;
    std::vector<std::jthread> threads;
    for (int each = 0; each < 4; ++each)
        threads.emplace_back([&] {
            for (int times = 0; times < 500; ++times) granted += limiter.take(key(7));
        });
    threads.clear();
    EXPECT_EQ(granted, 1000);
}

}  // namespace
}  // namespace idnode::resolver::limits
