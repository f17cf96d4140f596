#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/trace/edge.hpp"

namespace idnode::registry::trace {

/// What events are found by beside their ids. Stored: a number never changes its meaning.
enum class IndexKind : std::uint8_t {
    event_time = 1,
    record_time = 2,
    type = 3,
    action = 4,
    biz_step = 5,
    disposition = 6,
    read_point = 7,
    biz_location = 8,
    biz_transaction = 9,
    transformation = 10,
    epc = 11,  ///< epcList and childEPCs
    parent = 12,
    input = 13,
    output = 14,
    any_epc = 15,    ///< all of these; has no entries of its own
    epc_class = 16,  ///< quantityList and childQuantityList
    input_class = 17,
    output_class = 18,
    any_class = 19,  ///< likewise
};

/// Whether what is found under `part` is found under `whole` too: under any_epc what is under epc,
/// and everything under itself.
bool covers(IndexKind whole, IndexKind part) noexcept;

struct IndexTerm {
    IndexKind kind;
    std::string value;  ///< canonical; empty for times
};

/// An event on its way into the registry.
struct StoredEvent {
    std::string id{};
    std::int64_t time = 0;  ///< eventTime in milliseconds since 1970
    std::int64_t record_time = 0;
    bool declares_error = false;  ///< that the event of this id is wrong
    std::string json{};           ///< as it is given out
    std::vector<IndexTerm> terms{};
    std::vector<EdgeFact> facts{};  ///< without those of an aggregation that ends for all children
    std::vector<std::pair<EdgeType, std::string>> ends_all_of{};  ///< parents that are emptied
    std::string transformation{};     ///< what joins this event with others; empty: nothing does
    std::vector<EdgeFact> inputs{};   ///< to be joined with outputs of the others: `from` is set
    std::vector<EdgeFact> outputs{};  ///< likewise, and `to` is set
    std::vector<std::pair<std::string, std::string>> names{};  ///< canonical form, as spelled
};

/// What became of an event.
enum class Captured {
    stored,
    known,       ///< it was there already; who brings the same again may see it from then on
    retracted,   ///< it was declared wrong before it came; it is kept, and changes nothing
    of_another,  ///< nothing: somebody else has captured the event of this id, or declared it wrong
    too_large,   ///< nothing: what it is connected with is more than one capture may write
};

/// Why nothing was kept of an event, in a sentence; nothing where something was, or was known.
std::optional<std::string_view> find_refusal(Captured outcome) noexcept;

/// Inputs times outputs of one transformation, in one event or in several, at most; and inputs and
/// outputs together.
inline constexpr std::uint64_t pairs_max = 200'000;

/// Who captures, and owns what was captured.
struct Capturer {
    std::string actor;
    /// Whether what `actor` has captured is his as well, and he may declare it wrong.
    std::function<bool(std::string_view actor)> is_own = [](std::string_view) { return false; };
};

/// Where it stands that somebody has captured an event as well that was there already (area
/// `event_witnesses`).
std::string witness_key(std::uint64_t number, std::string_view actor);

/// The changes that keep events, in their order, and the outcome of each. Called inside the
/// transaction.
std::vector<Captured> capture(const WriteView& view, const std::vector<StoredEvent>& events,
                              const Capturer& by, std::vector<Change>& changes);

/// One event as it is kept.
struct EventView {
    std::uint64_t number = 0;
    std::int64_t time = 0;
    std::int64_t record_time = 0;
    std::string_view actor;
    std::string_view json;
};

std::optional<EventView> find_event(const Snapshot& snapshot, std::uint64_t number);
/// By its id: of an event that was declared wrong, the declaration.
std::optional<EventView> find_event(const Snapshot& snapshot, std::string_view id);
/// The event of that id which was declared wrong, if it was.
std::optional<EventView> find_wrong_event(const Snapshot& snapshot, std::string_view id);
/// The eventID of an event; empty where there is none of that number.
std::string_view find_event_id(const Snapshot& snapshot, std::uint64_t number);
/// How many events there ever were, for telling two states apart.
std::uint64_t count_events(const Snapshot& snapshot);

/// Where a list of events goes on.
struct EventPlace {
    std::int64_t time = 0;
    std::uint64_t number = 0;
};

/// Calls `visit` for the numbers of events with a term, by the time in the index, from behind
/// `after` on, until it returns false. Backwards where `descending`.
void for_each_event(const Snapshot& snapshot, const IndexTerm& term, bool descending,
                    const std::optional<EventPlace>& after,
                    const std::function<bool(const EventPlace&)>& visit);

/// Calls `visit` for every value that is in an index, in order from `first` on, until it returns
/// false.
void for_each_value(const Snapshot& snapshot, IndexKind kind, std::string_view first,
                    const std::function<bool(std::string_view)>& visit);

}  // namespace idnode::registry::trace
