#include "resolver/http/http_api.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/http/epcis_headers.hpp"
#include "resolver/http/problem.hpp"
#include "resolver/http/proxy.hpp"

namespace idnode::resolver {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;

constexpr std::string_view json_type = "application/json;charset=utf-8";
constexpr std::string_view text_type = "text/plain;charset=utf-8";
constexpr std::string_view message_type = "application/x-hdl-message";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::string_view handles_path = "/api/handles";
constexpr std::string_view methods_to_read = "GET, HEAD, OPTIONS";
constexpr std::string_view methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

bool is_monitor_path(std::string_view path) noexcept {
    return std::find(monitor_paths.begin(), monitor_paths.end(), path) != monitor_paths.end();
}

/// Whether a path belongs to one of the interfaces for programs; every other is a handle.
bool is_of_interface(std::string_view path) noexcept {
    const std::string_view first = path.substr(1, path.find('/', 1) - 1);
    return first == "api" || first == "epcis" || first == "identity" || first == "identityv2" ||
           first == "snms";
}

bool is_tunnel(const HttpRequest& request) {
    return request.method == "POST" &&
           protocol::equal_folded(
               std::string_view{request.content_type}.substr(0, message_type.size()), message_type);
}

}  // namespace

HttpApi::Way HttpApi::answer(registry::Lookup& lookup, const HttpRequest& request) {
    clear_reply();
    try {
        return route(lookup, request);
    } catch (const std::exception&) {  // the store failed; the peer learns no more than that
        service_.metrics().store_faults.add();
        answer_error(500, ResponseCode::error, "The node cannot answer at the moment");
    }
    return Way::here;
}

void HttpApi::clear_reply() {
    reply_.status = 200;
    reply_.content_type = reply_.allow = {};
    reply_.headers.clear();
    reply_.body.clear();
}

const HttpReply& HttpApi::refuse(unsigned status, std::string_view sentence,
                                 const HttpRequest& request) {
    clear_reply();
    target_.parse("/");
    if (!tells_problems(request.target)) {
        answer_error(status, ResponseCode::protocol_error, sentence);
        return reply_;
    }
    Problem problem{.status = status, .detail = sentence};
    if (status == 413 && is_capture_target(request.target)) {
        problem.type = "epcisException:CaptureLimitExceededException";
        add_epcis_versions(reply_);
        add_capture_limits(reply_, request.body_size_max);
    }
    answer_problem(reply_, problem);
    return reply_;
}

HttpApi::Way HttpApi::route(registry::Lookup& lookup, const HttpRequest& request) {
    const bool tunnel = is_tunnel(request);
    using registry::Transport;
    service_.metrics().count(request.encrypted ? (tunnel ? Transport::tunnels : Transport::https)
                                               : (tunnel ? Transport::tunnel : Transport::http));
    if (tunnel) return answer_tunnel(lookup, request);
    const bool whole_server = request.method == "OPTIONS" && request.target == "*";
    if (!target_.parse(whole_server ? "/" : request.target)) {
        refuse(400, "The request target is no path with valid percent escapes", request);
        return Way::here;
    }
    // EPCIS tells more than methods: see api::tell_capabilities.
    const bool of_epcis = service_.context().administers && target_.path().starts_with("/epcis/");
    if (request.method == "OPTIONS" && !of_epcis) {
        reply_.allow = methods;
        return Way::here;
    }
    return route_path(lookup, request);
}

HttpApi::Way HttpApi::route_path(registry::Lookup& lookup, const HttpRequest& request) {
    const std::string_view path = target_.path();
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (is_monitor_path(path)) {
        if (!reads) return refuse_method(methods_to_read);
        answer_monitor(path);
        return Way::here;
    }
    if (path == handles_path || path.starts_with("/api/handles/"))
        return route_handle(lookup, request);
    if (reads && !is_of_interface(path)) {
        answer_page(lookup);
        return Way::here;
    }
    if (service_.context().administers) return Way::work;
    if (!reads) return refuse_method(methods_to_read);
    answer_error(404, ResponseCode::protocol_error,
                 std::string{"Unknown HTTP API endpoint "}
                     .append(request.method)
                     .append(" ")
                     .append(protocol::is_utf8(path) ? path : "with other octets than UTF-8"));
    return Way::here;
}

/// What people see who follow a link, or enter a handle.
void HttpApi::answer_page(registry::Lookup& lookup) {
    if (target_.path() != "/") return answer_proxy(reply_, lookup, target_, service_);
    if (!target_.has("hdl")) return answer_front_page(reply_);
    target_.set_path('/' + std::string{target_.value("hdl")});
    answer_proxy(reply_, lookup, target_, service_);
}

