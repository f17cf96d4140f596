#include "resolver/http/http_framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <chrono>
#include <limits>

namespace idnode::resolver {
namespace {

namespace http = boost::beast::http;
using protocol::Bytes;

constexpr std::string_view end_of_head = "\r\n\r\n";

/// A whole message in the tunnel is the longest body that anything here wants.
constexpr std::uint64_t body_size_max = reply_size_max;

/// "Mon, 23 Nov 2026 05:53:05 GMT" (RFC 9110 §5.6.7). Formatted once a second for each thread.
std::string_view date_text(std::uint32_t now) {
    thread_local std::uint32_t formatted = 0;
    thread_local std::string text;
    if (formatted == now && !text.empty()) return text;
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    using namespace std::chrono;
    const sys_days day{std::chrono::days{now / 86'400}};
    const year_month_day date{day};
    const unsigned rest = now % 86'400;
    text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[weekday{day}.c_encoding()],
                       static_cast<unsigned>(date.day()),
                       months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), rest / 3600, rest / 60 % 60, rest % 60);
    formatted = now;
    return text;
}

/// The Origin of a request when it may be repeated in a header.
std::string_view origin_of(const HttpRequest& request) {
    const auto origin = request[http::field::origin];
    return {origin.data(), origin.size()};
}

/// What Beast lets pass although it leaves open where a request ends or whom it is for
/// (RFC 9112 §3.2, §6.1): nothing, or a sentence.
std::string_view find_head_fault(const HttpRequest& request) {
    if (request.version() >= 11 && request.count(http::field::host) != 1)
        return "Exactly one Host header is expected";
    const auto codings = request.count(http::field::transfer_encoding);
    if (codings == 0) return {};
    if (request.version() < 11) return "Transfer-Encoding is unknown to HTTP/1.0";
    if (codings > 1 || !boost::beast::iequals(request[http::field::transfer_encoding], "chunked"))
        return "Transfer-Encoding is expected to be chunked and nothing else";
    return {};
}

void append_cors(const HttpRequest& request, fmt::memory_buffer& head) {
    const std::string_view origin = origin_of(request);
    if (origin.empty()) return;
    fmt::format_to(std::back_inserter(head),
                   "Access-Control-Allow-Origin: {}\r\nVary: Origin\r\n"
                   "Access-Control-Expose-Headers: Content-Length\r\n",
                   origin);
    if (request.method() != http::verb::options) return;
    fmt::format_to(std::back_inserter(head),
                   "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
                   "Access-Control-Allow-Headers: Content-Type, Accept\r\n"
                   "Access-Control-Max-Age: 86400\r\n");
}

}  // namespace

void HttpFraming::begin_request() {
    parser_.emplace();
    parser_->eager(true);
    // Beast counts only what it has to wait for; consume() counts all.
    parser_->header_limit(std::numeric_limits<std::uint32_t>::max());
    parser_->body_limit(body_size_max);
    begun_ = continued_ = false;
    head_octets_ = 0;
}

Framing::Progress HttpFraming::consume(registry::Lookup& lookup, Bytes in, OutBuffer& out) {
    if (!parser_) begin_request();
    if (!parser_->is_header_done()) {
        const std::size_t end = protocol::text_of(in).find(end_of_head);
        const std::size_t size =
            head_octets_ + (end == std::string_view::npos ? in.size() : end + end_of_head.size());
        if (size > config_.http_header_size_max)
            return refuse(in.size(), 431, "The request line and headers are too large", out);
    }
    boost::system::error_code failed;
    const std::size_t consumed =
        parser_->put(boost::asio::const_buffer{in.data(), in.size()}, failed);
    begun_ |= consumed > 0;
    if (failed && failed != http::error::need_more) return refuse(in.size(), failed, out);
    if (!parser_->is_header_done()) {
        head_octets_ += consumed;
        return {.consumed = consumed, .close = false};
    }
    if (const std::string_view fault = find_head_fault(parser_->get()); !fault.empty())
        return refuse(in.size(), 400, fault, out);
    if (!parser_->is_done()) {
        const bool expects =
            parser_->get().version() >= 11 &&
            boost::beast::iequals(parser_->get()[http::field::expect], "100-continue");
        if (expects && !continued_) out.append("HTTP/1.1 100 Continue\r\n\r\n");
        continued_ |= expects;
        return {.consumed = consumed, .close = false};
    }
    const HttpRequest& request = parser_->get();
    const bool keep_alive = request.keep_alive();
    write(api_.answer(lookup, request), request, keep_alive, out);
    parser_.reset();
    return {.consumed = consumed, .close = !keep_alive};
}

Framing::Progress HttpFraming::refuse(std::size_t consumed, const boost::system::error_code& error,
                                      OutBuffer& out) {
    if (error == http::error::body_limit)
        return refuse(consumed, 413, "The body is too large", out);
    return refuse(consumed, 400, "The request is not HTTP/1.1: " + error.message(), out);
}

Framing::Progress HttpFraming::refuse(std::size_t consumed, unsigned status,
                                      std::string_view sentence, OutBuffer& out) {
    service_.metrics().count(Refusal::malformed_http);
    write(api_.refuse(status, sentence), HttpRequest{}, false, out);
    parser_.reset();
    return {.consumed = consumed, .close = true};
}

void HttpFraming::write(const HttpReply& reply, const HttpRequest& request, bool keep_alive,
                        OutBuffer& out) {
    const auto reason = http::obsolete_reason(static_cast<http::status>(reply.status));
    fmt::memory_buffer head;
    auto to = std::back_inserter(head);
    fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\n", reply.status,
                   std::string_view{reason.data(), reason.size()}, date_text(service_.now()));
    append_cors(request, head);
    if (!reply.allow.empty()) fmt::format_to(to, "Allow: {}\r\n", reply.allow);
    if (!reply.content_type.empty())
        fmt::format_to(to, "Content-Type: {}\r\nX-Content-Type-Options: nosniff\r\n",
                       reply.content_type);
    if (!keep_alive)
        fmt::format_to(to, "Connection: close\r\n");
    else if (request.version() == 10)
        fmt::format_to(to, "Connection: keep-alive\r\n");
    fmt::format_to(to, "Content-Length: {}\r\n\r\n", reply.body.size());
    out.append(std::string_view{head.data(), head.size()});
    if (request.method() != http::verb::head) out.append(std::string_view{reply.body});
}

}  // namespace idnode::resolver
