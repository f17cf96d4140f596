#include "resolver/grants/group.hpp"

#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/store.hpp"

namespace idnode::resolver::grants {

using registry::Area;

Group group_from_json(std::string_view json) {
    const auto object = boost::json::parse({json.data(), json.size()}).as_object();
    Group group{.owner = std::string{object.at("owner").as_string()}};
    for (const auto& member : object.at("members").as_array())
        group.members.emplace_back(member.as_string());
    group.deleted = object.contains("deleted");
    return group;
}

std::string to_json(const Group& group) {
    std::string out;
    protocol::JsonWriter writer{out};
    writer.begin_object().key("owner").string(group.owner).key("members").begin_array();
    for (const std::string& member : group.members) writer.string(member);
    writer.end_array();
    if (group.deleted) writer.key("deleted").boolean(true);
    writer.end_object();
    return out;
}

std::vector<registry::Change> changes_to_forget(const registry::Snapshot& snapshot,
                                                std::string_view account) {
    const std::string grantee = "account:" + std::string{account};
    const auto is_it = [&](std::string_view name) { return protocol::equal_folded(name, grantee); };
    std::vector<registry::Change> changes;
    registry::EntryCursor grants{snapshot, Area::grants};
    for (auto entry = grants.seek({}); entry; entry = grants.next())
        if (is_it(entry->key.substr(entry->key.find('\n') + 1)))
            changes.emplace_back(registry::RemoveEntry{Area::grants, std::string{entry->key}});
    const std::string memberships = member_key(grantee, {});
    registry::EntryCursor members{snapshot, Area::groups};
    for (auto entry = members.seek(memberships); entry && entry->key.starts_with(memberships);
         entry = members.next())
        changes.emplace_back(registry::RemoveEntry{Area::groups, std::string{entry->key}});
    const std::string groups = group_key({});
    registry::EntryCursor cursor{snapshot, Area::groups};
    for (auto entry = cursor.seek(groups); entry && entry->key.starts_with(groups);
         entry = cursor.next()) {
        Group group = group_from_json(entry->value);
        const bool owns = is_it(group.owner);
        if (owns) group.owner.clear();
        if (std::erase_if(group.members, is_it) > 0 || owns)
            changes.emplace_back(
                registry::PutEntry{Area::groups, std::string{entry->key}, to_json(group)});
    }
    return changes;
}

}  // namespace idnode::resolver::grants
