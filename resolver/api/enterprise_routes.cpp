#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/enterprises/delegation.hpp"
#include "resolver/enterprises/lifecycle.hpp"
#include "resolver/enterprises/reading.hpp"

namespace idnode::resolver::api {
namespace {

using enterprises::Act;
using enterprises::Enterprise;
using protocol::JsonWriter;
using protocol::ResponseCode;
using registry::Area;

constexpr std::string_view enterprises_path = "/api/v1/enterprises";

bool is_operator(const Caller& caller) {
    return caller.account && caller.account->role == Role::operator_;
}

std::string shown(const Enterprise& enterprise, const std::vector<std::string>& warnings) {
    std::string out;
    JsonWriter writer{out};
    writer.begin_object();
    write_enterprise(writer, enterprise);
    if (!warnings.empty()) {
        writer.key("warnings").begin_array();
        for (const std::string& warning : warnings) writer.string(warning);
        writer.end_array();
    }
    writer.end_object();
    return out;
}

void apply(registry::Lookup&, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    auto application = enterprises::parse_application(std::get<boost::json::value>(json));
    if (!application) return call->fail(fault_of(application.error()));
    if (!is_operator(call->caller))
        if (const auto refused = services.gate.refuse_application(call->arrival.source))
            return call->fail({.status = 429, .message = std::string{refused->sentence}});
    application->id = admin::make_suffix();
    application->applied = services.clock.now();
    write(
        call, services,
        [asked = *application, origin = origin_of(*call)](const registry::WriteView& view) {
            return decide_application(view, asked, origin);
        },
        [call, asked = *application] {
            call->finish_json(shown(asked, find_warnings(asked)), 201);
        });
}

/// The account that is made with an approval.
std::variant<std::vector<registry::Change>, Fault> make_account(
    registry::Lookup& lookup, const Services& services, std::string_view id,
    const enterprises::ActRequest& request) {
    if (request.user.empty()) return std::vector<registry::Change>{};
    if (const auto fault = find_account_name_fault(request.user)) return fault_of(*fault);
    if (const auto fault = find_password_fault(request.password)) return fault_of(*fault);
    if (find_account(lookup.snapshot(), request.user))
        return Fault{.status = 409,
                     .message = "username: there is such an account already",
                     .field = "username"};
    Account account = make_enterprise_account(id, request.user, request.password);
    if (services.config.snms_daily_hash) account.daily = make_daily_verifier(request.password);
    return changes_to_keep(account, std::nullopt);
}

std::vector<std::string> find_warnings(const enterprises::Details& details) {
    std::vector<std::string> endpoints;
    for (const auto& wanted : details.prefixes)
        if (!wanted.delegate_to.empty()) endpoints.push_back(wanted.delegate_to);
    std::vector<std::string> warnings;
    for (const std::string& endpoint : enterprises::find_unreachable(std::move(endpoints)))
        warnings.push_back("delegateTo: nothing answers at " + endpoint);
    if (std::ranges::any_of(details.prefixes, &enterprises::Wanted::with_records))
        warnings.emplace_back(
            "withRecords: administrators and keys that stand in these records "
            "(HS_ADMIN, HS_SECKEY, HS_PUBKEY) keep their rights: look at them");
    return warnings;
}

void act_on(registry::Lookup& lookup, const Pending& call, const Services& services, Act act,
            const std::string& id) {
    if (!is_operator(call->caller))
        return call->fail({.status = 403, .message = "Only an operator may do that"});
    enterprises::ActRequest request;
    if (!call->request.body.empty()) {
        auto json = read_json(*call);
        if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
        auto parsed = enterprises::parse_act_request(std::get<boost::json::value>(json));
        if (!parsed) return call->fail(fault_of(parsed.error()));
        request = std::move(*parsed);
    }
    const bool allots = act == Act::approve || act == Act::allot;
    if (!allots && (!request.details.prefixes.empty() || !request.user.empty()))
        return call->fail(
            {.message = "prefixes: expected with approve and allot only", .field = "prefixes"});
    auto account = make_account(lookup, services, id, request);
    if (const auto* const fault = std::get_if<Fault>(&account)) return call->fail(*fault);
    request.details.further = std::get<0>(std::move(account));
    auto warnings = find_warnings(request.details);
    const auto after = std::make_shared<Enterprise>();
    write(
        call, services,
        [=, details = std::move(request.details), user = protocol::folded(request.user),
         now = services.clock.now(),
         origin = origin_of(*call)](const registry::WriteView& view) -> registry::Decision {
            // Another approval may have made it since it was looked for.
            if (!user.empty() && view.entry(Area::accounts, user))
                return registry::Refusal{ResponseCode::handle_already_exists,
                                         "username: there is such an account already"};
            return decide_act(view, act, id, details, now, origin, *after);
        },
        [=] { call->finish_json(shown(*after, warnings)); });
}

/// `ID/ACT`
void act(registry::Lookup& lookup, const Pending& call, const Services& services) {
    const std::string& path = call->argument;
    const std::size_t slash = path.find('/');
    const auto found =
        slash == path.npos ? std::nullopt : enterprises::find_act(path.substr(slash + 1));
    if (!found)
        return call->fail({.status = 404,
                           .message = "expected review, approve, refuse, suspend, resume, close "
                                      "or allot behind the id of an enterprise"});
    act_on(lookup, call, services, *found, path.substr(0, slash));
}

/// Everything for the operator, the auditor and the enterprise itself; the state for whoever knows
/// the id, which is he who applied.
void show(registry::Lookup& lookup, const Pending& call) {
    const std::string& id = call->argument;
    const auto stored = id.size() > registry::entry_key_size_max
                            ? std::nullopt
                            : find_entry(lookup.snapshot(), Area::enterprises, id);
    const auto enterprise = stored ? enterprises::enterprise_from_json(*stored) : std::nullopt;
    if (!enterprise) return call->fail({.status = 404, .message = "There is no such enterprise"});
    const auto& own = call->caller.account;
    if (own && (own->reads_everything() || own->enterprise == id))
        return call->finish_json(shown(*enterprise, find_warnings(*enterprise)));
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("id").string(id);
    writer.key("state").string(name_of(enterprise->state)).end_object();
    call->finish_json(std::move(out));
}

void list(registry::Lookup& lookup, const Pending& call) {
    const auto& own = call->caller.account;
    if (!own || !own->reads_everything())
        return call->fail({.status = 403, .message = "Only an operator or auditor may do that"});
    const std::string_view state = call->target.value("state");
    const EntryList all{
        .area = Area::enterprises, .stem = {}, .open = R"({"enterprises":[)", .close = "]}"};
    finish_page(lookup, call, all, [&](std::string& out, const registry::EntryView& entry) {
        const auto enterprise = enterprises::enterprise_from_json(entry.value);
        if (!enterprise || (!state.empty() && name_of(enterprise->state) != state)) return false;
        out += shown(*enterprise, find_warnings(*enterprise));
        return true;
    });
}

void add_range(registry::Lookup&, const Pending& call, const Services& services) {
    if (!is_operator(call->caller))
        return call->fail({.status = 403, .message = "Only an operator may do that"});
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto range = enterprises::parse_range(std::get<boost::json::value>(json));
    if (!range) return call->fail(fault_of(range.error()));
    write(
        call, services,
        [range = *range, origin = origin_of(*call)](const registry::WriteView& view) {
            return decide_range(view, range, origin);
        },
        [call, range = *range] {
            std::string out = to_json(std::vector{range});
            call->finish_json(out.substr(1, out.size() - 2), 201);
        });
}

void list_ranges(registry::Lookup& lookup, const Pending& call) {
    if (!call->caller.account || !call->caller.account->reads_everything())
        return call->fail({.status = 403, .message = "Only an operator or auditor may do that"});
    const auto stored = find_entry(lookup.snapshot(), Area::ranges, enterprises::ranges_key);
    call->finish_json(std::string{R"({"ranges":)"}.append(stored.value_or("[]")).append("}"));
}

}  // namespace

void add_enterprise_routes(std::vector<Route>& routes, const Services& services) {
    const auto bound = [&services](auto answer) {
        return [&services, answer](registry::Lookup& lookup, const Pending& call) {
            answer(lookup, call, services);
        };
    };
    routes.push_back({"POST", enterprises_path, Access::anyone, bound(apply)});
    routes.push_back({"GET", enterprises_path, Access::identified, list});
    routes.push_back({"GET", "/api/v1/enterprises/*", Access::anyone, show});
    routes.push_back({"POST", "/api/v1/enterprises/*", Access::identified, bound(act)});
    routes.push_back({"POST", "/api/v1/prefix-ranges", Access::identified, bound(add_range)});
    routes.push_back({"GET", "/api/v1/prefix-ranges", Access::identified, list_ranges});
}

}  // namespace idnode::resolver::api
