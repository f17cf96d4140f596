#include "resolver/api/change_watch.hpp"

#include <algorithm>
#include <chrono>

namespace idnode::resolver::api {

ChangeWatch::ChangeWatch(const registry::Store& store, std::function<void(Task)> post)
    : store_{store}, post_{std::move(post)}, thread_{[this] { run(); }} {}

ChangeWatch::~ChangeWatch() {
    {
        const std::lock_guard lock{guard_};
        stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
    for (Task& task : waiting_) post_(std::move(task));
}

void ChangeWatch::wait(std::uint64_t sequence, Task then) {
    const std::lock_guard lock{guard_};
    sequence_ = waiting_.empty() ? sequence : std::min(sequence_, sequence);
    waiting_.push_back(std::move(then));
    changed_.notify_all();
}

void ChangeWatch::run() {
    registry::Snapshot snapshot{store_};
    snapshot.release();
    std::unique_lock lock{guard_};
    for (;;) {
        changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
        for (unsigned looks = 0; looks < 10 && !stopped_; ++looks) {
            snapshot.renew();
            const bool moved = snapshot.sequence() > sequence_;
            snapshot.release();
            if (moved) break;
            changed_.wait_for(lock, std::chrono::milliseconds{100}, [&] { return stopped_; });
        }
        if (stopped_) return;
        const std::vector<Task> due = std::exchange(waiting_, {});
        lock.unlock();
        for (const Task& task : due) post_(task);
        lock.lock();
    }
}

}  // namespace idnode::resolver::api
