#include "resolver/templates/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <charconv>
#include <cmath>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/time_text.hpp"
#include "protocol/schemes/identifier.hpp"
#include "resolver/grants/grant.hpp"

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

/// A handle, or an identifier of any other scheme.
bool is_identifier(std::string_view text) {
    return !protocol::find_handle_fault(text) ||
           (text.size() <= protocol::identifier_size_max && !protocol::recognise(text).empty());
}

/// How many identifiers a text refers to: one, or those of a JSON list; nothing where it is
/// neither.
std::optional<std::size_t> count_references(std::string_view text) {
    if (!text.starts_with('[')) {
        if (!is_identifier(text)) return std::nullopt;
        return 1;
    }
    boost::system::error_code wrong;
    const auto json = boost::json::parse({text.data(), text.size()}, wrong);
    const auto* const list = wrong ? nullptr : json.if_array();
    if (!list || list->size() > references_max) return std::nullopt;
    for (const auto& each : *list)
        if (!each.is_string() || !is_identifier(std::string{each.get_string()}))
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

/// Templates as they were read last, by the writer's thread: reading one takes longer than holding
/// a thousand records to it. What stands in the store decides whether they still hold.
std::shared_ptr<const CompiledTemplate> read_cached(const std::string& key,
                                                    std::string_view stored) {
    struct Read {
        std::string stored;
        std::shared_ptr<const CompiledTemplate> compiled;
    };
    constexpr std::size_t cached_items_max = 2000;  // each of which may have a pattern's memory
    thread_local std::map<std::string, Read> cached;
    thread_local std::size_t cached_items = 0;
    const auto found = cached.find(key);
    if (found != cached.end() && found->second.stored == stored) return found->second.compiled;
    boost::system::error_code wrong;
    const auto json = boost::json::parse({stored.data(), stored.size()}, wrong);
    auto parsed =
        wrong ? protocol::Parsed<Template>{protocol::FormatError{{}}} : parse_template(json);
    if (!parsed) return nullptr;
    cached_items += parsed->items.size();
    if (cached_items > cached_items_max) {
        cached.clear();
        cached_items = parsed->items.size();
    }
    auto compiled = std::make_shared<const CompiledTemplate>(std::move(*parsed));
    cached[key] = {std::string{stored}, compiled};
    return compiled;
}

/// In place of the mark of a template that nobody has named yet.
constexpr std::string_view removed_mark = "removed";

std::vector<const Item*> own_items(const Template& of) {
    std::vector<const Item*> own;
    for (const Item& item : of.items)
        if (item.visibility == Visibility::own) own.push_back(&item);
    return own;
}

std::string own_item_key(const Template& of, const Item& item) {
    return grants::own_items_stem(of.prefix) + fmt::format("{}\n{}", item.index, of.version);
}

}  // namespace

const Value* find_template_value(const std::vector<Value>& values) noexcept {
    const auto found = std::ranges::find(values, template_index, &Value::index);
    if (found == values.end() || !protocol::equal_folded(found->type, template_type))
        return nullptr;
    return &*found;
}

CompiledTemplate::CompiledTemplate(Template source) : source_{std::move(source)} {
    for (const Item& item : source_.items) {
        places_.push_back({item.index, &item});
        required_ += item.required && item.enabled ? 1 : 0;
        hides_ |= item.visibility != Visibility::everybody;
    }
    std::ranges::sort(places_, {}, &Place::index);
}

const Item* CompiledTemplate::find(std::uint32_t index) const noexcept {
    const auto found = std::ranges::lower_bound(places_, index, {}, &Place::index);
    return found == places_.end() || found->index != index ? nullptr : found->item;
}

std::optional<std::string> CompiledTemplate::find_fault(const Value& value) const {
    const Item* const item = find(value.index);
    if (!item)
        return fmt::format("item {} \"{}\": expected an item of the template {}, found none",
                           value.index, value.type, source_.version);
    if (!item->enabled) return sentence(*item, "state: expected no value, the item is disabled");
    if (!protocol::equal_folded(value.type, item->name))
        return sentence(*item, "name: expected this type, found " + excerpt_of(value.type));
    if (const auto rule = find_rule_fault(*item, value))
        return sentence(*item, *rule + ", found " + excerpt_of(value.data));
    return std::nullopt;
}

std::optional<std::string> CompiledTemplate::find_fault(const std::vector<Value>& values) const {
    std::size_t required = 0;
    for (const Value& value : values) {
        if (value.index < item_index_min) continue;
        if (auto fault = find_fault(value)) return fault;
        required += find(value.index)->required ? 1 : 0;
    }
    if (required == required_) return std::nullopt;
    for (const Item& item : source_.items)
        if (item.required && item.enabled &&
            std::ranges::find(values, item.index, &Value::index) == values.end())
            return sentence(item, "required: expected a value, found none");
    return std::nullopt;
}

bool CompiledTemplate::hides_any_of(const std::vector<Value>& values) const {
    return hides_ && std::ranges::any_of(values, [&](const Value& value) {
               const Item* const item = find(value.index);
               return item && item->visibility != Visibility::everybody &&
                      value.permissions & protocol::permission::public_read;
           });
}

