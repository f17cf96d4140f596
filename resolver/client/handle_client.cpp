#include "resolver/client/handle_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <random>

#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire.hpp"
#include "protocol/handle/wire_string.hpp"

namespace idnode::resolver {
namespace {

namespace asio = boost::asio;
using protocol::Bytes;
using protocol::Envelope;
using protocol::Header;
using protocol::ResponseCode;
namespace op_flag = protocol::op_flag;

/// Has an event loop of its own run until the answer is there.
std::vector<std::byte> wait_for(asio::awaitable<std::vector<std::byte>> answer) {
    asio::io_context context{1};
    auto result = asio::co_spawn(context, std::move(answer), asio::use_future);
    context.run();
    return result.get();
}

}  // namespace

std::uint32_t make_request_id() {
    std::random_device random;
    return random() & 0x7fffffff;  // clients of old take it for a signed number
}

std::vector<std::byte> encode_request(protocol::OpCode op_code, std::uint32_t op_flags,
                                      std::string_view body, std::uint32_t request_id) {
    const std::size_t head = Envelope::wire_size + Header::wire_size;
    std::vector<std::byte> message(head + body.size() + sizeof(std::uint32_t));
    Envelope envelope;
    envelope.request_id = request_id;
    envelope.message_length = static_cast<std::uint32_t>(message.size() - Envelope::wire_size);
    protocol::encode_envelope(std::span{message}.first<Envelope::wire_size>(), envelope);
    Header header;
    header.op_code = op_code;
    header.op_flags = op_flags;
    header.body_length = static_cast<std::uint32_t>(body.size());
    protocol::encode_header(std::span{message}.subspan<Envelope::wire_size, Header::wire_size>(),
                            header);
    protocol::WireWriter rest{std::span{message}.subspan(head)};
    rest.raw(protocol::bytes_of(body));
    rest.integer(std::uint32_t{0});  // no credential
    return message;
}

std::vector<std::byte> encode_query(const Query& query, std::uint32_t request_id) {
    protocol::WireString body;
    body.text(query.handle);
    body.integer(static_cast<std::uint32_t>(query.indexes.size()));
    for (const std::uint32_t index : query.indexes) body.integer(index);
    body.integer(static_cast<std::uint32_t>(query.types.size()));
    for (const std::string& type : query.types) body.text(type);
    return encode_request(protocol::OpCode::resolution,
                          op_flag::recursive | op_flag::cache_certify |
                              (query.public_only ? op_flag::public_only : 0) |
                              (query.certified ? op_flag::certify | op_flag::request_digest : 0),
                          body.take(), request_id);
}

Answer decode_answer(Bytes octets, std::uint32_t request_id) {
    const auto fail = [](const std::string& why) {
        throw std::runtime_error{"the answer is no Handle message: " + why};
    };
    // A split answer says so in its first envelope; it is whole here.
    const auto message = protocol::decode_message(octets);
    if (!message) fail(message.error().message());
    if (message->envelope.request_id != request_id) fail("it belongs to another request");
    const auto content = protocol::decode_answer_body(*message);
    if (!content) fail(content.error().message());
    Answer answer;
    answer.code = message->header.response_code;
    const auto take = [&](const protocol::ValueList& values) {
        values.for_each([&](const auto& value) { answer.values.push_back(to_value(value)); });
    };
    if (answer.code == ResponseCode::success) {
        const auto body = protocol::decode_resolution_response(content->rest);
        if (!body) fail(body.error().message());
        take(body->values);
    } else if (answer.code == ResponseCode::service_referral ||
               answer.code == ResponseCode::prefix_referral) {
        const auto body = protocol::decode_referral(content->rest);
        if (!body) fail(body.error().message());
        answer.referral = body->handle;
        take(body->values);
    } else if (const auto text = protocol::decode_error_message(content->rest)) {
        answer.message = *text;
    }
    return answer;
}

Answer ask(const Endpoint& server, Channel channel, const Query& query) {
    const std::uint32_t request_id = make_request_id();
    const auto octets =
        wait_for(exchange(server, channel, encode_query(query, request_id), patience_default));
    return decode_answer(octets, request_id);
}

}  // namespace idnode::resolver
