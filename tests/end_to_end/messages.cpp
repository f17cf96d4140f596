#include "tests/end_to_end/messages.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <stdexcept>

#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire.hpp"
#include "protocol/json/record_json.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::datagram_payload_max;
using protocol::Envelope;
using protocol::Header;

void append(std::string& out, std::uint32_t number) {
    out.resize(out.size() + sizeof(number));
    patch(out, out.size() - sizeof(number), number);
}

void append(std::string& out, std::string_view text) {
    append(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

Envelope envelope_of(std::string_view message) {
    if (message.size() < Envelope::wire_size)
        throw std::runtime_error{"a message without an envelope"};
    return protocol::decode_envelope(bytes_of(message).first<Envelope::wire_size>());
}

std::string with_envelope(const Envelope& envelope, std::string_view content) {
    std::string message(Envelope::wire_size, '\0');
    protocol::encode_envelope(
        std::as_writable_bytes(std::span{message}).first<Envelope::wire_size>(), envelope);
    return message.append(content);
}

template <class T>
T require(protocol::Result<T> result, const char* what) {
    if (!result) throw std::runtime_error{std::string{what} + ": " + result.error().message()};
    return *result;
}

/// Handle and values of a successful answer; a referral has the same form.
protocol::ResolutionResponse take_apart(const Answer& answer) {
    const std::size_t digest_size = answer.has_flag(protocol::op_flag::request_digest) ? 33 : 0;
    return require(protocol::decode_resolution_response(bytes_of(answer.body).subspan(digest_size)),
                   "values");
}

}  // namespace

void patch(std::string& message, std::size_t at, std::uint32_t number) {
    protocol::store_big(std::as_writable_bytes(std::span{message}).subspan(at).data(), number);
}

std::string encode_body(const Request& request) {
    std::string body;
    append(body, request.handle);
    append(body, static_cast<std::uint32_t>(request.indexes.size()));
    for (const std::uint32_t index : request.indexes) append(body, index);
    append(body, static_cast<std::uint32_t>(request.types.size()));
    for (const std::string& type : request.types) append(body, std::string_view{type});
    return body;
}

std::string encode(const Request& request, std::string_view body) {
    Envelope envelope;
    envelope.version = request.version;
    envelope.suggested = request.suggested;
    envelope.session_id = request.session_id;
    envelope.request_id = request.request_id;
    envelope.message_length =
        static_cast<std::uint32_t>(Header::wire_size + body.size() + sizeof(std::uint32_t));
    Header header;
    header.op_code = static_cast<protocol::OpCode>(request.op_code);
    header.op_flags = request.flags;
    header.body_length = static_cast<std::uint32_t>(body.size());
    std::string content(Header::wire_size, '\0');
    protocol::encode_header(std::as_writable_bytes(std::span{content}).first<Header::wire_size>(),
                            header);
    content += body;
    append(content, std::uint32_t{0});  // no credential
    return with_envelope(envelope, content);
}

std::string encode(const Request& request) {
    if (request.op_code == 1) return encode(request, encode_body(request));
    std::string body;
    append(body, std::string_view{"/"});
    return encode(request, body);
}

Answer decode(const std::string& wire) {
    Answer answer;
    answer.wire = wire;
    const auto message = require(protocol::decode_message(bytes_of(answer.wire)), "message");
    answer.envelope = message.envelope;
    answer.header = message.header;
    answer.body = protocol::text_of(message.body);
    answer.credential = protocol::text_of(message.credential);
    return answer;
}

std::vector<protocol::Value> values_of(const Answer& answer) {
    std::vector<protocol::Value> values;
    take_apart(answer).values.for_each(
        [&](const protocol::ValueView& value) { values.push_back(to_value(value)); });
    return values;
}

std::string handle_of(const Answer& answer) { return std::string{take_apart(answer).handle}; }

std::string sentence_of(const Answer& answer) {
    const std::size_t digest_size = answer.has_flag(protocol::op_flag::request_digest) ? 33 : 0;
    return std::string{require(
        protocol::decode_error_message(bytes_of(answer.body).subspan(digest_size)), "sentence")};
}

std::string to_json(const std::vector<protocol::Value>& values) {
    std::string text;
    protocol::JsonWriter writer{text, protocol::JsonWriter::Style::pretty};
    write_record(writer, {.handle = "0.NA/0", .values = values});
    return text;
}

std::vector<protocol::Value> parse_public_values(std::string_view json) {
    std::vector<protocol::Value> values;
    const auto record = boost::json::parse(json);
    for (const auto& each : record.at("values").as_array()) {
        const auto value = protocol::parse_value(each);
        if (!value) throw std::runtime_error{value.error().message()};
        if (value->permissions & protocol::permission::public_read) values.push_back(*value);
    }
    return values;
}

std::string parse_handle(std::string_view json) {
    return std::string{boost::json::parse(json).at("handle").as_string()};
}

std::vector<std::string> split(const std::string& message) {
    Envelope envelope = envelope_of(message);
    envelope.truncated = true;
    std::vector<std::string> parts;
    std::string_view rest = std::string_view{message}.substr(Envelope::wire_size);
    for (; !rest.empty(); ++envelope.sequence_number) {
        const std::string_view payload = rest.substr(0, datagram_payload_max);
        parts.push_back(with_envelope(envelope, payload));
        rest.remove_prefix(payload.size());
    }
    return parts;
}

std::vector<std::string> receive_parts(UdpSocket& socket) {
    std::vector<std::string> parts;
    std::size_t received = 0;
    std::size_t length = 1;
    while (received < length) {
        auto part = socket.receive();
        if (!part) throw std::runtime_error{"no answer over UDP"};
        length = envelope_of(*part).message_length;
        received += part->size() - Envelope::wire_size;
        parts.push_back(std::move(*part));
    }
    return parts;
}

std::string join(const std::vector<std::string>& parts) {
    Envelope envelope = envelope_of(parts.front());
    std::string content(envelope.message_length, '\0');
    for (const std::string& part : parts) {
        const std::size_t place = envelope_of(part).sequence_number * datagram_payload_max;
        if (place + part.size() - Envelope::wire_size > content.size())
            throw std::runtime_error{"a part that stands behind the end"};
        std::copy(part.begin() + Envelope::wire_size, part.end(),
                  content.begin() + static_cast<std::ptrdiff_t>(place));
    }
    envelope.truncated = false;
    envelope.sequence_number = 0;
    return with_envelope(envelope, content);
}

std::string receive_message(TcpStream& stream) {
    const std::string head = stream.receive(Envelope::wire_size);
    return head + stream.receive(envelope_of(head).message_length);
}

Answer ask(UdpSocket& socket, const Request& request) {
    const std::string message = encode(request);
    if (message.size() <= protocol::datagram_size_max)
        socket.send(message);
    else
        for (const std::string& part : split(message)) socket.send(part);
    return decode(join(receive_parts(socket)));
}

Answer ask(TcpStream& stream, const Request& request) {
    stream.send(encode(request));
    return decode(receive_message(stream));
}

Answer ask(HttpConnection& connection, const Request& request) {
    const HttpAnswer answer = connection.post("/", tunnel_type, encode(request));
    if (answer.status != 200 || answer.header("content-type") != tunnel_type)
        throw std::runtime_error{"the tunnel refused: " + answer.body};
    return decode(answer.body);
}

}  // namespace idnode::end_to_end
