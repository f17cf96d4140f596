#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

/// Credential section of a message (RFC 3652 §2.2.4), without its leading length.
/// Views live as long as the octets it was decoded from.
struct Credential {
    static constexpr std::string_view type_signed = "HS_SIGNED";
    static constexpr std::string_view type_mac = "HS_MAC";

    std::string_view signer;  ///< always empty in practice
    std::uint32_t session_counter = 0;
    std::string_view type;
    std::string_view algorithm;  ///< "SHA-256", "SHA1", "HMAC-SHA256"; one octet 2 before 2.6
    Bytes signature;
};

/// `in` is `Message::credential`; it must not be empty.
Result<Credential> decode_credential(Bytes in) noexcept;

/// Writes the section with its leading length.
void encode_credential(WireWriter& writer, const Credential& credential) noexcept;

/// The octets that `encode_credential` writes.
std::size_t wire_size(const Credential& credential) noexcept;

/// What a signature or MAC covers before the header and body: protocol version, suggested version,
/// session id, request id and session counter, as far as the version signs them (2.8 all, 2.5 to
/// 2.7 without the suggestion, before nothing). Writes at most 16 octets.
void encode_signed_preamble(WireWriter& writer, const Envelope& envelope,
                            std::uint32_t session_counter) noexcept;

}  // namespace idnode::protocol
