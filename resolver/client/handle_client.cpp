#include "resolver/client/handle_client.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstring>
#include <random>

#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::resolver {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using protocol::Bytes;
using protocol::datagram_payload_max;
using protocol::Envelope;
using protocol::Header;
using protocol::ResponseCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::array udp_waits{milliseconds{500}, milliseconds{1000}, milliseconds{1500}};
constexpr std::chrono::seconds stream_wait{5};

[[noreturn]] void throw_no_answer(const Endpoint& server, const std::string& why) {
    throw std::runtime_error{"no answer from " + format_endpoint(server) + ": " + why};
}

/// A message in datagrams of at most 512 octets.
std::vector<std::vector<std::byte>> split(Bytes message) {
    if (message.size() <= protocol::datagram_size_max) return {{message.begin(), message.end()}};
    std::vector<std::vector<std::byte>> parts;
    Envelope envelope = protocol::decode_envelope(message.first<Envelope::wire_size>());
    envelope.truncated = true;
    Bytes rest = message.subspan(Envelope::wire_size);
    while (!rest.empty()) {
        const Bytes payload = rest.first(std::min(rest.size(), datagram_payload_max));
        auto& part = parts.emplace_back(Envelope::wire_size);
        protocol::encode_envelope(std::span{part}.first<Envelope::wire_size>(), envelope);
        part.insert(part.end(), payload.begin(), payload.end());
        ++envelope.sequence_number;
        rest = rest.subspan(payload.size());
    }
    return parts;
}

/// Puts the datagrams of one answer together.
class AnswerParts {
public:
    explicit AnswerParts(std::uint32_t request_id) : request_id_{request_id} {}

    /// Whether the answer is whole now.
    bool add(Bytes datagram) {
        if (datagram.size() < Envelope::wire_size) return false;
        const Envelope envelope = protocol::decode_envelope(datagram.first<Envelope::wire_size>());
        const Bytes payload = datagram.subspan(Envelope::wire_size);
        const std::size_t place = std::size_t{envelope.sequence_number} * datagram_payload_max;
        if (envelope.request_id != request_id_ ||
            envelope.message_length > protocol::message_length_max ||
            place + payload.size() > envelope.message_length)
            return false;
        if (message_.size() != Envelope::wire_size + envelope.message_length) {
            message_.assign(Envelope::wire_size + envelope.message_length, std::byte{});
            received_.assign(envelope.message_length / datagram_payload_max + 1, false);
            missing_ = envelope.message_length;
        }
        if (envelope.sequence_number == 0)
            std::copy_n(datagram.begin(), Envelope::wire_size, message_.begin());
        if (received_[envelope.sequence_number]) return false;
        received_[envelope.sequence_number] = true;
        std::copy(payload.begin(), payload.end(),
                  message_.begin() + static_cast<std::ptrdiff_t>(Envelope::wire_size + place));
        missing_ -= payload.size();
        return missing_ == 0;
    }
    Bytes message() const { return message_; }

private:
    std::uint32_t request_id_;
    std::vector<std::byte> message_;
    std::vector<bool> received_;
    std::size_t missing_ = 0;
};

/// Waits until the socket is readable; false when the time is up.
bool wait_readable(int socket, steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, static_cast<int>(left)) > 0;
}

Answer ask_udp(const Endpoint& server, Bytes request, std::uint32_t request_id) {
    asio::io_context context;
    asio::ip::udp::socket socket{context};
    const asio::ip::udp::endpoint address{server.address, server.port};
    socket.open(address.protocol());
    socket.connect(address);
    std::array<std::byte, 65'536> datagram;
    AnswerParts parts{request_id};
    for (const milliseconds wait : udp_waits) {
        boost::system::error_code failed;
        for (const auto& part : split(request)) socket.send(asio::buffer(part), 0, failed);
        const auto deadline = steady_clock::now() + wait;
        while (!failed && wait_readable(socket.native_handle(), deadline)) {
            const std::size_t size = socket.receive(asio::buffer(datagram), 0, failed);
            if (!failed && parts.add(Bytes{datagram}.first(size)))
                return decode_answer(parts.message(), request_id);
        }
        if (failed) throw_no_answer(server, failed.message());
    }
    throw_no_answer(server, "asked three times over UDP");
}

Answer ask_tcp(const Endpoint& server, Bytes request, std::uint32_t request_id) {
    asio::io_context context;
    beast::tcp_stream stream{context};
    stream.expires_after(stream_wait);
    std::vector<std::byte> message(Envelope::wire_size);
    boost::system::error_code failed;
    const auto run = [&] {
        context.restart();
        context.run();
        if (failed) throw_no_answer(server, failed.message());
    };
    const auto done = [&](const boost::system::error_code& code, auto&&...) { failed = code; };
    stream.async_connect({server.address, server.port}, done);
    run();
    asio::async_write(stream, asio::buffer(request.data(), request.size()), done);
    run();
    asio::async_read(stream, asio::buffer(message), done);
    run();
    const auto length =
        protocol::decode_envelope(std::span{message}.first<Envelope::wire_size>()).message_length;
    if (length > protocol::message_length_max) throw_no_answer(server, "the answer is too long");
    message.resize(Envelope::wire_size + length);
    asio::async_read(stream, asio::buffer(message) + Envelope::wire_size, done);
    run();
    return decode_answer(message, request_id);
}

