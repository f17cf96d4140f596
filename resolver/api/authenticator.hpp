#pragma once

#include <variant>

#include "registry/lookup.hpp"
#include "resolver/admin/foreign_keys.hpp"
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
/// Keys of handles are those in this registry, and those that other nodes hold (ForeignKeys), as
/// over the Handle protocol. Threads may share it.
class Authenticator {
public:
    /// Runs what is left to do on a thread with a lookup of its own.
    using Post = std::function<void(std::function<void(registry::Lookup&)>)>;

    /// Everything referred to must outlive it.
    Authenticator(TokenKey tokens, HttpSessions& sessions, admin::ForeignKeys& keys,
                  admin::Gate& gate, const Clock& clock, Post post, bool identity_in_clear)
        : tokens_{std::move(tokens)},
          sessions_{sessions},
          keys_{keys},
          gate_{gate},
          clock_{clock},
          post_{std::move(post)},
          identity_in_clear_{identity_in_clear} {}

    using Then = std::function<void(registry::Lookup& lookup, const std::optional<Fault>& fault)>;

    /// Fills in the caller and goes on with `then`: at once, or on another thread when the node
    /// that holds a key has answered. A call without credentials is nobody's. A fault says why what
    /// was given shows nothing: nobody learns which part of it was wrong.
    void authenticate(registry::Lookup& lookup, const Pending& call, const Then& then);

    /// Who makes a call that goes on for long, as he is now, by what he has shown before; or a
    /// fault when that is void: a token that was revoked or has expired, a key that is not there
    /// any more, an account that was changed in how it logs in.
    std::variant<Caller, Fault> renew(registry::Lookup& lookup, const Call& call) const;

    /// Whether a proof still counts; see ForeignKeys.
    bool still_counts(registry::Lookup& lookup, const auth::Proof& proof) const {
        return keys_.still_counts(lookup, proof);
    }

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
    /// What is shown of a key, and has to be looked at.
    struct Attempt;
    using Kept = std::shared_ptr<const Attempt>;
    /// What credentials come to: nobody or somebody, a fault, or an attempt.
    using Taken = std::variant<std::optional<Fault>, Kept>;

    Taken take_credentials(registry::Lookup& lookup, Call& call);
    std::variant<Caller, Fault> read_token(registry::Lookup& lookup, std::string_view token) const;
    Caller as_now(registry::Lookup& lookup, Caller caller) const;
    Taken take_basic(registry::Lookup& lookup, std::string_view credentials, Call& call);
    Taken take_handle(registry::Lookup& lookup, std::string_view parameters, Call& call);
    static Taken take_certificate(const Call& call);
    void try_key(registry::Lookup& lookup, const Pending& call, const Kept& attempt,
                 const Then& then);
    std::optional<Fault> take_verdict(registry::Lookup& lookup, const auth::Verdict& verdict,
                                      Call& call);
    static std::optional<Fault> take_proof(registry::Lookup& lookup, const auth::Proof& proof,
                                           Call& call);
    void finish(registry::Lookup& lookup, Call& call, const std::optional<Fault>& fault,
                const Then& then) const;

    TokenKey tokens_;
    HttpSessions& sessions_;
    admin::ForeignKeys& keys_;
    admin::Gate& gate_;
    const Clock& clock_;
    const Post post_;
    const bool identity_in_clear_;
};

/// Whether an Authorization header is of a scheme; what stands behind the scheme is left of it.
bool takes(std::string_view& header, std::string_view scheme);

/// One parameter of an Authorization header of the scheme "Handle"; empty when it is not there.
std::string find_parameter(std::string_view parameters, std::string_view name);

}  // namespace idnode::resolver::api
