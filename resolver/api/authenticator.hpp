#pragma once

#include <variant>

#include "registry/lookup.hpp"
#include "resolver/admin/gate.hpp"
#include "resolver/api/call.hpp"
#include "resolver/api/http_sessions.hpp"
#include "resolver/api/token.hpp"
#include "resolver/server_key.hpp"

namespace idnode::resolver::api {

/// Finds out who makes a call, by its Authorization header:
/// - `Bearer` with a token of this node;
/// - `Basic` with the name and password of an account, or with INDEX:HANDLE (percent-encoded) and
///   the secret key there;
/// - `Handle` with a session that was proven before, or with a signature over its nonces by a
///   public or a secret key, or `clientCert="true"` and the certificate of the TLS connection
///   (Handle.net API).
/// Keys of handles are those in this registry. Threads may share it.
class Authenticator {
public:
    /// Everything referred to must outlive it.
    Authenticator(TokenKey tokens, HttpSessions& sessions, admin::Gate& gate, const Clock& clock,
                  bool identity_in_clear, auth::Weak weak)
        : tokens_{std::move(tokens)},
          sessions_{sessions},
          gate_{gate},
          clock_{clock},
          identity_in_clear_{identity_in_clear},
          weak_{weak} {}

    /// Fills in the caller; a call without credentials is nobody's. A fault says why what was given
    /// shows nothing: nobody learns which part of it was wrong.
    std::optional<Fault> authenticate(registry::Lookup& lookup, Call& call);

    /// Asks who it is: 401 with the ways to show it, or 403 where nothing may be shown. With a
    /// nonce of the client the node shows who it is first.
    HttpReply challenge(const Call& call, const Fault& fault, const ServerKey* key);

    /// Whether an identity may be shown on this connection at all.
    bool may_identify(const Call& call) const noexcept {
        return call.request.encrypted || identity_in_clear_;
    }

    /// How a password is shown.
    enum class Shown {
        plainly,
        by_daily_hash,  ///< see `is_daily_hash`
    };

    /// The account of that name and password, or why there is none.
    std::variant<Account, Fault> log_in(registry::Lookup& lookup, const limits::Source& source,
                                        std::string_view user, std::string_view password,
                                        Shown shown = Shown::plainly);
    std::string make_token(const Account& account, std::uint32_t seconds) const;
    const TokenKey& tokens() const noexcept { return tokens_; }

private:
    std::optional<Fault> take_credentials(registry::Lookup& lookup, Call& call);
    std::optional<Fault> take_token(registry::Lookup& lookup, std::string_view token, Call& call);
    std::optional<Fault> take_basic(registry::Lookup& lookup, std::string_view credentials,
                                    Call& call);
    std::optional<Fault> take_handle(registry::Lookup& lookup, std::string_view parameters,
                                     Call& call);
    std::optional<Fault> take_certificate(registry::Lookup& lookup, Call& call);
    /// Makes whom the verdict names the caller, as far as the limits on proofs let it be found.
    std::optional<Fault> judge(registry::Lookup& lookup, Call& call, std::string_view handle,
                               protocol::Bytes signed_response,
                               const std::function<auth::Verdict()>& find_verdict);
    std::optional<Fault> prove(registry::Lookup& lookup, const auth::OpenChallenge& challenge,
                               const protocol::ChallengeAnswer& answer, Call& call);

    TokenKey tokens_;
    HttpSessions& sessions_;
    admin::Gate& gate_;
    const Clock& clock_;
    const bool identity_in_clear_;
    const auth::Weak weak_;
};

/// One parameter of an Authorization header of the scheme "Handle"; empty when it is not there.
std::string find_parameter(std::string_view parameters, std::string_view name);

}  // namespace idnode::resolver::api
