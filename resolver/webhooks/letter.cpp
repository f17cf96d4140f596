#include "resolver/webhooks/letter.hpp"

#include "registry/trace/event_store.hpp"
#include "resolver/api/event_query.hpp"
#include "resolver/api/query_document.hpp"
#include "resolver/webhooks/signature.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace trace = registry::trace;

}  // namespace

std::optional<std::string> make_body(registry::Lookup& lookup, const Hook& hook,
                                     const Delivery& delivery, const api::Caller& owner,
                                     std::int64_t now) {
    std::vector<std::string> events;
    for (const std::uint64_t number : delivery.events) {
        const auto event = trace::find_event(lookup.snapshot(), number);
        if (event && may_see(owner, *event)) events.emplace_back(event->json);
    }
    if (events.empty() && !delivery.events.empty()) return std::nullopt;
    return api::make_query_document({.query_name = hook.name, .subscription = hook.id, .time = now},
                                    events);
}

Posting make_posting(const Hook& hook, const Delivery& delivery, const Destination& destination,
                     std::string body, std::uint32_t now) {
    Posting posting{.destination = destination,
                    .headers = {{"Idnode-Delivery", delivery.id}, {"GS1-EPCIS-Version", "2.0.0"}},
                    .body = std::move(body)};
    if (!hook.token.empty())
        posting.headers.emplace_back("GS1-Signature",
                                     sign(hook.token, now, delivery.id, posting.body));
    return posting;
}

}  // namespace idnode::resolver::webhooks
