#include "resolver/webhooks/event_scan.hpp"

#include <algorithm>

#include "resolver/api/own.hpp"

namespace idnode::resolver::webhooks {

namespace trace = registry::trace;

Scanned EventScan::find(const registry::Snapshot& snapshot, const ScanQuery& wanted) {
    Scanned scanned{.events = {}, .through = wanted.after};
    const std::uint64_t last = std::min(wanted.through, wanted.after + looked_at_max);
    std::size_t octets = 0;
    api::Own own{snapshot, wanted.caller};
    for (std::uint64_t number = wanted.after + 1; number <= last; ++number) {
        const auto event = trace::find_event(snapshot, number);
        const bool fits = event && own.may_see(*event) &&
                          (!wanted.recorded_from || event->record_time >= *wanted.recorded_from) &&
                          meets(wanted.query, *event, terms_of(*event));
        if (fits) {
            octets += event->json.size();
            if (!scanned.events.empty() && octets > octets_max) return scanned;
            scanned.events.push_back(number);
        }
        scanned.through = number;
        if (scanned.events.size() >= wanted.events_max) break;
    }
    return scanned;
}

const EventScan::Terms& EventScan::terms_of(const trace::EventView& event) {
    if (const auto known = kept_.find(event.number); known != kept_.end()) return known->second;
    if (kept_terms_ > kept_terms_max) {
        kept_.clear();
        kept_terms_ = 0;
    }
    const Terms& terms = kept_.emplace(event.number, api::terms_of(event)).first->second;
    kept_terms_ += terms.size() + 1;
    return terms;
}

}  // namespace idnode::resolver::webhooks
