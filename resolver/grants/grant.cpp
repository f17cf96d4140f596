#include "resolver/grants/grant.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/store.hpp"

namespace idnode::resolver::grants {
namespace {

using registry::Area;

std::vector<Grant> read_grants(std::string_view json) {
    std::vector<Grant> grants;
    const auto list = boost::json::parse({json.data(), json.size()});
    for (const auto& each : list.as_array()) {
        Grant grant{.item = std::string{each.at("item").as_string()}};
        grant.right = each.at("right").as_string() == "edit" ? Right::edit : Right::view;
        grant.expires = each.at("expires").to_number<std::uint32_t>();
        if (const auto* const handle = each.as_object().if_contains("handle"))
            grant.handle = handle->as_string();
        grants.push_back(std::move(grant));
    }
    return grants;
}

/// Who could read or write them could become somebody else.
bool is_never_granted(std::string_view type) noexcept {
    return protocol::equal_folded(type.substr(0, 3), "HS_");
}

void add_groups(const registry::Snapshot& snapshot, const std::string& member,
                std::vector<std::string>& grantees) {
    const std::string start = member_key(member, {});
    registry::EntryCursor cursor{snapshot, Area::groups};
    std::size_t count = 0;
    for (auto entry = cursor.seek(start); entry && count < groups_of_member_max;
         entry = cursor.next(), ++count) {
        if (!entry->key.starts_with(start)) break;
        grantees.push_back("group:" + std::string{entry->key.substr(start.size())});
    }
}

}  // namespace

std::string_view name_of(Right right) noexcept { return right == Right::edit ? "edit" : "view"; }

bool is_grantee(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    return colon != text.npos && colon + 1 < text.size() && text.size() <= grantee_size_max &&
           text.find('\n') == text.npos && protocol::is_utf8(text) &&
           (kind == "account" || kind == "enterprise" || kind == "group");
}

std::string grant_key(std::string_view prefix, std::string_view grantee) {
    return protocol::folded(prefix).append("\n").append(protocol::folded(grantee));
}

std::string group_key(std::string_view name) { return "group\n" + protocol::folded(name); }

std::string member_key(std::string_view member, std::string_view group) {
    return "member\n" + protocol::folded(member) + "\n" + protocol::folded(group);
}

std::string to_json(const std::vector<Grant>& grants) {
    std::string text;
    protocol::JsonWriter writer{text};
    writer.begin_array();
    for (const Grant& grant : grants) {
        writer.begin_object().key("item").string(grant.item);
        writer.key("right").string(name_of(grant.right));
        writer.key("expires").number(grant.expires);
        if (!grant.handle.empty()) writer.key("handle").string(grant.handle);
        writer.end_object();
    }
    writer.end_array();
    return text;
}

std::vector<Grant> grants_from_json(std::string_view json) {
    try {
        return read_grants(json);
    } catch (const std::exception&) {
        return {};  // what is damaged grants nothing
    }
}

std::vector<std::string> find_grantees(const registry::Snapshot& snapshot, std::string_view account,
                                       std::string_view enterprise) {
    std::vector<std::string> grantees;
    if (!account.empty()) grantees.push_back("account:" + std::string{account});
    if (!enterprise.empty()) grantees.push_back("enterprise:" + std::string{enterprise});
    for (std::size_t at = 0, own = grantees.size(); at < own; ++at)
        add_groups(snapshot, std::string{grantees[at]}, grantees);
    return grantees;
}

std::string own_items_stem(std::string_view prefix) { return protocol::folded(prefix) + "\n"; }

Granted::Granted(const Reading& registry, std::string_view prefix,
                 const std::vector<std::string>& grantees, std::uint32_t now) {
    if (prefix.size() > protocol::prefix_size_max) return;
    for (const std::string& grantee : grantees) {
        if (grantee.size() > grantee_size_max) continue;
        const auto stored = registry.find(Area::grants, grant_key(prefix, grantee));
        if (!stored) continue;
        for (Grant& grant : grants_from_json(*stored)) {
            if (grant.expires != 0 && grant.expires <= now) continue;
            if (grant.expires != 0) until_ = std::min(until_, grant.expires);
            grants_.push_back(std::move(grant));
        }
    }
    if (std::ranges::find(grants_, "*", &Grant::item) == grants_.end()) return;
    for (const std::string_view owner : {prefix, std::string_view{}})
        registry.for_each(Area::own_items, own_items_stem(owner),
                          [&](const registry::EntryView& entry) {
                              own_.emplace_back(entry.value);
                              return true;
                          });
    std::ranges::sort(own_);
}

bool Granted::is_own(std::string_view type) const {
    return !own_.empty() && std::ranges::binary_search(own_, protocol::folded(type));
}

bool Granted::allows(Right right, std::string_view type, std::string_view handle) const {
    if (grants_.empty() || is_never_granted(type)) return false;
    return std::ranges::any_of(grants_, [&](const Grant& grant) {
        return (right == Right::view || grant.right == Right::edit) &&
               (grant.handle.empty() || protocol::equal_folded(grant.handle, handle)) &&
               (grant.item == "*" ? !is_own(type) : protocol::equal_folded(grant.item, type));
    });
}

}  // namespace idnode::resolver::grants
