#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/json/fields.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/owned.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/resuming.hpp"
#include "resolver/api/subscriptions.hpp"
#include "resolver/trace/recall.hpp"
#include "resolver/webhooks/courier.hpp"

namespace idnode::resolver::api {
namespace {

namespace json = boost::json;
using registry::Area;
using webhooks::Hook;

constexpr std::size_t name_size_max = 255;

Fault no_such_recall() { return {.status = 404, .message = "There is no such standing recall"}; }

/// The fields of a standing recall that `POST /api/v1/recall` does not have; the others are taken
/// out of `body` as its question.
std::variant<Hook, Fault> read_hook(json::object& body, const Config& config) {
    json::object own;
    for (const std::string_view name : {"name", "dest", "signatureToken"}) {
        if (auto* const value = body.if_contains(name)) own[name] = std::move(*value);
        body.erase(name);
    }
    const json::value kept = std::move(own);
    const protocol::Place place{.name = "recall"};
    protocol::FieldReader fields{kept, place, {"name", "dest", "signatureToken"}};
    Hook hook{.name = fields.text("name"), .dest = fields.text("dest")};
    std::optional<std::string> token;
    if (fields.find("signatureToken")) token = fields.text("signatureToken");
    if (!fields.failed() && (hook.name.empty() || hook.name.size() > name_size_max))
        fields.fail("name", "1 to 255 octets", fields.find("name"));
    if (fields.failed()) return Fault{.message = fields.error().message()};
    if (auto fault = find_receiver_fault(hook.dest, token, config)) return *std::move(fault);
    hook.token = token.value_or(std::string{});
    hook.recall = std::move(body);
    return hook;
}

std::uint64_t count_affected(registry::Lookup& lookup, const RecallQuery& query,
                             const Caller& caller) {
    TraceOptions options = query.options;
    options.keeps_edges = false;
    return find_affected(lookup, query, run_trace(lookup, options, caller), caller).size();
}

json::object shown_recall(const Hook& hook, const registry::Snapshot& snapshot) {
    using protocol::epcis::format_event_time;
    const webhooks::HookState state = find_state(snapshot, hook);
    json::object out = *hook.recall;
    out["id"] = hook.id;
    out["name"] = hook.name;
    out["dest"] = hook.dest;
    out["createdAt"] = format_event_time(hook.created);
    if (state.last_notified > 0) out["lastNotifiedAt"] = format_event_time(state.last_notified);
    out["delivery"] = shown(state);
    return out;
}

OwnedLimits limits_of(const Config& config) { return {config.webhooks_per_owner_max, hooks_max}; }

/// Has a recall kept behind what it has reached so far, so that it is whole when it is there. What
/// was written of one that is refused after all is removed.
void keep(const Pending& call, const Services& services, webhooks::Courier& courier,
          const Hook& hook, std::vector<std::vector<registry::Change>> members, std::string body) {
    call->respond = [respond = std::move(call->respond), &services, id = hook.id](HttpReply reply) {
        if (reply.status != 201) webhooks::end_members(services.queue, id);
        respond(std::move(reply));
    };
    std::vector<std::string> lasts;  // of each part, to see that all were written
    for (auto& part : members) {
        lasts.push_back(std::get<registry::PutEntry>(part.back()).key);
        const std::size_t octets = part.size() * 128;
        registry::Job job{
            .decide = [part = std::move(part)](const registry::WriteView&) -> registry::Decision {
                return registry::ChangeSet{.changes = part, .origin = {}};
            },
            .done = [](const registry::JobOutcome&) {},
            .octets = octets};
        if (services.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
            return call->fail(busy_fault());
    }
    change_entries(
        call, services,
        [call, hook, limits = limits_of(services.config),
         lasts](const registry::WriteView& view) -> EntryDecision {
            if (auto fault = find_owned_limit(view, Area::recalls, call->caller, limits, "recalls"))
                return *std::move(fault);
            const bool whole = std::ranges::all_of(lasts, [&](const std::string& key) {
                return view.entry(Area::recall_members, key).has_value();
            });
            if (!whole) return busy_fault();
            return registry::ChangeSet{
                .changes = {registry::PutEntry{area_of(hook), key_of(hook),
                                               owned_value(call->caller, to_json(hook))}},
                .origin = {}};
        },
        [call, id = hook.id, body = std::move(body), &courier] {
            courier.reload();
            HttpReply reply{.status = 201, .content_type = json_type, .body = body};
            reply.add_header("Location", "/api/v1/recalls/" + id);
            call->finish(std::move(reply));
        });
}

/// `POST /api/v1/recalls`: what is affected already is counted in the answer and not told.
void make_recall(registry::Lookup& lookup, const Pending& call, const Services& services,
                 webhooks::Courier& courier) {
    if (!may_make(call->caller))
        return call->fail({.status = 403, .message = "This account makes no recalls"});
    auto body = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&body)) return call->fail(*fault);
    auto* const object = std::get<json::value>(body).if_object();
    if (!object) return call->fail({.message = "The body: expected an object"});
    auto read = read_hook(*object, services.config);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    auto& hook = std::get<Hook>(read);
    auto asked = read_recall(*hook.recall);
    if (const auto* const fault = std::get_if<Fault>(&asked)) return call->fail(*fault);
    if (auto fault = find_owned_limit(lookup.snapshot(), Area::recalls, call->caller,
                                      limits_of(services.config), "recalls"))
        return call->fail(*fault);
    auto& query = std::get<RecallQuery>(asked);
    query.options.nodes_max = services.config.recalls_things_max;
    query.options.keeps_edges = false;
    hook.id = to_string(boost::uuids::random_generator{}());
    hook.created = std::int64_t{services.clock.now()} * 1000;
    hook.start = registry::trace::count_events(lookup.snapshot());
    hook.start_change = lookup.snapshot().sequence();
    if (call->caller.account) hook.account = call->caller.account->name;
    if (call->caller.identity) hook.identity = to_text(*call->caller.identity);
    const Trace reached = run_trace(lookup, query.options, call->caller);
    const bool cut_by_depth = hook.recall->contains("depth");
    if (reached.nodes.size() >= query.options.nodes_max || (reached.truncated && !cut_by_depth))
        return call->fail({.status = 413,
                           .message = fmt::format("identifiers: expected suspects that affect "
                                                  "fewer than {} things",
                                                  query.options.nodes_max),
                           .field = "identifiers"});
    json::object answer = shown_recall(hook, lookup.snapshot());
    answer["count"] = find_affected(lookup, query, reached, call->caller).size();
    keep(call, services, courier, hook,
         webhooks::first_members(lookup, hook.id, query, reached, call->caller), serialize(answer));
}

/// `GET /api/v1/recalls`, in pages by the id, and `GET /api/v1/recalls/{id}` with the present
/// count.
void list_recalls(registry::Lookup& lookup, const Pending& call) {
    auto page = read_page(call->target);
    if (const auto* const fault = std::get_if<Fault>(&page)) return call->fail(*fault);
    const auto& [per_page, after] = std::get<Page>(page);
    json::array found;
    std::string next;
    registry::EntryCursor cursor{lookup.snapshot(), Area::recalls};
    for (auto entry = cursor.seek(after.empty() ? after : after + '\0'); entry;
         entry = cursor.next()) {
        if (!may_see(call->caller, read_owned(entry->value))) continue;
        const auto hook = webhooks::load_hook(Area::recalls, *entry);
        if (!hook) continue;
        if (found.size() == per_page) {
            next = found.back().at("id").as_string();
            break;
        }
        found.push_back(shown_recall(*hook, lookup.snapshot()));
    }
    json::object out{{"recalls", std::move(found)}};
    if (!next.empty()) out["next"] = next_target(call->target, next);
    call->finish_json(serialize(out));
}

void get_recall(registry::Lookup& lookup, const Pending& call) {
    const auto stored = call->argument.size() <= registry::entry_key_size_max
                            ? find_entry(lookup.snapshot(), Area::recalls, call->argument)
                            : std::nullopt;
    const auto hook = stored && may_see(call->caller, read_owned(*stored))
                          ? webhooks::load_hook(Area::recalls, {call->argument, *stored})
                          : std::nullopt;
    if (!hook) return call->fail(no_such_recall());
    json::object out = shown_recall(*hook, lookup.snapshot());
    const auto query = read_recall(*hook->recall);
    if (const auto* const understood = std::get_if<RecallQuery>(&query))
        out["count"] = count_affected(lookup, *understood, call->caller);
    call->finish_json(serialize(out));
}

/// `DELETE /api/v1/recalls/{id}`
void end_recall(const Pending& call, const Services& services, webhooks::Courier& courier) {
    change_entries(
        call, services,
        [call](const registry::WriteView& view) -> EntryDecision {
            const auto stored = call->argument.size() <= registry::entry_key_size_max
                                    ? view.entry(Area::recalls, call->argument)
                                    : std::nullopt;
            if (!stored || !may_see(call->caller, read_owned(*stored))) return no_such_recall();
            if (!may_end(call->caller, read_owned(*stored)))
                return Fault{.status = 403,
                             .message = "Only its owner and the operator end a recall"};
            return registry::ChangeSet{
                .changes = {registry::RemoveEntry{Area::recalls, call->argument},
                            registry::RemoveEntry{Area::hook_states, call->argument}},
                .origin = {}};
        },
        [call, &services, &courier] {
            courier.reload();
            webhooks::end_members(services.queue, call->argument);
            call->finish({.status = 204});
        });
}

/// `POST /api/v1/recalls/{id}/resume`
void resume_recall(const Pending& call, const Services& services) {
    const std::string id{before_resume(call->argument)};
    if (id.empty()) return call->fail(no_such_recall());
    resume_hook(call, services, Area::recalls, id, id, no_such_recall());
}

}  // namespace

void add_recall_routes(std::vector<Route>& routes, const Services& services,
                       webhooks::Courier& courier) {
    routes.push_back({"POST", "/api/v1/recalls", Access::identified,
                      [&](registry::Lookup& lookup, const Pending& call) {
                          make_recall(lookup, call, services, courier);
                      }});
    routes.push_back(
        {"POST", "/api/v1/recalls/*", Access::identified,
         [&](registry::Lookup&, const Pending& call) { resume_recall(call, services); }});
    routes.push_back({"GET", "/api/v1/recalls", Access::identified, list_recalls});
    routes.push_back({"GET", "/api/v1/recalls/*", Access::identified, get_recall});
    routes.push_back(
        {"DELETE", "/api/v1/recalls/*", Access::identified,
         [&](registry::Lookup&, const Pending& call) { end_recall(call, services, courier); }});
}

}  // namespace idnode::resolver::api
