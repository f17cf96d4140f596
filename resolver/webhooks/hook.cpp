#include "resolver/webhooks/hook.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "registry/store.hpp"
#include "resolver/api/owned.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace json = boost::json;
using registry::Area;

template <class Number>
Number number_in(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value ? value->to_number<Number>() : Number{};
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value ? std::string{value->as_string()} : std::string{};
}

bool flag_in(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value && value->as_bool();
}

/// Keys of subscriptions are the name of the query and the id, those of recalls the id.
void read_key(std::string_view key, Hook& hook) {
    if (hook.recall) {
        hook.id = key;
        return;
    }
    const std::size_t end = key.find('\n');
    hook.name = key.substr(0, end);
    hook.id = end == key.npos ? std::string_view{} : key.substr(end + 1);
}

Hook read_hook(const json::object& object) {
    Hook hook{.account = text_in(object, "account"),
              .identity = text_in(object, "identity"),
              .dest = text_in(object, "dest"),
              .token = text_in(object, "token"),
              .created = number_in<std::int64_t>(object, "created"),
              .start = number_in<std::uint64_t>(object, "start"),
              .start_change = number_in<std::uint64_t>(object, "startChange"),
              .report_if_empty = flag_in(object, "reportIfEmpty")};
    if (object.contains("initialRecordTime"))
        hook.initial_record_time = number_in<std::int64_t>(object, "initialRecordTime");
    if (const auto* const schedule = object.if_contains("schedule"))
        hook.schedule = Schedule::parse(*schedule).value();
    if (const auto* const recall = object.if_contains("recall")) {
        hook.recall = recall->as_object();
        hook.name = text_in(object, "name");
    }
    return hook;
}

/// What has joined a recall, and by what.
void read_joined(const json::object& object, Delivery& delivery) {
    for (const json::value& each : object.at("things").as_array())
        delivery.things.emplace_back(each.at(0).as_string(), each.at(1).to_number<std::uint32_t>());
    for (const json::value& each : object.at("causes").as_array())
        delivery.causes.emplace_back(each.as_string());
    if (const auto* const records = object.if_contains("records"))
        for (const json::value& each : records->as_array())
            delivery.records.emplace_back(each.as_string());
}

HookState read_state(const json::object& object) {
    HookState state{.position = number_in<std::uint64_t>(object, "position"),
                    .changes = number_in<std::uint64_t>(object, "changes"),
                    .sequence = number_in<std::uint64_t>(object, "sequence"),
                    .next_attempt = number_in<std::uint32_t>(object, "nextAttempt"),
                    .next_run = number_in<std::uint32_t>(object, "nextRun"),
                    .run_until = number_in<std::uint64_t>(object, "runUntil"),
                    .run_has_told = flag_in(object, "runHasTold"),
                    .events_max = number_in<std::uint32_t>(object, "eventsMax"),
                    .last_notified = number_in<std::int64_t>(object, "lastNotified"),
                    .delivered = number_in<std::uint64_t>(object, "delivered"),
                    .failures = number_in<std::uint64_t>(object, "failures"),
                    .last_failure = text_in(object, "lastFailure"),
                    .given_up = flag_in(object, "givenUp")};
    const auto* const open = object.if_contains("delivery");
    if (!open) return state;
    const json::object& delivery = open->as_object();
    state.delivery = {.id = text_in(delivery, "id"),
                      .attempts = number_in<std::uint32_t>(delivery, "attempts"),
                      .first_attempt = number_in<std::uint32_t>(delivery, "firstAttempt")};
    for (const json::value& each : delivery.at("events").as_array())
        state.delivery.events.push_back(each.to_number<std::uint64_t>());
    if (delivery.contains("things")) read_joined(delivery, state.delivery);
    return state;
}

}  // namespace

Area area_of(const Hook& hook) { return hook.recall ? Area::recalls : Area::subscriptions; }

std::string key_of(const Hook& hook) { return hook.recall ? hook.id : hook.name + '\n' + hook.id; }

