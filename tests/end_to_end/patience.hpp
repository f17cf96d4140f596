#pragma once

#include <chrono>

namespace idnode::end_to_end {

/// How much slower than usual everything may be: sanitizers cost that much.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int patience = 8;
#else
inline constexpr int patience = 1;
#endif

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// How long anything may take that ought to happen at once.
inline constexpr std::chrono::milliseconds time_limit{10'000 * patience};

inline Deadline deadline_after(std::chrono::milliseconds time = time_limit) {
    return Clock::now() + time;
}

/// What is left until then, for `poll`: never negative, which would mean "for ever".
inline int milliseconds_until(Deadline deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

}  // namespace idnode::end_to_end
