#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>
#include <vector>

#include "registry/trace/thing_memory.hpp"
#include "resolver/trace/event_mapping.hpp"
#include "resolver/trace/recall.hpp"

// idnode-bench-walk: traces without a transport, over the registry of a node, as it
// makes them: who may see what, the walk, and what each thing is called. To be compared with what a
// database needs for the same things.

namespace idnode::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string data_directory;
    std::string roots;
    std::uint32_t depth = 6;
    double seconds = 4;
    bool prints = false;
};

std::vector<std::string> read_roots(const std::string& file) {
    std::ifstream in{file};
    std::vector<std::string> roots;
    for (std::string line; std::getline(in, line);) roots.push_back(resolver::canonical(line));
    if (roots.empty()) throw std::runtime_error{file + " names nothing"};
    return roots;
}

class Tracer {
public:
    explicit Tracer(const Options& options)
        : store_{options.data_directory, registry::Store::Access::read},
          lookup_{store_, 0, registry::Lookup::Disk::wait},
          depth_{options.depth} {
        constexpr std::size_t plenty = std::size_t{16} << 30;
        if (store_.thing_memory().read(store_, plenty) != registry::trace::ThingMemory::Read::done)
            throw std::runtime_error{"things were not read"};
        caller_.account =
            resolver::api::Account{.name = "bench", .role = resolver::api::Role::operator_};
    }

    /// Calls `visit` with what each thing is called, the root included.
    template <class Visit>
    void trace(const std::string& root, const Visit& visit) {
        lookup_.renew();
        const auto found = resolver::run_trace(
            lookup_, {.roots = {root}, .down = true, .depth = depth_, .keeps_edges = false},
            caller_);
        places_.resize(found.nodes.size());
        std::iota(places_.begin(), places_.end(), 0U);
        resolver::for_each_named(
            lookup_, found, places_,
            [&](const auto&, const resolver::NamedThing& thing) { visit(thing.spelled); });
    }

private:
    registry::Store store_;
    registry::Lookup lookup_;
    std::uint32_t depth_;
    resolver::api::Caller caller_{};
    std::vector<std::uint32_t> places_{};
};

/// Repeats an operation that says how many things it has found.
template <class Operation>
void measure(double seconds, const Operation& operation) {
    std::vector<double> micros;
    std::uint64_t things = 0;
    const auto end = Clock::now() + std::chrono::duration<double>{seconds};
    for (std::size_t turn = 0; Clock::now() < end; ++turn) {
        const auto begun = Clock::now();
        things += operation(turn);
        micros.push_back(std::chrono::duration<double, std::micro>{Clock::now() - begun}.count());
    }
    const double sum = std::accumulate(micros.begin(), micros.end(), 0.0);
    std::ranges::sort(micros);
    const auto count = static_cast<double>(micros.size());
    fmt::print("{{\"mean_us\":{:.2f},\"p99_us\":{:.2f},\"things\":{:.1f}}}\n", sum / count,
               micros[micros.size() * 99 / 100], static_cast<double>(things) / count);
}

void run(const Options& options) {
    const auto roots = read_roots(options.roots);
    Tracer tracer{options};
    if (options.prints) {
        tracer.trace(roots.front(), [](std::string_view thing) { fmt::print("{}\n", thing); });
    } else {
        measure(options.seconds, [&](std::size_t turn) {
            std::size_t things = 0;
            tracer.trace(roots[turn % roots.size()], [&](std::string_view) { ++things; });
            return things;
        });
    }
}

}  // namespace
}  // namespace idnode::bench

int main(int argc, char** argv) {
    CLI::App app{"Measures traces over the registry of a node, without a transport"};
    idnode::bench::Options options;
    app.add_option("--data", options.data_directory, "Data directory of the node")->required();
    app.add_option("--roots", options.roots, "File of identifiers, one a line")->required();
    app.add_option("--depth", options.depth, "Hops of a trace")->capture_default_str();
    app.add_option("--seconds", options.seconds, "How long")->capture_default_str();
    app.add_flag("--print", options.prints, "Print what the first one leads to, and end");
    CLI11_PARSE(app, argc, argv);
    try {
        idnode::bench::run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-bench-walk: {}\n", error.what());
        return 2;
    }
}
