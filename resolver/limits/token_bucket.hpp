#pragma once

#include <algorithm>
#include <cstdint>

namespace idnode::resolver::limits {

/// How often something may happen.
struct Rate {
    std::uint32_t per_second = 0;  ///< 0: as often as anybody likes
    std::uint32_t burst = 1;       ///< at once, after a pause
};

/// A stock of `Rate::burst` tokens at the most, full in the beginning, into which the passing of
/// each second puts `Rate::per_second` more. A clock that is set back puts nothing in, and the next
/// second counts from there. Used by one thread, always with the same rate.
class TokenBucket {
public:
    TokenBucket() = default;
    TokenBucket(const Rate& rate, std::uint32_t now) noexcept : tokens_{rate.burst}, filled_{now} {}

    /// Takes as many tokens as something costs, or none when there are fewer. What costs more than
    /// the burst takes a full stock.
    bool take(const Rate& rate, std::uint32_t cost, std::uint32_t now) noexcept {
        fill(rate, now);
        const std::uint32_t taken = std::min(cost, rate.burst);
        if (tokens_ < taken) return false;
        tokens_ -= taken;
        return true;
    }

    /// Puts back what was taken for something of this cost.
    void give_back(const Rate& rate, std::uint32_t cost) noexcept { put(rate, cost); }

    std::uint32_t tokens() const noexcept { return tokens_; }

private:
    void fill(const Rate& rate, std::uint32_t now) noexcept {
        if (now > filled_) put(rate, std::uint64_t{now - filled_} * rate.per_second);
        filled_ = now;
    }

    void put(const Rate& rate, std::uint64_t count) noexcept {
        tokens_ = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(std::uint64_t{tokens_} + count, rate.burst));
    }

    std::uint32_t tokens_ = 0;
    std::uint32_t filled_ = 0;  ///< second up to which tokens were put in
};

}  // namespace idnode::resolver::limits
