#include "resolver/http/handle_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/json/record_json.hpp"

namespace idnode::resolver {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;
using protocol::ValueView;

constexpr std::string_view json_type = "application/json;charset=utf-8";
constexpr std::string_view script_type = "application/javascript;charset=utf-8";

/// A name of a function in JavaScript, perhaps with dots and brackets: nothing that could end the
/// call and begin another script.
bool is_callback(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$' || c == '.' || c == '[' || c == ']';
    });
}

}  // namespace

unsigned status_of(ResponseCode code) noexcept {
    switch (code) {
        case ResponseCode::success: return 200;
        case ResponseCode::service_referral:
        case ResponseCode::prefix_referral: return 300;
        case ResponseCode::handle_not_found: return 404;
        case ResponseCode::handle_already_exists:
        case ResponseCode::value_already_exists: return 409;
        case ResponseCode::values_not_found:
        case ResponseCode::protocol_error:
        case ResponseCode::invalid_handle:
        case ResponseCode::invalid_value:
        case ResponseCode::server_not_responsible: return 400;
        case ResponseCode::operation_denied: return 501;
        case ResponseCode::server_busy:
        case ResponseCode::server_backup: return 503;
        case ResponseCode::invalid_admin:
        case ResponseCode::access_denied:
        case ResponseCode::authentication_needed:  // a challenge makes no sense in the clear
        case ResponseCode::authentication_failed:
        case ResponseCode::invalid_credential: return 403;
        default: return 500;
    }
}

protocol::JsonWriter::Style style_of(const RequestTarget& target) noexcept {
    return target.is_set("pretty") ? JsonWriter::Style::pretty : JsonWriter::Style::compact;
}

std::optional<std::string> HandleQuery::read(const RequestTarget& target) {
    octets_.clear();
    std::uint32_t count = 0;
    const auto append = [&](std::uint32_t value) {
        std::array<std::byte, sizeof(value)> octets;
        protocol::store_big(octets.data(), value);
        octets_.append(protocol::text_of(octets));
    };
    const auto store_count = [&](std::size_t at, std::uint32_t value) {
        protocol::store_big(std::as_writable_bytes(std::span{octets_}).data() + at, value);
    };
    append(0);
    for (const auto& [name, value] : target.parameters()) {
        if (name != "index") continue;
        std::uint32_t index = 0;
        const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), index);
        if (wrong != std::errc{} || end != value.data() + value.size())
            return "index: expected a whole number, found \"" +
                   (protocol::is_utf8(value) ? value : std::string{}) + '"';
        append(index);
        ++count;
    }
    empty_ = count == 0;
    store_count(0, count);
    const std::size_t types = octets_.size();
    append(count = 0);
    for (const auto& [name, value] : target.parameters()) {
        if (name != "type") continue;
        append(static_cast<std::uint32_t>(value.size()));
        octets_.append(value);
        ++count;
    }
    empty_ &= count == 0;
    store_count(types, count);
    protocol::WireReader reader{protocol::bytes_of(octets_)};
    filter_ = protocol::ValueFilter::decode(reader);
    return std::nullopt;
}

void write_resolution(HttpReply& reply, const RequestTarget& target, const Resolution& resolution,
                      std::string_view handle, const protocol::ValueFilter& filter,
                      const std::function<bool(const protocol::ValueView&)>& shows) {
    const bool found = resolution.record.has_value();
    reply.status = found ? 200 : status_of(resolution.code);
    reply.content_type = json_type;
    JsonWriter writer{reply.body, style_of(target)};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(resolution.code));
    writer.key("handle").string(handle);
    if (resolution.delegation) writer.key("referral").string(resolution.delegation->handle());
    writer.key("values").begin_array();
    const auto write = [&](const ValueView& value) {
        write_value(writer, value, protocol::DataStyle::readable);
    };
    if (found && resolution.code == ResponseCode::success && !shows) {
        for_each_shown_value(resolution, filter, write);
    } else if (found && resolution.code == ResponseCode::success) {
        resolution.record->for_each_value([&](const ValueView& value) {
            if (filter.selects(value) && shows(value)) write(value);
        });
    } else if (resolution.delegation) {
        resolution.delegation->public_values().for_each([&](const ValueView& value) {
            if (belongs_to_referral(value, resolution.site_type)) write(value);
        });
    }
    writer.end_array().end_object();
}

std::optional<std::string> find_callback_fault(const RequestTarget& target) {
    if (!target.has("callback") || is_callback(target.value("callback"))) return std::nullopt;
    return "callback: expected the name of a function";
}

void wrap_callback(HttpReply& reply, const RequestTarget& target) {
    if (!target.has("callback")) return;
    reply.body.insert(0, std::string{target.value("callback")} + '(');
    reply.body.append(");");
    reply.content_type = script_type;
}

}  // namespace idnode::resolver
