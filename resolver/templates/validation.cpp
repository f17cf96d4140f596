#include "resolver/templates/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::resolver::templates {
namespace {

using protocol::Record;
using protocol::Value;
using registry::Area;

constexpr std::size_t references_max = 1000;
constexpr std::size_t pattern_value_size_max = 4096;

/// As it is shown: cut after 40 octets, never inside a character.
std::string excerpt_of(std::string_view text) {
    std::size_t size = std::min<std::size_t>(text.size(), 40);
    while (size > 0 && size < text.size() && (text[size] & 0xc0) == 0x80) --size;
    return fmt::format("\"{}{}\"", text.substr(0, size), size < text.size() ? "…" : "");
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_date(std::string_view text) {
    if (text.size() == 10)
        return protocol::parse_time(std::string{text} + "T00:00:00Z").has_value();
    return protocol::parse_time(text).has_value();
}

bool is_digest(std::string_view text) {
    constexpr std::size_t hex_size = 64;  // of SHA-256 and SM3
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return false;
    const std::string_view name = text.substr(0, colon);
    return (protocol::equal_folded(name, "sha256") || protocol::equal_folded(name, "sm3")) &&
           text.size() - colon - 1 == hex_size && protocol::from_hex(text.substr(colon + 1));
}

/// How many handles a text refers to: one, or those of a JSON list; nothing where it is neither.
std::optional<std::size_t> count_references(std::string_view text) {
    if (!text.starts_with('[')) {
        if (protocol::find_handle_fault(text)) return std::nullopt;
        return 1;
    }
    boost::system::error_code wrong;
    const auto json = boost::json::parse({text.data(), text.size()}, wrong);
    const auto* const list = wrong ? nullptr : json.if_array();
    if (!list || list->size() > references_max) return std::nullopt;
    for (const auto& each : *list)
        if (!each.is_string() || protocol::find_handle_fault(std::string{each.get_string()}))
            return std::nullopt;
    return list->size();
}

std::optional<std::string> find_number_fault(const Item& item, std::string_view text) {
    double number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
        return "type: expected a number";
    if (item.least && number < *item.least)
        return fmt::format("minimum: expected at least {}", *item.least);
    if (item.most && number > *item.most)
        return fmt::format("maximum: expected at most {}", *item.most);
    return std::nullopt;
}

/// Rule and expectation, where a text breaks a rule of its type.
std::optional<std::string> find_type_fault(const Item& item, std::string_view text,
                                           std::size_t& length) {
    length = count_characters(text);
    switch (item.type) {
        case ItemType::text: return std::nullopt;
        case ItemType::number: return find_number_fault(item, text);
        case ItemType::date:
            if (is_date(text)) return std::nullopt;
            return "type: expected a date such as 2026-11-25, or a time";
        case ItemType::url: {
            const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
            if (parsed && parsed->has_scheme()) return std::nullopt;
            return "type: expected a URL with a scheme";
        }
        case ItemType::digest:
            if (is_digest(text)) return std::nullopt;
            return "type: expected sha256: or sm3: and 64 hex digits";
        case ItemType::reference: {
            const auto count = count_references(text);
            if (!count) return "type: expected an identifier, or a JSON list of at most 1000";
            length = *count;
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<std::string> find_rule_fault(const Item& item, const Value& value) {
    const std::string_view text = value.data;
    if (!protocol::is_utf8(text)) return "type: expected UTF-8";
    std::size_t length = 0;
    if (auto fault = find_type_fault(item, text, length)) return fault;
    if (length < item.length_min)
        return fmt::format("minLength: expected at least {}", item.length_min);
    if (item.length_max > 0 && length > item.length_max)
        return fmt::format("maxLength: expected at most {}", item.length_max);
    if (item.pattern &&
        (text.size() > pattern_value_size_max || !item.pattern->matches(value.data)))
        return "pattern: expected " + item.pattern->text();
    return std::nullopt;
}

std::string sentence(const Item& item, std::string_view rule) {
    return fmt::format("item {} \"{}\": {}", item.index, item.name, rule);
}

std::optional<std::string> find_value_fault(const Value& value, const Template& asked) {
    if (value.index < item_index_min) return std::nullopt;
    const Item* const item = asked.find(value.index);
    if (!item)
        return fmt::format("item {} \"{}\": expected an item of the template {}, found none",
                           value.index, value.type, asked.version);
    if (!item->enabled) return sentence(*item, "state: expected no value, the item is disabled");
    if (!protocol::equal_folded(value.type, item->name))
        return sentence(*item, "name: expected this type, found " + excerpt_of(value.type));
    if (const auto rule = find_rule_fault(*item, value))
        return sentence(*item, *rule + ", found " + excerpt_of(value.data));
    return std::nullopt;
}

/// Templates as they were read last, by the writer's thread, so that the rows of a batch do not
/// read theirs again and again. What stands in the store decides whether they still hold.
std::shared_ptr<const Template> read_cached(const std::string& key, std::string_view stored) {
    struct Known {
        std::string stored;
        std::shared_ptr<const Template> read;
    };
    constexpr std::size_t known_max = 64;
    thread_local std::unordered_map<std::string, Known> known;
    const auto found = known.find(key);
    if (found != known.end() && found->second.stored == stored) return found->second.read;
    boost::system::error_code wrong;
    const auto json = boost::json::parse({stored.data(), stored.size()}, wrong);
    auto parsed =
        wrong ? protocol::Parsed<Template>{protocol::FormatError{{}}} : parse_template(json);
    if (!parsed) return nullptr;
    if (known.size() >= known_max) known.clear();
    auto read = std::make_shared<const Template>(std::move(*parsed));
    known[key] = {std::string{stored}, read};
    return read;
}

}  // namespace

const Value* find_template_value(const std::vector<Value>& values) noexcept {
    const auto found = std::ranges::find(values, template_index, &Value::index);
    if (found == values.end() || !protocol::equal_folded(found->type, template_type))
        return nullptr;
    return &*found;
}

std::shared_ptr<const Template> find_template(const registry::WriteView& view,
                                              std::string_view prefix, std::string_view version) {
    if (version.empty() || version.size() > version_size_max) return nullptr;
    for (const std::string_view owner : {prefix, std::string_view{}}) {
        const std::string key = template_key(owner, version);
        if (key.size() > registry::entry_key_size_max) continue;
        if (const auto stored = view.entry(Area::templates, key)) return read_cached(key, *stored);
    }
    return nullptr;
}

std::optional<std::string> find_fault(const Record& record, const Template& asked) {
    for (const Value& value : record.values)
        if (auto fault = find_value_fault(value, asked)) return fault;
    for (const Item& item : asked.items)
        if (item.required && item.enabled &&
            std::ranges::find(record.values, item.index, &Value::index) == record.values.end())
            return sentence(item, "required: expected a value, found none");
    return std::nullopt;
}

std::optional<std::string> apply_template(Record& record, const registry::WriteView& view) {
    const Value* const named = find_template_value(record.values);
    if (!named) return std::nullopt;
    const auto asked = find_template(view, protocol::prefix_of(record.handle), named->data);
    if (!asked)
        return "template: expected the version of a template of the prefix, found " +
               excerpt_of(protocol::is_utf8(named->data) ? named->data : std::string{"?"});
    if (auto fault = find_fault(record, *asked)) return fault;
    for (Value& value : record.values) {
        const Item* const item = asked->find(value.index);
        if (item && item->visibility != Visibility::everybody)
            value.permissions &= static_cast<std::uint8_t>(~protocol::permission::public_read);
    }
    return std::nullopt;
}

}  // namespace idnode::resolver::templates
