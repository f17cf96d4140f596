#pragma once

#include <optional>
#include <string>

#include "protocol/handle/value.hpp"
#include "registry/writer.hpp"
#include "resolver/templates/template.hpp"

namespace idnode::resolver::templates {

inline constexpr std::uint32_t template_index = 1001;
inline constexpr std::string_view template_type = "TEMPLATE";

/// The value by which a record names its template: at index 1001, of type TEMPLATE.
const protocol::Value* find_template_value(const std::vector<protocol::Value>& values) noexcept;

/// The template of that version for the records of a prefix: its own, or else one that stands for
/// every prefix.
std::shared_ptr<const Template> find_template(const registry::WriteView& view,
                                              std::string_view prefix, std::string_view version);

/// What of a record does not fit the template that it names, in a sentence that names item, rule
/// and value; nothing when all fits, or when it names none. Called in the transaction that writes
/// the record, on every way that records come. Values of items that not everybody may read lose
/// their public read.
std::optional<std::string> apply_template(protocol::Record& record,
                                          const registry::WriteView& view);

/// What of a record does not fit a template.
std::optional<std::string> find_fault(const protocol::Record& record, const Template& asked);

}  // namespace idnode::resolver::templates
