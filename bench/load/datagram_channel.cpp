#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>

#include "bench/load/channel.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;

constexpr std::size_t datagram_max = 2048;
constexpr std::size_t batch = 64;
constexpr std::size_t segmented_max = 65'507;
constexpr std::size_t segments_max = 64;  // UDP_MAX_SEGMENTS of older kernels
constexpr unsigned place_bits = 9;
constexpr std::uint32_t place_mask = (1U << place_bits) - 1;

/// One request under way; its place in the table is the low part of its id.
struct Asked {
    std::uint64_t number = 0;
    Clock::time_point due;
    std::uint32_t id = 0;
    bool pending = false;
};

class DatagramChannel final : public Channel {
public:
    DatagramChannel(const resolver::Endpoint& server, const ChannelOptions& options,
                    const Dialect& dialect)
        : options_{options},
          dialect_{dialect},
          asked_(options.depth),
          requests_(options.depth * dialect.request_size_max()),
          sizes_(options.depth),
          answers_(options.segments ? segmented_max : batch * datagram_max) {
        for (std::size_t place = options.depth; place-- > 0;) free_.push_back(place);
        const boost::asio::ip::udp::endpoint address{server.address, server.port};
        descriptor_ = ::socket(address.protocol().family(), SOCK_DGRAM | SOCK_NONBLOCK, 0);
        const int buffer = 4 << 20;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
        const int on = 1;
        if (options.segments) ::setsockopt(descriptor_, SOL_UDP, UDP_GRO, &on, sizeof(on));
        if (::connect(descriptor_, address.data(), static_cast<socklen_t>(address.size())) != 0)
            throw boost::system::system_error{errno, boost::system::system_category()};
    }
    ~DatagramChannel() override { ::close(descriptor_); }
    DatagramChannel(const DatagramChannel&) = delete;
    DatagramChannel& operator=(const DatagramChannel&) = delete;

    int descriptor() const override { return descriptor_; }
    bool has_room() const override { return !free_.empty(); }
    bool idle() const override { return free_.size() == asked_.size(); }

    void ask(std::uint64_t number, Clock::time_point due) override {
        const std::size_t place = free_.back();
        free_.pop_back();
        const std::uint32_t id = ++generation_ << place_bits | static_cast<std::uint32_t>(place);
        asked_[place] = {number, due, id & 0x7fffffff, true};
        queue(asked_[place]);
    }

    void flush() override {
        options_.segments ? send_segmented() : send_each();
        queued_ = octets_ = 0;
    }

    void receive(Tally& tally) override {
        options_.segments ? receive_joined(tally) : receive_each(tally);
    }

    void repeat(Clock::time_point limit, Tally& tally) override {
        for (const Asked& each : asked_) {
            if (!each.pending || each.due > limit) continue;
            queue(each);
            ++tally.lost;
        }
        flush();
    }

    void forget() override {
        free_.clear();
        for (std::size_t place = 0; place < asked_.size(); ++place) {
            asked_[place].pending = false;
            free_.push_back(place);
        }
    }

private:
    void queue(const Asked& asked) {
        const std::size_t size =
            dialect_.write_request(asked.number, asked.id, std::span{requests_}.subspan(octets_));
        sizes_[queued_++] = size;
        octets_ += size;
    }

    void send_each() {
        std::array<mmsghdr, batch> out;
        std::array<iovec, batch> pieces;
        std::byte* at = requests_.data();
        for (std::size_t sent = 0; sent < queued_;) {
            const std::size_t count = std::min(queued_ - sent, batch);
            for (std::size_t place = 0; place < count; ++place) {
                pieces[place] = {at, sizes_[sent + place]};
                at += sizes_[sent + place];
                out[place].msg_hdr = {};
                out[place].msg_hdr.msg_iov = &pieces[place];
                out[place].msg_hdr.msg_iovlen = 1;
            }
            // What does not leave is asked again later.
            ::sendmmsg(descriptor_, out.data(), static_cast<unsigned>(count), 0);
            sent += count;
        }
    }

