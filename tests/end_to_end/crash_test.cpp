#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/end_to_end/crashing.hpp"

namespace idnode::end_to_end {
namespace {

// The node is killed at random moments while clients write. What it has acknowledged must be there
// when it is started again, and what it has not must be there as a whole or not at all.

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KillUnderLoad : public Crashing {
protected:
    KillUnderLoad() {
        prepare_for_load(node_);
        node_.start();
    }

    void write_until_killed() {
        load_.begin(node_.handle());
        kill_soon();
        load_.end();
        ASSERT_EQ(load_.lost(), LoadShape{}.clients);
    }
    void compare() {
        ASSERT_THAT(load_.faults(), IsEmpty());
        ASSERT_THAT(load_.compare(read_registry(node_.data())), IsEmpty());
        ASSERT_THAT(load_.compare(node_.handle()), IsEmpty());
        ASSERT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
    }
    void tell(int rounds) const {
        const LoadTally tally = load_.tally();
        std::printf("%7s %13s %23s %22s %16s\n%7d %13llu %23llu %22llu %13lld ms\n", "rounds",
                    "acknowledged", "unacknowledged, present", "unacknowledged, absent",
                    "longest restart", rounds, static_cast<unsigned long long>(tally.acknowledged),
                    static_cast<unsigned long long>(tally.present),
                    static_cast<unsigned long long>(tally.absent), longest_restart_ms());
        std::fflush(stdout);
    }

    WriteLoad load_{seed_};
};

TEST_F(KillUnderLoad, LosesNothingAcknowledgedAndLeavesNothingHalfDone) {
    run_rounds([&] { write_until_killed(); }, [&] { compare(); }, [&](int round) { tell(round); });
    EXPECT_GT(load_.tally().acknowledged, static_cast<std::uint64_t>(rounds()));
}

/// By how many seconds a node has to finish what it has taken.
class StopUnderLoad : public ::testing::TestWithParam<int> {};

TEST_P(StopUnderLoad, EndsInTimeAndKeepsWhatWasAcknowledged) {
    const std::uint32_t seed = choose_seed();
    Node node;
    WriteLoad load{seed};
    prepare_for_load(node);
    node.write_config("stop_timeout_seconds: " + std::to_string(GetParam()) + '\n');
    for (int round = 0; round < 4; ++round) {
        node.start();
        load.begin(node.handle());
        ASSERT_TRUE(load.await_acknowledged(3));
        const auto begin = Clock::now();
        EXPECT_EQ(node.stop(), 0);
        EXPECT_LT(Clock::now() - begin, std::chrono::seconds{2} * patience);
        load.end();
        EXPECT_EQ(load.lost(), LoadShape{}.clients);
        ASSERT_THAT(load.faults(), IsEmpty());
        ASSERT_THAT(load.compare(read_registry(node.data())), IsEmpty());
        ASSERT_THAT(node.do_run({"check"}), HasSubstr("no fault"));
    }
    const LoadTally tally = load.tally();
    if (GetParam() > 0) {
        EXPECT_EQ(tally.present, 0U) << "there was time to answer";
    }
    std::printf("%llu acknowledged, %llu done without an answer, %llu not done\n",
                static_cast<unsigned long long>(tally.acknowledged),
                static_cast<unsigned long long>(tally.present),
                static_cast<unsigned long long>(tally.absent));
}

INSTANTIATE_TEST_SUITE_P(Timeouts, StopUnderLoad, ::testing::Values(0, 10));

}  // namespace
}  // namespace idnode::end_to_end
