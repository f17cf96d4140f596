#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/net/endpoint.hpp"

// The limit for UDP: the same system calls as the node makes, batch by batch, with nothing in
// between but writing the request's id into an answer that is always the same.

namespace {

using idnode::protocol::load_big;
using idnode::protocol::store_big;

constexpr std::size_t batch = 32;
constexpr std::size_t request_max = 4096;

struct Slots {
    std::vector<std::byte> in = std::vector<std::byte>(batch * request_max);
    std::vector<std::byte> out;
    sockaddr_storage source[batch];
    iovec in_piece[batch];
    iovec out_piece[batch];
    mmsghdr received[batch];
    mmsghdr sent[batch];
};

void serve(int socket, std::size_t answer_size) {
    Slots slots;
    slots.out.resize(batch * answer_size);
    for (;;) {
        for (std::size_t at = 0; at < batch; ++at) {
            slots.in_piece[at] = {slots.in.data() + at * request_max, request_max};
            slots.received[at].msg_hdr = {};
            slots.received[at].msg_hdr.msg_name = &slots.source[at];
            slots.received[at].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
            slots.received[at].msg_hdr.msg_iov = &slots.in_piece[at];
            slots.received[at].msg_hdr.msg_iovlen = 1;
        }
        const int count = ::recvmmsg(socket, slots.received, batch, MSG_DONTWAIT, nullptr);
        if (count <= 0) {
            pollfd readable{socket, POLLIN, 0};
            ::poll(&readable, 1, -1);
            continue;
        }
        for (int at = 0; at < count; ++at) {
            const auto place = static_cast<std::size_t>(at);
            std::byte* const answer = slots.out.data() + place * answer_size;
            std::memcpy(answer, slots.in.data() + place * request_max, 20);
            store_big(answer + 16, static_cast<std::uint32_t>(answer_size - 20));
            slots.out_piece[at] = {answer, answer_size};
            slots.sent[at].msg_hdr = slots.received[at].msg_hdr;
            slots.sent[at].msg_hdr.msg_iov = &slots.out_piece[at];
        }
        for (int done = 0; done < count;) {
            const int now =
                ::sendmmsg(socket, slots.sent + done, static_cast<unsigned>(count - done), 0);
            if (now <= 0) break;
            done += now;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Answers every datagram with octets of one size: what UDP alone can do"};
    std::string listen = "127.0.0.1:0";
    std::size_t answer_size = 300;
    app.add_option("--listen", listen, "ADDR:PORT");
    app.add_option("--answer-size", answer_size, "Octets of each answer");
    CLI11_PARSE(app, argc, argv);
    const auto endpoint = idnode::resolver::parse_endpoint(listen);
    if (!endpoint) return 2;
    const boost::asio::ip::udp::endpoint address{endpoint->address, endpoint->port};
    const int socket = ::socket(address.protocol().family(), SOCK_DGRAM, 0);
    const int buffer = 4 << 20;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (::bind(socket, address.data(), static_cast<socklen_t>(address.size())) != 0) {
        std::perror("bind");
        return 1;
    }
    boost::asio::ip::udp::endpoint bound;
    socklen_t size = static_cast<socklen_t>(bound.capacity());
    ::getsockname(socket, bound.data(), &size);
    std::printf("listening on port %u\n", bound.port());
    std::fflush(stdout);
    serve(socket, answer_size);
}
