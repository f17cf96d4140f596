#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "registry/store.hpp"
#include "registry/trace/thing_table.hpp"

namespace idnode::registry::trace {

/// Has a table of things, and keeps it true while the registry changes: the writer says what a
/// transaction changes before it commits it. What another process has written is noticed, since
/// each state has a number and the writer knows which one came before; the table is given up then.
/// Threads may call it.
class ThingMemory {
public:
    /// Changes beside which no table is read: so many things can hardly be marked in time.
    static constexpr std::size_t noted_max = 1'000'000;

    /// Where things may be looked up in the state of a snapshot; null when that is the store alone.
    std::shared_ptr<const ThingTable> table_for(const Snapshot& snapshot) const;

    enum class Read {
        done,
        refused,    ///< edges would take more memory than they may
        overtaken,  ///< too much was written meanwhile, or by another process, or it was to stop
    };
    /// Reads the table anew; until then, and when it fails, the one before serves. One thread at a
    /// time. Throws StoreError, std::bad_alloc.
    Read read(const Store& store, std::size_t octets_max, const std::stop_token& stop = {});

    /// What a transaction changes that is committed next; `before` and `now` are the states that it
    /// was begun with and that it makes, which is the next number. Called by whoever holds the one
    /// write transaction.
    void note(std::uint64_t before, std::uint64_t now, std::span<const Cell> changed);
    /// It was committed. From then on the table serves the state that it has made.
    void committed(std::uint64_t now);
    /// It was not: gives up the table, and the one that is being read.
    void forget();

    struct Figures {
        std::uint64_t entries = 0;  ///< in the table
        std::uint64_t octets = 0;   ///< of memory
        std::uint64_t changed = 0;  ///< of the things of then, entries that have changed; and of
                                    ///< new ones all changes
    };
    Figures figures() const;

private:
    struct Held {
        std::shared_ptr<ThingTable> table{};
        std::uint64_t first = 0;             ///< the state that it was read in
        std::atomic<std::uint64_t> told{0};  ///< up to which what has changed is marked
        std::atomic<std::uint64_t> last{0};  ///< up to which it serves: as far as was committed
        std::atomic<std::uint64_t> changed{0};

        /// False when changes before these are not known.
        bool take(std::uint64_t before, std::uint64_t now, std::span<const Cell> cells);
    };
    struct Noted {
        std::uint64_t before = 0;
        std::uint64_t now = 0;
        std::vector<Cell> cells{};
    };
    Read publish(const std::shared_ptr<Held>& fresh);
    void end_reading();
    void keep(Noted noted);
    void give_up(const std::shared_ptr<Held>& held);

    mutable std::mutex guard_;
    std::shared_ptr<Held> held_{};
    bool reading_ = false;  ///< somebody reads a table, for which all that is told is kept
    /// What was told since then, and the last before: that may not have been committed yet.
    std::vector<Noted> noted_{};
    std::size_t noted_cells_ = 0;
    std::uint64_t committed_ = 0;  ///< the last state that is known to be
};

}  // namespace idnode::registry::trace