bool CompiledTemplate::hide(std::vector<Value>& values) const {
    if (!hides_any_of(values)) return false;
    for (Value& value : values) {
        const Item* const item = find(value.index);
        if (item && item->visibility != Visibility::everybody)
            value.permissions &= static_cast<std::uint8_t>(~protocol::permission::public_read);
    }
    return true;
}

Validator::Known Validator::fetch(std::string_view prefix, std::string_view version) const {
    for (const std::string_view owner : {prefix, std::string_view{}}) {
        std::string key = template_key(owner, version);
        if (key.size() > registry::entry_key_size_max) continue;
        if (const auto stored = view_.entry(Area::templates, key)) {
            auto compiled = read_cached(key, *stored);
            return {.compiled = std::move(compiled), .key = std::move(key)};
        }
    }
    return {};
}

/// Records that come together mostly have one prefix and one template.
Validator::Known& Validator::find(std::string_view prefix, std::string_view version) {
    if (last_ && prefix == last_prefix_ && version == last_version_) return *last_;
    const std::string asked = template_key(prefix, version);
    auto found = known_.find(asked);
    if (found == known_.end()) found = known_.emplace(asked, fetch(prefix, version)).first;
    last_prefix_ = prefix;
    last_version_ = version;
    last_ = &found->second;
    return *last_;
}

Validator::Verdict Validator::judge(std::string_view handle, const std::vector<Value>& values) {
    const Value* const named = find_template_value(values);
    if (!named) return {};
    const std::string& version = named->data;
    const bool is_version = !version.empty() && version.size() <= version_size_max;
    Known* const known = is_version ? &find(protocol::prefix_of(handle), version) : nullptr;
    if (!known || !known->compiled)
        return {.fault = "template: expected the version of a template of the prefix, found " +
                         excerpt_of(protocol::is_utf8(version) ? version : "?")};
    if (auto fault = known->compiled->find_fault(values)) return {.fault = std::move(fault)};
    known->used = true;
    return {.asked = known->compiled.get()};
}

std::optional<std::string> Validator::apply(Record& record) {
    Verdict verdict = judge(record.handle, record.values);
    if (verdict.asked) verdict.asked->hide(record.values);
    return std::move(verdict.fault);
}

void Validator::note_uses(std::vector<registry::Change>& changes) const {
    for (const auto& [asked, known] : known_)
        if (known.used && view_.entry(Area::idle_templates, known.key))
            changes.emplace_back(registry::RemoveEntry{Area::idle_templates, known.key});
}

void keep(const Template& kept, std::vector<registry::Change>& changes) {
    const std::string key = template_key(kept.prefix, kept.version);
    std::vector<std::uint32_t> references;
    for (const Item& item : kept.items)
        if (item.type == ItemType::reference) references.push_back(item.index);
    for (const Item* const item : own_items(kept))
        changes.emplace_back(registry::PutEntry{Area::own_items, own_item_key(kept, *item),
                                                protocol::folded(item->name)});
    changes.emplace_back(registry::PutEntry{Area::templates, key, to_json(kept)});
    changes.emplace_back(registry::PutEntry{Area::reference_items, key,
                                            registry::trace::reference_items_value(references)});
}

void publish(const Template& made, std::vector<registry::Change>& changes) {
    const std::string key = template_key(made.prefix, made.version);
    keep(made, changes);
    changes.emplace_back(registry::PutEntry{Area::idle_templates, key, "1"});
}

void remove(const Template& removed, std::vector<registry::Change>& changes) {
    const std::string key = template_key(removed.prefix, removed.version);
    changes.emplace_back(registry::RemoveEntry{Area::templates, key});
    changes.emplace_back(registry::RemoveEntry{Area::reference_items, key});
    for (const Item* const item : own_items(removed))
        changes.emplace_back(registry::RemoveEntry{Area::own_items, own_item_key(removed, *item)});
    if (removed.prefix.empty())
        changes.emplace_back(
            registry::PutEntry{Area::idle_templates, key, std::string{removed_mark}});
    else
        changes.emplace_back(registry::RemoveEntry{Area::idle_templates, key});
}

bool has_too_many_own_items(const registry::WriteView& view, const Template& made) {
    const auto own = own_items(made);
    auto count = static_cast<std::size_t>(std::ranges::count_if(own, [&](const Item* const item) {
        return !view.entry(Area::own_items, own_item_key(made, *item));
    }));
    if (count == 0) return false;
    view.for_each_entry(Area::own_items, grants::own_items_stem(made.prefix),
                        [&](const auto&) { return ++count <= grants::own_items_max; });
    return count > grants::own_items_max;
}

bool was_removed(const registry::Snapshot& snapshot, std::string_view key) {
    return find_entry(snapshot, Area::idle_templates, key) == removed_mark;
}

bool is_in_use(const registry::WriteView& view, std::string_view key) {
    return !view.entry(Area::idle_templates, key);
}

}  // namespace idnode::resolver::templates
