#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>

#include "protocol/epcis/event.hpp"

namespace idnode::protocol::epcis {

/// The prefixes that the contexts of a document declare.
using Prefixes = std::set<std::string, std::less<>>;

/// Adds what an `@context` declares.
void add_prefixes(const boost::json::value& context, Prefixes& prefixes);

/// Nothing, or the first thing in an event that EPCIS 2.0 does not allow.
std::optional<EventFault> find_event_fault(const boost::json::object& event,
                                           const Prefixes& prefixes);

}  // namespace idnode::protocol::epcis
