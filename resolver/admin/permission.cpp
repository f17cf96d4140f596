#include "resolver/admin/permission.hpp"

#include <algorithm>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::OpCode;
using protocol::Value;

bool is_admin(const Value& value) {
    return protocol::equal_folded(value.type, protocol::value_type::hs_admin);
}

/// Which permissions the change of values takes: for HS_ADMIN, for others, or both.
std::vector<auth::Operation> operations_on_values(const ChangeRequest& request,
                                                  const std::vector<Value>& present) {
    bool any_admin = false;
    bool any_other = false;
    const auto note = [&](const Value& value) { (is_admin(value) ? any_admin : any_other) = true; };
    std::for_each(request.values.begin(), request.values.end(), note);
    for (const Value& value : present) {
        const bool changed =
            std::any_of(request.values.begin(), request.values.end(),
                        [&](const Value& each) { return each.index == value.index; }) ||
            std::find(request.indexes.begin(), request.indexes.end(), value.index) !=
                request.indexes.end();
        if (changed) note(value);
    }
    std::vector<auth::Operation> operations;
    if (any_admin) operations.push_back(auth::operation_on_value(request.op_code, true));
    if (any_other || !any_admin)
        operations.push_back(auth::operation_on_value(request.op_code, false));
    return operations;
}

}  // namespace

bool may_change(const protocol::Reference& identity, const ChangeRequest& request,
                const auth::FindValues& find_values,
                const protocol::ReferenceList& administrators) {
    const auto may = [&](auth::Operation operation) {
        return auth::may(identity, operation, request.handle, find_values);
    };
    switch (request.op_code) {
        case OpCode::home_prefix:
        case OpCode::unhome_prefix: return auth::is_among(identity, administrators, find_values);
        case OpCode::delete_handle: return may(auth::Operation::delete_handle);
        case OpCode::create_handle: {
            const bool replaces = request.overwrite && find_values(request.handle);
            return may(auth::Operation::create_handle) &&
                   (!replaces || may(auth::Operation::delete_handle));
        }
        default: break;
    }
    const auto operations =
        operations_on_values(request, find_values(request.handle).value_or(std::vector<Value>{}));
    return std::all_of(operations.begin(), operations.end(), may);
}

}  // namespace idnode::resolver::admin
