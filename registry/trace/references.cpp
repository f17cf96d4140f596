#include "registry/trace/references.hpp"

#include <boost/json/parse.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/fact_writer.hpp"

namespace idnode::registry::trace {

bool is_reference(std::string_view type) noexcept {
    constexpr std::string_view stem = "REF.";
    return protocol::equal_folded(type.substr(0, stem.size()), stem) ||
           protocol::equal_folded(type, "REF") || protocol::equal_folded(type, "REFERENCE");
}

void add_references(const protocol::ValueView& value, References& references) {
    const std::string_view text = protocol::text_of(value.data);
    const auto add = [&](std::string_view each) {
        if (!each.empty() && each.size() <= protocol::identifier_size_max)
            references[protocol::identify(each).canonical] |= value.publicly_readable();
    };
    if (!text.starts_with('[')) return add(text);
    boost::system::error_code wrong;
    const auto json = boost::json::parse({text.data(), text.size()}, wrong);
    if (wrong || !json.is_array()) return;
    for (const auto& each : json.get_array())
        if (each.is_string()) add(each.get_string());
}

void change_references(const WriteView& view, std::string_view handle, const References& before,
                       const References& after, std::vector<Change>& changes) {
    Numbering numbering{view};
    FactWriter facts{view};
    const Thing record = numbering.thing(protocol::identify(handle).canonical);
    const TextNumber source = numbering.text(protocol::folded(handle));
    const auto fact_of = [&](const auto& reference) {
        return StoredFact{.type = EdgeType::reference,
                          .is_public = reference.second,
                          .from = numbering.thing(reference.first),
                          .to = record,
                          .source = source};
    };
    for (const auto& reference : before)
        if (!after.contains(reference.first)) facts.remove(fact_of(reference));
    for (const auto& reference : after) {
        const auto was = before.find(reference.first);
        if (was == before.end() || was->second != reference.second) facts.put(fact_of(reference));
    }
    facts.finish(changes);
    numbering.finish(changes);
}

}  // namespace idnode::registry::trace
