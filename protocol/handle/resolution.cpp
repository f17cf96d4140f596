#include "protocol/handle/resolution.hpp"

namespace idnode::protocol {

ValueFilter ValueFilter::decode(WireReader& reader) noexcept {
    ValueFilter filter;
    filter.index_count_ = reader.count(sizeof(std::uint32_t));
    filter.indexes_ = reader.take(std::size_t{filter.index_count_} * sizeof(std::uint32_t));
    filter.type_count_ = reader.count(sizeof(std::uint32_t));
    const std::size_t start = reader.position();
    for (auto left = filter.type_count_; left > 0 && !reader.failed(); --left) reader.text();
    if (reader.failed()) return {};
    filter.types_ = reader.since(start);
    return filter;
}

bool ValueFilter::selects(const ValueView& value) const noexcept {
    if (selects_all()) return true;
    WireReader indexes{indexes_};
    for (auto left = index_count_; left > 0; --left)
        if (indexes.integer<std::uint32_t>() == value.index) return true;
    WireReader types{types_};
    for (auto left = type_count_; left > 0; --left)
        if (type_matches(value.type, types.text())) return true;
    return false;
}

void ValueFilter::encode(WireWriter& writer) const noexcept {
    writer.integer(index_count_);
    writer.raw(indexes_);
    writer.integer(type_count_);
    writer.raw(types_);
}

Result<ResolutionRequest> decode_resolution_request(Bytes body) noexcept {
    WireReader reader{body};
    ResolutionRequest request{.handle = reader.text(), .filter = ValueFilter::decode(reader)};
    if (reader.failed()) return reader.error();
    return request;
}

void encode_resolution_request(WireWriter& writer, const ResolutionRequest& request) noexcept {
    writer.text(request.handle);
    request.filter.encode(writer);
}

ValueList ValueList::decode(WireReader& reader) noexcept {
    const std::size_t start = reader.position();
    ValueList list;
    list.count_ = reader.count(value_wire_size_min);
    for (auto left = list.count_; left > 0 && !reader.failed(); --left) decode_value(reader);
    if (reader.failed()) return {};
    list.wire_ = reader.since(start);
    return list;
}

ValueList ValueList::trusted(Bytes count_and_values) noexcept {
    ValueList list;
    list.wire_ = count_and_values;
    list.count_ = load_big<std::uint32_t>(count_and_values.data());
    return list;
}

Result<ResolutionResponse> decode_resolution_response(Bytes body) noexcept {
    WireReader reader{body};
    ResolutionResponse response{.handle = reader.text(), .values = ValueList::decode(reader)};
    if (reader.failed()) return reader.error();
    return response;
}

Result<Referral> decode_referral(Bytes body) noexcept {
    WireReader reader{body};
    Referral referral{.handle = reader.text(), .values = {}};
    if (reader.remaining() > 0) referral.values = ValueList::decode(reader);
    if (reader.failed()) return reader.error();
    return referral;
}

Result<std::string_view> decode_error_message(Bytes body) noexcept {
    WireReader reader{body};
    const std::string_view message = body.empty() ? std::string_view{} : reader.text();
    if (reader.failed()) return reader.error();
    return message;
}

}  // namespace idnode::protocol
