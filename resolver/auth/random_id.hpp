#pragma once

#include <cstdint>

#include "protocol/handle/wire.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::auth {

/// Challenges and sessions stand at the same place of the envelope; the lowest bit tells them
/// apart.
enum class IdKind : std::uint32_t { challenge = 0, session = 1 };

constexpr bool is_session_id(std::uint32_t id) noexcept {
    return (id & 1U) == static_cast<std::uint32_t>(IdKind::session);
}

/// A number that nobody can foresee and that Java reads as positive: 30 random bits, never 0.
inline std::uint32_t random_id(IdKind kind) {
    for (;;) {
        std::array<std::byte, 4> octets;
        fill_random(octets);
        const auto id = (protocol::load_big<std::uint32_t>(octets.data()) & 0x7ffffffeU) |
                        static_cast<std::uint32_t>(kind);
        if (id != 0) return id;
    }
}

/// Seconds from `earlier` to `later`; none when the clock was set back in between.
constexpr std::uint32_t seconds_between(std::uint32_t earlier, std::uint32_t later) noexcept {
    return later > earlier ? later - earlier : 0;
}

}  // namespace idnode::resolver::auth
