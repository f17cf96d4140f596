#include "protocol/handle/credential.hpp"
#include "protocol/handle/message.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

using protocol::Credential;
using protocol::Message;

void write_message(protocol::WireWriter& writer, const Message& message) {
    protocol::encode_envelope(
        writer.reserve(protocol::Envelope::wire_size).first<protocol::Envelope::wire_size>(),
        message.envelope);
    protocol::encode_header(
        writer.reserve(protocol::Header::wire_size).first<protocol::Header::wire_size>(),
        message.header);
    writer.raw(message.body);
}

/// Octets that nobody reads (version, flags, what follows a section) are lost, the rest is not.
void check_credential(Bytes section) {
    const auto credential = protocol::decode_credential(section);
    if (!credential) return;
    const auto encode = [](const Credential& each, std::size_t room) {
        return encoded(room,
                       [&](protocol::WireWriter& writer) { encode_credential(writer, each); });
    };
    const std::string again = encode(*credential, section.size() + 4);
    require(again.size() == wire_size(*credential), "a credential has the size it says");
    const std::string_view inner = std::string_view{again}.substr(4);
    const auto decoded = protocol::decode_credential(bytes_of(inner));
    require(decoded && encode(*decoded, again.size()) == again,
            "a credential encodes to what decodes to it");
}

}  // namespace

void fuzz_message(Bytes input) {
    const auto message = protocol::decode_message(input);
    if (!message) return;
    constexpr std::size_t reserved_place = 35;
    std::string expected{text_of(input.first(protocol::Envelope::wire_size +
                                             protocol::Header::wire_size + message->body.size()))};
    expected[reserved_place] = '\0';
    const std::string again = encoded(
        input.size(), [&](protocol::WireWriter& writer) { write_message(writer, *message); });
    require(again == expected, "a message encodes to what it was decoded from");
    require(message->header_and_body.size() == protocol::Header::wire_size + message->body.size(),
            "header and body stand behind each other");
    if (!message->credential.empty()) check_credential(message->credential);
}

}  // namespace idnode::fuzz
