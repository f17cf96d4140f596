#include "resolver/templates/template.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace idnode::resolver::templates {
namespace {

using protocol::FormatError;
using protocol::JsonWriter;

constexpr std::array<std::string_view, 6> type_names{"text", "number", "date",
                                                     "url",  "digest", "reference"};
constexpr std::array<std::string_view, 3> visibility_names{"public", "granted", "own"};

bool same(const Item& left, const Item& right) {
    const auto pattern_of = [](const Item& item) {
        return item.pattern ? item.pattern->text() : std::string{};
    };
    return left.name == right.name && left.alias == right.alias && left.type == right.type &&
           left.required == right.required && left.length_min == right.length_min &&
           left.length_max == right.length_max && pattern_of(left) == pattern_of(right) &&
           left.least == right.least && left.most == right.most && left.unit == right.unit &&
           left.visibility == right.visibility;
}

void write_item(JsonWriter& writer, const Item& item) {
    writer.begin_object().key("name").string(item.name).key("alias").string(item.alias);
    writer.key("idType").string(name_of(item.type)).key("idIndex").number(item.index);
    writer.key("required").boolean(item.required).key("state").number(item.enabled ? 1 : 0);
    writer.key("metadata").begin_object().key("type").string(name_of(item.type));
    writer.key("minLength").number(item.length_min);
    if (item.length_max > 0) writer.key("maxLength").number(item.length_max);
    if (item.pattern) writer.key("pattern").string(item.pattern->text());
    if (item.least) writer.key("minimum").string(fmt::format("{}", *item.least));
    if (item.most) writer.key("maximum").string(fmt::format("{}", *item.most));
    writer.end_object();
    if (!item.unit.empty()) writer.key("unit").string(item.unit);
    writer.key("visibility").string(visibility_names[static_cast<std::size_t>(item.visibility)]);
    writer.end_object();
}

}  // namespace

/// RE2 takes time in proportion to the value and memory up to a bound, whatever the pattern:
/// enterprises write them, and the one writer runs them.
struct Pattern::Compiled {
    static constexpr std::int64_t memory_max = std::int64_t{128} << 10;

    static RE2::Options options() {
        RE2::Options options{RE2::Quiet};
        options.set_posix_syntax(true);
        options.set_perl_classes(true);
        options.set_dot_nl(true);
        options.set_never_capture(true);
        options.set_max_mem(memory_max);
        return options;
    }

    RE2 expression;

    explicit Compiled(const std::string& text) : expression{text, options()} {}
};

protocol::Parsed<Pattern> Pattern::compile(std::string text) {
    if (text.size() > size_max || text.find('\0') != text.npos)
        return FormatError{"pattern: expected at most 256 octets, none of them 0"};
    auto compiled = std::make_shared<const Compiled>(text);
    if (!compiled->expression.ok())
        return FormatError{
            "pattern: expected an extended regular expression (POSIX) of bounded size, found one "
            "with a fault: " +
            compiled->expression.error()};
    return Pattern{std::move(text), std::move(compiled)};
}

bool Pattern::matches(const std::string& value) const {
    return RE2::FullMatch(value, compiled_->expression);
}

std::string_view name_of(ItemType type) noexcept {
    return type_names[static_cast<std::size_t>(type)];
}

void write_template(JsonWriter& writer, const Template& shown) {
    constexpr std::array<std::string_view, 4> levels{"industryCategory", "industrySpecific",
                                                     "industryTrade", "industrySubclass"};
    writer.begin_object().key("prefix").string(shown.prefix).key("version").string(shown.version);
    for (std::size_t at = 0; at < levels.size(); ++at)
        writer.key(levels[at]).string(shown.industry[at]);
    writer.key("type").number(shown.kind).key("description").string(shown.description);
    writer.key("items").begin_array();
    for (const Item& item : shown.items) write_item(writer, item);
    writer.end_array().end_object();
}

std::string to_json(const Template& shown) {
    std::string text;
    JsonWriter writer{text};
    write_template(writer, shown);
    return text;
}

protocol::Parsed<Template> extend(const Template& before, const Template& added) {
    Template after = before;
    for (const Item& item : added.items) {
        const auto present = std::ranges::find(after.items, item.index, &Item::index);
        const auto fault = [&](std::string_view expected) {
            return FormatError{fmt::format("items: of item {} \"{}\": expected {}", item.index,
                                           item.name, expected)};
        };
        if (present == after.items.end()) {
            if (item.required)
                return fault("required to be false, since records of this version lack it");
            after.items.push_back(item);
            continue;
        }
        if (!same(*present, item))
            return fault("no change but of its state: publish a new version");
        if (item.enabled && !present->enabled) return fault("a disabled item to stay disabled");
        present->enabled = item.enabled;
    }
    if (after.items.size() > items_max)
        return FormatError{"items: expected at most 200 in all, found " +
                           std::to_string(after.items.size())};
    return after;
}

}  // namespace idnode::resolver::templates
