#include "tests/end_to_end/requester.hpp"

#include <stdexcept>

#include "protocol/handle/authentication.hpp"
#include "resolver/auth/answer.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::Envelope;
namespace auth = resolver::auth;

constexpr std::uint32_t challenge_response = 200;

/// Whether another message of the same answer follows. Those of lists are never encrypted.
bool goes_on(const std::string& message) {
    return !test::envelope_of(message).encrypted &&
           decode(message).has_flag(protocol::op_flag::continuous);
}

}  // namespace

std::string name_of(By by) {
    switch (by) {
        case By::udp: return "UDP";
        case By::tcp: return "TCP";
        case By::tunnel: return "the HTTP tunnel";
        case By::session: return "a session";
    }
    return {};
}

std::string word_for(By by) {
    constexpr const char* words[] = {"Udp", "Tcp", "Tunnel", "Session"};
    return words[static_cast<std::size_t>(by)];
}

Line::Line(By by, const Node& node) {
    switch (by) {
        case By::udp: udp_.emplace(node.handle()); break;
        case By::tcp:
        case By::session: tcp_.emplace(node.handle()); break;
        case By::tunnel: tunnel_.emplace(node.http()); break;
    }
}

void Line::send(const std::string& message) {
    if (tcp_) return tcp_->send(message);
    if (tunnel_) {
        const HttpAnswer answer = tunnel_->post("/", tunnel_type, message);
        if (answer.status != 200) throw std::runtime_error{"the tunnel refused: " + answer.body};
        tunneled_ = answer.body;
        return;
    }
    if (message.size() <= protocol::datagram_size_max) return udp_->send(message);
    for (const std::string& part : split(message)) udp_->send(part);
}

std::string Line::receive() {
    if (udp_) return join(receive_parts(*udp_));
    if (tcp_) return receive_message(*tcp_);
    const std::size_t size = Envelope::wire_size + test::envelope_of(tunneled_).message_length;
    std::string message = tunneled_.substr(0, size);
    tunneled_.erase(0, size);
    return message;
}

std::string Line::exchange(const std::string& message) {
    send(message);
    const std::string first = receive();
    for (std::string last = first; goes_on(last);) last = receive();
    return first;
}

Requester::Requester(Identity identity, By by, const Node& node)
    : identity_{std::move(identity)}, line_{by, node} {
    if (!identity_.private_key.empty())
        key_ = auth::PrivateKey::decode(bytes_of(identity_.private_key)).value();
    if (by != By::session) return;
    session_.emplace([this](const std::string& message) { return decode(line_.exchange(message)); },
                     identity_.reference);
}

Answer Requester::say(const std::string& message) {
    const std::string answer = line_.exchange(message);
    return session_ ? session_->open(answer) : decode(answer);
}

/// The answer to a challenge. Secrets are joined by the quickest of the accepted forms.
std::string Requester::prove(const std::string& request, const Answer& challenged) const {
    const auto asked = protocol::decode_message(bytes_of(request));
    const auto challenge = protocol::decode_challenge(bytes_of(challenged.body));
    if (!challenge) throw std::runtime_error{"not a challenge"};
    if (key_)
        return auth::answer_challenge(*challenge, asked->header_and_body,
                                      challenged.envelope.version, identity_.reference, *key_)
            .value();
    const auto response =
        auth::make_secret_response(protocol::SecretKeyForm::hmac_sha256, bytes_of(identity_.secret),
                                   challenge->nonce, challenge->request_digest.octets);
    return test::encoded([&](protocol::WireWriter& writer) {
        encode_challenge_answer(writer, {.type = "HS_SECKEY",
                                         .handle = identity_.reference.handle,
                                         .index = identity_.reference.index,
                                         .signed_response = bytes_of(response.value())});
    });
}

Answer Requester::ask(std::uint32_t op_code, std::string_view body, std::uint32_t flags) {
    const std::string request = encode_operation(op_code, body, flags, 1);
    Answer answer = say(session_ ? session_->guard(request) : request);
    if (answer.code() != 402 || identity_.reference.handle.empty()) return answer;
    return say(encode_operation(challenge_response, prove(request, answer), flags, 2,
                                answer.envelope.session_id));
}

}  // namespace idnode::end_to_end
