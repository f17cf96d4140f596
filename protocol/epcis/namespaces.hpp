#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace idnode::protocol::epcis {

/// Prefixes, and what each stands for.
using Namespaces = std::map<std::string, std::string, std::less<>>;

/// The longest URI that a prefix may stand for, in octets: every event keeps those it uses.
inline constexpr std::size_t namespace_size_max = 512;

/// The prefixes that the `@context` of a document or an event declares, an inner one over those
/// before it. The standard's own are not among them.
Namespaces namespaces_of(const boost::json::object& object);

/// The namespace of a prefix, of the standard context too; nothing for an unknown one.
std::optional<std::string_view> find_namespace(const Namespaces& namespaces,
                                               std::string_view prefix);

/// The URI that a text stands for where it is a compact one, with a prefix that is declared or the
/// standard's; any other text as it is.
std::string expanded(std::string_view text, const Namespaces& namespaces);

/// What a context may not declare, since it would give another meaning to what everybody writes
/// ("urn:epc:…"): the first such name; empty where there is none.
std::string_view find_forbidden_prefix(const Namespaces& namespaces) noexcept;

/// Gives an event that leaves its document the prefixes of the document that it uses: a `@context`
/// with them, before what its own says.
void add_namespaces(boost::json::object& event, const Namespaces& namespaces);

/// A vocabulary of the standard: how its URNs and its URIs begin, and which terms it has.
struct Vocabulary {
    std::string_view urn;
    std::string_view stem;
    bool (*has)(std::string_view) noexcept;
};

bool is_web_vocabulary_name(std::string_view text) noexcept;

extern const Vocabulary biz_steps, dispositions, transaction_types, source_types, components,
    web_vocabulary;

/// The URI of a standard term that is written as its short name or as a URI of the Web Vocabulary.
std::optional<std::string> web_uri_of(const Vocabulary& vocabulary, std::string_view text);
/// The URI of a standard term that is written as a URN of the CBV.
std::optional<std::string> web_uri_of_urn(std::string_view urn);

}  // namespace idnode::protocol::epcis
