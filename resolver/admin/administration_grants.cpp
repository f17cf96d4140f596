#include "resolver/admin/administration.hpp"

namespace idnode::resolver::admin {

grants::Granted Administration::granted_to(const registry::Snapshot& snapshot,
                                           const protocol::Reference& identity,
                                           std::string_view handle) const {
    return granted_in(snapshot, handle, options_.find_grantees(snapshot, identity), clock_.now());
}

/// Groups and names are learned before, and looked at in the transaction.
Requester::May Administration::may_in_transaction(registry::Lookup& lookup,
                                                  const Pending& exchange) {
    const protocol::Reference& identity = exchange->proof->identity;
    return [this, identity, exchange, now = clock_.now(),
            grantees = options_.find_grantees(lookup.snapshot(), identity)](
               const ChangeRequest& request, const registry::WriteView& view) {
        const auto find_values = find_values_for(*exchange, view);
        return may_change(identity, request, find_values, options_.administrators) ||
               changes_only_granted(request, find_values,
                                    granted_in(view, request.handle, grantees, now));
    };
}

}  // namespace idnode::resolver::admin
