#include "resolver/service.hpp"
#include "tests/fuzz/node.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_service(Bytes input) {
    static std::vector<std::byte> room(resolver::reply_size_max);
    auto& node_under_test = node();
    const resolver::Reply reply =
        node_under_test.service().answer(node_under_test.lookup(), input, room);
    if (reply.size() == 0) return;
    require(reply.size() <= resolver::reply_size_max, "an answer is no longer than a message");
    require(input.size() >= protocol::Envelope::wire_size, "only envelopes are answered");
    const std::string answer = std::string{text_of(reply.head)}.append(text_of(reply.tail));
    const auto message = protocol::decode_message(bytes_of(answer));
    require(message.has_value(), "an answer is a message");
    const auto asked = protocol::decode_envelope(input.first<protocol::Envelope::wire_size>());
    require(message->envelope.request_id == asked.request_id, "an answer has its request's id");
    require(message->header.response_code != protocol::ResponseCode::reserved,
            "an answer has a response code");
    const bool is_error = message->header.response_code == protocol::ResponseCode::protocol_error;
    const resolver::Reply second =
        node_under_test.service().answer(node_under_test.lookup(), bytes_of(answer), room);
    require(!is_error || second.size() == 0, "no answer is given to an error");
}

}  // namespace idnode::fuzz
