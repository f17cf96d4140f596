#pragma once

#include <sys/socket.h>

#include <chrono>
#include <initializer_list>
#include <vector>

#include "protocol/bytes.hpp"
#include "resolver/metrics.hpp"

namespace idnode::resolver {

/// Whom a datagram came from, and so where its answer goes. Views into what was received.
struct DatagramPeer {
    protocol::Bytes address;  ///< sockaddr
    /// The control message that names the local address that was asked; empty where the socket
    /// has only one.
    protocol::Bytes local_address;
};

/// Datagrams on their way out of one socket: many by one system call, and those of one size to one
/// peer as one segmented datagram that the system or the network card cuts (UDP GSO). Where the
/// road to a peer cannot do that, they leave one by one from then on. Used by one thread.
class DatagramSender {
public:
    static constexpr std::size_t pieces_max = 3;  ///< of one datagram

    enum class Segmenting : bool { off, on };

    /// `descriptor` is a UDP socket that outlives the sender.
    DatagramSender(int descriptor, WorkerMetrics& metrics, Segmenting segmenting = Segmenting::on);

    /// Notes a datagram of at most `pieces_max` pieces, none of them longer than a datagram may be.
    /// What they, and the views of `peer`, refer to must stay as it is until the next `flush`.
    /// Calls `flush` itself when there is no room to note another one.
    void add(const DatagramPeer& peer, std::initializer_list<protocol::Bytes> pieces);

    /// Sends what was noted. Waits for the system to take it until the wait limit at the most; what
    /// is left then is dropped and counted.
    void flush();

    /// From here on, as long as the next turn of this socket lasts.
    void set_wait_limit(std::chrono::steady_clock::time_point wait_until) noexcept {
        wait_until_ = wait_until;
    }

private:
    static constexpr std::size_t control_size = 128;

    /// Datagrams to one peer, of one size but for the last, which may be shorter.
    struct Run {
        DatagramPeer peer;
        std::size_t first_piece;
        std::size_t piece_count;
        std::size_t datagram_count;
        std::size_t segment_size;
        std::size_t size;
    };

    bool extends_last_run(const DatagramPeer& peer, std::size_t size) const noexcept;
    void prepare(std::size_t at);
    bool wait_writable() const noexcept;
    bool send(const msghdr& message);
    bool send_one_by_one(const Run& run);
    void count_dropped(std::size_t first_run);

    struct alignas(cmsghdr) Control {
        std::byte octets[control_size];
    };

    int descriptor_;
    WorkerMetrics& metrics_;
    Segmenting segmenting_;
    std::chrono::steady_clock::time_point wait_until_{};
    std::vector<iovec> pieces_;
    std::vector<Run> runs_;
    std::vector<mmsghdr> messages_;
    std::vector<Control> controls_;
};

}  // namespace idnode::resolver
