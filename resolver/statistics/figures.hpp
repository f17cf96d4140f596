#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idnode::resolver::statistics {

/// How long requests took. From when their octets had been read until the answers were given to the
/// system, in nanoseconds.
struct Latency {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t min = 0;  ///< 0 without any
    std::uint64_t max = 0;
    std::uint32_t max_at = 0;  ///< second since 1970 in which it was

    void add(std::uint64_t nanoseconds, std::uint32_t second) noexcept;
};

/// What was asked of the node in one way.
struct Requests {
    std::uint64_t requests = 0;
    std::uint64_t successes = 0;
    Latency latency{};
    std::uint64_t peak = 0;     ///< the most in one second
    std::uint32_t peak_at = 0;  ///< that second
};

/// What happened under one prefix on one day.
struct Figures {
    Requests resolutions{};
    Requests registrations{};  ///< changes that were asked for, whatever came of them
    std::uint64_t created = 0;
    std::uint64_t modified = 0;
    std::uint64_t deleted = 0;
    std::uint64_t identifiers = 0;    ///< registered when this was written last
    std::uint64_t sources = 0;        ///< distinct addresses that resolutions came from
    std::uint64_t other_sources = 0;  ///< requests from addresses beyond those that are kept
};

/// Adds what came later. `identifiers` is that of the later.
void merge(Requests& into, const Requests& later) noexcept;
void merge(Figures& into, const Figures& later) noexcept;

/// As they are stored (FORMAT.md, "Statistics").
std::string to_json(const Figures& figures);
/// Nothing when it is none.
std::optional<Figures> figures_from_json(std::string_view text);

/// A day as YYYYMMDD of a second since 1970, where days begin `utc_offset_hours` before UTC's.
std::uint32_t day_of(std::uint32_t second, std::uint32_t utc_offset_hours) noexcept;

/// 20261125 of "2026-11-25"; nothing when that is no day.
std::optional<std::uint32_t> parse_day(std::string_view text) noexcept;
std::string format_day(std::uint32_t day);

}  // namespace idnode::resolver::statistics
