#pragma once

#include <optional>

#include "resolver/auth/proof.hpp"

namespace idnode::resolver::admin {

/// What a TCP connection knows of who speaks, where the industrial dialect is allowed (op code
/// 2001). It belongs to the connection and to the one request of it that is being answered; each
/// touches it while the other waits.
struct Login {
    bool begun = false;                ///< the peer has asked to log in, and so speaks the dialect
    std::optional<auth::Proof> proof;  ///< once it has proven who it is
};

}  // namespace idnode::resolver::admin
