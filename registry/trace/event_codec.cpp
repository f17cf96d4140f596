#include "registry/trace/event_codec.hpp"

#include <array>

#include "protocol/handle/wire_string.hpp"
#include "registry/trace/fact_codec.hpp"

namespace idnode::registry::trace {

using protocol::bytes_of;
using protocol::WireReader;
using protocol::WireWriter;

std::string number_octets(std::uint64_t number) {
    std::array<std::byte, sizeof(number)> octets;
    protocol::store_big(octets.data(), number);
    return std::string{protocol::text_of(octets)};
}

std::uint64_t number_in(std::string_view octets) {
    return protocol::load_big<std::uint64_t>(bytes_of(octets).data());
}

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

// event := time 8, record time 8, flags 1, actor, json, count 4, fact*, count 4, emptied*,
//          transformation
// emptied := type 1, node
std::string event_value(const StoredEvent& event, std::string_view actor) {
    return protocol::written([&](WireWriter& writer) {
        writer.integer(static_cast<std::uint64_t>(event.time));
        writer.integer(static_cast<std::uint64_t>(event.record_time));
        writer.integer(static_cast<std::uint8_t>(event.declares_error));
        writer.text(actor);
        writer.text(event.json);
        writer.integer(static_cast<std::uint32_t>(event.facts.size()));
        for (const EdgeFact& fact : event.facts) writer.text(fact_value(fact));
        writer.integer(static_cast<std::uint32_t>(event.ends_all_of.size()));
        for (const auto& [type, parent] : event.ends_all_of) {
            writer.integer(static_cast<std::uint8_t>(type));
            writer.text(parent);
        }
        writer.text(event.transformation);
    });
}

std::optional<KeptEvent> read_event(std::uint64_t number, std::string_view value, bool whole) {
    WireReader reader{bytes_of(value)};
    KeptEvent kept;
    kept.view.number = number;
    kept.view.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    kept.view.record_time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    kept.declares_error = reader.integer<std::uint8_t>() != 0;
    kept.view.actor = reader.text();
    kept.view.json = reader.text();
    if (reader.failed()) return std::nullopt;
    if (!whole) return kept;
    for (auto left = reader.integer<std::uint32_t>(); left > 0 && !reader.failed(); --left)
        if (auto fact = read_fact(reader.text())) kept.facts.push_back(*std::move(fact));
    for (auto left = reader.integer<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
        const auto type = static_cast<EdgeType>(reader.integer<std::uint8_t>());
        kept.ends_all_of.emplace_back(type, reader.text());
    }
    kept.transformation = reader.text();
    return kept;
}

}  // namespace idnode::registry::trace
