#pragma once

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <vector>

#include "resolver/config.hpp"
#include "resolver/metrics.hpp"
#include "resolver/net/framing.hpp"
#include "resolver/net/stream_socket.hpp"

namespace idnode::resolver {

class Connection;

/// All streams of one worker. Those that have something to say are read together, their requests
/// are looked up together in one snapshot, and then each is answered. So the hub waits for its
/// sockets by an epoll of its own, which the event loop in turn waits for: one turn there serves
/// every connection that is ready here. One that asks for what the disk has to deliver first is set
/// aside, so that the others need not wait for it. Used by the worker's thread only.
class StreamHub {
public:
    /// Everything referred to must outlive the hub.
    StreamHub(boost::asio::io_context& context, registry::Lookup& lookup, WorkerMetrics& metrics,
              statistics::Tally& tally, const Config& config);
    ~StreamHub();
    StreamHub(const StreamHub&) = delete;
    StreamHub& operator=(const StreamHub&) = delete;

    /// Takes over a connected socket. When there are as many connections as there may be, the one
    /// that has been silent longest goes.
    void admit(StreamSocket socket, const statistics::Address& peer,
               std::unique_ptr<Framing> framing);
    void evict_oldest();
    /// Closes what has been silent too long. Called once a second.
    void sweep();
    /// Answers what has arrived; closes everything that is not in the middle of a request, and the
    /// rest when its answer is sent.
    void drain();
    void close_all();

    void set_limits(std::size_t connections_max, std::size_t buffer_memory_max) noexcept {
        connections_max_ = connections_max;
        buffer_memory_max_ = buffer_memory_max;
    }
    bool empty() const noexcept { return connections_.empty(); }

private:
    friend class Connection;
    using Connections = std::list<std::shared_ptr<Connection>>;

    static constexpr std::size_t ready_max = 64;  ///< connections served together

    void wait();
    void serve_ready();
    bool serve_round();
    /// Reads from a connection and puts it on turn if that brought anything.
    void read(Connection& connection);
    void serve_turn();
    /// Brings the look-ups of this turn up to date, unless that was done.
    void renew();
    bool must_wait(std::span<const std::string_view> handles) const noexcept;
    /// Has a request answered elsewhere, and the connection told when it is.
    void defer(Connection& connection, const Framing::Later& later, registry::Transport transport);
    /// Gives the connection a turn again when the disk has had time to deliver.
    void await_disk(Connection& connection);
    void watch(const Connection& connection, int operation, std::uint32_t events) noexcept;
    void forget(Connection& connection);
    /// Notes how much a connection holds; makes the greediest go when that is too much in all.
    void account(Connection& connection, std::size_t held);
    void close_greediest();

    registry::Lookup& lookup_;
    WorkerMetrics& metrics_;
    statistics::Tally& tally_;
    const Config& config_;
    std::size_t connections_max_ = 0;
    std::size_t buffer_memory_max_ = 0;

    boost::asio::posix::stream_descriptor poll_;
    std::vector<std::byte> input_;  ///< what the connections on turn have sent
    std::size_t input_used_ = 0;
    bool renewed_ = false;           ///< in this turn
    OutBuffer output_;               ///< answers of the connection that is being answered
    std::vector<Connection*> turn_;  ///< what is being served together
    std::vector<std::shared_ptr<Connection>>
        unfinished_;                                    ///< has more requests than one turn takes
    std::vector<std::shared_ptr<Connection>> waiting_;  ///< for the disk
    boost::asio::steady_timer disk_timer_;
    Connections connections_;   ///< longest silent first
    Connections closed_;        ///< kept until nothing of this round may still name them
    std::size_t held_ = 0;      ///< octets that all connections hold
    std::uint64_t second_ = 0;  ///< since the worker began; moved on by sweep()
    bool draining_ = false;
};

}  // namespace idnode::resolver
