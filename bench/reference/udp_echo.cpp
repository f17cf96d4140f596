#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/net/datagram_sender.hpp"
#include "resolver/net/endpoint.hpp"

// The limit for UDP: the same system calls as the node makes, batch by batch, with nothing in
// between but writing the request's id into an answer that is always the same. With --segments it
// lets the system join and cut runs of datagrams as the node does; without, it is the plain echo.

namespace {

using idnode::protocol::Bytes;
using idnode::protocol::Envelope;
using idnode::protocol::store_big;
using idnode::resolver::DatagramPeer;
using idnode::resolver::DatagramSender;

constexpr std::size_t batch = 32;
constexpr std::size_t input_size = 65'535 + 321;
constexpr std::size_t answers_max = batch * 1024;

class Echo {
public:
    Echo(int socket, std::size_t answer_size, DatagramSender::Segmenting segmenting)
        : socket_{socket},
          answer_size_{answer_size},
          in_(batch * input_size),
          out_(answers_max * answer_size),
          sender_{socket, metrics_, segmenting} {}

    [[noreturn]] void serve() {
        for (;;) {
            prepare();
            const int count = ::recvmmsg(socket_, received_, batch, MSG_DONTWAIT, nullptr);
            if (count <= 0) {
                pollfd readable{socket_, POLLIN, 0};
                ::poll(&readable, 1, -1);
                continue;
            }
            std::byte* answer = out_.data();
            for (std::size_t at = 0; at < static_cast<std::size_t>(count); ++at)
                answer = echo_run(at, answer);
            sender_.set_wait_limit(std::chrono::steady_clock::now() + std::chrono::seconds{1});
            sender_.flush();
        }
    }

private:
    void prepare() {
        for (std::size_t at = 0; at < batch; ++at) {
            pieces_[at] = {in_.data() + at * input_size, input_size};
            received_[at].msg_hdr = {.msg_name = &source_[at],
                                     .msg_namelen = sizeof(sockaddr_storage),
                                     .msg_iov = &pieces_[at],
                                     .msg_iovlen = 1,
                                     .msg_control = control_[at].octets,
                                     .msg_controllen = sizeof(control_[at].octets),
                                     .msg_flags = 0};
        }
    }

    std::byte* echo_run(std::size_t at, std::byte* answer) {
        const msghdr& header = received_[at].msg_hdr;
        const DatagramPeer peer{
            .address = {static_cast<const std::byte*>(header.msg_name), header.msg_namelen},
            .local_address = {}};
        std::size_t step = received_[at].msg_len;
        const cmsghdr* const control = CMSG_FIRSTHDR(&header);
        int joined = 0;
        if (control && control->cmsg_type == UDP_GRO)
            std::memcpy(&joined, CMSG_DATA(control), sizeof(joined));
        if (joined > 0) step = static_cast<std::size_t>(joined);
        for (std::size_t begin = 0; begin < received_[at].msg_len; begin += step) {
            std::memcpy(answer, in_.data() + at * input_size + begin, Envelope::wire_size);
            store_big(answer + 16, static_cast<std::uint32_t>(answer_size_ - Envelope::wire_size));
            sender_.add(peer, {Bytes{answer, answer_size_}});
            answer += answer_size_;
        }
        return answer;
    }

    struct alignas(cmsghdr) Control {
        std::byte octets[64];
    };

    int socket_;
    std::size_t answer_size_;
    std::vector<std::byte> in_;
    std::vector<std::byte> out_;
    idnode::resolver::WorkerMetrics metrics_;
    DatagramSender sender_;
    sockaddr_storage source_[batch];
    Control control_[batch];
    iovec pieces_[batch];
    mmsghdr received_[batch];
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Answers every datagram with octets of one size: what UDP alone can do"};
    std::string listen = "127.0.0.1:0";
    std::size_t answer_size = 300;
    bool segments = false;
    app.add_option("--listen", listen, "ADDR:PORT");
    app.add_option("--answer-size", answer_size, "Octets of each answer");
    app.add_flag("--segments", segments, "Receive with GRO and send with GSO");
    CLI11_PARSE(app, argc, argv);
    const auto endpoint = idnode::resolver::parse_endpoint(listen);
    if (!endpoint) return 2;
    const boost::asio::ip::udp::endpoint address{endpoint->address, endpoint->port};
    const int socket = ::socket(address.protocol().family(), SOCK_DGRAM, 0);
    const int buffer = 4 << 20;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    const int on = 1;
    if (segments) ::setsockopt(socket, SOL_UDP, UDP_GRO, &on, sizeof(on));
    if (::bind(socket, address.data(), static_cast<socklen_t>(address.size())) != 0) {
        std::perror("bind");
        return 1;
    }
    boost::asio::ip::udp::endpoint bound;
    socklen_t size = static_cast<socklen_t>(bound.capacity());
    ::getsockname(socket, bound.data(), &size);
    std::printf("listening on port %u\n", bound.port());
    std::fflush(stdout);
    Echo{socket, answer_size,
         segments ? DatagramSender::Segmenting::on : DatagramSender::Segmenting::off}
        .serve();
}
