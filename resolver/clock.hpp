#pragma once

#include <chrono>
#include <cstdint>

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
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(since).count());
    }
};

}  // namespace idnode::resolver
