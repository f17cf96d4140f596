#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "bench/load/compare.hpp"

// idnode-load: asks a node for the records that idnode-bench-records made, checks the answers,
// and measures rate, CPU time and latency beside a reference in the same run.

namespace idnode::bench {
namespace {

struct Options {
    std::string server;
    std::string against;
    pid_t pid = 0;
    pid_t against_pid = 0;
    ChannelOptions channel;
    std::optional<Speaks> against_speaks;
    bool against_is_node = false;
    bool against_segments = false;
    std::size_t sockets = 16;
    Mix mix = Mix::uniform;
    std::uint64_t records = 1'000'000;
    std::string handles;
    std::uint64_t seed = 1;
    std::size_t slices = 8;
    unsigned slice_ms = 400;
    unsigned warm_ms = 500;
    double open_share = 0;
    bool json = false;
    unsigned hold_seconds = 0;
    std::string title;
    std::string report;
    double floor = 0;
    std::optional<FloodKind> flood;
    std::string flood_handle;
    double flood_rate = 20'000;
};

/// What a guard says: a ratio this much below its floor is no noise, a second one even less, and
/// when other programs take the processors nothing is measured at all.
constexpr double guard_margin = 0.10;
constexpr int guard_tries = 3;
constexpr int guard_failures = 2;
constexpr double disturbed_max = 0.5;

resolver::Endpoint endpoint_of(const std::string& text) {
    const auto endpoint = resolver::parse_endpoint(text);
    if (!endpoint) throw CLI::ValidationError{"endpoint", endpoint.error().message()};
    return *endpoint;
}

Workload workload_of(const Options& options) {
    if (options.mix == Mix::replay) return Workload{read_handles(options.handles)};
    return Workload{options.mix, options.records, options.seed};
}

/// The reference is asked in its own way; unless it is told to be one that knows the records, its
/// answers are constant and cannot be checked.
ChannelOptions for_reference(const Options& options) {
    ChannelOptions reference = options.channel;
    reference.speaks = options.against_speaks.value_or(options.channel.speaks);
    reference.verify = options.against_is_node;
    reference.segments = options.against_segments;
    return reference;
}

std::optional<Flood> flood_of(const Options& options, std::optional<FloodKind> kind) {
    if (!kind) return std::nullopt;
    return Flood{.server = endpoint_of(options.server),
                 .kind = *kind,
                 .handle = options.flood_handle,
                 .records = options.records,
                 .rate = options.flood_rate};
}

/// What the node can do at most, asked as fast as it answers.
double ceiling_of(Client& node, const Options& options) {
    return node.run(Clock::now() + std::chrono::milliseconds{options.slice_ms * 2}).rate();
}

/// A reference that is not checked counts no wrong answers.
bool is_right(const Comparison& result) {
    return std::all_of(result.sides.begin(), result.sides.end(),
                       [](const Measurement& side) { return side.wrong == 0 && side.answers > 0; });
}

/// Compares by CPU time for each answer, which tells the same as the rate where the node is the
/// limit and still tells it where the client is.
int guard(const std::vector<Side>& sides, const Course& course, const Options& options) {
    int failures = 0;
    int disturbed = 0;
    for (int tries = 1; tries <= guard_tries; ++tries) {
        const Comparison result = compare(sides, course);
        if (!is_right(result)) {
            fmt::print("{}: WRONG ANSWERS\n", options.title);
            return 1;
        }
        const double ratio = cpu_ratio(result);
        const bool measured = result.disturbed <= disturbed_max;
        const bool below = ratio < options.floor * (1 - guard_margin);
        fmt::print("{}: {:.3f} of the reference, floor {:.2f} less {:.0f}%: {}\n", options.title,
                   ratio, options.floor, guard_margin * 100,
                   !measured ? "disturbed"
                   : below   ? "below"
                             : "good");
        if (measured && !below) return 0;
        failures += measured && below;
        disturbed += !measured;
        if (failures == guard_failures) return 1;
    }
    fmt::print("{}: not measured, {} of {} tries were disturbed\n", options.title, disturbed,
               guard_tries);
    return 0;
}

int run(const Options& options) {
    Workload workload = workload_of(options);
    Client node{endpoint_of(options.server), options.channel, options.sockets, workload};
    if (options.hold_seconds > 0) {
        fmt::print("holding {} sockets\n", options.sockets);
        std::fflush(stdout);
        std::this_thread::sleep_for(std::chrono::seconds{options.hold_seconds});
        return 0;
    }
    std::vector<Side> sides{{"idnode", &node, options.pid, flood_of(options, options.flood)}};
    std::unique_ptr<Client> reference;
    if (!options.against.empty()) {
        reference = std::make_unique<Client>(endpoint_of(options.against), for_reference(options),
                                             options.sockets, workload);
        sides.push_back(
            {"reference", reference.get(), options.against_pid,
             flood_of(options, options.flood ? std::optional{FloodKind::ordinary} : std::nullopt)});
    }
    for (const Side& side : sides)
        side.client->run(Clock::now() + std::chrono::milliseconds{options.warm_ms});
    Course course{.slices = options.slices, .slice = std::chrono::milliseconds{options.slice_ms}};
    if (options.open_share > 0) course.rate = options.open_share * ceiling_of(node, options);
    if (options.floor > 0) return guard(sides, course, options);
    const Comparison result = compare(sides, course);
    fmt::print("{}\n", options.json ? to_json(result, sides) : to_table(result, sides));
    if (!options.report.empty() && sides.size() == 2)
        std::ofstream{options.report, std::ios::app} << to_row(options.title, result);
    return is_right(result) ? 0 : 1;
}

void add_workload_options(CLI::App& app, Options& options) {
    const std::map<std::string, Mix> mixes{
        {"uniform", Mix::uniform}, {"zipf", Mix::zipf}, {"miss", Mix::miss}};
    app.add_option("--mix", options.mix, "uniform, zipf or miss")
        ->transform(CLI::CheckedTransformer(mixes));
    app.add_option("--records", options.records, "Records that the node holds")
        ->capture_default_str();
    app.add_option_function<std::string>(
           "--replay",
           [&options](const std::string& file) {
               options.handles = file;
               options.mix = Mix::replay;
           },
           "Ask for the handles of a file, one a line, again and again")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", options.seed, "Which requests")->capture_default_str();
    app.add_option("--slices", options.slices, "Turns of each side")->capture_default_str();
    app.add_option("--slice-ms", options.slice_ms, "Length of a turn")->capture_default_str();
    app.add_option("--warm-ms", options.warm_ms, "Unmeasured turn before")->capture_default_str();
    app.add_option("--open", options.open_share,
                   "Open loop with random arrivals, at this share of what the node can do")
        ->check(CLI::Range(0.01, 1.0));
}

void add_flood_options(CLI::App& app, Options& options) {
    const std::map<std::string, FloodKind> kinds{
        {"garbage", FloodKind::garbage}, {"unknown", FloodKind::unknown}, {"one", FloodKind::one}};
    app.add_option("--flood", options.flood,
                   "Somebody floods the node meanwhile: garbage, unknown handles, or one handle; "
                   "the reference with as many ordinary requests")
        ->transform(CLI::CheckedTransformer(kinds));
    app.add_option("--flood-handle", options.flood_handle, "The one handle");
    app.add_option("--flood-rate", options.flood_rate, "Datagrams a second")->capture_default_str();
}

void add_server_options(CLI::App& app, Options& options) {
    const std::map<std::string, Speaks> speaks{{"udp", Speaks::udp},
                                               {"tcp", Speaks::tcp},
                                               {"http", Speaks::http},
                                               {"dns", Speaks::dns},
                                               {"redis", Speaks::redis}};
    app.add_option("--server", options.server, "ADDR:PORT of the node")->required();
    app.add_option("--pid", options.pid, "Process of the node, to read its CPU time");
    app.add_option("--speaks", options.channel.speaks, "udp, tcp, http, dns or redis")
        ->transform(CLI::CheckedTransformer(speaks));
    auto* const against =
        app.add_option("--against", options.against, "ADDR:PORT of a reference, by turns");
    app.add_option("--against-pid", options.against_pid, "Process of the reference");
    app.add_option("--against-speaks", options.against_speaks, "What it speaks, if not the same")
        ->transform(CLI::CheckedTransformer(speaks));
    app.add_flag("--against-checked", options.against_is_node,
                 "The reference knows the records: check its answers as well");
    app.add_option("--sockets", options.sockets, "Sockets, each with a port of its own")
        ->capture_default_str();
    app.add_option("--depth", options.channel.depth, "Requests under way on each")
        ->check(CLI::Range(1, 512))
        ->capture_default_str();
    app.add_flag("--segments", options.channel.segments, "UDP with GSO and GRO");
    app.add_flag("--tls", options.channel.encrypted, "Streams under TLS, at both servers");
    app.add_flag("--against-segments", options.against_segments, "The same for the reference");
    app.add_flag("--one-shot", options.channel.one_shot, "A new connection for each request");
    app.add_option("--hold", options.hold_seconds,
                   "Hold the sockets open so long, and ask nothing");
    app.add_flag("--json", options.json, "Write JSON");
    app.add_option("--title", options.title, "What this measures, for --report and --floor");
    app.add_option("--report", options.report, "File to append one line of figures to");
    app.add_option("--floor", options.floor,
                   "Guard: fail when the node falls clearly below this ratio to the reference")
        ->needs(against);
}

}  // namespace
}  // namespace idnode::bench

int main(int argc, char** argv) {
    CLI::App app{"Asks a node for the records of idnode-bench-records and measures its answers"};
    idnode::bench::Options options;
    idnode::bench::add_server_options(app, options);
    idnode::bench::add_workload_options(app, options);
    idnode::bench::add_flood_options(app, options);
    CLI11_PARSE(app, argc, argv);
    try {
        return idnode::bench::run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-load: {}\n", error.what());
        return 2;
    }
}
