#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "registry/lookup.hpp"
#include "resolver/api/caller.hpp"
#include "resolver/webhooks/hook.hpp"
#include "resolver/webhooks/poster.hpp"

namespace idnode::resolver::webhooks {

/// What a delivery says, as JSON, to an owner who sees what `owner` sees now. Of a subscription: an
/// EPCISQueryDocument. Of a standing recall:
///
///     {"type": "RecallNotification", "recallID", "name", "creationDate",
///      "joined": [NODE], "eventIDs": [ID]}
///
/// where NODE is as in the answer to `POST /api/v1/recall`, and the events are the new ones by
/// which the things have joined, as far as the owner may see them. Nothing when there is nothing
/// that he may see any more.
std::optional<std::string> make_body(registry::Lookup& lookup, const Hook& hook,
                                     const Delivery& delivery, const api::Caller& owner,
                                     std::int64_t now);

/// The request that carries it: with the header `Idnode-Delivery`, and signed where the hook has a
/// token.
Posting make_posting(const Hook& hook, const Delivery& delivery, const Destination& destination,
                     std::string body, std::uint32_t now);

}  // namespace idnode::resolver::webhooks
