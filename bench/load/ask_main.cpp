#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "resolver/net/endpoint.hpp"

// Asks a node over kept-alive HTTPS connections for the targets of a file, again and again, one at
// a time on each, and says how long an answer took. For answers that idnode-load does not know.

namespace idnode::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

struct Options {
    std::string server;
    std::string targets;
    std::string body;
    std::string token;
    unsigned connections = 1;
    double seconds = 5;
};

struct Measured {
    std::vector<double> micros{};
    std::uint64_t octets = 0;
    std::uint64_t wrong = 0;
};

std::vector<std::string> read_lines(const std::string& file) {
    std::ifstream in{file};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    if (lines.empty()) throw std::runtime_error{file + " names no target"};
    return lines;
}

/// The requests as they are sent, whole.
std::vector<std::string> make_requests(const Options& options) {
    std::ifstream in{options.body};
    const std::string body{std::istreambuf_iterator<char>{in}, {}};
    std::vector<std::string> requests;
    for (const std::string& target : read_lines(options.targets))
        requests.push_back(fmt::format(
            "{} {} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {}\r\n"
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
            options.body.empty() ? "GET" : "POST", target, options.token, body.size(), body));
    return requests;
}

void connect(const Options& options, Stream& stream) {
    const auto endpoint = resolver::parse_endpoint(options.server);
    if (!endpoint) throw std::runtime_error{options.server + " is no ADDR:PORT"};
    stream.lowest_layer().connect({endpoint->address, endpoint->port});
    stream.lowest_layer().set_option(asio::ip::tcp::no_delay{true});
    stream.handshake(asio::ssl::stream_base::client);
}

Measured ask(const Options& options, const std::vector<std::string>& requests, std::size_t from) {
    asio::io_context context;
    asio::ssl::context tls{asio::ssl::context::tls_client};
    Stream stream{context, tls};
    connect(options, stream);
    Measured measured;
    boost::beast::flat_buffer buffer;
    const auto end = Clock::now() + std::chrono::duration<double>{options.seconds};
    for (std::size_t at = from; Clock::now() < end; ++at) {
        const auto begun = Clock::now();
        asio::write(stream, asio::buffer(requests[at % requests.size()]));
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        http::read(stream, buffer, parser);
        const std::chrono::duration<double, std::micro> taken = Clock::now() - begun;
        measured.micros.push_back(taken.count());
        measured.octets += parser.get().body().size();
        measured.wrong += parser.get().result_int() != 200;
    }
    return measured;
}

double quantile(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void run(const Options& options) {
    const auto requests = make_requests(options);
    std::vector<Measured> all(options.connections);
    std::vector<std::thread> threads;
    for (unsigned each = 0; each < options.connections; ++each)
        threads.emplace_back([&, each] {
            all[each] = ask(options, requests, each * requests.size() / options.connections);
        });
    for (std::thread& thread : threads) thread.join();
    Measured whole;
    for (const Measured& each : all) {
        whole.micros.insert(whole.micros.end(), each.micros.begin(), each.micros.end());
        whole.octets += each.octets;
        whole.wrong += each.wrong;
    }
    std::ranges::sort(whole.micros);
    double sum = 0;
    for (const double each : whole.micros) sum += each;
    const auto count = static_cast<double>(whole.micros.size());
    fmt::print(
        "{{\"answers\":{},\"wrong\":{},\"mean_us\":{:.1f},\"p50_us\":{:.1f},\"p99_us\":{:.1f},"
        "\"per_second\":{:.0f},\"octets\":{:.0f}}}\n",
        whole.micros.size(), whole.wrong, sum / count, quantile(whole.micros, 0.5),
        quantile(whole.micros, 0.99), count / options.seconds,
        static_cast<double>(whole.octets) / count);
}

}  // namespace
}  // namespace idnode::bench

int main(int argc, char** argv) {
    CLI::App app{"Asks a node over HTTPS for the targets of a file and measures its answers"};
    idnode::bench::Options options;
    app.add_option("--server", options.server, "ADDR:PORT")->required();
    app.add_option("--targets", options.targets, "File of targets, one a line")->required();
    app.add_option("--body", options.body, "File to POST to each; without one they are GET");
    app.add_option("--token", options.token, "Bearer token");
    app.add_option("--connections", options.connections, "Kept alive, each with a thread")
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        idnode::bench::run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-ask: {}\n", error.what());
        return 2;
    }
}
