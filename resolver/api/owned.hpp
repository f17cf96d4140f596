#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/writer.hpp"
#include "resolver/api/call.hpp"

namespace idnode::resolver::api {

/// What somebody keeps in the registry for himself: an entry whose value is `actor \n JSON`, so
/// that whose it is can be seen without reading the rest. Lives as long as the entry.
struct OwnedView {
    std::string_view actor;
    std::string_view json;
};

std::string owned_value(const Caller& caller, std::string_view json);
OwnedView read_owned(std::string_view value);

/// Whether a caller may see what another has made: his own, and everything for those who see all.
bool may_see(const Caller& caller, const OwnedView& owned);
/// Whether he may end it: his own, and the operator anything.
bool may_end(const Caller& caller, const OwnedView& owned);
/// Whether he may make anything: everybody who is known, but those who only look (auditors).
bool may_make(const Caller& caller);

/// How many there may be of one kind.
struct OwnedLimits {
    std::size_t of_one_owner = 0;
    std::size_t in_all = 0;
};

/// Whether the caller has as many entries of that area as he may have, or there are as many as
/// there may be at all. `what` names them for the message, such as "queries".
std::optional<Fault> find_owned_limit(const registry::WriteView& view, registry::Area area,
                                      const Caller& caller, const OwnedLimits& limits,
                                      std::string_view what);
/// The same of a state that others may change meanwhile.
std::optional<Fault> find_owned_limit(const registry::Snapshot& snapshot, registry::Area area,
                                      const Caller& caller, const OwnedLimits& limits,
                                      std::string_view what);

}  // namespace idnode::resolver::api
