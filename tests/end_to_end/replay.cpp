#include "tests/end_to_end/replay.hpp"

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/session.hpp"
#include "resolver/auth/secret_key.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/resolver/auth/captured_sessions.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::Envelope;
using protocol::Message;
using protocol::OpCode;
using protocol::ResponseCode;
namespace auth = resolver::auth;

constexpr std::size_t session_id_at = 4;
constexpr std::string_view wrong_secret = "not the secret of anybody";

/// The key with which the node signs, as it says itself.
protocol::PublicKey server_key_of(const Node& node) {
    TcpStream tcp{node.handle()};
    const Answer answer = ask(tcp, {.op_code = 2});
    const auto site = protocol::decode_site(bytes_of(answer.body));
    return protocol::decode_public_key(bytes_of(site->servers.at(0).public_key)).value();
}

auth::PrivateKey administrator_key() {
    const std::string file = test::bytes_from_hex(test::admin_private_key_file_hex);
    return auth::PrivateKey::decode(bytes_of(file)).value();
}

/// Writes octets over those that a view shows of a message.
void write_over(std::string& message, Bytes view, Bytes octets) {
    const auto at = static_cast<std::size_t>(protocol::text_of(view).data() - message.data());
    if (view.size() != octets.size()) throw std::runtime_error{"another size than captured"};
    message.replace(at, octets.size(), protocol::text_of(octets));
}

std::string copied(Bytes octets) { return std::string{protocol::text_of(octets)}; }

Envelope envelope_of(const std::string& message) { return test::envelope_of(message); }

}  // namespace

Replay::Replay(const Node& node)
    : node_{node},
      administrator_{administrator_key()},
      comparison_{server_key_of(node), seconds_now()} {}

/// Answers the node's challenge where the captured client answered that of its server: with the
/// same key, and with a wrong secret where that was one.
void Replay::answer_challenge(std::string& request) const {
    const Message message = *protocol::decode_message(bytes_of(request));
    const Challenge& challenge = challenges_.at(message.envelope.session_id);
    const auto answer = protocol::decode_challenge_answer(message.body);
    const Bytes nonce = bytes_of(challenge.nonce);
    const Bytes digest = bytes_of(challenge.digest);
    if (answer->type == "HS_PUBKEY") {
        const auto response = protocol::decode_public_key_response(answer->signed_response);
        const std::string signature = administrator_.sign(auth::Digest::sha256, {nonce, digest});
        return write_over(request, response->signature, bytes_of(signature));
    }
    const auto response = protocol::decode_secret_key_response(answer->signed_response);
    const bool right = auth::verify_secret_response(bytes_of(test::admin_secret),
                                                    bytes_of(challenge.captured_nonce),
                                                    bytes_of(challenge.captured_digest), *response)
                           .has_value();
    const auto mac = auth::compute_secret_mac(bytes_of(right ? test::admin_secret : wrong_secret),
                                              nonce, digest, *response);
    write_over(request, response->mac, mac->bytes());
}

/// The captured request with the node's ids, and with what depends on them.
std::string Replay::adapt(const Turn& turn) const {
    std::string request = auth::decrypted(turn.request);
    const Message captured = *protocol::decode_message(bytes_of(request));
    const std::uint32_t id = captured.envelope.session_id;
    const auto session = sessions_.find(id);
    const bool answers_challenge = captured.header.op_code == OpCode::challenge_response;
    if (answers_challenge) answer_challenge(request);
    if (session != sessions_.end())
        patch(request, session_id_at, session->second.id);
    else if (answers_challenge)
        patch(request, session_id_at, challenges_.at(id).id);
    const Message message = *protocol::decode_message(bytes_of(request));
    if (!message.credential.empty()) {
        const auto credential = protocol::decode_credential(message.credential);
        const auto mac = auth::compute_mac(session->second.key, message.envelope,
                                           credential->session_counter, message.header_and_body);
        write_over(request, credential->signature, mac.bytes());
    }
    if (!envelope_of(turn.request).encrypted) return request;
    const Bytes initial_vector = bytes_of(turn.request).subspan(Envelope::wire_size, 16);
    return auth::encrypt_message_with(session->second.key, bytes_of(request), initial_vector);
}

std::vector<std::string> Replay::say(const std::string& request, bool by_udp) const {
    if (by_udp) {
        UdpSocket udp{node_.handle()};
        udp.send(request);
        return receive_parts(udp);
    }
    TcpStream tcp{node_.handle()};
    tcp.send(request);
    std::vector<std::string> answers;
    for (;;) {
        answers.push_back(receive_message(tcp));
        if (envelope_of(answers.back()).encrypted ||
            !decode(answers.back()).has_flag(protocol::op_flag::continuous))
            return answers;
    }
}

