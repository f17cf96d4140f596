#include "resolver/net/connection.hpp"

#include "resolver/net/stream_hub.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::MutableBytes;

/// How long a peer that was told the end may go on sending.
constexpr std::uint64_t linger_seconds = 2;

/// Answers are sent once they are this long, even when more requests have arrived: a peer that
/// pipelines large answers must not make them pile up here.
constexpr std::size_t output_batch_max = std::size_t{256} << 10;

}  // namespace

Connection::Connection(StreamSocket socket, const statistics::Address& peer,
                       std::unique_ptr<Framing> framing, StreamHub& hub)
    : socket_{std::move(socket)},
      peer_{peer},
      framing_{std::move(framing)},
      hub_{hub},
      last_progress_{hub.second_},
      request_since_{hub.second_} {}

void Connection::close() {
    if (!open()) return;
    socket_.close();
    hub_.forget(*this);
}

bool Connection::busy() const noexcept {
    return deferred_ || !unread_.empty() || !unsent_.empty() || framing_->inside_request() ||
           socket_.in_handshake();
}

std::optional<Refusal> Connection::find_overdue() const {
    const auto over = [&](std::uint64_t since, std::uint64_t limit, Refusal refusal) {
        return hub_.second_ - since > limit ? std::optional{refusal} : std::nullopt;
    };
    if (lingering_) return over(request_since_, linger_seconds, Refusal::request_timeout);
    if (deferred_ && !sending()) return std::nullopt;  // it is the node that takes its time
    if (sending())
        return over(sending_since_, hub_.config_.stream_write_timeout_seconds,
                    Refusal::write_timeout);
    if (busy())
        return over(request_since_, hub_.config_.stream_request_timeout_seconds,
                    Refusal::request_timeout);
    return over(last_progress_, framing_->idle_timeout_seconds(), Refusal::idle_timeout);
}

