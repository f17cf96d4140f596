#include "resolver/auth/proof.hpp"

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::auth {

DigestValue digest_of_key(std::string_view type, protocol::Bytes data) {
    using protocol::bytes_of;
    constexpr std::string_view end{"", 1};
    return digest_of(Digest::sha256, {bytes_of(protocol::folded(type)), bytes_of(end), data});
}

}  // namespace idnode::resolver::auth
