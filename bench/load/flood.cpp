#include "bench/load/flood.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/support/bench_store.hpp"
#include "resolver/net/file_descriptor.hpp"

namespace idnode::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Datagrams = std::vector<std::vector<std::byte>>;

constexpr std::size_t different_datagrams = 4096;
constexpr std::chrono::milliseconds pace{1};

std::vector<std::byte> random_octets(std::mt19937_64& random) {
    std::vector<std::byte> octets(20 + random() % 200);
    std::generate(octets.begin(), octets.end(), [&] { return static_cast<std::byte>(random()); });
    return octets;
}

std::vector<std::byte> make_datagram(const Flood& flood, std::mt19937_64& random) {
    const auto id = static_cast<std::uint32_t>(random());
    switch (flood.kind) {
        case FloodKind::garbage: return random_octets(random);
        case FloodKind::unknown:
            return request_for(handle_of(random() % flood.records) + "-unknown", id);
        case FloodKind::one: return request_for(flood.handle, id);
        case FloodKind::ordinary: break;
    }
    return request_for(handle_of(random() % flood.records), id);
}

}  // namespace

void run_flood(const Flood& flood, const std::stop_token& stop) {
    std::mt19937_64 random{11};
    Datagrams datagrams;
    while (datagrams.size() < different_datagrams)
        datagrams.push_back(make_datagram(flood, random));
    const boost::asio::ip::udp::endpoint server{flood.server.address, flood.server.port};
    const resolver::FileDescriptor socket{::socket(server.protocol().family(), SOCK_DGRAM, 0)};
    if (::connect(socket.number(), server.data(), static_cast<socklen_t>(server.size())) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
    const auto begin = Clock::now();
    std::uint64_t sent = 0;
    while (!stop.stop_requested()) {
        const std::chrono::duration<double> past = Clock::now() - begin;
        const auto due = static_cast<std::uint64_t>(flood.rate * past.count());
        for (; sent < due; ++sent) {
            const auto& datagram = datagrams[sent % datagrams.size()];
            ::send(socket.number(), datagram.data(), datagram.size(), MSG_DONTWAIT);
        }
        std::this_thread::sleep_for(pace);
    }
}

}  // namespace idnode::bench
