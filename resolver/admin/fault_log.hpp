#pragma once

#include <atomic>
#include <exception>

#include "resolver/clock.hpp"

namespace idnode::resolver::admin {

/// Tells the operator of changes that the store has failed: of one in a minute, however many there
/// are. Threads may call it at once.
class FaultLog {
public:
    /// The clock must outlive it.
    explicit FaultLog(const Clock& clock) : clock_{clock} {}

    void tell(const std::exception_ptr& fault);

private:
    const Clock& clock_;
    std::atomic<std::uint32_t> told_at_{0};  ///< seconds since 1970
};

}  // namespace idnode::resolver::admin
