#include "resolver/webhooks/letter.hpp"

#include "protocol/epcis/event.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/event_query.hpp"
#include "resolver/api/own.hpp"
#include "resolver/api/query_document.hpp"
#include "resolver/trace/trace.hpp"
#include "resolver/webhooks/signature.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace trace = registry::trace;

/// Nothing where all that has joined was cut since.
std::optional<std::string> make_recall_body(registry::Lookup& lookup, const Hook& hook,
                                            const Delivery& delivery, const api::Caller& owner,
                                            std::int64_t now) {
    const Tombstones tombstones{owner.actor(), {&hook.id, 1}};
    std::string body;
    protocol::JsonWriter writer{body};
    writer.begin_object().key("type").string("RecallNotification");
    writer.key("recallID").string(hook.id).key("name").string(hook.name);
    writer.key("creationDate").string(protocol::epcis::format_event_time(now));
    writer.key("joined").begin_array();
    bool told = delivery.things.empty();
    for (const auto& [id, depth] : delivery.things) {
        Strangers strangers;
        const trace::Thing thing = number_of(lookup.snapshot(), id, strangers);
        // It may have been shown when it joined.
        const trace::Sight sight = look_at(lookup, owner, id);
        if (sight == trace::Sight::cut) continue;
        told = true;
        write_node(writer, ThingNames{lookup, strangers}.find(thing), depth, sight, tombstones);
    }
    if (!told) return std::nullopt;
    writer.end_array().key("eventIDs").begin_array();
    api::Own own{lookup.snapshot(), owner};
    for (const std::string& id : delivery.causes) {
        const auto event = trace::find_event(lookup.snapshot(), id);
        if (event && own.may_see(*event)) writer.string(id);
    }
    writer.end_array();
    if (!delivery.records.empty()) {
        writer.key("recordIDs").begin_array();
        for (const std::string& handle : delivery.records)
            if (look_at(lookup, owner, protocol::identify(handle).canonical) ==
                registry::trace::Sight::shown)
                writer.string(handle);
        writer.end_array();
    }
    writer.end_object();
    return body;
}

}  // namespace

std::optional<std::string> make_body(registry::Lookup& lookup, const Hook& hook,
                                     const Delivery& delivery, const api::Caller& owner,
                                     std::int64_t now) {
    if (hook.recall) return make_recall_body(lookup, hook, delivery, owner, now);
    std::vector<std::string> events;
    api::Own own{lookup.snapshot(), owner};
    for (const std::uint64_t number : delivery.events) {
        const auto event = trace::find_event(lookup.snapshot(), number);
        if (event && own.may_see(*event)) events.emplace_back(event->json);
    }
    if (events.empty() && !delivery.events.empty()) return std::nullopt;
    return api::make_query_document({.query_name = hook.name, .subscription = hook.id, .time = now},
                                    events);
}

Posting make_posting(const Hook& hook, const Delivery& delivery, const Destination& destination,
                     std::string body, std::uint32_t now) {
    Posting posting{.destination = destination,
                    .headers = {{"Idnode-Delivery", delivery.id}},
                    .body = std::move(body)};
    if (!hook.recall) posting.headers.emplace_back("GS1-EPCIS-Version", "2.0.0");
    if (!hook.token.empty())
        posting.headers.emplace_back("GS1-Signature",
                                     sign(hook.token, now, delivery.id, posting.body));
    return posting;
}

}  // namespace idnode::resolver::webhooks
