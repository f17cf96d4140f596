#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "protocol/bytes.hpp"
#include "protocol/codes/op_code.hpp"
#include "protocol/codes/response_code.hpp"
#include "protocol/error.hpp"

namespace idnode::protocol {

/// A protocol version; ordered as versions are.
struct Version {
    std::uint8_t major = 0;
    std::uint8_t minor = 0;

    auto operator<=>(const Version&) const = default;
};

/// The highest version that this code speaks of itself.
inline constexpr Version version_max{2, 11};

/// Message envelope (RFC 3652 §2.2.1).
struct Envelope {
    static constexpr std::size_t wire_size = 20;

    Version version = version_max;
    bool compressed = false;  ///< never implemented by anyone; echoed and otherwise ignored
    bool encrypted = false;
    bool truncated = false;           ///< one datagram of a message that was split
    Version suggested = version_max;  ///< what the sender would rather speak (2.8 and later)
    std::uint32_t session_id = 0;
    std::uint32_t request_id = 0;
    std::uint32_t sequence_number = 0;  ///< place of a datagram in a split message
    std::uint32_t message_length = 0;   ///< of header, body and credential, over all datagrams

    bool operator==(const Envelope&) const = default;
};

/// Bits of `Header::op_flags` (RFC 3652 §2.2.2.3).
namespace op_flag {
inline constexpr std::uint32_t authoritative = 0x80000000;
inline constexpr std::uint32_t certify = 0x40000000;
inline constexpr std::uint32_t encrypt = 0x20000000;
inline constexpr std::uint32_t recursive = 0x10000000;
inline constexpr std::uint32_t cache_certify = 0x08000000;
inline constexpr std::uint32_t continuous = 0x04000000;
inline constexpr std::uint32_t keep_connection = 0x02000000;
inline constexpr std::uint32_t public_only = 0x01000000;
inline constexpr std::uint32_t request_digest = 0x00800000;
inline constexpr std::uint32_t overwrite = 0x00400000;
inline constexpr std::uint32_t mint_suffix = 0x00200000;
inline constexpr std::uint32_t do_not_refer = 0x00100000;
}  // namespace op_flag

/// The site serial of somebody who knows no site record.
inline constexpr std::uint16_t site_serial_unknown = 0xffff;

/// Message header (RFC 3652 §2.2.2).
struct Header {
    static constexpr std::size_t wire_size = 24;

    OpCode op_code = OpCode::reserved;  ///< may hold a number that is no enumerator
    ResponseCode response_code = ResponseCode::reserved;
    std::uint32_t op_flags = 0;
    std::uint16_t site_serial = site_serial_unknown;
    std::uint8_t recursion_count = 0;
    std::uint32_t expiration = 0;  ///< seconds since 1970
    std::uint32_t body_length = 0;

    bool operator==(const Header&) const = default;
};

/// The largest header, body and credential together.
inline constexpr std::size_t message_length_max = 262'144;

/// The largest datagram, and what of it is left behind the envelope.
inline constexpr std::size_t datagram_size_max = 512;
inline constexpr std::size_t datagram_payload_max = datagram_size_max - Envelope::wire_size;

/// A fixed size is part of the type, so these cannot fail.
Envelope decode_envelope(std::span<const std::byte, Envelope::wire_size> in) noexcept;
void encode_envelope(std::span<std::byte, Envelope::wire_size> out, const Envelope&) noexcept;
Header decode_header(std::span<const std::byte, Header::wire_size> in) noexcept;
void encode_header(std::span<std::byte, Header::wire_size> out, const Header&) noexcept;

/// A whole message in its parts; the views live as long as the octets it was decoded from.
struct Message {
    Envelope envelope;
    Header header;
    Bytes header_and_body;  ///< what digests and signatures cover
    Bytes body;
    Bytes credential;  ///< without its length; empty when there is none
};

/// Takes a clear (not encrypted) message apart. `in` is the envelope and exactly the octets that
/// its length announces. A credential whose length is missing counts as none; one that runs past
/// the end is an error.
Result<Message> decode_message(Bytes in) noexcept;

/// A message of which only the envelope can be read (RFC 3652 §2.2.1, EC): the rest is one
/// ciphertext. The view lives as long as the octets it was decoded from.
struct EncryptedMessage {
    Envelope envelope;
    Bytes payload;
};

/// Takes an encrypted message apart, by the same rules as `decode_message`; one without the flag
/// is `errc::bad_value`.
Result<EncryptedMessage> decode_encrypted_message(Bytes in) noexcept;

/// The version that answers a request: the lower of what its sender suggests and `version_max`;
/// the sender's own where it suggests none.
Version negotiate(const Envelope& request) noexcept;

/// A code as peers of an old version know it: before 2.5 three codes had other numbers.
ResponseCode code_for(Version version, ResponseCode code) noexcept;

}  // namespace idnode::protocol
