#include "registry/trace/references.hpp"

#include <boost/json/parse.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/entries.hpp"
#include "registry/trace/fact_writer.hpp"

namespace idnode::registry::trace {

bool is_reference(std::string_view type) noexcept {
    constexpr std::string_view stem = "REF.";
    return protocol::equal_folded(type.substr(0, stem.size()), stem) ||
           protocol::equal_folded(type, "REF") || protocol::equal_folded(type, "REFERENCE");
}

std::string template_key(std::string_view prefix, std::string_view version) {
    return protocol::folded(prefix).append("\n").append(version);
}

std::string reference_items_value(const std::vector<std::uint32_t>& indexes) {
    std::string value(indexes.size() * sizeof(std::uint32_t), '\0');
    for (std::size_t at = 0; at < indexes.size(); ++at)
        protocol::store_big(reinterpret_cast<std::byte*>(value.data()) + at * sizeof(std::uint32_t),
                            indexes[at]);
    return value;
}

/// A template of the prefix comes before one that stands for every prefix.
bool ReferenceFinder::look_at(std::string_view prefix, std::string_view version) {
    if (prefix != prefix_ || version != version_) {
        prefix_ = prefix;
        version_ = version;
        items_.clear();
        for (const std::string_view owner : {prefix, std::string_view{}}) {
            const std::string key = template_key(owner, version);
            const auto found = key.size() > entry_key_size_max ? std::nullopt : find_(key);
            if (!found) continue;
            items_ = *found;
            break;
        }
    }
    return !items_.empty();
}

bool ReferenceFinder::is_item(std::uint32_t index) const noexcept {
    const auto* const octets = reinterpret_cast<const std::byte*>(items_.data());
    for (std::size_t at = 0; at + sizeof(index) <= items_.size(); at += sizeof(index))
        if (protocol::load_big<std::uint32_t>(octets + at) == index) return true;
    return false;
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
