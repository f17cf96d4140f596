#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/lmdb.hpp"

namespace idnode::registry {

class Store;
class Snapshot;

/// What an entry is about. Entries are what the node keeps beside records: one table, `entries`,
/// with the area in front of each key (FORMAT.md, "Entry"). Stored: a number never changes its
/// meaning; those that are missing had one in earlier formats.
enum class Area : std::uint8_t {
    accounts = 1,          ///< by user name
    revocations = 2,       ///< of tokens, by their id
    jobs = 3,              ///< by account and idempotency key
    job_results = 4,       ///< by job and first row
    statistics = 5,        ///< by day and prefix
    identities = 6,        ///< account names, by the handle and index of a key
    counts = 7,            ///< how many records a prefix has, by prefix
    templates = 8,         ///< by prefix and version
    enterprises = 9,       ///< by id
    allotments = 10,       ///< the prefixes of enterprises, by prefix
    grants = 11,           ///< by prefix and id
    groups = 12,           ///< of partners, by name
    ranges = 13,           ///< of prefixes that may be allotted
    aliases = 14,          ///< handles, by a code that the thing has elsewhere
    event_ids = 17,        ///< numbers of events, by eventID
    event_index = 19,      ///< by term and time
    captures = 20,         ///< jobs, by id
    subscriptions = 21,    ///< by name of their query, and id
    queries = 23,          ///< by name
    hook_states = 30,      ///< how far subscriptions and standing recalls have come, by their id
    recalls = 31,          ///< standing ones, by id
    recall_members = 32,   ///< what they have reached, by id and digest
    visibility = 33,       ///< policies for traces, by prefix
    events = 40,           ///< by number
    edges = 41,            ///< facts at both ends, in blocks (trace/facts.hpp)
    edge_ends = 42,        ///< by what was emptied, and when
    things = 43,           ///< numbers, by canonical form
    thing_names = 44,      ///< what things are called, by number
    thing_groups = 45,     ///< and how many things each has, by scheme and prefix
    transformations = 46,  ///< inputs and outputs, by transformationID
    idle_templates = 50,   ///< that no record has named yet, keyed as they are
    audit_details = 51,    ///< what logged entries were before and after, by sequence
    reference_items = 52,  ///< of templates: which values refer to others, keyed as they are
    own_items = 53,        ///< of templates: names, by prefix, index and version
    event_witnesses = 54,  ///< who has captured an event as well, by its number and name
};

/// The word for an area; "unknown" for one of a later version.
std::string_view name_of(Area area) noexcept;

/// Whether its changes stand in the change log, as AREA/KEY: what people administer does, what the
/// node writes of itself does not.
bool is_logged(Area area) noexcept;

/// An entry of the table. Lives as long as what it came from.
struct EntryView {
    std::string_view key;  ///< without the area
    std::string_view value;
};

/// What an entry's key has room for.
inline constexpr std::size_t entry_key_size_max = 510;

/// The key as it is stored. Throws StoreError (fault) when `key` is longer than it may be.
std::string make_entry_key(Area area, std::string_view key);

/// Walks the entries of one area in key order; must not outlive the snapshot's state.
class EntryCursor {
public:
    EntryCursor(const Snapshot& snapshot, Area area);

    /// The first entry at or behind `key`; an empty key means the first of the area.
    std::optional<EntryView> seek(std::string_view key);
    std::optional<EntryView> next();
    /// The last entry before `key`, and then always the one before.
    std::optional<EntryView> seek_before(std::string_view key);
    std::optional<EntryView> previous();

private:
    std::optional<EntryView> view(const std::optional<lmdb::Entry>& entry) const;

    Area area_;
    std::optional<lmdb::Cursor> cursor_;  ///< nothing in a registry without the table
};

/// The value of an entry; nothing when there is none.
std::optional<std::string_view> find_entry(const Snapshot& snapshot, Area area,
                                           std::string_view key);

}  // namespace idnode::registry
