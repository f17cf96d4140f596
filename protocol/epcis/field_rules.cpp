#include "protocol/epcis/field_rules.hpp"

#include <algorithm>

#include "protocol/json/fields.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;

/// An extension has a name with a namespace: a prefix that a context declares, or a whole URI.
bool is_extension(std::string_view name, const Prefixes& prefixes) {
    const std::size_t colon = name.find(':');
    if (colon == name.npos || colon == 0 || colon + 1 == name.size()) return false;
    return name.substr(colon + 1).starts_with("//") || name.starts_with("urn:") ||
           prefixes.contains(name.substr(0, colon));
}

}  // namespace

bool is_uri(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == text.npos || colon == 0 || colon + 1 == text.size()) return false;
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

std::string_view text_in(const json::value& value) noexcept {
    const auto* const text = value.if_string();
    return text ? std::string_view{*text} : std::string_view{};
}

bool is_uri_value(const json::value& value) { return is_uri(text_in(value)); }
bool is_time(const json::value& value) { return parse_event_time(text_in(value)).has_value(); }
bool is_number(const json::value& value) { return value.is_number(); }
bool is_text(const json::value& value) { return value.is_string(); }
bool is_boolean(const json::value& value) { return value.is_bool(); }
bool is_action(const json::value& value) {
    const auto text = text_in(value);
    return text == "ADD" || text == "OBSERVE" || text == "DELETE";
}
bool is_offset(const json::value& value) {
    const auto text = text_in(value);
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (!digit(1) || !digit(2) || !digit(4) || !digit(5) || text[4] > '5') return false;
    const int hours = (text[1] - '0') * 10 + (text[2] - '0');
    return hours < 14 || text.substr(1) == "14:00";
}
bool is_uom(const json::value& value) {
    const auto text = text_in(value);
    return (text.size() == 2 || text.size() == 3) && std::ranges::all_of(text, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}
bool is_hex(const json::value& value) {
    const auto text = text_in(value);
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

bool is_uri_list(const json::value& value) {
    const auto* const list = value.if_array();
    return list && list->size() <= identifiers_max && std::ranges::all_of(*list, is_uri_value);
}
bool is_certification(const json::value& value) {
    return is_uri_value(value) || is_uri_list(value);
}
bool is_context(const json::value& value) {
    return value.is_string() || value.is_object() || value.is_array();
}

std::string joined(std::string_view place, std::string_view name) {
    return place.empty() ? std::string{name} : std::string{place}.append(".").append(name);
}

EventFault fault(std::string field, std::string_view expected, const json::value* found) {
    return {.field = field,
            .message = field + ": expected " + std::string{expected} + ", found " +
                       (found ? excerpt_of(*found) : "nothing")};
}

std::optional<EventFault> check_fields(const json::object& object, std::string_view place,
                                       const Rules& rules, Extensions extensions,
                                       const Prefixes& prefixes) {
    for (const Rule& rule : rules) {
        const json::value* const found = object.if_contains(rule.name);
        if (!found && rule.required) return fault(joined(place, rule.name), rule.expected, nullptr);
        if (found && rule.check && !rule.check(*found))
            return fault(joined(place, rule.name), rule.expected, found);
    }
    for (const auto& [name, value] : object) {
        if (std::ranges::find(rules, std::string_view{name}, &Rule::name) != rules.end()) continue;
        if (extensions == Extensions::allowed && is_extension(name, prefixes)) continue;
        return EventFault{.field = joined(place, name),
                          .message = joined(place, name) +
                                     ": expected a field of the standard, or an extension with a "
                                     "namespace that a context declares"};
    }
    return std::nullopt;
}

std::optional<EventFault> check_list(const json::object& event, std::string_view name,
                                     std::size_t least, const CheckObject& check) {
    const json::value* const found = event.if_contains(name);
    if (!found) return std::nullopt;
    const auto* const list = found->if_array();
    if (!list || list->size() < least || list->size() > identifiers_max)
        return fault(std::string{name}, "a list", found);
    for (std::size_t at = 0; at < list->size(); ++at) {
        const std::string place = std::string{name} + '[' + std::to_string(at) + ']';
        const auto* const object = (*list)[at].if_object();
        if (!object) return fault(place, "an object", &(*list)[at]);
        if (auto wrong = check(*object, place)) return wrong;
    }
    return std::nullopt;
}

}  // namespace idnode::protocol::epcis
