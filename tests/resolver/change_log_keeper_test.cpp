#include "resolver/change_log_keeper.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "registry/changes.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver {
namespace {

constexpr std::uint32_t day = 86'400;
constexpr std::uint32_t today = 20'000 * day;

class ChangeLogKeeperTest : public testing::Test {
protected:
    /// So many changes of that time.
    void change(std::uint32_t time, int count) {
        std::vector<registry::Change> changes;
        for (int each = 0; each < count; ++each)
            changes.push_back(
                test::put(test::url_record("88.1/" + std::to_string(each), std::to_string(time))));
        test::commit(store_, std::move(changes), time);
    }
    std::uint64_t from() const { return registry::changes_from(registry::Snapshot{store_}); }

    /// Keeps the log until nothing more happens to it; returns the first change that is left.
    std::uint64_t keep(std::uint32_t days, std::uint64_t expected) {
        ChangeLogKeeper keeper{store_, clock_};
        keeper.set_retention(days);
        const std::jthread thread{[&](const std::stop_token& stop) { keeper.run(stop); }};
        for (int tries = 0; tries < 500 && from() != expected; ++tries)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        return from();
    }

    const test::TempDirectory directory_;
    const registry::Store store_{directory_.path(), registry::Store::Access::write_or_create,
                                 test::small_map};
    const test::FixedClock clock_{today};
};

TEST_F(ChangeLogKeeperTest, LetsGoOfWhatIsOlderThanTheRetentionInAsManyStepsAsItTakes) {
    change(today - 400 * day - 1, 9000);
    change(today - 400 * day, 3);
    EXPECT_EQ(keep(400, 9001), 9001U);
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(ChangeLogKeeperTest, KeepsEverythingWithoutARetentionAndWithOneBeyondAllTime) {
    change(1, 3);
    for (const std::uint32_t days : {0U, 20'000U, 36'500U}) EXPECT_EQ(keep(days, 1), 1U) << days;
    EXPECT_EQ(keep(19'999, 4), 4U);
}

}  // namespace
}  // namespace idnode::resolver
