#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/value.hpp"
#include "registry/record.hpp"
#include "registry/trace/edge.hpp"
#include "registry/writer.hpp"

namespace idnode::registry::trace {

/// Whether a value of this type names what the record came of: REFERENCE, REF, or a type that
/// begins with "REF.".
bool is_reference(std::string_view type) noexcept;

/// The value by which a record names its template: at this index, of this type.
inline constexpr std::uint32_t template_index = 1001;
inline constexpr std::string_view template_type = "TEMPLATE";

/// Where a template stands among the entries, and what is kept beside it: prefix, or nothing for
/// one that stands for every prefix, and version.
std::string template_key(std::string_view prefix, std::string_view version);

/// What stands among the entries (area `reference_items`) of a template whose items of these
/// indexes are references.
std::string reference_items_value(const std::vector<std::uint32_t>& indexes);

/// Finds the references of records: values whose type says so, and those of which the template that
/// the record names says so. Remembers the template that it was asked for last. One thread.
class ReferenceFinder {
public:
    /// The value of an entry of area `reference_items`; nothing where there is none.
    using FindItems = std::function<std::optional<std::string_view>(std::string_view key)>;

    explicit ReferenceFinder(FindItems find) : find_{std::move(find)} {}

    /// Calls `visit` for each value that is a reference.
    template <class Visit>
    void for_each_reference(const RecordView& record, Visit&& visit) {
        std::string_view version;
        record.for_each_value([&](const protocol::ValueView& value) {
            if (is_reference(value.type))
                visit(value);
            else if (value.index == template_index &&
                     protocol::equal_folded(value.type, template_type))
                version = protocol::text_of(value.data);
        });
        if (version.empty() || !look_at(protocol::prefix_of(record.handle()), version)) return;
        record.for_each_value([&](const protocol::ValueView& value) {
            if (!is_reference(value.type) && is_item(value.index)) visit(value);
        });
    }

    /// Templates have changed.
    void forget() { version_.clear(); }

private:
    /// Whether the template has items that are references.
    bool look_at(std::string_view prefix, std::string_view version);
    bool is_item(std::uint32_t index) const noexcept;

    FindItems find_;
    std::string prefix_{};
    std::string version_{};
    std::string items_{};
};

/// What a record refers to, by canonical form, and whether everybody may read that it does.
using References = std::map<std::string, bool>;

/// Adds what a value refers to: one identifier, or a JSON list of them.
void add_references(const protocol::ValueView& value, References& references);

/// Appends the changes that take edges from what a record referred to before to what it does now.
void change_references(const WriteView& view, std::string_view handle, const References& before,
                       const References& after, std::vector<Change>& changes);

}  // namespace idnode::registry::trace
