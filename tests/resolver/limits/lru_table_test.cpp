#include "resolver/limits/lru_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>

namespace idnode::resolver::limits {
namespace {

LimitKey key(std::uint64_t number) { return {.high = number, .low = ~number}; }

int zero() { return 0; }

TEST(LruTable, KeepsTheValueOfEachKey) {
    LruTable<int> table{100};
    for (int each = 0; each < 100; ++each)
        table.use(key(static_cast<std::uint64_t>(each)), [&] { return each; });
    for (int each = 0; each < 100; ++each) {
        const int* const value = table.peek(key(static_cast<std::uint64_t>(each)));
        ASSERT_NE(value, nullptr) << each;
        EXPECT_EQ(*value, each);
    }
    EXPECT_EQ(table.peek(key(100)), nullptr);
}

TEST(LruTable, WhenItIsFullForgetsTheKeyThatWasNotUsedForLongest) {
    LruTable<int> table{3};
    for (const int each : {1, 2, 3})
        table.use(key(static_cast<std::uint64_t>(each)), [&] { return each; });
    table.use(key(1), zero);
    static_cast<void>(table.peek(key(2)));  // is no use
    table.use(key(4), [] { return 4; });
    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.peek(key(2)), nullptr);
    EXPECT_EQ(*table.peek(key(1)), 1);
    EXPECT_EQ(*table.peek(key(3)), 3);
    EXPECT_EQ(*table.peek(key(4)), 4);
}

TEST(LruTable, OfOnePlaceRemembersTheLastKeyOnly) {
    LruTable<int> table{1};
    for (std::uint64_t each = 0; each < 10; ++each) {
        EXPECT_EQ(table.use(key(each), [] { return 7; })++, 7);
        EXPECT_EQ(table.use(key(each), zero), 8);
        EXPECT_EQ(table.size(), 1U);
    }
}

TEST(LruTable, GivesAForgottenKeyANewValue) {
    LruTable<int> table{2};
    table.use(key(1), zero) = 5;
    table.use(key(2), zero);
    table.use(key(3), zero);
    EXPECT_EQ(table.use(key(1), [] { return 9; }), 9);
}

/// Against a list that is plain to see through.
TEST(LruTable, BehavesLikeAListUnderRandomUse) {
    constexpr std::size_t capacity = 37;  // its chains are of several places
    LruTable<std::uint64_t> table{capacity};
    std::list<std::uint64_t> newest_first;
    const auto seed = static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed());
    std::mt19937 random{seed};
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t number = random() % 60;
        const auto found = std::find(newest_first.begin(), newest_first.end(), number);
        const bool known = found != newest_first.end();
        ASSERT_EQ(table.peek(key(number)) != nullptr, known) << seed << ' ' << step;
        if (known) newest_first.erase(found);
        newest_first.push_front(number);
        if (newest_first.size() > capacity) newest_first.pop_back();
        bool made = false;
        const std::uint64_t value = table.use(key(number), [&] {
            made = true;
            return number;
        });
        ASSERT_EQ(value, number);
        ASSERT_EQ(made, !known);
        ASSERT_EQ(table.size(), newest_first.size());
    }
}

}  // namespace
}  // namespace idnode::resolver::limits
