#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/entries.hpp"
#include "registry/writer.hpp"
#include "resolver/webhooks/schedule.hpp"

namespace idnode::resolver::webhooks {

/// Something that waits for events in somebody's name, and tells a receiver: a subscription to a
/// named query, or a standing recall. What it is does not change; how far it has come stands in its
/// `HookState`.
struct Hook {
    std::string id{};
    std::string name{};      ///< of the query, or of the recall
    std::string actor{};     ///< whose it is
    std::string account{};   ///< of his, if he has one
    std::string identity{};  ///< likewise: INDEX:HANDLE
    std::string dest{};
    std::string token{};             ///< with which deliveries are signed; empty: they are not
    std::int64_t created = 0;        ///< in milliseconds since 1970
    std::uint64_t start = 0;         ///< the number of the last event that it does not wait for
    std::uint64_t start_change = 0;  ///< of a recall: likewise, of changes of records
    bool report_if_empty = false;
    std::optional<std::int64_t> initial_record_time{};
    std::optional<Schedule> schedule{};  ///< nothing: each event is told when it comes
    /// What a standing recall asks (`read_recall`); nothing: this is a subscription.
    std::optional<boost::json::object> recall{};
};

/// Where a hook stands in the registry.
registry::Area area_of(const Hook& hook);
std::string key_of(const Hook& hook);

/// What is stored of it, without its owner.
std::string to_json(const Hook& hook);
/// Nothing when what is stored is damaged.
std::optional<Hook> load_hook(registry::Area area, const registry::EntryView& entry);

/// What a receiver is told at once; the same each time that it is tried.
struct Delivery {
    std::string id{};                     ///< empty: there is none
    std::vector<std::uint64_t> events{};  ///< their numbers
    /// Of a recall: what has joined, in canonical form, and how far from the suspects.
    std::vector<std::pair<std::string, std::uint32_t>> things{};
    std::vector<std::string> causes{};   ///< the events by which it has, by their ids
    std::vector<std::string> records{};  ///< likewise, the records, by their handles
    std::uint32_t attempts = 0;          ///< that have failed
    std::uint32_t first_attempt = 0;     ///< in seconds since 1970

    bool open() const noexcept { return !id.empty(); }
};

/// How far a hook has come. It is written before a delivery is first tried and after it was taken,
/// so that a restart in between tries the same delivery again, under the same id.
struct HookState {
    std::uint64_t position = 0;  ///< events up to this number are told, or being told
    std::uint64_t changes = 0;   ///< of a recall: likewise, changes of records
    std::uint64_t sequence = 0;  ///< of the last delivery
    Delivery delivery{};
    std::uint32_t next_attempt = 0;  ///< in seconds since 1970
    std::uint32_t next_run = 0;      ///< of its schedule
    std::uint64_t run_until = 0;     ///< the last event of the run that is on; 0: none is
    bool run_has_told = false;       ///< whether this run has had anything to tell
    std::uint32_t events_max = 0;  ///< in one delivery, since more were too many; 0: no such limit
    std::int64_t last_notified = 0;  ///< in milliseconds since 1970
    std::uint64_t delivered = 0;
    std::uint64_t failures = 0;
    std::string last_failure{};  ///< one line
    bool given_up = false;
};

std::string to_json(const HookState& state);
std::optional<HookState> state_from_json(std::string_view json);

/// The state of a hook; of one that has none, that in which it begins.
HookState find_state(const registry::Snapshot& snapshot, const Hook& hook);

/// Has a hook that was given up go on where it stands: with the delivery that waits, under its id.
/// False when it was not given up.
bool resume(HookState& state);
/// The change that does so with the hook of that id; nothing when it was not given up.
std::optional<registry::Change> resume(const registry::WriteView& view, std::string_view id);

/// How long is tried what fails.
struct RetryLimits {
    std::uint32_t retry_seconds_max = 3600;
    std::uint32_t give_up_hours = 72;
};

/// What a failed attempt does to the state: another one later, or none any more when the first one
/// is long enough ago. `why` is one line.
void note_failure(HookState& state, std::string why, std::uint32_t now, const RetryLimits& limits);

/// Makes the open delivery of a subscription half as large, and those that follow; what is left out
/// is told afterwards. It is another delivery then, and has another id. False when it cannot be
/// halved.
bool halve_delivery(const Hook& hook, HookState& state);

/// Seconds until a delivery is tried again that has failed that often: 1, 2, 4 and so on.
std::uint32_t back_off_seconds(std::uint32_t attempts, std::uint32_t most) noexcept;

}  // namespace idnode::resolver::webhooks
