#include "resolver/net/udp_listener.hpp"

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>

namespace idnode::resolver {
namespace {

using boost::asio::ip::udp;
using protocol::Bytes;
using protocol::datagram_payload_max;
using protocol::datagram_size_max;
using protocol::Envelope;
using protocol::MutableBytes;

/// The head of the largest answer and an envelope for each of its parts.
constexpr std::size_t answer_room =
    reply_size_max +
    (protocol::message_length_max / datagram_payload_max + 1) * Envelope::wire_size;
/// Beside that, the heads of a batch of ordinary answers.
constexpr std::size_t arena_size = answer_room + (std::size_t{1} << 20);
constexpr std::size_t queue_size = 256;
constexpr int send_wait_ms = 10;
constexpr int rounds_max = 16;

template <int level, int name>
using Flag = boost::asio::detail::socket_option::boolean<level, name>;

/// Splits what lies behind the envelope into the octets of one part, which may begin in the head
/// and end in the tail.
struct Part {
    Bytes from_head;
    Bytes from_tail;
};

Part part_of(Bytes head, Bytes tail, std::size_t begin, std::size_t size) {
    const std::size_t in_head = begin < head.size() ? std::min(size, head.size() - begin) : 0;
    const std::size_t tail_begin = begin + in_head - std::min(begin + in_head, head.size());
    return {head.subspan(std::min(begin, head.size()), in_head),
            tail.subspan(std::min(tail_begin, tail.size()), size - in_head)};
}

iovec to_iovec(Bytes bytes) { return {const_cast<std::byte*>(bytes.data()), bytes.size()}; }

/// The sender's address as octets: what tells one source of split requests from another.
std::string_view source_of(const msghdr& message) {
    return {static_cast<const char*>(message.msg_name), message.msg_namelen};
}

}  // namespace

UdpListener::UdpListener(boost::asio::io_context& context, const Endpoint& endpoint,
                         const Config& config, registry::Lookup& lookup, Service& service)
    : socket_{context},
      lookup_{lookup},
      service_{service},
      reassembler_{{}, service.metrics()},
      requests_(config.udp_batch_max),
      incoming_(config.udp_batch_max),
      incoming_pieces_(config.udp_batch_max),
      outgoing_(queue_size),
      queue_(queue_size),
      arena_(arena_size) {
    const udp::endpoint address{endpoint.address, endpoint.port};
    socket_.open(address.protocol());
    socket_.set_option(Flag<SOL_SOCKET, SO_REUSEPORT>{true});
    const int buffer = static_cast<int>(config.udp_socket_buffer_kib * 1024);
    socket_.set_option(udp::socket::receive_buffer_size{buffer});
    socket_.set_option(udp::socket::send_buffer_size{buffer});
    if (endpoint.address.is_v6()) socket_.set_option(boost::asio::ip::v6_only{true});
    // On a wildcard address the answer must leave from the address that was asked.
    if (endpoint.address.is_unspecified() && endpoint.address.is_v4())
        socket_.set_option(Flag<IPPROTO_IP, IP_PKTINFO>{true});
    if (endpoint.address.is_unspecified() && endpoint.address.is_v6())
        socket_.set_option(Flag<IPPROTO_IPV6, IPV6_RECVPKTINFO>{true});
    socket_.bind(address);
    socket_.non_blocking(true);
    apply(config);
}

void UdpListener::run() {
    socket_.async_wait(udp::socket::wait_read, [this](const boost::system::error_code& failed) {
        if (failed) return;
        // After some batches the streams of this worker have their turn, however much is left here.
        for (int round = 0; round < rounds_max && serve_batch(); ++round) {}
        run();
    });
}

void UdpListener::stop() {
    while (serve_batch()) {}
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void UdpListener::apply(const Config& config) {
    reassembler_.set_limits({.timeout = std::chrono::milliseconds{config.udp_reassembly_timeout_ms},
                             .messages_max = config.udp_reassembly_messages_max,
                             .per_source_max = config.udp_reassembly_per_source_max,
                             .memory_max = std::size_t{config.udp_reassembly_memory_kib} * 1024});
}

bool UdpListener::serve_batch() {
    for (std::size_t at = 0; at < requests_.size(); ++at) {
        incoming_pieces_[at] = {requests_[at].data, receive_size};
        incoming_[at].msg_hdr = {.msg_name = &requests_[at].source,
                                 .msg_namelen = sizeof(sockaddr_storage),
                                 .msg_iov = &incoming_pieces_[at],
                                 .msg_iovlen = 1,
                                 .msg_control = requests_[at].control,
                                 .msg_controllen = control_size,
                                 .msg_flags = 0};
    }
    const int received = ::recvmmsg(socket_.native_handle(), incoming_.data(),
                                    static_cast<unsigned>(incoming_.size()), MSG_DONTWAIT, nullptr);
    if (received <= 0) return false;
    lookup_.renew();
    for (std::size_t at = 0; at < static_cast<std::size_t>(received); ++at)
        foresee(lookup_, {requests_[at].data, incoming_[at].msg_len});
    lookup_.look_ahead();
    for (std::size_t at = 0; at < static_cast<std::size_t>(received); ++at) handle(at);
    flush();
    lookup_.release();
    return static_cast<std::size_t>(received) == incoming_.size();
}

void UdpListener::handle(std::size_t at) {
    const msghdr& header = incoming_[at].msg_hdr;
    Bytes message{requests_[at].data, incoming_[at].msg_len};
    service_.metrics().count(Transport::udp);
    if (message.size() < Envelope::wire_size)
        return service_.metrics().count(Refusal::unanswerable_datagram);
    if (header.msg_flags & MSG_TRUNC) {
        return send(service_.refuse(message, protocol::ResponseCode::protocol_error,
                                    "The datagram is too long; split it or use TCP", arena_room()),
                    header, false);
    }
    const bool split = protocol::decode_envelope(message.first<Envelope::wire_size>()).truncated;
    if (split) {
        const auto whole = reassembler_.add(source_of(header), message, Reassembler::Clock::now());
        if (!whole) return;
        message = *whole;
    }
    send(service_.answer(lookup_, message, arena_room()), header, split);
}

/// Room for one answer of any size; sends what is queued when there is none left.
MutableBytes UdpListener::arena_room() {
    if (arena_.size() - arena_used_ < answer_room) flush();
    return std::span{arena_}.subspan(arena_used_);
}

void UdpListener::send(const Reply& reply, const msghdr& request, bool split_request) {
    if (reply.size() == 0) return;
    arena_used_ += reply.head.size();
    if (reply.size() > datagram_size_max) return send_parts(reply, request);
    if (split_request) {
        // The reference server marks its answer to a split request so, and clients expect it.
        const auto head = std::span{arena_}.subspan(arena_used_ - reply.head.size());
        Envelope envelope = protocol::decode_envelope(head.first<Envelope::wire_size>());
        envelope.truncated = true;
        protocol::encode_envelope(head.first<Envelope::wire_size>(), envelope);
    }
    queue(request, {reply.head, reply.tail});
}

void UdpListener::send_parts(const Reply& reply, const msghdr& request) {
    Envelope envelope = protocol::decode_envelope(reply.head.first<Envelope::wire_size>());
    envelope.truncated = true;
    const Bytes head = reply.head.subspan(Envelope::wire_size);
    for (std::size_t begin = 0; begin < envelope.message_length; begin += datagram_payload_max) {
        const auto part_envelope =
            std::span{arena_}.subspan(arena_used_).first<Envelope::wire_size>();
        arena_used_ += Envelope::wire_size;
        protocol::encode_envelope(part_envelope, envelope);
        ++envelope.sequence_number;
        const Part part = part_of(head, reply.tail, begin,
                                  std::min(datagram_payload_max, envelope.message_length - begin));
        queue(request, {part_envelope, part.from_head, part.from_tail});
    }
}

void UdpListener::queue(const msghdr& request, std::initializer_list<Bytes> pieces) {
    if (queued_ == queue_.size()) {
        const std::size_t used = arena_used_;
        flush();
        arena_used_ = used;  // the pieces of what is queued now stand there already
    }
    Outgoing& outgoing = queue_[queued_];
    outgoing.piece_count = 0;
    for (const Bytes piece : pieces)
        if (!piece.empty()) outgoing.pieces[outgoing.piece_count++] = to_iovec(piece);
    outgoing_[queued_].msg_hdr = {
        .msg_name = request.msg_name,
        .msg_namelen = request.msg_namelen,
        .msg_iov = outgoing.pieces,
        .msg_iovlen = outgoing.piece_count,
        .msg_control = request.msg_controllen > 0 ? request.msg_control : nullptr,
        .msg_controllen = request.msg_controllen,
        .msg_flags = 0};
    ++queued_;
}

void UdpListener::flush() {
    std::size_t sent = 0;
    while (sent < queued_) {
        const int count = ::sendmmsg(socket_.native_handle(), outgoing_.data() + sent,
                                     static_cast<unsigned>(queued_ - sent), MSG_DONTWAIT);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd writable{.fd = socket_.native_handle(), .events = POLLOUT, .revents = 0};
            if (::poll(&writable, 1, send_wait_ms) > 0) continue;
            service_.metrics().refusals[static_cast<std::size_t>(Refusal::send_queue_full)].add(
                queued_ - sent);
            break;
        }
        ++sent;  // this peer cannot be reached; the others can
    }
    queued_ = 0;
    arena_used_ = 0;
}

}  // namespace idnode::resolver
