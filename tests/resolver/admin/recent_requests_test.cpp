#include "resolver/admin/recent_requests.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "registry/writer.hpp"
#include "tests/resolver/auth/moving_clock.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::admin {
namespace {

using registry::Digest;

Digest digest(std::uint8_t number) {
    Digest digest{};
    digest[0] = std::byte{number};
    return digest;
}

class RecentRequestsTest : public ::testing::Test {
protected:
    /// Makes a change for a request, or for none; its number.
    std::uint64_t change(std::optional<Digest> request) {
        std::vector<registry::Change> changes{
            registry::HomePrefix{"88." + std::to_string(++made_)}};
        registry::Origin origin{.actor = "300:88.1/A",
                                .transport = registry::Transport::tcp,
                                .operation = registry::Operation::home_prefix,
                                .request = request};
        return registry::Writer{node_.store()}.commit(changes, clock_.time, origin).sequence;
    }

    test::TestNode node_;
    auth::MovingClock clock_;
    RecentRequests recent_{node_.store(), clock_};

private:
    int made_ = 0;
};

TEST_F(RecentRequestsTest, AreFoundForFiveMinutesAndNotASecondLonger) {
    EXPECT_EQ(recent_.find(digest(1)), std::nullopt);
    recent_.note(digest(1), 7);
    clock_.time += 299;
    EXPECT_EQ(recent_.find(digest(1)), 7U);
    clock_.time += 1;
    EXPECT_EQ(recent_.find(digest(1)), std::nullopt);
}

TEST_F(RecentRequestsTest, AreThoseThatWereNotedLast) {
    RecentRequests two{node_.store(), clock_, {.count_max = 2}};
    for (std::uint8_t number = 1; number <= 3; ++number) two.note(digest(number), number);
    EXPECT_EQ(two.find(digest(1)), std::nullopt);
    EXPECT_EQ(two.find(digest(2)), 2U);
    EXPECT_EQ(two.find(digest(3)), 3U);
}

TEST_F(RecentRequestsTest, AreFoundByTheChangeThatWasMadeForThemLast) {
    RecentRequests three{node_.store(), clock_, {.count_max = 3}};
    three.note(digest(1), 1);
    three.note(digest(1), 2);
    EXPECT_EQ(three.find(digest(1)), 2U);
    three.note(digest(2), 3);
    three.note(digest(3), 4);
    EXPECT_EQ(three.find(digest(1)), 2U) << "its first place is needed, the second one is not";
    three.note(digest(4), 5);
    EXPECT_EQ(three.find(digest(1)), std::nullopt);
}

TEST_F(RecentRequestsTest, AreReadFromTheEndOfTheChangeLogAtTheStart) {
    const std::uint64_t old = change(digest(1));
    clock_.time += 300;
    const std::uint64_t first = change(digest(2));
    change(std::nullopt);
    const std::uint64_t second = change(digest(3));
    RecentRequests started{node_.store(), clock_};
    EXPECT_GT(old, 0U);
    EXPECT_EQ(started.find(digest(1)), std::nullopt) << "too long ago";
    EXPECT_EQ(started.find(digest(2)), first);
    EXPECT_EQ(started.find(digest(3)), second);
    RecentRequests last{node_.store(), clock_, {.count_max = 2}};
    EXPECT_EQ(last.find(digest(2)), std::nullopt) << "two changes came later";
    EXPECT_EQ(last.find(digest(3)), second);
}

TEST_F(RecentRequestsTest, AreReadFromWhatIsLeftOfThePrunedLog) {
    change(digest(1));
    change(digest(2));
    const std::uint64_t third = change(digest(3));
    ASSERT_EQ(registry::Writer{node_.store()}.prune_changes(clock_.time + 1, 2), 2U);
    RecentRequests started{node_.store(), clock_};
    EXPECT_EQ(started.find(digest(1)), std::nullopt);
    EXPECT_EQ(started.find(digest(3)), third);
}

}  // namespace
}  // namespace idnode::resolver::admin
