#pragma once

#include <cstdint>

#include "protocol/handle/credential.hpp"
#include "protocol/handle/message.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/key_exchange.hpp"

namespace idnode::resolver::auth {

/// The lowest version in which sessions are held: before 2.7 MACs covered too little (2.5 and 2.6
/// wrongly what they should, older ones no counter, so that anybody could repeat a message).
inline constexpr protocol::Version session_version_min{2, 7};

/// HMAC-SHA256 of a message in a session (RFC 3652 §2.2.4): over what `encode_signed_preamble`
/// writes, header and body. The envelope and header are those that are sent, the latter with its
/// final body length. Precondition: version of at least `session_version_min`.
DigestValue compute_mac(const SessionKey& key, const protocol::Envelope& envelope,
                        std::uint32_t session_counter, protocol::Bytes header_and_body);

/// The credential that carries a MAC; it views `mac`, which must outlive it.
protocol::Credential make_mac_credential(const DigestValue& mac, std::uint32_t session_counter);

/// The session counter of a message whose MAC comes from the key, or why there is none. The counter
/// must still be shown to the session's `ReplayWindow`: in this order, so that nobody without the
/// key can use counters up.
Result<std::uint32_t> verify_mac(const SessionKey& key, const protocol::Message& message);

/// Says that a certified answer was signed by the owner of the server's key (HS_SIGNED), or why it
/// does not say so.
Result<void> verify_certified(const protocol::PublicKey& server_key,
                              const protocol::Message& answer, Weak weak = Weak::refused);

}  // namespace idnode::resolver::auth
