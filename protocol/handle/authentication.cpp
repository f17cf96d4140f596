#include "protocol/handle/authentication.hpp"

namespace idnode::protocol {
namespace {

/// A field that nobody legitimate makes longer.
Bytes read_bounded(WireReader& reader, std::size_t size_max) noexcept {
    const Bytes field = reader.bytes();
    if (field.size() > size_max) reader.fail(errc::too_long);
    return field;
}

/// The octets of a form's MAC; 0 for what is no enumerator.
std::size_t mac_size(SecretKeyForm form) noexcept {
    switch (form) {
        case SecretKeyForm::md5: return 16;
        case SecretKeyForm::sha1: return 20;
        case SecretKeyForm::sha256: return 32;
        case SecretKeyForm::hmac_sha1: return 20;
        case SecretKeyForm::hmac_sha256: return 32;
        case SecretKeyForm::pbkdf2_hmac_sha1: return 20;
    }
    return 0;
}

}  // namespace

Result<Challenge> decode_challenge(Bytes body) noexcept {
    WireReader reader{body};
    Challenge challenge;
    challenge.request_digest = decode_request_digest(reader);
    challenge.nonce = read_bounded(reader, nonce_size_max);
    if (reader.failed()) return reader.error();
    return challenge;
}

void encode_challenge(WireWriter& writer, const Challenge& challenge) noexcept {
    encode_request_digest(writer, challenge.request_digest);
    writer.bytes(challenge.nonce);
}

Result<ChallengeAnswer> decode_challenge_answer(Bytes body) noexcept {
    WireReader reader{body};
    ChallengeAnswer answer;
    answer.type = reader.text();
    answer.handle = reader.text();
    answer.index = reader.integer<std::uint32_t>();
    answer.signed_response = read_bounded(reader, signed_response_size_max);
    if (reader.failed()) return reader.error();
    return answer;
}

void encode_challenge_answer(WireWriter& writer, const ChallengeAnswer& answer) noexcept {
    writer.text(answer.type);
    writer.text(answer.handle);
    writer.integer(answer.index);
    writer.bytes(answer.signed_response);
}

Result<PublicKeyResponse> decode_public_key_response(Bytes in) noexcept {
    WireReader reader{in};
    PublicKeyResponse response;
    response.digest_name = reader.text();
    response.signature = reader.bytes();
    if (const auto end = reader.end()) return end;
    return response;
}

void encode_public_key_response(WireWriter& writer, const PublicKeyResponse& response) noexcept {
    writer.text(response.digest_name);
    writer.bytes(response.signature);
}

Result<SecretKeyResponse> decode_secret_key_response(Bytes in) noexcept {
    WireReader reader{in};
    SecretKeyResponse response;
    response.form = static_cast<SecretKeyForm>(reader.integer<std::uint8_t>());
    if (reader.failed()) return reader.error();
    const std::size_t size = mac_size(response.form);
    if (size == 0) return errc::bad_value;
    if (response.form == SecretKeyForm::pbkdf2_hmac_sha1) {
        response.salt = read_bounded(reader, salt_size_max);
        response.iterations = reader.integer<std::uint32_t>();
        response.key_bits = reader.integer<std::uint32_t>();
        response.mac = reader.bytes();
        if (!reader.failed() && response.mac.size() != size) reader.fail(errc::bad_length);
    } else {
        response.mac = reader.take(size);
    }
    if (const auto end = reader.end()) return end;
    return response;
}

void encode_secret_key_response(WireWriter& writer, const SecretKeyResponse& response) noexcept {
    writer.integer(static_cast<std::uint8_t>(response.form));
    if (response.form != SecretKeyForm::pbkdf2_hmac_sha1) {
        writer.raw(response.mac);
        return;
    }
    writer.bytes(response.salt);
    writer.integer(response.iterations);
    writer.integer(response.key_bits);
    writer.bytes(response.mac);
}

Result<VerifyRequest> decode_verify_request(Bytes body) noexcept {
    WireReader reader{body};
    VerifyRequest request;
    request.handle = reader.text();
    request.index = reader.integer<std::uint32_t>();
    request.nonce = read_bounded(reader, nonce_size_max);
    request.request_digest = decode_request_digest(reader);
    request.signed_response = read_bounded(reader, signed_response_size_max);
    if (reader.failed()) return reader.error();
    return request;
}

void encode_verify_request(WireWriter& writer, const VerifyRequest& request) noexcept {
    writer.text(request.handle);
    writer.integer(request.index);
    writer.bytes(request.nonce);
    encode_request_digest(writer, request.request_digest);
    writer.bytes(request.signed_response);
}

Result<bool> decode_verify_response(Bytes body) noexcept {
    WireReader reader{body};
    const auto verified = reader.integer<std::uint8_t>();
    if (verified > 1) reader.fail(errc::bad_value);
    if (reader.failed()) return {boost::system::in_place_error, reader.error()};
    return {boost::system::in_place_value, verified == 1};
}

void encode_verify_response(WireWriter& writer, bool verified) noexcept {
    writer.integer(static_cast<std::uint8_t>(verified ? 1 : 0));
}

Result<LoginRequest> decode_login_request(Bytes body) noexcept {
    WireReader reader{body};
    LoginRequest request;
    request.handle = reader.text();
    request.index = reader.integer<std::uint32_t>();
    if (reader.failed()) return reader.error();
    return request;
}

void encode_login_request(WireWriter& writer, const LoginRequest& request) noexcept {
    writer.text(request.handle);
    writer.integer(request.index);
}

}  // namespace idnode::protocol
