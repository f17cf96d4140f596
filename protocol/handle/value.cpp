#include "protocol/handle/value.hpp"

#include <charconv>

#include "protocol/handle/handle.hpp"

namespace idnode::protocol {

ValueView decode_value(WireReader& reader) noexcept {
    ValueView value;
    const std::size_t start = reader.position();
    value.index = reader.integer<std::uint32_t>();
    value.timestamp = reader.integer<std::uint32_t>();
    const auto ttl_type = reader.integer<std::uint8_t>();
    if (ttl_type > static_cast<std::uint8_t>(TtlType::absolute)) reader.fail(errc::bad_value);
    value.ttl_type = static_cast<TtlType>(ttl_type);
    value.ttl = reader.integer<std::uint32_t>();
    value.permissions = reader.integer<std::uint8_t>();
    value.type = reader.text();
    value.data = reader.bytes();
    value.reference_count = reader.count(reference_wire_size_min);
    const std::size_t references = reader.position();
    for (auto left = value.reference_count; left > 0 && !reader.failed(); --left) {
        reader.text();
        reader.integer<std::uint32_t>();
    }
    if (reader.failed()) return {};
    value.references = reader.since(references);
    value.wire = reader.since(start);
    return value;
}

Value to_value(const ValueView& view) {
    Value value{.index = view.index,
                .timestamp = view.timestamp,
                .ttl_type = view.ttl_type,
                .ttl = view.ttl,
                .permissions = view.permissions,
                .type = std::string{view.type},
                .data = std::string{text_of(view.data)},
                .references = {}};
    WireReader reader{view.references};
    for (auto left = view.reference_count; left > 0; --left) {
        std::string handle{reader.text()};
        value.references.push_back({std::move(handle), reader.integer<std::uint32_t>()});
    }
    return value;
}

void encode_value(WireWriter& writer, const Value& value) noexcept {
    writer.integer(value.index);
    writer.integer(value.timestamp);
    writer.integer(static_cast<std::uint8_t>(value.ttl_type));
    writer.integer(value.ttl);
    writer.integer(value.permissions);
    writer.text(value.type);
    writer.text(value.data);
    writer.integer(static_cast<std::uint32_t>(value.references.size()));
    for (const Reference& reference : value.references) {
        writer.text(reference.handle);
        writer.integer(reference.index);
    }
}

std::size_t wire_size(const Value& value) noexcept {
    std::size_t size = value_wire_size_min + value.type.size() + value.data.size();
    for (const Reference& reference : value.references)
        size += reference_wire_size_min + reference.handle.size();
    return size;
}

bool type_matches(std::string_view type, std::string_view requested) noexcept {
    if (!requested.ends_with('.')) return equal_folded(type, requested);
    const std::string_view stem = requested.substr(0, requested.size() - 1);
    if (type.size() == stem.size()) return equal_folded(type, stem);
    return type.size() > requested.size() &&
           equal_folded(type.substr(0, requested.size()), requested);
}

std::optional<Reference> parse_reference(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos || colon + 1 == text.size()) return std::nullopt;
    Reference reference{.handle = std::string{text.substr(colon + 1)}};
    const char* const end = text.data() + colon;
    const auto [read, wrong] = std::from_chars(text.data(), end, reference.index);
    if (wrong != std::errc{} || read != end) return std::nullopt;
    return reference;
}

std::string to_text(const Reference& reference) {
    return std::to_string(reference.index) + ':' + reference.handle;
}

}  // namespace idnode::protocol
