#include "resolver/api/subscriptions.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/time_text.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/owned.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/resuming.hpp"
#include "resolver/webhooks/courier.hpp"

namespace idnode::resolver::api {
namespace {

namespace json = boost::json;
namespace trace = registry::trace;
using registry::Area;
using webhooks::Hook;

/// Numbers are given to events when they are written, a moment after their time was taken.
constexpr std::int64_t until_written_ms = 60'000;

Fault wrong(std::string message, std::string field) {
    return {.status = 400,
            .message = std::move(message),
            .field = std::move(field),
            .title = "SubscriptionControlsException"};
}

Fault no_such_subscription() {
    return {.status = 404,
            .message = "There is no such subscription",
            .title = "NoSuchResourceException"};
}

std::string text_or_nothing(protocol::FieldReader& fields, std::string_view name) {
    return fields.find(name) ? fields.text(name) : std::string{};
}

/// The conditions under which a subscriber is told.
std::optional<Fault> read_controls(protocol::FieldReader& fields, Hook& hook) {
    hook.report_if_empty = fields.boolean("reportIfEmpty", false);
    const bool streams = fields.boolean("stream", false);
    const json::value* const schedule = fields.find("schedule");
    const std::string from = text_or_nothing(fields, "initialRecordTime");
    if (fields.failed()) return wrong(fields.error().message(), {});
    if (streams == (schedule != nullptr))
        return wrong("schedule: expected either a schedule or \"stream\": true", "schedule");
    if (schedule) {
        auto read = webhooks::Schedule::parse(*schedule);
        if (!read) return wrong(read.error().message(), "schedule");
        hook.schedule = std::move(*read);
    }
    if (from.empty()) return std::nullopt;
    hook.initial_record_time = protocol::epcis::parse_event_time(from);
    if (!hook.initial_record_time)
        return wrong("initialRecordTime: expected a date and time with an offset, found \"" +
                         from.substr(0, 100) + '"',
                     "initialRecordTime");
    return std::nullopt;
}

std::variant<Hook, Fault> read_subscription(const json::value& body, const Config& config) {
    const protocol::Place place{.name = "subscription"};
    protocol::FieldReader fields{
        body,
        place,
        {"dest", "signatureToken", "reportIfEmpty", "initialRecordTime", "schedule", "stream"}};
    Hook hook{.dest = fields.text("dest")};
    std::optional<std::string> token;
    if (fields.find("signatureToken")) token = fields.text("signatureToken");
    if (fields.failed()) return wrong(fields.error().message(), {});
    if (auto fault = find_receiver_fault(hook.dest, token, config)) {
        fault->title = "SubscriptionControlsException";
        return *std::move(fault);
    }
    hook.token = token.value_or(std::string{});
    if (auto fault = read_controls(fields, hook)) return *std::move(fault);
    return hook;
}

/// The number of the last event that a subscription does not wait for.
std::uint64_t find_start(const registry::Snapshot& snapshot, const Hook& hook) {
    std::uint64_t start = trace::count_events(snapshot);
    if (!hook.initial_record_time) return start;
    const trace::EventPlace before{.time = *hook.initial_record_time - until_written_ms};
    trace::for_each_event(snapshot, {trace::IndexKind::record_time, {}}, false, before,
                          [&](const trace::EventPlace& place) {
                              start = std::min(start, place.number - 1);
                              return false;
                          });
    return start;
}

json::object shown_subscription(const Hook& hook, const webhooks::HookState& state,
                                const registry::Snapshot& snapshot) {
    using protocol::epcis::format_event_time;
    json::object out{{"subscriptionID", hook.id},
                     {"queryName", hook.name},
                     {"dest", hook.dest},
                     {"createdAt", format_event_time(hook.created)}};
    if (hook.schedule) {
        out["schedule"] = hook.schedule->json();
        out["reportIfEmpty"] = hook.report_if_empty;
    } else {
        out["stream"] = true;
    }
    if (hook.initial_record_time)
        out["initialRecordTime"] = format_event_time(*hook.initial_record_time);
    // From here on everything is still to be told.
    std::uint64_t told = state.position;
    if (!state.delivery.events.empty()) told = state.delivery.events.front() - 1;
    if (const auto event = trace::find_event(snapshot, told + 1))
        out["minRecordTime"] = format_event_time(event->record_time);
    if (state.last_notified > 0) out["lastNotifiedAt"] = format_event_time(state.last_notified);
    out["delivery"] = shown(state);
    return out;
}

registry::PutEntry entry_of(const Hook& hook, const Caller& caller) {
    return {area_of(hook), key_of(hook), owned_value(caller, to_json(hook))};
}

void list_subscriptions(registry::Lookup& lookup, const Pending& call, const NamedQuery& query) {
    const auto page = read_page(call->target);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& [per_page, after] = std::get<Page>(page);
    const std::string stem = query.name + '\n';
    json::array found;
    std::string last;
    bool more = false;
    registry::EntryCursor cursor{lookup.snapshot(), Area::subscriptions};
    for (auto entry = cursor.seek(after.empty() ? stem : stem + after + '\0');
         entry && entry->key.starts_with(stem); entry = cursor.next()) {
        const auto hook = may_see(call->caller, read_owned(entry->value))
                              ? webhooks::load_hook(Area::subscriptions, *entry)
                              : std::nullopt;
        if (!hook) continue;
        more = found.size() == per_page;
        if (more) break;
        found.push_back(
            shown_subscription(*hook, find_state(lookup.snapshot(), *hook), lookup.snapshot()));
        last = hook->id;
    }
    HttpReply reply{.content_type = json_type, .body = serialize(found)};
    if (more)
        reply.add_header("Link",
                         fmt::format("<{}>; rel=\"next\"", next_target(call->target, last)));
    call->finish(std::move(reply));
}

}  // namespace

QueryPath split_query_path(std::string_view path) {
    const auto cut = [&path] {
        const std::string_view first = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(first.size() + 1, path.size()));
        return first;
    };
    QueryPath parts{.name = cut()};
    parts.part = cut();
    parts.id = path;
    return parts;
}

