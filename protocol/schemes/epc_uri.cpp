#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/schemes/check_digits.hpp"
#include "protocol/schemes/gs1_key.hpp"
#include "protocol/schemes/percent.hpp"

namespace idnode::protocol {
namespace {

/// How the fields of an EPC URI become a GS1 key (EPC Tag Data Standard §7).
struct EpcRule {
    enum class Shape : std::uint8_t {
        indicator,  ///< the first digit of the second field stands before the company prefix
        digits,     ///< both fields in their order, all digits
        text,       ///< both fields in their order, without a check digit
    };

    std::string_view scheme;
    std::string_view ai;
    Shape shape;
    std::size_t digits;             ///< of the first two fields together, without the check digit
    std::string_view key_prefix{};  ///< what the key has before the company prefix
    std::size_t middle_fields = 0;  ///< of two digits each, behind the check digit
    std::string_view serial_ai{};   ///< empty: the serial is the end of the key itself
    bool has_serial = false;
};

using Shape = EpcRule::Shape;

// clang-format off
constexpr std::array id_rules{
    EpcRule{"sgtin", "01", Shape::indicator, 13, "", 0, "21", true},
    EpcRule{"sscc", "00", Shape::indicator, 17},
    EpcRule{"sgln", "414", Shape::digits, 12, "", 0, "254", true},
    EpcRule{"pgln", "417", Shape::digits, 12},
    EpcRule{"grai", "8003", Shape::digits, 12, "0", 0, "", true},
    EpcRule{"giai", "8004", Shape::text, 0},
    EpcRule{"gsrn", "8018", Shape::digits, 17},
    EpcRule{"gsrnp", "8017", Shape::digits, 17},
    EpcRule{"gdti", "253", Shape::digits, 12, "", 0, "", true},
    EpcRule{"sgcn", "255", Shape::digits, 12, "", 0, "", true},
    EpcRule{"gsin", "402", Shape::digits, 16},
    EpcRule{"ginc", "401", Shape::text, 0},
    EpcRule{"cpi", "8010", Shape::text, 0, "", 0, "8011", true},
    EpcRule{"itip", "8006", Shape::indicator, 13, "", 2, "21", true},
    EpcRule{"upui", "01", Shape::indicator, 13, "", 0, "235", true},
};
constexpr std::array class_rules{
    EpcRule{"lgtin", "01", Shape::indicator, 13, "", 0, "10", true},
};
// clang-format on

/// Schemes that identify what is no GS1 key.
constexpr std::array<std::string_view, 5> other_schemes{"gid", "usdod", "adi", "bic", "imovn"};

template <std::size_t size>
const EpcRule* find_rule(const std::array<EpcRule, size>& rules, std::string_view scheme) noexcept {
    const auto* const rule = std::find_if(
        rules.begin(), rules.end(), [&](const EpcRule& each) { return each.scheme == scheme; });
    return rule == rules.end() ? nullptr : rule;
}

bool is_digits(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

FormatError fault(std::string_view uri, std::string_view expected) {
    constexpr std::size_t size_max = 80;
    return FormatError{"EPC URI: expected " + std::string{expected} + ", found \"" +
                       std::string{uri.substr(0, size_max)} + '"'};
}

/// At most `count` fields; the last one keeps the dots that are left, since serials may have some.
std::vector<std::string_view> fields_of(std::string_view text, std::size_t count) {
    std::vector<std::string_view> fields;
    while (fields.size() + 1 < count && text.find('.') != std::string_view::npos) {
        fields.push_back(text.substr(0, text.find('.')));
        text.remove_prefix(text.find('.') + 1);
    }
    fields.push_back(text);
    return fields;
}

/// The key without its serial, from the company prefix and what the company has assigned.
std::string key_of(const EpcRule& rule, std::string_view company, std::string_view assigned) {
    std::string key{rule.key_prefix};
    if (rule.shape == Shape::indicator) {
        key += assigned.front();
        assigned.remove_prefix(1);
    }
    key.append(company).append(assigned);
    if (rule.shape != Shape::text) key += *gs1_check_digit(key);
    return key;
}

std::optional<FormatError> find_field_fault(const EpcRule& rule, std::string_view uri,
                                            const std::vector<std::string_view>& fields) {
    constexpr std::size_t company_least = 6;
    constexpr std::size_t company_most = 12;
    const std::size_t count = 2 + rule.middle_fields + (rule.has_serial ? 1 : 0);
    if (fields.size() != count)
        return fault(uri, std::to_string(count) + " fields with dots between them");
    for (std::size_t field = 2; field < 2 + rule.middle_fields; ++field)
        if (fields[field].size() != 2) return fault(uri, "two digits in each of the middle fields");
    const std::string_view company = fields[0];
    if (!is_digits(company) || company.size() < company_least || company.size() > company_most)
        return fault(uri, "a company prefix of 6 to 12 digits");
    if (rule.shape == Shape::text) return std::nullopt;
    const bool fits = company.size() + fields[1].size() == rule.digits && is_digits(fields[1]);
    if (!fits || (rule.shape == Shape::indicator && fields[1].empty()))
        return fault(uri, std::to_string(rule.digits) + " digits in the first two fields");
    return std::nullopt;
}

/// A pattern with a serial of `*` names the class of all serials; `0` as the extension of a GLN
/// says that there is none.
bool lacks_serial(const EpcRule& rule, std::string_view serial, bool pattern) noexcept {
    return pattern || (rule.scheme == "sgln" && serial == "0");
}

Parsed<std::optional<Gs1Elements>> elements_of(const EpcRule& rule, std::string_view uri,
                                               std::string_view text, bool pattern) {
    const auto fields = fields_of(text, 2 + rule.middle_fields + (rule.has_serial ? 1 : 0));
    if (const auto wrong = find_field_fault(rule, uri, fields)) return *wrong;
    const auto assigned = percent_decoded(fields[1]);
    auto serial = percent_decoded(rule.has_serial ? fields.back() : "");
    if (!assigned || !serial) return fault(uri, "two hex digits behind '%'");
    if (rule.has_serial && serial->empty()) return fault(uri, "a serial behind the last dot");
    std::string key = key_of(rule, fields[0], *assigned);
    for (std::size_t field = 2; field < 2 + rule.middle_fields; ++field) key += fields[field];
    const bool bare = !rule.has_serial || lacks_serial(rule, *serial, pattern);
    if (!bare && rule.serial_ai.empty()) key += *serial;
    Gs1Elements elements{{std::string{rule.ai}, std::move(key)}};
    if (!bare && !rule.serial_ai.empty())
        elements.push_back({std::string{rule.serial_ai}, std::move(*serial)});
    for (const Gs1Element& each : elements)
        if (auto wrong = find_gs1_element_fault(each.ai, each.value))
            return FormatError{"EPC URI: " + wrong->message()};
    return std::optional{std::move(elements)};
}

Parsed<std::optional<Gs1Elements>> parse_pattern(std::string_view uri, std::string_view scheme,
                                                 std::string_view text) {
    const EpcRule* const rule = find_rule(id_rules, scheme);
    if (!rule) return fault(uri, "a pattern of a known scheme");
    const bool names_a_class = rule->has_serial && text.ends_with(".*") &&
                               text.substr(0, text.size() - 1).find('*') == std::string_view::npos;
    if (!names_a_class) return std::optional<Gs1Elements>{};
    return elements_of(*rule, uri, text, true);
}

}  // namespace

Parsed<std::optional<Gs1Elements>> parse_epc_uri(std::string_view uri) {
    constexpr std::string_view stem = "urn:epc:";
    const std::size_t kind_end = uri.find(':', stem.size());
    if (!uri.starts_with(stem) || kind_end == std::string_view::npos)
        return fault(uri, "urn:epc:id:, urn:epc:class: or urn:epc:idpat:");
    const std::string_view kind = uri.substr(stem.size(), kind_end - stem.size());
    const std::size_t scheme_end = uri.find(':', kind_end + 1);
    if (scheme_end == std::string_view::npos) return fault(uri, "a scheme and a ':' behind it");
    const std::string_view scheme = uri.substr(kind_end + 1, scheme_end - kind_end - 1);
    const std::string_view text = uri.substr(scheme_end + 1);
    const bool other =
        std::find(other_schemes.begin(), other_schemes.end(), scheme) != other_schemes.end();
    if (other) return std::optional<Gs1Elements>{};
    if (kind == "idpat") return parse_pattern(uri, scheme, text);
    const EpcRule* const rule = kind == "id"      ? find_rule(id_rules, scheme)
                                : kind == "class" ? find_rule(class_rules, scheme)
                                                  : nullptr;
    if (!rule) return fault(uri, "a scheme of the EPC Tag Data Standard");
    return elements_of(*rule, uri, text, false);
}

}  // namespace idnode::protocol
