#pragma once

#include <map>
#include <string>
#include <string_view>

#include "protocol/handle/value.hpp"
#include "registry/trace/edge.hpp"
#include "registry/writer.hpp"

namespace idnode::registry::trace {

/// Whether a value of this type names what the record came of: REFERENCE, REF, or a type that
/// begins with "REF.".
bool is_reference(std::string_view type) noexcept;

/// What a record refers to, by canonical form, and whether everybody may read that it does.
using References = std::map<std::string, bool>;

/// Adds what a value refers to: one identifier, or a JSON list of them.
void add_references(const protocol::ValueView& value, References& references);

/// Appends the changes that take edges from what a record referred to before to what it does now.
void change_references(const WriteView& view, std::string_view handle, const References& before,
                       const References& after, std::vector<Change>& changes);

}  // namespace idnode::registry::trace
