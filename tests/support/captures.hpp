#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/message.hpp"
#include "tests/support/hex.hpp"

namespace idnode::test {

/// What a foreign client and a foreign server said to each other: whole messages on TCP,
/// datagrams on UDP, byte for byte.
struct Capture {
    std::string name;
    std::vector<std::string> requests;
    std::vector<std::string> answers;
};

inline std::filesystem::path captures_directory() {
    return std::filesystem::path{IDNODE_SOURCE_DIR} / "tests" / "vectors" / "captures";
}

/// Reads `<directory>/<name>.hex`: '#' begins a comment, '>' what the client sent, '<' what the
/// server sent; a line that begins with a space goes on with the one before.
inline Capture read_capture(const std::filesystem::path& directory, const std::string& name) {
    std::ifstream file{directory / (name + ".hex")};
    if (!file) throw std::runtime_error{"there is no capture " + name};
    Capture capture{.name = name, .requests = {}, .answers = {}};
    std::vector<std::string>* side = nullptr;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        if (line.starts_with('>')) side = &capture.requests;
        if (line.starts_with('<')) side = &capture.answers;
        if (!side) throw std::runtime_error{name + ": a line before '>' and '<'"};
        if (!line.starts_with(' ')) side->emplace_back();
        side->back() += bytes_from_hex(std::string_view{line}.substr(1));
    }
    return capture;
}

inline Capture read_capture(const std::string& name) {
    return read_capture(captures_directory(), name);
}

/// The body of an HTTP answer of Handle.net 9.3.1, `tests/vectors/captures/<name>.json`, without
/// the line end that closes the file.
inline std::string read_json_capture(const std::string& name) {
    std::ifstream file{captures_directory() / (name + ".json")};
    if (!file) throw std::runtime_error{"there is no capture " + name};
    std::ostringstream text;
    text << file.rdbuf();
    std::string body = text.str();
    body.pop_back();
    return body;
}

/// The names of all captures of messages, in order.
inline std::vector<std::string> capture_names(
    const std::filesystem::path& directory = captures_directory()) {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator{directory})
        if (file.path().extension() == ".hex") names.push_back(file.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

inline protocol::Envelope envelope_of(std::string_view message) {
    return protocol::decode_envelope(
        protocol::bytes_of(message).first<protocol::Envelope::wire_size>());
}

/// The message that several datagrams carry; written without the product's reassembler. A single
/// datagram is returned with its truncated flag, which Handle.net also sets on whole answers to
/// split requests.
inline std::string joined(const std::vector<std::string>& datagrams) {
    if (datagrams.size() == 1) return datagrams.front();
    constexpr std::size_t envelope_size = protocol::Envelope::wire_size;
    protocol::Envelope envelope = envelope_of(datagrams.front());
    std::string message(envelope_size + envelope.message_length, '\0');
    for (const std::string& datagram : datagrams) {
        const std::size_t place =
            envelope_of(datagram).sequence_number * protocol::datagram_payload_max;
        message.replace(envelope_size + place, datagram.size() - envelope_size, datagram,
                        envelope_size);
    }
    envelope.truncated = false;
    protocol::encode_envelope(std::as_writable_bytes(std::span{message}).first<envelope_size>(),
                              envelope);
    return message;
}

}  // namespace idnode::test
