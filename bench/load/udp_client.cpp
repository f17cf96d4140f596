#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "bench/load/client.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;

constexpr std::size_t datagram_max = 2048;
constexpr std::size_t segmented_max = 65'507;
constexpr std::chrono::milliseconds patience{250};
/// One answer in so many is compared octet by octet; of the others, the head.
constexpr std::uint32_t full_check_every = 64;

/// One request under way. Its place in the table is the low half of its id.
struct Asked {
    std::uint64_t number = 0;
    std::uint32_t id = 0;
    bool pending = false;
};

class UdpSocket {
public:
    UdpSocket(const resolver::Endpoint& server, const ClientOptions& options, Workload& workload)
        : options_{options},
          workload_{workload},
          asked_(options.depth),
          requests_(options.depth * workload.request_size()),
          answers_(options.segments ? segmented_max : options.depth * datagram_max),
          out_(options.depth),
          out_pieces_(options.depth),
          in_(options.depth),
          in_pieces_(options.depth) {
        const boost::asio::ip::udp::endpoint address{server.address, server.port};
        descriptor_ = ::socket(address.protocol().family(), SOCK_DGRAM | SOCK_NONBLOCK, 0);
        const int buffer = 4 << 20;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
        const int on = 1;
        if (options.segments) ::setsockopt(descriptor_, SOL_UDP, UDP_GRO, &on, sizeof(on));
        if (::connect(descriptor_, address.data(), static_cast<socklen_t>(address.size())) != 0)
            throw boost::system::system_error{errno, boost::system::system_category()};
    }
    ~UdpSocket() { ::close(descriptor_); }
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    int descriptor() const { return descriptor_; }

    /// Takes what has arrived; returns how many answers that were.
    std::size_t receive(Tally& tally) {
        return options_.segments ? receive_joined(tally) : receive_batch(tally);
    }

    /// Asks something new wherever nothing is under way.
    void fill() {
        std::size_t count = 0;
        for (std::size_t place = 0; place < asked_.size(); ++place) {
            if (asked_[place].pending) continue;
            asked_[place] = {.number = workload_.next(), .id = next_id(place), .pending = true};
            queue(place, count++);
        }
        send(count);
    }

    /// Asks again what was not answered in time.
    void repeat_unanswered(Tally& tally) {
        std::size_t count = 0;
        for (std::size_t place = 0; place < asked_.size(); ++place)
            if (asked_[place].pending) queue(place, count++);
        tally.lost += count;
        send(count);
    }

    bool idle() const {
        return std::none_of(asked_.begin(), asked_.end(),
                            [](const Asked& each) { return each.pending; });
    }

private:
    std::uint32_t next_id(std::size_t place) {
        generation_ = (generation_ + 1) & 0x7fff;
        return generation_ << 16 | static_cast<std::uint32_t>(place);
    }

    void queue(std::size_t place, std::size_t at) {
        const std::size_t size = workload_.request_size();
        std::byte* const request = requests_.data() + at * size;
        workload_.write_request(asked_[place].number, asked_[place].id, {request, size});
        out_pieces_[at] = {request, size};
        out_[at].msg_hdr = {};
        out_[at].msg_hdr.msg_iov = &out_pieces_[at];
        out_[at].msg_hdr.msg_iovlen = 1;
    }

