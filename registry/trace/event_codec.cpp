#include "registry/trace/event_codec.hpp"

#include "protocol/handle/wire_string.hpp"

namespace idnode::registry::trace {

using protocol::bytes_of;
using protocol::WireReader;
using protocol::WireString;

std::string original_key(std::string_view id) { return node_key(id).append(1, '\1'); }

std::string time_octets(std::int64_t time) {
    return number_octets(static_cast<std::uint64_t>(time) ^ (std::uint64_t{1} << 63));
}

std::int64_t time_in(std::string_view octets) {
    return static_cast<std::int64_t>(number_in(octets) ^ (std::uint64_t{1} << 63));
}

std::string index_stem(const IndexTerm& term) {
    return std::string(1, static_cast<char>(term.kind))
        .append(node_key(term.value))
        .append(1, '\0');
}

// event := id, time 8, record time 8, flags 1, actor, json, count 4, whole fact*, count 4,
// emptied*,
//          transformation
// emptied := type 1, thing 8
std::string event_value(const StoredEvent& event, const EventFacts& says, std::string_view actor) {
    WireString value;
    value.text(event.id);
    value.integer(static_cast<std::uint64_t>(event.time));
    value.integer(static_cast<std::uint64_t>(event.record_time));
    value.integer(static_cast<std::uint8_t>(event.declares_error));
    value.text(actor);
    value.text(event.json);
    value.integer(static_cast<std::uint32_t>(says.facts.size()));
    for (const StoredFact& fact : says.facts) value.raw(bytes_of(whole_fact(fact)));
    value.integer(static_cast<std::uint32_t>(says.ends_all_of.size()));
    for (const auto& [type, parent] : says.ends_all_of) {
        value.integer(static_cast<std::uint8_t>(type));
        value.integer(parent);
    }
    value.text(says.transformation);
    return value.take();
}

std::optional<KeptEvent> read_event(std::uint64_t number, std::string_view value, bool whole) {
    WireReader reader{bytes_of(value)};
    KeptEvent kept;
    reader.text();
    kept.view.number = number;
    kept.view.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    kept.view.record_time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    kept.declares_error = reader.integer<std::uint8_t>() != 0;
    kept.view.actor = reader.text();
    kept.view.json = reader.text();
    if (reader.failed()) return std::nullopt;
    if (!whole) return kept;
    for (auto left = reader.count(whole_fact_size); left > 0; --left)
        kept.says.facts.push_back(read_whole_fact(protocol::text_of(reader.take(whole_fact_size))));
    for (auto left = reader.count(1 + sizeof(Thing)); left > 0; --left) {
        const auto type = static_cast<EdgeType>(reader.integer<std::uint8_t>());
        kept.says.ends_all_of.emplace_back(type, reader.integer<std::uint64_t>());
    }
    kept.says.transformation = reader.text();
    if (reader.end()) return std::nullopt;
    return kept;
}

std::string_view event_id_in(std::string_view value) { return WireReader{bytes_of(value)}.text(); }

}  // namespace idnode::registry::trace
