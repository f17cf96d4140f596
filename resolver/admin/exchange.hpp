#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/changes.hpp"
#include "resolver/admin/answers.hpp"
#include "resolver/admin/gate.hpp"
#include "resolver/admin/login.hpp"
#include "resolver/auth/challenge_table.hpp"
#include "resolver/auth/session_table.hpp"
#include "resolver/limits/limit_key.hpp"
#include "resolver/reply.hpp"
#include "resolver/service.hpp"
#include "resolver/statistics/tally.hpp"

namespace idnode::resolver::admin {

inline constexpr std::string_view too_many_certified =
    "Too many certified answers are asked for; try again in a second";

/// By which way a message came, and from where.
struct Arrival {
    registry::Transport transport = registry::Transport::local;
    limits::Source source{};
    statistics::Address address{};   ///< of that source
    std::shared_ptr<Login> login{};  ///< of the connection, if it may have one
    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();

    std::chrono::nanoseconds age() const noexcept { return std::chrono::steady_clock::now() - at; }
};

/// One request on its way to its answer: what came, who asks, and how the answer has to leave.
/// Used by one thread at a time.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    /// `sessions` and `gate` outlive the exchange.
    Exchange(std::string message, const Arrival& arrived, Done done,
             std::shared_ptr<const ServiceContext> context, auth::SessionTable& sessions,
             Gate& gate, std::uint32_t now)
        : arrival{arrived},
          octets_{std::move(message)},
          done_{std::move(done)},
          context_{std::move(context)},
          sessions_{sessions},
          gate_{gate},
          now_{now} {}

    /// The request in the clear; valid once `read` has succeeded.
    const protocol::Message& request() const noexcept { return request_; }
    protocol::Bytes octets() const noexcept { return protocol::bytes_of(octets_); }
    protocol::Envelope envelope() const noexcept;

    /// Takes the octets apart as they are now.
    protocol::Result<void> read();
    /// Puts a clear message in the place of an encrypted one.
    void replace(std::string clear);
    /// Goes on with the request that was challenged: it is answered under the id of the answer to
    /// the challenge.
    void resume(std::string challenged, bool in_session);

    /// Whether the answer may be signed by the server, as far as it will have to be: false when
    /// there is no signature left for it. An answer that was not asked about, such as that of an
    /// error, leaves unsigned then.
    bool reserve_signature();

    // Each of these ends the exchange.
    void finish(protocol::ResponseCode code,
                const std::function<void(protocol::WireWriter&)>& write_body = {});
    void fail(protocol::ResponseCode code, std::string_view sentence);
    void challenge(const auth::OpenChallenge& challenge);
    /// Several messages that belong together; refused when they cannot all be signed.
    void finish_list(const std::vector<std::string>& handles);
    /// With nothing but the envelope, and the header of what came in the clear. Unsigned.
    void fail_unread(protocol::ResponseCode code, std::string_view sentence);
    /// While nobody knows who sent this. What came encrypted is always told that it does not belong
    /// to the session: whoever could see more than that could decrypt with our help.
    void fail_unproven(protocol::ResponseCode code, std::string_view sentence);
    /// Response code 501, for octets that cannot be decrypted and for a wrong MAC.
    void fail_not_of_session();
    /// Without an answer: making one has failed as well.
    void abandon() noexcept;
    bool finished() const noexcept { return !done_; }

    /// Who is told the answer; whoever takes him away ends the exchange.
    Done& done() noexcept { return done_; }

    Counts& counts() noexcept { return gate_.counts(); }

    const Arrival arrival;
    std::optional<auth::SessionState> session;  ///< that the request belongs to
    std::optional<auth::Proof> proof;           ///< of who asks
    /// Groups that other nodes hold, learned for this request: values by folded handle.
    std::map<std::string, std::vector<protocol::Value>> learned;
    std::uint32_t new_session_id = 0;  ///< of the answer to a session setup
    bool signed_by_server = false;     ///< whether that was asked for or not, session or not
    bool shows_restricted = false;     ///< the answer must not leave in the clear in a session

private:
    using Write = std::function<Reply(ReplyWriter&)>;
    bool is_certified() const noexcept;
    std::string compose(const Write& write);
    std::string protect(std::string answer, bool certify);
    void end(protocol::ResponseCode code, Answers answers);

    std::string octets_;
    protocol::Message request_{};
    bool read_ = false;
    bool encrypted_ = false;  ///< it came so
    bool may_sign_ = false;
    Done done_;
    std::shared_ptr<const ServiceContext> context_;
    auth::SessionTable& sessions_;
    Gate& gate_;
    std::uint32_t now_;
};

}  // namespace idnode::resolver::admin
