#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "protocol/handle/authentication.hpp"
#include "resolver/auth/proof.hpp"
#include "resolver/clock.hpp"
#include "resolver/limits/lru_table.hpp"

namespace idnode::resolver::api {

/// What a client that authenticates by "Handle" and the node know of each other.
struct HttpSession {
    std::string id;                                       ///< 32 hex digits that nobody can foresee
    std::array<std::byte, protocol::nonce_size> nonce{};  ///< of the node, for the client to sign
    std::optional<auth::Proof> proof{};                   ///< once one has been given
};

struct HttpSessionLimits {
    std::size_t count_max = 100'000;
    std::uint32_t age_seconds_max = 86'400;
    std::uint32_t idle_seconds_max = 3'600;
};

/// Sessions of the HTTP API, bounded in number, age and idle time; those whose holder has not shown
/// who he is, and those whose holder has, have places of their own, so that a flood of the former
/// drives out nobody who has. Threads may share it.
class HttpSessions {
public:
    /// The clock must outlive it. At least one place.
    HttpSessions(const HttpSessionLimits& limits, const Clock& clock)
        : limits_{limits}, clock_{clock}, open_{limits.count_max}, proven_{limits.count_max} {}

    HttpSession open();
    /// Nothing when there is none of that name, or its time is over. Asking for it is a use.
    std::optional<HttpSession> find(std::string_view id);
    /// Writes down how the holder has shown who he is; his session has a new nonce afterwards.
    std::optional<HttpSession> prove(std::string_view id, const auth::Proof& proof);
    /// False when there was none.
    bool close(std::string_view id);

private:
    struct Entry {
        HttpSession session;
        std::uint32_t opened = 0;
        std::uint32_t used = 0;
    };
    using Table = limits::LruTable<Entry>;

    Entry* find_living(std::string_view id);

    const HttpSessionLimits limits_;
    const Clock& clock_;
    std::mutex mutex_;
    Table open_;
    Table proven_;
};

}  // namespace idnode::resolver::api
