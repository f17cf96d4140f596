#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "registry/store.hpp"
#include "resolver/clock.hpp"

namespace idnode::resolver {

/// Lets go of what the change log has kept long enough: when it starts, and once an hour from then
/// on. In small steps with pauses between, so that whoever writes waits for some milliseconds at
/// most.
class ChangeLogKeeper {
public:
    ChangeLogKeeper(const registry::Store& store, const Clock& clock)
        : store_{store}, clock_{clock} {}

    /// Counts from the next time on; 0 keeps everything. From any thread.
    void set_retention(std::uint32_t days) noexcept { days_ = days; }

    /// Keeps the log until it is asked to stop. What the store refuses is logged, and tried again
    /// an hour later.
    void run(const std::stop_token& stop) noexcept;

private:
    std::uint64_t prune(const std::stop_token& stop);
    /// False when it was asked to stop meanwhile.
    bool pause(const std::stop_token& stop, std::chrono::milliseconds time);

    const registry::Store& store_;
    const Clock& clock_;
    std::atomic<std::uint32_t> days_{0};
    std::mutex guard_;
    std::condition_variable_any stopped_;
};

}  // namespace idnode::resolver
