#include "resolver/auth/authorize.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;
using protocol::Reference;
using protocol::ReferenceList;
using protocol::Value;
namespace can = protocol::admin_permission;
namespace value_type = protocol::value_type;

bool matches(const Reference& administrator, const Reference& identity) noexcept {
    return (administrator.index == 0 || administrator.index == identity.index) &&
           protocol::equal_folded(administrator.handle, identity.handle);
}

/// Walks through groups, level by level, each of them once.
class GroupWalk {
public:
    GroupWalk(const Reference& identity, const FindValues& find_values)
        : identity_{identity}, find_values_{find_values} {}

    bool finds(ReferenceList level) {
        for (std::size_t depth = 0; !level.empty(); ++depth) {
            const auto is_identity = [&](const Reference& each) {
                return matches(each, identity_);
            };
            if (std::any_of(level.begin(), level.end(), is_identity)) return true;
            if (depth == group_depth_max) return false;
            level = members_of(level);
        }
        return false;
    }

private:
    ReferenceList members_of(const ReferenceList& groups) {
        ReferenceList members;
        for (const Reference& group : groups) {
            // Index 0 stands for any key of a handle, and so for no group.
            if (group.index == 0) continue;
            if (!seen_.emplace(protocol::folded(group.handle), group.index).second) continue;
            for (Reference& member : read_group(group)) {
                if (references_++ == group_references_max) return members;
                members.push_back(std::move(member));
            }
        }
        return members;
    }

    ReferenceList read_group(const Reference& group) {
        const auto* const values = values_of(group.handle);
        if (!values) return {};
        for (const Value& value : *values) {
            if (value.index != group.index) continue;
            if (!protocol::equal_folded(value.type, value_type::hs_vlist)) return {};
            auto members = protocol::decode_reference_list(bytes_of(value.data));
            return members ? std::move(*members) : ReferenceList{};
        }
        return {};
    }

    const std::vector<Value>* values_of(std::string_view handle) {
        std::string key = protocol::folded(handle);
        auto found = handles_.find(key);
        if (found == handles_.end()) {
            if (handles_.size() == group_handles_max) return nullptr;
            found = handles_.emplace(std::move(key), find_values_(handle)).first;
        }
        return found->second ? &*found->second : nullptr;
    }

    const Reference& identity_;
    const FindValues& find_values_;
    std::map<std::string, std::optional<std::vector<Value>>> handles_;
    std::set<std::pair<std::string, std::uint32_t>> seen_;
    std::size_t references_ = 0;
};

/// Whether one record grants the permission.
bool grants(std::string_view record, std::uint16_t permission, const Reference& identity,
            const FindValues& find_values) {
    const auto values = find_values(record);
    if (!values) return false;
    ReferenceList administrators;
    for (const Value& value : *values) {
        if (!protocol::equal_folded(value.type, value_type::hs_admin)) continue;
        const auto admin = protocol::decode_admin(bytes_of(value.data));
        if (admin && (admin->permissions & permission))
            administrators.push_back(admin->administrator);
    }
    return is_among(identity, administrators, find_values);
}

/// The record that grants creating and deleting, and whether it does so for a derived prefix.
struct Above {
    std::string record;
    bool derived;
};

Above above(std::string_view handle) {
    const auto prefix = protocol::registered_prefix(handle);
    if (!prefix) return {protocol::prefix_handle(protocol::prefix_of(handle)), false};
    const std::size_t dot = prefix->rfind('.');
    const std::string_view parent =
        dot == std::string_view::npos ? protocol::prefix_of_prefixes : prefix->substr(0, dot);
    return {protocol::prefix_handle(parent), true};
}

std::uint16_t permission_for(Operation operation) noexcept {
    switch (operation) {
        case Operation::create_handle: return can::add_handle;
        case Operation::delete_handle: return can::delete_handle;
        case Operation::list_handles: return can::list_handles;
        case Operation::list_derived_prefixes: return can::list_handles;
        case Operation::read_values: return can::authorized_read;
        case Operation::add_value: return can::add_value;
        case Operation::remove_value: return can::remove_value;
        case Operation::modify_value: return can::modify_value;
        case Operation::add_admin: return can::add_admin;
        case Operation::remove_admin: return can::remove_admin;
        case Operation::modify_admin: return can::modify_admin;
    }
    return 0;
}

}  // namespace

bool is_among(const Reference& identity, const ReferenceList& administrators,
              const FindValues& find_values) {
    return GroupWalk{identity, find_values}.finds(administrators);
}

bool may(const Reference& identity, Operation operation, std::string_view handle,
         const FindValues& find_values) {
    const std::uint16_t permission = permission_for(operation);
    const bool creates = operation == Operation::create_handle;
    if (!creates && grants(handle, permission, identity, find_values)) return true;
    if (!creates && operation != Operation::delete_handle) return false;
    const auto [record, derived] = above(handle);
    const std::uint16_t of_derived = creates ? can::add_derived_prefix : can::delete_derived_prefix;
    return grants(record, derived ? of_derived : permission, identity, find_values);
}

}  // namespace idnode::resolver::auth