Answer ask_http(const Endpoint& server, Bytes request, std::uint32_t request_id) {
    namespace http = beast::http;
    asio::io_context context;
    beast::tcp_stream stream{context};
    stream.expires_after(stream_wait);
    boost::system::error_code failed;
    const auto run = [&] {
        context.restart();
        context.run();
        if (failed) throw_no_answer(server, failed.message());
    };
    const auto done = [&](const boost::system::error_code& code, auto&&...) { failed = code; };
    http::request<http::string_body> post{http::verb::post, "/", 11};
    post.set(http::field::host, format_endpoint(server));
    post.set(http::field::content_type, "application/x-hdl-message");
    post.set(http::field::accept, "application/x-hdl-message");
    post.body() = protocol::text_of(request);
    post.prepare_payload();
    http::response<http::string_body> response;
    beast::flat_buffer buffer;
    stream.async_connect({server.address, server.port}, done);
    run();
    http::async_write(stream, post, done);
    run();
    http::async_read(stream, buffer, response, done);
    run();
    if (response.result() != http::status::ok)
        throw_no_answer(server, "HTTP status " + std::to_string(response.result_int()));
    return decode_answer(protocol::bytes_of(response.body()), request_id);
}

std::uint32_t make_request_id() {
    std::random_device random;
    return random() & 0x7fffffff;  // clients of old take it for a signed number
}

}  // namespace

std::vector<std::byte> encode_query(const Query& query, std::uint32_t request_id) {
    std::size_t size = Envelope::wire_size + Header::wire_size + 4 + query.handle.size() + 4 +
                       query.indexes.size() * 4 + 4 + 4;
    for (const std::string& type : query.types) size += 4 + type.size();
    std::vector<std::byte> message(size);
    const std::size_t head = Envelope::wire_size + Header::wire_size;
    protocol::WireWriter body{std::span{message}.subspan(head)};
    body.text(query.handle);
    body.integer(static_cast<std::uint32_t>(query.indexes.size()));
    for (const std::uint32_t index : query.indexes) body.integer(index);
    body.integer(static_cast<std::uint32_t>(query.types.size()));
    for (const std::string& type : query.types) body.text(type);
    const std::size_t body_size = body.size();
    body.integer(std::uint32_t{0});  // no credential

    Envelope envelope;
    envelope.request_id = request_id;
    envelope.message_length = static_cast<std::uint32_t>(size - Envelope::wire_size);
    protocol::encode_envelope(std::span{message}.first<Envelope::wire_size>(), envelope);
    Header header;
    header.op_code = protocol::OpCode::resolution;
    header.op_flags = protocol::op_flag::recursive | protocol::op_flag::cache_certify |
                      (query.public_only ? protocol::op_flag::public_only : 0);
    header.body_length = static_cast<std::uint32_t>(body_size);
    protocol::encode_header(std::span{message}.subspan<Envelope::wire_size, Header::wire_size>(),
                            header);
    return message;
}

Answer decode_answer(Bytes octets, std::uint32_t request_id) {
    const auto fail = [](const std::string& why) {
        throw std::runtime_error{"the answer is no Handle message: " + why};
    };
    // A split answer says so in its first envelope; it is whole here.
    const auto message = protocol::decode_message(octets);
    if (!message) fail(message.error().message());
    if (message->envelope.request_id != request_id) fail("it belongs to another request");
    Answer answer;
    answer.code = message->header.response_code;
    const auto take = [&](const protocol::ValueList& values) {
        values.for_each([&](const auto& value) { answer.values.push_back(to_value(value)); });
    };
    if (answer.code == ResponseCode::success) {
        const auto body = protocol::decode_resolution_response(message->body);
        if (!body) fail(body.error().message());
        take(body->values);
    } else if (answer.code == ResponseCode::service_referral ||
               answer.code == ResponseCode::prefix_referral) {
        const auto body = protocol::decode_referral(message->body);
        if (!body) fail(body.error().message());
        answer.referral = body->handle;
        take(body->values);
    } else if (const auto text = protocol::decode_error_message(message->body)) {
        answer.message = *text;
    }
    return answer;
}

Answer ask(const Endpoint& server, Channel channel, const Query& query) {
    const std::uint32_t request_id = make_request_id();
    const auto request = encode_query(query, request_id);
    switch (channel) {
        case Channel::udp: return ask_udp(server, request, request_id);
        case Channel::tcp: return ask_tcp(server, request, request_id);
        case Channel::http: return ask_http(server, request, request_id);
        case Channel::automatic: break;
    }
    try {
        return ask_udp(server, request, request_id);
    } catch (const std::runtime_error&) {
        return ask_tcp(server, request, request_id);
    }
}

}  // namespace idnode::resolver
