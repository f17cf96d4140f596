#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "registry/store.hpp"

namespace idnode::registry {

/// Verifies every record, every homed prefix and the change log, and that they agree; calls
/// `report` with a sentence for each fault. Returns the number of records that were read.
std::uint64_t check(const Snapshot& snapshot,
                    const std::function<void(const std::string& fault)>& report,
                    const std::function<void(std::uint64_t done)>& progress);

}  // namespace idnode::registry