std::optional<Fault> find_receiver_fault(std::string_view dest,
                                         const std::optional<std::string>& token,
                                         const Config& config) {
    const auto destination = webhooks::parse_destination(dest);
    if (!destination) return Fault{.message = destination.error().message(), .field = "dest"};
    boost::system::error_code is_name;
    const auto address = boost::asio::ip::make_address(destination->host, is_name);
    if (!is_name && !config.webhooks_private_destinations && !webhooks::is_public(address))
        return Fault{.message = "dest: expected an address of the public internet, found " +
                                address.to_string(),
                     .field = "dest"};
    if (token &&
        (token->size() < signature_token_size_min || token->size() > signature_token_size_max))
        return Fault{.message = fmt::format("signatureToken: expected {} to {} octets, found {}",
                                            signature_token_size_min, signature_token_size_max,
                                            token->size()),
                     .field = "signatureToken"};
    return std::nullopt;
}

json::object shown(const webhooks::HookState& state) {
    json::object out{{"state", state.given_up ? "given_up" : "active"},
                     {"delivered", state.delivered},
                     {"failures", state.failures}};
    if (state.delivery.open()) {
        out["waiting"] = state.delivery.id;
        out["attempts"] = state.delivery.attempts;
        if (state.next_attempt > 0 && !state.given_up)
            out["nextAttemptAt"] = protocol::format_time(state.next_attempt);
    }
    if (!state.last_failure.empty()) out["lastFailure"] = state.last_failure;
    if (state.next_run > 0) out["nextRunAt"] = protocol::format_time(state.next_run);
    return out;
}

