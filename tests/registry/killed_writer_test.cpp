#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

constexpr int rounds = 20;
constexpr std::uint64_t batch_size = 3;

/// The record of each change; its size changes, so that pages are freed and taken again.
protocol::Record record_of_change(std::uint64_t sequence) {
    return test::url_record("88.1/" + std::to_string(sequence),
                            std::string(sequence * 97 % 3000, 'x'));
}

/// Commits batches for ever. Tells `acknowledge` the last sequence of each once it is committed,
/// as a server would tell its client.
[[noreturn]] void write_until_killed(const std::filesystem::path& directory, int acknowledge) {
    const Store store{directory, Store::Access::write_or_create, test::small_map};
    std::uint64_t sequence = Snapshot{store}.sequence();
    for (;;) {
        std::vector<Change> batch;
        for (std::uint64_t each = 1; each <= batch_size; ++each)
            batch.push_back(test::put(record_of_change(sequence + each)));
        sequence = test::commit(store, std::move(batch)).sequence;
        if (::write(acknowledge, &sequence, sizeof(sequence)) != sizeof(sequence)) ::_exit(1);
    }
}

/// Starts a writer, kills it after `life` and returns the last sequence that it acknowledged.
std::uint64_t kill_a_writer(const std::filesystem::path& directory,
                            std::chrono::microseconds life) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t writer = ::fork();
    if (writer == 0) {
        try {
            write_until_killed(directory, ends[1]);
        } catch (const std::exception&) {
            ::_exit(1);
        }
    }
    ::close(ends[1]);
    std::uint64_t acknowledged = 0;
    // The life of the writer is counted from its first commit: before that it only starts.
    EXPECT_EQ(::read(ends[0], &acknowledged, sizeof(acknowledged)),
              static_cast<ssize_t>(sizeof(acknowledged)));
    std::this_thread::sleep_for(life);
    EXPECT_EQ(::kill(writer, SIGKILL), 0);
    while (::read(ends[0], &acknowledged, sizeof(acknowledged)) > 0) {}
    ::close(ends[0]);
    int status = 0;
    ::waitpid(writer, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    return acknowledged;
}

TEST(KilledWriter, LosesNothingThatItAcknowledgedAndLeavesNoHalfBatch) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    const test::TempDirectory directory;
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < rounds; ++round) {
        const std::chrono::microseconds life{random() % 30'000};
        acknowledged = kill_a_writer(directory.path(), life);
        const Store store{directory.path(), Store::Access::write, test::small_map};
        const Snapshot snapshot{store};
        ASSERT_GE(snapshot.sequence(), acknowledged) << round;
        ASSERT_LE(snapshot.sequence(), acknowledged + batch_size) << round;
        ASSERT_EQ(snapshot.sequence() % batch_size, 0U) << round;
        ASSERT_EQ(snapshot.record_count(), snapshot.sequence()) << round;
        for (std::uint64_t each = 1; each <= snapshot.sequence(); ++each) {
            const auto record = snapshot.find(record_of_change(each).handle);
            ASSERT_TRUE(record) << each;
            ASSERT_EQ(record->sequence(), each);
        }
        ASSERT_EQ(test::faults_of(store), std::vector<std::string>{}) << round;
    }
    EXPECT_GE(acknowledged, rounds * batch_size);
}

}  // namespace
}  // namespace idnode::registry
