#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/codes/response_code.hpp"
#include "protocol/handle/authentication.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/auth/challenge_table.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/proof.hpp"

namespace idnode::resolver::auth {

/// The values of a handle, also those that nobody may read; nothing when there is no such handle,
/// or nobody who could be asked for it.
using FindValues =
    std::function<std::optional<std::vector<protocol::Value>>(std::string_view handle)>;

/// How many keys of one handle are tried when its answer names none (index 0).
inline constexpr std::size_t keys_tried_max = 4;

/// Who somebody is, or why that was not shown.
struct Verdict {
    protocol::ResponseCode code = protocol::ResponseCode::authentication_failed;
    /// With success: the value that holds the key, never index 0. The handle as it was spelled.
    protocol::Reference identity;
    /// With success: `digest_of_key` of it; empty when another node holds it.
    DigestValue key{};
    /// Without: for logs, never for the peer.
    boost::system::error_code reason;
};

/// Decides who answered a challenge (op code 200; RFC 3652 §3.5). Says nothing about what he may
/// do: that is asked afterwards, so that nobody learns about permissions without having proven
/// himself. Codes of refusal:
/// - 400 invalid admin: there is no such handle, or no key of the kind at that index;
/// - 403 authentication failed: the signature or MAC does not come from the key;
/// - 404 invalid credential: the signed response is malformed;
/// - 406 unable to authenticate: another kind of authentication than HS_PUBKEY and HS_SECKEY, an
///   algorithm that is unknown or too weak, a key that is not accepted, a costly derivation.
/// A signature of SM2 may be the standard's (over nonce and digest, with the default signer) or
/// that of the industrial clients (over the SM3 digest of both, with the handle as signer).
/// Secrets are compared in constant time, and where there is none, an answer takes as long as a
/// wrong one: the codes tell a peer whether there is a key, as they do at the reference server, but
/// the time tells him nothing about it.
Verdict authenticate(const OpenChallenge& challenge, const protocol::ChallengeAnswer& answer,
                     const FindValues& find_values, Weak weak = Weak::refused);

/// The answer to op code 201: whether a secret key that is kept here gives that response.
bool verify_for_peer(const protocol::VerifyRequest& request, const FindValues& find_values,
                     Weak weak = Weak::refused);

}  // namespace idnode::resolver::auth
