#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/webhooks/courier.hpp"

namespace idnode::resolver::webhooks {

// Between the sources of the courier.

/// How many events (and changes) without interest are passed before that is written down.
inline constexpr std::uint64_t passed_max = 10'000;

/// A hook at work.
struct Courier::Live {
    Hook hook;
    HookState state;
    Destination destination;
    api::EventQuery query{};
    RecallQuery recall{};
    std::optional<api::Caller> caller{};
    std::uint64_t caller_of = UINT64_MAX;     ///< the change as of which the caller is known
    std::uint64_t passed = 0;                 ///< events up to here have nothing for it
    std::vector<registry::Change> members{};  ///< to be written with the state
    std::uint64_t unwritten = 0;              ///< events and changes passed since the last writing
    bool walks_again = false;                 ///< a recall has found more than it could tell
    bool understood = true;                   ///< what it waits for can be asked
    bool busy = false;                        ///< something that was begun will end
    bool dirty = false;                       ///< the state is not what is written
    std::chrono::steady_clock::time_point rests_until{};
};

}  // namespace idnode::resolver::webhooks
