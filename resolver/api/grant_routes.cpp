#include <algorithm>
#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/enterprises/enterprise.hpp"
#include "resolver/grants/group.hpp"

namespace idnode::resolver::api {
namespace {

using grants::Grant;
using grants::Group;
using grants::Right;
using protocol::JsonWriter;
using protocol::ResponseCode;
using registry::Area;

void submit(const Pending& call, const Services& services, registry::Decide decide, unsigned status,
            std::string body) {
    write(call, services, std::move(decide), [call, status, body = std::move(body)] {
        if (body.empty()) return call->finish({.status = status});
        call->finish_json(body, status);
    });
}

registry::ChangeSet set_of(const Call& call) { return {.changes = {}, .origin = origin_of(call)}; }

// Grants

struct Granting {
    std::string prefix;
    std::string grantee;
    Grant grant;
};

protocol::Parsed<Granting> parse_granting(const boost::json::value& json) {
    const protocol::Place place{.name = {}};
    protocol::FieldReader fields{
        json, place, {"prefix", "grantee", "item", "right", "expires", "handle"}};
    Granting read{.prefix = fields.text("prefix"), .grantee = fields.text("grantee"), .grant = {}};
    read.grant.item = fields.text("item");
    if (!fields.failed() && protocol::find_prefix_fault(read.prefix))
        fields.fail("prefix", "a prefix", fields.find("prefix"));
    if (!fields.failed() && !grants::is_grantee(read.grantee))
        fields.fail("grantee", "account:NAME, enterprise:ID or group:NAME", fields.find("grantee"));
    if (!fields.failed() && (read.grant.item.empty() || read.grant.item.size() > 255))
        fields.fail("item", "the type of values, or *", fields.find("item"));
    if (const auto* const handle = fields.find("handle")) {
        read.grant.handle = fields.text_of(*handle, "handle");
        if (protocol::find_handle_fault(read.grant.handle) ||
            !protocol::equal_folded(protocol::prefix_of(read.grant.handle), read.prefix))
            fields.fail("handle", "one under the prefix", handle);
    }
    const auto* const right = fields.find("right");
    const std::string word = right ? fields.text_of(*right, "right") : "view";
    if (word != "view" && word != "edit") fields.fail("right", "view or edit", right);
    read.grant.right = word == "edit" ? Right::edit : Right::view;
    if (const auto* const expires = fields.find("expires")) {
        const auto time = protocol::parse_time(fields.text_of(*expires, "expires"));
        if (!time) fields.fail("expires", "a time such as 2026-11-23T05:44:04Z", expires);
        read.grant.expires = time.value_or(0);
    }
    if (fields.failed()) return fields.error();
    return read;
}

/// Whether the grantee is anybody.
bool is_there(const registry::WriteView& view, std::string_view grantee) {
    const std::string_view name = grantee.substr(grantee.find(':') + 1);
    if (grantee.starts_with("account:"))
        return view.entry(Area::accounts, protocol::folded(name)).has_value();
    if (grantee.starts_with("group:")) {
        const auto stored = view.entry(Area::groups, grants::group_key(name));
        return stored && !grants::group_from_json(*stored).deleted;
    }
    const auto stored = view.entry(Area::enterprises, name);
    return stored && enterprises::enterprise_from_json(*stored);
}

bool administers(const Caller& caller, std::string_view prefix) {
    return caller.account && caller.account->administers(prefix);
}

Fault not_yours() {
    return {.status = 403,
            .message = "Only who administers the prefix grants what stands under it"};
}

std::string shown(const Granting& granting) {
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("prefix").string(granting.prefix);
    writer.key("grantee").string(granting.grantee).key("item").string(granting.grant.item);
    writer.key("right").string(name_of(granting.grant.right));
    if (!granting.grant.handle.empty()) writer.key("handle").string(granting.grant.handle);
    if (granting.grant.expires > 0)
        writer.key("expires").string(protocol::format_time(granting.grant.expires));
    writer.end_object();
    return out;
}

/// In place of what was granted of the same item, and handle, to the same grantee.
void give(registry::Lookup&, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto parsed = parse_granting(std::get<boost::json::value>(json));
    if (!parsed) return call->fail(fault_of(parsed.error()));
    if (!administers(call->caller, parsed->prefix)) return call->fail(not_yours());
    const std::uint32_t expires = parsed->grant.expires;
    if (expires != 0 && expires <= services.clock.now())
        return call->fail(
            {.message = "expires: expected a time to come, found " + protocol::format_time(expires),
             .field = "expires"});
    submit(
        call, services,
        [call, asked = *parsed](const registry::WriteView& view) -> registry::Decision {
            if (!is_there(view, asked.grantee))
                return registry::Refusal{
                    ResponseCode::invalid_value,
                    "grantee: expected somebody known here, found " + asked.grantee};
            const std::string key = grants::grant_key(asked.prefix, asked.grantee);
            const auto stored = view.entry(Area::grants, key);
            auto list = stored ? grants::grants_from_json(*stored) : std::vector<Grant>{};
            std::erase_if(list, [&](const Grant& each) {
                return protocol::equal_folded(each.item, asked.grant.item) &&
                       protocol::equal_folded(each.handle, asked.grant.handle);
            });
            if (list.size() >= grants::grants_max)
                return registry::Refusal{ResponseCode::invalid_value,
                                         "item: expected at most 1000 grants to one grantee"};
            list.push_back(asked.grant);
            auto set = set_of(*call);
            set.changes.emplace_back(registry::PutEntry{Area::grants, key, to_json(list)});
            return set;
        },
        201, shown(*parsed));
}

void revoke(registry::Lookup&, const Pending& call, const Services& services) {
    const std::string prefix{call->target.value("prefix")};
    const std::string grantee{call->target.value("grantee")};
    const std::string item{call->target.value("item")};
    const std::string handle{call->target.value("handle")};
    if (!administers(call->caller, prefix)) return call->fail(not_yours());
    if (protocol::find_prefix_fault(prefix) || !grants::is_grantee(grantee))
        return call->fail({.message = "grantee: expected account:NAME, enterprise:ID or group:NAME",
                           .field = "grantee"});
    submit(
        call, services,
        [call, key = grants::grant_key(prefix, grantee), item,
         handle](const registry::WriteView& view) -> registry::Decision {
            const auto stored = view.entry(Area::grants, key);
            auto list = stored ? grants::grants_from_json(*stored) : std::vector<Grant>{};
            const auto count = std::erase_if(list, [&](const Grant& each) {
                return (item.empty() || protocol::equal_folded(each.item, item)) &&
                       (handle.empty() || protocol::equal_folded(each.handle, handle));
            });
            if (count == 0)
                return registry::Refusal{ResponseCode::handle_not_found, "There is no such grant"};
            auto set = set_of(*call);
            if (list.empty())
                set.changes.emplace_back(registry::RemoveEntry{Area::grants, key});
            else
                set.changes.emplace_back(registry::PutEntry{Area::grants, key, to_json(list)});
            return set;
        },
        204, {});
}

/// As it can be asked for: keys have no small letters, and ids of enterprises no others.
std::string grantee_of(std::string_view key) {
    std::string grantee{key};
    for (char& c : grantee)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return grantee;
}

/// Those of a prefix.
void list_grants(registry::Lookup& lookup, const Pending& call) {
    const std::string prefix{call->target.value("prefix")};
    const auto& own = call->caller.account;
    if (!own || !(own->administers(prefix) || own->reads_everything()))
        return call->fail(not_yours());
    if (protocol::find_prefix_fault(prefix))
        return call->fail({.message = "prefix: expected a prefix", .field = "prefix"});
    const EntryList list{.area = Area::grants,
                         .stem = grants::grant_key(prefix, {}),
                         .open = R"({"grants":[)",
                         .close = "]}"};
    finish_page(lookup, call, list, [&](std::string& out, const registry::EntryView& entry) {
        const auto granted = grants::grants_from_json(entry.value);
        for (const Grant& grant : granted)
            (out += &grant == granted.data() ? "" : ",")
                .append(shown({prefix, grantee_of(entry.key.substr(list.stem.size())), grant}));
        return !granted.empty();
    });
}

// Groups of partners

/// A group belongs to the enterprise, or the account, that made it; others may grant to it.
std::string owner_of(const Account& account) {
    return account.enterprise.empty() ? "account:" + account.name
                                      : "enterprise:" + account.enterprise;
}

bool may_manage(const Caller& caller) {
    return caller.account && (caller.account->role == Role::operator_ ||
                              caller.account->role == Role::enterprise_administrator);
}

/// As many as count, so that nobody can displace a member's groups by others.
bool is_in_too_many(const registry::WriteView& view, const std::string& member) {
    std::size_t count = 0;
    view.for_each_entry(Area::groups, grants::member_key(member, {}),
                        [&](const auto&) { return ++count < grants::groups_of_member_max; });
    return count >= grants::groups_of_member_max;
}

/// Puts the group into the place of the one before.
registry::Decision decide_group(const registry::WriteView& view, const Call& call,
                                const std::string& name, Group group) {
    const std::string key = grants::group_key(name);
    const auto stored = view.entry(Area::groups, key);
    const Account& account = *call.caller.account;
    auto set = set_of(call);
    const Group before = stored ? grants::group_from_json(*stored) : Group{.deleted = true};
    if (stored && !protocol::equal_folded(before.owner, owner_of(account)) &&
        account.role != Role::operator_)
        return registry::Refusal{ResponseCode::access_denied, "The group is somebody else's"};
    if (before.deleted && group.deleted)
        return registry::Refusal{ResponseCode::handle_not_found, "There is no such group"};
    if (stored) group.owner = before.owner;
    for (const std::string& member : before.members)
        set.changes.emplace_back(
            registry::RemoveEntry{Area::groups, grants::member_key(member, name)});
    for (const std::string& member : group.members) {
        if (!is_there(view, member))
            return registry::Refusal{ResponseCode::invalid_value,
                                     "members: expected somebody known here, found " + member};
        const std::string membership = grants::member_key(member, name);
        if (!view.entry(Area::groups, membership) && is_in_too_many(view, member))
            return registry::Refusal{ResponseCode::invalid_value,
                                     "members: expected members of at most " +
                                         std::to_string(grants::groups_of_member_max) +
                                         " groups, found " + member};
        set.changes.emplace_back(registry::PutEntry{Area::groups, membership, "1"});
    }
    set.changes.emplace_back(registry::PutEntry{Area::groups, key, to_json(group)});
    return set;
}

void put_group(registry::Lookup&, const Pending& call, const Services& services) {
    if (!may_manage(call->caller))
        return call->fail({.status = 403, .message = "Only administrators make groups"});
    if (find_account_name_fault(call->argument))
        return call->fail({.message = "group: expected 1 to 64 letters, digits, '.', '_', '-' or "
                                      "'@'",
                           .field = "group"});
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto* const object = std::get<boost::json::value>(json).if_object();
    const auto* const field = object ? object->if_contains("members") : nullptr;
    const auto* const list = field ? field->if_array() : nullptr;
    if (!list || list->size() > grants::members_max)
        return call->fail(
            {.message = "members: expected a list of at most 1000", .field = "members"});
    Group group{.owner = owner_of(*call->caller.account)};
    for (const auto& each : *list) {
        const std::string member = each.is_string() ? std::string{each.get_string()} : "";
        if (!grants::is_grantee(member) || member.starts_with("group:"))
            return call->fail({.message = "members[" + std::to_string(group.members.size()) +
                                          "]: expected account:NAME or enterprise:ID",
                               .field = "members"});
        group.members.push_back(member);
    }
    submit(
        call, services,
        [call, group](const registry::WriteView& view) {
            return decide_group(view, *call, call->argument, group);
        },
        200, to_json(group));
}

void delete_group(registry::Lookup&, const Pending& call, const Services& services) {
    if (!may_manage(call->caller))
        return call->fail({.status = 403, .message = "Only administrators make groups"});
    if (find_account_name_fault(call->argument))
        return call->fail({.status = 404, .message = "There is no such group"});
    submit(call, services,
           [call](const registry::WriteView& view) {
               return decide_group(view, *call, call->argument, {.deleted = true});
           },
           204, {});
}

void show_group(registry::Lookup& lookup, const Pending& call) {
    const auto stored =
        find_account_name_fault(call->argument)
            ? std::nullopt
            : find_entry(lookup.snapshot(), Area::groups, grants::group_key(call->argument));
    if (!stored || grants::group_from_json(*stored).deleted)
        return call->fail({.status = 404, .message = "There is no such group"});
    const auto& account = call->caller.account;
    if (!account ||
        !(account->reads_everything() ||
          protocol::equal_folded(grants::group_from_json(*stored).owner, owner_of(*account))))
        return call->fail({.status = 403, .message = "The group is somebody else's"});
    call->finish_json(std::string{*stored});
}

}  // namespace

void add_grant_routes(std::vector<Route>& routes, const Services& services) {
    const auto bound = [&services](auto answer) {
        return [&services, answer](registry::Lookup& lookup, const Pending& call) {
            answer(lookup, call, services);
        };
    };
    routes.push_back({"GET", "/api/v1/grants", Access::identified, list_grants});
    routes.push_back({"POST", "/api/v1/grants", Access::identified, bound(give)});
    routes.push_back({"DELETE", "/api/v1/grants", Access::identified, bound(revoke)});
    routes.push_back({"GET", "/api/v1/groups/*", Access::identified, show_group});
    routes.push_back({"PUT", "/api/v1/groups/*", Access::identified, bound(put_group)});
    routes.push_back({"DELETE", "/api/v1/groups/*", Access::identified, bound(delete_group)});
}

}  // namespace idnode::resolver::api
