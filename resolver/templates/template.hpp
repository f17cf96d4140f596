#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/trace/references.hpp"

namespace idnode::resolver::templates {

/// What a value of an item holds. Stored and said by its word.
enum class ItemType {
    text,
    number,     ///< a decimal number
    date,       ///< 2026-11-25, or a time of RFC 3339
    url,        ///< with a scheme
    digest,     ///< of a file: ALGORITHM:HEX with sha256 or sm3
    reference,  ///< other identifiers: one, or a JSON list of them
};

std::string_view name_of(ItemType type) noexcept;

/// Who may read the values of an item.
enum class Visibility {
    everybody,  ///< as the value's own permissions say
    granted,    ///< who administers the handle, and whom that or all was granted
    own,        ///< who administers the handle, and whom that was granted by its name
};

/// A pattern that the whole of a value has to match: an extended regular expression (POSIX) over
/// characters of UTF-8, with classes such as \d, without references back, and of bounded size when
/// its counts are written out, so that no pattern takes more than its share of time or memory.
class Pattern {
public:
    static protocol::Parsed<Pattern> compile(std::string text);

    const std::string& text() const noexcept { return text_; }
    bool matches(const std::string& value) const;

    static constexpr std::size_t size_max = 256;

private:
    struct Compiled;
    Pattern(std::string text, std::shared_ptr<const Compiled> compiled)
        : text_{std::move(text)}, compiled_{std::move(compiled)} {}

    std::string text_;
    std::shared_ptr<const Compiled> compiled_;
};

/// One item: a value of a registered record, by its index.
struct Item {
    std::uint32_t index = 0;  ///< of the value, from 2000
    std::string name{};       ///< the value's type
    std::string alias{};      ///< for people
    ItemType type = ItemType::text;
    bool required = false;
    bool enabled = true;
    std::uint32_t length_min = 0;  ///< in characters; of references: how many
    std::uint32_t length_max = 0;  ///< 0: as long as a value may be
    std::optional<Pattern> pattern{};
    std::optional<double> least{};
    std::optional<double> most{};
    std::string unit{};
    Visibility visibility = Visibility::everybody;
};

/// What the records of one kind hold. A version never changes, but that items are added, which may
/// not be required, and disabled.
struct Template {
    std::string prefix{};   ///< whose records may name it; empty: those of every prefix
    std::string version{};  ///< what records name it by
    std::string description{};
    std::array<std::string, 4> industry{};  ///< 门, 大, 中, 小类
    std::uint32_t kind = 1;                 ///< 1 passive, 2 active carriers
    std::vector<Item> items{};
};

inline constexpr std::size_t items_max = 200;
inline constexpr std::size_t version_size_max = 64;
inline constexpr std::size_t name_size_max = 64;
inline constexpr std::size_t alias_size_max = 256;
inline constexpr std::uint32_t item_index_min = 2000;
inline constexpr std::uint32_t item_index_max = 9999;

/// Reads the shape of SNMS (`{prefix, version, industryCategory, …, items:[{name, idType, idIndex,
/// required, state, metadata:{…}}]}`). The error names the field.
protocol::Parsed<Template> parse_template(const boost::json::value& json);

/// The same shape.
void write_template(protocol::JsonWriter& writer, const Template& shown);
std::string to_json(const Template& shown);

/// What `before` becomes when the items of `added` are put into it: new ones behind the others,
/// known ones disabled. The error says which item would change otherwise.
protocol::Parsed<Template> extend(const Template& before, const Template& added);

using registry::trace::template_key;

}  // namespace idnode::resolver::templates
