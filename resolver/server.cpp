#include "resolver/server.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <csignal>
#include <filesystem>

#include "resolver/templates/library.hpp"

namespace idnode::resolver {
namespace {

namespace ip = boost::asio::ip;

registry::StoreOptions store_options(const Config& config) {
    return {.map_size_max = std::uint64_t{config.registry_map_size_gib} << 30};
}

/// What things may take in memory: what is configured, or an eighth of the machine's memory.
std::size_t thing_memory_max(const Config& config) {
    constexpr std::size_t least = std::size_t{64} << 20;
    if (config.things_memory_mib > 0) return std::size_t{config.things_memory_mib} << 20;
    return std::max(memory_of_machine() / 8, least);
}

statistics::Settings statistics_settings(const Config& config) {
    return {.enabled = config.statistics_enabled,
            .utc_offset_hours = config.statistics_utc_offset_hours,
            .write_seconds = config.statistics_write_seconds,
            .keep_days = config.statistics_keep_days,
            .sources_max = config.statistics_sources_max};
}

unsigned worker_count(const Config& config) {
    return config.workers > 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
}

/// What came with the program, if it was installed, or what the operator has put in its place.
void publish_templates(const Config& config, const registry::Store& store, const Clock& clock) {
    const bool own = !config.templates_directory.empty();
    const std::filesystem::path directory =
        own ? std::filesystem::path{config.templates_directory} : templates::installed_directory();
    if (!own && !std::filesystem::is_directory(directory)) return;
    if (const std::size_t count = templates::publish(directory, store, clock.now()))
        spdlog::info("published {} templates of {}", count, directory.string());
}

/// Thousands of connections want as many file descriptors as the system allows.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Has the signals wait until they are asked for, in this thread and in those that it starts: no
/// handler, which could come at any moment, and nothing lost that comes early.
sigset_t hold_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without asking not to be told so
    return signals;
}

/// The address by which others are likely to reach this machine.
ip::address find_own_address() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return ip::address_v4::loopback();
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{all, &::freeifaddrs};
    for (const ifaddrs* each = all; each; each = each->ifa_next) {
        if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET) continue;
        const auto* const address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
        const ip::address_v4 found{ntohl(address->sin_addr.s_addr)};
        if (!found.is_loopback()) return found;
    }
    return ip::address_v4::loopback();
}

std::vector<Endpoint> parse_endpoints(const std::vector<std::string>& texts, const char* option) {
    std::vector<Endpoint> endpoints;
    for (const std::string& text : texts) {
        const auto endpoint = parse_endpoint(text);
        if (!endpoint) throw ConfigError{std::string{option} + ": " + endpoint.error().message()};
        endpoints.push_back(*endpoint);
    }
    return endpoints;
}

ip::address site_address(const Config& config, const std::vector<Endpoint>& listening) {
    if (!config.site_address.empty()) {
        boost::system::error_code wrong;
        const auto address = ip::make_address(config.site_address, wrong);
        if (wrong)
            throw ConfigError{"site.address: expected an IP address, found \"" +
                              config.site_address + '"'};
        return address;
    }
    const bool specific = !listening.empty() && !listening.front().address.is_unspecified();
    return specific ? listening.front().address : find_own_address();
}

/// Throws when another program has the port: SO_REUSEPORT, by which the workers share it, would let
/// a second node take half of the requests unseen.
template <class Socket>
void require_free(const Endpoint& endpoint) {
    if (endpoint.port == 0) return;
    boost::asio::io_context context;
    const typename Socket::endpoint_type address{endpoint.address, endpoint.port};
    Socket probe{context};
    probe.open(address.protocol());
    constexpr bool is_tcp = std::is_same_v<Socket, ip::tcp::socket>;
    if (is_tcp) probe.set_option(ip::tcp::socket::reuse_address{true});  // not for TIME_WAIT
    if (endpoint.address.is_v6()) probe.set_option(ip::v6_only{true});
    probe.bind(address);
    if constexpr (is_tcp) {
        // With reuse_address only listening tells whether somebody else listens.
        if (::listen(probe.native_handle(), 1) != 0)
            throw boost::system::system_error{errno, boost::system::system_category()};
    }
}

