#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/write_load.hpp"

namespace idnode::end_to_end {
namespace {

// The node is killed at random moments while clients write. What it has acknowledged must be there
// when it is started again, and what it has not must be there as a whole or not at all.

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// How long the clients write before the node is killed, and how long it has to start before it is
/// killed then: at most.
constexpr unsigned life_max_ms = 600 * patience;
constexpr unsigned start_max_ms = 30 * patience;

/// IDNODE_CRASH_ROUNDS makes it longer.
int rounds_of_run() {
    const char* const rounds = std::getenv("IDNODE_CRASH_ROUNDS");
    return rounds ? std::atoi(rounds) : 8;
}

class KillUnderLoad : public ::testing::Test {
protected:
    KillUnderLoad() {
        prepare_for_load(node_);
        node_.start();
    }

    void sleep_up_to(unsigned most_ms) {
        std::this_thread::sleep_for(milliseconds{random_() % most_ms});
    }
    void kill_while_writing() {
        load_.begin(node_.handle());
        sleep_up_to(life_max_ms);
        node_.kill();
        load_.end();
    }
    void kill_while_starting() {
        Process server{
            {"serve", "--data", node_.data(), "--handle", "127.0.0.1:0", "--http", "127.0.0.1:0"},
            {}};
        sleep_up_to(start_max_ms);
        server.signal(SIGKILL);
        ASSERT_TRUE(server.wait());
    }
    void start_again() {
        const auto begin = Clock::now();
        node_.start();
        longest_restart_ = std::max(longest_restart_,
                                    std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
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
                    static_cast<unsigned long long>(tally.absent),
                    static_cast<long long>(longest_restart_.count()));
        std::fflush(stdout);
    }

    const std::uint32_t seed_ = choose_seed();
    std::mt19937 random_{seed_};
    Node node_;
    WriteLoad load_{seed_};
    milliseconds longest_restart_{0};
};

TEST_F(KillUnderLoad, LosesNothingAcknowledgedAndLeavesNothingHalfDone) {
    SCOPED_TRACE("IDNODE_CRASH_SEED=" + std::to_string(seed_));
    const int rounds = rounds_of_run();
    for (int round = 1; round <= rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        // Somebody who goes on reading keeps the dead node's locks and readers in place, and the
        // next one has to clear them away.
        std::optional<Process> reader;
        if (round % 2 == 0)
            reader.emplace(Arguments{"log", "--follow", "--data", node_.data()}, Surroundings{});
        kill_while_writing();
        ASSERT_EQ(load_.lost(), LoadShape{}.clients);
        if (round % 4 == 0) kill_while_starting();
        start_again();
        compare();
        if (HasFatalFailure()) return;
        if (round % 10 == 0) tell(round);
    }
    if (rounds % 10 != 0) tell(rounds);
    EXPECT_GT(load_.tally().acknowledged, static_cast<std::uint64_t>(rounds));
    EXPECT_EQ(node_.stop(), 0);
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
