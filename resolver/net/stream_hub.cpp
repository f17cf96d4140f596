#include "resolver/net/stream_hub.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

#include "resolver/net/connection.hpp"

namespace idnode::resolver {
namespace {

/// What one receive call takes, and what all of one turn take together.
constexpr std::size_t receive_size = std::size_t{64} << 10;
constexpr std::size_t input_size = std::size_t{256} << 10;
constexpr std::size_t line_size = 64;

/// Rounds before the datagrams of this worker have their turn.
constexpr int rounds_max = 8;

/// How long the disk is given before connections that wait for it are looked at again.
constexpr std::chrono::milliseconds disk_pause{1};

}  // namespace

StreamHub::StreamHub(boost::asio::io_context& context, registry::Lookup& lookup,
                     WorkerMetrics& metrics, statistics::Tally& tally, const Config& config)
    : lookup_{lookup},
      metrics_{metrics},
      tally_{tally},
      config_{config},
      poll_{context, ::epoll_create1(EPOLL_CLOEXEC)},
      input_(input_size),
      disk_timer_{context} {
    turn_.reserve(ready_max);
    wait();
}

StreamHub::~StreamHub() = default;

void StreamHub::wait() {
    poll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& failed) {
                         // Cut short by drain(), it has found work of its own.
                         if (!failed || !unfinished_.empty()) serve_ready();
                     });
}

void StreamHub::serve_ready() {
    for (int round = 0; round < rounds_max && serve_round(); ++round) {}
    if (unfinished_.empty()) return wait();
    boost::asio::post(poll_.get_executor(), [this] { serve_ready(); });
}

/// Whether there may be more.
bool StreamHub::serve_round() {
    for (const auto& connection : std::exchange(unfinished_, {}))
        if (connection->wants_turn()) turn_.push_back(connection.get());
    serve_turn();
    std::array<epoll_event, ready_max> events;
    const int count = ::epoll_wait(poll_.native_handle(), events.data(), ready_max, 0);
    for (int at = 0; at < count; ++at) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(at)].data.ptr);
        if (!connection.open()) continue;
        if (connection.sending())
            connection.on_writable();
        else if (connection.may_read())
            read(connection);
    }
    serve_turn();
    closed_.clear();
    return count == static_cast<int>(ready_max);
}

void StreamHub::read(Connection& connection) {
    if (input_.size() - input_used_ < receive_size) serve_turn();
    const std::size_t size =
        connection.receive(std::span{input_}.subspan(input_used_).first(receive_size));
    if (size == 0) return;
    input_used_ += (size + line_size - 1) / line_size * line_size;
    turn_.push_back(&connection);
}

/// Answers the connections on turn, in groups whose handles are looked up together.
void StreamHub::serve_turn() {
    if (turn_.empty()) return;
    renewed_ = false;
    registry::HandleGroup handles;
    auto first = turn_.begin();
    const auto answer_up_to = [&](auto end) {
        if (renewed_) lookup_.look_ahead(handles);
        for (std::span<const std::string_view> rest = handles; first != end; ++first) {
            const bool waits = must_wait(rest.first((*first)->foreseen_handles()));
            rest = rest.subspan((*first)->foreseen_handles());
            if ((*first)->open()) waits ? (*first)->set_aside() : (*first)->answer();
        }
        handles.clear();
    };
    for (auto each = turn_.begin(); each != turn_.end(); ++each) {
        if ((*each)->needs_lookups()) renew();
        (*each)->foresee(handles);
        if (handles.size() == handles.capacity()) answer_up_to(std::next(each));
    }
    answer_up_to(turn_.end());
    if (renewed_) {
        tally_.settle();
        lookup_.release();
    }
    turn_.clear();
    input_used_ = 0;
}

/// Not before it is needed: while rows of a batch come in, each of their groups changes the
/// registry, and following it would cost the worker as much as reading the rows.
void StreamHub::renew() {
    if (renewed_) return;
    lookup_.renew();
    tally_.begin(lookup_);
    renewed_ = true;
}

