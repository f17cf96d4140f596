#include "protocol/schemes/identifier.hpp"

#include <algorithm>
#include <array>

#include "protocol/handle/handle.hpp"
#include "protocol/schemes/check_digits.hpp"
#include "protocol/schemes/gs1_key.hpp"
#include "protocol/schemes/percent.hpp"

namespace idnode::protocol {
namespace {

constexpr std::array<std::string_view, 9> scheme_names{"handle",  "gs1", "oid",  "ecode", "ma",
                                                       "did:bid", "vin", "uscc", "uri"};

FormatError fault(Scheme scheme, std::string_view text) {
    constexpr std::size_t size_max = 80;
    return FormatError{"identifier: expected one of scheme " + std::string{name_of(scheme)} +
                       ", found \"" + std::string{text.substr(0, size_max)} + '"'};
}

Identifier plain(Scheme scheme, std::string canonical) {
    return {.scheme = scheme, .canonical = std::move(canonical), .classes = {}};
}

Parsed<Identifier> plain_or_fault(Scheme scheme, std::optional<std::string> canonical,
                                  std::string_view text) {
    if (!canonical) return fault(scheme, text);
    return plain(scheme, std::move(*canonical));
}

bool starts_with_folded(std::string_view text, std::string_view stem) noexcept {
    return text.size() >= stem.size() && equal_folded(text.substr(0, stem.size()), stem);
}

bool is_web_uri(std::string_view text) noexcept {
    return starts_with_folded(text, "https://") || starts_with_folded(text, "http://");
}

/// RFC 3986 §3.1: a letter, then letters, digits, '+', '-' and '.', then ':'.
bool has_uri_scheme(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
    const auto fits = [&](char c) {
        const char folded_c = fold(c);
        const bool letter = folded_c >= 'A' && folded_c <= 'Z';
        return letter || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    const std::string_view scheme = text.substr(0, colon);
    const bool letter_first = fold(scheme.front()) >= 'A' && fold(scheme.front()) <= 'Z';
    return letter_first && std::all_of(scheme.begin(), scheme.end(), fits);
}

Parsed<Identifier> identifier_of(const Parsed<Gs1Elements>& elements) {
    if (!elements) return elements.error();
    auto identity = gs1_identity(*elements);
    if (!identity) return identity.error();
    return Identifier{.scheme = Scheme::gs1,
                      .canonical = std::move(identity->canonical),
                      .classes = std::move(identity->classes),
                      .names_class = identity->names_class};
}

/// From a function that may find a URI well-formed and yet no GS1 key.
Parsed<Identifier> identifier_of(Parsed<std::optional<Gs1Elements>> elements,
                                 std::string_view text) {
    if (!elements) return elements.error();
    if (!*elements) return fault(Scheme::gs1, text);
    return identifier_of(Parsed<Gs1Elements>{std::move(**elements)});
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A bare number as the value of one key, without check digits that fail.
std::optional<Identifier> bare_key(std::string_view ai, std::string_view digits) {
    constexpr std::size_t gtin_size = 14;
    std::string value{digits};
    if (ai == "01" && value.size() < gtin_size) value.insert(0, gtin_size - value.size(), '0');
    if (find_gs1_element_fault(ai, value)) return std::nullopt;
    auto identifier = identifier_of(Gs1Elements{{std::string{ai}, std::move(value)}});
    return identifier ? std::optional{std::move(*identifier)} : std::nullopt;
}

Parsed<Identifier> parse_gs1(std::string_view text) {
    if (starts_with_folded(text, "urn:epc:")) return identifier_of(parse_epc_uri(text), text);
    if (is_web_uri(text)) return identifier_of(parse_digital_link(text), text);
    if (is_digits(text)) {
        if (is_valid_gtin(text)) return *bare_key("01", text);
        if (is_valid_sscc(text)) return *bare_key("00", text);
    }
    if (is_gs1_key(text.substr(0, text.find('/')))) return identifier_of(parse_gs1_path(text));
    return identifier_of(parse_element_string(text));
}

constexpr std::array<std::string_view, 4> handle_stems{
    "hdl:", "info:hdl/", "https://hdl.handle.net/", "http://hdl.handle.net/"};

/// The spelling in front of a handle that says that it is one; empty if there is none.
std::string_view handle_stem_of(std::string_view text) noexcept {
    for (const std::string_view stem : handle_stems)
        if (starts_with_folded(text, stem)) return stem;
    return {};
}

Parsed<Identifier> parse_handle(std::string_view text) {
    const std::string_view stem = handle_stem_of(text);
    std::optional<std::string> handle{text.substr(stem.size())};
    if (is_web_uri(stem)) handle = percent_decoded(*handle);
    if (!handle) return fault(Scheme::handle, text);
    if (auto wrong = find_handle_fault(*handle)) return *wrong;
    return plain(Scheme::handle, folded(*handle));
}

Parsed<Identifier> parse_uri(std::string_view text) {
    const auto visible = [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != '"' && c != '<' &&
               c != '>' && c != '\\' && c != '^' && c != '`' && c != '{' && c != '|' && c != '}';
    };
    if (!has_uri_scheme(text) || !std::all_of(text.begin(), text.end(), visible) || !is_utf8(text))
        return fault(Scheme::uri, text);
    return plain(Scheme::uri, std::string{text});
}

Parsed<Identifier> parse_checked(Scheme scheme, std::string_view text) {
    auto identifier = plain_or_fault(
        scheme, scheme == Scheme::vin ? canonical_vin(text) : canonical_uscc(text), text);
    if (!identifier) return identifier;
    identifier->check_digit_holds = scheme == Scheme::vin ? is_valid_vin(identifier->canonical)
                                                          : is_valid_uscc(identifier->canonical);
    return identifier;
}

/// Collects readings of a text, each once.
class Candidates {
public:
    explicit Candidates(const RecognitionRules& rules) : rules_{rules} {}

    void add(std::string_view text, Scheme scheme) {
        auto identifier = parse_identifier(text, scheme, rules_);
        if (identifier) add(std::move(*identifier));
    }
    void add(Identifier identifier) {
        if (std::find(found_.begin(), found_.end(), identifier) == found_.end())
            found_.push_back(std::move(identifier));
    }
    bool empty() const noexcept { return found_.empty(); }
    std::vector<Identifier> take() { return std::move(found_); }

private:
    const RecognitionRules& rules_;
    std::vector<Identifier> found_;
};

/// Leaves out prefixes that only a registration makes believable, since they are spelt like the
/// beginning of something else.
void add_handle(std::string_view text, Candidates& found) {
    const auto handle = parse_handle(text);
    if (!handle || prefix_of(handle->canonical).find_first_of(":()]^?#") != std::string_view::npos)
        return;
    if (starts_with_folded(handle->canonical, "MA.")) return;
    // Handles know no lower case, a few GS1 keys neither: such a handle is that key.
    if (found.empty() && is_gs1_key(prefix_of(handle->canonical)))
        found.add(handle->canonical, Scheme::gs1);
    found.add(*handle);
}

/// Texts that say themselves what they are.
void add_literal(std::string_view text, Candidates& found) {
    if (starts_with_folded(text, "urn:oid:")) found.add(text, Scheme::oid);
    if (starts_with_folded(text, "ecode:")) found.add(text, Scheme::ecode);
    if (text.starts_with("did:bid:")) found.add(text, Scheme::did_bid);
    if (starts_with_folded(text, "MA.")) found.add(text, Scheme::ma);
    if (!handle_stem_of(text).empty()) add_handle(text, found);
    const bool gs1 = starts_with_folded(text, "urn:epc:") || is_web_uri(text) ||
                     text.front() == '(' || text.front() == ']' || text.front() == '\x1d' ||
                     text.front() == '^';
    if (gs1) found.add(text, Scheme::gs1);
    if (found.empty() && text.find("://") < text.find('/')) found.add(text, Scheme::uri);
    if (found.empty() && starts_with_folded(text, "urn:")) found.add(text, Scheme::uri);
    if (found.empty() && starts_with_folded(text, "did:")) found.add(text, Scheme::uri);
}

/// Codes that nothing but their length and their check digit tells.
void add_shapes(std::string_view text, Candidates& found) {
    if (auto vin = parse_checked(Scheme::vin, text); vin && vin->check_digit_holds)
        found.add(std::move(*vin));
    if (is_digits(text)) {
        if (is_valid_gtin(text)) found.add(*bare_key("01", text));
        if (is_valid_sscc(text)) found.add(*bare_key("00", text));
        if (auto gln = bare_key("414", text)) found.add(std::move(*gln));
    }
    if (auto uscc = parse_checked(Scheme::uscc, text); uscc && uscc->check_digit_holds)
        found.add(std::move(*uscc));
    found.add(text, Scheme::oid);
    found.add(text, Scheme::ecode);
    // An element string as some scanners give it. Only check digits tell it from other texts.
    if (text.starts_with("01") || text.starts_with("00")) found.add(text, Scheme::gs1);
}

}  // namespace

std::string_view name_of(Scheme scheme) noexcept {
    return scheme_names[static_cast<std::size_t>(scheme) - 1];
}

std::optional<Scheme> find_scheme(std::string_view name) noexcept {
    const auto* const place = std::find(scheme_names.begin(), scheme_names.end(), name);
    if (place == scheme_names.end()) return std::nullopt;
    return static_cast<Scheme>(place - scheme_names.begin() + 1);
}

Parsed<Identifier> parse_identifier(std::string_view text, Scheme scheme,
                                    const RecognitionRules& rules) {
    if (text.empty()) return FormatError{"identifier: expected a text, found nothing"};
    if (text.size() > identifier_size_max)
        return FormatError{"identifier: expected at most 2048 octets, found " +
                           std::to_string(text.size())};
    switch (scheme) {
        case Scheme::handle: return parse_handle(text);
        case Scheme::gs1: return parse_gs1(text);
        case Scheme::oid: return plain_or_fault(scheme, canonical_oid(text), text);
        case Scheme::ecode:
            return plain_or_fault(scheme, canonical_ecode(text, rules.ecode_formats), text);
        case Scheme::ma: return plain_or_fault(scheme, canonical_ma(text), text);
        case Scheme::did_bid: return plain_or_fault(scheme, canonical_did_bid(text), text);
        case Scheme::vin:
        case Scheme::uscc: return parse_checked(scheme, text);
        case Scheme::uri: break;
    }
    return parse_uri(text);
}

std::vector<Identifier> recognise(std::string_view text, const RecognitionRules& rules) {
    if (text.empty() || text.size() > identifier_size_max) return {};
    Candidates found{rules};
    add_literal(text, found);
    if (found.empty() && text.find('/') != std::string_view::npos) {
        const bool registered = rules.is_registered && rules.is_registered(prefix_of(text));
        if (registered) found.add(text, Scheme::handle);
        if (is_gs1_key(prefix_of(text))) found.add(text, Scheme::gs1);
        add_handle(text, found);
    }
    if (found.empty()) add_shapes(text, found);
    if (found.empty()) found.add(text, Scheme::uri);
    return found.take();
}

Identifier identify(std::string_view text, const RecognitionRules& rules) {
    auto candidates = recognise(text, rules);
    if (!candidates.empty()) return std::move(candidates.front());
    return plain(Scheme::uri, std::string{text});
}

std::optional<std::string> digital_link_of(const Identifier& identifier,
                                           std::string_view resolver_root) {
    if (identifier.scheme != Scheme::gs1) return std::nullopt;
    std::string link{resolver_root};
    if (link.empty() || link.back() != '/') link += '/';
    return link + identifier.canonical;
}

std::optional<std::string> element_string_of(const Identifier& identifier) {
    if (identifier.scheme != Scheme::gs1) return std::nullopt;
    const auto elements = parse_gs1_path(identifier.canonical);
    return elements ? std::optional{write_element_string(*elements)} : std::nullopt;
}

}  // namespace idnode::protocol
