#pragma once

#include <functional>
#include <string>

#include "registry/store.hpp"

namespace idnode::registry::trace {

/// Reads what events and references have left and verifies it: what one end of an edge says, the
/// other says too; things and their numbers name each other. `report` gets one line for each fault.
void check(const Snapshot& snapshot, const std::function<void(const std::string& fault)>& report);

}  // namespace idnode::registry::trace
