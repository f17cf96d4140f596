#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "registry/lookup.hpp"

namespace idnode::resolver::api {

/// Wakes those who wait for the registry to change, whichever process changes it. Looks ten times a
/// second, and only while somebody waits. Threads may call `wait`.
class ChangeWatch {
public:
    using Task = std::function<void(registry::Lookup&)>;

    /// `post` runs a task on a thread with a lookup of its own.
    ChangeWatch(const registry::Store& store, std::function<void(Task)> post);
    /// Wakes everybody.
    ~ChangeWatch();
    ChangeWatch(const ChangeWatch&) = delete;
    ChangeWatch& operator=(const ChangeWatch&) = delete;

    /// Has `then` run once there is a change behind `sequence`, and after a second at the latest,
    /// so that whoever waits can see whether he has waited long enough.
    void wait(std::uint64_t sequence, Task then);

private:
    void run();

    const registry::Store& store_;
    const std::function<void(Task)> post_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<Task> waiting_;
    std::uint64_t sequence_ = 0;  ///< the least that somebody waits for to be left behind
    bool stopped_ = false;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace idnode::resolver::api
