#include "resolver/sample/record_builder.hpp"

#include <cassert>
#include <span>

#include "protocol/bytes.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::resolver {
namespace {

constexpr std::uint32_t url_index = 1;
constexpr std::uint32_t administrator_index = 100;
constexpr std::uint32_t template_index = 1001;  // reserved for it in the field (FIELD.md §4)
constexpr std::uint32_t first_item_index = 2000;
constexpr std::uint32_t first_input_index = 1100;  // below the items: a template has no say

constexpr std::uint8_t private_permissions =
    protocol::permission::admin_read | protocol::permission::admin_write;

/// The data of an HS_ADMIN value (RFC 3651 §3.2.1): every right, for the key at index 200 of the
/// prefix.
std::string administrator_of(std::string_view prefix) {
    constexpr std::uint16_t every_right = 0x0fff;
    constexpr std::uint32_t key_index = 200;
    const auto handle = "0.NA/" + std::string{prefix};
    std::string data(sizeof every_right + sizeof(std::uint32_t) + handle.size() + sizeof key_index,
                     '\0');
    protocol::WireWriter writer{std::as_writable_bytes(std::span{data})};
    writer.integer(every_right);
    writer.text(handle);
    writer.integer(key_index);
    assert(!writer.overflowed() && writer.size() == data.size());
    return data;
}

}  // namespace

RecordBuilder::RecordBuilder(std::string_view prefix, std::string_view web_address)
    : prefix_{prefix}, web_address_{web_address}, administrator_{administrator_of(prefix)} {
    prefix_ += '/';
    web_address_ += '/';
}

void RecordBuilder::start(std::string_view suffix, std::string_view path,
                          std::string_view template_version, std::uint32_t timestamp) {
    value_count_ = 0;
    timestamp_ = timestamp;
    item_index_ = first_item_index;
    input_index_ = first_input_index;
    record_.handle.assign(prefix_).append(suffix);
    add(url_index, protocol::permission::standard, "URL").data.assign(web_address_).append(path);
    add(administrator_index, protocol::permission::standard, "HS_ADMIN").data = administrator_;
    add(template_index, protocol::permission::standard, "TEMPLATE").data = template_version;
}

void RecordBuilder::item(std::string_view type, std::string_view data) {
    add(item_index_++, protocol::permission::standard, type).data = data;
}

void RecordBuilder::private_item(std::string_view type, std::string_view data) {
    add(item_index_++, private_permissions, type).data = data;
}

void RecordBuilder::input(std::string_view type, std::string_view suffix) {
    assert(type.starts_with("REF."));
    add(input_index_++, protocol::permission::standard, type).data.assign(prefix_).append(suffix);
}

const protocol::Record& RecordBuilder::record() {
    record_.values.resize(value_count_);
    return record_;
}

protocol::Value& RecordBuilder::add(std::uint32_t index, std::uint8_t permissions,
                                    std::string_view type) {
    if (value_count_ == record_.values.size()) record_.values.emplace_back();
    auto& value = record_.values[value_count_++];
    value.index = index;
    value.timestamp = timestamp_;
    value.permissions = permissions;
    value.type = type;
    return value;
}

}  // namespace idnode::resolver
