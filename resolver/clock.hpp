#pragma once

#include <cstdint>
#include <ctime>

namespace idnode::resolver {

/// The only way to the wall clock, so that tests can set it.
class Clock {
public:
    virtual ~Clock() = default;

    /// Seconds since 1970.
    virtual std::uint32_t now() const noexcept = 0;
};

class SystemClock final : public Clock {
public:
    std::uint32_t now() const noexcept override {
        return static_cast<std::uint32_t>(std::time(nullptr));  // cheap: asked for every answer
    }
};

}  // namespace idnode::resolver
