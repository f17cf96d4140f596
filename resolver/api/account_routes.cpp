#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/enterprises/enterprise.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;
using registry::Area;

constexpr std::string_view accounts_path = "/api/v1/accounts";

Fault forbidden() { return {.status = 403, .message = "Only an operator may do that"}; }

void log_in(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (!services.authenticator.may_identify(*call))
        return call->finish(services.ask_for_identity(*call));
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const protocol::Place place{.name = "login"};
    protocol::FieldReader fields{
        std::get<boost::json::value>(json), place, {"username", "password"}};
    const std::string user = fields.text("username");
    const std::string password = fields.text("password");
    if (fields.failed()) return call->fail(fault_of(fields.error()));
    const auto found = services.authenticator.log_in(lookup, call->arrival.source, user, password);
    if (const auto* const fault = std::get_if<Fault>(&found))
        return call->fail({.status = fault->status,
                           .message = fault->status == 401
                                          ? "The user name or the password is wrong"
                                          : fault->message});
    const auto& account = std::get<Account>(found);
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("token").string(
        services.authenticator.make_token(account, services.config.tokens_seconds));
    writer.key("tokenType").string("Bearer");
    writer.key("expiresIn").number(services.config.tokens_seconds);
    writer.key("role").string(name_of(account.role)).end_object();
    call->finish_json(std::move(out));
}

std::optional<std::string> stored_account(const registry::Snapshot& snapshot,
                                          std::string_view name) {
    const auto stored = find_entry(snapshot, Area::accounts, protocol::folded(name));
    return stored ? std::optional{std::string{*stored}} : std::nullopt;
}

/// Writes what was made of an account as it stood in the snapshot, unless it stands otherwise now,
/// or an identity has become somebody else's. Answers when it is durable.
void write_account(registry::Lookup& lookup, const Pending& call, const Services& services,
                   std::vector<registry::Change> changes, unsigned status, std::string body) {
    write(
        call, services,
        [changes = std::move(changes), name = protocol::folded(call->argument),
         before = stored_account(lookup.snapshot(), call->argument),
         origin = origin_of(*call)](const registry::WriteView& view) -> registry::Decision {
            if (view.entry(Area::accounts, name) != before)
                return registry::Refusal{
                    protocol::ResponseCode::handle_already_exists,
                    "The account has been changed meanwhile: read it again, and repeat"};
            for (const registry::Change& change : changes) {
                const auto* const put = std::get_if<registry::PutEntry>(&change);
                if (!put || put->area != Area::identities) continue;
                const auto owner = view.entry(Area::identities, put->key);
                if (owner && !protocol::equal_folded(*owner, name))
                    return registry::Refusal{
                        protocol::ResponseCode::handle_already_exists,
                        "identity: expected that of no other account, found that of " +
                            std::string{*owner}};
            }
            return registry::ChangeSet{.changes = changes, .origin = origin};
        },
        [call, status, body = std::move(body)] {
            if (status == 204) return call->finish({.status = 204});
            call->finish_json(body, status);
        });
}

void log_out(const Pending& call, const Services& services) {
    std::string_view given = call->request.field("Authorization");
    given.remove_prefix(std::min(given.find(' ') + 1, given.size()));
    const auto claims = services.authenticator.tokens().read(given);
    if (!claims) return call->fail({.message = "Authorization: expected the token to revoke"});
    write(
        call, services,
        [id = claims->id, expires = std::to_string(claims->expires),
         origin = origin_of(*call)](const registry::WriteView&) -> registry::Decision {
            return registry::ChangeSet{
                .changes = {registry::PutEntry{Area::revocations, id, expires}}, .origin = origin};
        },
        [call] { call->finish({.status = 204}); });
}

std::string shown(const Account& account) {
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("username").string(account.name);
    writer.key("role").string(name_of(account.role)).key("prefixes").begin_array();
    for (const std::string& prefix : account.prefixes) writer.string(prefix);
    writer.end_array();
    if (account.identity) writer.key("identity").string(to_text(*account.identity));
    if (!account.enterprise.empty()) writer.key("enterprise").string(account.enterprise);
    writer.key("enabled").boolean(account.enabled).end_object();
    return out;
}

