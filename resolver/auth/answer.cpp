#include "resolver/auth/answer.hpp"

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/auth/secret_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
namespace value_type = protocol::value_type;

bool is_about(const protocol::Challenge& challenge, Bytes header_and_body) {
    const auto& [algorithm, octets] = challenge.request_digest;
    return equal_in_constant_time(digest_request(algorithm, header_and_body).bytes(), octets);
}

std::string answer_body(std::string_view type, const protocol::Reference& identity,
                        std::string_view signed_response) {
    protocol::WireString body;
    body.text(type);
    body.text(identity.handle);
    body.integer(identity.index);
    body.text(signed_response);
    return body.take();
}

}  // namespace

Result<std::string> answer_challenge(const protocol::Challenge& challenge, Bytes header_and_body,
                                     protocol::Version version, const protocol::Reference& identity,
                                     const PrivateKey& key) {
    if (!is_about(challenge, header_and_body)) return errc::malformed;
    const Digest digest = key.digest_for(version);
    protocol::WireString response;
    response.text(name_of(digest));
    response.text(key.sign(digest, {challenge.nonce, challenge.request_digest.octets}));
    return answer_body(value_type::hs_pubkey, identity, response.take());
}

Result<std::string> answer_challenge(const protocol::Challenge& challenge, Bytes header_and_body,
                                     protocol::Version version, const protocol::Reference& identity,
                                     Bytes secret) {
    if (!is_about(challenge, header_and_body)) return errc::malformed;
    const auto response = make_secret_response(secret_key_form_for(version), secret,
                                               challenge.nonce, challenge.request_digest.octets);
    if (!response) return response.error();
    return answer_body(value_type::hs_seckey, identity, *response);
}

}  // namespace idnode::resolver::auth
