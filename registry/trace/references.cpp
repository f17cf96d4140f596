#include "registry/trace/references.hpp"

#include <boost/json/parse.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/schemes/identifier.hpp"

namespace idnode::registry::trace {

bool is_reference(std::string_view type) noexcept {
    constexpr std::string_view stem = "REF.";
    return protocol::equal_folded(type.substr(0, stem.size()), stem) ||
           protocol::equal_folded(type, "REF") || protocol::equal_folded(type, "REFERENCE");
}

void add_references(const protocol::ValueView& value, std::set<std::string>& references) {
    const std::string_view text = protocol::text_of(value.data);
    const auto add = [&](std::string_view each) {
        if (!each.empty() && each.size() <= protocol::identifier_size_max)
            references.insert(protocol::identify(each).canonical);
    };
    if (!text.starts_with('[')) return add(text);
    boost::system::error_code wrong;
    const auto json = boost::json::parse({text.data(), text.size()}, wrong);
    if (wrong || !json.is_array()) return;
    for (const auto& each : json.get_array())
        if (each.is_string()) add(each.get_string());
}

void change_references(std::string_view handle, const std::set<std::string>& before,
                       const std::set<std::string>& after, std::vector<Change>& changes) {
    const std::string record = protocol::identify(handle).canonical;
    const auto fact_of = [&](const std::string& reference) {
        return EdgeFact{.type = EdgeType::reference,
                        .from = reference,
                        .to = record,
                        .event = protocol::folded(handle)};
    };
    for (const std::string& reference : before)
        if (!after.contains(reference)) remove(fact_of(reference), changes);
    for (const std::string& reference : after)
        if (!before.contains(reference)) put(fact_of(reference), changes);
}

}  // namespace idnode::registry::trace
