#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/pages.hpp"
#include "resolver/api/snms.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::ResponseCode;
using registry::Area;
using templates::Template;

/// The same in the words of either interface.
std::string said(const Call& call, std::string_view english, std::string_view chinese) {
    return std::string{call.dialect == Dialect::snms ? chinese : english};
}

void answer(const Pending& call, std::string data, unsigned status) {
    if (call->dialect != Dialect::snms) return call->finish_json(std::move(data), status);
    call->finish_json(std::string{snms_success}.append(data).append("}"));
}

std::variant<Template, Fault> read_template(const Call& call) {
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    auto parsed = templates::parse_template(std::get<boost::json::value>(json));
    if (!parsed) return fault_of(parsed.error());
    return std::move(*parsed);
}

/// Templates for every prefix are the operator's.
bool may_publish(const Caller& caller, std::string_view prefix) {
    return caller.account && (caller.account->role == Role::operator_ ||
                              (!prefix.empty() && caller.account->administers(prefix)));
}

/// Decides in the transaction what is stored in place of what is stored, if that is something.
using Decided = std::variant<std::vector<registry::Change>, registry::Refusal>;
using DecideTemplate =
    std::function<Decided(const registry::WriteView& view, std::optional<std::string_view> stored)>;

struct Key {
    std::string prefix;
    std::string version;
};

void write(const Pending& call, const Services& services, const Key& key, DecideTemplate decide,
           unsigned status, std::shared_ptr<const std::string> data) {
    if (!may_publish(call->caller, key.prefix))
        return call->fail(
            {.status = 403,
             .message = said(*call, "Only who administers the prefix publishes its templates",
                             "没有权限：只有前缀的管理者可以管理模板"),
             .code = ResponseCode::access_denied});
    write(
        call, services,
        [call, decide = std::move(decide), at = templates::template_key(key.prefix, key.version)](
            const registry::WriteView& view) -> registry::Decision {
            Decided decided = decide(view, view.entry(Area::templates, at));
            if (auto* const refusal = std::get_if<registry::Refusal>(&decided))
                return std::move(*refusal);
            return registry::ChangeSet{.changes = std::get<0>(std::move(decided)),
                                       .origin = origin_of(*call)};
        },
        [call, status, data = std::move(data)] { answer(call, *data, status); });
}

registry::Refusal too_many_own_items(const Call& call) {
    return {ResponseCode::invalid_value,
            said(call, "items: expected at most 1000 of visibility own under a prefix",
                 "数据项：同一前缀下可见性为own的数据项最多1000个")};
}

registry::Refusal unknown(const Call& call) {
    return {ResponseCode::handle_not_found, said(call, "There is no such template", "模板不存在")};
}

void create_template(registry::Lookup&, const Pending& call, const Services& services) {
    auto read = read_template(*call);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    const auto& made = std::get<Template>(read);
    write(
        call, services, {made.prefix, made.version},
        [call, made](const registry::WriteView& view,
                     std::optional<std::string_view> stored) -> Decided {
            // Records of the prefix may name the one that stands for every prefix already.
            if (stored || view.entry(Area::templates, templates::template_key({}, made.version)))
                return registry::Refusal{ResponseCode::handle_already_exists,
                                         said(*call, "The version exists already: it cannot change",
                                              "模板版本已存在，不可修改")};
            if (has_too_many_own_items(view, made)) return too_many_own_items(*call);
            std::vector<registry::Change> changes;
            templates::publish(made, changes);
            return changes;
        },
        201, std::make_shared<std::string>(templates::to_json(made)));
}

