#include "resolver/trace/visibility.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "registry/entries.hpp"

namespace idnode::resolver {
namespace {

using registry::Area;

constexpr std::string_view of_gs1 = "gs1:";
constexpr std::size_t company_prefix_min = 4;
constexpr std::size_t company_prefix_max = 12;

std::optional<Visibility> find_stored(const registry::Snapshot& snapshot, std::string_view scope) {
    const auto stored = find_entry(snapshot, Area::visibility, visibility_key(scope));
    if (!stored) return std::nullopt;
    boost::system::error_code wrong;
    const auto json = boost::json::parse({stored->data(), stored->size()}, wrong);
    const auto read = wrong ? protocol::FormatError{"not JSON"} : read_visibility(json);
    return read ? std::optional{*read} : std::nullopt;
}

/// The digits of a key from its company prefix on: trade items, pieces of them, logistic units and
/// returnable assets have a digit before it (GS1 General Specifications §3, of the AIs 01, 8006, 00
/// and 8003).
std::string_view company_digits(std::string_view canonical) noexcept {
    const std::size_t slash = canonical.find('/');
    const std::string_view identifier = canonical.substr(0, slash);
    std::string_view digits = slash == canonical.npos ? canonical : canonical.substr(slash + 1);
    digits = digits.substr(0, digits.find('/'));
    if (identifier == "00" || identifier == "01" || identifier == "8003" || identifier == "8006")
        digits.remove_prefix(std::min<std::size_t>(1, digits.size()));
    return digits;
}

}  // namespace

bool is_visibility_scope(std::string_view text) {
    if (text == "*") return true;
    if (!text.starts_with(of_gs1)) return !protocol::find_prefix_fault(text);
    return is_company_scope(text);
}

std::string_view prefix_of_scope(std::string_view scope) {
    return scope == "*" ? std::string_view{} : scope;
}

bool is_company_scope(std::string_view text) noexcept {
    if (!text.starts_with(of_gs1)) return false;
    text.remove_prefix(of_gs1.size());
    return text.size() >= company_prefix_min && text.size() <= company_prefix_max &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_of_company(std::string_view canonical, std::string_view scope) noexcept {
    return is_company_scope(scope) &&
           company_digits(canonical).starts_with(scope.substr(of_gs1.size()));
}

std::vector<std::string> company_scopes_of(const protocol::Identifier& thing) {
    std::vector<std::string> scopes;
    if (thing.scheme != protocol::Scheme::gs1) return scopes;
    const std::string_view digits = company_digits(thing.canonical);
    for (std::size_t size = std::min(digits.size(), company_prefix_max); size >= company_prefix_min;
         --size)
        scopes.push_back(std::string{of_gs1}.append(digits.substr(0, size)));
    return scopes;
}

std::string visibility_key(std::string_view scope) { return protocol::folded(scope); }

protocol::Parsed<Visibility> read_visibility(const boost::json::value& json) {
    const protocol::Place place{.name = "visibility"};
    protocol::FieldReader fields{json, place, {"oneUpOneDown", "hidden"}};
    Visibility visibility;
    visibility.one_up_one_down = fields.boolean("oneUpOneDown", false);
    const auto* const hidden = fields.find("hidden");
    const std::string word = hidden ? fields.text_of(*hidden, "hidden") : "tombstone";
    if (!fields.failed() && word != "tombstone" && word != "cut")
        fields.fail("hidden", "tombstone or cut", hidden);
    visibility.cut = word == "cut";
    if (fields.failed()) return fields.error();
    return visibility;
}

std::string to_json(const Visibility& visibility) {
    return serialize(boost::json::object{{"oneUpOneDown", visibility.one_up_one_down},
                                         {"hidden", visibility.cut ? "cut" : "tombstone"}});
}

Visibility find_visibility(const registry::Snapshot& snapshot, const protocol::Identifier& thing) {
    std::optional<Visibility> found;
    if (thing.scheme == protocol::Scheme::handle) {
        found = find_stored(snapshot, protocol::prefix_of(thing.canonical));
    } else {
        for (const std::string& scope : company_scopes_of(thing))
            if (!found) found = find_stored(snapshot, scope);
    }
    if (!found) found = find_stored(snapshot, "*");
    return found.value_or(Visibility{});
}

}  // namespace idnode::resolver
