#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/admin/metrics.hpp"
#include "resolver/auth/secret_key.hpp"
#include "resolver/limits/login_guard.hpp"
#include "resolver/limits/rate_limiter.hpp"

namespace idnode::resolver::admin {

/// See `limits.*` in conf/idnode.yaml.
struct GateOptions {
    limits::Rate source_requests{};
    limits::Rate source_work{};
    limits::Rate datagram_work{};  ///< of all sources together that may be forged
    limits::Rate identity_requests{};
    std::uint32_t applications_per_day = 0;  ///< of one source; 0: any number
    std::uint32_t applications_burst = 1;
    limits::LoginLimits logins{};
    std::size_t sources_max = 65'536;
    std::size_t identities_max = 65'536;
};

/// What stands before administration: how much any one source and any one identity may ask for, in
/// tables of a fixed size. Whoever is refused is told by "server busy" and a sentence that names
/// the limit, and is counted. Threads may share it.
///
/// Work is what costs the node milliseconds before anybody has shown who he is: an agreement by
/// Diffie-Hellman, and a proof that fails. It is charged before it is done, by what it will cost,
/// and a proof that holds is given back. Addresses on datagrams cost nothing to invent, so what all
/// of them may cause together is bounded as well; who is refused a session there is told "error",
/// which the reference client takes for a reason to ask over TCP, where its address is sure.
class Gate {
public:
    /// The clock must outlive the gate.
    Gate(const GateOptions& options, const Clock& clock);

    struct Refusal {
        protocol::ResponseCode code;
        std::string_view sentence;
    };
    /// How the request is refused; nothing when it may go on.
    using Refused = std::optional<Refusal>;

    /// Of every request, before anything is done about it.
    Refused refuse_request(const limits::Source& source);
    /// Before keys are agreed upon.
    Refused refuse_agreement(const limits::Source& source, protocol::Bytes exchange_key);
    /// Before a proof is looked at; its verdict must be noted. `tries` says how many challenges it
    /// may be the answer to, each of which has to be tried.
    Refused refuse_proof(const limits::Source& source, std::string_view handle,
                         protocol::Bytes signed_response, std::size_t tries = 1);
    /// `address_shown` says whether the proof comes from the address that it bears, as the answer
    /// to a challenge does.
    void note_verdict(const limits::Source& source, std::string_view handle,
                      protocol::Bytes signed_response, protocol::ResponseCode verdict,
                      bool address_shown = true, std::size_t tries = 1);
    /// Before that many answers are signed by the server: whether as many are left of those that
    /// there may be in a second.
    bool take_signatures(std::uint32_t per_second, std::size_t count);
    /// Before an enterprise that nobody knows yet applies.
    Refused refuse_application(const limits::Source& source);
    /// Of every request of somebody who has shown who he is.
    Refused refuse_identity(const protocol::Reference& identity);

    Counts& counts() noexcept { return counts_; }
    const Counts& counts() const noexcept { return counts_; }

private:
    Refused refuse(Limit limit, std::string_view sentence);
    /// Which limit forbids work of this cost; nothing when it was charged.
    std::optional<Limit> take_work(const limits::Source& source, std::uint32_t cost);

    limits::RateLimiter source_requests_;
    limits::RateLimiter source_work_;
    limits::RateLimiter datagram_work_;
    limits::RateLimiter identity_requests_;
    limits::RateLimiter applications_;
    limits::LoginGuard logins_;
    const Clock& clock_;
    std::mutex signature_guard_;
    limits::TokenBucket signatures_;
    Counts counts_;
};

}  // namespace idnode::resolver::admin
