#include "protocol/epcis/namespaces.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <utility>

#include "protocol/epcis/vocabulary.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;

std::string_view view_of(json::string_view text) { return {text.data(), text.size()}; }

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> standard_namespaces{{
    {"cbv", "https://ref.gs1.org/cbv/"},
    {"cbvmda", "urn:epcglobal:cbv:mda:"},
    {"dcterms", "http://purl.org/dc/terms/"},
    {"epcis", "https://ref.gs1.org/epcis/"},
    {"gs1", "https://gs1.org/voc/"},
    {"owl", "http://www.w3.org/2002/07/owl#"},
    {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
}};

/// Adds the prefixes that a context declares, those of the inner one over those of the outer.
void read_context(const json::value& context, Namespaces& namespaces) {
    if (const json::array* const parts = context.if_array())
        for (const json::value& part : *parts) read_context(part, namespaces);
    const json::object* const terms = context.if_object();
    if (!terms) return;
    for (const auto& term : *terms) {
        const json::value* uri = &term.value();
        if (const json::object* const definition = uri->if_object())
            uri = definition->if_contains("@id");
        if (uri && uri->is_string())
            namespaces.insert_or_assign(std::string{view_of(term.key())},
                                        std::string{view_of(uri->get_string())});
    }
}

/// Finds out which of some prefixes are in use.
class PrefixSearch {
public:
    explicit PrefixSearch(const Namespaces& namespaces) : namespaces_{namespaces} {}

    /// In a name or a text: what stands before its colon, if it has one.
    void note(std::string_view text) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return;
        const auto found = namespaces_.find(text.substr(0, colon));
        if (found != namespaces_.end()) used_.insert(found->first);
    }
    void note_below(const json::object& object) {
        for (const auto& member : object) {
            note(view_of(member.key()));
            note_below(member.value());
        }
    }

    const std::set<std::string_view>& used() const noexcept { return used_; }

private:
    void note_below(const json::value& value) {
        if (used_.size() == namespaces_.size()) return;
        if (const json::string* const text = value.if_string()) note(view_of(*text));
        if (const json::array* const array = value.if_array())
            for (const json::value& element : *array) note_below(element);
        if (const json::object* const object = value.if_object()) note_below(*object);
    }

    const Namespaces& namespaces_;
    std::set<std::string_view> used_;
};

constexpr Vocabulary error_reasons{"er:", "cbv/ER-", is_error_reason};

}  // namespace

const Vocabulary biz_steps{"bizstep:", "cbv/BizStep-", is_biz_step};
const Vocabulary dispositions{"disp:", "cbv/Disp-", is_disposition};
const Vocabulary transaction_types{"btt:", "cbv/BTT-", is_biz_transaction_type};
const Vocabulary source_types{"sdt:", "cbv/SDT-", is_source_destination_type};
const Vocabulary components{"", "cbv/Comp-", is_component};
const Vocabulary web_vocabulary{"", "voc/", is_web_vocabulary_name};

bool is_web_vocabulary_name(std::string_view text) noexcept {
    return !text.empty() && text.find_first_of(":/") == std::string_view::npos;
}

Namespaces namespaces_of(const json::object& object) {
    Namespaces namespaces;
    if (const json::value* const context = object.if_contains("@context"))
        read_context(*context, namespaces);
    return namespaces;
}

std::optional<std::string_view> find_namespace(const Namespaces& namespaces,
                                               std::string_view prefix) {
    const auto found = namespaces.find(prefix);
    if (found != namespaces.end()) return found->second;
    for (const auto& [name, uri] : standard_namespaces)
        if (name == prefix) return uri;
    return std::nullopt;
}

std::string expanded(std::string_view text, const Namespaces& namespaces) {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && !text.substr(colon).starts_with("://"))
        if (const auto uri = find_namespace(namespaces, text.substr(0, colon)))
            return std::string{*uri}.append(text.substr(colon + 1));
    return std::string{text};
}

std::string_view find_forbidden_prefix(const Namespaces& namespaces) noexcept {
    for (const std::string_view name : {"urn", "http", "https", "did", "hdl"})
        if (namespaces.contains(name)) return name;
    return {};
}

void add_namespaces(json::object& event, const Namespaces& namespaces) {
    if (namespaces.empty()) return;
    PrefixSearch search{namespaces};
    search.note_below(event);
    json::object used;
    for (const auto& [prefix, uri] : namespaces)
        if (search.used().contains(prefix)) used.emplace(prefix, uri);
    if (used.empty()) return;
    json::array context{std::move(used)};
    if (const json::value* const own = event.if_contains("@context")) {
        if (const json::array* const parts = own->if_array())
            context.insert(context.end(), parts->begin(), parts->end());
        else
            context.push_back(*own);
    }
    event["@context"] = std::move(context);
}

std::optional<std::string> web_uri_of(const Vocabulary& vocabulary, std::string_view text) {
    if (vocabulary.stem == web_vocabulary.stem)
        for (const std::string_view start :
             {"gs1:", "https://gs1.org/voc/", "https://www.gs1.org/voc/",
              "https://ref.gs1.org/voc/"})
            if (text.starts_with(start)) text.remove_prefix(start.size());
    if (!vocabulary.has(text)) return std::nullopt;
    return std::string{"https://ref.gs1.org/"}.append(vocabulary.stem).append(text);
}

std::optional<std::string> web_uri_of_urn(std::string_view urn) {
    constexpr std::string_view start = "urn:epcglobal:cbv:";
    if (!urn.starts_with(start)) return std::nullopt;
    urn.remove_prefix(start.size());
    for (const Vocabulary* const each :
         {&biz_steps, &dispositions, &transaction_types, &source_types, &error_reasons})
        if (urn.starts_with(each->urn)) return web_uri_of(*each, urn.substr(each->urn.size()));
    return std::nullopt;
}

}  // namespace idnode::protocol::epcis
