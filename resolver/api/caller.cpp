#include "resolver/api/caller.hpp"

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

}  // namespace

std::string Caller::actor() const {
    if (account) return account->name;
    return identity ? to_text(*identity) : std::string{};
}

grants::Granted Caller::granted(const registry::Snapshot& snapshot, std::string_view handle) const {
    return admin::granted_in(snapshot, handle, grantees, now);
}

grants::Granted Caller::granted(const registry::WriteView& view, std::string_view handle) const {
    return admin::granted_in(view, handle, grantees, now);
}

bool Caller::may_change(const admin::ChangeRequest& request, const auth::FindValues& find_values,
                        const protocol::ReferenceList& administrators,
                        const grants::Granted& granted) const {
    if (account && account->administers(owner_of(request.handle))) return true;
    if (!granted.empty() && admin::changes_only_granted(request, find_values, granted)) return true;
    return identity && admin::may_change(*identity, request, find_values, administrators);
}

bool Caller::may_read(std::string_view handle, const protocol::ValueView& value,
                      const auth::FindValues& find_values, const grants::Granted& granted) const {
    if (value.publicly_readable()) return true;
    if (!(value.permissions & protocol::permission::admin_read)) return false;
    if (granted.allows(grants::Right::view, value.type, handle)) return true;
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

std::optional<Caller> find_caller(const registry::Snapshot& snapshot, std::string_view account,
                                  std::string_view identity, std::uint32_t now) {
    Caller caller{.now = now};
    if (!identity.empty()) caller.identity = protocol::parse_reference(identity);
    if (!account.empty()) {
        caller.account = find_account(snapshot, account);
        if (!caller.account || !caller.account->usable()) return std::nullopt;
        caller.grantees =
            grants::find_grantees(snapshot, caller.account->name, caller.account->enterprise);
    }
    if (!caller.known()) return std::nullopt;
    return caller;
}

}  // namespace idnode::resolver::api
