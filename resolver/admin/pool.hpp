#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "registry/commit_queue.hpp"
#include "resolver/admin/administration.hpp"
#include "resolver/admin/foreign_keys.hpp"
#include "resolver/config.hpp"

namespace idnode::resolver::admin {

/// The threads on which administration is done, so that a signature or a key agreement holds up no
/// look-up; each has a view of the registry of its own. And the one queue of what is to be written.
/// Threads may call everything here.
class Pool {
public:
    /// Throws ConfigError when an administrator is not written INDEX:HANDLE.
    Pool(const registry::Store& store, const Clock& clock, const Config& config);
    /// Finishes what was taken.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void set_context(ServiceContext context) { administration_.set_context(std::move(context)); }
    /// Where the node listens, and so asks nobody for keys.
    void set_own(std::vector<Endpoint> listening) { foreign_keys_.set_own(std::move(listening)); }

    /// Takes one message, and calls `done` once: on a thread of the pool, or at once when its
    /// source has asked for too much, or so many wait that nobody has time for it.
    void submit(std::string message, const Arrival& arrival, Done done);

    Figures figures() const;

private:
    using Task = std::function<void(registry::Lookup&)>;

    void post(Task task);
    void run(const registry::Store& store);

    const std::size_t waiting_max_;
    mutable std::mutex guard_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    bool stopped_ = false;
    registry::CommitQueue queue_;
    ForeignKeys foreign_keys_;
    Administration administration_;
    std::vector<std::thread> threads_;
};

}  // namespace idnode::resolver::admin
