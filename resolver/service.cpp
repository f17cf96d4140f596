#include "resolver/service.hpp"

#include <algorithm>

#include "resolver/resolution_answer.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::Header;
using protocol::Message;
using protocol::MutableBytes;
using protocol::OpCode;
using protocol::ResponseCode;
namespace op_flag = protocol::op_flag;

/// What another server says to a message that is none of its requests. Numbers beyond all codes
/// are broken requests rather than answers.
bool is_error(ResponseCode code) noexcept {
    constexpr std::uint32_t codes_end = 10'000;
    return code > ResponseCode::success && static_cast<std::uint32_t>(code) < codes_end;
}

/// Whether a request takes more than a look-up.
bool is_administrative(const Message& request, bool industrial_login) noexcept {
    if (request.envelope.session_id != 0) return true;
    switch (request.header.op_code) {
        case OpCode::create_handle:
        case OpCode::delete_handle:
        case OpCode::add_value:
        case OpCode::remove_value:
        case OpCode::modify_value:
        case OpCode::list_handles:
        case OpCode::list_derived_prefixes:
        case OpCode::challenge_response:
        case OpCode::verify_challenge:
        case OpCode::home_prefix:
        case OpCode::unhome_prefix:
        case OpCode::list_homed_prefixes:
        case OpCode::session_setup:
        case OpCode::session_terminate: return true;
        case OpCode::login_id_system: return industrial_login;
        default: return false;
    }
}

std::string_view sentence_for(const boost::system::error_code& error) noexcept {
    switch (static_cast<protocol::errc>(error.value())) {
        case protocol::errc::truncated: return "The message ends too early";
        case protocol::errc::bad_length: return "A length field does not fit the message";
        case protocol::errc::bad_count: return "A count field does not fit the message";
        case protocol::errc::too_long: return "The message is longer than 262144 octets";
        case protocol::errc::trailing_bytes:
        case protocol::errc::bad_utf8:
        case protocol::errc::bad_value:
        case protocol::errc::too_many: break;
    }
    return "The message is malformed";
}

}  // namespace

Message salvage(Bytes message) noexcept {
    Message salvaged;
    salvaged.envelope = protocol::decode_envelope(message.first<Envelope::wire_size>());
    const Bytes content = message.subspan(Envelope::wire_size);
    if (content.size() >= Header::wire_size && !salvaged.envelope.encrypted) {
        salvaged.header = protocol::decode_header(content.first<Header::wire_size>());
        salvaged.header_and_body = content.first<Header::wire_size>();
    } else if (content.size() >= sizeof(std::uint32_t) && !salvaged.envelope.encrypted) {
        salvaged.header.op_code =
            static_cast<OpCode>(protocol::load_big<std::uint32_t>(content.data()));
    }
    // Nobody signs for what could not be read.
    salvaged.header.op_flags &= ~(op_flag::certify | op_flag::request_digest);
    return salvaged;
}

std::string_view find_asked_handle(Bytes message) noexcept {
    constexpr std::size_t at_handle = Envelope::wire_size + Header::wire_size;
    if (message.size() < at_handle + sizeof(std::uint32_t)) return {};
    const auto op = protocol::load_big<std::uint32_t>(message.data() + Envelope::wire_size);
    if (static_cast<OpCode>(op) != OpCode::resolution) return {};
    protocol::WireReader body{message.subspan(at_handle)};
    return body.text();
}

Reply Service::answer(registry::Lookup& lookup, Bytes message, MutableBytes out) noexcept {
    const bool encrypted =
        message.size() >= Envelope::wire_size &&
        protocol::decode_envelope(message.first<Envelope::wire_size>()).encrypted;
    if (encrypted && context_.administers) return {.head = {}, .tail = {}, .deferred = true};
    if (encrypted)
        return refuse(message, ResponseCode::session_failed,
                      "There is no session to decrypt this message with", out);
    const auto request = protocol::decode_message(message);
    if (!request)
        return refuse(message, ResponseCode::protocol_error, sentence_for(request.error()), out);
    if (request->header.response_code != ResponseCode::reserved)
        return refuse(message, ResponseCode::protocol_error, "This is a response, not a request",
                      out);
    if (context_.administers && is_administrative(*request, context_.industrial_login))
        return {.head = {}, .tail = {}, .deferred = true};
    const bool certified = request->header.op_flags & op_flag::certify && context_.identity.key;
    if (certified && !take_signature()) {
        metrics_.count(Refusal::signature_limit);
        return refuse(message, ResponseCode::server_busy,
                      "Too many certified answers are asked for; try again in a second", out);
    }
    try {
        ReplyWriter reply{*request, out, context_.identity, clock_.now()};
        return answer_request(lookup, *request, reply);
    } catch (const std::exception&) {  // the store failed; the peer learns no more than that
        metrics_.store_faults.add();
        return refuse(message, ResponseCode::error, "The node cannot answer at the moment", out);
    }
}

