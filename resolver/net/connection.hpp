#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "resolver/admin/login.hpp"
#include "resolver/limits/limit_key.hpp"
#include "resolver/metrics.hpp"
#include "resolver/net/framing.hpp"
#include "resolver/net/stream_socket.hpp"

namespace idnode::resolver {

class StreamHub;

/// One TCP connection; its hub says when. Whatever has arrived is answered as a batch and sent by
/// one call; only what is unfinished is kept, so an idle connection costs next to nothing. While a
/// peer does not read, nothing more is read from it. After `close` it only waits to be destroyed.
class Connection {
public:
    Connection(StreamSocket socket, const statistics::Address& peer,
               std::unique_ptr<Framing> framing, StreamHub& hub);

    int descriptor() const noexcept { return socket_.descriptor(); }
    bool open() const noexcept { return socket_.descriptor() >= 0; }
    /// Whether answers wait for the peer to read.
    bool sending() const noexcept { return !unsent_.empty(); }
    /// Whether a request or an answer is unfinished.
    bool busy() const noexcept;
    /// Whether whole requests were left behind by the last `answer`.
    bool wants_turn() const noexcept {
        return open() && more_requests_ && !sending() && !deferred_;
    }
    /// Whether what it has sent before is answered, and the answers are on their way.
    bool may_read() const noexcept { return open() && !more_requests_ && !sending() && !deferred_; }
    /// Which time limit has run out, if any.
    std::optional<Refusal> find_overdue() const;

    /// Who is at the other end, as far as limits are concerned.
    limits::Source source() const noexcept;
    /// The same for statistics.
    const statistics::Address& peer() const noexcept { return peer_; }

    /// Takes what has arrived into `room`, where it stays until `answer`; returns how much. Closes
    /// the connection at its end. Precondition: room for what `StreamSocket::receive` wants.
    std::size_t receive(protocol::MutableBytes room);
    /// Adds what is asked for to `handles`, as far as there is room.
    void foresee(registry::HandleGroup& handles);
    /// How many that were.
    std::size_t foreseen_handles() const noexcept { return foreseen_handles_; }
    /// Answers what was received.
    void answer();
    /// Answers what was received once the disk has delivered what is asked for.
    void set_aside();
    bool needs_lookups() const noexcept { return !framing_->hands_on(); }
    /// Once a second: has what has come of a request handed on, if the framing wants that.
    void hand_on();
    /// Sends the answer that was deferred, and goes on.
    void complete(const std::vector<std::string>& answers);
    /// Has its turn again, if it was set aside.
    void resume();
    /// Sends what is left of the answers.
    void on_writable();
    void close();

private:
    friend class StreamHub;

    protocol::Bytes answer_all(protocol::Bytes in);
    void keep(protocol::Bytes rest);
    /// Sends what it can and keeps the rest; false when the peer is gone.
    bool transmit(protocol::Bytes octets);
    void proceed();
    void linger();
    void touch();

    StreamSocket socket_;
    statistics::Address peer_;
    std::unique_ptr<Framing> framing_;
    StreamHub& hub_;
    std::list<std::shared_ptr<Connection>>::iterator place_;
    std::shared_ptr<admin::Login> login_;  ///< once something was deferred that may need one
    protocol::Bytes fresh_;                ///< received in this turn
    std::size_t foreseen_ = 0;             ///< requests whose handles were looked up ahead
    std::size_t foreseen_handles_ = 0;
    std::vector<std::byte> unread_;     ///< received, not yet answered
    std::vector<std::byte> unsent_;     ///< answered, not yet sent
    std::size_t held_ = 0;              ///< octets that the hub has noted
    std::uint64_t last_progress_ = 0;   ///< second in which octets last moved
    std::uint64_t request_since_ = 0;   ///< second in which the unfinished request began
    std::uint64_t sending_since_ = 0;   ///< second in which the peer began to keep answers waiting
    bool peer_known_ = false;           ///< the framing was told of its certificate, if any
    bool receives_by_sending_ = false;  ///< TLS has to send before it can receive
    bool more_requests_ = false;        ///< `unread_` may hold whole requests
    bool deferred_ = false;             ///< the answer to a request is still to come
    bool waiting_ = false;              ///< for the disk
    bool closing_ = false;              ///< close when everything is sent
    bool lingering_ = false;            ///< everything is sent; what still comes is thrown away
};

}  // namespace idnode::resolver
