#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace idnode::resolver::auth {

/// Which session counters came already (RFC 3652 §2.2.4): each is good once, in any order, as long
/// as it is less than `width` behind the highest. Counters begin with 1. One thread at a time.
class ReplayWindow {
public:
    /// That of the reference server, whose client resends over UDP with a new counter.
    static constexpr std::size_t width = 200;

    /// Takes a counter, or refuses it because it came before or may have.
    bool accept(std::uint32_t counter) noexcept {
        if (counter == 0) return false;
        if (counter > highest_) {
            const std::uint32_t step = counter - highest_;
            seen_ = step < width ? seen_ << step : std::bitset<width>{};
            highest_ = counter;
            seen_.set(0);
            return true;
        }
        const std::uint32_t age = highest_ - counter;
        if (age >= width || seen_.test(age)) return false;
        seen_.set(age);
        return true;
    }

private:
    std::uint32_t highest_ = 0;
    std::bitset<width> seen_;  ///< by how far behind the highest
};

}  // namespace idnode::resolver::auth
