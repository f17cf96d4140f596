#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "bench/support/allocations.hpp"
#include "bench/support/bench_store.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/resolution.hpp"
#include "registry/front_index.hpp"
#include "resolver/resolution_answer.hpp"
#include "resolver/service.hpp"

// Each benchmark reports the allocations of one operation beside its time. Times compare within
// one run only: the store's own `mdb_get` is there to compare with.

namespace idnode::bench {
namespace {

using protocol::Bytes;

constexpr std::uint64_t record_count = 1'000'000;
constexpr std::size_t request_count = 1 << 16;

/// What all benchmarks share; made once, since loading takes seconds.
struct World {
    BenchStore store{record_count};
    std::vector<std::vector<std::byte>> requests = random_requests(record_count, request_count);
    registry::Lookup lookup{store.store()};
    registry::FrontIndex front{std::size_t{1} << 30, record_count};
    resolver::WorkerMetrics metrics;
    resolver::SystemClock clock;
    resolver::statistics::Tally tally{true};
    resolver::Service service{{.site = "", .identity = {}}, clock, metrics, tally};
    std::vector<std::byte> out = std::vector<std::byte>(resolver::reply_size_max);

    World() {
        tally.begin(lookup);
        for_each_record(lookup.snapshot(), {}, [&](const registry::RecordView& record) {
            const registry::HandleKey key{record.handle()};
            front.put(registry::FrontIndex::hash_of(key.bytes()), record);
            return true;
        });
    }
};

World& world() {
    static World instance;
    return instance;
}

/// Goes through the requests and reports what one round costs.
template <class Operation>
void run(benchmark::State& state, Operation&& operation) {
    World& shared = world();
    std::size_t at = 0;
    operation(shared, shared.requests[0]);  // what is made once is not counted
    const std::uint64_t before = thread_allocations();
    for (auto _ : state) {
        operation(shared, shared.requests[at]);
        at = (at + 1) % request_count;
    }
    state.counters["allocations"] = benchmark::Counter(
        static_cast<double>(thread_allocations() - before), benchmark::Counter::kAvgIterations);
}

std::string_view handle_in(const std::vector<std::byte>& request) {
    const auto message = protocol::decode_message(request);
    return protocol::decode_resolution_request(message->body)->handle;
}

void decode(benchmark::State& state) {
    run(state, [](World&, const std::vector<std::byte>& request) {
        benchmark::DoNotOptimize(handle_in(request));
    });
}
BENCHMARK(decode);

void fold_to_key(benchmark::State& state) {
    run(state, [](World&, const std::vector<std::byte>& request) {
        const registry::HandleKey key{handle_in(request)};
        benchmark::DoNotOptimize(key);
    });
}
BENCHMARK(fold_to_key);

/// The limit: LMDB's own call, with nothing around it.
void raw_mdb_get(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>& request) {
        const registry::HandleKey key{handle_in(request)};
        MDB_val name{key.bytes().size(), const_cast<std::byte*>(key.bytes().data())};
        MDB_val value;
        registry::lmdb::require(mdb_get(shared.lookup.snapshot().txn().get(),
                                        shared.store.store().records(), &name, &value),
                                "look up");
        benchmark::DoNotOptimize(value);
    });
}
BENCHMARK(raw_mdb_get);

void registry_find(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>& request) {
        benchmark::DoNotOptimize(shared.lookup.snapshot().find(handle_in(request)));
    });
}
BENCHMARK(registry_find);

/// One look-up after the other: what the road of a batch hides by fetching ahead is not hidden
/// here.
void front_index_find(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>& request) {
        const std::string_view handle = handle_in(request);
        const std::uint64_t hash =
            registry::FrontIndex::hash_of(registry::HandleKey{handle}.bytes());
        benchmark::DoNotOptimize(shared.front.find(hash, handle));
    });
}
BENCHMARK(front_index_find);

/// A stored record as the body of an answer; the record is always the same and so in the cache.
void encode(benchmark::State& state) {
    const std::string handle{handle_in(world().requests[0])};
    const auto record = world().lookup.snapshot().find(handle);
    run(state, [&](World& shared, const std::vector<std::byte>&) {
        protocol::WireWriter body{shared.out};
        resolver::write_values(
            handle, *record, [](const protocol::ValueView&) { return true; }, body);
        benchmark::DoNotOptimize(body.size());
    });
}
BENCHMARK(encode);

/// Bytes to bytes, with a record that is always the same and so always in the cache: what decoding,
/// resolving and encoding cost without the store's cache misses.
void answer_one_hot_record(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>&) {
        benchmark::DoNotOptimize(
            shared.service.answer(shared.lookup, shared.requests[0], shared.out));
    });
}
BENCHMARK(answer_one_hot_record);

void answer(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>& request) {
        benchmark::DoNotOptimize(shared.service.answer(shared.lookup, request, shared.out));
    });
}
BENCHMARK(answer);

void renew_snapshot(benchmark::State& state) {
    run(state, [](World& shared, const std::vector<std::byte>&) { shared.lookup.renew(); });
}
BENCHMARK(renew_snapshot);

}  // namespace
}  // namespace idnode::bench
