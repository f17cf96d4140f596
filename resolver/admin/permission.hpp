#pragma once

#include "protocol/handle/handle.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/admin/change_request.hpp"
#include "resolver/admin/exchange.hpp"
#include "resolver/auth/authorize.hpp"
#include "resolver/grants/grant.hpp"

namespace idnode::resolver::admin {

/// All values of a record, by a registry's way to find it: what authentication and authorisation
/// ask of a handle.
template <class Registry>
auth::FindValues find_values_in(Registry& registry) {
    return [&registry](std::string_view handle) -> std::optional<std::vector<protocol::Value>> {
        const auto record = registry.find(handle);
        if (!record) return std::nullopt;
        std::vector<protocol::Value> values;
        record->for_each_value(
            [&](const protocol::ValueView& value) { values.push_back(to_value(value)); });
        return values;
    };
}

/// The same, with the groups that were learned from other nodes in front.
template <class Registry>
auth::FindValues find_values_for(const Exchange& exchange, Registry& registry) {
    return [&exchange, here = find_values_in(registry)](std::string_view handle) {
        const auto learned = exchange.learned.find(protocol::folded(handle));
        return learned == exchange.learned.end() ? here(handle) : std::optional{learned->second};
    };
}

/// Whether somebody who has proven who he is may make this change: by the HS_ADMIN values of the
/// handle or its prefix, value by value where values change. The node's own administrators may
/// change everything, and only they home and unhome prefixes. A handle is replaced by whoever may
/// make each of the differences, or may delete and create it.
bool may_change(const protocol::Reference& identity, const ChangeRequest& request,
                const auth::FindValues& find_values, const protocol::ReferenceList& administrators);

/// The names under which something was granted to whom a proven key stands for.
using FindGrantees = std::function<std::vector<std::string>(const registry::Snapshot& snapshot,
                                                            const protocol::Reference& identity)>;

/// What was granted under the prefix of a handle to somebody with these names.
grants::Granted granted_in(const registry::Snapshot& snapshot, std::string_view handle,
                           const std::vector<std::string>& grantees, std::uint32_t now);
grants::Granted granted_in(const registry::WriteView& view, std::string_view handle,
                           const std::vector<std::string>& grantees, std::uint32_t now);

/// Whether every value that a request would change is of a kind that was granted to edit. A record
/// is neither made nor removed by a grant, and who may read a value is not the grantee's to say.
bool changes_only_granted(const ChangeRequest& request, const auth::FindValues& find_values,
                          const grants::Granted& granted);

}  // namespace idnode::resolver::admin
