#include "resolver/edge_keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "registry/thread_priority.hpp"
#include "registry/trace/edge_memory.hpp"

namespace idnode::resolver {
namespace {

using registry::trace::EdgeMemory;
using std::chrono::milliseconds;

constexpr milliseconds between_looks{1000};
constexpr int times_as_long = 20;  ///< as reading took
constexpr milliseconds when_refused = std::chrono::hours{1};
/// Of what is held, this part may have changed: what has is looked up in the store.
constexpr std::uint64_t part_changed = 16;

}  // namespace

void EdgeKeeper::run(const std::stop_token& stop) noexcept {
    registry::stand_back();
    milliseconds wait{0};
    std::unique_lock lock{guard_};
    while (!stopped_.wait_for(lock, stop, wait, [&] { return stop.stop_requested(); })) {
        wait = between_looks;
        try {
            if (is_due()) wait = std::max(wait, read(stop));
        } catch (const std::exception& error) {
            spdlog::error("the edges could not be read into memory: {}", error.what());
        }
    }
}

bool EdgeKeeper::is_due() const {
    const EdgeMemory& memory = store_.edge_memory();
    const auto figures = memory.figures();
    return figures.changed * part_changed > figures.facts ||
           !memory.table_for(registry::Snapshot{store_});
}

milliseconds EdgeKeeper::read(const std::stop_token& stop) {
    const auto begun = std::chrono::steady_clock::now();
    const auto done = store_.edge_memory().read(store_, octets_max_, stop);
    if (done == EdgeMemory::Read::refused) {
        spdlog::warn(
            "the edges are looked up in the store: edges.memory_mib is too little for them, or "
            "they are damaged (idnode check)");
        return when_refused;
    }
    return times_as_long *
           std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

}  // namespace idnode::resolver
