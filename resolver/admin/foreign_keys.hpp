#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/authentication.hpp"
#include "registry/lookup.hpp"
#include "resolver/admin/metrics.hpp"
#include "resolver/admin/questions.hpp"
#include "resolver/admin/value_cache.hpp"
#include "resolver/auth/authenticate.hpp"
#include "resolver/clock.hpp"

namespace idnode::resolver::admin {

struct ForeignKeyOptions {
    /// Who is asked: for a prefix before any delegation, for any (`any_prefix`) after all of them.
    std::vector<PrefixServer> servers;
    QuestionLimits questions{};
    CacheLimits cache{};
    auth::Weak weak = auth::Weak::refused;
};

/// Keys that other nodes hold. The public ones are resolved and kept for a while; about secret ones
/// the node that holds them is asked whether a response is right (op code 201). Which node that is
/// says the operator, or a delegation in the registry. Threads may call everything here.
class ForeignKeys {
public:
    /// The clock must outlive it.
    ForeignKeys(const ForeignKeyOptions& options, const Clock& clock);

    /// Where this node listens itself: nothing is asked there.
    void set_own(std::vector<Endpoint> listening) { questions_.set_own(std::move(listening)); }

    using Later = std::function<void(const auth::Verdict& verdict)>;

    /// Decides who answered a challenge, as `auth::authenticate` does, whoever holds the key. When
    /// that takes a question, there is no verdict yet: `later` is called once, on another thread
    /// or before this returns; until then `challenge` and what `answer` views must live. Codes
    /// beside those of `auth::authenticate`: 406 when the node that holds the key gives no answer
    /// that may be believed, 3 when too many questions are open.
    std::optional<auth::Verdict> authenticate(registry::Lookup& lookup,
                                              const auth::OpenChallenge& challenge,
                                              const protocol::ChallengeAnswer& answer, Later later);

    /// The same for a TLS client by its certificate (X.509, DER), which must live as long; see
    /// `auth::authenticate_by_certificate`.
    std::optional<auth::Verdict> authenticate_by_certificate(registry::Lookup& lookup,
                                                             std::string_view certificate,
                                                             Later later);

    /// Whether a proof still counts: the key is there as it was. Another node's key is believed for
    /// as long as it may be kept; then it has to be proven anew.
    bool still_counts(registry::Lookup& lookup, const auth::Proof& proof) const;

    /// Whether another node holds a handle, as far as is known here.
    bool is_elsewhere(registry::Lookup& lookup, std::string_view handle) const {
        return find_home_of(lookup, handle).has_value();
    }

    /// Public keys and groups of a handle that another node holds. `done` is called once, as
    /// `later` is, with nothing when it has none or nobody says.
    void find_values(registry::Lookup& lookup, std::string_view handle,
                     std::function<void(std::vector<protocol::Value> values)> done);

    /// Asks nothing more; what waits for an answer is forgotten.
    void stop() { questions_.stop(); }

    KeyFigures figures() const;

private:
    /// Values of a handle, none where it has none of use; or why nobody knows.
    struct Fetched {
        protocol::ResponseCode code = protocol::ResponseCode::success;
        std::vector<protocol::Value> values;
    };
    using Fetch = std::function<void(const Fetched& fetched)>;
    /// Decides by the values of the handle that is named.
    using Judge = std::function<auth::Verdict(const auth::FindValues& find_values)>;
    struct Kept {
        std::vector<protocol::Value> values;
        std::uint32_t age_seconds;
    };

    std::optional<Home> find_home_of(registry::Lookup& lookup, std::string_view handle) const;
    std::optional<Kept> find_kept(std::string_view handle);
    std::optional<auth::Verdict> try_public_key(const Home& home, std::string_view handle,
                                                const Judge& judge, Later later);
    std::optional<auth::Verdict> try_secret_key(const Home& home,
                                                const auth::OpenChallenge& challenge,
                                                const protocol::ChallengeAnswer& answer,
                                                Later later);
    void fetch(const Home& home, std::string_view handle, Fetch done);
    void finish_fetch(const std::string& handle, const Fetched& fetched);
    bool ask(PeerQuestion question, Questions::Done done);

    const ForeignKeyOptions options_;
    const Clock& clock_;
    mutable std::mutex guard_;
    ValueCache cache_;
    std::map<std::string, std::vector<Fetch>> fetches_;  ///< that are under way, by folded handle
    std::size_t waiting_ = 0;                            ///< for a fetch that others began
    std::atomic<std::uint64_t> asked_{0};
    std::atomic<std::uint64_t> unanswered_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> hits_{0};
    Questions questions_;  ///< last: its answers need the others
};

}  // namespace idnode::resolver::admin
