#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "registry/commit_queue.hpp"
#include "registry/lookup.hpp"
#include "resolver/admin/change_request.hpp"
#include "resolver/admin/exchange.hpp"
#include "resolver/admin/fault_log.hpp"
#include "resolver/admin/foreign_keys.hpp"
#include "resolver/admin/gate.hpp"
#include "resolver/admin/given_answers.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/admin/recent_requests.hpp"
#include "resolver/auth/authenticate.hpp"
#include "resolver/auth/challenge_table.hpp"
#include "resolver/auth/session_table.hpp"
#include "resolver/service.hpp"
#include "resolver/statistics/statistics.hpp"

namespace idnode::resolver::admin {

inline constexpr std::string_view malformed = "The message is malformed";
inline constexpr std::string_view not_offered = "This node does not offer that operation";
/// The sentence of the reference server: clients are known to look for it.
inline constexpr std::string_view no_session =
    "Invalid session id or session time out. Please try again.";

struct AdministrationOptions {
    auth::ChallengeLimits challenges{};
    auth::SessionLimits sessions{};
    protocol::ReferenceList administrators{};  ///< of the node itself: they home prefixes
    auth::Weak weak = auth::Weak::refused;
    GateOptions gate{};
    FindGrantees find_grantees = [](const registry::Snapshot&, const protocol::Reference&) {
        return std::vector<std::string>{};
    };
    /// Whether a proven key shows nobody, since the account that it stands for is disabled, or
    /// suspended with its enterprise.
    std::function<bool(const registry::Snapshot& snapshot, const protocol::Reference& identity)>
        is_barred = [](const registry::Snapshot&, const protocol::Reference&) { return false; };
};

/// What takes longer than a look-up: proving who somebody is (RFC 3652 §3.5), sessions (§3.7),
/// changes (§3.6), lists, and reading what only administrators may read. Takes whole messages and
/// gives whole messages, whatever they came by. Threads may call it at once, each with a lookup of
/// its own; changes are answered on the writer's thread, after they are durable.
class Administration {
public:
    /// Everything referred to must outlive it and whatever was submitted to the queue.
    /// `post` runs what takes time, such as signing, on a thread with a lookup of its own.
    using Post = std::function<void(std::function<void(registry::Lookup&)>)>;
    Administration(registry::CommitQueue& queue, ForeignKeys& foreign_keys,
                   RecentRequests& recent_requests, statistics::Statistics& statistics,
                   const Clock& clock, Post post, const AdministrationOptions& options);

    /// What it signs with and says of itself from now on.
    void set_context(ServiceContext context);

    /// Answers one message; `done` is called once, now or later, with all messages of the answer in
    /// their order. Never throws: what fails is answered so.
    void answer(registry::Lookup& lookup, std::string message, const Arrival& arrival,
                Done done) noexcept;

    /// The answer to a message that nobody has time for.
    std::string refuse(protocol::Bytes message, std::string_view sentence);

    /// What a message has to pass before it is answered.
    Gate& gate() noexcept { return gate_; }

    /// All but how many requests wait, which others know.
    Figures figures() const;

private:
    using Pending = std::shared_ptr<Exchange>;

    static void guard(Exchange& exchange, const std::function<void()>& step) noexcept;
    void go_on(registry::Lookup& lookup, const Pending& exchange,
               const std::function<void()>& step) noexcept;
    void begin(registry::Lookup& lookup, const Pending& exchange);
    bool enter_session(registry::Lookup& lookup, Exchange& exchange);
    bool decrypt(Exchange& exchange);
    void dispatch(registry::Lookup& lookup, const Pending& exchange);
    /// Takes the identity of a connection that has logged in.
    void recognize(registry::Lookup& lookup, Exchange& exchange) const;
    void log_in(registry::Lookup& lookup, Exchange& exchange);
    /// False, and refused, where the peer speaks the dialect and has to log in.
    static bool may_challenge(Exchange& exchange);
    void answer_challenge_response(registry::Lookup& lookup, const Pending& exchange);
    /// Challenges on which an answer is tried one after the other, the oldest first.
    struct Trial {
        auth::ChallengedRequests challenged;
        std::size_t at = 0;
        bool taken = false;  ///< the only one, which nobody else can answer any more

        const auth::ChallengedRequest& current() const { return *challenged[at]; }
    };
    /// Why nobody, or not this one, may answer what waits under an id.
    Gate::Refused refuse_answer(std::uint32_t id, const protocol::ChallengeAnswer& answer);
    void begin_trial(const Exchange& exchange, Trial& trial);
    void try_answer(registry::Lookup& lookup, const Pending& exchange,
                    const std::shared_ptr<Trial>& trial);
    void finish_try(registry::Lookup& lookup, const Pending& exchange,
                    const std::shared_ptr<Trial>& trial, const auth::Verdict& verdict);
    void resume(Exchange& exchange, const auth::ChallengedRequest& challenged);
    void answer_verification(registry::Lookup& lookup, Exchange& exchange);
    void set_up_session(Exchange& exchange);
    void terminate_session(Exchange& exchange);
    void answer_resolution(registry::Lookup& lookup, Exchange& exchange);
    grants::Granted granted_to(const registry::Snapshot& snapshot,
                               const protocol::Reference& identity, std::string_view handle) const;
    Requester::May may_in_transaction(registry::Lookup& lookup, const Pending& exchange);
    void answer_change(registry::Lookup& lookup, const Pending& exchange);
    /// What of a change is needed once it is made.
    struct Asked {
        std::string created;                         ///< the handle, if one was
        std::optional<registry::Digest> remembered;  ///< by what, if at all
    };
    void finish_change(Exchange& exchange, const Asked& asked, const registry::JobOutcome& outcome);
    void answer_list(registry::Lookup& lookup, Exchange& exchange);
    /// Asks who it is, unless that is known; true when it is.
    bool require_identity(registry::Lookup& lookup, Exchange& exchange);
    /// Whether somebody may, by a question about what is known of handles. Nothing while another
    /// node is asked for a group; the request is dispatched again when it has answered.
    using May = std::function<bool(const auth::FindValues& find_values)>;
    std::optional<bool> find_permission(registry::Lookup& lookup, Exchange& exchange,
                                        const May& may);
    std::shared_ptr<const ServiceContext> context() const;

    registry::CommitQueue& queue_;
    ForeignKeys& foreign_keys_;
    RecentRequests& recent_requests_;
    statistics::Statistics& statistics_;
    const Clock& clock_;
    const Post post_;
    FaultLog faults_;
    const AdministrationOptions options_;
    auth::ChallengeTable challenges_;
    auth::SessionTable sessions_;
    GivenAnswers given_answers_;
    Gate gate_;
    mutable std::mutex context_guard_;
    std::shared_ptr<const ServiceContext> context_ = std::make_shared<ServiceContext>();
};

}  // namespace idnode::resolver::admin
