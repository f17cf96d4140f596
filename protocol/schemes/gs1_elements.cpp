#include "protocol/schemes/gs1_elements.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/schemes/check_digits.hpp"

namespace idnode::protocol {
namespace {

constexpr char fnc1 = '\x1d';
constexpr std::size_t elements_max = 32;  // more than any symbol of GS1 can hold

/// A stretch of a value. Sets: N digits; X the 82 characters of GS1 General Specifications §7.11;
/// Y the 39 of component and part identifiers; Z base64url.
struct Part {
    char set;
    std::uint8_t least;
    std::uint8_t most;
    bool checked = false;  ///< ends in a check digit
};

constexpr Part none{'N', 0, 0};

/// The application identifiers from `first` to `last`, all of one format.
struct Format {
    std::string_view first;
    std::string_view last;
    bool predefined;  ///< no FNC1 is needed behind the value
    Part head;
    Part tail = none;
};

// clang-format off
constexpr std::array formats{
    Format{"00", "00", true, {'N', 18, 18, true}},
    Format{"01", "02", true, {'N', 14, 14, true}},
    Format{"10", "10", false, {'X', 1, 20}},
    Format{"11", "13", true, {'N', 6, 6}},
    Format{"15", "17", true, {'N', 6, 6}},
    Format{"20", "20", true, {'N', 2, 2}},
    Format{"21", "22", false, {'X', 1, 20}},
    Format{"235", "235", false, {'X', 1, 28}},
    Format{"240", "241", false, {'X', 1, 30}},
    Format{"242", "242", false, {'N', 1, 6}},
    Format{"243", "243", false, {'X', 1, 20}},
    Format{"250", "251", false, {'X', 1, 30}},
    Format{"253", "253", false, {'N', 13, 13, true}, {'X', 0, 17}},
    Format{"254", "254", false, {'X', 1, 20}},
    Format{"255", "255", false, {'N', 13, 13, true}, {'N', 0, 12}},
    Format{"30", "30", false, {'N', 1, 8}},
    Format{"3100", "3169", true, {'N', 6, 6}},
    Format{"3200", "3379", true, {'N', 6, 6}},
    Format{"3400", "3579", true, {'N', 6, 6}},
    Format{"3600", "3699", true, {'N', 6, 6}},
    Format{"37", "37", false, {'N', 1, 8}},
    Format{"3900", "3909", false, {'N', 1, 15}},
    Format{"3910", "3919", false, {'N', 4, 18}},
    Format{"3920", "3929", false, {'N', 1, 15}},
    Format{"3930", "3939", false, {'N', 4, 18}},
    Format{"3940", "3949", false, {'N', 4, 4}},
    Format{"3950", "3959", false, {'N', 6, 6}},
    Format{"400", "401", false, {'X', 1, 30}},
    Format{"402", "402", false, {'N', 17, 17, true}},
    Format{"403", "403", false, {'X', 1, 30}},
    Format{"410", "417", true, {'N', 13, 13, true}},
    Format{"420", "420", false, {'X', 1, 20}},
    Format{"421", "421", false, {'N', 3, 3}, {'X', 1, 9}},
    Format{"422", "422", false, {'N', 3, 3}},
    Format{"423", "423", false, {'N', 3, 15}},
    Format{"424", "424", false, {'N', 3, 3}},
    Format{"425", "425", false, {'N', 3, 15}},
    Format{"426", "426", false, {'N', 3, 3}},
    Format{"427", "427", false, {'X', 1, 3}},
    Format{"4300", "4301", false, {'X', 1, 35}},
    Format{"4302", "4306", false, {'X', 1, 70}},
    Format{"4307", "4307", false, {'X', 2, 2}},
    Format{"4308", "4308", false, {'X', 1, 30}},
    Format{"4309", "4309", false, {'N', 20, 20}},
    Format{"4310", "4311", false, {'X', 1, 35}},
    Format{"4312", "4316", false, {'X', 1, 70}},
    Format{"4317", "4317", false, {'X', 2, 2}},
    Format{"4318", "4318", false, {'X', 1, 20}},
    Format{"4319", "4319", false, {'X', 1, 30}},
    Format{"4320", "4320", false, {'X', 1, 35}},
    Format{"4321", "4323", false, {'N', 1, 1}},
    Format{"4324", "4325", false, {'N', 10, 10}},
    Format{"4326", "4326", false, {'N', 6, 6}},
    Format{"4330", "4333", false, {'N', 6, 6}, {'X', 0, 1}},
    Format{"7001", "7001", false, {'N', 13, 13}},
    Format{"7002", "7002", false, {'X', 1, 30}},
    Format{"7003", "7003", false, {'N', 10, 10}},
    Format{"7004", "7004", false, {'N', 1, 4}},
    Format{"7005", "7005", false, {'X', 1, 12}},
    Format{"7006", "7006", false, {'N', 6, 6}},
    Format{"7007", "7007", false, {'N', 6, 12}},
    Format{"7008", "7008", false, {'X', 1, 3}},
    Format{"7009", "7009", false, {'X', 1, 10}},
    Format{"7010", "7010", false, {'X', 1, 2}},
    Format{"7011", "7011", false, {'N', 6, 10}},
    Format{"7020", "7022", false, {'X', 1, 20}},
    Format{"7023", "7023", false, {'X', 1, 30}},
    Format{"7030", "7039", false, {'N', 3, 3}, {'X', 1, 27}},
    Format{"7040", "7040", false, {'N', 1, 1}, {'X', 3, 3}},
    Format{"710", "717", false, {'X', 1, 20}},
    Format{"7230", "7239", false, {'X', 3, 30}},
    Format{"7240", "7240", false, {'X', 1, 20}},
    Format{"7241", "7241", false, {'N', 2, 2}},
    Format{"7242", "7242", false, {'X', 1, 25}},
    Format{"8001", "8001", false, {'N', 14, 14}},
    Format{"8002", "8002", false, {'X', 1, 20}},
    Format{"8003", "8003", false, {'N', 14, 14, true}, {'X', 0, 16}},
    Format{"8004", "8004", false, {'X', 1, 30}},
    Format{"8005", "8005", false, {'N', 6, 6}},
    Format{"8006", "8006", false, {'N', 14, 14, true}, {'N', 4, 4}},
    Format{"8007", "8007", false, {'X', 1, 34}},
    Format{"8008", "8008", false, {'N', 8, 12}},
    Format{"8009", "8009", false, {'X', 1, 50}},
    Format{"8010", "8010", false, {'Y', 1, 30}},
    Format{"8011", "8011", false, {'N', 1, 12}},
    Format{"8012", "8012", false, {'X', 1, 20}},
    Format{"8013", "8013", false, {'X', 1, 25}},
    Format{"8017", "8018", false, {'N', 18, 18, true}},
    Format{"8019", "8019", false, {'N', 1, 10}},
    Format{"8020", "8020", false, {'X', 1, 25}},
    Format{"8026", "8026", false, {'N', 14, 14, true}, {'N', 4, 4}},
    Format{"8030", "8030", false, {'Z', 1, 90}},
    Format{"8110", "8110", false, {'X', 1, 70}},
    Format{"8111", "8111", false, {'N', 4, 4}},
    Format{"8112", "8112", false, {'X', 1, 70}},
    Format{"8200", "8200", false, {'X', 1, 70}},
    Format{"90", "90", false, {'X', 1, 30}},
    Format{"91", "99", false, {'X', 1, 90}},
};
// clang-format on

const Format* find_format(std::string_view ai) noexcept {
    const auto* const row = std::find_if(formats.begin(), formats.end(), [&](const Format& each) {
        return ai.size() == each.first.size() && ai >= each.first && ai <= each.last &&
               std::all_of(ai.begin(), ai.end(), [](char c) { return c >= '0' && c <= '9'; });
    });
    return row == formats.end() ? nullptr : row;
}

/// The application identifier at the start of `text`, which the table makes unambiguous: none is
/// the beginning of another.
std::string_view leading_ai(std::string_view text) noexcept {
    for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size)
        if (find_format(text.substr(0, size))) return text.substr(0, size);
    return {};
}

bool belongs_to(char c, char set) noexcept {
    const bool digit = c >= '0' && c <= '9';
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    switch (set) {
        case 'N': return digit;
        case 'Y': return digit || upper || c == '#' || c == '-' || c == '/';
        case 'Z': return digit || upper || lower || c == '-' || c == '_' || c == '=';
        default: break;
    }
    constexpr std::string_view others = "!\"%&'()*+,-./:;<=>?_";
    return digit || upper || lower || others.find(c) != std::string_view::npos;
}

bool consists_of(std::string_view text, char set) noexcept {
    return std::all_of(text.begin(), text.end(), [&](char c) { return belongs_to(c, set); });
}

std::string_view name_of(char set) noexcept {
    switch (set) {
        case 'N': return "digits";
        case 'Y': return "digits, capital letters, '#', '-' and '/'";
        case 'Z': return "characters of base64url";
        default: return "characters of the GS1 set 82";
    }
}

std::string quoted(std::string_view text) {
    constexpr std::size_t size_max = 48;
    if (text.size() > size_max) return std::to_string(text.size()) + " octets";
    return std::string{"\""}.append(text).append("\"");
}

FormatError fault(std::string_view ai, std::string_view expected, std::string_view value) {
    std::string sentence{"("};
    sentence.append(ai).append("): expected ").append(expected);
    return FormatError{sentence.append(", found ").append(quoted(value))};
}

std::string length_of(const Format& format) {
    const int least = format.head.least + format.tail.least;
    const int most = format.head.most + format.tail.most;
    if (least == most) return std::to_string(least) + " characters";
    return std::to_string(least) + " to " + std::to_string(most) + " characters";
}

Parsed<Gs1Elements> parse_bracketed(std::string_view text) {
    Gs1Elements elements;
    while (!text.empty()) {
        const std::size_t close = text.find(')');
        if (text.front() != '(' || close == std::string_view::npos)
            return FormatError{
                "element string: expected an application identifier in brackets, "
                "found " +
                quoted(text)};
        if (elements.size() == elements_max)
            return FormatError{"element string: expected at most 32 elements, found more"};
        Gs1Element element{std::string{text.substr(1, close - 1)}, {}};
        text.remove_prefix(close + 1);
        while (!text.empty() && text.front() != '(') {
            if (text.starts_with("\\(")) text.remove_prefix(1);
            element.value += text.front();
            text.remove_prefix(1);
        }
        if (const auto wrong = find_gs1_element_fault(element.ai, element.value)) return *wrong;
        elements.push_back(std::move(element));
    }
    return elements;
}

bool is_separator(char c) noexcept { return c == fnc1 || c == '^'; }

Parsed<Gs1Elements> parse_scanned(std::string_view text) {
    Gs1Elements elements;
    while (!text.empty()) {
        const std::string_view ai = leading_ai(text);
        if (ai.empty())
            return FormatError{"element string: expected an application identifier, found " +
                               quoted(text)};
        if (elements.size() == elements_max)
            return FormatError{"element string: expected at most 32 elements, found more"};
        const Format& format = *find_format(ai);
        text.remove_prefix(ai.size());
        const auto separator = std::find_if(text.begin(), text.end(), is_separator);
        auto size = static_cast<std::size_t>(separator - text.begin());
        if (format.predefined) size = std::min<std::size_t>(size, format.head.most);
        const std::string_view value = text.substr(0, size);
        if (const auto wrong = find_gs1_element_fault(ai, value)) return *wrong;
        elements.push_back({std::string{ai}, std::string{value}});
        text.remove_prefix(size);
        if (!text.empty() && is_separator(text.front())) text.remove_prefix(1);
    }
    return elements;
}

}  // namespace

