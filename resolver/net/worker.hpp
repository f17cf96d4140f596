#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "registry/lookup.hpp"
#include "resolver/config.hpp"
#include "resolver/http/http_api.hpp"
#include "resolver/net/endpoint.hpp"
#include "resolver/net/stream_hub.hpp"
#include "resolver/net/udp_listener.hpp"
#include "resolver/service.hpp"
#include "resolver/statistics/statistics.hpp"

namespace idnode::resolver {

/// One thread's share of the node: its event loop, its sockets (the system spreads peers over the
/// workers by SO_REUSEPORT), its snapshot and its counters. Workers share nothing but the store.
class Worker {
public:
    Worker(const registry::Store& store, const Config& config, unsigned worker_count,
           ServiceContext context, const Clock& clock, std::shared_ptr<WorkerMetrics> metrics,
           const NodeView& node, admin::Pool* pool, statistics::Statistics& statistics);

    /// Binds UDP and TCP to the endpoint; port 0 takes a free one, the same for both. Returns the
    /// endpoint that was bound. Throws boost::system::system_error.
    Endpoint listen_handle(const Endpoint& endpoint);
    Endpoint listen_http(const Endpoint& endpoint);
    /// The same under TLS.
    Endpoint listen_handle_tls(const Endpoint& endpoint);
    Endpoint listen_https(const Endpoint& endpoint);

    /// Serves until `stop` was called and its work is done. On the worker's thread.
    void run();

    // From any thread:
    /// Takes no new work, finishes what has begun, and lets `run` return, after the configured
    /// time at the latest.
    void stop();
    void apply(const Config& config, const ServiceContext& context,
               std::shared_ptr<const TlsContext> tls);

private:
    using MakeFraming = std::unique_ptr<Framing> (Worker::*)(bool encrypted);

    /// A listening socket, and what it waits for when the system cannot give it connections.
    struct Acceptor {
        boost::asio::ip::tcp::acceptor socket;
        boost::asio::steady_timer pause;
        MakeFraming make_framing;
        bool encrypted;
    };

    Endpoint listen_stream(const Endpoint& endpoint, MakeFraming make_framing,
                           bool encrypted = false);
    void accept(Acceptor& acceptor);
    /// Takes the connections that the system has made already; false when it has no room for one.
    bool accept_waiting(Acceptor& acceptor);
    std::unique_ptr<Framing> make_handle_framing(bool encrypted);
    std::unique_ptr<Framing> make_http_framing(bool encrypted);
    void set_limits();
    void tick();
    void hand_over_tally();
    void warm();
    void begin_stop();
    void wait_for_end();

    boost::asio::io_context context_{1};
    Config config_;
    unsigned worker_count_;
    admin::Pool* const pool_;
    registry::Lookup lookup_;
    std::shared_ptr<WorkerMetrics> metrics_;
    statistics::Statistics& statistics_;
    statistics::Tally tally_;
    Service service_;
    HttpApi api_;
    StreamHub hub_;
    std::shared_ptr<const TlsContext> tls_;  ///< for connections that come from now on
    std::vector<std::unique_ptr<UdpListener>> udp_listeners_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    boost::asio::steady_timer second_timer_{context_};
    std::chrono::steady_clock::time_point stop_at_{};
    bool warming_ = false;
};

}  // namespace idnode::resolver
