#pragma once

#include <string>

#include "registry/changes.hpp"

namespace idnode::resolver::api {

/// One change of the log as a line of NDJSON: sequence, time, operation, what it was about (handle,
/// prefix or entry), actor, transport, and digests of what stood there before and after.
void write_change(std::string& out, const registry::ChangeView& change);

}  // namespace idnode::resolver::api
