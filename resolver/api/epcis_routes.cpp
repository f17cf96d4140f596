#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <span>

#include "protocol/json/json_writer.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/api/capture_id.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/epcis.hpp"
#include "resolver/api/own.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/query_document.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using protocol::JsonWriter;
using protocol::epcis::EventFault;
using registry::Area;

constexpr std::size_t errors_kept_max = 1000;  ///< of one capture; the others are counted

/// What became of a capture, and of each event that was none.
struct CaptureJob {
    std::string id;
    std::string actor;
    bool success = true;
    std::uint64_t captured = 0;
    std::uint64_t known = 0;
    std::vector<EventFault> faults;
    std::int64_t time = 0;
    bool proceed = false;
};

void write_faults(JsonWriter& writer, std::span<const EventFault> faults) {
    writer.begin_array();
    for (const EventFault& fault : faults.first(std::min(faults.size(), errors_kept_max))) {
        writer.begin_object().key("type").string("epcisException:ValidationException");
        writer.key("title").string("Event " + std::to_string(fault.event) + " is not valid");
        writer.key("status").number(400).key("detail").string(fault.message);
        writer.key("event").number(fault.event);
        if (!fault.field.empty()) writer.key("field").string(fault.field);
        writer.end_object();
    }
    writer.end_array();
}

std::string to_json(const CaptureJob& job) {
    std::string out;
    JsonWriter writer{out};
    const std::string time = protocol::epcis::format_event_time(job.time);
    writer.begin_object().key("captureID").string(job.id).key("createdAt").string(time);
    writer.key("finishedAt").string(time).key("running").boolean(false);
    writer.key("success").boolean(job.success);
    writer.key("captureErrorBehaviour").string(job.proceed ? "proceed" : "rollback");
    writer.key("captured").number(job.captured).key("known").number(job.known);
    writer.key("failed").number(job.faults.size());
    writer.key("actor").string(job.actor).key("errors");
    write_faults(writer, job.faults);
    writer.end_object();
    return out;
}

void add_limits(HttpReply& reply, const Services& services) {
    add_epcis_versions(reply);
    add_capture_limits(reply, std::uint64_t{services.config.http_body_size_max_kib} << 10);
}

Fault validation(const EventFault& fault) {
    return {.status = 400,
            .message = "Event " + std::to_string(fault.event) + ": " + fault.message,
            .field = fault.field,
            .title = "ValidationException"};
}

/// Says no to a document; where that is too large, with what is not.
void refuse(const Pending& call, const Services& services, const Fault& fault) {
    HttpReply reply = call->reply_of(fault);
    if (fault.status == 413) add_limits(reply, services);
    call->finish(std::move(reply));
}

bool may_capture(const Caller& caller) {
    if (!caller.account) return caller.identity.has_value();
    return caller.account->role != Role::auditor && caller.account->role != Role::partner;
}

/// The events of a document, and their places in it.
struct ReadEvents {
    std::vector<trace::StoredEvent> events{};
    std::vector<std::size_t> places{};
};

/// The document of a body, and its events in the form of the registry; those that cannot be taken
/// go to the faults.
std::variant<ReadEvents, Fault> read_events(const Call& call, std::int64_t now, CaptureJob& job) {
    auto json = read_json(call, {"application/json", "application/ld+json"});
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const std::size_t count = protocol::epcis::count_events(std::get<boost::json::value>(json));
    if (count > protocol::epcis::events_max)
        return Fault{.status = 413,
                     .message = fmt::format("eventList: expected at most {} events, found {}",
                                            protocol::epcis::events_max, count),
                     .field = "eventList",
                     .title = "CaptureLimitExceededException"};
    auto document = protocol::epcis::read_document(std::get<boost::json::value>(std::move(json)));
    if (!document)
        return Fault{
            .status = 400, .message = document.error().message(), .title = "ValidationException"};
    job.faults = std::move(document->faults);
    ReadEvents read;
    read.events.reserve(document->events.size());
    for (auto& [place, event] : document->events) {
        auto mapped = map_event(std::move(event), now);
        if (mapped) {
            read.events.push_back(std::move(*mapped));
            read.places.push_back(place);
        } else {
            job.faults.push_back(
                {.event = place, .field = {}, .message = mapped.error().message()});
        }
    }
    return read;
}

/// Why an event was not taken; nothing where it was, or was known.
std::optional<EventFault> find_refusal(trace::Captured outcome, std::size_t place) {
    if (const auto reason = trace::find_refusal(outcome))
        return EventFault{.event = place, .field = {}, .message = std::string{*reason}};
    return std::nullopt;
}

