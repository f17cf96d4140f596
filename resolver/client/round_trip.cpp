#include "resolver/client/round_trip.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "protocol/handle/message.hpp"

namespace idnode::resolver {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using protocol::Bytes;
using protocol::datagram_payload_max;
using protocol::Envelope;
using std::chrono::milliseconds;
using Octets = std::vector<std::byte>;

constexpr std::size_t datagram_room = 65'536;

[[noreturn]] void throw_no_answer(const Endpoint& server, const std::string& why) {
    throw std::runtime_error{"no answer from " + format_endpoint(server) + ": " + why};
}

std::uint32_t request_id_of(Bytes message) {
    return protocol::decode_envelope(message.first<Envelope::wire_size>()).request_id;
}

/// A message in datagrams of at most 512 octets.
std::vector<Octets> split(Bytes message) {
    if (message.size() <= protocol::datagram_size_max) return {{message.begin(), message.end()}};
    std::vector<Octets> parts;
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
    Octets take() { return std::move(message_); }

private:
    std::uint32_t request_id_;
    Octets message_;
    std::vector<bool> received_;
    std::size_t missing_ = 0;
};

/// Receives until the answer is whole; or says why it never will be.
asio::awaitable<boost::system::error_code> receive(asio::ip::udp::socket& socket,
                                                   AnswerParts& parts) {
    const auto datagram = std::make_unique_for_overwrite<std::byte[]>(datagram_room);
    for (;;) {
        boost::system::error_code failed;
        const std::size_t size =
            co_await socket.async_receive(asio::buffer(datagram.get(), datagram_room),
                                          asio::redirect_error(use_awaitable, failed));
        if (failed || parts.add(Bytes{datagram.get(), size})) co_return failed;
    }
}

asio::awaitable<Octets> exchange_udp(Endpoint server, Octets request, Patience patience) {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = co_await asio::this_coro::executor;
    asio::ip::udp::socket socket{executor};
    const asio::ip::udp::endpoint address{server.address, server.port};
    socket.open(address.protocol());
    socket.connect(address);
    AnswerParts parts{request_id_of(request)};
    asio::steady_timer timer{executor};
    for (const milliseconds wait : patience.udp) {
        if (wait == milliseconds::zero()) break;
        boost::system::error_code failed;
        for (const auto& part : split(request)) socket.send(asio::buffer(part), 0, failed);
        if (failed) throw_no_answer(server, failed.message());
        timer.expires_after(wait);
        const auto first = co_await (receive(socket, parts) || timer.async_wait(use_awaitable));
        if (first.index() != 0) continue;
        if (std::get<0>(first)) throw_no_answer(server, std::get<0>(first).message());
        co_return parts.take();
    }
    throw_no_answer(server, "asked several times over UDP");
}

asio::awaitable<Octets> exchange_tcp(Endpoint server, Octets request, Patience patience) {
    beast::tcp_stream stream{co_await asio::this_coro::executor};
    stream.expires_after(patience.stream);
    Octets message(Envelope::wire_size);
    co_await stream.async_connect(asio::ip::tcp::endpoint{server.address, server.port},
                                  use_awaitable);
    co_await asio::async_write(stream, asio::buffer(request), use_awaitable);
    co_await asio::async_read(stream, asio::buffer(message), use_awaitable);
    const auto length =
        protocol::decode_envelope(std::span{message}.first<Envelope::wire_size>()).message_length;
    if (length > protocol::message_length_max) throw_no_answer(server, "the answer is too long");
    message.resize(Envelope::wire_size + length);
    co_await asio::async_read(stream, asio::buffer(message) + Envelope::wire_size, use_awaitable);
    co_return message;
}

asio::awaitable<Octets> exchange_http(Endpoint server, Octets request, Patience patience) {
    namespace http = beast::http;
    beast::tcp_stream stream{co_await asio::this_coro::executor};
    stream.expires_after(patience.stream);
    http::request<http::string_body> post{http::verb::post, "/", 11};
    post.set(http::field::host, format_endpoint(server));
    post.set(http::field::content_type, "application/x-hdl-message");
    post.set(http::field::accept, "application/x-hdl-message");
    post.body() = protocol::text_of(request);
    post.prepare_payload();
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await stream.async_connect(asio::ip::tcp::endpoint{server.address, server.port},
                                  use_awaitable);
    co_await http::async_write(stream, post, use_awaitable);
    co_await http::async_read(stream, buffer, response, use_awaitable);
    if (response.result() != http::status::ok)
        throw_no_answer(server, "HTTP status " + std::to_string(response.result_int()));
    const Bytes body = protocol::bytes_of(response.body());
    if (body.size() < Envelope::wire_size) throw_no_answer(server, "the answer is too short");
    co_return Octets(body.begin(), body.end());
}

/// The streams say what failed, but not who.
asio::awaitable<Octets> exchange_stream(Endpoint server, Channel channel, Octets request,
                                        Patience patience) {
    const std::uint32_t request_id = request_id_of(request);
    Octets answer;
    try {
        // gcc 12 takes the wrong side of a conditional expression with co_await in it.
        if (channel == Channel::http)
            answer = co_await exchange_http(server, std::move(request), patience);
        else
            answer = co_await exchange_tcp(server, std::move(request), patience);
    } catch (const boost::system::system_error& failed) {
        throw_no_answer(server, failed.code().message());
    }
    if (request_id_of(answer) != request_id) throw_no_answer(server, "it answers another request");
    co_return answer;
}

/// What a server says that has more to say than UDP may carry.
bool is_error(const Octets& answer) noexcept {
    const auto message = protocol::decode_message(answer);
    return message && message->header.response_code == protocol::ResponseCode::error;
}

}  // namespace

Patience patience_within(milliseconds total, Channel channel) noexcept {
    constexpr milliseconds none{0};
    switch (channel) {
        case Channel::automatic: return {{total / 8, total / 4, none}, total * 5 / 8};
        case Channel::udp: return {{total / 4, total * 3 / 4, none}, none};
        case Channel::tcp:
        case Channel::http: break;
    }
    return {{none, none, none}, total};
}

asio::awaitable<Octets> exchange(Endpoint server, Channel channel, Octets request,
                                 Patience patience) {
    if (channel == Channel::automatic || channel == Channel::udp) {
        try {
            Octets answer = co_await exchange_udp(server, request, patience);
            if (channel == Channel::udp || !is_error(answer)) co_return answer;
        } catch (const std::runtime_error&) {
            if (channel == Channel::udp) throw;
        }
    }
    co_return co_await exchange_stream(server, channel, std::move(request), patience);
}

}  // namespace idnode::resolver
