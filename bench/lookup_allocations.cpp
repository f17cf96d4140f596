#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "bench/support/allocations.hpp"
#include "bench/support/bench_store.hpp"
#include "protocol/handle/message.hpp"
#include "resolver/net/worker.hpp"

// Proves that a lookup allocates nothing: a real worker answers over real sockets while this
// program's own malloc counts. Fails when UDP or TCP asks for memory once more than never.

namespace idnode::bench {
namespace {

namespace asio = boost::asio;
using resolver::Endpoint;

constexpr std::size_t lookups = 20'000;
constexpr std::size_t warm_up = 2'000;

/// Sends requests one at a time and waits for each answer; the client's buffers are made before.
template <class RoundTrip>
std::uint64_t count_allocations(RoundTrip&& round_trip,
                                const std::vector<std::vector<std::byte>>& requests) {
    for (std::size_t at = 0; at < warm_up; ++at) round_trip(requests[at % requests.size()]);
    const std::uint64_t before = all_allocations();
    for (std::size_t at = 0; at < lookups; ++at) round_trip(requests[at % requests.size()]);
    return all_allocations() - before;
}

std::uint64_t over_udp(const Endpoint& server,
                       const std::vector<std::vector<std::byte>>& requests) {
    asio::io_context context;
    asio::ip::udp::socket socket{context};
    socket.open(asio::ip::udp::v4());
    socket.connect({server.address, server.port});
    std::array<std::byte, 4096> answer;
    return count_allocations(
        [&](const std::vector<std::byte>& request) {
            socket.send(asio::buffer(request));
            socket.receive(asio::buffer(answer));
        },
        requests);
}

std::uint64_t over_tcp(const Endpoint& server,
                       const std::vector<std::vector<std::byte>>& requests) {
    using protocol::Envelope;
    asio::io_context context;
    asio::ip::tcp::socket socket{context};
    socket.connect({server.address, server.port});
    std::array<std::byte, 4096> answer;
    return count_allocations(
        [&](const std::vector<std::byte>& request) {
            asio::write(socket, asio::buffer(request));
            asio::read(socket, asio::buffer(answer, Envelope::wire_size));
            const auto length =
                protocol::decode_envelope(std::span{answer}.first<Envelope::wire_size>())
                    .message_length;
            asio::read(socket, asio::buffer(answer, length));
        },
        requests);
}

int measure() {
    const BenchStore store{10'000};
    const auto requests = random_requests(store.record_count(), 1000);
    const resolver::Config config;
    const resolver::SystemClock clock;
    const resolver::NodeView node{.metrics = [] { return std::string{}; },
                                  .ready = [] { return true; }};
    resolver::statistics::Statistics statistics{store.store(), clock, {}};
    resolver::Worker worker{
        store.store(), config,  1,         {}, clock, std::make_shared<resolver::WorkerMetrics>(),
        node,          nullptr, statistics};
    const Endpoint server = worker.listen_handle({asio::ip::address_v4::loopback(), 0});
    std::thread thread{[&] { worker.run(); }};
    const std::uint64_t udp = over_udp(server, requests);
    const std::uint64_t tcp = over_tcp(server, requests);
    worker.stop();
    thread.join();
    fmt::print("{:<24}{:>12}{:>14}\n", "heap allocations", "lookups", "allocations");
    fmt::print("{:<24}{:>12}{:>14}\n", "UDP", lookups, udp);
    fmt::print("{:<24}{:>12}{:>14}\n", "TCP", lookups, tcp);
    return udp == 0 && tcp == 0 ? 0 : 1;
}

}  // namespace
}  // namespace idnode::bench

int main() { return idnode::bench::measure(); }
