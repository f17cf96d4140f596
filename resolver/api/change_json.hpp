#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/changes.hpp"
#include "resolver/api/token.hpp"

namespace idnode::resolver::api {

/// One change of the log as a line of NDJSON: sequence, time, operation, what it was about (handle,
/// prefix or entry), actor, transport, and digests of what stood there before and after; of an
/// entry also what it was and is (`detail`, as registry::make_audit_detail gives it), if that is
/// known. The digests are made anew with the node's secret: from those of the log, a value of few
/// possibilities that is not for everybody could be guessed.
void write_change(std::string& out, const registry::ChangeView& change, const TokenKey& key,
                  std::optional<std::string_view> detail = {});

}  // namespace idnode::resolver::api
