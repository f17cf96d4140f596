#include "resolver/change_log_keeper.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "registry/writer.hpp"

namespace idnode::resolver {
namespace {

constexpr std::uint64_t seconds_a_day = 86'400;
/// Changes that one transaction lets go of: some milliseconds.
constexpr std::uint64_t step = 4096;
constexpr std::chrono::milliseconds between_steps{20};
constexpr std::chrono::hours between_rounds{1};

}  // namespace

void ChangeLogKeeper::run(const std::stop_token& stop) noexcept {
    do {
        try {
            if (const std::uint64_t pruned = prune(stop); pruned > 0)
                spdlog::info("the change log has let go of {} old changes", pruned);
        } catch (const std::exception& error) {
            spdlog::error("the change log could not let go of old changes: {}", error.what());
        }
    } while (pause(stop, between_rounds));
}

std::uint64_t ChangeLogKeeper::prune(const std::stop_token& stop) {
    const std::uint64_t kept_seconds = days_ * seconds_a_day;
    const std::uint64_t now = clock_.now();
    if (kept_seconds == 0 || kept_seconds >= now) return 0;
    const auto before = static_cast<std::uint32_t>(now - kept_seconds);
    registry::Writer writer{store_};
    std::uint64_t pruned = 0;
    for (;;) {
        const std::uint64_t count = writer.prune_changes(before, step);
        pruned += count;
        if (count < step || !pause(stop, between_steps)) return pruned;
    }
}

bool ChangeLogKeeper::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::unique_lock lock{guard_};
    stopped_.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace idnode::resolver
