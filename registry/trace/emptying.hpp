#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "registry/trace/fact_writer.hpp"
#include "registry/trace/pending_entries.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Edge").

/// What lies in things, as one capture sees it: an event may empty a box without a word about what
/// it takes out, and events come in any order. Each thing is taken out once, by the first event
/// that empties what it lies in, so that a box that is filled and emptied over and over costs no
/// more than what was in it last. All that it is made of must outlive it.
class Emptying {
public:
    Emptying(const WriteView& view, FactWriter& facts, std::vector<Change>& changes)
        : view_{view}, facts_{facts}, ends_{view, Area::edge_ends, changes} {}

    /// Things that one capture looks at to find those that are taken out.
    static constexpr std::uint64_t looks_max = 10'000'000;
    bool is_tired() const noexcept { return looks_ > looks_max; }

    /// A fact that begins says that something was put into something: it is taken out again where
    /// an event that came before has emptied that later.
    void put_in(const StoredFact& fact);
    /// Whatever lies in a thing is taken out by an event of this number.
    void empty(EdgeType type, Thing parent, std::int64_t time, std::uint64_t event);
    /// Puts back what the event has taken out. Others may have taken it out after that.
    void take_back(EdgeType type, Thing parent, std::int64_t time, std::uint64_t event);

private:
    struct Box {
        bool is_read = false;  ///< what the registry knows of it is there as well
        /// What was put in, by the time when it was taken out again.
        std::multimap<std::int64_t, StoredFact> things{};
    };

    Box& open(EdgeType type, Thing parent);
    void read(EdgeType type, Thing parent, Box& box);
    bool is_emptying(const StoredFact& end) const;
    void take_out(StoredFact fact, std::int64_t time, std::uint64_t event);

    const WriteView& view_;
    FactWriter& facts_;
    PendingEntries ends_;  ///< what was emptied when
    std::map<std::pair<Thing, EdgeType>, Box> boxes_;
    /// What was taken out in this capture, by the event that emptied.
    std::unordered_map<std::uint64_t, std::vector<StoredFact>> taken_out_;
    std::uint64_t looks_ = 0;
};

}  // namespace idnode::registry::trace
