#pragma once

#include <optional>

#include "resolver/api/api.hpp"
#include "resolver/api/event_query.hpp"
#include "resolver/http/epcis_headers.hpp"

namespace idnode::resolver::api {

/// Why a request cannot be answered in the version or the form of EPCs that it asks for (EPCIS 2.0
/// §12.7.1): the node speaks version 2.0.0, and gives EPCs as they were captured.
std::optional<Fault> find_negotiation_fault(const HttpRequest& request);

/// The answer to OPTIONS: the methods of a path, the versions, and where events are captured, the
/// limits of that.
HttpReply tell_capabilities(const Call& call, const Services& services, std::string_view allowed);

/// Answers with the page of events that the call's parameters ask for, and that meet `also`.
void answer_events(registry::Lookup& lookup, const Pending& call, const Services& services,
                   std::optional<EventQuery::Condition> also = {});

}  // namespace idnode::resolver::api
