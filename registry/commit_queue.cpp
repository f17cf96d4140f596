#include "registry/commit_queue.hpp"

#include <algorithm>

#include "registry/thread_priority.hpp"

namespace idnode::registry {
namespace {

/// Whether fewer jobs in one transaction could fare better. A disk that fails would only be asked
/// over and over, and those who wait would wait longer.
bool may_depend_on_jobs(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const StoreError& error) {
        return error.kind() != StoreError::Kind::broken_disk &&
               error.kind() != StoreError::Kind::corrupt;
    } catch (const std::exception&) {  // no memory, say
        return true;
    }
}

bool is_fault(const JobOutcome& outcome) {
    return std::holds_alternative<std::exception_ptr>(outcome);
}

}  // namespace

CommitQueue::CommitQueue(const Store& store, std::function<std::uint32_t()> now,
                         const CommitQueueLimits& limits)
    : writer_{store}, now_{std::move(now)}, limits_{limits}, thread_{[this] { run(); }} {}

CommitQueue::~CommitQueue() { stop(Stop::drain); }

CommitQueue::Submitted CommitQueue::submit(Job job) {
    {
        const std::lock_guard lock{guard_};
        if (stopped_) return Submitted::stopped;
        const bool fits = waiting_.size() < limits_.jobs_max &&
                          figures_.waiting_octets + job.octets <= limits_.octets_max;
        if (!fits && !waiting_.empty()) {
            ++figures_.full;
            return Submitted::full;
        }
        figures_.waiting_octets += job.octets;
        waiting_.push_back(std::move(job));
    }
    changed_.notify_one();
    return Submitted::taken;
}

void CommitQueue::stop(Stop how) {
    {
        const std::lock_guard lock{guard_};
        stopped_ = true;
        refusing_ |= how == Stop::refuse;
    }
    changed_.notify_one();
    const std::lock_guard lock{joining_};
    if (thread_.joinable()) thread_.join();
}

CommitQueue::Figures CommitQueue::figures() const {
    const std::lock_guard lock{guard_};
    Figures figures = figures_;
    figures.waiting_jobs = waiting_.size();
    return figures;
}

void CommitQueue::run() noexcept {
    stand_back();
    for (;;) {
        std::vector<Job> group = take_group();
        if (group.empty()) return;
        bool refusing = false;
        {
            const std::lock_guard lock{guard_};
            refusing = refusing_;
        }
        if (!refusing) {
            write(group);
            continue;
        }
        const std::vector<JobOutcome> refused(
            group.size(), Refusal{protocol::ResponseCode::server_busy, "the node is stopping"});
        answer(group, refused);
    }
}

/// Waits for jobs and takes as many as may go together; none when there will be no more.
std::vector<Job> CommitQueue::take_group() {
    std::unique_lock lock{guard_};
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    std::vector<Job> group;
    std::size_t octets = 0;
    while (!waiting_.empty() && group.size() < limits_.group_jobs_max) {
        const std::size_t more = waiting_.front().octets;
        if (!group.empty() && octets + more > limits_.group_octets_max) break;
        octets += more;
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    figures_.waiting_octets -= octets;
    return group;
}

void CommitQueue::write(std::span<Job> group) {
    std::vector<const Decide*> decisions;
    for (const Job& job : group) decisions.push_back(&job.decide);
    std::vector<JobOutcome> outcomes;
    std::exception_ptr fault;
    const auto begun = std::chrono::steady_clock::now();
    try {
        outcomes = writer_.commit(decisions, now_());
    } catch (...) {
        fault = std::current_exception();
    }
    {
        const std::lock_guard lock{guard_};
        ++figures_.groups;
        figures_.busy += std::chrono::steady_clock::now() - begun;
    }
    if (!fault) return answer(group, outcomes);
    if (group.size() > 1 && may_depend_on_jobs(fault)) {
        write(group.first(group.size() / 2));
        write(group.subspan(group.size() / 2));
        return;
    }
    answer(group, std::vector<JobOutcome>(group.size(), fault));
}

void CommitQueue::answer(std::span<const Job> group, std::span<const JobOutcome> outcomes) {
    {
        const std::lock_guard lock{guard_};
        figures_.jobs += group.size();
        figures_.faults +=
            static_cast<std::uint64_t>(std::count_if(outcomes.begin(), outcomes.end(), is_fault));
    }
    for (std::size_t at = 0; at < group.size(); ++at) group[at].done(outcomes[at]);
}

}  // namespace idnode::registry
