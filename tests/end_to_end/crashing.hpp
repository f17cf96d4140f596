#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>

#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/write_load.hpp"

namespace idnode::end_to_end {

/// A node that is killed at random moments while clients write, and started again.
class Crashing : public ::testing::Test {
protected:
    /// How often; IDNODE_CRASH_ROUNDS makes it longer.
    static int rounds() {
        const char* const rounds = std::getenv("IDNODE_CRASH_ROUNDS");
        return rounds ? std::atoi(rounds) : 8;
    }

    /// Runs all rounds: `write` has the clients write until the node is killed, `compare` looks at
    /// what is there behind the restart and fails where it is not as it must be, `tell` says how
    /// far all is.
    template <class Write, class Compare, class Tell>
    void run_rounds(Write&& write, Compare&& compare, Tell&& tell) {
        SCOPED_TRACE("IDNODE_CRASH_SEED=" + std::to_string(seed_));
        for (int round = 1; round <= rounds(); ++round) {
            SCOPED_TRACE("round " + std::to_string(round));
            // Somebody who goes on reading keeps the dead node's locks and readers in place, and
            // the next one has to clear them away.
            std::optional<Process> reader;
            if (round % 2 == 0)
                reader.emplace(Arguments{"log", "--follow", "--data", node_.data()},
                               Surroundings{});
            write();
            if (round % 4 == 0) kill_while_starting();
            start_again();
            compare();
            if (HasFatalFailure()) return;
            if (round % 10 == 0 || round == rounds()) tell(round);
        }
        EXPECT_EQ(node_.stop(), 0);
    }

    /// Lets the clients write for a while, and kills the node then.
    void kill_soon() {
        sleep_up_to(life_max_ms);
        node_.kill();
    }
    long long longest_restart_ms() const noexcept { return longest_restart_.count(); }

    const std::uint32_t seed_ = choose_seed();
    std::mt19937 random_{seed_};
    Node node_;

private:
    /// How long the clients write before the node is killed, and how long it has to start before
    /// it is killed then: at most.
    static constexpr unsigned life_max_ms = 600 * patience;
    static constexpr unsigned start_max_ms = 30 * patience;

    void sleep_up_to(unsigned most_ms) {
        std::this_thread::sleep_for(std::chrono::milliseconds{random_() % most_ms});
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
        longest_restart_ =
            std::max(longest_restart_,
                     std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin));
    }

    std::chrono::milliseconds longest_restart_{0};
};

}  // namespace idnode::end_to_end
