#include "resolver/net/udp_listener.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

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

/// How long one turn of a socket lasts at the most, but for the batch that it is at; how much
/// longer it may wait for the system to take answers; and how many batches are answered at the end.
constexpr std::chrono::milliseconds turn_max{5};
constexpr std::chrono::milliseconds send_wait_max{10};
constexpr int last_batches_max = 64;

/// How long the disk is given before requests that wait for it are looked at again.
constexpr std::chrono::milliseconds disk_pause{1};

/// Longer answers take the time of many ordinary ones, and have a turn of their own.
constexpr std::size_t large_answer = std::size_t{16} << 10;

/// The longest request that is taken in one datagram.
constexpr std::size_t request_size_max = 4096;
/// The longest run of datagrams that the system joins, and a little more: places that lie whole
/// pages apart would compete for the same lines of the cache.
constexpr std::size_t input_size = 65'535 + 321;

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

/// What came with a datagram.
struct Arrival {
    DatagramPeer peer;
    std::size_t segment_size;  ///< of each datagram of a run but the last; 0: it is only one
};

Arrival read_arrival(const msghdr& header) noexcept {
    Arrival arrival{
        .peer = {.address = {static_cast<const std::byte*>(header.msg_name), header.msg_namelen},
                 .local_address = {}},
        .segment_size = 0};
    if (header.msg_controllen == 0) return arrival;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each;
         each = CMSG_NXTHDR(const_cast<msghdr*>(&header), each)) {
        if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO) {
            int size = 0;
            std::memcpy(&size, CMSG_DATA(each), sizeof(size));
            arrival.segment_size = static_cast<std::size_t>(size);
        } else {
            arrival.peer.local_address = {reinterpret_cast<const std::byte*>(each), each->cmsg_len};
        }
    }
    return arrival;
}

}  // namespace

UdpListener::UdpListener(boost::asio::io_context& context, const Endpoint& endpoint,
                         const Config& config, registry::Lookup& lookup, Service& service,
                         admin::Pool* pool)
    : socket_{context, boost::asio::ip::udp::endpoint{endpoint.address, 0}.protocol()},
      lookup_{lookup},
      service_{service},
      pool_{pool},
      reassembler_{{}, service.metrics()},
      input_{std::make_unique_for_overwrite<std::byte[]>(config.udp_batch_max * input_size)},
      origins_(config.udp_batch_max),
      pieces_(config.udp_batch_max),
      incoming_(config.udp_batch_max),
      sender_{socket_.native_handle(), service.metrics()},
      disk_timer_{context},
      arena_(arena_size) {
    for (std::size_t at = 0; at < incoming_.size(); ++at) {
        pieces_[at] = {input_.get() + at * input_size, input_size};
        prepare(at);
    }
    bind(endpoint, config);
    apply(config);
}

void UdpListener::bind(const Endpoint& endpoint, const Config& config) {
    socket_.set_option(Flag<SOL_SOCKET, SO_REUSEPORT>{true});
    const int buffer = static_cast<int>(config.udp_socket_buffer_kib * 1024);
    socket_.set_option(udp::socket::receive_buffer_size{buffer});
    socket_.set_option(udp::socket::send_buffer_size{buffer});
    boost::system::error_code unknown;  // to older kernels; datagrams then come one by one
    socket_.set_option(Flag<SOL_UDP, UDP_GRO>{true}, unknown);
    if (endpoint.address.is_v6()) socket_.set_option(boost::asio::ip::v6_only{true});
    // On a wildcard address the answer must leave from the address that was asked.
    if (endpoint.address.is_unspecified() && endpoint.address.is_v4())
        socket_.set_option(Flag<IPPROTO_IP, IP_PKTINFO>{true});
    if (endpoint.address.is_unspecified() && endpoint.address.is_v6())
        socket_.set_option(Flag<IPPROTO_IPV6, IPV6_RECVPKTINFO>{true});
    socket_.bind({endpoint.address, endpoint.port});
    socket_.non_blocking(true);
}

/// Makes a place ready to receive: the system overwrites these lengths.
void UdpListener::prepare(std::size_t at) noexcept {
    incoming_[at].msg_hdr = {.msg_name = &origins_[at].source,
                             .msg_namelen = sizeof(sockaddr_storage),
                             .msg_iov = &pieces_[at],
                             .msg_iovlen = 1,
                             .msg_control = origins_[at].control,
                             .msg_controllen = control_size,
                             .msg_flags = 0};
}

void UdpListener::run() {
    socket_.async_wait(udp::socket::wait_read, [this](const boost::system::error_code& failed) {
        if (!failed && !stopping_) serve();
    });
}

