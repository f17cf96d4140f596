#include "resolver/api/own.hpp"

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::api {

bool Own::is(std::string_view actor) {
    if (!caller_.known() || actor.empty()) return false;
    if (protocol::equal_folded(caller_.actor(), actor)) return true;
    if (!caller_.account || caller_.account->enterprise.empty()) return false;
    const auto found = known_.find(actor);
    if (found != known_.end()) return found->second;
    return known_.emplace(actor, is_colleague(actor)).first->second;
}

bool Own::is_colleague(std::string_view actor) const {
    if (find_account_name_fault(actor)) return false;  // such as a key, which has no enterprise
    const auto stored = find_(registry::Area::accounts, protocol::folded(actor));
    const auto account = stored ? account_from_json(actor, *stored) : std::nullopt;
    return account && account->enterprise == caller_.account->enterprise;
}

bool Own::may_see(const registry::trace::EventView& event) {
    if (caller_.account && caller_.account->reads_everything()) return true;
    if (is(event.actor)) return true;
    return caller_.known() && find_(registry::Area::event_witnesses,
                                    registry::trace::witness_key(event.number, caller_.actor()));
}

}  // namespace idnode::resolver::api
