#include "tests/end_to_end/privacy_world.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <ctime>
#include <thread>

#include "protocol/json/time_text.hpp"
#include "tests/end_to_end/administrator.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;

std::string password_of(const std::string& name) { return "markedPassword-of-" + name; }
std::string secret_of(const std::string& name) { return "markedIdentity-of-" + name; }

/// The key of each account, and of those who have no account, as INDEX:HANDLE.
protocol::Reference key_of(const std::string& name) { return {"88.9/" + name, 300}; }

const std::vector<std::string>& names() {
    static const std::vector<std::string> all{"operator",
                                              "auditor",
                                              "owner-admin",
                                              "owner-app",
                                              "other-admin",
                                              "other-app",
                                              "grantee",
                                              "member",
                                              "late",
                                              "editor",
                                              "holder-of-all",
                                              "suspended",
                                              "logged-out",
                                              "administrator-key",
                                              "key-without-read",
                                              "stranger-key"};
    return all;
}

/// What any owner of the prefix sees.
const std::set<For> of_owner{For::everybody, For::owner,          For::grant,
                             For::group,     For::firm,           For::late,
                             For::editor,    For::template_owner, For::template_grant};

std::set<For> with(std::set<For> set, const std::set<For>& more) {
    set.insert(more.begin(), more.end());
    return set;
}

std::string permissions_of(For whom) {
    if (whom == For::everybody) return "1110";
    return whom == For::nobody ? "0000" : "1100";
}

std::string import_line(const std::string& handle, const std::string& more) {
    json::array values;
    for (const Marked& each : marked_values()) {
        if (each.handle != handle) continue;
        values.push_back({{"index", each.index},
                          {"type", each.type},
                          {"data", each.data},
                          {"permissions", permissions_of(each.whom)}});
    }
    std::string text = serialize(json::value{{"handle", handle}, {"values", values}});
    if (!more.empty()) text.insert(text.rfind(']'), more);
    return text + '\n';
}

std::string admin_of(std::uint32_t index, const std::string& name, const char* permissions) {
    return R"(,{"index":)" + std::to_string(index) +
           R"(,"type":"HS_ADMIN","data":{"format":"admin","value":{"handle":"88.9/)" + name +
           R"(","index":300,"permissions":")" + permissions + R"("}}})";
}

}  // namespace

const std::vector<Marked>& marked_values() {
    static const std::vector<Marked> all{
        {"88.1/R", 1, "URL", "https://example.org/markedPublic", For::everybody},
        {"88.1/R", 2001, "cost", "markedOwner", For::owner},
        {"88.1/R", 2002, "order", "markedGrant", For::grant},
        {"88.1/R", 2003, "grade", "markedGroup", For::group},
        {"88.1/R", 2004, "yield", "markedFirm", For::firm},
        {"88.1/R", 2005, "offer", "markedLate", For::late},
        {"88.1/R", 2006, "remark", "markedEditor", For::editor},
        {"88.1/R", 300, "HS_SECKEY", "markedKey", For::key},
        {"88.1/R", 2007, "void", "markedNobody", For::nobody},
        {"88.1/R", 2008, "REF.SECRET", "88.1/markedReference", For::owner},
        {"88.1/R", 2009, "REF.SHOWN", "88.7/markedOtherNode", For::grant},
        {"88.1/R", 2010, "REF.OPEN", "88.1/markedOpen", For::everybody},
        {"88.1/T", 2000, "open", "markedOpenItem", For::everybody},
        {"88.1/T", 2001, "own", "markedOwnItem", For::template_owner},
        {"88.1/T", 2002, "shared", "markedSharedItem", For::template_grant},
        {"0.NA/88.1", 1, "URL", "https://example.org/markedPrefix", For::everybody},
        {"0.NA/88.1", 2001, "cost", "markedOfPrefix", For::operator_},
        {"0.NA/88.1", 301, "HS_SECKEY", "markedPrefixKey", For::operator_key}};
    return all;
}

const std::vector<std::string>& secrets_of_accounts() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> secrets;
        for (const std::string& name : names()) {
            secrets.push_back(password_of(name));
            secrets.push_back(secret_of(name));
        }
        return secrets;
    }();
    return all;
}

