#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "registry/store.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/event_query.hpp"

namespace idnode::resolver::webhooks {

/// What a scan is for.
struct ScanQuery {
    const api::EventQuery& query;
    const api::Caller& caller;                    ///< who may see the events
    std::optional<std::int64_t> recorded_from{};  ///< none that were recorded before
    std::uint64_t after = 0;                      ///< behind this number
    std::uint64_t through = 0;                    ///< up to this one
    std::size_t events_max = 100;
};

/// The numbers of events, and how far was looked: to `through` of the query when there is nothing
/// more.
struct Scanned {
    std::vector<std::uint64_t> events;
    std::uint64_t through = 0;
};

/// Looks through events in the order in which they were captured. What an event can be found by is
/// kept for a while, since many subscriptions look at the same new events. Used by one thread.
class EventScan {
public:
    /// Events that are looked at in one call at most, so that a scan of a long past holds up
    /// nobody.
    static constexpr std::uint64_t looked_at_max = 2000;
    /// Of the JSON of the events of one call, but for one event that is larger by itself.
    static constexpr std::size_t octets_max = std::size_t{1} << 20;

    Scanned find(const registry::Snapshot& snapshot, const ScanQuery& wanted);

private:
    using Terms = std::vector<registry::trace::IndexTerm>;

    const Terms& terms_of(const registry::trace::EventView& event);

    static constexpr std::size_t kept_terms_max = 200'000;
    std::unordered_map<std::uint64_t, Terms> kept_;  ///< by number
    std::size_t kept_terms_ = 0;                     ///< of all of them
};

}  // namespace idnode::resolver::webhooks
