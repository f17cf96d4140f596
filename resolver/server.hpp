#pragma once

#include <atomic>
#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "protocol/handle/typed_data.hpp"
#include "registry/store.hpp"
#include "resolver/admin/pool.hpp"
#include "resolver/change_log_keeper.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"
#include "resolver/net/worker.hpp"
#include "resolver/server_key.hpp"
#include "resolver/thing_keeper.hpp"

namespace idnode::resolver {

/// The whole node: the store, the server key, and a worker for each processor.
class Server {
public:
    /// Opens the store (made when absent), the key and every socket. Throws registry::StoreError,
    /// ConfigError, or std::runtime_error with one line that says what cannot be had.
    Server(const Config& config, const Clock& clock);

    /// Serves until SIGTERM or SIGINT, then stops gracefully. On SIGHUP `reload` gives the new
    /// configuration; what it throws is logged and changes nothing. When the store cannot be read
    /// any more, throws what the worker that found out threw.
    void run(const std::function<Config()>& reload);

    const std::vector<Endpoint>& handle_endpoints() const noexcept { return handle_endpoints_; }
    const std::vector<Endpoint>& http_endpoints() const noexcept { return http_endpoints_; }

private:
    using Bound = std::vector<Endpoint>;
    void listen();
    /// Has all workers listen there, TCP alone.
    Bound listen_streams(const std::vector<std::string>& wanted, const char* option,
                         Endpoint (Worker::*listen_on)(const Endpoint&));
    std::shared_ptr<const TlsContext> make_tls(const Config& config) const;
    void run_worker(Worker& worker) noexcept;
    void apply(const Config& config);
    ServiceContext make_context(const Config& config) const;
    std::string metrics_text() const;

    const sigset_t signals_;  ///< held back before any thread starts, which inherits that
    const Config started_;    ///< what only a restart can change is as it was then
    registry::Store store_;
    ChangeLogKeeper change_log_;
    ThingKeeper things_;
    ServerKey key_;
    std::vector<std::shared_ptr<WorkerMetrics>> metrics_;
    std::atomic<bool> ready_{true};
    std::mutex fault_guard_;
    std::exception_ptr fault_;  ///< why a worker gave up
    NodeView node_;
    statistics::Statistics statistics_;  ///< outlives all that count
    std::vector<std::unique_ptr<Worker>> workers_;
    admin::Pool pool_;  ///< behind the workers, whom it gives its last answers
    std::vector<Endpoint> handle_endpoints_;
    std::vector<Endpoint> http_endpoints_;
    std::vector<Endpoint> https_endpoints_;
    std::vector<Endpoint> handle_tls_endpoints_;
};

/// The site record that the node gives of itself: one server with a TCP, a UDP and an HTTP
/// interface, as far as it listens there.
protocol::Site make_site(const Config& config, const std::string& public_key,
                         const std::vector<Endpoint>& handle_endpoints,
                         const std::vector<Endpoint>& http_endpoints);

}  // namespace idnode::resolver
