#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::resolver::webhooks {

/// The value of the header `GS1-Signature` of a delivery: `t=TIME,v1=MAC`, where TIME is when it
/// was sent, in seconds since 1970, and MAC is HMAC-SHA256 (RFC 2104) in small hex digits, with the
/// octets of the subscription's `signatureToken` as the key, over
///
///     TIME "." DELIVERY "." BODY
///
/// TIME as it stands in the header, DELIVERY the value of the header `Idnode-Delivery`, BODY the
/// octets of the request's body. So neither can be exchanged: a receiver refuses what is too old,
/// and drops a DELIVERY that he has had already. A delivery that is tried again keeps its DELIVERY
/// and gets a new TIME. Further members may be added behind a comma; receivers skip what they do
/// not know.
std::string sign(std::string_view token, std::uint32_t time, std::string_view delivery,
                 std::string_view body);

}  // namespace idnode::resolver::webhooks