/// One turn; then the streams of this worker have theirs, however much is left here.
void UdpListener::serve() {
    const auto end = begin_turn();
    while (serve_batch() && std::chrono::steady_clock::now() < end) {}
    answer_large(std::chrono::steady_clock::now() - (end - turn_max));
    if (large_.size() == 0) return run();
    boost::asio::post(socket_.get_executor(), [this] {
        if (!stopping_) serve();
    });
}

void UdpListener::answer_large(std::chrono::steady_clock::duration time) {
    const auto end = std::chrono::steady_clock::now() + time;
    const bool before = std::exchange(may_defer_large_, false);
    while (large_.size() > 0) {
        const auto taken = large_.take(1);
        lookup_.renew();
        service_.tally().begin(lookup_);
        Group group{taken.front().request()};
        answer(group);
        end_batch();
        if (std::chrono::steady_clock::now() >= end) break;
    }
    may_defer_large_ = before;
}

std::chrono::steady_clock::time_point UdpListener::begin_turn() {
    const auto now = std::chrono::steady_clock::now();
    sender_.set_wait_limit(now + send_wait_max);
    return now + turn_max;
}

void UdpListener::stop() {
    begin_turn();
    waiting_max_ = 0;
    disk_timer_.cancel();
    answer_waiting();
    may_defer_large_ = false;
    answer_large(turn_max);
    for (int left = last_batches_max; left > 0 && serve_batch(); --left) {}
    stopping_ = true;
    close_if_done();
}

void UdpListener::close_if_done() {
    boost::system::error_code ignored;
    if (stopping_ && deferred_ == 0) socket_.close(ignored);
}

void UdpListener::apply(const Config& config) {
    reassembler_.set_limits({.timeout = std::chrono::milliseconds{config.udp_reassembly_timeout_ms},
                             .messages_max = config.udp_reassembly_messages_max,
                             .per_source_max = config.udp_reassembly_per_source_max,
                             .memory_max = std::size_t{config.udp_reassembly_memory_kib} * 1024});
    large_max_ = config.udp_large_answers_max;
    waiting_max_ = config.udp_waiting_requests_max;
    waiting_timeout_ = std::chrono::milliseconds{config.udp_waiting_timeout_ms};
    amplification_max_ = config.udp_amplification_max;
    free_answer_ = amplification_max_ == 0 ? reply_size_max : config.udp_free_answer_octets;
}

bool UdpListener::serve_batch() {
    const int received = ::recvmmsg(socket_.native_handle(), incoming_.data(),
                                    static_cast<unsigned>(incoming_.size()), MSG_DONTWAIT, nullptr);
    if (received <= 0) return false;
    const auto count = static_cast<std::size_t>(received);
    lookup_.renew();
    service_.tally().begin(lookup_);
    Group group;
    for (std::size_t at = 0; at < count; ++at) split_run(at, group);
    answer(group);
    end_batch();
    for (std::size_t at = 0; at < count; ++at) prepare(at);
    return count == incoming_.size();
}

void UdpListener::end_batch() {
    flush();
    service_.tally().settle();
    lookup_.release();
}

/// Takes a run of joined datagrams apart, and answers the group whenever it is full.
void UdpListener::split_run(std::size_t at, Group& group) {
    const Arrival arrival = read_arrival(incoming_[at].msg_hdr);
    Bytes rest{input_.get() + at * input_size, incoming_[at].msg_len};
    const std::size_t step = arrival.segment_size > 0 ? arrival.segment_size : rest.size();
    do {
        const Bytes message = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(message.size());
        group.push_back({message, arrival.peer});
        if (group.size() == group.capacity()) answer(group);
    } while (!rest.empty());
}

void UdpListener::answer(Group& group) {
    registry::HandleGroup handles;
    for (const DatagramRequest& each : group)
        if (const auto handle = find_asked_handle(each.message); !handle.empty())
            handles.push_back(handle);
    lookup_.look_ahead(handles);
    for (const DatagramRequest& each : group) {
        const bool waits = waiting_max_ > 0 && lookup_.must_wait(find_asked_handle(each.message));
        waits ? set_aside(each) : handle(each);
    }
    group.clear();
}

void UdpListener::set_aside(DatagramRequest request) {
    const auto now = std::chrono::steady_clock::now();
    if (request.waiting_since == std::chrono::steady_clock::time_point{}) {
        service_.metrics().disk_waits.add();
        request.waiting_since = now;
    }
    if (now - request.waiting_since > waiting_timeout_)
        return service_.metrics().count(Refusal::waiting_timeout);
    if (waiting_.size() >= waiting_max_) return service_.metrics().count(Refusal::waiting_limit);
    waiting_.add(request);
    if (waiting_.size() == 1) await_disk();
}

