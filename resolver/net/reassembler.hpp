#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/handle/message.hpp"
#include "resolver/metrics.hpp"

namespace idnode::resolver {

/// Bounds on what unfinished split requests may hold; see `udp.reassembly_*` in conf/idnode.yaml.
struct ReassemblyLimits {
    std::chrono::milliseconds timeout{5000};
    std::size_t messages_max = 256;
    std::size_t per_source_max = 4;
    std::size_t memory_max = std::size_t{8} << 20;
};

/// Puts requests together that came in several datagrams (RFC 3652 §2.3: each of 492 octets but
/// the last, behind an envelope of its own). What finds no room is dropped and counted; what does
/// not become whole in time makes room. Memory is taken for the announced length at the first
/// datagram and never grows. Used by one thread.
class Reassembler {
public:
    using Clock = std::chrono::steady_clock;

    Reassembler(ReassemblyLimits limits, WorkerMetrics& metrics)
        : limits_{limits}, metrics_{metrics} {}

    /// Takes one datagram with the truncated flag set, from a peer that `source` identifies.
    /// Returns the whole message, envelope in front and flag cleared, when this was the last part;
    /// valid until the next call.
    std::optional<protocol::Bytes> add(std::string_view source, protocol::Bytes datagram,
                                       Clock::time_point now);

    /// Drops what is too old. Called now and then.
    void expire(Clock::time_point now);

    void set_limits(ReassemblyLimits limits) { limits_ = limits; }
    std::size_t pending() const noexcept { return parts_.size(); }
    std::size_t memory() const noexcept { return memory_; }

private:
    struct Partial {
        std::string source;
        std::uint32_t request_id;
        Clock::time_point since;
        std::vector<std::byte> message;
        std::vector<bool> received;
        std::size_t missing;
    };

    std::list<Partial>::iterator find_or_start(std::string_view source,
                                               const protocol::Envelope& envelope,
                                               Clock::time_point now);

    ReassemblyLimits limits_;
    WorkerMetrics& metrics_;
    std::list<Partial> parts_;  ///< oldest first
    std::size_t memory_ = 0;
    std::vector<std::byte> whole_;
};

}  // namespace idnode::resolver
