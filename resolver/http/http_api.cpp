#include "resolver/http/http_api.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"

namespace idnode::resolver {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;
using protocol::ValueView;

constexpr std::string_view json_type = "application/json;charset=utf-8";
constexpr std::string_view script_type = "application/javascript;charset=utf-8";
constexpr std::string_view text_type = "text/plain;charset=utf-8";
constexpr std::string_view message_type = "application/x-hdl-message";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::string_view handles_path = "/api/handles";
constexpr std::string_view methods_of_handles = "GET, HEAD, OPTIONS";
constexpr std::string_view methods_of_tunnel = "GET, HEAD, POST, OPTIONS";

/// A name of a function in JavaScript, perhaps with dots and brackets: nothing that could end the
/// call and begin another script.
bool is_callback(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$' || c == '.' || c == '[' || c == ']';
    });
}

bool is_tunnel(const HttpRequest& request) {
    return request.method == "POST" &&
           protocol::equal_folded(
               std::string_view{request.content_type}.substr(0, message_type.size()), message_type);
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

const HttpReply& HttpApi::answer(registry::Lookup& lookup, const HttpRequest& request) {
    reply_.status = 200;
    reply_.allow = {};
    reply_.body.clear();
    reply_.deferred = false;
    try {
        route(lookup, request);
    } catch (const std::exception&) {  // the store failed; the peer learns no more than that
        service_.metrics().store_faults.add();
        answer_error(500, ResponseCode::error, "The node cannot answer at the moment");
    }
    return reply_;
}

const HttpReply& HttpApi::refuse(unsigned status, std::string_view sentence) {
    reply_.allow = {};
    target_.parse("/");
    answer_error(status, ResponseCode::protocol_error, sentence);
    return reply_;
}

void HttpApi::route(registry::Lookup& lookup, const HttpRequest& request) {
    const bool tunnel = is_tunnel(request);
    using registry::Transport;
    service_.metrics().count(request.encrypted ? (tunnel ? Transport::tunnels : Transport::https)
                                               : (tunnel ? Transport::tunnel : Transport::http));
    if (tunnel) return answer_tunnel(lookup, request);
    const std::string_view method = request.method;
    const bool whole_server = method == "OPTIONS" && request.target == "*";
    if (!target_.parse(whole_server ? "/" : request.target))
        return answer_error(400, ResponseCode::protocol_error,
                            "The request target is no path with valid percent escapes");
    const std::string_view path = target_.path();
    if (method == "OPTIONS") {
        reply_.allow = methods_of_tunnel;
        reply_.content_type = {};
        return;
    }
    if (method != "GET" && method != "HEAD") {
        reply_.allow = methods_of_handles;
        return answer_error(405, ResponseCode::operation_denied, "This method is not offered here");
    }
    if (path == "/healthz") return answer_text(200, "ok\n");
    if (path == "/readyz")
        return node_.ready() ? answer_text(200, "ready\n") : answer_text(503, "stopping\n");
    if (path == "/metrics") {
        answer_text(200, node_.metrics());
        reply_.content_type = metrics_type;
        return;
    }
    route_api(lookup, method);
}

void HttpApi::route_api(registry::Lookup& lookup, std::string_view method) {
    const std::string_view path = target_.path();
    if (path == "/api/site") return answer_site();
    if (path == handles_path || path.starts_with("/api/handles/")) return answer_handle(lookup);
    answer_error(404, ResponseCode::protocol_error,
                 std::string{"Unknown HTTP API endpoint "}.append(method).append(" ").append(
                     protocol::is_utf8(path) ? path : "with other octets than UTF-8"));
}

void HttpApi::answer_handle(registry::Lookup& lookup) {
    std::string_view handle = target_.path().substr(handles_path.size());
    if (!handle.empty()) handle.remove_prefix(1);
    if (handle.empty())
        return answer_error(400, ResponseCode::invalid_handle, "Empty handle invalid");
    if (!protocol::is_utf8(handle))
        return answer_error(400, ResponseCode::invalid_handle, "The handle is not UTF-8");
    if (target_.has("callback") && !is_callback(target_.value("callback")))
        return answer_error(400, ResponseCode::protocol_error,
                            "callback: expected the name of a function");
    if (!read_filter()) return;
    const std::string_view public_only = target_.value("publicOnly");
    const Resolution resolution = resolve(lookup, {.handle = handle,
                                                   .filter = filter_,
                                                   .public_only = public_only != "false",
                                                   .may_refer = !target_.is_set("doNotRefer")});
    service_.metrics().count(resolution.code);
    write_resolution(resolution, handle);
    wrap_callback();
}

void HttpApi::write_resolution(const Resolution& resolution, std::string_view handle) {
    const bool found = resolution.record.has_value();
    if (!found && !resolution.delegation)
        return answer_error(status_of(resolution.code), resolution.code, resolution.message,
                            handle);
    reply_.status = found ? 200 : status_of(resolution.code);
    reply_.content_type = json_type;
    JsonWriter writer{reply_.body, target_.is_set("pretty") ? JsonWriter::Style::pretty
                                                            : JsonWriter::Style::compact};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(resolution.code));
    writer.key("handle").string(handle);
    if (resolution.delegation) writer.key("referral").string(resolution.delegation->handle());
    writer.key("values").begin_array();
    const auto write = [&](const ValueView& value) {
        write_value(writer, value, protocol::DataStyle::readable);
    };
    if (found && resolution.code == ResponseCode::success) {
        for_each_shown_value(resolution, filter_, write);
    } else if (resolution.delegation) {
        resolution.delegation->public_values().for_each([&](const ValueView& value) {
            if (belongs_to_referral(value, resolution.site_type)) write(value);
        });
    }
    writer.end_array().end_object();
}