bool StreamHub::must_wait(std::span<const std::string_view> handles) const noexcept {
    return std::any_of(handles.begin(), handles.end(),
                       [&](std::string_view handle) { return lookup_.must_wait(handle); });
}

void StreamHub::defer(Connection& connection, const Framing::Later& later,
                      registry::Transport transport) {
    admin::Arrival arrival{.transport = transport,
                           .source = connection.source(),
                           .address = connection.peer(),
                           .login = {}};
    if (config_.administration_industrial_login && transport == registry::Transport::tcp) {
        if (!connection.login_) connection.login_ = std::make_shared<admin::Login>();
        arrival.login = connection.login_;
    }
    later(arrival, [this, executor = poll_.get_executor(),
                    waiting = std::weak_ptr{*connection.place_}](admin::Answers answers) {
        boost::asio::post(executor, [this, waiting, answers = std::move(answers)] {
            if (const auto there = waiting.lock()) there->complete(answers);
            if (!unfinished_.empty()) poll_.cancel();  // its handler finds them
        });
    });
}

void StreamHub::await_disk(Connection& connection) {
    metrics_.disk_waits.add();
    watch(connection, EPOLL_CTL_DEL, 0);
    waiting_.push_back(*connection.place_);
    if (waiting_.size() > 1) return;
    disk_timer_.expires_after(disk_pause);
    disk_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        for (const auto& each : waiting_) each->resume();
        waiting_.clear();
        poll_.cancel();  // its handler finds them
    });
}

void StreamHub::watch(const Connection& connection, int operation, std::uint32_t events) noexcept {
    epoll_event event{.events = events, .data = {.ptr = const_cast<Connection*>(&connection)}};
    ::epoll_ctl(poll_.native_handle(), operation, connection.descriptor(), &event);
}

void StreamHub::admit(StreamSocket socket, const statistics::Address& peer,
                      std::unique_ptr<Framing> framing) {
    if (connections_.size() >= connections_max_) {
        metrics_.count(Refusal::connection_limit);
        evict_oldest();
    }
    const auto connection =
        std::make_shared<Connection>(std::move(socket), peer, std::move(framing), *this);
    connection->place_ = connections_.insert(connections_.end(), connection);
    metrics_.connections.add();
    watch(*connection, EPOLL_CTL_ADD, EPOLLIN);
}

void StreamHub::forget(Connection& connection) {
    metrics_.connections.subtract();
    account(connection, 0);
    closed_.splice(closed_.end(), connections_, connection.place_);
}

void StreamHub::evict_oldest() {
    if (!connections_.empty()) connections_.front()->close();
}

void StreamHub::account(Connection& connection, std::size_t held) {
    held_ += held - connection.held_;
    metrics_.buffered_octets.add(held - connection.held_);
    connection.held_ = held;
    while (held_ > buffer_memory_max_) close_greediest();
}

void StreamHub::close_greediest() {
    const auto greediest = std::max_element(
        connections_.begin(), connections_.end(),
        [](const auto& left, const auto& right) { return left->held_ < right->held_; });
    if (greediest == connections_.end()) return;
    metrics_.count(Refusal::buffer_limit);
    (*greediest)->close();
}

void StreamHub::sweep() {
    ++second_;
    for (auto each = connections_.begin(); each != connections_.end();) {
        const auto connection = *each++;  // closing takes it out of the list
        if (const auto overdue = connection->find_overdue()) {
            metrics_.count(*overdue);
            connection->close();
        } else {
            connection->hand_on();
        }
    }
    closed_.clear();
}

void StreamHub::drain() {
    draining_ = true;
    // A copy: whoever is answered moves to the end of the list.
    const std::vector<std::shared_ptr<Connection>> all{connections_.begin(), connections_.end()};
    for (const auto& connection : all)
        if (connection->may_read()) read(*connection);
    serve_turn();
    if (!unfinished_.empty()) poll_.cancel();
    for (const auto& connection : all)
        if (connection->open() && !connection->busy()) connection->close();
    closed_.clear();
}

void StreamHub::close_all() {
    while (!connections_.empty()) connections_.front()->close();
    closed_.clear();
}

}  // namespace idnode::resolver
