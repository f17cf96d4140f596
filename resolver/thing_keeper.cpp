#include "resolver/thing_keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "registry/thread_priority.hpp"
#include "registry/trace/thing_memory.hpp"

namespace idnode::resolver {
namespace {

using registry::trace::ThingMemory;
using std::chrono::milliseconds;

constexpr milliseconds between_looks{1000};
constexpr int times_as_long = 20;  ///< as reading took
/// Little becomes less: but some is removed, and the disk may be well again.
constexpr milliseconds when_refused = std::chrono::hours{24};
/// Of what is held, this part may have changed: what has is looked up in the store.
constexpr std::uint64_t part_changed = 16;

}  // namespace

void ThingKeeper::run(const std::stop_token& stop) noexcept {
    registry::stand_back();
    milliseconds wait{0};
    std::unique_lock lock{guard_};
    while (!stopped_.wait_for(lock, stop, wait, [&] { return stop.stop_requested(); })) {
        wait = between_looks;
        try {
            if (is_due()) wait = std::max(wait, read(stop));
        } catch (const std::exception& error) {
            spdlog::error("what is known of things could not be read into memory: {}",
                          error.what());
            wait = when_refused;
        }
    }
}

bool ThingKeeper::is_due() const {
    const ThingMemory& memory = store_.thing_memory();
    const auto figures = memory.figures();
    return figures.changed * part_changed > figures.entries ||
           !memory.table_for(registry::Snapshot{store_});
}

milliseconds ThingKeeper::read(const std::stop_token& stop) {
    const auto begun = std::chrono::steady_clock::now();
    const auto done = store_.thing_memory().read(store_, octets_max_, stop);
    if (done == ThingMemory::Read::refused) {
        spdlog::warn(
            "things are looked up in the store: things.memory_mib, or 16 GiB, is too little for "
            "their edges");
        return when_refused;
    }
    if (done == ThingMemory::Read::overtaken)
        spdlog::debug("things were changed faster than they could be read into memory");
    return times_as_long *
           std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

}  // namespace idnode::resolver
