#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/schemes/identifier.hpp"
#include "registry/store.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/own.hpp"

namespace idnode::resolver {

// Whose a thing is that stands under no prefix of handles, as far as a caller is concerned. GS1
// company prefixes are administered, allotted and granted like prefixes of handles, as scopes
// ("gs1:4012345", visibility.hpp).

/// Whether the thing has a GS1 company prefix that the caller administers.
bool owns_company(const api::Caller& caller, const protocol::Identifier& thing);

/// Whether an enterprise of this node has a GS1 company prefix of the thing.
bool is_of_enterprise(const registry::Snapshot& snapshot, const protocol::Identifier& thing);

/// Whether the caller was granted `item` of things of the company.
bool granted_of_company(const registry::Snapshot& snapshot, const api::Caller& caller,
                        const protocol::Identifier& thing, std::string_view item);

/// Whether `is_it` holds for one of the last events that name a thing (a canonical form). There may
/// be millions, so 16 as an instance and 16 as a class are looked at.
bool any_of_last_events(const registry::Snapshot& snapshot, const std::string& thing,
                        const std::function<bool(const registry::trace::EventView&)>& is_it);

/// Whether an event that names the thing names the caller as a party that gave or took it
/// (`sourceList`, `destinationList`: owning_party, possessing_party): by a handle or a GS1 key
/// under a prefix that he administers. The last events are looked at.
bool is_party_to(const registry::Snapshot& snapshot, const api::Caller& caller,
                 const protocol::Identifier& thing);

/// Whether `holder` has a thing (a canonical form), as the last event about it says that `own` lets
/// be seen, until `at` (milliseconds since 1970): the possessing party among its destinations, in
/// any spelling, or, where it names none, the account or identity that captured it. Of what the
/// caller may not see, only the last events are passed over.
bool is_held_by(const registry::Snapshot& snapshot, api::Own& own, const std::string& thing,
                std::string_view holder, std::optional<std::int64_t> at);

}  // namespace idnode::resolver
