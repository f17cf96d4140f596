#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/value.hpp"
#include "registry/writer.hpp"
#include "resolver/templates/template.hpp"

namespace idnode::resolver::templates {

using registry::trace::template_index;
using registry::trace::template_type;

/// The value by which a record names its template: at index 1001, of type TEMPLATE.
const protocol::Value* find_template_value(const std::vector<protocol::Value>& values) noexcept;

/// A template made ready to be held against many records: what is looked for is found at once.
class CompiledTemplate {
public:
    explicit CompiledTemplate(Template source);
    CompiledTemplate(const CompiledTemplate&) = delete;
    CompiledTemplate& operator=(const CompiledTemplate&) = delete;

    /// What of a record's values does not fit, in a sentence that names item, rule and value.
    std::optional<std::string> find_fault(const std::vector<protocol::Value>& values) const;

    /// Takes public read from the values of items that not everybody may read. Whether it did.
    bool hide(std::vector<protocol::Value>& values) const;
    /// Whether it would.
    bool hides_any_of(const std::vector<protocol::Value>& values) const;

private:
    struct Place {
        std::uint32_t index;
        const Item* item;
    };

    const Item* find(std::uint32_t index) const noexcept;
    std::optional<std::string> find_fault(const protocol::Value& value) const;

    const Template source_;
    std::vector<Place> places_;  ///< by index
    std::size_t required_ = 0;   ///< items that a record has to have
    bool hides_ = false;
};

/// The templates that the records of one transaction name, each fetched once. All ways that records
/// come hold them to their templates by this, in the transaction that writes them.
class Validator {
public:
    /// The view must outlive it.
    explicit Validator(const registry::WriteView& view) : view_{view} {}

    /// What became of a record.
    struct Verdict {
        std::optional<std::string> fault{};  ///< a sentence; nothing when all fits
        /// What the record names and fits; null when it names none.
        const CompiledTemplate* asked = nullptr;
    };

    /// Holds the values of a record to the template of its prefix that it names, or else to the one
    /// that stands for every prefix. What is returned lives as long as the validator.
    Verdict judge(std::string_view handle, const std::vector<protocol::Value>& values);

    /// `judge`, and has the record hide what it must. What of it does not fit, if anything.
    std::optional<std::string> apply(protocol::Record& record);

    /// Says from now on of the templates that fitted records have named that they are in use. Goes
    /// behind the changes of these records.
    void note_uses(std::vector<registry::Change>& changes) const;

private:
    struct Known {
        std::shared_ptr<const CompiledTemplate> compiled{};  ///< null: there is none
        std::string key{};                                   ///< among the entries
        bool used = false;                                   ///< by a record of this transaction
    };

    Known& find(std::string_view prefix, std::string_view version);
    Known fetch(std::string_view prefix, std::string_view version) const;

    const registry::WriteView& view_;
    std::map<std::string, Known, std::less<>> known_;
    std::string last_prefix_;
    std::string last_version_;
    Known* last_ = nullptr;
};

/// The changes that keep a template, new or extended.
void keep(const Template& kept, std::vector<registry::Change>& changes);

/// The changes that publish a template, of which no record can be there yet.
void publish(const Template& made, std::vector<registry::Change>& changes);

/// The changes that take a template back that no record has named. One that stands for every prefix
/// leaves a mark, so that those that come with the program do not come back by themselves.
void remove(const Template& removed, std::vector<registry::Change>& changes);

/// Whether another `made` would give its prefix more of its owner's own items than there may be.
bool has_too_many_own_items(const registry::WriteView& view, const Template& made);

/// Whether a template was there once and was taken back.
bool was_removed(const registry::Snapshot& snapshot, std::string_view key);

/// Whether records may name the template with this key: they have, or nobody can tell, since it was
/// published before that was kept.
bool is_in_use(const registry::WriteView& view, std::string_view key);

}  // namespace idnode::resolver::templates
