#pragma once

#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/authentication.hpp"
#include "protocol/handle/credential.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/session.hpp"
#include "tests/support/encoded.hpp"

namespace idnode::test {

/// The octets of what was decoded; none when it could not be.
template <class Decoded, class Encode>
std::string octets_of(const Decoded& decoded, Encode&& encode) {
    EXPECT_TRUE(decoded) << decoded.error().message();
    if (!decoded) return {};
    return encoded([&](protocol::WireWriter& writer) { encode(writer, *decoded); });
}

/// The body of a request, decoded and encoded again by what its op code says.
inline std::string reencoded_request_body(const protocol::Message& request) {
    using namespace protocol;
    const Bytes body = request.body;
    switch (request.header.op_code) {
        case OpCode::resolution:
            return octets_of(decode_resolution_request(body), encode_resolution_request);
        case OpCode::create_handle:
        case OpCode::add_value:
        case OpCode::modify_value:
            return octets_of(decode_values_request(body), encode_values_request);
        case OpCode::remove_value:
            return octets_of(decode_remove_values_request(body), encode_remove_values_request);
        case OpCode::challenge_response:
            return octets_of(decode_challenge_answer(body), encode_challenge_answer);
        case OpCode::session_setup:
            return octets_of(decode_session_setup_request(body), encode_session_setup_request);
        default: return octets_of(decode_handle_request(body), encode_handle_request);
    }
}

/// The body of an answer, behind the digest of its request, decoded and encoded again.
inline std::string reencoded_answer_rest(const protocol::Header& header, protocol::Bytes rest) {
    using namespace protocol;
    if (header.response_code != ResponseCode::success)
        return octets_of(decode_error_message(rest),
                         [](WireWriter& writer, std::string_view text) { writer.text(text); });
    switch (header.op_code) {
        case OpCode::resolution:
            return octets_of(decode_resolution_response(rest),
                             [](WireWriter& writer, const ResolutionResponse& response) {
                                 writer.text(response.handle);
                                 writer.raw(response.values.wire());
                             });
        case OpCode::create_handle:
            return octets_of(decode_create_response(rest), [](WireWriter& writer, auto handle) {
                encode_create_response(writer, *handle);
            });
        case OpCode::list_handles:
        case OpCode::list_homed_prefixes:
            return octets_of(
                HandleList::decode(rest),
                [](WireWriter& writer, const HandleList& list) { list.encode(writer); });
        case OpCode::session_setup:
            return octets_of(decode_session_setup_response(rest), encode_session_setup_response);
        default: return {};
    }
}

inline std::string reencoded_answer_body(const protocol::Message& answer) {
    using namespace protocol;
    if (answer.header.response_code == ResponseCode::authentication_needed)
        return octets_of(decode_challenge(answer.body), encode_challenge);
    const auto body = decode_answer_body(answer);
    EXPECT_TRUE(body);
    std::string octets;
    if (body->request_digest)
        octets = encoded(
            [&](WireWriter& writer) { encode_request_digest(writer, *body->request_digest); });
    return octets + reencoded_answer_rest(answer.header, body->rest);
}

/// A whole clear message, decoded in all its parts and encoded again.
inline std::string reencoded(const protocol::Message& message) {
    using namespace protocol;
    const bool request = message.header.response_code == ResponseCode::reserved;
    return encoded([&](WireWriter& writer) {
        encode_envelope(writer.reserve(Envelope::wire_size).first<Envelope::wire_size>(),
                        message.envelope);
        encode_header(writer.reserve(Header::wire_size).first<Header::wire_size>(), message.header);
        writer.raw(
            bytes_of(request ? reencoded_request_body(message) : reencoded_answer_body(message)));
        if (message.credential.empty())
            writer.integer(std::uint32_t{0});
        else
            writer.raw(
                bytes_of(octets_of(decode_credential(message.credential), encode_credential)));
    });
}

}  // namespace idnode::test
