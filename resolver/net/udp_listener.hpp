#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/container/static_vector.hpp>
#include <memory>
#include <vector>

#include "registry/lookup.hpp"
#include "resolver/admin/pool.hpp"
#include "resolver/config.hpp"
#include "resolver/net/datagram_sender.hpp"
#include "resolver/net/endpoint.hpp"
#include "resolver/net/reassembler.hpp"
#include "resolver/net/waiting_requests.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// One UDP socket of one worker. Waits for readiness, then drains the socket in batches: many
/// datagrams in by one system call, and whole runs of one peer's as a single one where the system
/// has joined them (GRO); one snapshot for all of them; many answers out by one call. Answers of
/// more than 512 octets leave in parts. A lookup allocates nothing. Requests whose records the disk
/// has to deliver first are set aside, so that the others need not wait for it; and so are those
/// with large answers, which have half of the time and no more. Anybody may write a false address
/// on a datagram: an answer that is many times as large as its request is replaced by a short one
/// that sends the client to TCP. What somebody gets who has proven himself, by a challenge that was
/// sent to his address or by a session, is not held to that.
class UdpListener {
public:
    /// Binds the socket; throws boost::system::system_error. Everything referred to must outlive
    /// the listener.
    UdpListener(boost::asio::io_context& context, const Endpoint& endpoint, const Config& config,
                registry::Lookup& lookup, Service& service, admin::Pool* pool = nullptr);

    void run();
    /// Answers what has already arrived, takes no more, and closes the socket when the last answer
    /// that was promised has left.
    void stop();
    bool stopped() const noexcept { return !socket_.is_open(); }
    /// Drops split requests that were never completed. Called now and then.
    void expire() { reassembler_.expire(Reassembler::Clock::now()); }
    void apply(const Config& config);

private:
    static constexpr std::size_t control_size = 64;

    /// What one datagram, or one run of joined ones, brings beside its octets.
    struct Origin {
        sockaddr_storage source;
        alignas(cmsghdr) std::byte control[control_size];
    };
    using Group =
        boost::container::static_vector<DatagramRequest, registry::HandleGroup::static_capacity>;

    void bind(const Endpoint& endpoint, const Config& config);
    void prepare(std::size_t at) noexcept;
    std::chrono::steady_clock::time_point begin_turn();
    /// Answers what one system call brings; true when it may have left something in the socket.
    bool serve_batch();
    void end_batch();
    void split_run(std::size_t at, Group& group);
    void answer(Group& group);
    void handle(const DatagramRequest& request);
    void serve();
    void defer(protocol::Bytes message, const DatagramPeer& peer, bool split_request);
    void send_deferred(const admin::Answers& answers, const DatagramPeer& peer, bool split_request);
    void close_if_done();
    void defer_large(const DatagramRequest& request);
    void set_aside(DatagramRequest request);
    void await_disk();
    void answer_waiting();
    /// Gives large answers as much time as the others have had.
    void answer_large(std::chrono::steady_clock::duration time);
    void send(const Reply& reply, const DatagramPeer& peer, bool split_request);
    void send_parts(const Reply& reply, const DatagramPeer& peer);
    void flush();

    protocol::MutableBytes arena_room();

    boost::asio::ip::udp::socket socket_;
    registry::Lookup& lookup_;
    Service& service_;
    admin::Pool* const pool_;
    Reassembler reassembler_;

    std::unique_ptr<std::byte[]> input_;
    std::vector<Origin> origins_;
    std::vector<iovec> pieces_;
    std::vector<mmsghdr> incoming_;
    DatagramSender sender_;
    WaitingRequests waiting_;  ///< for the disk
    WaitingRequests large_;    ///< with large answers
    std::size_t large_max_ = 0;
    bool may_defer_large_ = true;
    std::size_t deferred_ = 0;  ///< messages that are being answered elsewhere
    bool stopping_ = false;
    boost::asio::steady_timer disk_timer_;
    std::size_t waiting_max_ = 0;  ///< 0: whoever asks for what is on the disk waits for it
    std::chrono::milliseconds waiting_timeout_{};
    std::size_t amplification_max_ = 0;  ///< octets of an answer for each octet of its request
    std::size_t free_answer_ = 0;        ///< octets that an answer may have in any case
    std::vector<std::byte> arena_;       ///< heads of the answers that are noted
    std::size_t arena_used_ = 0;
};

}  // namespace idnode::resolver