/// Whoever has shown a token lately is known by it.
bool HttpApi::answer_known(registry::Lookup& lookup, const HttpRequest& request) {
    if (!node_.answer_known || target_.has("prefix") ||
        !target_.path().starts_with("/api/handles/") ||
        !request.field("Authorization").starts_with("Bearer "))
        return false;
    auto answer = node_.answer_known(lookup, request, service_.tally());
    if (!answer) return false;
    reply_ = std::move(*answer);
    return true;
}

/// What everybody may ask of a handle is answered here, everything else by who has time for it.
HttpApi::Way HttpApi::route_handle(registry::Lookup& lookup, const HttpRequest& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool public_question = reads && request.field("Authorization").empty() &&
                                 target_.value("publicOnly") != "false" && !target_.has("prefix");
    if (!public_question && reads && answer_known(lookup, request)) return Way::here;
    if (!public_question && service_.context().administers) return Way::work;
    if (!reads) return refuse_method(methods_to_read);
    answer_handle(lookup);
    return Way::here;
}

HttpApi::Way HttpApi::refuse_method(std::string_view allowed) {
    reply_.allow = allowed;
    answer_error(405, ResponseCode::operation_denied, "This method is not offered here");
    return Way::here;
}

/// What monitors ask, and the site.
void HttpApi::answer_monitor(std::string_view path) {
    if (path == "/healthz") {
        answer_text(200, "ok\n");
    } else if (path == "/readyz") {
        node_.ready() ? answer_text(200, "ready\n") : answer_text(503, "stopping\n");
    } else if (path == "/metrics") {
        answer_text(200, node_.metrics());
        reply_.content_type = metrics_type;
    } else {
        answer_site();
    }
}

void HttpApi::answer_handle(registry::Lookup& lookup) {
    std::string_view handle = target_.path().substr(handles_path.size());
    if (!handle.empty()) handle.remove_prefix(1);
    if (handle.empty())
        return answer_error(400, ResponseCode::invalid_handle, "Empty handle invalid");
    if (!protocol::is_utf8(handle))
        return answer_error(400, ResponseCode::invalid_handle, "The handle is not UTF-8");
    if (const auto fault = find_callback_fault(target_))
        return answer_error(400, ResponseCode::protocol_error, *fault);
    if (const auto fault = query_.read(target_))
        return answer_error(400, ResponseCode::protocol_error, *fault);
    const std::string_view public_only = target_.value("publicOnly");
    const Resolution resolution = resolve(lookup, {.handle = handle,
                                                   .filter = query_.filter(),
                                                   .public_only = public_only != "false",
                                                   .may_refer = !target_.is_set("doNotRefer")});
    service_.metrics().count(resolution.code);
    service_.tally().count(resolution.prefix, is_answered(resolution));
    if (resolution.record || resolution.delegation)
        write_resolution(reply_, target_, resolution, handle, query_.filter(), {});
    else
        answer_error(status_of(resolution.code), resolution.code, resolution.message, handle);
    wrap_callback(reply_, target_);
}

void HttpApi::answer_site() {
    const auto site = protocol::decode_site(protocol::bytes_of(service_.context().site));
    reply_.content_type = json_type;
    JsonWriter writer{reply_.body, style_of(target_)};
    writer.begin_object().key("responseCode").number(1).key("site").begin_object();
    if (site) write_site(writer, *site);
    writer.end_object().end_object();
}

HttpApi::Way HttpApi::answer_tunnel(registry::Lookup& lookup, const HttpRequest& request) {
    target_.parse("/");
    if (message_.empty()) message_.resize(reply_size_max);
    const Reply reply = service_.answer(lookup, protocol::bytes_of(request.body), message_);
    if (reply.deferred) return Way::message;
    if (reply.size() == 0) {
        answer_error(400, ResponseCode::protocol_error,
                     "The body is shorter than a message envelope");
        return Way::here;
    }
    reply_.content_type = message_type;
    reply_.body.append(protocol::text_of(reply.head)).append(protocol::text_of(reply.tail));
    return Way::here;
}

const HttpReply& HttpApi::complete_tunnel(const std::vector<std::string>& answers) {
    clear_reply();
    reply_.content_type = message_type;
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
    JsonWriter writer{reply_.body, style_of(target_)};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(code));
    if (!message.empty()) writer.key("message").string(message);
    if (!handle.empty()) writer.key("handle").string(handle);
    writer.end_object();
}

}  // namespace idnode::resolver