std::optional<Template> template_in(std::string_view stored) {
    auto parsed = templates::parse_template(boost::json::parse({stored.data(), stored.size()}));
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

void extend_template(registry::Lookup&, const Pending& call, const Services& services) {
    auto read = read_template(*call);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    const auto& added = std::get<Template>(read);
    const auto extended = std::make_shared<std::string>();
    write(
        call, services, {added.prefix, added.version},
        [call, added, extended](const registry::WriteView& view,
                                std::optional<std::string_view> stored) -> Decided {
            const auto before = stored ? template_in(*stored) : std::nullopt;
            if (!before) return unknown(*call);
            auto after = templates::extend(*before, added);
            if (!after)
                return registry::Refusal{ResponseCode::invalid_value, after.error().message()};
            std::vector<registry::Change> changes;
            if (has_too_many_own_items(view, added)) return too_many_own_items(*call);
            templates::keep(*after, changes);
            *extended = templates::to_json(*after);
            return changes;
        },
        200, extended);
}

/// Prefix and version, in the query or in the body.
std::variant<Key, Fault> read_key(const Call& call) {
    Key key{std::string{call.target.value("prefix")}, std::string{call.target.value("version")}};
    if (!key.version.empty()) return key;
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const auto* const object = std::get<boost::json::value>(json).if_object();
    const auto text = [&](std::string_view name) {
        const auto* const field = object ? object->if_contains(name) : nullptr;
        return field && field->is_string() ? std::string{field->get_string()} : std::string{};
    };
    key = {text("prefix"), text("version")};
    if (key.version.empty())
        return Fault{.message = "version: expected one of a template", .field = "version"};
    return key;
}

bool is_too_long(const Key& key) {
    return key.prefix.size() > protocol::prefix_size_max ||
           key.version.size() > templates::version_size_max;
}

void delete_template(registry::Lookup&, const Pending& call, const Services& services) {
    auto read = read_key(*call);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    const auto& key = std::get<Key>(read);
    if (is_too_long(key)) return call->fail({.message = "version: expected at most 64 octets"});
    write(
        call, services, key,
        [call, at = templates::template_key(key.prefix, key.version)](
            const registry::WriteView& view, std::optional<std::string_view> stored) -> Decided {
            if (!stored) return unknown(*call);
            if (templates::is_in_use(view, at))
                return registry::Refusal{
                    ResponseCode::handle_already_exists,
                    said(*call,
                         "version: expected one that no record has named, found one in use: "
                         "publish another version, and disable items of this one",
                         "模板版本已被标识使用，不可删除；可发布新版本，或停用其中的数据项")};
            const auto removed = template_in(*stored);
            if (!removed) return unknown(*call);
            std::vector<registry::Change> changes;
            templates::remove(*removed, changes);
            return changes;
        },
        200, std::make_shared<std::string>("null"));
}

/// Those of a prefix, or all, page by page; with a version that one.
void answer_templates(registry::Lookup& lookup, const Pending& call) {
    const Key key{std::string{call->target.value("prefix")},
                  std::string{call->target.value("version")}};
    if (is_too_long(key)) return call->fail({.message = "version: expected at most 64 octets"});
    if (!key.version.empty()) {
        for (const std::string_view owner : {std::string_view{key.prefix}, std::string_view{}}) {
            const auto stored = find_entry(lookup.snapshot(), Area::templates,
                                           templates::template_key(owner, key.version));
            if (stored) return answer(call, std::string{*stored}, 200);
        }
        return call->fail(
            {.status = 404, .message = said(*call, "There is no such template", "模板不存在")});
    }
    EntryList list{.area = Area::templates};
    if (call->target.has("prefix")) list.stem = templates::template_key(key.prefix, {});
    const std::string open = std::string{snms_success} + '[';
    if (call->dialect == Dialect::snms) {
        list.open = open;
        list.close = "]}";
    }
    finish_page(lookup, call, list, [](std::string& out, const registry::EntryView& entry) {
        out += entry.value;
        return true;
    });
}

}  // namespace

void add_template_routes(std::vector<Route>& routes, const Services& services) {
    const auto bound = [&services](auto answer_by) {
        return [&services, answer_by](registry::Lookup& lookup, const Pending& call) {
            answer_by(lookup, call, services);
        };
    };
    for (const std::string_view path :
         {"/snms/api/v5/template", "/snms/api/v3/template", "/api/v1/templates"}) {
        routes.push_back({"GET", path, Access::anyone, answer_templates});
        routes.push_back({"POST", path, Access::identified, bound(create_template)});
        routes.push_back({"DELETE", path, Access::identified, bound(delete_template)});
        if (path == "/snms/api/v3/template") continue;
        routes.push_back({"PUT", path, Access::identified, bound(extend_template)});
    }
}

}  // namespace idnode::resolver::api