void UdpListener::await_disk() {
    disk_timer_.expires_after(disk_pause);
    disk_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        begin_turn();
        answer_waiting();
        if (waiting_.size() > 0) await_disk();
    });
}

/// The disk delivers more or less in order: where most of a group still waits, so do the rest.
void UdpListener::answer_waiting() {
    for (std::size_t left = waiting_.size(), before = 0; left > 0; left -= before) {
        const auto taken = waiting_.take(std::min(left, std::size_t{Group::static_capacity}));
        before = taken.size();
        const std::size_t others = waiting_.size();
        lookup_.renew();
        service_.tally().begin(lookup_);
        Group group;
        for (const auto& each : taken) group.push_back(each.request());
        answer(group);
        end_batch();
        if ((waiting_.size() - others) * 2 > taken.size()) return;
    }
}

void UdpListener::handle(const DatagramRequest& request) {
    Bytes message = request.message;
    service_.metrics().count(registry::Transport::udp);
    service_.tally().set_source(request.peer.address);
    if (message.size() < Envelope::wire_size)
        return service_.metrics().count(Refusal::unanswerable_datagram);
    if (message.size() > request_size_max) {
        return send(service_.refuse(message, protocol::ResponseCode::protocol_error,
                                    "The datagram is too long; split it or use TCP", arena_room()),
                    request.peer, false);
    }
    const bool split = protocol::decode_envelope(message.first<Envelope::wire_size>()).truncated;
    if (split) {
        const auto whole = reassembler_.add(protocol::text_of(request.peer.address), message,
                                            Reassembler::Clock::now());
        if (!whole) return;
        message = *whole;
    }
    Reply reply = service_.answer(lookup_, message, arena_room());
    if (reply.deferred) return defer(message, request.peer, split);
    if (reply.size() > free_answer_ && reply.size() > message.size() * amplification_max_)
        reply = service_.refuse_large(message, arena_room());
    if (reply.size() > large_answer && may_defer_large_ && !split) return defer_large(request);
    send(reply, request.peer, split);
}

/// Has a message answered elsewhere, and the answer sent when it is there.
void UdpListener::defer(Bytes message, const DatagramPeer& peer, bool split_request) {
    ++deferred_;
    const WaitingRequests::Kept kept{{.message = {}, .peer = peer}};
    pool_->submit(
        std::string{protocol::text_of(message)},
        {.transport = registry::Transport::udp,
         .source = limits::Source::of_datagram(peer.address)},
        [this, executor = socket_.get_executor(), kept, split_request](admin::Answers answers) {
            boost::asio::post(executor, [this, kept, split_request, answers = std::move(answers)] {
                send_deferred(answers, kept.request().peer, split_request);
            });
        });
}

void UdpListener::send_deferred(const admin::Answers& answers, const DatagramPeer& peer,
                                bool split_request) {
    --deferred_;
    begin_turn();
    for (const std::string& answer : answers) {
        const auto room = arena_room().first(answer.size());
        std::memcpy(room.data(), answer.data(), answer.size());
        send({.head = room, .tail = {}}, peer, split_request);
    }
    flush();
    close_if_done();
}

void UdpListener::defer_large(const DatagramRequest& request) {
    if (large_.size() >= large_max_) return service_.metrics().count(Refusal::large_answer_limit);
    large_.add(request);
}

/// Room for one answer of any size; sends what is noted when there is none left.
MutableBytes UdpListener::arena_room() {
    if (arena_.size() - arena_used_ < answer_room) flush();
    return std::span{arena_}.subspan(arena_used_);
}

void UdpListener::send(const Reply& reply, const DatagramPeer& peer, bool split_request) {
    if (reply.size() == 0) return;
    arena_used_ += reply.head.size();
    if (reply.size() > datagram_size_max) return send_parts(reply, peer);
    if (split_request) {
        // The reference server marks its answer to a split request so, and clients expect it.
        const auto head = std::span{arena_}.subspan(arena_used_ - reply.head.size());
        Envelope envelope = protocol::decode_envelope(head.first<Envelope::wire_size>());
        envelope.truncated = true;
        protocol::encode_envelope(head.first<Envelope::wire_size>(), envelope);
    }
    sender_.add(peer, {reply.head, reply.tail});
}

void UdpListener::send_parts(const Reply& reply, const DatagramPeer& peer) {
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
        sender_.add(peer, {part_envelope, part.from_head, part.from_tail});
    }
}

void UdpListener::flush() {
    sender_.flush();
    arena_used_ = 0;
}

}  // namespace idnode::resolver
