#include "tests/end_to_end/administrator.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/authentication.hpp"
#include "protocol/handle/credential.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/session.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/auth/answer.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/support/encoded.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::Envelope;
using protocol::Message;
using protocol::WireWriter;
using protocol::written;
namespace auth = resolver::auth;

constexpr std::uint32_t challenge_response = 200;
constexpr std::uint32_t session_setup = 400;
constexpr std::size_t message_size_max = Envelope::wire_size + protocol::message_length_max;

std::uint32_t next_request_id() {
    static std::atomic<std::uint32_t> id{1000};
    return ++id;
}

}  // namespace

std::string prefix_record(const Credentials& key) {
    const std::string& handle = key.identity.handle;
    return R"({"handle":")" + handle +
           R"(","values":[{"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)" +
           R"({"handle":")" + handle + R"(","index":300,"permissions":"111111111111"}}},)" +
           R"({"index":300,"type":"HS_SECKEY","permissions":"1100","data":")" + key.secret +
           "\"}]}\n";
}

protocol::Value admin_value(std::uint32_t index, const protocol::Reference& identity) {
    return {.index = index,
            .type = "HS_ADMIN",
            .data = protocol::encode_admin({0x0fff, identity}),
            .references = {}};
}

std::string values_body(std::string_view handle, const std::vector<protocol::Value>& values) {
    return written([&](WireWriter& writer) {
        writer.text(handle);
        writer.integer(static_cast<std::uint32_t>(values.size()));
        for (const auto& value : values) protocol::encode_value(writer, value);
    });
}

std::string remove_body(std::string_view handle, const std::vector<std::uint32_t>& indexes) {
    return written([&](WireWriter& writer) {
        writer.text(handle);
        writer.integer(static_cast<std::uint32_t>(indexes.size()));
        for (const std::uint32_t index : indexes) writer.integer(index);
    });
}

std::string handle_body(std::string_view handle) {
    return written([&](WireWriter& writer) { writer.text(handle); });
}

std::string encode_operation(std::uint32_t op_code, std::string_view body, std::uint32_t flags,
                             std::uint32_t request_id, std::uint32_t session_id) {
    return encode(
        {.flags = flags, .op_code = op_code, .request_id = request_id, .session_id = session_id},
        body);
}

std::string answer_to_challenge(const std::string& request, const Answer& challenged,
                                const Credentials& credentials, std::uint32_t request_id) {
    const Message asked = *protocol::decode_message(bytes_of(request));
    const auto challenge = protocol::decode_challenge(bytes_of(challenged.body));
    if (!challenge) throw std::runtime_error{"not a challenge"};
    const auto body =
        auth::answer_challenge(*challenge, asked.header_and_body, challenged.envelope.version,
                               credentials.identity, bytes_of(credentials.secret));
    return encode_operation(challenge_response, body.value(), asked.header.op_flags, request_id,
                            challenged.envelope.session_id);
}

Say over(UdpSocket& socket) {
    return [&socket](const std::string& message) {
        for (const std::string& part : split(message)) socket.send(part);
        return decode(join(receive_parts(socket)));
    };
}

Say over(TcpStream& stream) {
    return [&stream](const std::string& message) {
        stream.send(message);
        return decode(receive_message(stream));
    };
}

Say over(HttpConnection& tunnel) {
    return [&tunnel](const std::string& message) {
        return decode(tunnel.post("/", tunnel_type, message).body);
    };
}

Answer operate(const Say& say, std::uint32_t op_code, std::string_view body,
               const std::optional<Credentials>& credentials, std::uint32_t flags) {
    const std::string request = encode_operation(op_code, body, flags, next_request_id());
    Answer answer = say(request);
    if (answer.code() != 402 || !credentials) return answer;
    return say(answer_to_challenge(request, answer, *credentials, next_request_id()));
}

Session::Session(const Say& say, const protocol::Reference& identity) {
    const auto pair = auth::DhKeyPair::make(auth::DhGroup::modp_2048);
    const std::string exchange_key = protocol::encode_public_key(pair.public_key());
    const std::string body = written([&](WireWriter& writer) {
        protocol::SessionSetupRequest setup;
        setup.timeout_seconds = 600;
        setup.identity_handle = identity.handle;
        setup.identity_index = identity.index;
        setup.exchange_key = bytes_of(exchange_key);
        protocol::encode_session_setup_request(writer, setup);
    });
    const Answer answer = say(encode_operation(
        session_setup, body, usual_flags | protocol::op_flag::request_digest, next_request_id()));
    if (answer.code() != 1)
        throw std::runtime_error{"no session: " + std::to_string(answer.code())};
    const auto message = protocol::decode_message(bytes_of(answer.wire));
    const auto taken = protocol::decode_answer_body(*message);
    const auto response = protocol::decode_session_setup_response(taken->rest);
    key_ = auth::finish_agreement(pair, response->data).value();
    id_ = answer.envelope.session_id;
}

std::string Session::guard(const std::string& message, bool encrypt) {
    std::string guarded = message;
    patch(guarded, 4, id_);
    const Message clear = *protocol::decode_message(bytes_of(guarded));
    const auto mac = auth::compute_mac(key_, clear.envelope, ++counter_, clear.header_and_body);
    const auto credential = auth::make_mac_credential(mac, counter_);
    guarded.resize(Envelope::wire_size + clear.header_and_body.size());
    guarded +=
        written([&](WireWriter& writer) { protocol::encode_credential(writer, credential); });
    patch(guarded, message_length_at,
          static_cast<std::uint32_t>(guarded.size() - Envelope::wire_size));
    return encrypt ? auth::encrypt_message(key_, bytes_of(guarded)) : guarded;
}

Answer Session::open(const std::string& wire) const {
    const auto envelope = protocol::decode_envelope(bytes_of(wire).first<Envelope::wire_size>());
    if (!envelope.encrypted) return decode(wire);
    std::vector<std::byte> room(wire.size());
    const auto clear = auth::decrypt_message(key_, bytes_of(wire), room);
    return decode(std::string{protocol::text_of(clear.value())});
}

}  // namespace idnode::end_to_end