/// Opens a listening socket, and says in one line what it was for when it cannot be had. A system
/// without IPv6 is no reason to stop when a wildcard was asked for.
template <class Listen>
std::optional<Endpoint> try_listen(const Endpoint& endpoint, Listen&& listen) {
    try {
        return listen(endpoint);
    } catch (const boost::system::system_error& error) {
        const bool no_ipv6 = endpoint.address.is_v6() && endpoint.address.is_unspecified() &&
                             error.code() == boost::asio::error::address_family_not_supported;
        if (!no_ipv6)
            throw std::runtime_error{"cannot listen on " + format_endpoint(endpoint) + ": " +
                                     error.code().message()};
        spdlog::warn("not listening on {}: this system has no IPv6", format_endpoint(endpoint));
        return std::nullopt;
    }
}

}  // namespace

protocol::Site make_site(const Config& config, const std::string& public_key,
                         const std::vector<Endpoint>& handle_endpoints,
                         const std::vector<Endpoint>& http_endpoints) {
    using protocol::Interface;
    const auto port = [](std::uint32_t configured, const std::vector<Endpoint>& listening) {
        return configured != 0 || listening.empty() ? configured : listening.front().port;
    };
    protocol::Server server{.id = 1,
                            .address = to_wire(site_address(config, handle_endpoints)),
                            .public_key = public_key,
                            .interfaces = {}};
    if (const auto handle_port = port(config.site_handle_port, handle_endpoints)) {
        server.interfaces.push_back({Interface::Type::both, Interface::Protocol::tcp, handle_port});
        server.interfaces.push_back(
            {Interface::Type::query, Interface::Protocol::udp, handle_port});
    }
    if (const auto http_port = port(config.site_http_port, http_endpoints))
        server.interfaces.push_back({Interface::Type::both, Interface::Protocol::http, http_port});
    protocol::Site site;
    site.serial = static_cast<std::uint16_t>(config.site_serial);
    site.primary = config.site_primary;
    if (!config.site_description.empty())
        site.attributes.push_back({"desc", config.site_description});
    site.servers.push_back(std::move(server));
    return site;
}

Server::Server(const Config& config, const Clock& clock)
    : signals_{hold_signals()},
      started_{config},
      store_{config.data_directory, registry::Store::Access::write_or_create,
             store_options(config)},
      change_log_{store_, clock},
      things_{store_, thing_memory_max(config)},
      key_{ServerKey::load_or_make(config.data_directory)},
      node_{.metrics = [this] { return metrics_text(); },
            .ready = [this] { return ready_.load(); },
            .answer_known =
                [this](auto& lookup, const auto& request, auto& tally) {
                    return pool_.answer_known(lookup, request, tally);
                }},
      statistics_{store_, clock, statistics_settings(config)},
      pool_{store_, clock, started_, statistics_, &key_} {
    raise_descriptor_limit();
    publish_templates(config, store_, clock);
    const unsigned count = worker_count(config);
    for (unsigned each = 0; each < count; ++each) {
        metrics_.push_back(std::make_shared<WorkerMetrics>());
        workers_.push_back(std::make_unique<Worker>(store_, started_, count, ServiceContext{},
                                                    clock, metrics_.back(), node_, &pool_,
                                                    statistics_));
    }
    listen();
    pool_.set_own(handle_endpoints_);
    apply(started_);
}

void Server::listen() {
    for (const Endpoint& wanted : parse_endpoints(started_.listen_handle, "listen.handle")) {
        auto bound = try_listen(wanted, [&](const Endpoint& each) {
            require_free<ip::tcp::socket>(each);
            require_free<ip::udp::socket>(each);
            return workers_[0]->listen_handle(each);
        });
        if (!bound) continue;
        handle_endpoints_.push_back(*bound);
        for (std::size_t at = 1; at < workers_.size(); ++at) workers_[at]->listen_handle(*bound);
    }
    http_endpoints_ = listen_streams(started_.listen_http, "listen.http", &Worker::listen_http);
    https_endpoints_ = listen_streams(started_.listen_https, "listen.https", &Worker::listen_https);
    handle_tls_endpoints_ =
        listen_streams(started_.listen_handle_tls, "listen.handle_tls", &Worker::listen_handle_tls);
}

