#include "registry/trace/thing_memory.hpp"

#include <algorithm>
#include <utility>

namespace idnode::registry::trace {

bool ThingMemory::Held::take(std::uint64_t before, std::uint64_t now, std::span<const Cell> cells) {
    if (now <= first) return true;  // it was read afterwards
    if (before != told) return false;
    std::uint64_t fresh = 0;
    for (const Cell& each : cells) fresh += table->mark(each) ? 1 : 0;
    changed += fresh;
    told = now;
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
        reading_ = true;  // before the state is taken, so that none is missed
    }
    const auto fresh = std::make_shared<Held>();
    try {
        const Snapshot snapshot{store};
        fresh->table = ThingTable::read(snapshot, octets_max, stop);
        fresh->first = fresh->told = snapshot.thing_state();
    } catch (...) {
        end_reading();
        throw;
    }
    if (fresh->table) return publish(fresh);
    end_reading();
    return stop.stop_requested() ? Read::overtaken : Read::refused;
}

/// Marks in a fresh table what was changed while it was read, and then puts it in place.
ThingMemory::Read ThingMemory::publish(const std::shared_ptr<Held>& fresh) {
    for (;;) {
        std::shared_ptr<Held> old;  // its memory is freed when nobody has to wait for that
        std::vector<Noted> noted;
        {
            const std::lock_guard lock{guard_};
            if (!reading_) return Read::overtaken;
            if (noted_.empty()) {
                // States are numbers behind each other: what was committed lies between.
                fresh->last = std::max(fresh->first, std::min(fresh->told.load(), committed_));
                old = std::exchange(held_, fresh);
                reading_ = false;
                return Read::done;
            }
            noted = std::exchange(noted_, {});
            noted_cells_ = 0;
        }
        for (const Noted& each : noted) {
            if (fresh->take(each.before, each.now, each.cells)) continue;
            end_reading();
            return Read::overtaken;
        }
    }
}

void ThingMemory::note(std::uint64_t before, std::uint64_t now, std::span<const Cell> changed) {
    Noted noted{before, now, {changed.begin(), changed.end()}};
    std::shared_ptr<Held> held;
    {
        const std::lock_guard lock{guard_};
        held = held_;
        keep(std::move(noted));
    }
    if (held && !held->take(before, now, changed)) give_up(held);
}

/// With the lock. Where there is too much, whoever is reading has to begin anew.
void ThingMemory::keep(Noted noted) {
    if (!reading_) {
        noted_.clear();
        noted_cells_ = 0;
    }
    noted_cells_ += noted.cells.size();
    noted_.push_back(std::move(noted));
    reading_ = reading_ && noted_cells_ <= noted_max;
}

void ThingMemory::committed(std::uint64_t now) {
    const std::lock_guard lock{guard_};
    committed_ = std::max(committed_, now);
    if (held_ && now <= held_->told) held_->last = std::max(held_->last.load(), now);
}

void ThingMemory::forget() {
    std::shared_ptr<Held> old;
    const std::lock_guard lock{guard_};
    old = std::exchange(held_, nullptr);
    reading_ = false;
    noted_.clear();
    noted_cells_ = 0;
}

/// The one that is being read looks at what it was told by itself.
void ThingMemory::give_up(const std::shared_ptr<Held>& held) {
    const std::lock_guard lock{guard_};
    if (held_ == held) held_.reset();
}

void ThingMemory::end_reading() {
    const std::lock_guard lock{guard_};
    reading_ = false;
}

ThingMemory::Figures ThingMemory::figures() const {
    const std::lock_guard lock{guard_};
    if (!held_) return {};
    return {.entries = held_->table->entry_count(),
            .octets = held_->table->octets(),
            .changed = held_->changed};
}

}  // namespace idnode::registry::trace