/// Captures in the caller's name: what is his own he may declare wrong, an operator everything.
std::vector<trace::Captured> capture_for(const Caller& caller, const registry::WriteView& view,
                                         const std::vector<trace::StoredEvent>& events,
                                         std::vector<registry::Change>& changes) {
    Own own{caller, [&](Area area, std::string_view key) { return view.entry(area, key); }};
    const bool for_all = caller.account && caller.account->role == Role::operator_;
    return trace::capture(
        view, events,
        {.actor = caller.actor(),
         .is_own = [&](std::string_view actor) { return for_all || own.is(actor); }},
        changes);
}

/// Has events written together with the job that tells of them; those of which the registry says
/// that they cannot be taken are faults as well.
void keep(const Pending& call, const Services& services, ReadEvents read, CaptureJob job,
          std::function<void(const CaptureJob&)> finish) {
    const auto kept = std::make_shared<CaptureJob>(job);
    const auto all = std::make_shared<const ReadEvents>(std::move(read));
    registry::Job write{
        .decide = [call, all, kept,
                   job = std::move(job)](const registry::WriteView& view) -> registry::Decision {
            *kept = job;  // it may be decided once more
            registry::ChangeSet set{.changes = {}, .origin = {}};
            const auto outcomes = capture_for(call->caller, view, all->events, set.changes);
            for (std::size_t at = 0; at < outcomes.size(); ++at) {
                auto refusal = find_refusal(outcomes[at], all->places[at]);
                kept->known += outcomes[at] == trace::Captured::known ? 1 : 0;
                kept->captured += outcomes[at] != trace::Captured::known && !refusal ? 1 : 0;
                if (refusal) kept->faults.push_back(std::move(*refusal));
            }
            kept->success = kept->faults.empty();
            if (!kept->success && !kept->proceed)
                return registry::Refusal{.message = kept->faults.front().message};
            set.changes.emplace_back(registry::PutEntry{Area::captures, kept->id, to_json(*kept)});
            return set;
        },
        .done =
            [call, kept, finish = std::move(finish)](const registry::JobOutcome& outcome) {
                if (std::holds_alternative<registry::Refusal>(outcome))
                    return call->fail(validation(kept->faults.front()));
                if (const auto fault = find_fault(outcome)) return call->fail(*fault);
                finish(*kept);
            },
        .octets = call->request.body.size() * 4};
    if (services.queue.submit(std::move(write)) != registry::CommitQueue::Submitted::taken)
        call->fail(busy_fault());
}

CaptureJob make_job(const Call& call, std::int64_t now) {
    return {.id = make_capture_id(now),
            .actor = call.caller.actor(),
            .faults = {},
            .time = now,
            .proceed = call.request.field("GS1-Capture-Error-Behaviour") == "proceed"};
}

std::int64_t milliseconds(const Clock& clock) { return std::int64_t{clock.now()} * 1000; }

/// `POST /epcis/v2/capture`. The events are durable when the answer comes; the job tells so.
void capture(const Pending& call, const Services& services) {
    if (!may_capture(call->caller))
        return call->fail({.status = 403,
                           .message = "This account captures no events",
                           .title = "SecurityException"});
    CaptureJob job = make_job(*call, milliseconds(services.clock));
    auto events = read_events(*call, job.time, job);
    if (const auto* const fault = std::get_if<Fault>(&events))
        return refuse(call, services, *fault);
    if (!job.faults.empty() && !job.proceed) return call->fail(validation(job.faults.front()));
    keep(call, services, std::get<ReadEvents>(std::move(events)), std::move(job),
         [call, &services](const CaptureJob& done) {
             HttpReply reply{.status = 202};
             reply.add_header("Location", "/epcis/v2/capture/" + done.id);
             add_limits(reply, services);
             call->finish(std::move(reply));
         });
}

/// `POST /epcis/v2/events`: one event.
void post_event(const Pending& call, const Services& services) {
    if (!may_capture(call->caller))
        return call->fail({.status = 403,
                           .message = "This account captures no events",
                           .title = "SecurityException"});
    CaptureJob job = make_job(*call, milliseconds(services.clock));
    auto read = read_events(*call, job.time, job);
    if (const auto* const fault = std::get_if<Fault>(&read)) return refuse(call, services, *fault);
    if (!job.faults.empty()) return call->fail(validation(job.faults.front()));
    const auto& events = std::get<ReadEvents>(read).events;
    if (events.size() != 1)
        return call->fail({.status = 400,
                           .message = "expected one event, found " + std::to_string(events.size()),
                           .title = "ValidationException"});
    const std::string id = events.front().id;
    const std::string json = events.front().json;
    job.proceed = false;  // of one event there is nothing to go on with
    keep(call, services, std::move(std::get<ReadEvents>(read)), std::move(job),
         [call, id, json](const CaptureJob& done) {
             if (done.known > 0)
                 return call->fail({.status = 409,
                                    .message = "eventID: expected a new one, found " + id +
                                               ", of which there is an event already",
                                    .field = "eventID",
                                    .title = "ResourceAlreadyExistsException"});
             HttpReply reply{.status = 201, .content_type = ld_type, .body = json};
             // An id may hold '?', '#' and '%', as computed ones do.
             reply.add_header("Location", "/epcis/v2/events/" + protocol::percent_encoded(id));
             add_epcis_versions(reply);
             call->finish(std::move(reply));
         });
}

