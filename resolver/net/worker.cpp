#include "resolver/net/worker.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "resolver/http/http_framing.hpp"
#include "resolver/net/handle_framing.hpp"

namespace idnode::resolver {
namespace {

using boost::asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::milliseconds stop_poll{20};
constexpr int backlog = 4096;
constexpr int accepted_at_once = 256;  ///< before others have their turn
constexpr std::size_t front_memory_least = std::size_t{64} << 20;
constexpr std::size_t front_memory_most = std::size_t{256} << 30;

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

/// What the front indexes of all workers may take together: what is configured, or a quarter of
/// the machine's memory.
std::size_t front_memory(const Config& config) {
    if (!config.front_enabled) return 0;
    if (config.front_memory_mib > 0) return std::size_t{config.front_memory_mib} << 20;
    return std::clamp(memory_of_machine() / 4, front_memory_least, front_memory_most);
}

}  // namespace

Worker::Worker(const registry::Store& store, const Config& config, unsigned worker_count,
               ServiceContext context, const Clock& clock, std::shared_ptr<WorkerMetrics> metrics,
               const NodeView& node, admin::Pool* pool, statistics::Statistics& statistics)
    : config_{config},
      worker_count_{worker_count},
      pool_{pool},
      lookup_{store, front_memory(config) / worker_count},
      metrics_{std::move(metrics)},
      statistics_{statistics},
      tally_{statistics.enabled()},
      service_{std::move(context), clock, *metrics_, tally_},
      api_{service_, node},
      hub_{context_, lookup_, *metrics_, tally_, config_} {
    lookup_.release();
    set_limits();
}

Endpoint Worker::listen_handle(const Endpoint& endpoint) {
    const Endpoint bound = listen_stream(endpoint, &Worker::make_handle_framing);
    udp_listeners_.push_back(
        std::make_unique<UdpListener>(context_, bound, config_, lookup_, service_, pool_));
    udp_listeners_.back()->run();
    return bound;
}

Endpoint Worker::listen_http(const Endpoint& endpoint) {
    return listen_stream(endpoint, &Worker::make_http_framing);
}

Endpoint Worker::listen_handle_tls(const Endpoint& endpoint) {
    return listen_stream(endpoint, &Worker::make_handle_framing, true);
}

Endpoint Worker::listen_https(const Endpoint& endpoint) {
    return listen_stream(endpoint, &Worker::make_http_framing, true);
}

Endpoint Worker::listen_stream(const Endpoint& endpoint, MakeFraming make_framing, bool encrypted) {
    const tcp::endpoint address{endpoint.address, endpoint.port};
    Acceptor& acceptor = *acceptors_.emplace_back(std::make_unique<Acceptor>(Acceptor{
        tcp::acceptor{context_}, boost::asio::steady_timer{context_}, make_framing, encrypted}));
    acceptor.socket.open(address.protocol());
    acceptor.socket.set_option(tcp::acceptor::reuse_address{true});
    acceptor.socket.set_option(ReusePort{true});
    if (endpoint.address.is_v6()) acceptor.socket.set_option(boost::asio::ip::v6_only{true});
    acceptor.socket.bind(address);
    acceptor.socket.listen(backlog);
    acceptor.socket.non_blocking(true);
    accept(acceptor);
    return {endpoint.address, acceptor.socket.local_endpoint().port()};
}

void Worker::accept(Acceptor& acceptor) {
    acceptor.socket.async_wait(tcp::acceptor::wait_read, [this, &acceptor](const auto& failed) {
        if (failed) return;
        if (accept_waiting(acceptor)) return accept(acceptor);
        // Out of file descriptors, most likely: those who are silent longest make room.
        metrics_->count(Refusal::accept_failed);
        hub_.evict_oldest();
        acceptor.pause.expires_after(accept_pause);
        acceptor.pause.async_wait([this, &acceptor](const auto& cancelled) {
            if (!cancelled && acceptor.socket.is_open()) accept(acceptor);
        });
    });
}

bool Worker::accept_waiting(Acceptor& acceptor) {
    for (int left = accepted_at_once; left > 0; --left) {
        sockaddr_storage peer{};
        socklen_t peer_size = sizeof(peer);
        FileDescriptor socket{::accept4(acceptor.socket.native_handle(),
                                        reinterpret_cast<sockaddr*>(&peer), &peer_size,
                                        SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (socket.number() < 0) {
            if (errno == ECONNABORTED || errno == EINTR) continue;  // that one gave up
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        const int on = 1;
        ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        TlsConnection tls = acceptor.encrypted ? tls_->accept(socket.number()) : TlsConnection{};
        if (acceptor.encrypted && !tls) continue;  // no memory: the peer is told by the end
        const auto address = std::as_bytes(std::span{&peer, 1}).first(peer_size);
        hub_.admit(StreamSocket{std::move(socket), std::move(tls)}, statistics::address_of(address),
                   (this->*acceptor.make_framing)(acceptor.encrypted));
    }
    return true;
}

std::unique_ptr<Framing> Worker::make_handle_framing(bool encrypted) {
    return std::make_unique<HandleFraming>(service_, config_, pool_, encrypted);
}

std::unique_ptr<Framing> Worker::make_http_framing(bool encrypted) {
    return std::make_unique<HttpFraming>(api_, service_, config_, pool_, encrypted);
}

void Worker::set_limits() {
    hub_.set_limits(std::max(1U, config_.stream_connections_max / worker_count_),
                    (std::size_t{config_.stream_buffer_memory_mib} << 20) / worker_count_);
}

void Worker::run() {
    tick();
    context_.run();
    hand_over_tally();
}

void Worker::hand_over_tally() {
    if (tally_.empty()) return;
    tally_.go_on_in(statistics_.exchange(tally_.take()));
}

/// Fills the front index in small steps, between which requests are answered.
void Worker::warm() {
    warming_ = lookup_.warm();
    if (warming_) boost::asio::post(context_, [this] { warm(); });
}

void Worker::tick() {
    if (!warming_) warm();  // a large change may have emptied the front index
    second_timer_.expires_after(std::chrono::seconds{1});
    second_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        hub_.sweep();
        for (const auto& listener : udp_listeners_) listener->expire();
        metrics_->front_records.set(lookup_.front_records());
        metrics_->front_octets.set(lookup_.front_memory());
        hand_over_tally();
        tick();
    });
}

void Worker::stop() {
    boost::asio::post(context_, [this] { begin_stop(); });
}

void Worker::begin_stop() {
    stop_at_ = steady_clock::now() + std::chrono::seconds{config_.stop_timeout_seconds};
    boost::system::error_code ignored;
    for (const auto& acceptor : acceptors_) {
        accept_waiting(*acceptor);
        acceptor->socket.close(ignored);
        acceptor->pause.cancel();
    }
    for (const auto& listener : udp_listeners_) listener->stop();
    hub_.drain();
    wait_for_end();
}

void Worker::wait_for_end() {
    const bool time_is_over = steady_clock::now() >= stop_at_;
    if (time_is_over) hub_.close_all();
    const bool datagrams_done = std::ranges::all_of(
        udp_listeners_, [](const auto& listener) { return listener->stopped(); });
    if (hub_.empty() && (datagrams_done || time_is_over)) return context_.stop();
    second_timer_.expires_after(stop_poll);
    second_timer_.async_wait([this](const boost::system::error_code&) { wait_for_end(); });
}

void Worker::apply(const Config& config, const ServiceContext& context,
                   std::shared_ptr<const TlsContext> tls) {
    boost::asio::post(context_, [this, config, context, tls = std::move(tls)] {
        config_ = config;
        tls_ = tls;
        service_.set_context(context);
        set_limits();
        for (const auto& listener : udp_listeners_) listener->apply(config_);
    });
}

}  // namespace idnode::resolver
