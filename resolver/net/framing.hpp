#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/bytes.hpp"
#include "registry/lookup.hpp"
#include "resolver/admin/exchange.hpp"

namespace idnode::resolver {

/// Answers on their way to one peer. Grows as needed and keeps what it has, so that it is reused
/// without allocating.
class OutBuffer {
public:
    /// At least `size` writable octets behind what was written.
    protocol::MutableBytes room(std::size_t size) {
        if (octets_.size() - size_ < size) octets_.resize(size_ + size);
        return std::span{octets_}.subspan(size_);
    }
    /// The first `size` octets of the room have been written.
    void commit(std::size_t size) noexcept { size_ += size; }

    void append(protocol::Bytes bytes) {
        if (bytes.empty()) return;
        std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
        commit(bytes.size());
    }
    void append(std::string_view text) { append(protocol::bytes_of(text)); }

    void clear() {
        size_ = 0;
        if (octets_.size() > kept_max) octets_ = {};
    }
    std::size_t size() const noexcept { return size_; }
    protocol::Bytes bytes() const noexcept { return std::span{octets_}.first(size_); }

private:
    static constexpr std::size_t kept_max = std::size_t{4} << 20;

    std::vector<std::byte> octets_;
    std::size_t size_ = 0;
};

/// How requests stand behind each other on a stream. Each connection has one of its own.
class Framing {
public:
    virtual ~Framing() = default;

    /// Has a request answered elsewhere, and `done` called once, at once or from any thread.
    using Later = std::function<void(const admin::Arrival& arrival, admin::Done done)>;

    struct Progress {
        std::size_t consumed = 0;  ///< octets that need not be shown again
        bool close = false;        ///< nothing more will be answered on this connection
        /// The request takes longer than a look-up: `take_later` has it answered, and `complete`
        /// is given the answer; until then nothing more is consumed.
        bool later = false;
    };

    /// What is to be done for the request that was left for later.
    Later take_later() noexcept { return std::exchange(later_, {}); }

    /// Adds what the requests in front of `in` ask for to `handles`, until that is full, as far as
    /// it is plain to see. Returns of how many requests that is.
    virtual std::size_t foresee(protocol::Bytes, registry::HandleGroup&) const { return 0; }

    /// Takes at most one request from the front of `in` and appends its answer to `out`. Nothing
    /// consumed means that more octets are needed.
    virtual Progress consume(registry::Lookup& lookup, protocol::Bytes in, OutBuffer& out) = 0;

    /// Appends the answer to the request that was left for later, in one piece or several. Returns
    /// whether the connection ends with it. It may leave another piece of it for later: that is
    /// taken when this one was sent.
    virtual bool complete(const std::vector<std::string>& answers, OutBuffer& out) = 0;

    /// Whether what comes next belongs to a body that is only handed on: `consume` needs no state
    /// of the registry for it.
    virtual bool hands_on() const noexcept { return false; }

    /// Asked once a second while no answer is waited for: whether what has come so far of a request
    /// is handed on now, as something for later, though it could have been more.
    virtual bool hand_on() { return false; }

    /// The way by which its requests come, for the change log.
    virtual registry::Transport transport() const noexcept = 0;

    /// The certificate (X.509, DER) with which the peer has opened the connection.
    virtual void know_peer(std::string) {}

    /// Octets that it holds of an unfinished request.
    virtual std::size_t held() const noexcept { return 0; }

    /// Whether a request has begun of which the octets were already consumed.
    virtual bool inside_request() const noexcept { return false; }

    virtual std::uint32_t idle_timeout_seconds() const noexcept = 0;

protected:
    /// Leaves a request of `consumed` octets to be answered so.
    Progress leave(std::size_t consumed, Later later) {
        later_ = std::move(later);
        return {.consumed = consumed, .close = false, .later = true};
    }

private:
    Later later_;
};

}  // namespace idnode::resolver
