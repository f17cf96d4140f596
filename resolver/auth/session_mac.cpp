#include "resolver/auth/session_mac.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::Credential;

constexpr std::string_view mac_algorithm = "HMAC-SHA256";

/// What a signature covers before header and body.
class Preamble {
public:
    Preamble(const protocol::Envelope& envelope, std::uint32_t session_counter) noexcept {
        encode_signed_preamble(writer_, envelope, session_counter);
    }
    Bytes bytes() const noexcept { return writer_.written(); }

private:
    std::array<std::byte, 16> room_;
    protocol::WireWriter writer_{room_};
};

Result<Credential> decode_credential_of(const protocol::Message& message, std::string_view type) {
    if (message.credential.empty()) return errc::malformed;
    const auto credential = protocol::decode_credential(message.credential);
    if (!credential) return errc::malformed;
    if (credential->type != type) return errc::unknown_algorithm;
    return *credential;
}

}  // namespace

DigestValue compute_mac(const SessionKey& key, const protocol::Envelope& envelope,
                        std::uint32_t session_counter, Bytes header_and_body) {
    const Preamble preamble{envelope, session_counter};
    return hmac_of(Digest::sha256, key.key.bytes(), {preamble.bytes(), header_and_body});
}

Credential make_mac_credential(const DigestValue& mac, std::uint32_t session_counter) {
    return {.signer = {},
            .session_counter = session_counter,
            .type = Credential::type_mac,
            .algorithm = mac_algorithm,
            .signature = mac.bytes()};
}

Result<std::uint32_t> verify_mac(const SessionKey& key, const protocol::Message& message) {
    const auto credential = decode_credential_of(message, Credential::type_mac);
    if (!credential) return credential.error();
    if (message.envelope.version < session_version_min || credential->algorithm != mac_algorithm)
        return errc::unknown_algorithm;
    const DigestValue expected =
        compute_mac(key, message.envelope, credential->session_counter, message.header_and_body);
    if (!equal_in_constant_time(expected.bytes(), credential->signature))
        return errc::wrong_signature;
    return credential->session_counter;
}

Result<void> verify_certified(const protocol::PublicKey& server_key,
                              const protocol::Message& answer, Weak weak) {
    const auto credential = decode_credential_of(answer, Credential::type_signed);
    if (!credential) return credential.error();
    const Preamble preamble{answer.envelope, credential->session_counter};
    return verify_signature(server_key, credential->algorithm,
                            {preamble.bytes(), answer.header_and_body}, credential->signature,
                            weak);
}

}  // namespace idnode::resolver::auth
