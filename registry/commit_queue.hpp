#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "registry/writer.hpp"

namespace idnode::registry {

/// A change that waits to be decided and written.
struct Job {
    Decide decide;
    /// Called once, on the writer's thread: with what is durable by then, or with why nothing was
    /// changed. It must be quick, since the next group waits for it, and may not throw; who has
    /// work to do posts it to a thread of its own. It may submit further jobs.
    std::function<void(const JobOutcome& outcome)> done;
    std::size_t octets = 0;  ///< of memory that it holds, as far as the caller knows
};

/// What the queue holds at most, and what goes into one transaction at most. A job that is larger
/// by itself waits, and goes, alone.
struct CommitQueueLimits {
    std::size_t jobs_max = 65'536;
    std::size_t octets_max = std::size_t{64} << 20;
    std::size_t group_jobs_max = 4096;
    std::size_t group_octets_max = std::size_t{16} << 20;
};

/// Group commit: a queue in front of the one thread of this process that writes. While one group is
/// synced the next one gathers, so a sync serves as many as have come meanwhile. Any thread may
/// call everything here.
class CommitQueue {
public:
    enum class Submitted {
        taken,
        full,     ///< as much is waiting as may be: the caller answers "busy"
        stopped,  ///< the queue takes nothing any more
    };
    enum class Stop {
        drain,   ///< what waits is written first
        refuse,  ///< what waits is refused (server busy); what is being written is finished
    };

    /// What has happened since the start, and what is waiting now.
    struct Figures {
        std::uint64_t jobs = 0;    ///< that were answered, whatever came of them
        std::uint64_t groups = 0;  ///< transactions that were tried
        std::uint64_t faults = 0;  ///< jobs that the store, or their own decision, has failed
        std::uint64_t full = 0;    ///< jobs that were not taken
        std::chrono::nanoseconds busy{};  ///< spent in those transactions
        std::size_t waiting_jobs = 0;
        std::size_t waiting_octets = 0;
    };

    /// `now` gives seconds since 1970, on the writer's thread. The store outlives the queue.
    CommitQueue(const Store& store, std::function<std::uint32_t()> now,
                const CommitQueueLimits& limits = {});
    /// Drains.
    ~CommitQueue();
    CommitQueue(const CommitQueue&) = delete;
    CommitQueue& operator=(const CommitQueue&) = delete;

    /// Hands a job over. Jobs are decided in the order in which they were taken. When the store
    /// fails a group, its halves are tried again by themselves, down to single jobs, so that one
    /// job that is too large takes no others down; `done` then gets the StoreError of its job.
    /// Queue and store stay usable.
    Submitted submit(Job job);

    /// Takes nothing any more, and returns when all that was taken has been answered. Not to be
    /// called from `done`. Later calls change nothing.
    void stop(Stop how);

    Figures figures() const;

private:
    void run() noexcept;
    std::vector<Job> take_group();
    void write(std::span<Job> group);
    void answer(std::span<const Job> group, std::span<const JobOutcome> outcomes);

    Writer writer_;
    std::function<std::uint32_t()> now_;
    CommitQueueLimits limits_;
    mutable std::mutex guard_;
    std::condition_variable changed_;
    std::deque<Job> waiting_;
    Figures figures_;
    bool stopped_ = false;
    bool refusing_ = false;
    std::mutex joining_;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace idnode::registry
