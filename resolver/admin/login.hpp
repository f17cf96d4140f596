#pragma once

#include <cstdint>
#include <optional>

#include "protocol/handle/value.hpp"

namespace idnode::resolver::admin {

/// What a TCP connection knows of who speaks, where the industrial dialect is allowed (op code
/// 2001). It belongs to the connection and to the one request of it that is being answered; each
/// touches it while the other waits.
struct Login {
    bool begun = false;  ///< the peer has asked to log in, and so speaks the dialect
    std::optional<protocol::Reference> identity;  ///< once it has proven who it is
    std::uint32_t since = 0;                      ///< when that was, in seconds since 1970
};

}  // namespace idnode::resolver::admin
