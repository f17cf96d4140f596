#pragma once

#include <optional>

#include "resolver/api/api.hpp"
#include "resolver/api/event_query.hpp"

namespace idnode::resolver::api {

/// Of EPCIS and its vocabulary, as every answer with something of either has them.
void add_versions(HttpReply& reply);

/// Answers with the page of events that the call's parameters ask for, and that meet `also`.
void answer_events(registry::Lookup& lookup, const Pending& call, const Services& services,
                   std::optional<EventQuery::Condition> also = {});

}  // namespace idnode::resolver::api
