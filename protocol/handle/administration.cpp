#include "protocol/handle/administration.hpp"

namespace idnode::protocol {

Result<ValuesRequest> decode_values_request(Bytes body) noexcept {
    WireReader reader{body};
    ValuesRequest request{.handle = reader.text(), .values = ValueList::decode(reader)};
    if (request.values.count() > values_max) reader.fail(errc::too_many);
    if (reader.failed()) return reader.error();
    return request;
}

void encode_values_request(WireWriter& writer, const ValuesRequest& request) noexcept {
    writer.text(request.handle);
    writer.raw(request.values.wire());
}

Result<std::string_view> decode_handle_request(Bytes body) noexcept {
    WireReader reader{body};
    const std::string_view handle = reader.text();
    if (reader.failed()) return reader.error();
    return handle;
}

void encode_handle_request(WireWriter& writer, std::string_view handle) noexcept {
    writer.text(handle);
}

IndexList IndexList::decode(WireReader& reader) noexcept {
    const auto count = reader.count(sizeof(std::uint32_t));
    if (count > values_max) reader.fail(errc::too_many);
    return trusted(reader.take(std::size_t{count} * sizeof(std::uint32_t)));
}

IndexList IndexList::trusted(Bytes indexes) noexcept {
    IndexList list;
    list.indexes_ = indexes;
    return list;
}

void IndexList::encode(WireWriter& writer) const noexcept {
    writer.integer(static_cast<std::uint32_t>(count()));
    writer.raw(indexes_);
}

Result<RemoveValuesRequest> decode_remove_values_request(Bytes body) noexcept {
    WireReader reader{body};
    RemoveValuesRequest request{.handle = reader.text(), .indexes = IndexList::decode(reader)};
    if (reader.failed()) return reader.error();
    return request;
}

void encode_remove_values_request(WireWriter& writer, const RemoveValuesRequest& request) noexcept {
    writer.text(request.handle);
    request.indexes.encode(writer);
}

Result<std::optional<std::string_view>> decode_create_response(Bytes body) noexcept {
    if (body.empty()) return std::optional<std::string_view>{};
    const auto handle = decode_handle_request(body);
    if (!handle) return handle.error();
    return std::optional{*handle};
}

void encode_create_response(WireWriter& writer, std::string_view handle) noexcept {
    writer.text(handle);
}

Result<HandleList> HandleList::decode(Bytes body) noexcept {
    WireReader reader{body};
    HandleList list;
    list.count_ = reader.count(sizeof(std::uint32_t));
    const std::size_t start = reader.position();
    for (auto left = list.count_; left > 0 && !reader.failed(); --left) reader.text();
    if (reader.failed()) return reader.error();
    list.handles_ = reader.since(start);
    return list;
}

void HandleList::encode(WireWriter& writer) const noexcept {
    writer.integer(count_);
    writer.raw(handles_);
}

}  // namespace idnode::protocol