bool may_see_job(const Caller& caller, Own& own, std::string_view job) {
    if (caller.account && caller.account->reads_everything()) return true;
    return own.is(boost::json::parse({job.data(), job.size()}).at("actor").as_string());
}

void get_capture(registry::Lookup& lookup, const Pending& call) {
    const auto job = call->argument.size() < 100
                         ? find_entry(lookup.snapshot(), Area::captures, call->argument)
                         : std::nullopt;
    Own own{lookup.snapshot(), call->caller};
    if (!job || !may_see_job(call->caller, own, *job))
        return call->fail({.status = 404,
                           .message = "There is no such capture",
                           .title = "NoSuchResourceException"});
    call->finish_json(std::string{*job});
}

void get_event(registry::Lookup& lookup, const Pending& call) {
    const auto event = trace::find_event(lookup.snapshot(), call->argument);
    if (!event || !Own{lookup.snapshot(), call->caller}.may_see(*event))
        return call->fail({.status = 404,
                           .message = "There is no such event",
                           .title = "NoSuchResourceException"});
    boost::json::object json = boost::json::parse(event->json).as_object();
    boost::json::array contexts{epcis_context};  // the event's own says what its extensions mean
    if (const auto* const own = json.if_contains("@context")) {
        if (const auto* const parts = own->if_array())
            contexts.insert(contexts.end(), parts->begin(), parts->end());
        else
            contexts.push_back(*own);
    }
    json["@context"] = std::move(contexts);
    HttpReply reply{.content_type = ld_type, .body = serialize(json)};
    add_epcis_versions(reply);
    call->finish(std::move(reply));
}

/// `GET /epcis/v2/capture`: the jobs of the caller and his colleagues, in pages by their ids. A
/// page ends, too, behind so many of others.
void get_captures(registry::Lookup& lookup, const Pending& call, const Services& services) {
    constexpr std::size_t looked_at_max = 10'000;
    const auto page = read_page(call->target);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& [per_page, after] = std::get<Page>(page);
    HttpReply reply{.content_type = json_type, .body = "["};
    add_limits(reply, services);
    std::size_t found = 0;
    std::size_t looked_at = 0;
    std::string last;
    Own own{lookup.snapshot(), call->caller};
    registry::EntryCursor cursor{lookup.snapshot(), Area::captures};
    for (auto entry = cursor.seek(after.empty() ? after : after + '\0'); entry;
         entry = cursor.next()) {
        if (found == per_page || looked_at++ == looked_at_max) {
            reply.add_header("Link",
                             fmt::format("<{}>; rel=\"next\"", next_target(call->target, last)));
            break;
        }
        last = entry->key;
        if (!may_see_job(call->caller, own, entry->value)) continue;
        reply.body.append(found++ == 0 ? "" : ",").append(entry->value);
    }
    reply.body += ']';
    call->finish(std::move(reply));
}

}  // namespace

void answer_events(registry::Lookup& lookup, const Pending& call, const Services& services,
                   std::optional<EventQuery::Condition> also) {
    const auto query = read_event_query(
        call->target, read_extensions(call->request.field("GS1-Extensions")), std::move(also));
    if (const auto* const fault = std::get_if<Fault>(&query)) return call->fail(*fault);
    const auto page = run(lookup.snapshot(), std::get<EventQuery>(query), call->caller);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& found = std::get<EventPage>(page);
    HttpReply reply{.content_type = ld_type,
                    .body = make_query_document(
                        {.query_name = "SimpleEventQuery", .time = milliseconds(services.clock)},
                        found.events)};
    if (!found.next.empty())
        reply.add_header("Link",
                         fmt::format("<{}>; rel=\"next\"", next_target(call->target, found.next)));
    add_epcis_versions(reply);
    call->finish(std::move(reply));
}

void add_epcis_routes(std::vector<Route>& routes, const Services& services) {
    const auto simple = [&services](auto answer) {
        return
            [&services, answer](registry::Lookup&, const Pending& call) { answer(call, services); };
    };
    routes.push_back({"POST", "/epcis/v2/capture", Access::identified, simple(capture)});
    routes.push_back({"GET", "/epcis/v2/capture", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          get_captures(lookup, call, services);
                      }});
    routes.push_back({"GET", "/epcis/v2/capture/*", Access::identified, get_capture});
    routes.push_back({"POST", "/epcis/v2/events", Access::identified, simple(post_event)});
    routes.push_back({"GET", "/epcis/v2/events", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_events(lookup, call, services);
                      }});
    routes.push_back({"GET", "/epcis/v2/events/*", Access::identified, get_event});
    add_epcis_collection_routes(routes, services);
}

}  // namespace idnode::resolver::api