std::optional<FormatError> find_gs1_element_fault(std::string_view ai, std::string_view value) {
    const Format* const format = find_format(ai);
    if (!format)
        return FormatError{"application identifier: expected one that GS1 has assigned, found " +
                           quoted(ai)};
    const Part& head = format->head;
    const Part& tail = format->tail;
    const std::size_t most = std::size_t{head.most} + tail.most;
    const std::size_t least = std::size_t{head.least} + tail.least;
    if (value.size() < least || value.size() > most) return fault(ai, length_of(*format), value);
    const std::string_view first = value.substr(0, head.most);
    const std::string_view rest = value.substr(first.size());
    if (!consists_of(first, head.set)) return fault(ai, name_of(head.set), value);
    if (!consists_of(rest, tail.set)) return fault(ai, name_of(tail.set), value);
    if (!head.checked) return std::nullopt;
    const auto digit = gs1_check_digit(first.substr(0, first.size() - 1));
    if (digit == first.back()) return std::nullopt;
    return fault(ai, std::string{"the check digit "} + *digit, value);
}

Parsed<Gs1Elements> parse_element_string(std::string_view text) {
    constexpr std::array<std::string_view, 5> symbologies{"]C1", "]e0", "]d2", "]Q3", "]J1"};
    for (const std::string_view symbology : symbologies)
        if (text.starts_with(symbology)) {
            text.remove_prefix(symbology.size());
            break;
        }
    if (!text.empty() && is_separator(text.front())) text.remove_prefix(1);
    if (text.empty()) return FormatError{"element string: expected elements, found nothing"};
    return text.front() == '(' ? parse_bracketed(text) : parse_scanned(text);
}

std::string write_element_string(const Gs1Elements& elements) {
    std::string text;
    for (const Gs1Element& element : elements) {
        text.append("(").append(element.ai).append(")");
        for (const char c : element.value) {
            if (c == '(') text += '\\';
            text += c;
        }
    }
    return text;
}

}  // namespace idnode::protocol
