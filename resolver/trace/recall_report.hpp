#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "resolver/trace/trace.hpp"

namespace idnode::resolver {

/// Writes, in Markdown, what has to be recalled and where to look for it: what is affected of each
/// product, where its things were seen last, and then each thing. `suspects` are as they were asked
/// for.
void write_recall_report(registry::Lookup& lookup, const Trace& trace,
                         std::span<const std::string> suspects, std::int64_t as_of,
                         const std::function<void(std::string_view)>& sink);

}  // namespace idnode::resolver
