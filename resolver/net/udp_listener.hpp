#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>
#include <vector>

#include "registry/lookup.hpp"
#include "resolver/config.hpp"
#include "resolver/net/endpoint.hpp"
#include "resolver/net/reassembler.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// One UDP socket of one worker. Waits for readiness, then drains the socket in batches: many
/// datagrams in by one system call, one snapshot for all of them, many answers out by one call.
/// Answers of more than 512 octets leave in parts. A lookup allocates nothing.
class UdpListener {
public:
    /// Binds the socket; throws boost::system::system_error. Everything referred to must outlive
    /// the listener.
    UdpListener(boost::asio::io_context& context, const Endpoint& endpoint, const Config& config,
                registry::Lookup& lookup, Service& service);

    void run();
    /// Answers what has already arrived and closes the socket.
    void stop();
    /// Drops split requests that were never completed. Called now and then.
    void expire() { reassembler_.expire(Reassembler::Clock::now()); }
    void apply(const Config& config);

private:
    static constexpr std::size_t receive_size = 4096;
    static constexpr std::size_t control_size = 64;
    static constexpr std::size_t pieces_max = 3;  ///< envelope of a part, rest of head, tail

    struct Request {
        std::byte data[receive_size];
        sockaddr_storage source;
        alignas(cmsghdr) std::byte control[control_size];
    };
    struct Outgoing {
        iovec pieces[pieces_max];
        const msghdr* request;
        std::size_t piece_count;
    };

    /// Answers what one system call brings; true when it may have left something in the socket.
    bool serve_batch();
    void handle(std::size_t at);
    void send(const Reply& reply, const msghdr& request, bool split_request);
    void send_parts(const Reply& reply, const msghdr& request);
    void queue(const msghdr& request, std::initializer_list<protocol::Bytes> pieces);
    void flush();

    protocol::MutableBytes arena_room();

    boost::asio::ip::udp::socket socket_;
    registry::Lookup& lookup_;
    Service& service_;
    Reassembler reassembler_;

    std::vector<Request> requests_;
    std::vector<mmsghdr> incoming_;
    std::vector<iovec> incoming_pieces_;
    std::vector<mmsghdr> outgoing_;
    std::vector<Outgoing> queue_;
    std::size_t queued_ = 0;
    std::vector<std::byte> arena_;  ///< heads of the answers that are queued
    std::size_t arena_used_ = 0;
};

}  // namespace idnode::resolver