PrivacyWorld::PrivacyWorld() {
    node_.home("88.9");
    for (const std::string& name : names())
        node_.import(
            R"({"handle":"88.9/)" + name +
            R"(","values":[{"index":300,"type":"HS_SECKEY","permissions":"1100","data":")" +
            secret_of(name) + "\"}]}\n");
    node_.do_run({"admin", "init", "--user", "operator", "--password-stdin"},
                 password_of("operator") + '\n');
    node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + std::string{unlimited_proofs});
    node_.start();
    HttpsConnection https{node_.https()};
    operator_ = log_in(https, "operator", password_of("operator"));
    admit("88.1", "owner-admin");
    admit("88.2", "other-admin");
    admit("88.3", "suspended");
    owner_ = log_in(https, "owner-admin", password_of("owner-admin"));
    register_values();
    for (const char* const name :
         {"auditor", "grantee", "member", "late", "editor", "holder-of-all", "logged-out"})
        change_account(name, name == std::string_view{"auditor"} ? R"("role":"auditor")"
                                                                 : R"("role":"partner")");
    grant();
    askers_.push_back({.name = "anybody", .may_see = {For::everybody}, .headers = {""}});
    const std::set<For> of_auditor = with(of_owner, {For::operator_});
    add_account("operator", with(of_auditor, {For::key, For::operator_key}));
    add_account("auditor", of_auditor);
    for (const char* const name : {"owner-admin", "owner-app"})
        add_account(name, with(of_owner, {For::key}));
    for (const char* const name : {"other-admin", "other-app"}) add_account(name, {}, {For::firm});
    add_account("grantee", {}, {For::grant, For::template_grant});
    add_account("member", {}, {For::group});
    add_account("late", {});
    add_account("editor", {}, {For::editor});
    std::set<For> of_all = of_owner;
    of_all.erase(For::template_owner);
    add_account("holder-of-all", {}, of_all);
    add_account("logged-out", {});
    log_out("logged-out");
    add_account("suspended", {});
    log_out("suspended");
    const std::set<For> of_key{For::owner,  For::grant, For::group,     For::firm,        For::late,
                               For::editor, For::key,   For::operator_, For::operator_key};
    add_key("administrator-key", of_key);
    add_key("key-without-read", {});
    add_key("stranger-key", {});
}

HttpsAnswer PrivacyWorld::ask(const std::string& method, const std::string& target,
                              const std::string& body, const std::string& who, int status) {
    std::vector<std::string> headers{who};
    if (!body.empty()) headers.emplace_back(json_content);
    HttpsAnswer answer = HttpsConnection{node_.https()}.ask(
        {.method = method, .target = target, .headers = std::move(headers), .body = body});
    if (answer.status != status)
        throw std::runtime_error{method + ' ' + target + " gave " + std::to_string(answer.status) +
                                 ": " + answer.body};
    return answer;
}

/// An enterprise with a prefix, its administrator, and an application of it.
void PrivacyWorld::admit(const std::string& prefix, const std::string& name) {
    const std::string path = "/api/v1/enterprises";
    const auto applied =
        ask("POST", path, R"({"name":"firm","creditCode":"91350200MA2YJ1XR9G"})", operator_, 201);
    const std::string id{applied.json().at("id").as_string()};
    ask("POST", path + '/' + id + "/approve",
        R"({"prefixes":[")" + prefix + R"("],"account":{"username":")" + name +
            R"(","password":")" + password_of(name) + "\"}}",
        operator_, 200);
    if (name == "suspended") return;
    const std::string application = name == "owner-admin" ? "owner-app" : "other-app";
    change_account(application, R"("role":"enterprise_application","enterprise":")" + id + '"');
    if (name == "other-admin") other_enterprise_ = id;
}

void PrivacyWorld::change_account(const std::string& name, const std::string& fields) {
    ask("PUT", "/api/v1/accounts/" + name,
        R"({"password":")" + password_of(name) + R"(",)" + fields + "}", operator_, 201);
}

