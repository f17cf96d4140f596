#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load/workload.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::bench {

using Clock = std::chrono::steady_clock;

enum class Transport { udp, tcp, http };

struct ClientOptions {
    Transport transport = Transport::udp;
    std::size_t sockets = 16;  ///< and so source ports
    std::size_t depth = 8;     ///< requests under way on each
    bool verify = true;        ///< false for a reference that sends constant octets
    bool segments = false;     ///< UDP: let the kernel cut and join runs of datagrams (GSO, GRO)
};

/// What a client saw in one stretch of time.
struct Tally {
    std::uint64_t answers = 0;
    std::uint64_t wrong = 0;  ///< answers that did not fit their request
    std::uint64_t lost = 0;   ///< requests that were sent again
    double seconds = 0;

    double rate() const { return seconds > 0 ? static_cast<double>(answers) / seconds : 0; }
};

/// Asks one server from many sockets, as fast as it answers (closed loop): `sockets * depth`
/// requests are under way at any time. One thread.
class Client {
public:
    virtual ~Client() = default;

    /// Keeps asking until the time is up, then collects what is still under way.
    virtual Tally run(Clock::time_point until) = 0;
};

/// Connects; throws boost::system::system_error when nobody is there.
std::unique_ptr<Client> make_client(const resolver::Endpoint& server, const ClientOptions& options,
                                    Workload& workload);

std::unique_ptr<Client> make_udp_client(const resolver::Endpoint& server,
                                        const ClientOptions& options, Workload& workload);
std::unique_ptr<Client> make_stream_client(const resolver::Endpoint& server,
                                           const ClientOptions& options, Workload& workload);

}  // namespace idnode::bench
