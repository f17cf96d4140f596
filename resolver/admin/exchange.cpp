#include "resolver/admin/exchange.hpp"

#include <memory>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/credential.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::Header;
using protocol::ResponseCode;
using protocol::WireWriter;
namespace op_flag = protocol::op_flag;

/// From this version on values that not everybody may read never leave in the clear.
constexpr protocol::Version hiding_version_min{2, 8};

std::span<std::byte> writable(std::string& text) noexcept {
    return std::as_writable_bytes(std::span{text});
}

}  // namespace

Envelope Exchange::envelope() const noexcept {
    return protocol::decode_envelope(octets().first<Envelope::wire_size>());
}

protocol::Result<void> Exchange::read() {
    const auto message = protocol::decode_message(octets());
    if (!message) return message.error();
    request_ = *message;
    read_ = true;
    return {};
}

void Exchange::replace(std::string clear) {
    octets_ = std::move(clear);
    encrypted_ = true;
}

void Exchange::resume(std::string challenged, bool in_session) {
    const Envelope answered = request_.envelope;
    octets_ = std::move(challenged);
    request_ = *protocol::decode_message(octets());  // it was read before it was challenged
    request_.envelope.request_id = answered.request_id;
    request_.envelope.session_id = in_session ? answered.session_id : 0;
}

/// In a session a MAC does it.
bool Exchange::is_certified() const noexcept {
    return signed_by_server ||
           (!session && request_.header.op_flags & op_flag::certify && context_->identity.key);
}

bool Exchange::reserve_signature() {
    if (is_certified() && !may_sign_)
        may_sign_ = gate_.take_signatures(context_->signatures_per_second, 1);
    return may_sign_ || !is_certified();
}

std::string Exchange::compose(const Write& write) {
    const auto room = std::make_unique_for_overwrite<std::byte[]>(reply_size_max);
    const bool in_session = session && !signed_by_server;
    protocol::Message request = request_;
    const bool too_many = !reserve_signature();
    if (too_many) counts().count(Limit::signatures);
    request.header.op_flags &= ~op_flag::certify;
    if (signed_by_server || (is_certified() && !too_many))
        request.header.op_flags |= op_flag::certify;
    ReplyWriter writer{request, {room.get(), reply_size_max}, context_->identity, now_};
    const Reply reply = write(writer);
    std::string answer{protocol::text_of(reply.head)};
    answer.append(protocol::text_of(reply.tail));
    if (!in_session) return answer;
    return protect(std::move(answer), request_.header.op_flags & op_flag::certify);
}

/// Gives an answer the MAC of its session, where one was asked for, and encrypts it as the request
/// was, or as its values demand.
std::string Exchange::protect(std::string answer, bool certify) {
    protocol::Message message = *protocol::decode_message(protocol::bytes_of(answer));
    const std::uint32_t id = message.envelope.session_id;
    if (const auto counter = certify ? sessions_.next_counter(id) : std::nullopt) {
        message.header.op_flags |= op_flag::certify;
        const auto header = writable(answer).subspan<Envelope::wire_size, Header::wire_size>();
        protocol::encode_header(header, message.header);
        const auto mac =
            auth::compute_mac(session->key, message.envelope, *counter, message.header_and_body);
        const auto credential = auth::make_mac_credential(mac, *counter);
        const std::size_t end = Envelope::wire_size + message.header_and_body.size();
        answer.resize(end + wire_size(credential));
        WireWriter writer{writable(answer).subspan(end)};
        encode_credential(writer, credential);
        message.envelope.message_length =
            static_cast<std::uint32_t>(answer.size() - Envelope::wire_size);
        protocol::encode_envelope(writable(answer).first<Envelope::wire_size>(), message.envelope);
    }
    const bool hides = shows_restricted && message.envelope.version >= hiding_version_min;
    if (!encrypted_ && !hides) return answer;
    return auth::encrypt_message(session->key, protocol::bytes_of(answer));
}

void Exchange::end(ResponseCode code, Answers answers) {
    counts().count(code);
    const Done done = std::exchange(done_, {});
    done(std::move(answers));
}

void Exchange::finish(ResponseCode code, const std::function<void(WireWriter&)>& write_body) {
    end(code, {compose([&](ReplyWriter& writer) {
            if (new_session_id != 0) writer.set_session(new_session_id);
            if (write_body) write_body(writer.body());
            return writer.finish(code);
        })});
}

void Exchange::fail(ResponseCode code, std::string_view sentence) {
    end(code, {compose([&](ReplyWriter& writer) { return writer.finish_error(code, sentence); })});
}

void Exchange::challenge(const auth::OpenChallenge& challenge) {
    end(ResponseCode::authentication_needed, {compose([&](ReplyWriter& writer) {
            writer.set_session(challenge.id);
            return writer.finish_challenge(challenge.body());
        })});
}

void Exchange::finish_list(const std::vector<std::string>& handles) {
    const std::size_t parts = std::max<std::size_t>(
        1, (handles.size() + protocol::listed_handles_max - 1) / protocol::listed_handles_max);
    const std::uint32_t per_second = context_->signatures_per_second;
    // One is reserved. Of more than a second has, all of that second have to be free.
    if (is_certified() &&
        !gate_.take_signatures(per_second, std::min<std::size_t>(parts, per_second) - 1)) {
        counts().count(Limit::signatures);
        return fail(ResponseCode::server_busy, too_many_certified);
    }
    Answers answers;
    const std::span all{handles};
    std::size_t begin = 0;
    do {
        const auto part = all.subspan(
            begin, std::min<std::size_t>(protocol::listed_handles_max, all.size() - begin));
        begin += part.size();
        answers.push_back(compose([&](ReplyWriter& writer) {
            if (begin < all.size()) writer.set_continuous();
            protocol::encode_handle_list(writer.body(), part);
            return writer.finish(ResponseCode::success);
        }));
    } while (begin < all.size());
    end(ResponseCode::success, std::move(answers));
}

void Exchange::fail_unread(ResponseCode code, std::string_view sentence) {
    request_ = salvage(encrypted_ ? octets().first(Envelope::wire_size) : octets());
    session.reset();
    fail(code, sentence);
}

void Exchange::fail_unproven(ResponseCode code, std::string_view sentence) {
    if (encrypted_) return fail_not_of_session();
    read_ ? fail(code, sentence) : fail_unread(code, sentence);
}

void Exchange::fail_not_of_session() {
    constexpr std::string_view sentence = "The message does not belong to the session";
    const bool in_clear = read_ && !encrypted_;
    in_clear ? fail(ResponseCode::session_failed, sentence)
             : fail_unread(ResponseCode::session_failed, sentence);
}

void Exchange::abandon() noexcept {
    const Done done = std::exchange(done_, {});
    try {
        if (done) done({});
    } catch (const std::exception&) {  // no memory even for that: the peer will ask again
    }
}

}  // namespace idnode::resolver::admin
