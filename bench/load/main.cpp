#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "bench/load/compare.hpp"
#include "protocol/json/json_writer.hpp"

// idnode-load: asks a node for the records that `idnode-load --write` made, checks the answers,
// and measures rate and CPU time beside a reference in the same run.

namespace idnode::bench {
namespace {

struct Options {
    std::string server;
    std::string against;
    pid_t pid = 0;
    pid_t against_pid = 0;
    ClientOptions client;
    Mix mix = Mix::uniform;
    std::uint64_t records = 1'000'000;
    std::uint64_t seed = 1;
    std::size_t slices = 8;
    unsigned slice_ms = 400;
    unsigned warm_ms = 500;
    bool json = false;
};

resolver::Endpoint endpoint_of(const std::string& text) {
    const auto endpoint = resolver::parse_endpoint(text);
    if (!endpoint) throw CLI::ValidationError{"endpoint", endpoint.error().message()};
    return *endpoint;
}

void print_table(const Comparison& result, const std::vector<Side>& sides) {
    fmt::print("{:<12}{:>12}{:>26}{:>12}{:>12}{:>8}{:>8}\n", "", "answers/s", "range", "CPU us",
               "answers", "wrong", "lost");
    for (std::size_t at = 0; at < sides.size(); ++at) {
        const Measurement& each = result.sides[at];
        fmt::print("{:<12}{:>12.0f}{:>26}{:>12.3f}{:>12}{:>8}{:>8}\n", sides[at].name,
                   each.rate.median,
                   fmt::format("[{:.0f} .. {:.0f}]", each.rate.least, each.rate.most),
                   each.cpu_us.median, each.answers, each.wrong, each.lost);
    }
    if (sides.size() == 2)
        fmt::print("ratio of medians {:.3f}, of CPU time {:.3f}; {:.0f}% of the slices disturbed\n",
                   result.sides[0].rate.median / result.sides[1].rate.median,
                   result.sides[1].cpu_us.median / result.sides[0].cpu_us.median,
                   result.disturbed * 100);
}

void print_json(const Comparison& result, const std::vector<Side>& sides) {
    std::string text = "{\"sides\":[";
    for (std::size_t at = 0; at < sides.size(); ++at) {
        const Measurement& each = result.sides[at];
        text += fmt::format(
            "{}{{\"name\":\"{}\",\"rate\":{:.0f},\"rate_least\":{:.0f},\"rate_most\":{:.0f},"
            "\"cpu_us\":{:.4f},\"answers\":{},\"wrong\":{},\"lost\":{}}}",
            at ? "," : "", sides[at].name, each.rate.median, each.rate.least, each.rate.most,
            each.cpu_us.median, each.answers, each.wrong, each.lost);
    }
    fmt::print("{}],\"disturbed\":{:.3f}}}\n", text, result.disturbed);
}

int run(const Options& options) {
    Workload workload{options.mix, options.records, options.seed};
    const auto client = make_client(endpoint_of(options.server), options.client, workload);
    std::vector<Side> sides{{"idnode", client.get(), options.pid}};
    ClientOptions reference = options.client;
    reference.verify = false;
    std::unique_ptr<Client> other;
    if (!options.against.empty()) {
        other = make_client(endpoint_of(options.against), reference, workload);
        sides.push_back({"reference", other.get(), options.against_pid});
    }
    for (const Side& side : sides)
        side.client->run(Clock::now() + std::chrono::milliseconds{options.warm_ms});
    const Comparison result =
        compare(sides, options.slices, std::chrono::milliseconds{options.slice_ms});
    options.json ? print_json(result, sides) : print_table(result, sides);
    return result.sides[0].wrong == 0 && result.sides[0].answers > 0 ? 0 : 1;
}

void add_options(CLI::App& app, Options& options) {
    const std::map<std::string, Transport> transports{
        {"udp", Transport::udp}, {"tcp", Transport::tcp}, {"http", Transport::http}};
    const std::map<std::string, Mix> mixes{
        {"uniform", Mix::uniform}, {"zipf", Mix::zipf}, {"miss", Mix::miss}};
    app.add_option("--server", options.server, "ADDR:PORT of the node")->required();
    app.add_option("--against", options.against, "ADDR:PORT of a reference, by turns");
    app.add_option("--pid", options.pid, "Process of the node, to read its CPU time");
    app.add_option("--against-pid", options.against_pid, "Process of the reference");
    app.add_option("--transport", options.client.transport, "udp, tcp or http")
        ->transform(CLI::CheckedTransformer(transports));
    app.add_option("--sockets", options.client.sockets, "Sockets, each with a port of its own")
        ->capture_default_str();
    app.add_option("--depth", options.client.depth, "Requests under way on each")
        ->check(CLI::Range(1, 512))
        ->capture_default_str();
    app.add_flag("--segments", options.client.segments, "UDP with GSO and GRO");
    app.add_option("--mix", options.mix, "uniform, zipf or miss")
        ->transform(CLI::CheckedTransformer(mixes));
    app.add_option("--records", options.records, "Records that the node holds")
        ->capture_default_str();
    app.add_option("--seed", options.seed, "Which requests")->capture_default_str();
    app.add_option("--slices", options.slices, "Turns of each side")->capture_default_str();
    app.add_option("--slice-ms", options.slice_ms, "Length of a turn")->capture_default_str();
    app.add_option("--warm-ms", options.warm_ms, "Unmeasured turn before")->capture_default_str();
    app.add_flag("--json", options.json, "Write JSON");
}

}  // namespace

std::unique_ptr<Client> make_client(const resolver::Endpoint& server, const ClientOptions& options,
                                    Workload& workload) {
    return options.transport == Transport::udp ? make_udp_client(server, options, workload)
                                               : make_stream_client(server, options, workload);
}

}  // namespace idnode::bench

int main(int argc, char** argv) {
    CLI::App app{"Asks a node for the records of idnode-bench-load and measures its answers"};
    idnode::bench::Options options;
    idnode::bench::add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    try {
        return idnode::bench::run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-load: {}\n", error.what());
        return 2;
    }
}
