#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/message.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/clock.hpp"
#include "resolver/limits/limit_key.hpp"

namespace idnode::resolver::auth {

struct ChallengeLimits {
    std::size_t count_max = 10'000;
    std::size_t per_source_max = 1000;  ///< of one source; 0: as many as there may be in all
    std::size_t per_session_max = 16;   ///< at least 1
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

using ChallengedRequests = std::vector<std::shared_ptr<const ChallengedRequest>>;

/// Requests that wait for op code 200 (RFC 3652 §3.5). Each challenge is good for one answer, right
/// or wrong, within its life. Bounded in number and octets: a new challenge drives out the oldest,
/// since an honest client answers at once and a flood never does. Bounded for each source and each
/// session as well: one that has its share drives out its own oldest, so that a flood drives out
/// itself first. Threads may share it: the answer to a datagram may come to another worker.
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
    /// which several challenges may have. Nothing when the request alone is larger than all of them
    /// may be. Throws std::runtime_error when there are no random octets.
    std::optional<OpenChallenge> issue(const protocol::Message& message, protocol::Bytes octets,
                                       std::uint32_t session_id = 0,
                                       const limits::Source& source = {});

    /// What waits under an id within its time, the oldest first: in a session perhaps several. An
    /// answer does not say to which of them it is.
    ChallengedRequests find(std::uint32_t id);

    /// Says which of them was answered, rightly or wrongly; false when somebody was faster, or it
    /// was driven out meanwhile.
    bool take(const OpenChallenge& challenge);

    std::size_t count() const;
    std::size_t octets() const;
    Figures figures() const;

private:
    struct Entry;
    using Entries = std::list<Entry>;  ///< in the order in which they were issued
    using Share = std::list<Entries::iterator>;
    using Ids = std::multimap<std::uint32_t, Entries::iterator>;  ///< of one id in their order
    struct Entry {
        std::shared_ptr<const ChallengedRequest> request;
        std::uint32_t issued = 0;
        Share::iterator place;     ///< among those of its source
        Ids::iterator id_place{};  ///< and of its id
    };
    struct HashSource {
        std::size_t operator()(const limits::Source& source) const noexcept;
    };

    bool is_over(const Entry& entry, std::uint32_t now) const noexcept;
    void make_room(const ChallengedRequest& request, std::uint32_t now);
    /// Drives one out before its time, or after it.
    void displace(Entries::iterator entry, std::uint32_t now);
    void erase(Entries::iterator entry);
    std::uint32_t make_id() const;

    const ChallengeLimits limits_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    Entries entries_;
    Ids by_id_;
    std::unordered_map<limits::Source, Share, HashSource> shares_;  ///< none is empty
    std::size_t octets_ = 0;
    Figures figures_;
};

}  // namespace idnode::resolver::auth
