#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <vector>

#include "resolver/config.hpp"
#include "resolver/metrics.hpp"
#include "resolver/net/framing.hpp"

namespace idnode::resolver {

class Connection;

/// What the connections of one worker share: its snapshot, its buffers, its clock and the list of
/// them all. Used by the worker's thread only.
struct StreamHub {
    StreamHub(registry::Lookup& lookup_, WorkerMetrics& metrics_, const Config& config_)
        : lookup{lookup_}, metrics{metrics_}, config{config_}, input(input_size) {}

    static constexpr std::size_t input_size = std::size_t{256} << 10;

    /// Makes room when there are as many connections as this worker may have: the one that has
    /// been silent longest goes.
    void admit();
    void evict_oldest();
    /// Closes what has been silent too long. Called once a second.
    void sweep();
    /// Closes everything that is not in the middle of an answer; the rest closes when it is done.
    void drain();
    void close_all();

    registry::Lookup& lookup;
    WorkerMetrics& metrics;
    const Config& config;
    std::size_t connections_max = 0;
    std::size_t buffer_memory_max = 0;

    std::vector<std::byte> input;  ///< what one receive call brings, for one connection at a time
    OutBuffer output;              ///< answers of the connection that is being served
    std::list<std::shared_ptr<Connection>> connections;  ///< longest silent first
    std::size_t buffered = 0;                            ///< octets that all connections hold
    std::uint64_t second = 0;  ///< since the worker began; moved on by sweep()
    bool draining = false;
};

/// One TCP connection. Whatever has arrived is answered as a batch from one snapshot and sent by
/// one call; only what is unfinished is kept, so an idle connection costs next to nothing. While a
/// peer does not read, nothing more is read from it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(boost::asio::ip::tcp::socket socket, std::unique_ptr<Framing> framing,
               StreamHub& hub);

    /// Enters the hub's list and waits for requests.
    void start();
    void close();

    /// Which time limit has run out, if any.
    std::optional<Refusal> find_overdue() const;
    bool busy() const noexcept;

    /// Answers what has arrived, and waits for more unless the node is stopping.
    void on_readable();

private:
    void wait_readable();
    void wait_writable();
    void on_writable();
    void serve(protocol::Bytes fresh);
    protocol::Bytes answer_all(protocol::Bytes in);
    void keep(protocol::Bytes rest);
    /// Sends what it can and keeps the rest; false when the peer is gone.
    bool transmit(protocol::Bytes octets);
    void proceed();
    void linger();
    void touch();
    bool account(std::size_t before, std::size_t after);

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Framing> framing_;
    StreamHub& hub_;
    std::list<std::shared_ptr<Connection>>::iterator place_;
    std::vector<std::byte> unread_;    ///< received, not yet answered
    std::vector<std::byte> unsent_;    ///< answered, not yet sent
    std::uint64_t last_progress_ = 0;  ///< second in which octets last moved
    std::uint64_t request_since_ = 0;  ///< second in which the unfinished request began
    bool more_requests_ = false;       ///< `unread_` may hold whole requests
    bool closing_ = false;             ///< close when everything is sent
    bool lingering_ = false;           ///< everything is sent; what still comes is thrown away
    bool open_ = true;
};

}  // namespace idnode::resolver
