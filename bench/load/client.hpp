#pragma once

#include <random>

#include "bench/load/channel.hpp"

namespace idnode::bench {

/// Asks one server through many sockets, each with a port of its own. One thread.
class Client {
public:
    /// Connects `sockets` channels; `workload` must outlive the client.
    Client(const resolver::Endpoint& server, const ChannelOptions& options, std::size_t sockets,
           Workload& workload);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Closed loop: asks as fast as the server answers, with all channels full at any time.
    Tally run(Clock::time_point until);

    /// Open loop: requests are due at random (Poisson), `rate` a second on average, however late
    /// the answers come. A latency counts from when its request was due, so that a server that
    /// stalls pays for all who would have come meanwhile (no coordinated omission).
    Tally run_open(Clock::time_point until, double rate, Latencies& latencies);

private:
    void fill(Channel& channel);
    void serve(Tally& tally, bool ask_more, int wait_ms);
    void repeat_unanswered(Tally& tally);
    Channel* channel_with_room();
    void drain();
    void watch(Channel& channel, int operation) const;

    Workload& workload_;
    ChannelOptions options_;
    std::unique_ptr<Dialect> dialect_;
    int poll_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::size_t turn_ = 0;
    Clock::time_point repeated_;
    std::mt19937_64 random_{7};
};

}  // namespace idnode::bench
