#include "registry/commit_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <future>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::ResponseCode;
using test::put;
using test::url_record;
using Stop = CommitQueue::Stop;
using Submitted = CommitQueue::Submitted;

std::uint32_t now() { return test::some_time; }

std::string handle_of(int number) { return "88.1/" + std::to_string(number); }

Decide put_url(std::string handle, std::string url = "u") {
    return [=](const WriteView&) -> Decision {
        return ChangeSet{.changes = {put(url_record(handle, url))}, .origin = {}};
    };
}

/// Outcomes in the order in which they came; they all come on one thread.
class Answers {
public:
    std::function<void(const JobOutcome&)> take() {
        return [this](const JobOutcome& outcome) {
            const std::lock_guard lock{guard_};
            all_.push_back(outcome);
            changed_.notify_all();
        };
    }
    std::vector<JobOutcome> wait_for(std::size_t count) {
        std::unique_lock lock{guard_};
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{60},
                                      [&] { return all_.size() >= count; }));
        return all_;
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<JobOutcome> all_;
};

std::uint64_t sequence_of(const JobOutcome& outcome) { return std::get<Commit>(outcome).sequence; }

std::string fault_in(const JobOutcome& outcome) {
    if (!std::holds_alternative<std::exception_ptr>(outcome)) return "none";
    try {
        std::rethrow_exception(std::get<std::exception_ptr>(outcome));
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// A job that keeps the writer busy until it is let go.
class Gate {
public:
    Job job() {
        return {.decide = [this](const WriteView&) -> Decision {
                    entered_.release();
                    opened_.acquire();
                    return Refusal{};
                },
                .done = [](const JobOutcome&) {}};
    }
    void wait_until_entered() { entered_.acquire(); }
    void open() { opened_.release(); }

private:
    std::binary_semaphore entered_{0};
    std::binary_semaphore opened_{0};
};

class CommitQueueTest : public testing::Test {
protected:
    std::uint64_t transaction() const { return lmdb::ReadTxn{store_.env()}.id(); }

    /// A queue whose writer is busy, and before which what is submitted gathers.
    void hold(CommitQueue& queue) {
        EXPECT_EQ(queue.submit(gate_.job()), Submitted::taken);
        gate_.wait_until_entered();
    }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
    Gate gate_;
    Answers answers_;
};

TEST_F(CommitQueueTest, AnswersWithWhatIsDurableInTheOrderOfTheJobs) {
    CommitQueue queue{store_, now};
    constexpr int count = 300;
    for (int number = 0; number < count; ++number)
        EXPECT_EQ(queue.submit({.decide = put_url(handle_of(number)), .done = answers_.take()}),
                  Submitted::taken);
    const auto all = answers_.wait_for(count);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(count));
    for (std::size_t at = 0; at < all.size(); ++at) EXPECT_EQ(sequence_of(all[at]), at + 1);
    EXPECT_EQ(Snapshot{store_}.sequence(), static_cast<std::uint64_t>(count));
}

TEST_F(CommitQueueTest, WritesInOneTransactionWhatHasGatheredMeanwhile) {
    CommitQueue queue{store_, now};
    hold(queue);
    const std::uint64_t before = transaction();
    for (int number = 0; number < 200; ++number)
        queue.submit({.decide = put_url(handle_of(number)), .done = answers_.take()});
    EXPECT_EQ(queue.figures().waiting_jobs, 200U);
    gate_.open();
    answers_.wait_for(200);
    EXPECT_EQ(transaction(), before + 1);
    EXPECT_EQ(queue.figures().groups, 2U);
    EXPECT_EQ(queue.figures().jobs, 201U);
}

TEST_F(CommitQueueTest, DividesWhatHasGatheredByCountAndByOctets) {
    CommitQueue queue{store_, now, {.group_jobs_max = 10, .group_octets_max = 100}};
    hold(queue);
    const std::uint64_t before = transaction();
    const auto submit = [&](int number, std::size_t octets) {
        queue.submit(
            {.decide = put_url(handle_of(number)), .done = answers_.take(), .octets = octets});
    };
    int number = 0;
    while (number < 20) submit(number++, 10);  // two groups, full in count and octets
    for (const std::size_t octets : {50U, 50U, 1U, 101U, 99U, 1U}) submit(number++, octets);
    gate_.open();
    answers_.wait_for(26);
    EXPECT_EQ(transaction(), before + 2 + 4);  // {50, 50}, {1}, {101}, {99, 1}
    EXPECT_EQ(queue.figures().waiting_octets, 0U);
}

TEST_F(CommitQueueTest, TakesAsMuchAsItMayHoldAndNoMore) {
    CommitQueue queue{store_, now, {.jobs_max = 3, .octets_max = 100}};
    hold(queue);
    const auto submit = [&](std::size_t octets) {
        return queue.submit(
            {.decide = put_url("88.1/a"), .done = answers_.take(), .octets = octets});
    };
    EXPECT_EQ(submit(99), Submitted::taken);
    EXPECT_EQ(submit(2), Submitted::full);
    EXPECT_EQ(submit(1), Submitted::taken);
    EXPECT_EQ(submit(1), Submitted::full);
    EXPECT_EQ(submit(0), Submitted::taken);
    EXPECT_EQ(submit(0), Submitted::full);
    EXPECT_EQ(queue.figures().full, 3U);
    EXPECT_EQ(queue.figures().waiting_octets, 100U);
    gate_.open();
    answers_.wait_for(3);
    EXPECT_EQ(submit(100), Submitted::taken);
}

TEST_F(CommitQueueTest, TakesOneJobThatIsLargerThanItselfWhenNothingWaits) {
    CommitQueue queue{store_, now, {.jobs_max = 3, .octets_max = 100}};
    EXPECT_EQ(queue.submit({.decide = put_url("88.1/a"), .done = answers_.take(), .octets = 1000}),
              Submitted::taken);
    EXPECT_EQ(sequence_of(answers_.wait_for(1)[0]), 1U);
}

TEST_F(CommitQueueTest, LetsJobsSeeWhatEarlierOnesOfTheGroupHaveDone) {
    CommitQueue queue{store_, now};
    hold(queue);
    const Decide create = [](const WriteView& view) -> Decision {
        if (view.find("88.1/a")) return Refusal{ResponseCode::handle_already_exists, {}};
        return ChangeSet{.changes = {put(url_record("88.1/a", "one"))}, .origin = {}};
    };
    for (int each = 0; each < 3; ++each) queue.submit({.decide = create, .done = answers_.take()});
    gate_.open();
    const auto all = answers_.wait_for(3);
    EXPECT_EQ(sequence_of(all[0]), 1U);
    for (const std::size_t at : {1U, 2U})
        EXPECT_EQ(std::get<Refusal>(all[at]).code, ResponseCode::handle_already_exists);
    EXPECT_EQ(queue.figures().faults, 0U);
}

TEST_F(CommitQueueTest, WritesWhatWaitsBeforeItStopsAndTakesNothingMore) {
    CommitQueue queue{store_, now, {.group_jobs_max = 10}};
    hold(queue);
    for (int number = 0; number < 100; ++number)
        queue.submit({.decide = put_url(handle_of(number)), .done = answers_.take()});
    std::thread stopper{[&] { queue.stop(Stop::drain); }};
    while (queue.submit({.decide = put_url("88.1/late"), .done = answers_.take()}) !=
           Submitted::stopped)
        std::this_thread::yield();
    gate_.open();
    stopper.join();
    for (const JobOutcome& each : answers_.wait_for(100))
        EXPECT_TRUE(std::holds_alternative<Commit>(each));
    queue.stop(Stop::refuse);
    EXPECT_EQ(queue.figures().waiting_jobs, 0U);
}

TEST_F(CommitQueueTest, RefusesWhatWaitsWhenItIsToStopAtOnce) {
    CommitQueue queue{store_, now};
    hold(queue);
    for (int number = 0; number < 100; ++number)
        queue.submit({.decide = put_url(handle_of(number)), .done = answers_.take()});
    std::thread stopper{[&] { queue.stop(Stop::refuse); }};
    while (queue.submit({.decide = put_url("88.1/late"), .done = [](const JobOutcome&) {}}) !=
           Submitted::stopped)
        std::this_thread::yield();
    gate_.open();
    stopper.join();
    for (const JobOutcome& each : answers_.wait_for(100))
        EXPECT_EQ(std::get<Refusal>(each).code, ResponseCode::server_busy);
    EXPECT_EQ(Snapshot{store_}.sequence(), 0U);
}

TEST_F(CommitQueueTest, AnswersEveryJobThatItHasTakenWhenItIsStoppedUnderLoad) {
    for (const Stop how : {Stop::drain, Stop::refuse}) {
        std::atomic<std::uint64_t> taken{0};
        std::atomic<std::uint64_t> answered{0};
        std::atomic<std::uint64_t> committed{0};
        const std::uint64_t before = Snapshot{store_}.sequence();
        CommitQueue queue{store_, now, {.jobs_max = 500}};
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < 8; ++writer)
            writers.emplace_back([&, writer] {
                for (int number = 0;; ++number) {
                    const auto done = [&](const JobOutcome& outcome) {
                        ++answered;
                        committed += std::holds_alternative<Commit>(outcome);
                    };
                    const std::string url = std::to_string(before) + ' ' + std::to_string(number);
                    const auto result =
                        queue.submit({.decide = put_url(handle_of(writer), url), .done = done});
                    if (result == Submitted::stopped) return;
                    taken += result == Submitted::taken;
                }
            });
        while (committed < 200) std::this_thread::yield();
        queue.stop(how);
        writers.clear();
        EXPECT_EQ(answered, taken);
        EXPECT_EQ(Snapshot{store_}.sequence() - before, committed);
    }
    EXPECT_TRUE(test::faults_of(store_).empty());
}

