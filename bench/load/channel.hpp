#pragma once

#include <chrono>
#include <memory>

#include "bench/load/dialect.hpp"
#include "bench/load/latency.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::bench {

using Clock = std::chrono::steady_clock;

struct ChannelOptions {
    Speaks speaks = Speaks::udp;
    std::size_t depth = 8;   ///< requests under way at most
    bool verify = true;      ///< false for a reference that sends constant octets
    bool segments = false;   ///< UDP: let the kernel cut and join runs of datagrams (GSO, GRO)
    bool encrypted = false;  ///< streams: under TLS
    bool one_shot = false;   ///< streams: a new connection for each request
};

/// What was seen in one stretch of time.
struct Tally {
    std::uint64_t answers = 0;
    std::uint64_t wrong = 0;  ///< answers that did not fit their request
    std::uint64_t lost = 0;   ///< requests that were sent again
    double seconds = 0;
    double stall_us = 0;             ///< open loop: the most by which the generator itself was late
    Latencies* latencies = nullptr;  ///< filled from when a request was due, where wanted

    double rate() const { return seconds > 0 ? static_cast<double>(answers) / seconds : 0; }
};

/// One socket to one server and what was asked through it. Used by one thread.
class Channel {
public:
    virtual ~Channel() = default;

    virtual int descriptor() const = 0;
    virtual bool has_room() const = 0;
    virtual bool idle() const = 0;

    /// Notes a request, which was due at some time, to be sent by the next `flush`.
    virtual void ask(std::uint64_t number, Clock::time_point due) = 0;
    virtual void flush() = 0;
    /// Takes what has arrived.
    virtual void receive(Tally& tally) = 0;
    /// Asks again what was due before `limit`; streams lose nothing.
    virtual void repeat(Clock::time_point, Tally&) {}
    /// Gives up what is under way.
    virtual void forget() {}
};

/// One answer in so many is compared octet by octet; of the others, the head.
inline constexpr std::uint64_t full_check_every = 64;

/// Connects; throws boost::system::system_error when nobody is there. `dialect` must outlive the
/// channel.
std::unique_ptr<Channel> make_channel(const resolver::Endpoint& server,
                                      const ChannelOptions& options, const Dialect& dialect);
std::unique_ptr<Channel> make_datagram_channel(const resolver::Endpoint& server,
                                               const ChannelOptions& options,
                                               const Dialect& dialect);
std::unique_ptr<Channel> make_stream_channel(const resolver::Endpoint& server,
                                             const ChannelOptions& options, const Dialect& dialect);

}  // namespace idnode::bench