void make_subscription(registry::Lookup& lookup, const Pending& call, const Services& services,
                       webhooks::Courier& courier) {
    const QueryPath path = split_query_path(call->argument);
    const auto query = find_query(lookup.snapshot(), call->caller, path.name);
    if (!query || path.part != "subscriptions" || !path.id.empty())
        return call->fail(no_such_query());
    if (!may_make(call->caller))
        return call->fail({.status = 403,
                           .message = "This account subscribes to nothing",
                           .title = "SecurityException"});
    for (const std::string_view limit : {"eventCountLimit", "maxEventCount"})
        if (query->query.contains(limit))
            return call->fail(wrong(std::string{limit} + ": expected none in a query that is "
                                                         "subscribed to, since all events are told",
                                    std::string{limit}));
    auto body = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&body)) return call->fail(*fault);
    auto read = read_subscription(std::get<json::value>(body), services.config);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    auto& hook = std::get<Hook>(read);
    hook.id = to_string(boost::uuids::random_generator{}());
    hook.name = query->name;
    hook.created = std::int64_t{services.clock.now()} * 1000;
    hook.start = find_start(lookup.snapshot(), hook);
    if (call->caller.account) hook.account = call->caller.account->name;
    if (call->caller.identity) hook.identity = to_text(*call->caller.identity);
    HttpReply reply{.status = 201, .content_type = json_type};
    reply.body =
        serialize(shown_subscription(hook, find_state(lookup.snapshot(), hook), lookup.snapshot()));
    reply.add_header("Location", fmt::format("/epcis/v2/queries/{}/subscriptions/{}",
                                             protocol::percent_encoded(hook.name), hook.id));
    const OwnedLimits limits{services.config.webhooks_per_owner_max, hooks_max};
    change_entries(
        call, services,
        [call, hook, limits](const registry::WriteView& view) -> EntryDecision {
            if (!view.entry(Area::queries, hook.name)) return no_such_query();
            if (auto fault = find_owned_limit(view, Area::subscriptions, call->caller, limits,
                                              "subscriptions"))
                return *std::move(fault);
            return registry::ChangeSet{.changes = {entry_of(hook, call->caller)}, .origin = {}};
        },
        [call, reply, &courier] {
            courier.reload();
            call->finish(reply);
        });
}

void get_subscriptions(registry::Lookup& lookup, const Pending& call, const NamedQuery& query,
                       std::string_view id) {
    if (id.empty()) return list_subscriptions(lookup, call, query);
    const std::string key = query.name + '\n' + std::string{id};
    const auto stored = key.size() <= registry::entry_key_size_max
                            ? find_entry(lookup.snapshot(), Area::subscriptions, key)
                            : std::nullopt;
    const auto hook = stored && may_see(call->caller, read_owned(*stored))
                          ? webhooks::load_hook(Area::subscriptions, {key, *stored})
                          : std::nullopt;
    if (!hook) return call->fail(no_such_subscription());
    call->finish_json(serialize(
        shown_subscription(*hook, find_state(lookup.snapshot(), *hook), lookup.snapshot())));
}

void end_subscription(const Pending& call, const Services& services, webhooks::Courier& courier) {
    change_entries(
        call, services,
        [call](const registry::WriteView& view) -> EntryDecision {
            const QueryPath path = split_query_path(call->argument);
            const std::string key = std::string{path.name} + '\n' + std::string{path.id};
            const auto stored = key.size() <= registry::entry_key_size_max
                                    ? view.entry(Area::subscriptions, key)
                                    : std::nullopt;
            if (!stored || !may_see(call->caller, read_owned(*stored)))
                return no_such_subscription();
            if (!may_end(call->caller, read_owned(*stored)))
                return Fault{.status = 403,
                             .message = "Only its owner and the operator end a subscription",
                             .title = "SecurityException"};
            return registry::ChangeSet{
                .changes = {registry::RemoveEntry{Area::subscriptions, key},
                            registry::RemoveEntry{Area::hook_states, std::string{path.id}}},
                .origin = {}};
        },
        [call, &courier] {
            courier.reload();
            call->finish({.status = 204});
        });
}

void resume_subscription(const Pending& call, const Services& services) {
    const QueryPath path = split_query_path(before_resume(call->argument));
    if (path.part != "subscriptions") return call->fail(no_such_subscription());
    const std::string id{path.id};
    resume_hook(call, services, Area::subscriptions, std::string{path.name} + '\n' + id, id,
                no_such_subscription());
}

void end_subscriptions(const registry::WriteView& view, std::string_view query,
                       std::vector<registry::Change>& changes) {
    const std::string stem = std::string{query} + '\n';
    view.for_each_entry(Area::subscriptions, stem, [&](const registry::EntryView& entry) {
        changes.emplace_back(registry::RemoveEntry{Area::subscriptions, std::string{entry.key}});
        changes.emplace_back(
            registry::RemoveEntry{Area::hook_states, std::string{entry.key.substr(stem.size())}});
        return true;
    });
}

}  // namespace idnode::resolver::api
