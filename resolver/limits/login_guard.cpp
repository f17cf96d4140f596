#include "resolver/limits/login_guard.hpp"

#include <algorithm>

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::limits {
namespace {

/// The delay behind so many failures more than those that are allowed.
std::uint32_t delay_after(std::uint32_t excess, std::uint32_t delay_max) noexcept {
    constexpr std::uint32_t doublings_max = 31;
    return std::min(std::uint32_t{1} << std::min(excess, doublings_max), delay_max);
}

}  // namespace

LoginGuard::Bounds LoginGuard::of_source() const noexcept {
    return {.allowed = limits_.failures_allowed, .delay_max = limits_.delay_seconds_max};
}

LoginGuard::Bounds LoginGuard::of_identity() const noexcept {
    return {.allowed = limits_.identity_failures_allowed,
            .delay_max = limits_.identity_delay_seconds_max};
}

/// A clock that is set back makes no delay longer than it was.
std::uint32_t LoginGuard::delay_left(Entry& entry, const Bounds& bounds,
                                     std::uint32_t now) const noexcept {
    entry.last = std::min(entry.last, now);
    const std::uint32_t passed = auth::seconds_between(entry.last, now);
    if (passed / 2 >= std::max(limits_.delay_seconds_max, limits_.identity_delay_seconds_max))
        entry.failures = 0;
    if (bounds.allowed == 0 || entry.failures < bounds.allowed) return 0;
    const std::uint32_t delay = delay_after(entry.failures - bounds.allowed, bounds.delay_max);
    return delay - std::min(delay, passed);
}

std::uint32_t LoginGuard::find_delay(std::string_view handle, const Source& source) {
    const LimitKey at_source = key_of_identity_at(handle, source);
    const LimitKey anywhere = key_of_identity(handle);
    const std::uint32_t now = clock_.now();
    const std::lock_guard lock{mutex_};
    Entry* const here = entries_.peek(at_source);
    const std::uint32_t delay = here ? delay_left(*here, of_source(), now) : 0;
    if (here && here->succeeded) return delay;
    Entry* const all = entries_.peek(anywhere);
    return std::max(delay, all ? delay_left(*all, of_identity(), now) : 0);
}

void LoginGuard::add_failure(const LimitKey& key, std::uint32_t now) {
    Entry& entry = entries_.use(key, [] { return Entry{}; });
    ++entry.failures;
    entry.last = now;
}

void LoginGuard::note_failure(std::string_view handle, const Source& source) {
    const LimitKey at_source = key_of_identity_at(handle, source);
    const LimitKey anywhere = key_of_identity(handle);
    const std::uint32_t now = clock_.now();
    const std::lock_guard lock{mutex_};
    add_failure(at_source, now);
    add_failure(anywhere, now);
}

void LoginGuard::note_failure(std::string_view handle) {
    const LimitKey anywhere = key_of_identity(handle);
    const std::uint32_t now = clock_.now();
    const std::lock_guard lock{mutex_};
    add_failure(anywhere, now);
}

void LoginGuard::note_success(std::string_view handle, const Source& source) {
    const LimitKey at_source = key_of_identity_at(handle, source);
    const std::lock_guard lock{mutex_};
    Entry& entry = entries_.use(at_source, [] { return Entry{}; });
    entry.failures = 0;
    entry.succeeded = true;
}

}  // namespace idnode::resolver::limits
