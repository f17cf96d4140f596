#pragma once

#include <mutex>

#include "resolver/clock.hpp"
#include "resolver/limits/lru_table.hpp"
#include "resolver/limits/token_bucket.hpp"

namespace idnode::resolver::limits {

/// One rate for each of many keys: a token bucket for each key that was seen lately. A key that
/// found no place any more, because that many others came since, begins with a full bucket again.
/// Threads may share it.
class RateLimiter {
public:
    /// `keys_max` is at least 1. The clock must outlive the limiter.
    RateLimiter(const Rate& rate, std::size_t keys_max, const Clock& clock)
        : rate_{rate}, clock_{clock}, buckets_{keys_max} {}

    /// Whether something of this cost may happen now; if so, it is charged.
    bool take(const LimitKey& key, std::uint32_t cost = 1) {
        if (rate_.per_second == 0) return true;
        const std::uint32_t now = clock_.now();
        const std::lock_guard lock{mutex_};
        TokenBucket& bucket = buckets_.use(key, [&] { return TokenBucket{rate_, now}; });
        return bucket.take(rate_, cost, now);
    }

    /// What was charged turned out to be nobody's fault.
    void give_back(const LimitKey& key, std::uint32_t cost = 1) {
        const std::lock_guard lock{mutex_};
        if (TokenBucket* const bucket = buckets_.peek(key)) bucket->give_back(rate_, cost);
    }

private:
    const Rate rate_;
    const Clock& clock_;
    std::mutex mutex_;
    LruTable<TokenBucket> buckets_;
};

}  // namespace idnode::resolver::limits
