#include "resolver/api/owned.hpp"

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::api {
namespace {

/// Names of accounts and handles are the same in any case of their letters.
bool is_of(const Caller& caller, std::string_view actor) {
    return caller.known() && protocol::equal_folded(caller.actor(), actor);
}

}  // namespace

std::string owned_value(const Caller& caller, std::string_view json) {
    return caller.actor().append("\n").append(json);
}

OwnedView read_owned(std::string_view value) {
    const std::size_t end = value.find('\n');
    if (end == value.npos) return {};
    return {value.substr(0, end), value.substr(end + 1)};
}

bool may_see(const Caller& caller, const OwnedView& owned) {
    return (caller.account && caller.account->reads_everything()) || is_of(caller, owned.actor);
}

bool may_end(const Caller& caller, const OwnedView& owned) {
    return (caller.account && caller.account->role == Role::operator_) ||
           is_of(caller, owned.actor);
}

bool may_make(const Caller& caller) {
    return caller.known() && !(caller.account && caller.account->role == Role::auditor);
}

std::optional<Fault> find_owned_limit(const registry::WriteView& view, registry::Area area,
                                      const Caller& caller, const OwnedLimits& limits,
                                      std::string_view what) {
    std::size_t own = 0;
    std::size_t all = 0;
    view.for_each_entry(area, {}, [&](const registry::EntryView& entry) {
        ++all;
        own += is_of(caller, read_owned(entry.value).actor);
        return own < limits.of_one_owner && all < limits.in_all;
    });
    if (own < limits.of_one_owner && all < limits.in_all) return std::nullopt;
    const bool alone = own >= limits.of_one_owner;
    return Fault{.status = 403,
                 .message = std::string{what} + ": expected at most " +
                            std::to_string(alone ? limits.of_one_owner : limits.in_all) +
                            (alone ? " of one owner" : " on this node") +
                            ", and there are that many",
                 .title = "SecurityException"};
}

}  // namespace idnode::resolver::api
