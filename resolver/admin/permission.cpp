#include "resolver/admin/permission.hpp"

#include <algorithm>
#include <set>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::OpCode;
using protocol::Value;

bool is_admin(const Value& value) {
    return protocol::equal_folded(value.type, protocol::value_type::hs_admin);
}

using Operations = std::set<auth::Operation>;

void note_added(const Value& value, Operations& operations) {
    operations.insert(is_admin(value) ? auth::Operation::add_admin : auth::Operation::add_value);
}

void note_removed(const Value& value, Operations& operations) {
    operations.insert(is_admin(value) ? auth::Operation::remove_admin
                                      : auth::Operation::remove_value);
}

/// Making an administrator of something else, or the other way round, is removing and adding.
void note_replaced(const Value& before, const Value& after, Operations& operations) {
    if (is_admin(before) == is_admin(after)) {
        operations.insert(is_admin(before) ? auth::Operation::modify_admin
                                           : auth::Operation::modify_value);
    } else {
        note_removed(before, operations);
        note_added(after, operations);
    }
}

/// What op codes 102 to 104 do to a record: what it does counts, not how it is asked for.
Operations operations_on_values(const ChangeRequest& request, const std::vector<Value>& present) {
    Operations operations;
    for (const std::uint32_t index : request.indexes)
        if (const Value* const value = find_index(present, index)) note_removed(*value, operations);
    for (const Value& value : request.values) {
        const Value* const before = find_index(present, value.index);
        before ? note_replaced(*before, value, operations) : note_added(value, operations);
    }
    if (operations.empty()) operations.insert(auth::Operation::remove_value);
    return operations;
}

bool is_same(const Value& before, Value after) {
    after.timestamp = before.timestamp;
    return before == after;
}

/// What replacing a record by another does to its values; nothing when one of them is not for
/// administrators to change.
std::optional<Operations> operations_of_replacing(const std::vector<Value>& before,
                                                  const std::vector<Value>& after) {
    Operations operations;
    for (const Value& value : before) {
        const Value* const kept = find_index(after, value.index);
        if (kept && is_same(value, *kept)) continue;
        if (!may_be_changed(value)) return std::nullopt;
        kept ? note_replaced(value, *kept, operations) : note_removed(value, operations);
    }
    for (const Value& value : after)
        if (!find_index(before, value.index)) note_added(value, operations);
    return operations;
}

/// Whether a value is there as it is wanted, but for its time.
bool same_but_time(const protocol::Value& left, protocol::Value right) {
    right.timestamp = left.timestamp;
    return left == right;
}

}  // namespace

bool may_change(const protocol::Reference& identity, const ChangeRequest& request,
                const auth::FindValues& find_values,
                const protocol::ReferenceList& administrators) {
    const auto may = [&](auth::Operation operation) {
        return auth::may(identity, operation, request.handle, find_values);
    };
    if (auth::is_among(identity, administrators, find_values)) return true;
    switch (request.op_code) {
        case OpCode::home_prefix:
        case OpCode::unhome_prefix: return false;
        case OpCode::delete_handle: return may(auth::Operation::delete_handle);
        default: break;
    }
    const auto before = find_values(request.handle);
    if (request.op_code != OpCode::create_handle)
        return std::ranges::all_of(
            operations_on_values(request, before.value_or(std::vector<Value>{})), may);
    if (!before) return may(auth::Operation::create_handle);
    const auto operations = operations_of_replacing(*before, request.values);
    if (operations && !operations->empty() && std::ranges::all_of(*operations, may)) return true;
    return may(auth::Operation::create_handle) && may(auth::Operation::delete_handle);
}

grants::Granted granted_in(const registry::Snapshot& snapshot, std::string_view handle,
                           const std::vector<std::string>& grantees, std::uint32_t now) {
    if (grantees.empty()) return {};
    const grants::Reading reading{
        .find = [&](registry::Area area,
                    std::string_view key) { return find_entry(snapshot, area, key); },
        .for_each =
            [&](registry::Area area, std::string_view stem, const auto& visit) {
                registry::EntryCursor cursor{snapshot, area};
                for (auto entry = cursor.seek(stem); entry && entry->key.starts_with(stem);
                     entry = cursor.next())
                    if (!visit(*entry)) return;
            }};
    return {reading, protocol::prefix_of(handle), grantees, now};
}

grants::Granted granted_in(const registry::WriteView& view, std::string_view handle,
                           const std::vector<std::string>& grantees, std::uint32_t now) {
    if (grantees.empty()) return {};
    const grants::Reading reading{
        .find = [&](registry::Area area, std::string_view key) { return view.entry(area, key); },
        .for_each = [&](registry::Area area, std::string_view stem,
                        const auto& visit) { view.for_each_entry(area, stem, visit); }};
    return {reading, protocol::prefix_of(handle), grantees, now};
}

bool changes_only_granted(const ChangeRequest& request, const auth::FindValues& find_values,
                          const grants::Granted& granted) {
    using protocol::OpCode;
    const auto before = find_values(request.handle);
    const bool replaces = request.op_code == OpCode::create_handle && request.overwrite;
    const bool of_values = request.op_code == OpCode::add_value ||
                           request.op_code == OpCode::modify_value ||
                           request.op_code == OpCode::remove_value;
    if (!before || !(replaces || of_values)) return false;
    if (request.op_code != OpCode::remove_value && request.values.empty()) return false;
    const auto may_edit = [&](const protocol::Value& value) {
        return granted.allows(grants::Right::edit, value.type, request.handle);
    };
    // Nobody changes what administrators may not write by replacing the record around it.
    const auto may_let_go = [&](const protocol::Value& value) {
        return may_edit(value) && may_be_changed(value);
    };
    for (const protocol::Value& value : request.values) {
        const auto* const present = find_index(*before, value.index);
        if (present && same_but_time(*present, value)) continue;
        if (!may_edit(value)) return false;
        if (present && (!may_let_go(*present) || present->permissions != value.permissions))
            return false;
    }
    for (const protocol::Value& value : *before) {
        const bool removed = replaces ? !find_index(request.values, value.index)
                                      : std::ranges::count(request.indexes, value.index) > 0;
        if (removed && !may_let_go(value)) return false;
    }
    return true;
}

}  // namespace idnode::resolver::admin
