#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/handle/value.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::auth {

/// By which key somebody has shown who he is. It counts for as long as the key is there.
struct Proof {
    protocol::Reference identity;  ///< the value that holds the key, never index 0
    DigestValue key{};             ///< `digest_of_key`; empty when another node holds the key
    std::uint32_t time = 0;        ///< when that was, in seconds since 1970
};

/// What two keys have in common only when they are the same: of the type and the data of a value.
DigestValue digest_of_key(std::string_view type, protocol::Bytes data);

}  // namespace idnode::resolver::auth