/// Every thread waits for its answer before it asks again: a wake-up that is lost would show as a
/// test that does not end.
TEST_F(CommitQueueTest, WakesForEveryJobOfEveryThread) {
    constexpr int threads = 8;
    constexpr int rounds = 200;
    {
        CommitQueue queue{store_, now};
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < threads; ++writer)
            writers.emplace_back([&, writer] {
                for (int round = 0; round < rounds; ++round) {
                    std::promise<std::uint64_t> answer;
                    queue.submit({.decide = put_url(handle_of(writer), std::to_string(round)),
                                  .done = [&](const JobOutcome& outcome) {
                                      answer.set_value(sequence_of(outcome));
                                  }});
                    EXPECT_GT(answer.get_future().get(), 0U);
                }
            });
    }
    EXPECT_EQ(Snapshot{store_}.sequence(), static_cast<std::uint64_t>(threads * rounds));
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(CommitQueueTest, TakesJobsFromThoseWhoAreAnswered) {
    CommitQueue queue{store_, now};
    queue.submit({.decide = put_url("88.1/a"), .done = [&](const JobOutcome&) {
                      queue.submit({.decide = put_url("88.1/b"), .done = answers_.take()});
                  }});
    EXPECT_EQ(sequence_of(answers_.wait_for(1)[0]), 2U);
}

