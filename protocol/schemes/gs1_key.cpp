#include "protocol/schemes/gs1_key.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/schemes/percent.hpp"

namespace idnode::protocol {
namespace {

enum class Kind : std::uint8_t {
    instance,  ///< names one thing, together with its qualifiers
    item,      ///< a trade item, whose qualifiers name variants, lots and serials of it
    typed,     ///< the first octets name a type, what follows is a serial
    part,      ///< a type, with its serial in a qualifier
};

/// A GS1 key and what may qualify it, in the order of a path (GS1 Digital Link: URI Syntax).
struct KeyRule {
    std::string_view ai;
    Kind kind;
    std::array<std::string_view, 3> qualifiers{};
    std::size_t type_size = 0;  ///< of a typed key, in octets
};

constexpr std::array<std::string_view, 3> item_qualifiers{"22", "10", "21"};

/// What stands for the serial of a GTIN that the tobacco directive controls.
constexpr std::string_view third_party_serial = "235";

// clang-format off
constexpr std::array rules{
    KeyRule{"00", Kind::instance},
    KeyRule{"01", Kind::item, item_qualifiers},
    KeyRule{"253", Kind::typed, {}, 13},
    KeyRule{"255", Kind::typed, {}, 13},
    KeyRule{"401", Kind::instance},
    KeyRule{"402", Kind::instance},
    KeyRule{"414", Kind::instance, {"254"}},
    KeyRule{"415", Kind::instance, {"8020"}},
    KeyRule{"417", Kind::instance, {"7040"}},
    KeyRule{"8003", Kind::typed, {}, 14},
    KeyRule{"8004", Kind::instance, {"7040"}},
    KeyRule{"8006", Kind::item, item_qualifiers},
    KeyRule{"8010", Kind::part, {"8011"}},
    KeyRule{"8013", Kind::instance},
    KeyRule{"8017", Kind::instance, {"8019"}},
    KeyRule{"8018", Kind::instance, {"8019"}},
};
// clang-format on

const KeyRule* find_rule(std::string_view ai) noexcept {
    const auto* const rule = std::find_if(rules.begin(), rules.end(),
                                          [&](const KeyRule& each) { return each.ai == ai; });
    return rule == rules.end() ? nullptr : rule;
}

const Gs1Element* find_element(const Gs1Elements& elements, std::string_view ai) noexcept {
    const auto element = std::find_if(elements.begin(), elements.end(),
                                      [&](const Gs1Element& each) { return each.ai == ai; });
    return element == elements.end() ? nullptr : &*element;
}

std::string step(std::string_view ai, std::string_view value) {
    return std::string{ai}.append("/").append(percent_encoded(value));
}

std::string below(const std::string& base, const Gs1Element& element) {
    return base + '/' + step(element.ai, element.value);
}

/// Serials belong to lots, lots to variants, variants to the trade item. Both a serial and a lot
/// are unique for their GTIN, so that neither needs the others to be told apart.
Gs1Identity item_identity(const std::string& key, const Gs1Elements& elements) {
    std::vector<std::string> levels;
    const auto* serial = find_element(elements, "21");
    if (!serial) serial = find_element(elements, third_party_serial);
    if (serial) levels.push_back(below(key, *serial));
    for (const std::string_view ai : {"10", "22"})
        if (const auto* const element = find_element(elements, ai))
            levels.push_back(below(key, *element));
    levels.push_back(key);
    return {levels.front(), {levels.begin() + 1, levels.end()}, serial == nullptr};
}

Gs1Identity typed_identity(const KeyRule& rule, const std::string& key, std::string_view value) {
    if (value.size() <= rule.type_size) return {key, {}, true};
    return {key, {step(rule.ai, value.substr(0, rule.type_size))}, false};
}

Gs1Identity part_identity(const KeyRule& rule, const std::string& key,
                          const Gs1Elements& elements) {
    const auto* const serial = find_element(elements, rule.qualifiers[0]);
    if (!serial) return {key, {}, true};
    return {below(key, *serial), {key}, false};
}

Gs1Identity instance_identity(const KeyRule& rule, std::string key, const Gs1Elements& elements) {
    const auto* const qualifier = find_element(elements, rule.qualifiers[0]);
    return {qualifier ? below(key, *qualifier) : std::move(key), {}, false};
}

const Gs1Element* find_contradiction(const Gs1Elements& elements) noexcept {
    for (const Gs1Element& each : elements)
        if (find_element(elements, each.ai)->value != each.value) return &each;
    return nullptr;
}

/// A GTIN of 8, 12 or 13 digits as one of 14, which a path may be spared.
std::string padded(std::string_view ai, std::string value) {
    constexpr std::size_t gtin_size = 14;
    const bool short_gtin = value.size() == 8 || value.size() == 12 || value.size() == 13;
    if (ai == "01" && short_gtin) value.insert(0, gtin_size - value.size(), '0');
    return value;
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return segments;
}

FormatError qualifier_fault(const KeyRule& rule, std::string_view found) {
    std::string expected;
    for (const std::string_view each : rule.qualifiers)
        if (!each.empty()) expected.append(expected.empty() ? "" : ", ").append(each);
    if (expected.empty()) expected = "nothing";
    return FormatError{"Digital Link: expected behind key " + std::string{rule.ai} + " " +
                       expected + ", in this order, found \"" + std::string{found} + '"'};
}

Parsed<Gs1Elements> parse_segments(const std::vector<std::string_view>& segments,
                                   std::size_t first) {
    const KeyRule& rule = *find_rule(segments[first]);
    if ((segments.size() - first) % 2 != 0)
        return FormatError{"Digital Link: expected a value behind \"" +
                           std::string{segments.back()} + "\", found nothing"};
    Gs1Elements elements;
    const auto* allowed = rule.qualifiers.begin();
    for (std::size_t place = first; place < segments.size(); place += 2) {
        const std::string_view ai = segments[place];
        if (rule.ai == "01" && ai == third_party_serial && place == first + 2) {
            allowed = rule.qualifiers.end();
        } else if (place > first) {
            allowed = std::find(allowed, rule.qualifiers.end(), ai);
            if (allowed == rule.qualifiers.end()) return qualifier_fault(rule, ai);
            ++allowed;
        }
        auto value = percent_decoded(segments[place + 1]);
        if (!value)
            return FormatError{"Digital Link: expected two hex digits behind '%', found \"" +
                               std::string{segments[place + 1]} + '"'};
        *value = padded(ai, std::move(*value));
        if (const auto wrong = find_gs1_element_fault(ai, *value)) return *wrong;
        elements.push_back({std::string{ai}, std::move(*value)});
    }
    return elements;
}

}  // namespace

bool is_gs1_key(std::string_view ai) noexcept { return find_rule(ai) != nullptr; }

Parsed<Gs1Identity> gs1_identity(const Gs1Elements& elements) {
    const auto key = std::find_if(elements.begin(), elements.end(),
                                  [](const Gs1Element& each) { return is_gs1_key(each.ai); });
    if (key == elements.end())
        return FormatError{"GS1 elements: expected a key such as (01) or (00), found none"};
    if (const auto* const twice = find_contradiction(elements))
        return FormatError{"GS1 elements: expected one value of (" + twice->ai + "), found two"};
    const KeyRule& rule = *find_rule(key->ai);
    std::string path = step(key->ai, key->value);
    switch (rule.kind) {
        case Kind::item: return item_identity(path, elements);
        case Kind::typed: return typed_identity(rule, path, key->value);
        case Kind::part: return part_identity(rule, path, elements);
        case Kind::instance: break;
    }
    return instance_identity(rule, std::move(path), elements);
}

Parsed<Gs1Elements> parse_gs1_path(std::string_view path) {
    const auto segments = segments_of(path);
    if (segments.empty() || !is_gs1_key(segments.front()))
        return FormatError{"Digital Link: expected a path that begins with a GS1 key, found \"" +
                           std::string{path.substr(0, path.find('/'))} + '"'};
    return parse_segments(segments, 0);
}

Parsed<std::optional<Gs1Elements>> parse_digital_link(std::string_view uri) {
    const std::size_t authority = uri.find("://");
    if (authority == std::string_view::npos)
        return FormatError{"Digital Link: expected a URI with a host, found none"};
    uri = uri.substr(0, uri.find_first_of("?#"));
    const std::size_t path = uri.find('/', authority + 3);
    const auto segments = segments_of(path == std::string_view::npos ? "" : uri.substr(path + 1));
    std::optional<FormatError> fault;
    for (std::size_t place = 0; place < segments.size(); ++place) {
        if (!is_gs1_key(segments[place])) continue;
        auto elements = parse_segments(segments, place);
        if (elements) return std::optional{std::move(*elements)};
        if (!fault) fault = elements.error();
    }
    if (fault) return *fault;
    return std::optional<Gs1Elements>{};
}

}  // namespace idnode::protocol
