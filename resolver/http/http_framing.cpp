#include "resolver/http/http_framing.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <limits>

namespace idnode::resolver {
namespace {

namespace http = boost::beast::http;
using protocol::Bytes;

constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

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

/// What Beast lets pass although it leaves open where a request ends or whom it is for
/// (RFC 9112 §3.2, §6.1): nothing, or a sentence.
std::string_view find_head_fault(const HttpRequest& request) {
    if (request.version >= 11 && request.host_count != 1)
        return "Exactly one Host header is expected";
    if (request.transfer_coding_count == 0) return {};
    if (request.version < 11) return "Transfer-Encoding is unknown to HTTP/1.0";
    if (request.transfer_coding_count > 1 || !request.chunked)
        return "Transfer-Encoding is expected to be chunked and nothing else";
    return {};
}

void append_cors(const HttpRequest& request, OutBuffer& out) {
    if (request.origin.empty()) return;
    out.append("Access-Control-Allow-Origin: ");
    out.append(std::string_view{request.origin});
    out.append(
        "\r\nVary: Origin\r\n"
        "Access-Control-Expose-Headers: Content-Length\r\n");
    if (request.method != "OPTIONS") return;
    out.append(
        "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
        "Access-Control-Allow-Headers: Content-Type, Accept\r\n"
        "Access-Control-Max-Age: 86400\r\n");
}

void append_number(std::size_t number, OutBuffer& out) {
    const fmt::format_int text{number};
    out.append(std::string_view{text.data(), text.size()});
}

void append_status_line(unsigned status, OutBuffer& out) {
    if (status == 200) return out.append("HTTP/1.1 200 OK\r\nDate: ");
    const auto reason = http::obsolete_reason(static_cast<http::status>(status));
    out.append("HTTP/1.1 ");
    append_number(status, out);
    out.append(" ");
    out.append(std::string_view{reason.data(), reason.size()});
    out.append("\r\nDate: ");
}

}  // namespace

std::size_t HttpFraming::foresee(Bytes in, registry::HandleGroup& handles) const {
    constexpr std::string_view wanted = "GET /api/handles/";
    std::string_view rest = protocol::text_of(in);
    std::size_t requests = 0;
    while (handles.size() < handles.capacity() && rest.starts_with(wanted)) {
        const std::size_t end = rest.find(end_of_head);
        if (end == std::string_view::npos) break;
        std::string_view handle = rest.substr(wanted.size());
        handle = handle.substr(0, handle.find_first_of(" ?%"));
        if (rest[wanted.size() + handle.size()] != '%') handles.push_back(handle);
        rest.remove_prefix(end + end_of_head.size());
        ++requests;
    }
    return requests;
}

Framing::Progress HttpFraming::consume(registry::Lookup& lookup, Bytes in, OutBuffer& out) {
    if (!parser_) {
        const auto begun = begin_request(in, out);
        if (!parser_) return begun;
    }
    return continue_request(lookup, in, out);
}

/// Waits for the whole head; what cannot become one is refused at once.
Framing::Progress HttpFraming::begin_request(Bytes in, OutBuffer& out) {
    const std::size_t end = protocol::text_of(in).find(end_of_head);
    const bool whole = end != std::string_view::npos;
    if ((whole ? end + end_of_head.size() : in.size()) > config_.http_header_size_max)
        return refuse(in.size(), 431, "The request line and headers are too large", out);
    parser_.emplace(request_);
    parser_->eager(true);
    // The limit on heads is ours, which counts all of it.
    parser_->header_limit(std::numeric_limits<std::uint32_t>::max());
    parser_->body_limit(body_size_max);
    if (whole) return {};
    boost::system::error_code failed;
    parser_->put(boost::asio::const_buffer{in.data(), in.size()}, failed);
    if (failed && failed != http::error::need_more) return refuse(in.size(), failed, out);
    end_request();
    return {};
}

Framing::Progress HttpFraming::continue_request(registry::Lookup& lookup, Bytes in,
                                                OutBuffer& out) {
    // A chunked body never ends with less, and Beast asserts that nobody shows it less.
    if (parser_->is_header_done() && parser_->chunked() && in.size() < last_chunk.size()) return {};
    boost::system::error_code failed;
    const std::size_t consumed =
        parser_->put(boost::asio::const_buffer{in.data(), in.size()}, failed);
    if (failed && failed != http::error::need_more) return refuse(in.size(), failed, out);
    if (const std::string_view fault = find_head_fault(request_); !fault.empty())
        return refuse(in.size(), 400, fault, out);
    if (!parser_->is_done()) {
        // What Beast cannot take yet is the line before a chunk, or trailers.
        if (in.size() - consumed > config_.http_header_size_max)
            return refuse(in.size(), 431, "The head of a chunk or the trailers are too large", out);
        const bool expects = request_.version >= 11 && request_.expects_continue;
        if (expects && !continued_) out.append("HTTP/1.1 100 Continue\r\n\r\n");
        continued_ |= expects;
        return {.consumed = consumed, .close = false};
    }
    const bool keep_alive = request_.keep_alive;
    const HttpReply& reply = api_.answer(lookup, request_);
    if (reply.deferred)
        return {
            .consumed = consumed, .close = false, .deferred = protocol::bytes_of(request_.body)};
    write(reply, keep_alive, out);
    end_request();
    return {.consumed = consumed, .close = !keep_alive};
}

bool HttpFraming::complete(const std::vector<std::string>& answers, OutBuffer& out) {
    const bool keep_alive = request_.keep_alive;
    write(api_.complete_tunnel(answers), keep_alive, out);
    end_request();
    return !keep_alive;
}

void HttpFraming::end_request() {
    parser_.reset();
    request_.clear();
    continued_ = false;
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
    end_request();
    write(api_.refuse(status, sentence), false, out);
    return {.consumed = consumed, .close = true};
}

void HttpFraming::write(const HttpReply& reply, bool keep_alive, OutBuffer& out) const {
    append_status_line(reply.status, out);
    out.append(date_text(service_.now()));
    out.append("\r\n");
    append_cors(request_, out);
    if (request_.encrypted) out.append("Strict-Transport-Security: max-age=31536000\r\n");
    if (!reply.allow.empty()) {
        out.append("Allow: ");
        out.append(reply.allow);
        out.append("\r\n");
    }
    if (!reply.content_type.empty()) {
        out.append("Content-Type: ");
        out.append(reply.content_type);
        out.append("\r\nX-Content-Type-Options: nosniff\r\n");
    }
    if (!keep_alive)
        out.append("Connection: close\r\n");
    else if (request_.version == 10)
        out.append("Connection: keep-alive\r\n");
    out.append("Content-Length: ");
    append_number(reply.body.size(), out);
    out.append(end_of_head);
    if (request_.method != "HEAD") out.append(std::string_view{reply.body});
}

}  // namespace idnode::resolver