TEST_F(CommitQueueTest, LosesNoneButTheJobThatIsTooLargeForTheMap) {
    const test::TempDirectory directory;
    const Store small{
        directory.path(), Store::Access::write_or_create, {.map_size_max = std::uint64_t{2} << 20}};
    CommitQueue queue{small, now};
    hold(queue);
    for (int number = 0; number < 50; ++number)
        queue.submit(
            {.decide = put_url(handle_of(number), std::string(number == 20 ? 4'000'000 : 10, 'x')),
             .done = answers_.take()});
    gate_.open();
    const auto all = answers_.wait_for(50);
    for (std::size_t at = 0; at < all.size(); ++at)
        EXPECT_EQ(std::holds_alternative<Commit>(all[at]), at != 20) << at << fault_in(all[at]);
    EXPECT_THAT(fault_in(all[20]), testing::HasSubstr("registry.map_size_gib"));
    EXPECT_EQ(queue.figures().faults, 1U);
    EXPECT_EQ(Snapshot{small}.sequence(), 49U);
    EXPECT_LT(queue.figures().groups, 20U) << "halves, not each by itself";
    EXPECT_TRUE(test::faults_of(small).empty());
}

TEST(CommitQueueOnAFullDisk, FailsWhatHasNoRoomAndGoesOnWhenThereIsRoom) {
    const test::TempDirectory directory;
    const std::string said = test::run_in_child([&]() -> std::string {
        ::signal(SIGXFSZ, SIG_IGN);  // so that a write fails rather than the process
        const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
        const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return "not permitted";
        Answers answers;
        CommitQueue queue{store, now};
        constexpr int count = 500;
        for (int number = 0; number < count; ++number)
            queue.submit({.decide = put_url(handle_of(number), std::string(4000, 'x')),
                          .done = answers.take()});
        const auto all = answers.wait_for(count);
        std::uint64_t committed = 0;
        for (const JobOutcome& each : all) committed += std::holds_alternative<Commit>(each);
        if (committed == 0 || committed >= count) return std::to_string(committed);
        if (Snapshot{store}.sequence() != committed) return "other records than acknowledged";
        if (fault_in(all.back()).find("may not grow") == std::string::npos)
            return fault_in(all.back());
        for (const std::string& fault : test::faults_of(store)) return fault;
        const rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &none);
        queue.submit(
            {.decide = put_url("88.1/last", std::string(4000, 'x')), .done = answers.take()});
        const auto last = answers.wait_for(count + 1).back();
        return std::holds_alternative<Commit>(last) ? "fine" : fault_in(last);
    });
    if (said == "not permitted") GTEST_SKIP() << "this needs a limit on the size of files";
    EXPECT_EQ(said, "fine");
}

}  // namespace
}  // namespace idnode::registry