Server::Bound Server::listen_streams(const std::vector<std::string>& texts, const char* option,
                                     Endpoint (Worker::*listen_on)(const Endpoint&)) {
    Bound all;
    for (const Endpoint& wanted : parse_endpoints(texts, option)) {
        const auto bound = try_listen(wanted, [&](const Endpoint& each) {
            require_free<ip::tcp::socket>(each);
            return (*workers_[0].*listen_on)(each);
        });
        if (!bound) continue;
        all.push_back(*bound);
        for (std::size_t at = 1; at < workers_.size(); ++at) (*workers_[at].*listen_on)(*bound);
    }
    return all;
}

std::shared_ptr<const TlsContext> Server::make_tls(const Config& config) const {
    if (https_endpoints_.empty() && handle_tls_endpoints_.empty()) return {};
    if (config.tls_certificate.empty() != config.tls_private_key.empty())
        throw ConfigError{"tls.certificate and tls.private_key: expected both or none"};
    if (config.tls_certificate.empty())
        return std::make_shared<TlsContext>(TlsContext::load_or_make(started_.data_directory));
    return std::make_shared<TlsContext>(config.tls_certificate, config.tls_private_key);
}

void Server::apply(const Config& config) {
    const ServiceContext context = make_context(config);
    const auto tls = make_tls(config);
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    for (const auto& worker : workers_) worker->apply(config, context, tls);
    pool_.set_context(context);
    change_log_.set_retention(config.change_log_retention_days);
}

ServiceContext Server::make_context(const Config& config) const {
    return {.site = encode_site(
                make_site(config, key_.public_key(), handle_endpoints_, http_endpoints_)),
            .identity = {.site_serial = static_cast<std::uint16_t>(config.site_serial),
                         .primary = config.site_primary,
                         .key = &key_},
            .signatures_per_second = std::max(
                1U, config.signatures_per_second_max / static_cast<unsigned>(workers_.size() + 1)),
            .administers = true,
            .industrial_login = config.administration_industrial_login};
}

std::string Server::metrics_text() const {
    const registry::Snapshot snapshot{store_};
    const admin::Figures administration = pool_.figures();
    return format_metrics(metrics_,
                          {.records = snapshot.record_count(),
                           .sequence = snapshot.sequence(),
                           .file_octets = store_.env().file_size(),
                           .things = store_.thing_memory().figures()},
                          &administration);
}

void Server::run(const std::function<Config()>& reload) {
    for (const Endpoint& each : handle_endpoints_)
        spdlog::info("Handle protocol on {} (UDP, TCP)", format_endpoint(each));
    for (const Endpoint& each : http_endpoints_) spdlog::info("HTTP on {}", format_endpoint(each));
    for (const Endpoint& each : https_endpoints_)
        spdlog::info("HTTPS on {}", format_endpoint(each));
    for (const Endpoint& each : handle_tls_endpoints_)
        spdlog::info("Handle protocol under TLS on {}", format_endpoint(each));
    std::vector<std::jthread> threads;
    for (const auto& worker : workers_)
        threads.emplace_back([this, &worker = *worker] { run_worker(worker); });
    const std::jthread keeper{[this](const std::stop_token& stop) { change_log_.run(stop); }};
    std::jthread holding;
    if (started_.things_enabled)
        holding = std::jthread{[this](const std::stop_token& stop) { things_.run(stop); }};
    const std::jthread counting{[this](const std::stop_token& stop) { statistics_.run(stop); }};

    for (int signal = 0; ::sigwait(&signals_, &signal) == 0 && signal == SIGHUP;) {
        try {
            const Config fresh = reload();
            for (const auto name : find_changes_needing_restart(started_, fresh))
                spdlog::warn("{} has changed; the change needs a restart", name);
            apply(fresh);
            spdlog::info("configuration reloaded");
        } catch (const std::exception& error) {
            spdlog::error("configuration not reloaded: {}", error.what());
        }
    }
    ready_ = false;
    spdlog::info("stopping");
    for (const auto& worker : workers_) worker->stop();
    threads.clear();
    if (fault_) std::rethrow_exception(fault_);
}

/// A worker that cannot go on ends the node: half a node would lose the requests that the system
/// still hands to its sockets.
void Server::run_worker(Worker& worker) noexcept {
    try {
        worker.run();
    } catch (...) {
        const std::lock_guard lock{fault_guard_};
        if (!fault_) fault_ = std::current_exception();
        ::kill(::getpid(), SIGTERM);
    }
}

}  // namespace idnode::resolver
