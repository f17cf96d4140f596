#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

// Bodies that set up a session (RFC 3652 §3.7). Views live as long as the octets they were decoded
// from. Op code 401 ends a session; its body is that of `decode_handle_request`, with "/".

/// Who makes the session key and how it travels. Values are those of the wire.
enum class KeyExchange : std::uint16_t {
    client_rsa = 1,      ///< made by the server, encrypted for a key that the request holds
    handle_rsa = 2,      ///< made by the server, encrypted for a key that a handle holds
    server_rsa = 3,      ///< made by the client, encrypted for the server, sent by op code 402
    diffie_hellman = 4,  ///< agreed upon; the only one of DO-IRP 3.0
};

/// The cipher of a session. Values are those of the wire.
enum class SessionCipher : std::uint32_t { des = 1, des_ede = 2, aes = 3 };

/// Body of op code 400, and the two zero octets that every client writes behind it.
struct SessionSetupRequest {
    KeyExchange exchange = KeyExchange::diffie_hellman;
    std::uint32_t timeout_seconds = 0;
    std::string_view identity_handle;  ///< who says that he asks; proven only by a challenge
    std::uint32_t identity_index = 0;
    Bytes exchange_key;           ///< `client_rsa`, `diffie_hellman`: in the form of HS_PUBKEY
    std::string_view key_handle;  ///< `handle_rsa`
    std::uint32_t key_index = 0;  ///< `handle_rsa`
};

/// An unknown exchange is `errc::bad_value`.
Result<SessionSetupRequest> decode_session_setup_request(Bytes body) noexcept;
void encode_session_setup_request(WireWriter& writer, const SessionSetupRequest& request) noexcept;

/// Body of the answer to op code 400, behind the digest of the request.
struct SessionSetupResponse {
    KeyExchange exchange = KeyExchange::diffie_hellman;
    Bytes
        data;  ///< `diffie_hellman`: an `AgreementData`; `server_rsa`: a key; else an encrypted key
};

Result<SessionSetupResponse> decode_session_setup_response(Bytes rest) noexcept;
void encode_session_setup_response(WireWriter& writer,
                                   const SessionSetupResponse& response) noexcept;

/// `SessionSetupResponse::data` of Diffie-Hellman for peers of 2.4 and later.
struct AgreementData {
    SessionCipher cipher = SessionCipher::aes;
    Bytes public_key;  ///< in the form of HS_PUBKEY
};

Result<AgreementData> decode_agreement_data(Bytes data) noexcept;
void encode_agreement_data(WireWriter& writer, const AgreementData& data) noexcept;

/// What an RSA exchange encrypts (2.4 and later): the cipher and its key.
struct TransportedKey {
    SessionCipher cipher = SessionCipher::aes;
    Bytes key;
};

Result<TransportedKey> decode_transported_key(Bytes data) noexcept;
void encode_transported_key(WireWriter& writer, const TransportedKey& key) noexcept;

/// Body of op code 402: a session key, encrypted for the server.
Result<Bytes> decode_key_exchange_request(Bytes body) noexcept;
void encode_key_exchange_request(WireWriter& writer, Bytes encrypted_key) noexcept;

}  // namespace idnode::protocol
