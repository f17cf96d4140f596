#include "protocol/handle/credential.hpp"

namespace idnode::protocol {
namespace {

std::size_t section_size(const Credential& credential) noexcept {
    return 4 + credential.algorithm.size() + 4 + credential.signature.size();
}

}  // namespace

Result<Credential> decode_credential(Bytes in) noexcept {
    WireReader reader{in};
    reader.integer<std::uint8_t>();   // version
    reader.integer<std::uint8_t>();   // reserved
    reader.integer<std::uint16_t>();  // flags
    Credential credential;
    credential.signer = reader.text();
    credential.session_counter = reader.integer<std::uint32_t>();
    credential.type = reader.text();
    const Bytes section = reader.bytes();
    if (reader.failed()) return reader.error();
    WireReader section_reader{section};
    credential.algorithm = section_reader.text();
    credential.signature = section_reader.bytes();
    if (section_reader.failed()) return section_reader.error();
    return credential;
}

void encode_credential(WireWriter& writer, const Credential& credential) noexcept {
    writer.integer(static_cast<std::uint32_t>(wire_size(credential) - sizeof(std::uint32_t)));
    writer.integer(std::uint32_t{0});  // version, reserved, flags
    writer.text(credential.signer);
    writer.integer(credential.session_counter);
    writer.text(credential.type);
    writer.integer(static_cast<std::uint32_t>(section_size(credential)));
    writer.text(credential.algorithm);
    writer.bytes(credential.signature);
}

std::size_t wire_size(const Credential& credential) noexcept {
    return 4 + 4 + 4 + credential.signer.size() + 4 + 4 + credential.type.size() + 4 +
           section_size(credential);
}

void encode_signed_preamble(WireWriter& writer, const Envelope& envelope,
                            std::uint32_t session_counter) noexcept {
    if (envelope.version < Version{2, 5}) return;
    writer.integer(envelope.version.major);
    writer.integer(envelope.version.minor);
    if (envelope.version >= Version{2, 8}) {
        writer.integer(envelope.suggested.major);
        writer.integer(envelope.suggested.minor);
    }
    writer.integer(envelope.session_id);
    writer.integer(envelope.request_id);
    writer.integer(session_counter);
}

}  // namespace idnode::protocol