std::string to_json(const Hook& hook) {
    json::object object{{"account", hook.account}, {"identity", hook.identity},
                        {"dest", hook.dest},       {"token", hook.token},
                        {"created", hook.created}, {"start", hook.start}};
    if (hook.report_if_empty) object["reportIfEmpty"] = true;
    if (hook.initial_record_time) object["initialRecordTime"] = *hook.initial_record_time;
    if (hook.schedule) object["schedule"] = hook.schedule->json();
    if (hook.recall) {
        object["recall"] = *hook.recall;
        object["startChange"] = hook.start_change;
        object["name"] = hook.name;
    }
    return serialize(object);
}

std::optional<Hook> load_hook(Area area, const registry::EntryView& entry) {
    try {
        const api::OwnedView owned = api::read_owned(entry.value);
        Hook hook = read_hook(json::parse({owned.json.data(), owned.json.size()}).as_object());
        if (area_of(hook) != area) return std::nullopt;
        hook.actor = owned.actor;
        read_key(entry.key, hook);
        return hook;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::string to_json(const HookState& state) {
    json::object object{{"position", state.position},        {"sequence", state.sequence},
                        {"nextAttempt", state.next_attempt}, {"nextRun", state.next_run},
                        {"runUntil", state.run_until},       {"runHasTold", state.run_has_told},
                        {"eventsMax", state.events_max},     {"lastNotified", state.last_notified},
                        {"delivered", state.delivered},      {"failures", state.failures},
                        {"lastFailure", state.last_failure}, {"givenUp", state.given_up}};
    if (state.changes > 0) object["changes"] = state.changes;
    if (state.delivery.open()) {
        const Delivery& open = state.delivery;
        json::object delivery{{"id", open.id},
                              {"events", json::value_from(open.events)},
                              {"attempts", open.attempts},
                              {"firstAttempt", open.first_attempt}};
        if (!open.things.empty()) {
            delivery["things"] = json::value_from(open.things);
            delivery["causes"] = json::value_from(open.causes);
            delivery["records"] = json::value_from(open.records);
        }
        object["delivery"] = std::move(delivery);
    }
    return serialize(object);
}

std::optional<HookState> state_from_json(std::string_view text) {
    try {
        return read_state(json::parse({text.data(), text.size()}).as_object());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

HookState find_state(const registry::Snapshot& snapshot, const Hook& hook) {
    const auto stored = find_entry(snapshot, Area::hook_states, hook.id);
    if (auto state = stored ? state_from_json(*stored) : std::nullopt) return *std::move(state);
    HookState state{.position = hook.start, .changes = hook.start_change};
    if (hook.schedule)
        state.next_run =
            hook.schedule->next_after(static_cast<std::uint32_t>(hook.created / 1000)).value_or(0);
    return state;
}

bool resume(HookState& state) {
    if (!std::exchange(state.given_up, false)) return false;
    state.next_attempt = 0;
    state.delivery.attempts = 0;
    state.delivery.first_attempt = 0;
    return true;
}

std::optional<registry::Change> resume(const registry::WriteView& view, std::string_view id) {
    const auto stored = view.entry(Area::hook_states, id);
    auto state = stored ? state_from_json(*stored) : std::nullopt;
    if (!state || !resume(*state)) return std::nullopt;
    return registry::PutEntry{Area::hook_states, std::string{id}, to_json(*state)};
}

void note_failure(HookState& state, std::string why, std::uint32_t now, const RetryLimits& limits) {
    Delivery& delivery = state.delivery;
    ++state.failures;
    ++delivery.attempts;
    state.last_failure = std::move(why);
    state.next_attempt = now + back_off_seconds(delivery.attempts, limits.retry_seconds_max);
    state.given_up = now >= delivery.first_attempt + limits.give_up_hours * 3600;
}

bool halve_delivery(const Hook& hook, HookState& state) {
    Delivery& delivery = state.delivery;
    if (delivery.events.size() < 2) return false;
    state.events_max = static_cast<std::uint32_t>(delivery.events.size() / 2);
    delivery.events.resize(state.events_max);
    delivery.id = hook.id + '.' + std::to_string(++state.sequence);
    state.position = delivery.events.back();
    return true;
}

std::uint32_t back_off_seconds(std::uint32_t attempts, std::uint32_t most) noexcept {
    const std::uint32_t doublings = std::min(attempts > 0 ? attempts - 1 : 0, 30U);
    return std::min(std::uint32_t{1} << doublings, most);
}

}  // namespace idnode::resolver::webhooks
