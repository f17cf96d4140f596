#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/client/round_trip.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::resolver {

/// A resolution to ask a server for.
struct Query {
    std::string handle;
    std::vector<std::uint32_t> indexes;
    std::vector<std::string> types;
    bool public_only = true;
    bool certified = false;  ///< asks for an answer that is signed and names its request
};

/// What a server answered.
struct Answer {
    protocol::ResponseCode code = protocol::ResponseCode::error;
    std::string message;   ///< with an error
    std::string referral;  ///< with a referral: the handle that says where to ask
    std::vector<protocol::Value> values;
};

/// An id that nobody can foresee.
std::uint32_t make_request_id();

/// A request as one message, envelope included, without credential.
std::vector<std::byte> encode_request(protocol::OpCode op_code, std::uint32_t op_flags,
                                      std::string_view body, std::uint32_t request_id);

/// The request as one message, envelope included.
std::vector<std::byte> encode_query(const Query& query, std::uint32_t request_id);

/// Reads an answer to `encode_query`. Throws std::runtime_error when it is none.
Answer decode_answer(protocol::Bytes message, std::uint32_t request_id);

/// Asks one server and waits: over UDP three times within three seconds, over a stream five
/// seconds. Throws std::runtime_error with one line when no answer comes.
Answer ask(const Endpoint& server, Channel channel, const Query& query);

}  // namespace idnode::resolver
