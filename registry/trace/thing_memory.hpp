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
        refused,    ///< it would take more memory than it may, or the registry is damaged
        overtaken,  ///< too much was written meanwhile, or by another process, or it was to stop
    };
    /// Reads the table anew; until then, and when it fails, the one before serves. One thread at a
    /// time. Throws StoreError, std::bad_alloc.
    Read read(const Store& store, std::size_t octets_max, const std::stop_token& stop = {});

    /// What a transaction changes that is committed next; `before` and `now` are the states that it
    /// was begun with and that it makes. Called by whoever holds the one write transaction.
    void note(std::uint64_t before, std::uint64_t now, std::span<const Cell> changed);
    /// Gives up the table, and the one that is being read: a transaction was not committed.
    void forget();

    struct Figures {
        std::uint64_t entries = 0;  ///< in the table
        std::uint64_t octets = 0;   ///< of memory
        std::uint64_t changed = 0;  ///< how many of them, and new ones, since it was read
    };
    Figures figures() const;

private:
    struct Held {
        std::shared_ptr<ThingTable> table{};
        std::uint64_t first = 0;             ///< the state that it was read in
        std::atomic<std::uint64_t> last{0};  ///< up to which what has changed is marked
        std::atomic<std::uint64_t> changed{0};

        /// False when changes before these are not known.
        bool take(std::uint64_t before, std::uint64_t now, std::span<const Cell> changed_now);
    };
    struct Noted {
        std::uint64_t before;
        std::uint64_t now;
        std::vector<Cell> changed;
    };
    Read publish(const std::shared_ptr<Held>& fresh);
    void end_noting();

    mutable std::mutex guard_;
    std::shared_ptr<Held> held_{};
    bool noting_ = false;  ///< for a table that is being read
    std::vector<Noted> noted_{};
    std::size_t noted_count_ = 0;
};

}  // namespace idnode::registry::trace
