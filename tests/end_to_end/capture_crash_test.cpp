#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/end_to_end/capture_load.hpp"
#include "tests/end_to_end/crashing.hpp"
#include "tests/end_to_end/https.hpp"

namespace idnode::end_to_end {
namespace {

// The node is killed at random moments while clients capture events. What it has acknowledged must
// be there when it is started again, as the error behaviour of each document says, and what it has
// not must be there as a whole or not at all, events and edges alike.

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KillCaptureUnderLoad : public Crashing {
protected:
    KillCaptureUnderLoad() {
        node_.home("88.1");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
    }

    std::string boss() {
        HttpsConnection https{node_.https()};
        return log_in(https, "boss", "boss-secret");
    }
    void capture_until_killed() {
        load_.begin(node_.https(), boss());
        kill_soon();
        load_.end();
    }
    void compare() {
        ASSERT_THAT(load_.faults(), IsEmpty());
        ASSERT_THAT(load_.compare(node_.data(), node_.https(), boss()), IsEmpty());
        ASSERT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
    }
    void tell(int rounds) const {
        const CaptureTally tally = load_.tally();
        std::printf("%7s %13s %9s %23s %22s %16s\n%7d %13llu %9llu %23llu %22llu %13lld ms\n",
                    "rounds", "acknowledged", "events", "unacknowledged, present",
                    "unacknowledged, absent", "longest restart", rounds,
                    static_cast<unsigned long long>(tally.acknowledged),
                    static_cast<unsigned long long>(tally.events),
                    static_cast<unsigned long long>(tally.present),
                    static_cast<unsigned long long>(tally.absent), longest_restart_ms());
        std::fflush(stdout);
    }

    CaptureLoad load_{seed_};
};

TEST_F(KillCaptureUnderLoad, LosesNoJobThatWasAcknowledgedAndLeavesNoneHalfDone) {
    run_rounds([&] { capture_until_killed(); }, [&] { compare(); },
               [&](int round) { tell(round); });
    EXPECT_GT(load_.tally().acknowledged, static_cast<std::uint64_t>(rounds()));
}

}  // namespace
}  // namespace idnode::end_to_end