void PrivacyWorld::register_values() {
    node_.import(
        import_line("88.1/R", admin_of(100, "administrator-key", "111111111111") +
                                  admin_of(101, "key-without-read", "101111111111")) +
        import_line("0.NA/88.1", admin_of(100, "administrator-key", "111111111111")) +
        R"({"handle":"88.1/markedReference","values":[{"index":1,"type":"URL","data":"u"}]})"
        "\n"
        R"({"handle":"88.1/markedOpen","values":[{"index":1,"type":"URL","data":"u"}]})"
        "\n");
    ask("POST", "/api/v1/templates",
        R"({"prefix":"88.1","version":"t","items":[{"name":"open","idIndex":2000},)"
        R"({"name":"own","idIndex":2001,"visibility":"own"},)"
        R"({"name":"shared","idIndex":2002,"visibility":"granted"}]})",
        owner_, 201);
    json::array values;
    for (const Marked& each : marked_values())
        if (each.handle == "88.1/T")
            values.push_back({{"index", each.index}, {"type", each.type}, {"data", each.data}});
    ask("POST", "/identityv2/data",
        serialize(json::value{
            {"handle", "88.1/T"}, {"templateVersion", "t"}, {"value", std::move(values)}}),
        owner_, 200);
    ask("PUT", "/api/v1/aliases", R"({"code":"(01)06911354200012","handle":"88.1/R"})", owner_,
        204);
}

void PrivacyWorld::grant() {
    const auto give = [&](const std::string& grantee, const std::string& item,
                          const std::string& more = {}) {
        ask("POST", "/api/v1/grants",
            R"({"prefix":"88.1","grantee":")" + grantee + R"(","item":")" + item + '"' + more + '}',
            owner_, 201);
    };
    ask("PUT", "/api/v1/groups/chain", R"({"members":["account:member"]})", owner_, 200);
    const auto end = static_cast<std::uint32_t>(std::time(nullptr)) + 2;
    for (const char* const item : {"order", "REF.SHOWN", "shared", "HS_SECKEY"})
        give("account:grantee", item);
    give("group:chain", "grade");
    give("enterprise:" + other_enterprise_, "yield");
    give("account:late", "offer", R"(,"expires":")" + protocol::format_time(end) + '"');
    give("account:editor", "remark", R"(,"right":"edit")");
    give("account:holder-of-all", "*");
    while (std::time(nullptr) < static_cast<std::time_t>(end))
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
}

/// Somebody who logs in, and shows the key that stands for his account as well.
void PrivacyWorld::add_account(const std::string& name, std::set<For> may_see,
                               std::set<For> granted) {
    HttpsConnection https{node_.https()};
    const protocol::Reference key = key_of(name);
    granted.insert(For::everybody);
    may_see.insert(granted.begin(), granted.end());
    ask("PUT", "/api/v1/accounts/" + name, R"({"identity":"300:)" + key.handle + "\"}", operator_,
        200);
    askers_.push_back({.name = name,
                       .may_see = std::move(may_see),
                       .key_may_see = std::move(granted),
                       .headers = {log_in(https, name, password_of(name)),
                                   basic("300%3A88.9%2F" + name + ':' + secret_of(name))},
                       .key = {.reference = key, .secret = secret_of(name)}});
}

void PrivacyWorld::add_key(const std::string& name, std::set<For> may_see) {
    may_see.insert(For::everybody);
    askers_.push_back({.name = name,
                       .may_see = may_see,
                       .key_may_see = may_see,
                       .headers = {basic("300%3A88.9%2F" + name + ':' + secret_of(name))},
                       .key = {.reference = key_of(name), .secret = secret_of(name)}});
}

/// Makes what the last one shows void: by revoking the token, or by suspending his enterprise.
void PrivacyWorld::log_out(const std::string& name) {
    Asker& asker = askers_.back();
    if (name == "suspended") {
        const auto own = ask("GET", "/api/v1/accounts/" + name, {}, operator_, 200).json();
        ask("POST",
            "/api/v1/enterprises/" + std::string{own.at("enterprise").as_string()} + "/suspend", {},
            operator_, 200);
        asker.may_see.clear();
        return;
    }
    asker.headers.resize(1);
    asker.password.clear();
    ask("POST", "/api/v1/logout", {}, asker.headers.front(), 204);
    asker.may_see.clear();
}

}  // namespace idnode::end_to_end