limits::Source Connection::source() const noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (::getpeername(descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return limits::Source::of_stream(std::as_bytes(std::span{&address, 1}).first(size));
}

std::size_t Connection::receive(MutableBytes room) {
    const bool was_in_handshake = socket_.in_handshake();
    const auto moved = socket_.receive(room);
    if (!peer_known_ && !socket_.in_handshake()) {
        peer_known_ = true;
        if (std::string certificate = socket_.peer_certificate(); !certificate.empty())
            framing_->know_peer(std::move(certificate));
    }
    const bool wants_write = moved.state == StreamSocket::State::wants_write;
    if (wants_write != std::exchange(receives_by_sending_, wants_write))
        hub_.watch(*this, EPOLL_CTL_MOD, wants_write ? EPOLLOUT : EPOLLIN);
    if (moved.octets == 0) {
        const bool over =
            moved.state == StreamSocket::State::ended || moved.state == StreamSocket::State::failed;
        if (over && was_in_handshake) hub_.metrics_.count(Refusal::tls_handshake);
        if (over) close();  // it has had all its answers, or is gone
        return 0;
    }
    if (lingering_) return 0;
    touch();
    if (!busy()) request_since_ = hub_.second_;
    fresh_ = room.first(moved.octets);
    if (unread_.empty()) return fresh_.size();
    unread_.insert(unread_.end(), fresh_.begin(), fresh_.end());
    return fresh_.size();
}

void Connection::foresee(registry::HandleGroup& handles) {
    const std::size_t before = handles.size();
    foreseen_ = framing_->foresee(unread_.empty() ? fresh_ : Bytes{unread_}, handles);
    foreseen_handles_ = handles.size() - before;
}

void Connection::answer() {
    hub_.output_.clear();
    hub_.tally_.set_source(peer_);
    const Bytes rest = answer_all(unread_.empty() ? fresh_ : Bytes{unread_});
    fresh_ = {};
    if (hub_.output_.size() > 0) request_since_ = hub_.second_;
    keep(rest);
    if (!transmit(hub_.output_.bytes())) return close();
    proceed();
}

Bytes Connection::answer_all(Bytes in) {
    more_requests_ = false;
    while (!in.empty() && !closing_) {
        if (needs_lookups()) hub_.renew();
        if (foreseen_ == 0) {
            registry::HandleGroup handles;
            foreseen_ = framing_->foresee(in, handles);
            if (!handles.empty()) hub_.lookup_.look_ahead(handles);
            waiting_ = hub_.must_wait(handles);
            if (waiting_) break;
        }
        const auto progress = framing_->consume(hub_.lookup_, in, hub_.output_);
        foreseen_ -= foreseen_ > 0;
        in = in.subspan(progress.consumed);
        closing_ = progress.close;
        if (progress.later) {
            deferred_ = true;
            more_requests_ = !in.empty();
            hub_.defer(*this, framing_->take_later(), framing_->transport());
            break;
        }
        if (progress.consumed == 0) break;
        if (hub_.output_.size() >= output_batch_max) {
            more_requests_ = !in.empty();
            break;
        }
    }
    foreseen_ = 0;
    more_requests_ |= waiting_;
    return closing_ ? Bytes{} : in;
}

void Connection::set_aside() {
    keep(unread_.empty() ? fresh_ : Bytes{unread_});
    fresh_ = {};
    foreseen_ = 0;
    waiting_ = more_requests_ = true;
    proceed();
}

void Connection::hand_on() {
    if (!open() || deferred_ || waiting_ || closing_ || sending() || !framing_->hand_on()) return;
    deferred_ = true;
    more_requests_ = !unread_.empty();
    hub_.defer(*this, framing_->take_later(), framing_->transport());
    proceed();
}

void Connection::complete(const std::vector<std::string>& answers) {
    if (!open()) return;
    touch();
    deferred_ = false;
    request_since_ = hub_.second_;
    hub_.output_.clear();
    closing_ = framing_->complete(answers, hub_.output_);
    const Bytes answer = hub_.output_.bytes();
    if (sending()) {
        unsent_.insert(unsent_.end(), answer.begin(), answer.end());
    } else {
        hub_.watch(*this, EPOLL_CTL_ADD, EPOLLIN);
        if (!transmit(answer)) return close();
    }
    proceed();
}

void Connection::resume() {
    if (!open() || !waiting_) return;
    waiting_ = false;
    hub_.watch(*this, EPOLL_CTL_ADD, EPOLLIN);
    hub_.unfinished_.push_back(*place_);
}

/// An idle connection holds no memory.
void Connection::keep(Bytes rest) {
    if (rest.empty())
        unread_ = {};
    else if (unread_.empty())
        unread_.assign(rest.begin(), rest.end());
    else
        unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

bool Connection::transmit(Bytes octets) {
    const auto [sent, state] = socket_.send(octets);
    if (state == StreamSocket::State::failed || state == StreamSocket::State::ended) return false;
    const Bytes rest = octets.subspan(sent);
    if (rest.empty()) {
        if (!unsent_.empty()) unsent_ = {};
    } else if (unsent_.empty()) {
        unsent_.assign(rest.begin(), rest.end());
        sending_since_ = hub_.second_;
        hub_.watch(*this, EPOLL_CTL_MOD, EPOLLOUT);
    } else {
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
    }
    return true;
}

void Connection::on_writable() {
    touch();
    if (!transmit(unsent_)) return close();
    if (!sending()) hub_.watch(*this, EPOLL_CTL_MOD, EPOLLIN);
    proceed();
}

void Connection::proceed() {
    hub_.account(*this, unread_.size() + unsent_.size() + framing_->held());
    if (!open() || sending()) return;
    if (closing_) return linger();
    if (auto later = framing_->take_later()) {
        deferred_ = true;
        hub_.defer(*this, later, framing_->transport());
    }
    if (hub_.draining_ && !busy()) return close();
    // Not watched at all: a peer that is gone would be reported over and over.
    if (deferred_) return hub_.watch(*this, EPOLL_CTL_DEL, 0);
    if (waiting_) return hub_.await_disk(*this);
    // The others come first: this connection has had a whole batch of answers.
    if (more_requests_) hub_.unfinished_.push_back(*place_);
}

/// Closing a socket with unread octets would reset the connection, and the peer might lose the
/// last answer. So it is told that nothing more will come, and given a moment to read.
void Connection::linger() {
    lingering_ = true;
    request_since_ = hub_.second_;
    socket_.end();
}

void Connection::touch() {
    last_progress_ = hub_.second_;
    hub_.connections_.splice(hub_.connections_.end(), hub_.connections_, place_);
}

}  // namespace idnode::resolver
