#pragma once

#include <mutex>
#include <string_view>

#include "resolver/clock.hpp"
#include "resolver/limits/lru_table.hpp"

namespace idnode::resolver::limits {

/// How failed proofs of an identity slow further ones down.
struct LoginLimits {
    std::uint32_t failures_allowed = 10;  ///< from one source; 0: any number
    std::uint32_t delay_seconds_max = 300;
    /// From all sources together, which only holds up sources that have not succeeded yet; 0: any
    /// number.
    std::uint32_t identity_failures_allowed = 100;
    std::uint32_t identity_delay_seconds_max = 10;
};

/// Makes guessing slow. The failure that uses up what is allowed, and each one after it, closes the
/// door for a second, then for two, four and so on up to a bound, during which even the right
/// answer is refused: for one identity from one source; and, with bounds of its own, for one
/// identity from anywhere, but not from a source from where that identity has succeeded, so that
/// nobody can lock the owner out from elsewhere. A success makes its source forget its failures.
/// Failures are forgotten when none came for twice the longest delay, and when so many other
/// identities and sources failed since that the table has no place for them. Threads may share it.
class LoginGuard {
public:
    /// `entries_max` is at least 1. The clock must outlive the guard.
    LoginGuard(const LoginLimits& limits, std::size_t entries_max, const Clock& clock)
        : limits_{limits}, clock_{clock}, entries_{entries_max} {}

    /// The seconds for which no answer of this identity is looked at from there; 0: it may try.
    std::uint32_t find_delay(std::string_view handle, const Source& source);

    void note_failure(std::string_view handle, const Source& source);
    /// From an address that may be forged, whose owner is not to suffer: counts in all only.
    void note_failure(std::string_view handle);
    void note_success(std::string_view handle, const Source& source);

private:
    struct Entry {
        std::uint32_t failures = 0;
        std::uint32_t last = 0;  ///< second of the last of them
        bool succeeded = false;  ///< at this source
    };
    /// Failures that are allowed, and the longest delay behind them.
    struct Bounds {
        std::uint32_t allowed;
        std::uint32_t delay_max;
    };

    Bounds of_source() const noexcept;
    Bounds of_identity() const noexcept;
    std::uint32_t delay_left(Entry& entry, const Bounds& bounds, std::uint32_t now) const noexcept;
    void add_failure(const LimitKey& key, std::uint32_t now);

    const LoginLimits limits_;
    const Clock& clock_;
    std::mutex mutex_;
    LruTable<Entry> entries_;
};

}  // namespace idnode::resolver::limits
