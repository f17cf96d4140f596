#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "resolver/auth/error.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "resolver/auth/proof.hpp"
#include "resolver/auth/replay_window.hpp"
#include "resolver/clock.hpp"
#include "resolver/limits/limit_key.hpp"

namespace idnode::resolver::auth {

struct SessionLimits {
    std::size_t count_max = 100'000;
    std::uint32_t age_seconds_max = 86'400;
    std::uint32_t idle_seconds_max = 3'600;  ///< a client may ask for less
};

/// Whom a session is for. Of the handle there is a digest only: whoever sets a session up may name
/// anybody, at any length, before he has proven anything.
struct Named {
    limits::LimitKey handle;
    std::uint32_t index = 0;  ///< 0: any key of the handle
};

/// Nobody, where the handle is empty.
std::optional<Named> name_identity(std::string_view handle, std::uint32_t index);

/// What it takes to read a message of a session and to answer it; a copy.
struct SessionState {
    SessionKey key;
    /// Nobody else may prove himself in it: who was named when it was set up, or else who has
    /// proven himself first.
    std::optional<Named> named;
    /// Who holds the session, once he has answered a challenge in it.
    std::optional<Proof> proof;

    /// Whether somebody may prove with this key, or with any of his (0), that he is its holder.
    bool admits(std::string_view handle, std::uint32_t index) const;
};

/// Sessions (RFC 3652 §3.7), bounded in number, age and idle time. A session that exceeds either
/// time is gone. When all places are taken, a new one drives out the session that was not used for
/// longest: among those whose holder has not proven who he is, and only when there are none among
/// the others. So a flood of setups drives out itself. Only a message with a right MAC, or a right
/// answer to a challenge, is a use. Threads may share it: the datagrams of a session may come to
/// several workers.
class SessionTable {
public:
    /// What has become of sessions since the start, and how many are open.
    struct Figures {
        std::uint64_t opened = 0;
        std::uint64_t closed = 0;
        std::uint64_t expired = 0;
        std::uint64_t displaced = 0;  ///< driven out by newer ones
        std::size_t open = 0;
    };

    /// The clock must outlive the table.
    SessionTable(SessionLimits limits, const Clock& clock) : limits_{limits}, clock_{clock} {}

    /// A new session; its id is odd, and nobody can foresee it. `timeout_seconds` is the idle time
    /// that the client asks for, 0 for no wish. Throws std::runtime_error when there are no random
    /// octets. Precondition: at least one place.
    std::uint32_t open(SessionKey key, std::uint32_t timeout_seconds,
                       const std::optional<Named>& named = {});

    /// Nothing when the session does not exist (any more): response code 500.
    std::optional<SessionState> find(std::uint32_t id);

    /// Takes the counter of a message whose MAC was verified: `errc::replayed` when it came before
    /// or may have (response code 505), `errc::unknown_session` when the session is gone.
    Result<void> accept(std::uint32_t id, std::uint32_t session_counter);

    /// The counter of our next message in the session, from 1 on; nothing when it is gone.
    std::optional<std::uint32_t> next_counter(std::uint32_t id);

    /// Writes down who has answered a challenge in the session; false when it is gone, or
    /// somebody else's.
    bool set_proof(std::uint32_t id, const Proof& proof);

    /// Forgets who it was, since his key is gone; nobody else may prove himself all the same.
    void forget_proof(std::uint32_t id);

    /// Ends a session; false when there was none.
    bool close(std::uint32_t id);

    std::size_t count() const;
    Figures figures() const;

private:
    using Order = std::list<std::uint32_t>;  ///< ids, that of the longest unused first
    struct Entry {
        SessionState state;
        ReplayWindow window;
        std::uint32_t counter = 0;
        std::uint32_t opened = 0;
        std::uint32_t used = 0;
        std::uint32_t idle_seconds_max = 0;
        Order::iterator place;
    };
    using Entries = std::unordered_map<std::uint32_t, Entry>;

    Order& order_of(const Entry& entry) noexcept { return orders_[entry.state.proof ? 1 : 0]; }
    bool is_over(const Entry& entry, std::uint32_t now) const noexcept;
    Entries::iterator find_living(std::uint32_t id);
    void put_proof(Entry& entry, std::optional<Proof> proof);
    void use(Entry& entry);
    void erase(Entries::iterator entry);
    void make_room(std::uint32_t now);

    const SessionLimits limits_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::array<Order, 2> orders_;  ///< without and with a proven identity
    Figures figures_;
};

}  // namespace idnode::resolver::auth
