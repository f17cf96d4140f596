#include "bench/support/bench_graph.hpp"

#include <array>
#include <random>
#include <stdexcept>

#include "protocol/handle/wire.hpp"
#include "registry/trace/event_store.hpp"
#include "registry/trace/facts.hpp"
#include "registry/writer.hpp"

namespace idnode::bench {
namespace {

namespace trace = registry::trace;

constexpr std::uint64_t edges_of_event = 6;
constexpr std::size_t events_at_once = 5'000;
constexpr std::uint64_t map_size = std::uint64_t{64} << 30;

void capture(const registry::Store& store, const std::vector<trace::StoredEvent>& events) {
    const registry::Decide decide = [&](const registry::WriteView& view) -> registry::Decision {
        registry::ChangeSet set{.changes = {}, .origin = {}};
        trace::capture(view, events, {.actor = "bench"}, set.changes);
        return set;
    };
    const std::array jobs{&decide};
    for (const auto& outcome : registry::Writer{store}.commit(jobs, 1))
        if (!std::holds_alternative<registry::Commit>(outcome))
            throw std::runtime_error{"the events were not captured"};
}

std::array<std::byte, 16> key_of(trace::Thing from, trace::Thing to) {
    std::array<std::byte, 16> key;
    protocol::store_big(key.data(), from);
    protocol::store_big(key.data() + 8, to);
    return key;
}

}  // namespace

BenchGraph::BenchGraph(std::uint64_t edge_count)
    : events_of_layer_{std::max<std::uint64_t>(1, edge_count / (layers * edges_of_event))} {
    store_ = std::make_unique<registry::Store>(directory_.path(),
                                               registry::Store::Access::write_or_create);
    capture_all();
    copy_edges();
}

std::string BenchGraph::thing(int layer, std::uint64_t number) {
    return "88.1/L" + std::to_string(layer) + "N" + std::to_string(number);
}

void BenchGraph::capture_all() {
    std::mt19937_64 random{1};
    std::uniform_int_distribution<std::uint64_t> any{0, width() - 1};
    std::vector<trace::StoredEvent> events;
    for (int layer = 0; layer < layers; ++layer) {
        for (std::uint64_t number = 0; number < events_of_layer_; ++number) {
            trace::StoredEvent event{
                .id = "urn:event:" + std::to_string(layer) + ':' + std::to_string(number),
                .time = layer * 86'400'000LL,
                .json = "{}"};
            for (const std::string& input : {thing(layer, any(random)), thing(layer, any(random))})
                for (std::uint64_t output = 0; output < 3; ++output)
                    event.facts.push_back({.from = input,
                                           .to = thing(layer + 1, number * 3 + output),
                                           .time = event.time,
                                           .event = event.id});
            events.push_back(std::move(event));
            if (events.size() < events_at_once) continue;
            capture(*store_, events);
            events.clear();
        }
    }
    capture(*store_, events);
}

void BenchGraph::copy_edges() {
    plain_ = std::make_unique<registry::lmdb::Env>(
        directory_.path() / "plain.mdb", registry::lmdb::Env::Mode::read_write, map_size, 1);
    registry::lmdb::WriteTxn txn{*plain_};
    plain_edges_ = txn.open_table("edges");
    const registry::Snapshot snapshot{*store_};
    trace::for_each_fact(snapshot, [&](trace::Direction direction, const trace::StoredFact& fact) {
        if (direction == trace::Direction::down)
            txn.put(plain_edges_, key_of(fact.from, fact.to), {});
        return true;
    });
    std::move(txn).commit();
}

}  // namespace idnode::bench
