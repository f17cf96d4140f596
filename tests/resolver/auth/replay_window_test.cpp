#include "resolver/auth/replay_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/random_record.hpp"

namespace idnode::resolver::auth {
namespace {

TEST(ReplayWindow, TakesEachCounterOnce) {
    ReplayWindow window;
    for (std::uint32_t counter = 1; counter < 1000; ++counter) {
        EXPECT_TRUE(window.accept(counter));
        EXPECT_FALSE(window.accept(counter));
    }
}

TEST(ReplayWindow, TakesNoCounterZero) { EXPECT_FALSE(ReplayWindow{}.accept(0)); }

TEST(ReplayWindow, TakesWhatComesLateByLessThanItsWidth) {
    ReplayWindow window;
    EXPECT_TRUE(window.accept(1000));
    EXPECT_TRUE(window.accept(1000 - 199));
    EXPECT_FALSE(window.accept(1000 - 199));
    EXPECT_FALSE(window.accept(1000 - 200));
    EXPECT_TRUE(window.accept(1001));
    EXPECT_FALSE(window.accept(1001 - 200));
    EXPECT_TRUE(window.accept(1001 - 198));
}

TEST(ReplayWindow, ForgetsWhatALeapLeavesBehind) {
    ReplayWindow window;
    EXPECT_TRUE(window.accept(5));
    EXPECT_TRUE(window.accept(0xffffffff));
    EXPECT_FALSE(window.accept(6));
    EXPECT_FALSE(window.accept(0xffffffff));
    EXPECT_TRUE(window.accept(0xffffffff - 199));
    EXPECT_FALSE(window.accept(0xffffffff - 200));
}

TEST(ReplayWindow, AgreesWithASetOfEverythingThatCame) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 100; ++round) {
        ReplayWindow window;
        std::set<std::uint32_t> came;
        std::uint32_t highest = 0;
        std::uint32_t about = 1;
        for (int step = 0; step < 1000; ++step) {
            about += static_cast<std::uint32_t>(random.below(random.once_in(50) ? 500 : 3));
            const auto late = static_cast<std::uint32_t>(random.below(300));
            const std::uint32_t counter = about > late ? about - late : 0;
            const bool fresh = counter != 0 && !came.contains(counter) &&
                               (counter > highest || highest - counter < ReplayWindow::width);
            ASSERT_EQ(window.accept(counter), fresh) << counter << " after " << highest;
            if (fresh) came.insert(counter);
            highest = std::max(highest, fresh ? counter : 0);
        }
    }
}

}  // namespace
}  // namespace idnode::resolver::auth