/// The account that the body describes, over what `account` is already.
std::optional<Fault> read_account(const Call& call, const Services& services, Account& account,
                                  bool is_new) {
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const protocol::Place place{.name = "account"};
    protocol::FieldReader fields{
        std::get<boost::json::value>(json),
        place,
        {"role", "password", "prefixes", "identity", "enterprise", "enabled"}};
    if (fields.find("role")) {
        const auto role = find_role(fields.text("role"));
        if (!role)
            fields.fail("role",
                        "operator, auditor, enterprise_administrator, enterprise_application or "
                        "partner",
                        fields.find("role"));
        else
            account.role = *role;
    }
    if (const auto* const list = fields.find("prefixes")) {
        account.prefixes.clear();
        const auto* const array = list->if_array();
        if (!array || array->size() > account_prefixes_max)
            fields.fail("prefixes", "a list of at most 10000 prefixes", list);
        else
            for (const auto& each : *array)
                account.prefixes.push_back(fields.text_of(each, "prefixes"));
    }
    if (const auto* const identity = fields.find("identity")) {
        account.identity = protocol::parse_reference(fields.text("identity"));
        if (!account.identity) fields.fail("identity", "INDEX:HANDLE", identity);
    }
    if (const auto* const enterprise = fields.find("enterprise"))
        account.enterprise = fields.text_of(*enterprise, "enterprise");
    const bool was_enabled = account.enabled;
    account.enabled = fields.boolean("enabled", account.enabled);
    const std::string password = fields.find("password") ? fields.text("password") : std::string{};
    if (fields.failed()) return fault_of(fields.error());
    if (fields.find("password")) {
        if (const auto fault = find_password_fault(password)) return fault_of(*fault);
        account.password = hash_password(password);
        account.daily =
            services.config.snms_daily_hash ? make_daily_verifier(password) : std::string{};
    }
    if (is_new || fields.find("password") || was_enabled != account.enabled) void_tokens(account);
    return std::nullopt;
}

bool is_own(const Call& call, const Account& account) {
    return protocol::equal_folded(account.name, call.caller.account->name);
}

void put_account(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (!call->caller.account || call->caller.account->role != Role::operator_)
        return call->fail(forbidden());
    if (const auto fault = find_account_name_fault(call->argument))
        return call->fail(fault_of(*fault));
    const auto before = find_account(lookup.snapshot(), call->argument);
    Account account = before.value_or(Account{.name = call->argument});
    if (!account.enterprise.empty()) account.prefixes.clear();  // whose they are
    if (const auto fault = read_account(*call, services, account, !before))
        return call->fail(*fault);
    if (account.password.empty() && !account.identity)
        return call->fail({.message = "password: expected one, or an identity, found neither",
                           .field = "password"});
    if (!account.enterprise.empty()) {
        if (account.role == Role::operator_)
            return call->fail(
                {.message = "enterprise: expected none for an operator", .field = "enterprise"});
        const auto known = find_entry(lookup.snapshot(), Area::enterprises, account.enterprise);
        const auto enterprise = known ? enterprises::enterprise_from_json(*known) : std::nullopt;
        if (!enterprise)
            return call->fail({.message = "enterprise: expected the id of one known here, found " +
                                          account.enterprise,
                               .field = "enterprise"});
        account.prefixes = enterprise->prefixes;
    }
    if (is_own(*call, account) && (account.role != Role::operator_ || !account.enabled))
        return call->fail({.status = 409,
                           .message = "An operator cannot take his own role from himself, nor "
                                      "disable his own account: another operator can",
                           .field = account.enabled ? "role" : "enabled"});
    write_account(lookup, call, services, changes_to_keep(account, before), before ? 200 : 201,
                  shown(account));
}

void get_account(registry::Lookup& lookup, const Pending& call) {
    const auto& own = call->caller.account;
    const bool itself = own && protocol::equal_folded(own->name, call->argument);
    if (!itself && !(own && own->reads_everything())) return call->fail(forbidden());
    const auto account = find_account(lookup.snapshot(), call->argument);
    if (!account) return call->fail({.status = 404, .message = "There is no such account"});
    call->finish_json(shown(*account));
}

void list_accounts(registry::Lookup& lookup, const Pending& call) {
    const auto& own = call->caller.account;
    if (!own || !own->reads_everything()) return call->fail(forbidden());
    const EntryList all{
        .area = Area::accounts, .stem = {}, .open = R"({"accounts":[)", .close = "]}"};
    finish_page(lookup, call, all, [](std::string& out, const registry::EntryView& entry) {
        const auto account = account_from_json(entry.key, entry.value);
        if (account) out += shown(*account);
        return account.has_value();
    });
}

void delete_account(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (!call->caller.account || call->caller.account->role != Role::operator_)
        return call->fail(forbidden());
    const auto account = find_account(lookup.snapshot(), call->argument);
    if (!account) return call->fail({.status = 404, .message = "There is no such account"});
    if (is_own(*call, *account))
        return call->fail({.status = 409, .message = "An operator cannot remove his own account"});
    write_account(lookup, call, services, changes_to_remove(lookup.snapshot(), *account), 204, {});
}

}  // namespace

void add_account_routes(std::vector<Route>& routes, const Services& services) {
    const auto bound = [&services](auto answer) {
        return [&services, answer](registry::Lookup& lookup, const Pending& call) {
            answer(lookup, call, services);
        };
    };
    routes.push_back({"POST", "/api/v1/login", Access::anyone, bound(log_in)});
    routes.push_back(
        {"POST", "/api/v1/logout", Access::identified,
         [&services](registry::Lookup&, const Pending& call) { log_out(call, services); }});
    routes.push_back({"GET", accounts_path, Access::identified, list_accounts});
    routes.push_back({"GET", "/api/v1/accounts/*", Access::identified, get_account});
    routes.push_back({"PUT", "/api/v1/accounts/*", Access::identified, bound(put_account)});
    routes.push_back({"DELETE", "/api/v1/accounts/*", Access::identified, bound(delete_account)});
}

}  // namespace idnode::resolver::api
