#include "resolver/net/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>

namespace idnode::resolver {
namespace {

using boost::asio::ip::tcp;
using protocol::Bytes;

/// How long a peer that was told the end may go on sending.
constexpr std::uint64_t linger_seconds = 2;

/// Answers are sent once they are this long, even when more requests have arrived: a peer that
/// pipelines large answers must not make them pile up here.
constexpr std::size_t output_batch_max = std::size_t{256} << 10;

}  // namespace

void StreamHub::admit() {
    if (connections.size() < connections_max) return;
    metrics.count(Refusal::connection_limit);
    evict_oldest();
}

void StreamHub::evict_oldest() {
    const auto oldest = connections.front();
    oldest->close();
}

void StreamHub::sweep() {
    ++second;
    for (auto each = connections.begin(); each != connections.end();) {
        const auto connection = *each++;  // closing takes it out of the list
        if (const auto overdue = connection->find_overdue()) {
            metrics.count(*overdue);
            connection->close();
        }
    }
}

void StreamHub::drain() {
    draining = true;
    for (auto each = connections.begin(); each != connections.end();) {
        const auto connection = *each++;
        connection->on_readable();  // what was sent before the end is answered
    }
}

void StreamHub::close_all() {
    while (!connections.empty()) {
        const auto connection = connections.front();
        connection->close();
    }
}

Connection::Connection(tcp::socket socket, std::unique_ptr<Framing> framing, StreamHub& hub)
    : socket_{std::move(socket)},
      framing_{std::move(framing)},
      hub_{hub},
      place_{hub.connections.end()} {}

void Connection::start() {
    hub_.admit();
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay{true}, ignored);
    place_ = hub_.connections.insert(hub_.connections.end(), shared_from_this());
    last_progress_ = hub_.second;
    hub_.metrics.connections.add();
    wait_readable();
}

void Connection::close() {
    if (!open_) return;
    open_ = false;
    hub_.metrics.connections.subtract();
    account(unread_.size() + unsent_.size(), 0);
    boost::system::error_code ignored;
    socket_.close(ignored);
    hub_.connections.erase(place_);  // may destroy this object: nothing may follow
}

bool Connection::busy() const noexcept {
    return !unread_.empty() || !unsent_.empty() || framing_->inside_request();
}

std::optional<Refusal> Connection::find_overdue() const {
    if (lingering_)
        return hub_.second - request_since_ > linger_seconds
                   ? std::optional{Refusal::request_timeout}
                   : std::nullopt;
    const auto silent = hub_.second - last_progress_;
    if (!unsent_.empty())
        return silent > hub_.config.stream_write_timeout_seconds
                   ? std::optional{Refusal::write_timeout}
                   : std::nullopt;
    if (busy())
        return hub_.second - request_since_ > hub_.config.stream_request_timeout_seconds
                   ? std::optional{Refusal::request_timeout}
                   : std::nullopt;
    return silent > framing_->idle_timeout_seconds() ? std::optional{Refusal::idle_timeout}
                                                     : std::nullopt;
}

void Connection::wait_readable() {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& failed) {
                           if (!failed && self->open_) self->on_readable();
                       });
}

void Connection::wait_writable() {
    socket_.async_wait(tcp::socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& failed) {
                           if (!failed && self->open_) self->on_writable();
                       });
}

void Connection::on_readable() {
    if (!unsent_.empty()) return;  // the answers before come first
    const ssize_t size =
        ::recv(socket_.native_handle(), hub_.input.data(), hub_.input.size(), MSG_DONTWAIT);
    if (size > 0 && lingering_) return wait_readable();
    if (size > 0) {
        touch();
        return serve({hub_.input.data(), static_cast<std::size_t>(size)});
    }
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return hub_.draining && !busy() ? close() : wait_readable();
    close();  // the peer has said all it wants to say, and has had all its answers; or is gone
}

void Connection::serve(Bytes fresh) {
    if (!busy()) request_since_ = hub_.second;
    const bool begun = !unread_.empty();
    if (begun) {
        if (!account(unread_.size(), unread_.size() + fresh.size())) return close();
        unread_.insert(unread_.end(), fresh.begin(), fresh.end());
    }
    hub_.output.clear();
    hub_.lookup.renew();
    const Bytes in = begun ? Bytes{unread_} : fresh;
    registry::HandleGroup handles;
    framing_->foresee(in, handles);
    hub_.lookup.look_ahead(handles);
    const Bytes rest = answer_all(in);
    hub_.lookup.release();
    if (hub_.output.size() > 0) request_since_ = hub_.second;
    if (!begun && !account(0, rest.size())) return close();
    keep(rest);
    if (!transmit(hub_.output.bytes())) return close();
    proceed();
}

Bytes Connection::answer_all(Bytes in) {
    more_requests_ = false;
    while (!in.empty() && !closing_) {
        const auto progress = framing_->consume(hub_.lookup, in, hub_.output);
        in = in.subspan(progress.consumed);
        closing_ = progress.close;
        if (progress.consumed == 0) break;
        if (hub_.output.size() >= output_batch_max) {
            more_requests_ = !in.empty();
            break;
        }
    }
    return closing_ ? Bytes{} : in;
}

void Connection::keep(Bytes rest) {
    if (unread_.empty()) {
        unread_.assign(rest.begin(), rest.end());
        return;
    }
    account(unread_.size(), rest.size());
    unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(rest.size()));
    if (unread_.empty()) unread_ = {};  // an idle connection holds no memory
}

bool Connection::transmit(Bytes octets) {
    std::size_t sent = 0;
    while (sent < octets.size()) {
        const ssize_t size = ::send(socket_.native_handle(), octets.data() + sent,
                                    octets.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size >= 0) {
            sent += static_cast<std::size_t>(size);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        break;
    }
    if (sent > 0) touch();
    const Bytes rest = octets.subspan(sent);
    if (unsent_.empty()) {
        if (!account(0, rest.size())) return false;
        unsent_.assign(rest.begin(), rest.end());
        return true;
    }
    account(unsent_.size(), rest.size());
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
    if (unsent_.empty()) unsent_ = {};
    return true;
}

void Connection::on_writable() {
    if (!transmit(unsent_)) return close();
    proceed();
}

void Connection::proceed() {
    if (!unsent_.empty()) return wait_writable();
    if (closing_) return linger();
    if (hub_.draining && !busy()) return close();
    if (!more_requests_) return wait_readable();
    // The others come first: this connection has had a whole batch of answers.
    boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (self->open_ && self->unsent_.empty()) self->serve({});
    });
}

/// Closing a socket with unread octets would reset the connection, and the peer might lose the
/// last answer. So it is told that nothing more will come, and given a moment to read.
void Connection::linger() {
    lingering_ = true;
    request_since_ = hub_.second;
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    wait_readable();
}

void Connection::touch() {
    last_progress_ = hub_.second;
    hub_.connections.splice(hub_.connections.end(), hub_.connections, place_);
}

bool Connection::account(std::size_t before, std::size_t after) {
    hub_.buffered += after - before;
    hub_.metrics.buffered_octets.add(after - before);
    if (after <= before || hub_.buffered <= hub_.buffer_memory_max) return true;
    hub_.buffered -= after - before;
    hub_.metrics.buffered_octets.subtract(after - before);
    hub_.metrics.count(Refusal::buffer_limit);
    return false;
}

}  // namespace idnode::resolver