    void send(std::size_t count) {
        if (count == 0) return;
        if (options_.segments) {
            alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))] = {};
            iovec piece{requests_.data(), count * workload_.request_size()};
            msghdr message{};
            message.msg_iov = &piece;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = sizeof(control);
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_UDP;
            header->cmsg_type = UDP_SEGMENT;
            header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
            *reinterpret_cast<std::uint16_t*>(CMSG_DATA(header)) =
                static_cast<std::uint16_t>(workload_.request_size());
            ::sendmsg(descriptor_, &message, 0);
            return;
        }
        std::size_t sent = 0;
        while (sent < count) {
            const int now =
                ::sendmmsg(descriptor_, out_.data() + sent, static_cast<unsigned>(count - sent), 0);
            if (now <= 0) break;  // what did not leave is asked again later
            sent += static_cast<std::size_t>(now);
        }
    }

    std::size_t receive_batch(Tally& tally) {
        for (std::size_t at = 0; at < in_.size(); ++at) {
            in_pieces_[at] = {answers_.data() + at * datagram_max, datagram_max};
            in_[at].msg_hdr = {};
            in_[at].msg_hdr.msg_iov = &in_pieces_[at];
            in_[at].msg_hdr.msg_iovlen = 1;
        }
        const int count = ::recvmmsg(descriptor_, in_.data(), static_cast<unsigned>(in_.size()),
                                     MSG_DONTWAIT, nullptr);
        for (int at = 0; at < count; ++at)
            take({answers_.data() + static_cast<std::size_t>(at) * datagram_max, in_[at].msg_len},
                 tally);
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }

    std::size_t receive_joined(Tally& tally) {
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        std::size_t count = 0;
        iovec piece{answers_.data(), answers_.size()};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        const ssize_t size = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
        if (size <= 0) return 0;
        std::size_t segment = static_cast<std::size_t>(size);
        for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
            if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO)
                segment = static_cast<std::size_t>(*reinterpret_cast<int*>(CMSG_DATA(each)));
        for (std::size_t begin = 0; begin < static_cast<std::size_t>(size); begin += segment) {
            take({answers_.data() + begin,
                  std::min(segment, static_cast<std::size_t>(size) - begin)},
                 tally);
            ++count;
        }
        return count;
    }

    void take(Bytes message, Tally& tally) {
        if (message.size() < protocol::Envelope::wire_size) {
            ++tally.wrong;
            return;
        }
        const auto id = protocol::load_big<std::uint32_t>(message.data() + 8);
        const std::size_t place = id & 0xffff;
        if (place >= asked_.size() || !asked_[place].pending || asked_[place].id != id)
            return;  // the answer to a request that was repeated
        Asked& asked = asked_[place];
        asked.pending = false;
        ++tally.answers;
        if (!options_.verify) return;
        if (!workload_.answers(message, id) || (tally.answers % full_check_every == 0 &&
                                                !workload_.answers_fully(message, asked.number)))
            ++tally.wrong;
    }

    const ClientOptions& options_;
    Workload& workload_;
    int descriptor_ = -1;
    std::uint32_t generation_ = 0;
    std::vector<Asked> asked_;
    std::vector<std::byte> requests_;
    std::vector<std::byte> answers_;
    std::vector<mmsghdr> out_;
    std::vector<iovec> out_pieces_;
    std::vector<mmsghdr> in_;
    std::vector<iovec> in_pieces_;
};

class UdpClient final : public Client {
public:
    UdpClient(const resolver::Endpoint& server, const ClientOptions& options, Workload& workload)
        : options_{options} {
        for (std::size_t at = 0; at < options.sockets; ++at)
            sockets_.push_back(std::make_unique<UdpSocket>(server, options_, workload));
    }

    Tally run(Clock::time_point until) override {
        Tally tally;
        const auto begin = Clock::now();
        for (const auto& socket : sockets_) socket->fill();
        auto progress = begin;
        while (Clock::now() < until) {
            std::size_t received = 0;
            for (const auto& socket : sockets_) {
                const std::size_t count = socket->receive(tally);
                if (count > 0) socket->fill();
                received += count;
            }
            if (received > 0)
                progress = Clock::now();
            else
                wait(progress, tally);
        }
        tally.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        drain();
        return tally;
    }

private:
    void wait(Clock::time_point& progress, Tally& tally) {
        std::vector<pollfd> polled;
        for (const auto& socket : sockets_) polled.push_back({socket->descriptor(), POLLIN, 0});
        if (::poll(polled.data(), polled.size(), 1) > 0) return;
        if (Clock::now() - progress < patience) return;
        for (const auto& socket : sockets_) socket->repeat_unanswered(tally);
        progress = Clock::now();
    }

    /// What comes after the end belongs to nobody; it must not meet the next stretch.
    void drain() {
        Tally ignored;
        const auto until = Clock::now() + patience;
        while (Clock::now() < until) {
            bool idle = true;
            for (const auto& socket : sockets_) {
                socket->receive(ignored);
                idle = idle && socket->idle();
            }
            if (idle) return;
        }
    }

    ClientOptions options_;
    std::vector<std::unique_ptr<UdpSocket>> sockets_;
};

}  // namespace

std::unique_ptr<Client> make_udp_client(const resolver::Endpoint& server,
                                        const ClientOptions& options, Workload& workload) {
    return std::make_unique<UdpClient>(server, options, workload);
}

}  // namespace idnode::bench
