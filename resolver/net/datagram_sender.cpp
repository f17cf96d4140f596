#include "resolver/net/datagram_sender.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace idnode::resolver {
namespace {

using protocol::Bytes;

constexpr std::size_t runs_max = 256;
constexpr std::size_t pieces_room = 1024;
/// What one segmented datagram may hold: what any kernel with GSO takes.
constexpr std::size_t segments_max = 64;
constexpr std::size_t run_size_max = 65'000;

bool equal(Bytes left, Bytes right) noexcept {
    return left.size() == right.size() &&
           (left.data() == right.data() ||
            std::memcmp(left.data(), right.data(), left.size()) == 0);
}

iovec to_iovec(Bytes bytes) noexcept {
    return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

/// What kernels say where a card or a narrow link does not take segmented datagrams.
bool cannot_segment(int error) noexcept {
    return error == EIO || error == EINVAL || error == EMSGSIZE;
}

/// Points a message to its receiver, and to the address that it leaves from.
void address(msghdr& message, const DatagramPeer& peer, std::byte* control) noexcept {
    message = {};
    message.msg_name = const_cast<std::byte*>(peer.address.data());
    message.msg_namelen = static_cast<socklen_t>(peer.address.size());
    if (peer.local_address.empty()) return;
    std::memcpy(control, peer.local_address.data(), peer.local_address.size());
    message.msg_control = control;
    message.msg_controllen = CMSG_ALIGN(peer.local_address.size());
}

/// Has the system cut a message into datagrams of `size` octets.
void segment(msghdr& message, std::byte* control, std::size_t size) noexcept {
    const auto segment_size = static_cast<std::uint16_t>(size);
    auto* const header = reinterpret_cast<cmsghdr*>(control + message.msg_controllen);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(segment_size));
    std::memcpy(CMSG_DATA(header), &segment_size, sizeof(segment_size));
    message.msg_control = control;
    message.msg_controllen += CMSG_SPACE(sizeof(segment_size));
}

}  // namespace

DatagramSender::DatagramSender(int descriptor, WorkerMetrics& metrics, Segmenting segmenting)
    : descriptor_{descriptor},
      metrics_{metrics},
      segmenting_{segmenting},
      messages_(runs_max),
      controls_(runs_max) {
    runs_.reserve(runs_max);
    pieces_.reserve(pieces_room);
}

void DatagramSender::add(const DatagramPeer& peer, std::initializer_list<Bytes> pieces) {
    if (pieces_.size() + pieces_max > pieces_room || runs_.size() == runs_max) flush();
    std::size_t size = 0;
    for (const Bytes piece : pieces) size += piece.size();
    if (!extends_last_run(peer, size))
        runs_.push_back({.peer = peer,
                         .first_piece = pieces_.size(),
                         .piece_count = 0,
                         .datagram_count = 0,
                         .segment_size = size,
                         .size = 0});
    for (const Bytes piece : pieces)
        if (!piece.empty()) pieces_.push_back(to_iovec(piece));
    Run& run = runs_.back();
    run.piece_count = pieces_.size() - run.first_piece;
    run.size += size;
    ++run.datagram_count;
}

bool DatagramSender::extends_last_run(const DatagramPeer& peer, std::size_t size) const noexcept {
    if (runs_.empty() || segmenting_ == Segmenting::off) return false;
    const Run& last = runs_.back();
    const bool all_of_one_size = last.size == last.datagram_count * last.segment_size;
    return all_of_one_size && size <= last.segment_size && last.datagram_count < segments_max &&
           last.size + size <= run_size_max && equal(peer.address, last.peer.address) &&
           equal(peer.local_address, last.peer.local_address);
}

void DatagramSender::prepare(std::size_t at) {
    const Run& run = runs_[at];
    msghdr& message = messages_[at].msg_hdr;
    address(message, run.peer, controls_[at].octets);
    if (run.datagram_count > 1) segment(message, controls_[at].octets, run.segment_size);
    message.msg_iov = pieces_.data() + run.first_piece;
    message.msg_iovlen = run.piece_count;
}

bool DatagramSender::wait_writable() const noexcept {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::ceil<milliseconds>(wait_until_ - std::chrono::steady_clock::now());
    if (left <= milliseconds{0}) return false;
    pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    return ::poll(&writable, 1, static_cast<int>(left.count())) > 0;
}

void DatagramSender::flush() {
    for (std::size_t at = 0; at < runs_.size(); ++at) prepare(at);
    std::size_t sent = 0;
    while (sent < runs_.size()) {
        const int count = ::sendmmsg(descriptor_, messages_.data() + sent,
                                     static_cast<unsigned>(runs_.size() - sent), MSG_DONTWAIT);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (wait_writable()) continue;
            count_dropped(sent);
            break;
        }
        // A peer that is none gives the same errors, but to single datagrams as well.
        if (runs_[sent].datagram_count > 1 && cannot_segment(errno) && send_one_by_one(runs_[sent]))
            segmenting_ = Segmenting::off;
        ++sent;  // this peer cannot be reached; the others can
    }
    runs_.clear();
    pieces_.clear();
}

bool DatagramSender::send(const msghdr& message) {
    while (::sendmsg(descriptor_, &message, MSG_DONTWAIT) < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        if (wait_writable()) continue;
        metrics_.count(Refusal::send_queue_full);
        return false;
    }
    return true;
}

/// Whether the system took any of them.
bool DatagramSender::send_one_by_one(const Run& run) {
    Control control;
    msghdr message;
    address(message, run.peer, control.octets);
    const iovec* piece = pieces_.data() + run.first_piece;
    bool any_sent = false;
    for (std::size_t left = run.size; left > 0;) {
        const std::size_t size = std::min(run.segment_size, left);
        message.msg_iov = const_cast<iovec*>(piece);
        message.msg_iovlen = 0;
        for (std::size_t taken = 0; taken < size; ++piece, ++message.msg_iovlen)
            taken += piece->iov_len;
        any_sent |= send(message);
        left -= size;
    }
    return any_sent;
}

void DatagramSender::count_dropped(std::size_t first_run) {
    std::size_t dropped = 0;
    for (std::size_t at = first_run; at < runs_.size(); ++at) dropped += runs_[at].datagram_count;
    metrics_.refusals[static_cast<std::size_t>(Refusal::send_queue_full)].add(dropped);
}

}  // namespace idnode::resolver
