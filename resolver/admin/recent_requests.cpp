#include "resolver/admin/recent_requests.hpp"

#include <algorithm>

#include "registry/changes.hpp"
#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::admin {

RecentRequests::RecentRequests(const registry::Store& store, const Clock& clock,
                               const RecentRequestLimits& limits)
    : clock_{clock}, limits_{limits} {
    const registry::Snapshot snapshot{store};
    const std::uint64_t last = snapshot.sequence();
    const std::uint64_t first = last > limits.count_max ? last - limits.count_max + 1 : 1;
    // Where the log is damaged, the rest is not known again; `idnode check` names the place.
    for_each_change(snapshot, std::max(first, changes_from(snapshot)),
                    [&](const registry::ChangeView& change) {
                        registry::Digest request;
                        if (change.request.size() != request.size()) return true;
                        std::ranges::copy(change.request, request.begin());
                        add(request, {.sequence = change.sequence, .time = change.time});
                        return true;
                    });
}

void RecentRequests::note(const registry::Digest& request, std::uint64_t sequence) {
    const std::lock_guard lock{guard_};
    add(request, {.sequence = sequence, .time = clock_.now()});
}

void RecentRequests::add(const registry::Digest& request, const Entry& entry) {
    by_request_[request] = entry;
    order_.push_back({request, entry});
    forget_old();
}

std::optional<std::uint64_t> RecentRequests::find(const registry::Digest& request) {
    const std::lock_guard lock{guard_};
    forget_old();
    const auto found = by_request_.find(request);
    if (found == by_request_.end()) return std::nullopt;
    return found->second.sequence;
}

void RecentRequests::forget_old() {
    const std::uint32_t now = clock_.now();
    while (!order_.empty()) {
        const auto& [request, entry] = order_.front();
        if (order_.size() <= limits_.count_max &&
            auth::seconds_between(entry.time, now) < limits_.life_seconds)
            return;
        // It may have been noted once more since.
        const auto found = by_request_.find(request);
        if (found->second.sequence == entry.sequence) by_request_.erase(found);
        order_.pop_front();
    }
}

}  // namespace idnode::resolver::admin
