#include <algorithm>

#include "protocol/json/base64.hpp"
#include "resolver/api/authenticator.hpp"

namespace idnode::resolver::api {

/// With what he was granted at this second.
Caller Authenticator::as_now(registry::Lookup& lookup, Caller caller) const {
    caller.now = clock_.now();
    if (caller.account)
        caller.grantees = grants::find_grantees(lookup.snapshot(), caller.account->name,
                                                caller.account->enterprise);
    return caller;
}

std::variant<Caller, Fault> Authenticator::renew(registry::Lookup& lookup, const Call& call) const {
    std::string_view given = call.request.field("Authorization");
    if (takes(given, "Bearer")) {
        auto read = read_token(lookup, given);
        if (auto* const caller = std::get_if<Caller>(&read)) return as_now(lookup, *caller);
        return read;
    }
    Caller caller = call.caller;
    const registry::Snapshot& snapshot = lookup.snapshot();
    bool counts = true;
    if (call.proof) {
        // A key that another node holds was looked at there, and counts until the call ends.
        counts = call.proof->key.bytes().empty() || still_counts(lookup, *call.proof);
        caller.account = find_account(snapshot, call.proof->identity);
        counts = counts && (!caller.account || caller.account->usable());
    } else if (caller.account) {
        const std::uint32_t epoch = caller.account->token_epoch;
        caller.account = find_account(snapshot, caller.account->name);
        counts = caller.account && caller.account->usable() && caller.account->token_epoch == epoch;
    }
    if (!counts)
        return Fault{.status = 401, .message = "What showed who you are is void: show it again"};
    return as_now(lookup, std::move(caller));
}

std::variant<Caller, Fault> Authenticator::read_token(registry::Lookup& lookup,
                                                      std::string_view token) const {
    const auto claims = tokens_.read(token);
    if (!claims) return Fault{.status = 401, .message = "The token was not issued by this node"};
    if (claims->expires <= clock_.now())
        return Fault{.status = 401, .message = "The token has expired: log in again"};
    const auto& snapshot = lookup.snapshot();
    auto account = find_account(snapshot, claims->user);
    if (!account || !account->usable() || claims->epoch != account->token_epoch ||
        find_entry(snapshot, registry::Area::revocations, claims->id))
        return Fault{.status = 401, .message = "The token was revoked: log in again"};
    Caller caller{.identity = account->identity};
    caller.account = std::move(account);
    caller.until = claims->expires;
    return caller;
}

std::string Authenticator::make_token(const Account& account, std::uint32_t seconds) const {
    std::string id(16, '\0');
    auth::fill_random(std::as_writable_bytes(std::span{id}));
    const std::uint32_t now = clock_.now();
    return tokens_.make({.user = account.name,
                         .id = protocol::to_hex(id),
                         .issued = now,
                         .epoch = account.token_epoch,
                         .expires = now + seconds});
}

}  // namespace idnode::resolver::api
