#pragma once

#include <cstdint>

#include "resolver/clock.hpp"

namespace idnode::resolver::auth {

/// A clock that the test sets.
struct MovingClock final : Clock {
    std::uint32_t now() const noexcept override { return time; }

    std::uint32_t time = 1'700'000'000;
};

}  // namespace idnode::resolver::auth
