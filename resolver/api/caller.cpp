#include "resolver/api/caller.hpp"

#include <algorithm>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "resolver/admin/permission.hpp"

namespace idnode::resolver::api {
namespace {

bool is_secret(const protocol::ValueView& value) noexcept {
    return protocol::equal_folded(value.type, protocol::value_type::hs_seckey);
}

/// The prefix whose owner a handle belongs to: for `0.NA/…` the prefix that it registers, which
/// only the operator changes.
std::string_view owner_of(std::string_view handle) noexcept { return protocol::prefix_of(handle); }

/// Whether a value is there as it is wanted, but for its time.
bool same_but_time(const protocol::Value& left, protocol::Value right) {
    right.timestamp = left.timestamp;
    return left == right;
}

/// Whether every value that would differ is of a kind that he was granted to edit. A record is
/// neither made nor removed by a grant, and who may read a value is not his to say.
bool changes_only_granted(const admin::ChangeRequest& request, const auth::FindValues& find_values,
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
        return granted.allows(grants::Right::edit, value.type);
    };
    for (const protocol::Value& value : request.values) {
        const auto* const present = admin::find_index(*before, value.index);
        if (present && same_but_time(*present, value)) continue;
        if (!may_edit(value)) return false;
        if (present && (!may_edit(*present) || present->permissions != value.permissions))
            return false;
    }
    for (const protocol::Value& value : *before) {
        const bool removed = replaces ? !admin::find_index(request.values, value.index)
                                      : std::ranges::count(request.indexes, value.index) > 0;
        if (removed && !may_edit(value)) return false;
    }
    return true;
}

}  // namespace

std::string Caller::actor() const {
    if (account) return account->name;
    return identity ? to_text(*identity) : std::string{};
}

grants::Granted Caller::granted(const registry::Snapshot& snapshot, std::string_view handle) const {
    if (grantees.empty()) return {};
    return {
        [&](registry::Area area, std::string_view key) { return find_entry(snapshot, area, key); },
        owner_of(handle), grantees, now};
}

grants::Granted Caller::granted(const registry::WriteView& view, std::string_view handle) const {
    if (grantees.empty()) return {};
    return {[&](registry::Area area, std::string_view key) { return view.entry(area, key); },
            owner_of(handle), grantees, now};
}

bool Caller::may_change(const admin::ChangeRequest& request, const auth::FindValues& find_values,
                        const protocol::ReferenceList& administrators,
                        const grants::Granted& granted) const {
    if (account && account->administers(owner_of(request.handle))) return true;
    if (!granted.empty() && changes_only_granted(request, find_values, granted)) return true;
    return identity && admin::may_change(*identity, request, find_values, administrators);
}

bool Caller::may_read(std::string_view handle, const protocol::ValueView& value,
                      const auth::FindValues& find_values, const grants::Granted& granted) const {
    if (value.publicly_readable()) return true;
    if (!(value.permissions & protocol::permission::admin_read)) return false;
    if (granted.allows(grants::Right::view, value.type)) return true;
    if (account && account->administers(owner_of(handle))) return true;
    // Who could read a secret key could become its owner, and change what he may not.
    if (account && account->reads_everything() && !is_secret(value)) return true;
    return identity && auth::may(*identity, auth::Operation::read_values, handle, find_values);
}

bool Caller::may_list(std::string_view prefix, const auth::FindValues& find_values) const {
    if (account && (account->administers(prefix) || account->reads_everything())) return true;
    return identity && auth::may(*identity, auth::Operation::list_handles,
                                 protocol::prefix_handle(prefix), find_values);
}

}  // namespace idnode::resolver::api
