#pragma once

#include <chrono>
#include <cstdint>

#include "resolver/sample/random.hpp"
#include "resolver/sample/text.hpp"

namespace idnode::resolver {

/// When the numbered blocks of a sample are made. A plant makes `blocks_per_day` of them on each of
/// `days` days; the blocks after that come from a further plant, on the same days again, so that
/// the dates stay in a few years however long the sample is.
class Calendar {
public:
    constexpr Calendar(std::uint64_t blocks_per_day, std::uint64_t days) noexcept
        : blocks_per_day_{blocks_per_day}, blocks_per_plant_{blocks_per_day * days} {}

    /// The day of a block: the first lies in the first half of 2021, moved by the seed.
    constexpr Day day(std::uint64_t seed, std::uint64_t block) const noexcept {
        constexpr std::chrono::sys_days first = std::chrono::year{2021} / 1 / 4;
        const auto offset = mix(seed ^ day_salt) % 180;
        return static_cast<Day>(static_cast<std::uint64_t>(first.time_since_epoch().count()) +
                                offset + block % blocks_per_plant_ / blocks_per_day_);
    }

    /// A block's number among all those of its day, counted through all plants from 0: together
    /// with the day it names the block.
    constexpr std::uint64_t number_of_day(std::uint64_t block) const noexcept {
        return block / blocks_per_plant_ * blocks_per_day_ + block % blocks_per_day_;
    }

private:
    static constexpr std::uint64_t day_salt = 0x63616c656e646172U;

    std::uint64_t blocks_per_day_;
    std::uint64_t blocks_per_plant_;
};

/// A moment within the given hour, in seconds since 1970. Hours past 23 run into the next days.
constexpr std::uint32_t moment(Day day, std::uint32_t hour, Random& random) noexcept {
    return day * 86'400 + hour * 3'600 + random.below(3'600);
}

}  // namespace idnode::resolver
