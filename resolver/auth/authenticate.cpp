#include "resolver/auth/authenticate.hpp"

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/public_key.hpp"
#include "resolver/auth/secret_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::ResponseCode;
using protocol::Value;
namespace value_type = protocol::value_type;

/// What takes the place of a secret that is not there; nothing is decided by it.
constexpr std::string_view nobodys_secret = "a secret that nobody has";

/// What was signed, and by whom as he says.
struct Claim {
    Bytes nonce;
    Bytes digest;
    std::string_view handle;
    std::uint32_t index;
};

Result<void> verify_with_public_key(const Claim& claim, const protocol::PublicKeyResponse& response,
                                    std::string_view key_data, Weak weak) {
    const auto key = protocol::decode_public_key(bytes_of(key_data));
    if (!key) return errc::unfit_key;
    const auto verified = verify_signature(*key, response.digest_name, {claim.nonce, claim.digest},
                                           response.signature, weak);
    if (verified || verified.error() != errc::wrong_signature ||
        !std::holds_alternative<protocol::Sm2PublicKey>(*key))
        return verified;
    const DigestValue signed_digest = digest_of(Digest::sm3, {claim.nonce, claim.digest});
    return verify_signature(*key, response.digest_name, {signed_digest.bytes()}, response.signature,
                            weak, claim.handle);
}

ResponseCode code_of(boost::system::error_code reason) noexcept {
    return reason == errc::wrong_signature ? ResponseCode::authentication_failed
                                           : ResponseCode::unable_to_authenticate;
}

/// Tries the keys of a type that the claim names, by `verify(std::string_view key_data)`. Of
/// several refusals that of a wrong signature counts, since the others say less.
template <class Verify>
Verdict try_keys(const Claim& claim, std::string_view type, const FindValues& find_values,
                 Verify&& verify) {
    Verdict verdict{
        .code = ResponseCode::invalid_admin, .identity = {}, .key = {}, .reason = errc::unfit_key};
    if (claim.handle.empty() || claim.handle.size() > protocol::handle_size_max) return verdict;
    const auto values = find_values(claim.handle);
    if (!values) return verdict;
    std::size_t tried = 0;
    for (const Value& value : *values) {
        if (!protocol::equal_folded(value.type, type)) continue;
        if (claim.index != 0 && claim.index != value.index) continue;
        if (tried++ == keys_tried_max) break;
        const Result<void> verified = verify(value.data);
        if (verified)
            return {.code = ResponseCode::success,
                    .identity = {std::string{claim.handle}, value.index},
                    .key = digest_of_key(value.type, bytes_of(value.data)),
                    .reason = {}};
        if (verdict.code == ResponseCode::authentication_failed) continue;
        verdict.reason = verified.error();
        verdict.code = code_of(verdict.reason);
    }
    return verdict;
}

Verdict refuse(ResponseCode code, errc reason) {
    return {.code = code, .identity = {}, .key = {}, .reason = reason};
}

Verdict try_secrets(const Claim& claim, Bytes signed_response, const FindValues& find_values,
                    Weak weak) {
    const auto response = protocol::decode_secret_key_response(signed_response);
    if (!response) return refuse(ResponseCode::invalid_credential, errc::malformed);
    const auto verify = [&](std::string_view secret) {
        return verify_secret_response(bytes_of(secret), claim.nonce, claim.digest, *response, weak);
    };
    const Verdict verdict = try_keys(claim, value_type::hs_seckey, find_values, verify);
    // Where there is no secret, finding that out takes as long as finding a wrong one.
    if (verdict.code == ResponseCode::invalid_admin) static_cast<void>(verify(nobodys_secret));
    return verdict;
}

}  // namespace

Verdict authenticate(const OpenChallenge& challenge, const protocol::ChallengeAnswer& answer,
                     const FindValues& find_values, Weak weak) {
    const Claim claim{.nonce = challenge.nonce,
                      .digest = challenge.request_digest.bytes(),
                      .handle = answer.handle,
                      .index = answer.index};
    if (protocol::equal_folded(answer.type, value_type::hs_seckey))
        return try_secrets(claim, answer.signed_response, find_values, weak);
    if (!protocol::equal_folded(answer.type, value_type::hs_pubkey))
        return refuse(ResponseCode::unable_to_authenticate, errc::unknown_algorithm);
    const auto response = protocol::decode_public_key_response(answer.signed_response);
    if (!response) return refuse(ResponseCode::invalid_credential, errc::malformed);
    return try_keys(claim, value_type::hs_pubkey, find_values, [&](std::string_view key) {
        return verify_with_public_key(claim, *response, key, weak);
    });
}

bool verify_for_peer(const protocol::VerifyRequest& request, const FindValues& find_values,
                     Weak weak) {
    const Claim claim{.nonce = request.nonce,
                      .digest = request.request_digest.octets,
                      .handle = request.handle,
                      .index = request.index};
    return try_secrets(claim, request.signed_response, find_values, weak).code ==
           ResponseCode::success;
}

}  // namespace idnode::resolver::auth
