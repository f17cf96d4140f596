#pragma once

#include <functional>
#include <string_view>

#include "resolver/trace/trace.hpp"

namespace idnode::resolver {

/// Writes what the food traceability rule of the FDA (21 CFR 1, subpart S) asks for within a day: a
/// row of CSV, in the order of time, for each critical tracking event of the lots in a trace. What
/// a pallet or a carton holds at that moment stands as its lots, with the number of pieces.
void write_fsma(registry::Lookup& lookup, const Trace& trace,
                const std::function<void(std::string_view)>& sink);

}  // namespace idnode::resolver
