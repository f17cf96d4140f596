#include "resolver/api/owned.hpp"

#include "protocol/handle/handle.hpp"
#include "registry/entries.hpp"

namespace idnode::resolver::api {
namespace {

/// Names of accounts and handles are the same in any case of their letters.
bool is_of(const Caller& caller, std::string_view actor) {
    return caller.known() && protocol::equal_folded(caller.actor(), actor);
}

/// Counts what there is against what there may be.
class OwnedCount {
public:
    OwnedCount(const Caller& caller, const OwnedLimits& limits)
        : caller_{caller}, limits_{limits} {}

    /// False once a limit is reached.
    bool add(const registry::EntryView& entry) {
        ++all_;
        own_ += is_of(caller_, read_owned(entry.value).actor) ? 1 : 0;
        return !is_full();
    }

    std::optional<Fault> find_fault(std::string_view what) const {
        if (!is_full()) return std::nullopt;
        const bool alone = own_ >= limits_.of_one_owner;
        return Fault{.status = 403,
                     .message = std::string{what} + ": expected at most " +
                                std::to_string(alone ? limits_.of_one_owner : limits_.in_all) +
                                (alone ? " of one owner" : " on this node") +
                                ", and there are that many",
                     .title = "SecurityException"};
    }

private:
    bool is_full() const { return own_ >= limits_.of_one_owner || all_ >= limits_.in_all; }

    const Caller& caller_;
    const OwnedLimits& limits_;
    std::size_t own_ = 0;
    std::size_t all_ = 0;
};

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
    OwnedCount count{caller, limits};
    view.for_each_entry(area, {},
                        [&](const registry::EntryView& entry) { return count.add(entry); });
    return count.find_fault(what);
}

std::optional<Fault> find_owned_limit(const registry::Snapshot& snapshot, registry::Area area,
                                      const Caller& caller, const OwnedLimits& limits,
                                      std::string_view what) {
    OwnedCount count{caller, limits};
    registry::EntryCursor cursor{snapshot, area};
    for (auto entry = cursor.seek({}); entry && count.add(*entry);) entry = cursor.next();
    return count.find_fault(what);
}

}  // namespace idnode::resolver::api
