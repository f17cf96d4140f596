#pragma once

#include <set>
#include <string>
#include <string_view>

#include "protocol/handle/value.hpp"
#include "registry/trace/edge.hpp"

namespace idnode::registry::trace {

/// Whether a value of this type names what the record came of: REFERENCE, REF, or a type that
/// begins with "REF.".
bool is_reference(std::string_view type) noexcept;

/// The canonical forms of what a value refers to: one identifier, or a JSON list of them.
void add_references(const protocol::ValueView& value, std::set<std::string>& references);

/// The changes that take edges from what a record referred to before to what it does now.
void change_references(std::string_view handle, const std::set<std::string>& before,
                       const std::set<std::string>& after, std::vector<Change>& changes);

}  // namespace idnode::registry::trace
