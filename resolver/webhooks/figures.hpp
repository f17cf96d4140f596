#pragma once

#include <cstdint>

namespace idnode::resolver::webhooks {

/// What `/metrics` shows of deliveries: what came of attempts, and how it stands now.
struct Figures {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t forbidden = 0;  ///< of the failed: nothing was sent to such an address
    std::uint64_t given_up = 0;   ///< hooks, after a delivery failed for too long
    std::uint64_t hooks = 0;
    std::uint64_t waiting = 0;    ///< deliveries that were not taken yet
    std::uint64_t in_flight = 0;  ///< of them, those that a receiver is being told
};

}  // namespace idnode::resolver::webhooks
