#include "tests/end_to_end/key_holder.hpp"

#include <atomic>
#include <stdexcept>

#include "protocol/handle/authentication.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/auth/answer.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;

constexpr std::uint32_t challenge_response = 200;

std::uint32_t next_request_id() {
    static std::atomic<std::uint32_t> id{1'000'000};
    return ++id;
}

}  // namespace

KeyHolder make_key_holder(const protocol::Reference& identity, std::string_view pem) {
    return {identity, resolver::auth::PrivateKey::decode(bytes_of(pem)).value()};
}

protocol::Value public_key_of(const KeyHolder& holder, std::uint32_t ttl) {
    return {.index = holder.identity.index,
            .ttl = ttl,
            .type = "HS_PUBKEY",
            .data = protocol::encode_public_key(holder.key.public_key().value()),
            .references = {}};
}

protocol::Value secret_of(const Credentials& who) {
    return {.index = who.identity.index,
            .permissions = 0b1100,
            .type = "HS_SECKEY",
            .data = who.secret,
            .references = {}};
}

std::string answer_to_challenge(const std::string& request, const Answer& challenged,
                                const KeyHolder& holder, std::uint32_t request_id) {
    const auto asked = protocol::decode_message(bytes_of(request));
    const auto challenge = protocol::decode_challenge(bytes_of(challenged.body));
    if (!challenge) throw std::runtime_error{"not a challenge"};
    const auto answer =
        resolver::auth::answer_challenge(*challenge, asked->header_and_body,
                                         challenged.envelope.version, holder.identity, holder.key);
    return encode_operation(challenge_response, answer.value(), usual_flags, request_id,
                            challenged.envelope.session_id);
}

Answer operate(const Say& say, std::uint32_t op_code, std::string_view body,
               const KeyHolder& holder) {
    const std::string request = encode_operation(op_code, body, usual_flags, next_request_id());
    const Answer challenged = say(request);
    if (challenged.code() != 402) return challenged;
    return say(answer_to_challenge(request, challenged, holder, next_request_id()));
}

std::string to_line(const std::string& handle, const std::vector<protocol::Value>& values) {
    std::string text;
    protocol::JsonWriter writer{text};
    write_record(writer, {.handle = handle, .values = values});
    return text + '\n';
}

}  // namespace idnode::end_to_end
