#include "resolver/limits/login_guard.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "tests/resolver/auth/moving_clock.hpp"

namespace idnode::resolver::limits {
namespace {

Source source(std::uint32_t number) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = number;
    return Source::of_stream(std::as_bytes(std::span{&address, 1}));
}

constexpr std::string_view owner = "0.NA/88.118.8";
const Source here = source(1);
const Source there = source(2);

class Logins : public ::testing::Test {
protected:
    auth::MovingClock clock;
    LoginGuard guard{{.failures_allowed = 3,
                      .delay_seconds_max = 8,
                      .identity_failures_allowed = 6,
                      .identity_delay_seconds_max = 2},
                     100,
                     clock};

    void fail(int times, const Source& from) {
        for (int each = 0; each < times; ++each) guard.note_failure(owner, from);
    }
};

TEST_F(Logins, AreOpenAsLongAsTooFewFailed) {
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(2, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(1, here);
    EXPECT_EQ(guard.find_delay(owner, here), 1U);
}

TEST_F(Logins, WaitTwiceAsLongAfterEachFurtherFailureUpToABound) {
    fail(2, here);
    for (const std::uint32_t expected : {1U, 2U, 4U, 8U, 8U, 8U}) {
        fail(1, here);
        for (std::uint32_t left = expected; left > 0; --left, ++clock.time)
            EXPECT_EQ(guard.find_delay(owner, here), left) << expected;
        EXPECT_EQ(guard.find_delay(owner, here), 0U) << expected;
    }
}

TEST_F(Logins, AreClosedForOneIdentityFromOneSource) {
    fail(3, here);
    EXPECT_EQ(guard.find_delay("0.na/88.118.8", here), 1U) << "in any spelling";
    EXPECT_EQ(guard.find_delay(owner, there), 0U);
    EXPECT_EQ(guard.find_delay("0.NA/88.118.9", here), 0U);
}

TEST_F(Logins, ForgetTheirFailuresWithASuccess) {
    fail(10, here);
    guard.note_success(owner, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(2, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
}

TEST_F(Logins, ForgetTheirFailuresWhenNoneCameForTwiceTheLongestDelay) {
    fail(10, here);
    clock.time += 15;
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(1, here);
    EXPECT_EQ(guard.find_delay(owner, here), 8U);
    clock.time += 16;
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(2, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
}

TEST_F(Logins, AreHeldUpEverywhereWhenTooManyFailedInAllButNotForLong) {
    for (std::uint32_t each = 10; each < 15; ++each) fail(1, source(each));
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    fail(1, source(15));
    EXPECT_EQ(guard.find_delay(owner, here), 1U);
    for (std::uint32_t each = 16; each < 50; ++each) fail(1, source(each));
    EXPECT_EQ(guard.find_delay(owner, here), 2U);
    EXPECT_EQ(guard.find_delay("0.NA/88.118.9", here), 0U);
}

TEST_F(Logins, OfTheOwnerAreNotHeldUpByFailuresFromElsewhere) {
    guard.note_success(owner, here);
    for (std::uint32_t each = 10; each < 100; ++each) fail(1, source(each));
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    EXPECT_EQ(guard.find_delay(owner, there), 2U);
    fail(3, here);
    EXPECT_EQ(guard.find_delay(owner, here), 1U) << "his own failures count";
}

TEST_F(Logins, ThatMayComeFromAForgedAddressCountInAllOnly) {
    for (int each = 0; each < 5; ++each) guard.note_failure(owner);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    guard.note_failure(owner);
    EXPECT_EQ(guard.find_delay(owner, here), 1U);
    guard.note_success(owner, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    EXPECT_EQ(guard.find_delay(owner, there), 1U);
}

TEST_F(Logins, WaitNoLongerWhenTheClockIsSetBack) {
    fail(4, here);
    clock.time -= 86'400;
    EXPECT_EQ(guard.find_delay(owner, here), 2U);
    clock.time += 2;
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
}

TEST_F(Logins, DoNotWrapAfterAnyNumberOfFailures) {
    fail(200, here);
    EXPECT_EQ(guard.find_delay(owner, here), 8U);
}

TEST(LoginsWithoutLimit, NeverWait) {
    const auth::MovingClock clock;
    LoginGuard guard{{.failures_allowed = 0, .identity_failures_allowed = 0}, 10, clock};
    for (int each = 0; each < 1000; ++each) guard.note_failure(owner, here);
    EXPECT_EQ(guard.find_delay(owner, here), 0U);
    EXPECT_EQ(guard.find_delay(owner, there), 0U);
}

TEST(LoginsInAFullTable, ForgetWhoFailedLongestAgo) {
    const auth::MovingClock clock;
    LoginGuard guard{{.failures_allowed = 1, .identity_failures_allowed = 0}, 4, clock};
    guard.note_failure("a/1", here);  // takes two places: here, and anywhere
    EXPECT_EQ(guard.find_delay("a/1", here), 1U);
    guard.note_failure("a/2", here);
    EXPECT_EQ(guard.find_delay("a/1", here), 1U);
    guard.note_failure("a/3", here);
    EXPECT_EQ(guard.find_delay("a/1", here), 0U);
    EXPECT_EQ(guard.find_delay("a/2", here), 1U);
    EXPECT_EQ(guard.find_delay("a/3", here), 1U);
}

}  // namespace
}  // namespace idnode::resolver::limits
