#include <benchmark/benchmark.h>

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdlib>
#include <random>

#include "bench/support/allocations.hpp"
#include "bench/support/bench_graph.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/trace/thing_memory.hpp"
#include "registry/trace/walk.hpp"
#include "registry/writer.hpp"
#include "resolver/trace/recall.hpp"

// Walks beside the same steps made with LMDB's own calls over the same edges, one under each key.
// Each reports the time for one edge that it visits. IDNODE_BENCH_EDGES is the size of the graph.

namespace idnode::bench {
namespace {

namespace trace = registry::trace;
using trace::Thing;

constexpr std::size_t root_count = 1024;
constexpr std::uint32_t hops = 6;

struct World {
    BenchGraph graph;
    registry::Lookup lookup;
    std::vector<std::string> names{};
    std::vector<Thing> roots{};
    std::vector<Thing> suspects{};  ///< one of 400 things of the first layer
    std::vector<std::string> suspect_names{};
    resolver::api::Caller caller{};

    explicit World(std::uint64_t edges) : graph{edges}, lookup{home(graph.store())} {
        std::mt19937_64 random{2};
        std::uniform_int_distribution<std::uint64_t> any{0, graph.width() - 1};
        while (roots.size() < root_count) add(graph.thing(1, any(random)), names, roots);
        const std::uint64_t step = std::max<std::uint64_t>(1, graph.width() / 400);
        for (std::uint64_t at = 0; at < graph.width(); at += step)
            add(graph.thing(0, at), suspect_names, suspects);
        caller.account =
            resolver::api::Account{.name = "bench", .role = resolver::api::Role::operator_};
    }

private:
    static const registry::Store& home(const registry::Store& store) {
        std::vector<registry::Change> changes{registry::HomePrefix{"88.1"}};
        registry::Writer{store}.commit(changes, 1);
        return store;
    }
    void add(const std::string& name, std::vector<std::string>& all, std::vector<Thing>& numbers) {
        const auto thing = trace::find_thing(lookup.snapshot(), name);
        if (!thing) return;
        all.push_back(name);
        numbers.push_back(*thing);
    }
};

World& world() {
    static World instance{[] {
        const char* const edges = std::getenv("IDNODE_BENCH_EDGES");
        return edges ? std::strtoull(edges, nullptr, 10) : 100'000;
    }()};
    return instance;
}

/// Has things in memory, as a node has, or in the store alone.
void hold_things(bool held) {
    const registry::Store& store = world().graph.store();
    constexpr std::size_t octets_max = std::size_t{8} << 30;
    if (held)
        store.thing_memory().read(store, octets_max);
    else
        store.thing_memory().forget();
}

/// Runs an operation that says how many edges it has visited.
template <class Operation>
void run(benchmark::State& state, Operation&& operation) {
    World& shared = world();
    std::uint64_t edges = 0;
    std::size_t turn = 0;
    const std::uint64_t before = thread_allocations();
    for (auto _ : state) edges += operation(shared, turn++ % shared.roots.size());
    const auto visited = static_cast<double>(edges);
    state.counters["edges"] = benchmark::Counter(visited, benchmark::Counter::kAvgIterations);
    state.counters["per_edge"] =
        benchmark::Counter(visited, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["allocations"] = benchmark::Counter(
        static_cast<double>(thread_allocations() - before), benchmark::Counter::kAvgIterations);
}

using PlainCursor = std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)>;

PlainCursor open_plain(const registry::lmdb::ReadTxn& txn, const BenchGraph& graph) {
    MDB_cursor* cursor = nullptr;
    registry::lmdb::require(mdb_cursor_open(txn.get(), graph.plain_edges(), &cursor), "walk");
    return {cursor, &mdb_cursor_close};
}

/// From one end of the edges to the other.
void raw_cursor_steps(benchmark::State& state) {
    const registry::lmdb::ReadTxn txn{world().graph.plain()};
    run(state, [&](World& shared, std::size_t) {
        const auto cursor = open_plain(txn, shared.graph);
        MDB_val key;
        MDB_val value;
        std::uint64_t edges = 0;
        for (int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST); code == 0;
             code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
            benchmark::DoNotOptimize(key);
            ++edges;
        }
        return edges;
    });
}
BENCHMARK(raw_cursor_steps);

/// The walk that LMDB's calls make by themselves: a seek for each thing and a step for each edge,
/// and what was met in a set. It knows no times, and remembers no edge.
std::uint64_t raw_walk(const registry::lmdb::ReadTxn& txn, const BenchGraph& graph,
                       std::span<const Thing> roots, std::uint32_t depth_max) {
    const auto cursor = open_plain(txn, graph);
    boost::unordered_flat_set<Thing> met(roots.begin(), roots.end());
    std::vector<Thing> turn(roots.begin(), roots.end());
    std::vector<Thing> next;
    std::uint64_t edges = 0;
    for (std::uint32_t depth = 0; depth < depth_max && !turn.empty(); ++depth) {
        for (const Thing thing : turn) {
            std::array<std::byte, 8> stem;
            protocol::store_big(stem.data(), thing);
            MDB_val key{stem.size(), stem.data()};
            MDB_val value;
            for (int code = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
                 code == 0 && std::memcmp(key.mv_data, stem.data(), stem.size()) == 0;
                 code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
                const auto other = protocol::load_big<std::uint64_t>(
                    static_cast<const std::byte*>(key.mv_data) + 8);
                if (met.insert(other).second) next.push_back(other);
                ++edges;
            }
        }
        turn = std::exchange(next, {});
    }
    return edges;
}

void raw_walk_of_a_trace(benchmark::State& state) {
    const registry::lmdb::ReadTxn txn{world().graph.plain()};
    run(state, [&](World& shared, std::size_t at) {
        return raw_walk(txn, shared.graph, {&shared.roots[at], 1}, hops);
    });
}
BENCHMARK(raw_walk_of_a_trace);

void raw_walk_of_a_recall(benchmark::State& state) {
    const registry::lmdb::ReadTxn txn{world().graph.plain()};
    run(state, [&](World& shared, std::size_t) {
        return raw_walk(txn, shared.graph, shared.suspects, 1000);
    });
}
BENCHMARK(raw_walk_of_a_recall);

void walk_of_a_trace(benchmark::State& state) {
    hold_things(state.range(0) != 0);
    run(state, [](World& shared, std::size_t at) {
        const trace::WalkQuery query{.roots = {shared.roots[at]}, .depth = hops};
        return trace::walk(shared.lookup.snapshot(), query,
                           [](Thing) { return trace::Sight::shown; })
            .edges.size();
    });
}
BENCHMARK(walk_of_a_trace)->ArgName("in_memory")->Arg(0)->Arg(1);

/// As one that only counts: no edge is kept, and how many there are was found out before.
void walk_of_a_recall(benchmark::State& state) {
    hold_things(state.range(0) != 0);
    trace::WalkQuery query{
        .roots = world().suspects, .nodes_max = 100'000'000, .edges_max = 1'000'000'000};
    const auto shown = [](Thing) { return trace::Sight::shown; };
    const std::size_t edges = walk(world().lookup.snapshot(), query, shown).edges.size();
    query.keeps_edges = false;
    run(state, [&](World& shared, std::size_t) {
        benchmark::DoNotOptimize(walk(shared.lookup.snapshot(), query, shown).nodes.size());
        return edges;
    });
}
BENCHMARK(walk_of_a_recall)->ArgName("in_memory")->Arg(0)->Arg(1);

/// What a trace costs beside its transport: the walk, who sees what, and the answer in JSON.
void answer_of_a_trace(benchmark::State& state) {
    hold_things(true);
    std::string out;
    run(state, [&](World& shared, std::size_t at) {
        const auto found = resolver::run_trace(
            shared.lookup, {.roots = {shared.names[at]}, .down = true, .depth = hops},
            shared.caller);
        out.clear();
        write_trace(out, shared.lookup, found, {.from = 0, .count = 10'000}, 0);
        return found.edges.size();
    });
    state.counters["octets"] = static_cast<double>(out.size());
}
BENCHMARK(answer_of_a_trace);

void count_of_a_recall(benchmark::State& state) {
    hold_things(true);
    std::uint64_t things = 0;
    run(state, [&](World& shared, std::size_t) {
        const auto found = resolver::run_trace(shared.lookup,
                                               {.roots = shared.suspect_names,
                                                .down = true,
                                                .depth = 1000,
                                                .nodes_max = 10'000'000,
                                                .keeps_edges = false},
                                               shared.caller);
        things = found.nodes.size();
        return things;
    });
    state.counters["things"] = static_cast<double>(things);
}
BENCHMARK(count_of_a_recall);

}  // namespace
}  // namespace idnode::bench
