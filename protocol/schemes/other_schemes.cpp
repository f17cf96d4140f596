#include "protocol/schemes/other_schemes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/handle/handle.hpp"
#include "protocol/schemes/check_digits.hpp"

namespace idnode::protocol {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

bool is_digit_or_capital(char c) noexcept { return is_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Takes the stem off, whatever its case; false if it is not there.
bool skip(std::string_view& text, std::string_view stem) noexcept {
    if (!equal_folded(text.substr(0, stem.size()), stem)) return false;
    text.remove_prefix(stem.size());
    return true;
}

bool is_arc(std::string_view arc) noexcept {
    return is_digits(arc) && (arc.size() == 1 || arc.front() != '0');
}

}  // namespace

std::optional<std::string> canonical_oid(std::string_view text) {
    skip(text, "urn:oid:");
    const std::string_view arcs = text;
    for (std::size_t number = 0;; ++number) {
        const std::size_t dot = text.find('.');
        const std::string_view arc = text.substr(0, dot);
        if (!is_arc(arc)) return std::nullopt;
        if (number == 0 && (arc.size() > 1 || arc.front() > '2')) return std::nullopt;
        const bool below_40 = arc.size() == 1 || (arc.size() == 2 && arc.front() < '4');
        if (number == 1 && arcs.front() < '2' && !below_40) return std::nullopt;
        if (dot == std::string_view::npos) {
            if (number == 0) return std::nullopt;
            return "urn:oid:" + std::string{arcs};
        }
        text.remove_prefix(dot + 1);
    }
}

std::optional<std::string> canonical_did_bid(std::string_view text) {
    constexpr std::string_view stem = "did:bid:";
    constexpr std::size_t size_least = 32;
    constexpr std::size_t size_most = 57;
    constexpr std::size_t chain_size = 4;  // AC
    if (!text.starts_with(stem) || text.size() < size_least || text.size() > size_most)
        return std::nullopt;
    std::string_view rest = text.substr(stem.size());
    if (rest[chain_size] == ':') {
        const std::string_view chain = rest.substr(0, chain_size);
        const auto fits = [](char c) { return is_digit(c) || is_lower(c); };
        if (!std::all_of(chain.begin(), chain.end(), fits)) return std::nullopt;
        rest.remove_prefix(chain_size + 1);
    }
    const bool key_kind = rest[0] == 'e' || rest[0] == 'z' || rest[0] == 's';
    if (!key_kind || rest[1] != 'f') return std::nullopt;
    constexpr std::string_view base58 =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if (rest.substr(2).find_first_not_of(base58) != std::string_view::npos) return std::nullopt;
    return std::string{text};
}

std::optional<std::string> canonical_ma(std::string_view text) {
    std::string_view rest = text;
    if (!skip(rest, "MA.")) return std::nullopt;
    const std::size_t slash = rest.find('/');
    const std::string_view nodes = rest.substr(0, slash);
    const auto fits = [](char c) { return is_digit(c) || c == '.'; };
    if (nodes.empty() || !is_digit(nodes.front()) || !is_digit(nodes.back()) ||
        !std::all_of(nodes.begin(), nodes.end(), fits) ||
        nodes.find("..") != std::string_view::npos)
        return std::nullopt;
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::all_of(rest.begin(), rest.end(), printable)) return std::nullopt;
    return "MA." + folded(rest);
}

Parsed<EcodeFormat> parse_ecode_format(std::string_view text) {
    constexpr std::uint8_t nsi_most = 16;
    constexpr std::uint8_t code_most = 200;
    std::string_view rest = text;
    const auto take = [&](char end) {
        const std::size_t size = std::min(rest.find(end), rest.size());
        const std::string_view part = rest.substr(0, size);
        rest.remove_prefix(std::min(size + 1, rest.size()));
        return part;
    };
    const auto number = [](std::string_view part,
                           std::uint8_t most) -> std::optional<std::uint8_t> {
        std::uint8_t read = 0;
        const auto [end, wrong] = std::from_chars(part.data(), part.data() + part.size(), read);
        if (wrong != std::errc{} || end != part.data() + part.size() || read > most)
            return std::nullopt;
        return read;
    };
    const std::string_view version = take(':');
    const auto nsi = number(take(':'), nsi_most);
    const auto least = number(take('-'), code_most);
    const auto most = number(take(':'), code_most);
    const bool fits = version.size() == 1 && is_digit(version.front()) && nsi && least && most &&
                      *least > 0 && *least <= *most && (rest.empty() || rest == "letters");
    if (!fits)
        return FormatError{
            "expected VERSION:NSI:LEAST-MOST such as 1:4:1-20 or 3:5:1-39:letters, "
            "found \"" +
            std::string{text} + '"'};
    return EcodeFormat{.version = version.front(),
                       .nsi_digits = *nsi,
                       .least = *least,
                       .most = *most,
                       .letters = !rest.empty()};
}

std::optional<std::string> canonical_ecode(std::string_view text,
                                           std::span<const EcodeFormat> formats) {
    skip(text, "ecode:");
    for (const EcodeFormat& format : formats) {
        const std::size_t head = std::size_t{1} + format.nsi_digits;
        if (text.size() < head + format.least || text.size() > head + format.most) continue;
        if (text.front() != format.version) continue;
        if (format.nsi_digits > 0 && !is_digits(text.substr(1, format.nsi_digits))) continue;
        const std::string_view code = text.substr(head);
        const auto fits = [&](char c) {
            return is_digit(c) || (format.letters && (is_lower(c) || is_digit_or_capital(c)));
        };
        if (std::all_of(code.begin(), code.end(), fits)) return "ecode:" + std::string{text};
    }
    return std::nullopt;
}

std::optional<std::string> canonical_vin(std::string_view text) {
    std::string vin = folded(text);
    const bool fits = vin_check_digit(vin) && is_digit_or_capital(vin[8]) && vin[8] != 'I' &&
                      vin[8] != 'O' && vin[8] != 'Q';
    return fits ? std::optional{std::move(vin)} : std::nullopt;
}

std::optional<std::string> canonical_uscc(std::string_view text) {
    constexpr std::size_t size = 18;
    std::string code = folded(text);
    if (code.size() != size || !uscc_check_character(code.substr(0, size - 1))) return std::nullopt;
    // The last character is of the same alphabet as those before it.
    if (!uscc_check_character(code.substr(1))) return std::nullopt;
    return code;
}

}  // namespace idnode::protocol
