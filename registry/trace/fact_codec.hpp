#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/trace/edge.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Edge").

std::string fact_value(const EdgeFact& fact);
std::optional<EdgeFact> read_fact(std::string_view value);

/// What the keys of all facts at one end begin with.
std::string node_stem(Direction direction, std::string_view canonical);

}  // namespace idnode::registry::trace
