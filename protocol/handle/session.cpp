#include "protocol/handle/session.hpp"

namespace idnode::protocol {
namespace {

constexpr std::uint16_t end_of_setup = 0;

KeyExchange read_exchange(WireReader& reader) noexcept {
    const auto exchange = reader.integer<std::uint16_t>();
    if (exchange < 1 || exchange > 4) reader.fail(errc::bad_value);
    return static_cast<KeyExchange>(exchange);
}

SessionCipher read_cipher(WireReader& reader) noexcept {
    const auto cipher = reader.integer<std::uint32_t>();
    if (cipher < 1 || cipher > 3) reader.fail(errc::bad_value);
    return static_cast<SessionCipher>(cipher);
}

bool carries_key(KeyExchange exchange) noexcept {
    return exchange == KeyExchange::client_rsa || exchange == KeyExchange::diffie_hellman;
}

}  // namespace

Result<SessionSetupRequest> decode_session_setup_request(Bytes body) noexcept {
    WireReader reader{body};
    SessionSetupRequest request;
    request.exchange = read_exchange(reader);
    request.timeout_seconds = reader.integer<std::uint32_t>();
    request.identity_handle = reader.text();
    request.identity_index = reader.integer<std::uint32_t>();
    if (carries_key(request.exchange)) request.exchange_key = reader.bytes();
    if (request.exchange == KeyExchange::handle_rsa) {
        request.key_handle = reader.text();
        request.key_index = reader.integer<std::uint32_t>();
    }
    if (reader.failed()) return reader.error();
    return request;
}

void encode_session_setup_request(WireWriter& writer, const SessionSetupRequest& request) noexcept {
    writer.integer(static_cast<std::uint16_t>(request.exchange));
    writer.integer(request.timeout_seconds);
    writer.text(request.identity_handle);
    writer.integer(request.identity_index);
    if (carries_key(request.exchange)) writer.bytes(request.exchange_key);
    if (request.exchange == KeyExchange::handle_rsa) {
        writer.text(request.key_handle);
        writer.integer(request.key_index);
    }
    writer.integer(end_of_setup);
}

Result<SessionSetupResponse> decode_session_setup_response(Bytes rest) noexcept {
    WireReader reader{rest};
    SessionSetupResponse response;
    response.exchange = read_exchange(reader);
    response.data = reader.bytes();
    if (reader.failed()) return reader.error();
    return response;
}

void encode_session_setup_response(WireWriter& writer,
                                   const SessionSetupResponse& response) noexcept {
    writer.integer(static_cast<std::uint16_t>(response.exchange));
    writer.bytes(response.data);
    writer.integer(end_of_setup);
}

Result<AgreementData> decode_agreement_data(Bytes data) noexcept {
    WireReader reader{data};
    AgreementData agreement;
    agreement.cipher = read_cipher(reader);
    agreement.public_key = reader.take(reader.remaining());
    if (reader.failed()) return reader.error();
    return agreement;
}

void encode_agreement_data(WireWriter& writer, const AgreementData& data) noexcept {
    writer.integer(static_cast<std::uint32_t>(data.cipher));
    writer.raw(data.public_key);
}

Result<TransportedKey> decode_transported_key(Bytes data) noexcept {
    WireReader reader{data};
    TransportedKey transported;
    transported.cipher = read_cipher(reader);
    transported.key = reader.take(reader.remaining());
    if (reader.failed()) return reader.error();
    return transported;
}

void encode_transported_key(WireWriter& writer, const TransportedKey& key) noexcept {
    writer.integer(static_cast<std::uint32_t>(key.cipher));
    writer.raw(key.key);
}

Result<Bytes> decode_key_exchange_request(Bytes body) noexcept {
    WireReader reader{body};
    const Bytes encrypted_key = reader.bytes();
    if (reader.failed()) return reader.error();
    return encrypted_key;
}

void encode_key_exchange_request(WireWriter& writer, Bytes encrypted_key) noexcept {
    writer.bytes(encrypted_key);
}

}  // namespace idnode::protocol