/// Reads `index` and `type` into a filter in wire form; answers and returns false when an index is
/// no number.
bool HttpApi::read_filter() {
    filter_octets_.clear();
    std::uint32_t count = 0;
    const auto append = [&](std::uint32_t value) {
        std::array<std::byte, sizeof(value)> octets;
        protocol::store_big(octets.data(), value);
        filter_octets_.append(protocol::text_of(octets));
    };
    const auto store_count = [&](std::size_t at, std::uint32_t value) {
        protocol::store_big(std::as_writable_bytes(std::span{filter_octets_}).data() + at, value);
    };
    append(0);
    for (const auto& [name, value] : target_.parameters()) {
        if (name != "index") continue;
        std::uint32_t index = 0;
        const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), index);
        if (wrong != std::errc{} || end != value.data() + value.size()) {
            answer_error(400, ResponseCode::protocol_error,
                         "index: expected a whole number, found \"" +
                             (protocol::is_utf8(value) ? value : std::string{}) + '"');
            return false;
        }
        append(index);
        ++count;
    }
    store_count(0, count);
    const std::size_t types = filter_octets_.size();
    append(count = 0);
    for (const auto& [name, value] : target_.parameters()) {
        if (name != "type") continue;
        append(static_cast<std::uint32_t>(value.size()));
        filter_octets_.append(value);
        ++count;
    }
    store_count(types, count);
    protocol::WireReader reader{protocol::bytes_of(filter_octets_)};
    filter_ = protocol::ValueFilter::decode(reader);
    return true;
}

void HttpApi::answer_site() {
    const auto site = protocol::decode_site(protocol::bytes_of(service_.context().site));
    reply_.content_type = json_type;
    JsonWriter writer{reply_.body, target_.is_set("pretty") ? JsonWriter::Style::pretty
                                                            : JsonWriter::Style::compact};
    writer.begin_object().key("responseCode").number(1).key("site").begin_object();
    if (site) write_site(writer, *site);
    writer.end_object().end_object();
}

void HttpApi::answer_tunnel(registry::Lookup& lookup, const HttpRequest& request) {
    target_.parse("/");
    if (message_.empty()) message_.resize(reply_size_max);
    const Reply reply = service_.answer(lookup, protocol::bytes_of(request.body), message_);
    reply_.deferred = reply.deferred;
    if (reply.deferred) return;
    if (reply.size() == 0)
        return answer_error(400, ResponseCode::protocol_error,
                            "The body is shorter than a message envelope");
    reply_.content_type = message_type;
    reply_.body.append(protocol::text_of(reply.head)).append(protocol::text_of(reply.tail));
}

const HttpReply& HttpApi::complete_tunnel(const std::vector<std::string>& answers) {
    reply_.status = 200;
    reply_.allow = {};
    reply_.content_type = message_type;
    reply_.body.clear();
    reply_.deferred = false;
    for (const std::string& answer : answers) reply_.body += answer;
    return reply_;
}

void HttpApi::answer_text(unsigned status, std::string_view text) {
    reply_.status = status;
    reply_.content_type = text_type;
    reply_.body = text;
}

void HttpApi::answer_error(unsigned status, ResponseCode code, std::string_view message,
                           std::string_view handle) {
    reply_.status = status;
    reply_.content_type = json_type;
    reply_.body.clear();
    JsonWriter writer{reply_.body, target_.is_set("pretty") ? JsonWriter::Style::pretty
                                                            : JsonWriter::Style::compact};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(code));
    if (!message.empty()) writer.key("message").string(message);
    if (!handle.empty()) writer.key("handle").string(handle);
    writer.end_object();
}

void HttpApi::wrap_callback() {
    if (!target_.has("callback")) return;
    reply_.body.insert(0, std::string{target_.value("callback")} + '(');
    reply_.body.append(");");
    reply_.content_type = script_type;
}

}  // namespace idnode::resolver
