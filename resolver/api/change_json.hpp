#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/changes.hpp"

namespace idnode::resolver::api {

/// One change of the log as a line of NDJSON: sequence, time, operation, what it was about (handle,
/// prefix or entry), actor, transport, and digests of what stood there before and after; and of an
/// entry what it was and is (`detail`, as registry::make_audit_detail gives it), if that is known.
void write_change(std::string& out, const registry::ChangeView& change,
                  std::optional<std::string_view> detail = {});

}  // namespace idnode::resolver::api
