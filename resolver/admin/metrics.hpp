#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "protocol/codes/op_code.hpp"
#include "registry/commit_queue.hpp"
#include "resolver/admin/given_answers.hpp"
#include "resolver/auth/challenge_table.hpp"
#include "resolver/auth/session_table.hpp"
#include "resolver/metrics.hpp"
#include "resolver/webhooks/figures.hpp"

namespace idnode::resolver::admin {

/// A count to which any thread adds.
class SharedCounter {
public:
    void add() noexcept { value_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Which limit has refused a request: reasons of `idnode_refusals_total`.
enum class Limit : std::uint8_t {
    requests,           ///< so many wait that nobody has time
    source_requests,    ///< of one source
    source_work,        ///< key agreements and failed proofs of one source
    datagram_work,      ///< the same, of all whose address may be forged
    identity_requests,  ///< of one identity
    login,              ///< too many failed proofs
    changes,            ///< so many changes wait that no more are taken
    signatures,         ///< more certified answers than one second has
    request_memory,     ///< requests that have no answer yet need that much
    applications,       ///< of enterprises from one source
};
inline constexpr std::size_t limit_count = 10;

/// What came of a request for a change.
enum class ChangeOutcome : std::uint8_t {
    done,
    duplicate,  ///< it had been done before
    refused,    ///< with the code that says why
    busy,
    failed,  ///< the store could not write
};
inline constexpr std::size_t change_outcome_count = 5;

/// What came of the answer to a challenge.
enum class ProofOutcome : std::uint8_t {
    proven,
    failed,   ///< no such identity, or not its key
    unfit,    ///< malformed, too weak or too costly
    delayed,  ///< not looked at, because too many failed before
};
inline constexpr std::size_t proof_outcome_count = 4;

/// The operations that change something, as far as they are counted.
inline constexpr std::array change_operations{
    protocol::OpCode::create_handle, protocol::OpCode::delete_handle, protocol::OpCode::add_value,
    protocol::OpCode::remove_value,  protocol::OpCode::modify_value,  protocol::OpCode::home_prefix,
    protocol::OpCode::unhome_prefix};

/// What administration counts. Threads may share it.
struct Counts {
    std::array<SharedCounter, WorkerMetrics::response_places> responses;
    std::array<SharedCounter, limit_count> limits;
    std::array<SharedCounter, proof_outcome_count> proofs;
    std::array<std::array<SharedCounter, change_outcome_count>, change_operations.size()> changes;
    SharedCounter refused_sessions;           ///< setups that were no good
    std::array<SharedCounter, 600> statuses;  ///< answers of the API, by status of HTTP

    void count(protocol::ResponseCode code) noexcept;
    void count_status(unsigned status) noexcept {
        if (status < statuses.size()) statuses[status].add();
    }
    void count(Limit limit) noexcept { limits[static_cast<std::size_t>(limit)].add(); }
    void count(ProofOutcome outcome) noexcept { proofs[static_cast<std::size_t>(outcome)].add(); }
    /// Nothing, when the operation is none that changes anything.
    void count(protocol::OpCode operation, ChangeOutcome outcome) noexcept;
};

/// Questions to other nodes about the keys that they hold.
struct KeyFigures {
    std::uint64_t asked = 0;
    std::uint64_t unanswered = 0;  ///< of these, in time and so that it could be believed
    std::uint64_t refused = 0;     ///< not asked, since too many were open
    std::uint64_t kept_used = 0;   ///< keys that were found in memory instead
    std::uint64_t kept = 0;        ///< handles whose keys are in memory at the moment
};

/// What `/metrics` shows of administration. `counts` outlives it.
struct Figures {
    const Counts& counts;
    auth::ChallengeTable::Figures challenges;
    auth::SessionTable::Figures sessions;
    GivenAnswers::Figures given_answers{};
    registry::CommitQueue::Figures commits;
    KeyFigures keys{};
    webhooks::Figures webhooks{};
    std::size_t waiting_requests = 0;
    std::size_t request_octets = 0;  ///< of all that have no answer yet
};

}  // namespace idnode::resolver::admin
