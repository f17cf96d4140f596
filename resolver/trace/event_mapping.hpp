#pragma once

#include <string>

#include "protocol/epcis/event.hpp"
#include "registry/trace/event_store.hpp"

namespace idnode::resolver {

/// An event in the form of the registry: its terms for queries, and the edges that it says. One
/// without an id gets one that equal events share. An error where it says more edges than may be.
protocol::Parsed<registry::trace::StoredEvent> map_event(protocol::epcis::Event event,
                                                         std::int64_t record_time);

/// The canonical form of an identifier, however it is spelled.
std::string canonical(std::string_view identifier);

}  // namespace idnode::resolver
