#include "protocol/handle/message.hpp"

#include <algorithm>

#include "protocol/handle/wire.hpp"

namespace idnode::protocol {
namespace {

constexpr std::uint8_t flag_compressed = 0x80;
constexpr std::uint8_t flag_encrypted = 0x40;
constexpr std::uint8_t flag_truncated = 0x20;
constexpr std::uint8_t suggested_major_mask = 0x1f;

/// Envelope and what stands behind it; its length must be that of the octets at hand.
Result<EncryptedMessage> split(Bytes in) noexcept {
    if (in.size() < Envelope::wire_size) return errc::truncated;
    EncryptedMessage message{.envelope = decode_envelope(in.first<Envelope::wire_size>()),
                             .payload = in.subspan(Envelope::wire_size)};
    if (message.envelope.message_length > message_length_max) return errc::too_long;
    if (message.envelope.message_length != message.payload.size()) return errc::bad_length;
    return message;
}

}  // namespace

Envelope decode_envelope(std::span<const std::byte, Envelope::wire_size> in) noexcept {
    WireReader reader{in};
    Envelope envelope;
    envelope.version.major = reader.integer<std::uint8_t>();
    envelope.version.minor = reader.integer<std::uint8_t>();
    const auto flags = reader.integer<std::uint8_t>();
    envelope.compressed = flags & flag_compressed;
    envelope.encrypted = flags & flag_encrypted;
    envelope.truncated = flags & flag_truncated;
    envelope.suggested.major = flags & suggested_major_mask;
    envelope.suggested.minor = reader.integer<std::uint8_t>();
    envelope.session_id = reader.integer<std::uint32_t>();
    envelope.request_id = reader.integer<std::uint32_t>();
    envelope.sequence_number = reader.integer<std::uint32_t>();
    envelope.message_length = reader.integer<std::uint32_t>();
    return envelope;
}

void encode_envelope(std::span<std::byte, Envelope::wire_size> out,
                     const Envelope& envelope) noexcept {
    WireWriter writer{out};
    writer.integer(envelope.version.major);
    writer.integer(envelope.version.minor);
    writer.integer(static_cast<std::uint8_t>((envelope.compressed ? flag_compressed : 0) |
                                             (envelope.encrypted ? flag_encrypted : 0) |
                                             (envelope.truncated ? flag_truncated : 0) |
                                             (envelope.suggested.major & suggested_major_mask)));
    writer.integer(envelope.suggested.minor);
    writer.integer(envelope.session_id);
    writer.integer(envelope.request_id);
    writer.integer(envelope.sequence_number);
    writer.integer(envelope.message_length);
}

Header decode_header(std::span<const std::byte, Header::wire_size> in) noexcept {
    WireReader reader{in};
    Header header;
    header.op_code = static_cast<OpCode>(reader.integer<std::uint32_t>());
    header.response_code = static_cast<ResponseCode>(reader.integer<std::uint32_t>());
    header.op_flags = reader.integer<std::uint32_t>();
    header.site_serial = reader.integer<std::uint16_t>();
    header.recursion_count = reader.integer<std::uint8_t>();
    reader.integer<std::uint8_t>();  // reserved
    header.expiration = reader.integer<std::uint32_t>();
    header.body_length = reader.integer<std::uint32_t>();
    return header;
}

void encode_header(std::span<std::byte, Header::wire_size> out, const Header& header) noexcept {
    WireWriter writer{out};
    writer.integer(static_cast<std::uint32_t>(header.op_code));
    writer.integer(static_cast<std::uint32_t>(header.response_code));
    writer.integer(header.op_flags);
    writer.integer(header.site_serial);
    writer.integer(header.recursion_count);
    writer.integer(std::uint8_t{0});
    writer.integer(header.expiration);
    writer.integer(header.body_length);
}

Result<Message> decode_message(Bytes in) noexcept {
    const auto parts = split(in);
    if (!parts) return parts.error();
    Message message;
    message.envelope = parts->envelope;
    const Bytes content = parts->payload;
    if (content.size() < Header::wire_size) return errc::truncated;
    message.header = decode_header(content.first<Header::wire_size>());
    const Bytes rest = content.subspan(Header::wire_size);
    if (message.header.body_length > rest.size()) return errc::bad_length;
    message.header_and_body = content.first(Header::wire_size + message.header.body_length);
    message.body = rest.first(message.header.body_length);
    const Bytes credential = rest.subspan(message.header.body_length);
    if (credential.empty()) return message;
    WireReader reader{credential};
    message.credential = reader.bytes();
    if (reader.failed()) return reader.error();
    return message;
}

Result<EncryptedMessage> decode_encrypted_message(Bytes in) noexcept {
    const auto message = split(in);
    if (message && !message->envelope.encrypted) return errc::bad_value;
    return message;
}

Version negotiate(const Envelope& request) noexcept {
    if (request.suggested.major == 0) return request.version;
    return std::min(request.suggested, version_max);
}

ResponseCode code_for(Version version, ResponseCode code) noexcept {
    if (version >= Version{2, 5}) return code;
    if (code == ResponseCode::prefix_referral) return ResponseCode::server_backup;
    if (code == ResponseCode::server_backup) return ResponseCode::prefix_referral;
    if (code == ResponseCode::invalid_value) return ResponseCode::value_already_exists;
    return code;
}

}  // namespace idnode::protocol
