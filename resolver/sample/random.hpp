#pragma once

#include <cstdint>

namespace idnode::resolver {

/// Spreads every bit of `number` over the whole result; a bijection (the finaliser of splitmix64).
constexpr std::uint64_t mix(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31);
}

/// Random numbers that are the same on every machine, which those of `std::*_distribution` are not
/// (splitmix64, Steele, Lea and Flood 2014). Each thing that is described has a stream of its own,
/// named by what it is and which one it is, so that it can be described again from its number.
/// Not for secrets.
class Random {
public:
    constexpr Random(std::uint64_t seed, std::uint64_t kind, std::uint64_t number) noexcept
        : state_{mix(mix(mix(seed + step) + (kind + 1) * step) + number)} {}

    constexpr std::uint64_t next() noexcept { return mix(state_ += step); }

    /// A number from 0 to `bound` - 1; `bound` must not be 0.
    constexpr std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
    }

    /// A number from `first` to `last`, both included.
    constexpr std::uint32_t between(std::uint32_t first, std::uint32_t last) noexcept {
        return first + below(last - first + 1);
    }

    /// True `percent` times in a hundred.
    constexpr bool chance(std::uint32_t percent) noexcept { return below(100) < percent; }

    /// One element of a table that is not empty.
    template <class Table>
    constexpr const auto& pick(const Table& table) noexcept {
        return table[below(static_cast<std::uint32_t>(table.size()))];
    }

private:
    static constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;  // 2^64 divided by the golden ratio

    std::uint64_t state_;
};

}  // namespace idnode::resolver