/// An answer of the node, decrypted where it was encrypted.
std::string Replay::clear(const std::string& answer) const {
    const Envelope envelope = envelope_of(answer);
    if (!envelope.encrypted) return answer;
    for (const auto& [captured_id, session] : sessions_) {
        if (session.id != envelope.session_id) continue;
        std::vector<std::byte> room(answer.size());
        const auto message = auth::decrypt_message(session.key, bytes_of(answer), room);
        return copied(message.value());
    }
    throw std::runtime_error{"an encrypted answer outside of all sessions"};
}

/// The session id that the node's answer must have: none, that of the session, or a new one where
/// the captured server gave one.
std::uint32_t Replay::our_session_id(const std::string& captured, const std::string& ours) const {
    const std::uint32_t id = envelope_of(captured).session_id;
    if (id == 0) return 0;
    if (const auto session = sessions_.find(id); session != sessions_.end())
        return session->second.id;
    const std::uint32_t given = envelope_of(ours).session_id;
    for (const auto& [captured_id, challenge] : challenges_)
        if (challenge.id == given) return ~given;  // it was given before
    return given == 0 ? id : given;
}

void Replay::learn_session(const Turn& turn, const std::string& captured, const std::string& ours) {
    const Message request = *protocol::decode_message(bytes_of(turn.request));
    const auto setup = protocol::decode_session_setup_request(request.body);
    const auto number = protocol::decode_public_key(setup->exchange_key);
    for (const test::CapturedSession& session : test::captured_sessions) {
        const auto pair = auth::DhKeyPair::with_numbers(
            auth::DhGroup::oakley_2, test::bytes_from_hex(session.client_private_hex),
            std::get<protocol::DhPublicKey>(*number).y);
        const auto first = read_turns(std::string{session.conversation}).front();
        if (first.request != turn.request) continue;
        const Message answer = *protocol::decode_message(bytes_of(ours));
        const auto body = protocol::decode_answer_body(answer);
        const auto response = protocol::decode_session_setup_response(body->rest);
        sessions_[envelope_of(captured).session_id] = {
            answer.envelope.session_id, auth::finish_agreement(pair, response->data).value()};
    }
}

/// Keeps what later requests need: the challenge, or the session.
void Replay::learn(const Turn& turn, const std::string& captured, const std::string& ours,
                   Differences& differences) {
    const Message theirs = *protocol::decode_message(bytes_of(captured));
    const Message own = *protocol::decode_message(bytes_of(ours));
    const ResponseCode code = own.header.response_code;
    if (code == ResponseCode::success && own.header.op_code == OpCode::session_setup)
        return learn_session(turn, captured, ours);
    if (code != ResponseCode::authentication_needed || code != theirs.header.response_code) return;
    const auto left = protocol::decode_challenge(theirs.body);
    const auto right = protocol::decode_challenge(own.body);
    if (!right) return;
    challenges_[theirs.envelope.session_id] = {
        .id = own.envelope.session_id,
        .captured_nonce = copied(left->nonce),
        .captured_digest = copied(left->request_digest.octets),
        .nonce = copied(right->nonce),
        .digest = copied(right->request_digest.octets)};
    if (!nonces_.insert(copied(right->nonce)).second)
        differences.push_back({"nonce", "new each time", "one that was given before"});
}

Differences Replay::play(const std::string& name) {
    Differences differences;
    for (const Turn& turn : read_turns(name)) {
        const std::vector<std::string> pieces = say(adapt(turn), turn.by_udp);
        comparison_.compare_pieces(turn.answers, pieces, differences);
        const auto whole = [&](const std::vector<std::string>& all) {
            return turn.by_udp ? std::vector{test::joined(all)} : all;
        };
        std::vector<std::string> captured = whole(turn.answers);
        std::vector<std::string> ours = whole(pieces);
        for (std::string& answer : captured) answer = auth::decrypted(answer);
        for (std::string& answer : ours) answer = clear(answer);
        for (std::size_t at = 0; at < std::min(captured.size(), ours.size()); ++at) {
            const std::uint32_t id = our_session_id(captured[at], ours[at]);
            if (at == 0) learn(turn, captured[at], ours[at], differences);
            const auto session = sessions_.find(envelope_of(captured[at]).session_id);
            comparison_.compare(
                captured[at], ours[at],
                {.session = session == sessions_.end() ? nullptr : &session->second.key,
                 .session_id = id},
                differences);
        }
        if (decode(captured.front()).header.op_code == OpCode::list_handles)
            comparison_.compare_lists(captured, ours, differences);
    }
    return differences;
}

}  // namespace idnode::end_to_end
