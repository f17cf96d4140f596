#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/commit_queue.hpp"
#include "registry/lookup.hpp"
#include "registry/trace/event_store.hpp"
#include "registry/writer.hpp"
#include "resolver/api/caller.hpp"
#include "resolver/trace/recall.hpp"

namespace idnode::resolver::webhooks {

/// A standing recall, as a look at it needs it.
struct WatchedRecall {
    std::string id;
    RecallQuery query;
    api::Caller caller;  ///< whose sight decides
};

/// A thing that has joined, and how far from the suspects.
struct JoinedThing {
    std::string id;  ///< canonical form
    std::uint32_t depth = 0;
};

/// How far a recall has been looked at.
struct Seen {
    std::uint64_t events = 0;   ///< the number of the last one
    std::uint64_t changes = 0;  ///< of records, likewise
};

/// What a look at new events and new changes of records has found out.
struct Joined {
    Seen through{};                      ///< what was looked at
    std::vector<JoinedThing> things{};   ///< that have joined the affected set
    std::vector<std::string> events{};   ///< eventIDs of the new events by which they did
    std::vector<std::string> records{};  ///< handles of the changed records by which they may have
    /// What has to be written with the news of them, so that they are told once.
    std::vector<registry::Change> members{};
    bool walked = false;     ///< from the suspects, which takes its time
    bool more = false;       ///< there are more than are told at once: look again
    bool too_large = false;  ///< the set is larger than may be: what lies beyond was not looked at
};

/// Finds what joins the affected set of a standing recall.
///
/// The registry keeps, for each recall, a digest of everything that its walk has reached, and
/// whether it was told (`recall_members`). A new event can only bring something into the set if it
/// names a thing that was reached or is suspected, or one that such a thing now leads to in one
/// step, and so can a record that was changed, since what it refers to leads to it; to see that
/// takes a look-up or two for each thing that the event names, whatever the size of the set. Only
/// then the walk of `run_trace` is made anew from the suspects, once for up to `looked_at_max`
/// events, and what it reaches beyond the kept digests has joined. Walking anew is exact, which
/// following edges from the touched things is not: times narrow along a way, and an event may
/// connect what other events have connected long before. The caller bounds what share of the time
/// is spent on walks. A thing is told once, also if it leaves the set and comes back.
///
/// Used by one thread.
class RecallWatch {
public:
    static constexpr std::uint64_t looked_at_max = 2000;      ///< events in one look
    static constexpr std::uint64_t changes_at_once = 10'000;  ///< of records, likewise
    static constexpr std::size_t told_at_once_max = 1000;

    /// Looks at the events and changes behind `after`, and walks even if none is of interest where
    /// `walks` says so: what was found before was more than could be told at once.
    Joined look(registry::Lookup& lookup, const WatchedRecall& recall, const Seen& after,
                bool walks);

private:
    using Things = std::vector<std::string>;

    bool touches(const registry::Snapshot& snapshot, const WatchedRecall& recall,
                 std::uint64_t number);
    const Things& things_of(const registry::trace::EventView& event);

    static constexpr std::size_t kept_things_max = 200'000;
    std::unordered_map<std::uint64_t, Things> kept_;  ///< by number
    std::size_t kept_things_ = 0;                     ///< of all of them
};

/// The changes that keep what a new recall has reached, so that it is not told: in parts, one for
/// each transaction.
std::vector<std::vector<registry::Change>> first_members(registry::Lookup& lookup,
                                                         std::string_view recall,
                                                         const RecallQuery& query,
                                                         const Trace& reached,
                                                         const api::Caller& caller);

/// Has all that is kept of a recall removed, a part in each transaction, once there is no such
/// recall any more.
void end_members(registry::CommitQueue& queue, const std::string& recall);

/// The ids of recalls of which something is kept.
std::set<std::string> find_recalls_with_members(const registry::Snapshot& snapshot);

}  // namespace idnode::resolver::webhooks
