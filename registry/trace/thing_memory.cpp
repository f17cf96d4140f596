#include "registry/trace/thing_memory.hpp"

#include <utility>

namespace idnode::registry::trace {

bool ThingMemory::Held::take(std::uint64_t before, std::uint64_t now,
                             std::span<const Cell> changed_now) {
    if (now <= first) return true;  // it was read afterwards
    if (before != last) return false;
    for (const Cell& each : changed_now) table->mark(each);
    changed += changed_now.size();
    last = now;
    return true;
}

std::shared_ptr<const ThingTable> ThingMemory::table_for(const Snapshot& snapshot) const {
    std::shared_ptr<Held> held;
    {
        const std::lock_guard lock{guard_};
        held = held_;
    }
    if (!held) return nullptr;
    const std::uint64_t state = snapshot.thing_state();
    return state >= held->first && state <= held->last ? held->table : nullptr;
}

ThingMemory::Read ThingMemory::read(const Store& store, std::size_t octets_max,
                                    const std::stop_token& stop) {
    {
        const std::lock_guard lock{guard_};
        noting_ = true;  // before the state is taken, so that none is missed
        noted_.clear();
        noted_count_ = 0;
    }
    const auto fresh = std::make_shared<Held>();
    try {
        const Snapshot snapshot{store};
        fresh->table = ThingTable::read(snapshot, octets_max, stop);
        fresh->first = fresh->last = snapshot.thing_state();
    } catch (...) {
        end_noting();
        throw;
    }
    if (fresh->table) return publish(fresh);
    end_noting();
    return stop.stop_requested() ? Read::overtaken : Read::refused;
}

/// Marks in a fresh table what was changed while it was read, and then puts it in place.
ThingMemory::Read ThingMemory::publish(const std::shared_ptr<Held>& fresh) {
    for (;;) {
        std::vector<Noted> noted;
        {
            const std::lock_guard lock{guard_};
            if (!noting_) return Read::overtaken;
            noted = std::exchange(noted_, {});
            noting_ = !noted.empty();
            if (noted.empty()) {
                held_ = fresh;
                return Read::done;
            }
        }
        for (const Noted& each : noted) {
            if (fresh->take(each.before, each.now, each.changed)) continue;
            end_noting();
            return Read::overtaken;
        }
    }
}

void ThingMemory::note(std::uint64_t before, std::uint64_t now, std::span<const Cell> changed) {
    std::shared_ptr<Held> held;
    {
        const std::lock_guard lock{guard_};
        held = held_;
        noted_count_ += changed.size();
        if (noted_count_ > noted_max) noting_ = false;
        if (noting_)
            noted_.push_back({before, now, {changed.begin(), changed.end()}});
        else
            noted_.clear();
    }
    if (held && !held->take(before, now, changed)) forget();
}

void ThingMemory::forget() {
    const std::lock_guard lock{guard_};
    held_.reset();
    noting_ = false;
    noted_.clear();
}

void ThingMemory::end_noting() {
    const std::lock_guard lock{guard_};
    noting_ = false;
    noted_.clear();
}

ThingMemory::Figures ThingMemory::figures() const {
    const std::lock_guard lock{guard_};
    if (!held_) return {};
    return {.entries = held_->table->entry_count(),
            .octets = held_->table->octets(),
            .changed = held_->changed};
}

}  // namespace idnode::registry::trace
