#include "resolver/net/datagram_sender.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace idnode::resolver {
namespace {

using protocol::bytes_of;

class UdpSocket {
public:
    UdpSocket() : descriptor_{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)} {
        const int buffer = 1 << 20;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address_);
        ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address_), size);
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address_), &size);
    }
    ~UdpSocket() { ::close(descriptor_); }
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    int descriptor() const { return descriptor_; }
    DatagramPeer peer() const {
        return {.address = std::as_bytes(std::span{&address_, 1}), .local_address = {}};
    }
    DatagramPeer peer_without_port() {
        address_.sin_port = 0;
        return peer();
    }
    std::vector<std::string> receive_all() const {
        std::vector<std::string> all;
        char octets[2048];
        for (;;) {
            const ssize_t size = ::recv(descriptor_, octets, sizeof(octets), 0);
            if (size < 0) return all;
            all.emplace_back(octets, static_cast<std::size_t>(size));
        }
    }

private:
    int descriptor_;
    sockaddr_in address_{};
};

/// Runs in a thread whose loopback takes packets of `mtu` octets at most; false where this user may
/// not make such a network.
bool run_with_narrow_loopback(int mtu, const std::function<void()>& run) {
    bool made = false;
    std::thread{[&] {
        if (::unshare(CLONE_NEWNET) != 0) return;
        const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
        ifreq request{};
        std::strcpy(request.ifr_name, "lo");
        request.ifr_mtu = mtu;
        made = ::ioctl(descriptor, SIOCSIFMTU, &request) == 0;
        request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
        made = made && ::ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
        ::close(descriptor);
        if (made) run();
    }}.join();
    return made;
}

/// Sizes of datagrams to two peers: runs of equal ones, shorter ones behind them, and lone ones.
constexpr std::size_t sizes[]{100, 100, 100, 40, 100, 7, 7, 7, 7, 500, 499, 500, 500, 1, 1};

std::string datagram(std::size_t at) {
    return std::string(sizes[at], static_cast<char>('a' + static_cast<char>(at)));
}

void send_to_both(DatagramSender& sender, const UdpSocket& one, const UdpSocket& other) {
    std::vector<std::string> kept;
    for (std::size_t at = 0; at < std::size(sizes); ++at) kept.push_back(datagram(at));
    for (std::size_t at = 0; at < kept.size(); ++at) {
        const auto octets = bytes_of(kept[at]);
        const std::size_t cut = octets.size() / 3;
        sender.add((at == 2 ? other : one).peer(), {octets.first(cut), octets.subspan(cut)});
    }
    sender.set_wait_limit(std::chrono::steady_clock::now() + std::chrono::seconds{1});
    sender.flush();
}

void expect_both_to_have_all(const UdpSocket& one, const UdpSocket& other) {
    std::vector<std::string> expected;
    for (std::size_t at = 0; at < std::size(sizes); ++at)
        if (at != 2) expected.push_back(datagram(at));
    EXPECT_EQ(one.receive_all(), expected);
    EXPECT_EQ(other.receive_all(), std::vector{datagram(2)});
}

TEST(DatagramSender, EveryDatagramArrivesWholeAndInOrderWhateverRunsTheyFormed) {
    const UdpSocket from;
    const UdpSocket one;
    const UdpSocket other;
    WorkerMetrics metrics;
    DatagramSender sender{from.descriptor(), metrics};
    for (int round = 0; round < 3; ++round) {
        send_to_both(sender, one, other);
        expect_both_to_have_all(one, other);
    }
}

TEST(DatagramSender, SendsWhatItHasWhenThereIsNoRoomForMore) {
    const UdpSocket from;
    const UdpSocket to;
    WorkerMetrics metrics;
    DatagramSender sender{from.descriptor(), metrics};
    sender.set_wait_limit(std::chrono::steady_clock::now() + std::chrono::seconds{1});
    const std::string octets = "three pieces";
    constexpr std::size_t count = 1000;
    std::size_t arrived = 0;
    for (std::size_t at = 0; at < count; ++at) {
        const auto bytes = bytes_of(octets);
        sender.add(to.peer(), {bytes.first(5), bytes.subspan(5, 1), bytes.subspan(6)});
        for (const std::string& each : to.receive_all()) {
            EXPECT_EQ(each, octets);
            ++arrived;
        }
    }
    sender.flush();
    arrived += to.receive_all().size();
    EXPECT_EQ(arrived, count);
}

TEST(DatagramSender, WhereTheRoadCannotSegmentDatagramsLeaveOneByOne) {
    const bool made = run_with_narrow_loopback(90, [] {
        const UdpSocket from;
        const UdpSocket one;
        const UdpSocket other;
        WorkerMetrics metrics;
        DatagramSender sender{from.descriptor(), metrics};
        send_to_both(sender, one, other);
        expect_both_to_have_all(one, other);
        send_to_both(sender, one, other);
        expect_both_to_have_all(one, other);
    });
    if (!made) GTEST_SKIP() << "making a network needs rights that this user lacks";
}

TEST(DatagramSender, APeerThatCannotBeReachedHurtsNoOther) {
    const UdpSocket from;
    UdpSocket nobody;
    const UdpSocket to;
    WorkerMetrics metrics;
    DatagramSender sender{from.descriptor(), metrics};
    const auto peer = nobody.peer_without_port();
    for (int at = 0; at < 3; ++at) sender.add(peer, {bytes_of("lost")});
    for (int at = 0; at < 3; ++at) sender.add(to.peer(), {bytes_of("kept")});
    sender.set_wait_limit(std::chrono::steady_clock::now() + std::chrono::seconds{1});
    sender.flush();
    EXPECT_EQ(to.receive_all(), (std::vector<std::string>{"kept", "kept", "kept"}));
}

}  // namespace
}  // namespace idnode::resolver