    void send_segmented() {
        std::byte* at = requests_.data();
        for (std::size_t sent = 0; sent < queued_;) {
            const std::size_t size = sizes_[sent];
            std::size_t count = 1;
            while (count < segments_max && sent + count < queued_ && sizes_[sent + count] == size)
                ++count;
            alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))] = {};
            iovec piece{at, count * size};
            msghdr message{};
            message.msg_iov = &piece;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = sizeof(control);
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_UDP;
            header->cmsg_type = UDP_SEGMENT;
            header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
            const auto segment = static_cast<std::uint16_t>(size);
            std::memcpy(CMSG_DATA(header), &segment, sizeof(segment));
            ::sendmsg(descriptor_, &message, 0);
            at += count * size;
            sent += count;
        }
    }

    void receive_each(Tally& tally) {
        std::array<mmsghdr, batch> in;
        std::array<iovec, batch> pieces;
        for (std::size_t at = 0; at < batch; ++at) {
            pieces[at] = {answers_.data() + at * datagram_max, datagram_max};
            in[at].msg_hdr = {};
            in[at].msg_hdr.msg_iov = &pieces[at];
            in[at].msg_hdr.msg_iovlen = 1;
        }
        const int count = ::recvmmsg(descriptor_, in.data(), batch, MSG_DONTWAIT, nullptr);
        const auto now = Clock::now();
        for (int at = 0; at < count; ++at) {
            const auto place = static_cast<std::size_t>(at);
            take({answers_.data() + place * datagram_max, in[place].msg_len}, now, tally);
        }
    }

    void receive_joined(Tally& tally) {
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec piece{answers_.data(), answers_.size()};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        const ssize_t received = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
        if (received <= 0) return;
        const auto size = static_cast<std::size_t>(received);
        int segment = static_cast<int>(size);
        for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
            if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO)
                std::memcpy(&segment, CMSG_DATA(each), sizeof(segment));
        const auto now = Clock::now();
        const auto step = static_cast<std::size_t>(segment);
        for (std::size_t begin = 0; begin < size; begin += step)
            take({answers_.data() + begin, std::min(step, size - begin)}, now, tally);
    }

    void take(Bytes answer, Clock::time_point now, Tally& tally) {
        const std::uint32_t id = dialect_.id_of(answer);
        const std::size_t place = id & place_mask;
        if (place >= asked_.size() || !asked_[place].pending ||
            ((asked_[place].id ^ id) & dialect_.id_mask()) != 0)
            return;  // the answer to a request that was repeated
        Asked& asked = asked_[place];
        asked.pending = false;
        free_.push_back(place);
        ++tally.answers;
        if (tally.latencies)
            tally.latencies->add(std::chrono::duration<double>(now - asked.due).count());
        if (!options_.verify) return;
        if (!dialect_.answers(answer, asked.number, id) ||
            (tally.answers % full_check_every == 0 &&
             !dialect_.answers_fully(answer, asked.number)))
            ++tally.wrong;
    }

    ChannelOptions options_;
    const Dialect& dialect_;
    int descriptor_ = -1;
    std::uint32_t generation_ = 0;
    std::vector<Asked> asked_;
    std::vector<std::size_t> free_;
    std::vector<std::byte> requests_;  ///< what waits to be sent, one behind the other
    std::vector<std::size_t> sizes_;
    std::size_t queued_ = 0;
    std::size_t octets_ = 0;
    std::vector<std::byte> answers_;
};

}  // namespace

std::unique_ptr<Channel> make_datagram_channel(const resolver::Endpoint& server,
                                               const ChannelOptions& options,
                                               const Dialect& dialect) {
    return std::make_unique<DatagramChannel>(server, options, dialect);
}

}  // namespace idnode::bench
