#include "resolver/webhooks/signature.hpp"

#include "protocol/json/base64.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::webhooks {

std::string sign(std::string_view token, std::uint32_t time, std::string_view delivery,
                 std::string_view body) {
    using protocol::bytes_of;
    const std::string head = std::to_string(time).append(".").append(delivery).append(".");
    const auto mac =
        auth::hmac_of(auth::Digest::sha256, bytes_of(token), {bytes_of(head), bytes_of(body)});
    return "t=" + std::to_string(time) + ",v1=" + protocol::to_hex(protocol::text_of(mac.bytes()));
}

}  // namespace idnode::resolver::webhooks