Reply Service::refuse(Bytes start_of_message, ResponseCode code, std::string_view sentence,
                      MutableBytes out) noexcept {
    if (start_of_message.size() < Envelope::wire_size) {
        metrics_.count(Refusal::unanswerable_datagram);
        return {};
    }
    const Message request = salvage(start_of_message);
    if (is_error(request.header.response_code)) {
        metrics_.count(Refusal::unanswerable_datagram);
        return {};
    }
    if (code == ResponseCode::protocol_error) metrics_.count(Refusal::malformed_message);
    metrics_.count(code);
    ReplyWriter reply{request, out, context_.identity, clock_.now()};
    return reply.finish_error(code, sentence);
}

Reply Service::refuse_large(Bytes message, MutableBytes out) noexcept {
    metrics_.count(Refusal::amplification_limit);
    const Message request = salvage(message);
    ReplyWriter reply{request, out, context_.identity, clock_.now()};
    reply.set_truncated();
    return reply.finish_error(ResponseCode::error,
                              "The answer is too large for UDP: ask over TCP or HTTP");
}

/// Whether this second has a signature left.
bool Service::take_signature() noexcept {
    const std::uint32_t now = clock_.now();
    if (now != signature_second_) {
        signature_second_ = now;
        signatures_left_ = context_.signatures_per_second;
    }
    if (signatures_left_ == 0) return false;
    --signatures_left_;
    return true;
}

Reply Service::answer_request(registry::Lookup& lookup, const Message& request,
                              ReplyWriter& reply) {
    const auto finish_error = [&](ResponseCode code, std::string_view sentence) {
        metrics_.count(code);
        return reply.finish_error(code, sentence);
    };
    if (request.envelope.session_id != 0)
        return finish_error(ResponseCode::session_timeout,
                            "The session is unknown or has ended; set up a new one");
    switch (request.header.op_code) {
        case OpCode::resolution: return answer_resolution(lookup, request, reply);
        case OpCode::get_site_info:
            metrics_.count(ResponseCode::success);
            reply.body().raw(protocol::bytes_of(context_.site));
            return reply.finish(ResponseCode::success);
        case OpCode::reserved:
            metrics_.count(Refusal::malformed_message);
            return finish_error(ResponseCode::protocol_error, "Op code 0 is reserved");
        default:
            return finish_error(ResponseCode::operation_denied,
                                "This node does not offer that operation");
    }
}

Reply Service::answer_resolution(registry::Lookup& lookup, const Message& request,
                                 ReplyWriter& reply) {
    const auto body = protocol::decode_resolution_request(request.body);
    if (!body) {
        metrics_.count(Refusal::malformed_message);
        metrics_.count(ResponseCode::protocol_error);
        return reply.finish_error(ResponseCode::protocol_error, sentence_for(body.error()));
    }
    const Question question = question_of(*body, request.header.op_flags);
    const Resolution resolution = resolve(lookup, question);
    if (resolution.code == ResponseCode::access_denied && context_.administers)
        return {.head = {}, .tail = {}, .deferred = true};
    metrics_.count(resolution.code);
    tally_.count(resolution.prefix, is_answered(resolution));

    if (resolution.code != ResponseCode::success && !resolution.delegation)
        return reply.finish_error(resolution.code, resolution.message);
    if (resolution.whole_answer) {
        reply.body().text(body->handle);
        return reply.finish(ResponseCode::success, resolution.record->answer());
    }
    write_resolution(resolution, question, reply.body());
    return reply.finish(resolution.code);
}

}  // namespace idnode::resolver
