#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/message.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/clock.hpp"
#include "resolver/limits/limit_key.hpp"

namespace idnode::resolver::auth {

struct ChallengeLimits {
    std::size_t count_max = 10'000;
    std::size_t per_source_max = 1000;  ///< of one source; 0: as many as there may be in all
    std::size_t octets_max = 64 << 20;  ///< of all requests that wait for their answer
    std::uint32_t life_seconds = 60;
};

/// What a client was asked to sign.
struct OpenChallenge {
    std::uint32_t id = 0;  ///< goes where the session id stands
    protocol::DigestAlgorithm digest_algorithm = protocol::DigestAlgorithm::sha256;
    DigestValue request_digest{};
    std::array<std::byte, protocol::nonce_size> nonce{};

    /// The body of response code 402; it views this.
    protocol::Challenge body() const noexcept {
        return {.request_digest = {.algorithm = digest_algorithm, .octets = request_digest.bytes()},
                .nonce = nonce};
    }
};

/// A request that is done once its challenge is answered.
struct ChallengedRequest {
    OpenChallenge challenge;
    limits::Source source;  ///< that was challenged
    std::string message;    ///< whole and clear, envelope included
};

/// Requests that wait for op code 200 (RFC 3652 §3.5). Each challenge is good for one answer, right
/// or wrong, within its life. Bounded in number and octets: a new challenge drives out the oldest,
/// since an honest client answers at once and a flood never does. Bounded for each source as well:
/// one that has its share drives out its own oldest, so that a flood drives out itself first.
/// Threads may share it: the answer to a datagram may come to another worker.
class ChallengeTable {
public:
    /// What has become of challenges since the start, and how many wait.
    struct Figures {
        std::uint64_t issued = 0;
        std::uint64_t answered = 0;
        std::uint64_t expired = 0;
        std::uint64_t displaced = 0;  ///< driven out by newer ones
        std::uint64_t unknown = 0;    ///< answers to none
        std::size_t waiting = 0;
    };

    /// The clock must outlive the table.
    ChallengeTable(ChallengeLimits limits, const Clock& clock) : limits_{limits}, clock_{clock} {}

    /// Keeps a request and challenges its sender. `message` was decoded from `octets`. Outside of a
    /// session the id is a new even one (sessions have odd ones); in a session it is the session's,
    /// and takes the place of an earlier challenge there. Nothing when the request alone is larger
    /// than all of them may be. Throws std::runtime_error when there are no random octets.
    std::optional<OpenChallenge> issue(const protocol::Message& message, protocol::Bytes octets,
                                       std::uint32_t session_id = 0,
                                       const limits::Source& source = {});

    /// Gives the request out, once; nothing when there is none, or its time is over.
    std::optional<ChallengedRequest> take(std::uint32_t id);

    std::size_t count() const;
    std::size_t octets() const;
    Figures figures() const;

private:
    struct Entry;
    using Entries = std::list<Entry>;  ///< in the order in which they were issued
    using Share = std::list<Entries::iterator>;
    struct Entry {
        ChallengedRequest request;
        std::uint32_t issued = 0;
        Share::iterator place;  ///< among those of its source
    };
    struct HashSource {
        std::size_t operator()(const limits::Source& source) const noexcept;
    };

    bool is_over(const Entry& entry, std::uint32_t now) const noexcept;
    void make_room(std::size_t octets, const limits::Source& source, std::uint32_t now);
    /// Drives one out before its time, or after it.
    void displace(Entries::iterator entry, std::uint32_t now);
    void unlink(Entries::iterator entry);
    std::uint32_t make_id() const;

    const ChallengeLimits limits_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::unordered_map<std::uint32_t, Entries::iterator> by_id_;
    std::unordered_map<limits::Source, Share, HashSource> shares_;  ///< none is empty
    std::size_t octets_ = 0;
    Figures figures_;
};

}  // namespace idnode::resolver::auth
