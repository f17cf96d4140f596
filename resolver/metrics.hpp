#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/codes/response_code.hpp"
#include "registry/changes.hpp"
#include "registry/trace/thing_memory.hpp"

namespace idnode::resolver {

/// A count with one writing thread and any number of readers: adding costs no lock and no bus
/// traffic.
class Counter {
public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount = 1) noexcept { add(0 - amount); }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Why something from a peer got no regular answer.
enum class Refusal : std::uint8_t {
    malformed_message,      ///< answered with protocol error
    malformed_http,         ///< answered with a 4xx status, connection closed
    unanswerable_datagram,  ///< too short to answer, or a stray response
    reassembly_limit,       ///< a part of a split request found no room
    reassembly_timeout,     ///< the other parts never came
    send_queue_full,        ///< the system took no more datagrams
    connection_limit,       ///< the longest idle connection made room for a new one
    buffer_limit,           ///< a connection wanted more memory than there is
    idle_timeout,
    request_timeout,      ///< a request that never became whole
    write_timeout,        ///< a peer that does not read
    accept_failed,        ///< no file descriptors left
    signature_limit,      ///< more certified answers than one second has
    waiting_limit,        ///< too many datagrams wait for the disk
    waiting_timeout,      ///< the disk did not deliver
    large_answer_limit,   ///< too many large answers wait for their turn
    tls_handshake,        ///< a peer that does not speak TLS, or has nothing in common with us
    amplification_limit,  ///< an answer too large for an address that may be forged
};
inline constexpr std::size_t refusal_count = 18;

/// What one worker counts. Only the worker adds; `/metrics` reads.
struct WorkerMetrics {
    std::array<Counter, 9> requests;  ///< by registry::Transport
    std::array<Counter, refusal_count> refusals;
    /// By response code; codes past the end share the last place.
    static constexpr std::size_t response_places = 640;
    static constexpr std::size_t response_place(protocol::ResponseCode code) noexcept {
        const auto place = static_cast<std::size_t>(code);
        return place < response_places ? place : response_places - 1;
    }
    std::array<Counter, response_places> responses;
    Counter store_faults;
    Counter disk_waits;       ///< requests that were set aside until the disk delivered
    Counter connections;      ///< open at the moment
    Counter buffered_octets;  ///< held for connections at the moment
    Counter front_records;    ///< held in the front index at the moment
    Counter front_octets;     ///< memory that it takes

    void count(registry::Transport transport) noexcept {
        requests[static_cast<std::size_t>(transport)].add();
    }
    void count(Refusal refusal) noexcept { refusals[static_cast<std::size_t>(refusal)].add(); }
    void count(protocol::ResponseCode code) noexcept { responses[response_place(code)].add(); }
};

/// What `/metrics` shows beside the workers' counts.
struct StoreFigures {
    std::uint64_t records = 0;
    std::uint64_t sequence = 0;
    std::uint64_t file_octets = 0;
    registry::trace::ThingMemory::Figures things{};
};

namespace admin {
struct Figures;
}

/// The sum over all workers in Prometheus text format 0.0.4, with the figures of administration
/// where there is one.
std::string format_metrics(const std::vector<std::shared_ptr<WorkerMetrics>>& workers,
                           const StoreFigures& store,
                           const admin::Figures* administration = nullptr);

}  // namespace idnode::resolver
