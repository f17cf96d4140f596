#include "resolver/http/http_framing.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <limits>

#include "resolver/http/proxy.hpp"

namespace idnode::resolver {
namespace {

namespace http = boost::beast::http;
using protocol::Bytes;

constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

/// "Mon, 23 Nov 2026 05:53:05 GMT" (RFC 9110 §5.6.7). Formatted once a second for each thread.
std::string_view date_text(std::uint32_t now) {
    thread_local std::uint32_t formatted = 0;
    thread_local std::string text;
    if (formatted == now && !text.empty()) return text;
    text = http_date(now);
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
        "Access-Control-Expose-Headers: Content-Length, ETag, Location\r\n");
    if (request.method != "OPTIONS") return;
    out.append(
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
        "Access-Control-Allow-Headers: Authorization, Content-Type, Accept, If-Match, "
        "Idempotency-Key\r\n"
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
    if (parser_) return 0;  // it is in the middle of a request
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
    parser_.emplace(request_, std::size_t{config_.http_body_size_max_kib} << 10);
    parser_->eager(true);
    // The limit on heads is ours, which counts all of it.
    parser_->header_limit(std::numeric_limits<std::uint32_t>::max());
    parser_->body_limit(boost::none);  // as is the limit on bodies, which depends on the path
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
    // What Beast cannot take yet is the line before a chunk, or trailers.
    if (!parser_->is_done() && in.size() - consumed > config_.http_header_size_max)
        return refuse(in.size(), 431, "The head of a chunk or the trailers are too large", out);
    if (pool_ && is_stream(request_)) return continue_stream(consumed, out);
    if (parser_->is_done()) return answer_request(lookup, consumed, out);
    say_continue(out);
    return {.consumed = consumed, .close = false};
}

void HttpFraming::say_continue(OutBuffer& out) {
    const bool expects = request_.version >= 11 && request_.expects_continue;
    if (expects && !continued_) out.append("HTTP/1.1 100 Continue\r\n\r\n");
    continued_ |= expects;
}

Framing::Progress HttpFraming::answer_request(registry::Lookup& lookup, std::size_t consumed,
                                              OutBuffer& out) {
    const bool keep_alive = request_.keep_alive;
    switch (api_.answer(lookup, request_)) {
        case HttpApi::Way::message:
            return leave(consumed, pool_->take(protocol::bytes_of(request_.body)));
        case HttpApi::Way::work: return leave(consumed, leave_to_pool());
        case HttpApi::Way::here: break;
    }
    write(api_.reply(), keep_alive, out);
    end_request();
    return {.consumed = consumed, .close = !keep_alive};
}

/// The head stays here, to write the answer by; the body goes with the request.
Framing::Later HttpFraming::leave_to_pool() {
    reply_ = std::make_shared<HttpReply>();
    auto request = std::make_shared<HttpRequest>(request_);
    request_.body = {};
    return [pool = pool_, request, reply = reply_](const admin::Arrival& arrival,
                                                   admin::Done done) {
        pool->submit(std::move(*request), arrival, [reply, done = std::move(done)](HttpReply said) {
            *reply = std::move(said);
            done({});
        });
    };
}

/// Hands the body on in pieces, one at a time, each as soon as it is large enough or a second old.
Framing::Progress HttpFraming::continue_stream(std::size_t consumed, OutBuffer& out) {
    const bool last = parser_->is_done();
    if (!last && request_.body.size() < BodyStream::piece_size) {
        say_continue(out);
        return {.consumed = consumed, .close = false};
    }
    owes_results_ = !last;
    return leave(consumed, next_piece(last));
}

/// A sender who is slow, or waits for results before he goes on, gets them.
bool HttpFraming::hand_on() {
    if (!hands_on() || (request_.body.empty() && !owes_results_)) return false;
    owes_results_ = false;
    leave(0, next_piece(false));
    return true;
}

Framing::Later HttpFraming::next_piece(bool last) {
    if (!stream_) stream_ = pool_->open_stream(request_);
    reply_ = std::make_shared<HttpReply>();
    auto piece = std::make_shared<std::string>(std::move(request_.body));
    request_.body = {};
    return [pool = pool_, stream = stream_, reply = reply_, piece, last](
               const admin::Arrival& arrival, admin::Done done) {
        pool->feed(stream, std::move(*piece), last, arrival,
                   [reply, done = std::move(done)](HttpReply said) {
                       *reply = std::move(said);
                       done({});
                   });
    };
}

bool HttpFraming::complete(const std::vector<std::string>& answers, OutBuffer& out) {
    if (stream_) return complete_stream(out);
    if (reply_ && reply_->more) return complete_piece(out);
    const bool keep_alive = request_.keep_alive;
    write(reply_ ? *reply_ : api_.complete_tunnel(answers), keep_alive, out);
    end_request();
    return !keep_alive;
}

/// A stream that ends before its body does takes the connection with it: nobody can tell how much
/// would have to be skipped.
bool HttpFraming::complete_stream(OutBuffer& out) {
    const bool whole = !reply_->streams && !streaming_;
    const bool body_read = parser_->is_done();
    const bool keep_alive = request_.keep_alive && body_read && (whole || request_.version >= 11);
    if (reply_->streams && reply_->body.empty() && !streaming_) return false;  // nothing said yet
    if (whole) {
        write(*reply_, keep_alive, out);
    } else {
        if (!streaming_) write_head(*reply_, request_.keep_alive, out);
        streaming_ = true;
        write_chunk(reply_->body, out);
        if (reply_->streams) return false;
        if (request_.version >= 11) out.append(last_chunk);
    }
    end_request();
    return !keep_alive;
}

/// The next piece of a long answer is asked for when this one is on its way.
bool HttpFraming::complete_piece(OutBuffer& out) {
    const bool keep_alive = request_.keep_alive && request_.version >= 11 && !reply_->broken;
    if (!streaming_) write_head(*reply_, request_.keep_alive, out);
    streaming_ = true;
    write_chunk(std::exchange(reply_->body, {}), out);
    if (reply_->streams) {
        leave(0, [pool = pool_, reply = reply_](const admin::Arrival&, admin::Done done) {
            pool->make_more(reply, [done = std::move(done)] { done({}); });
        });
        return false;
    }
    if (keep_alive) out.append(last_chunk);
    end_request();
    return !keep_alive;
}

void HttpFraming::end_request() {
    parser_.reset();
    request_.clear();
    continued_ = streaming_ = owes_results_ = false;
    reply_.reset();
    stream_.reset();
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
    const HttpReply& reply = api_.refuse(status, sentence, request_);
    end_request();
    write(reply, false, out);
    return {.consumed = consumed, .close = true};
}

void HttpFraming::write(const HttpReply& reply, bool keep_alive, OutBuffer& out) const {
    write_head(reply, keep_alive, out);
    if (request_.method != "HEAD") out.append(std::string_view{reply.body});
}

void HttpFraming::write_head(const HttpReply& reply, bool keep_alive, OutBuffer& out) const {
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
    out.append(std::string_view{reply.headers});
    if (!reply.content_type.empty()) {
        out.append("Content-Type: ");
        out.append(reply.content_type);
        out.append("\r\nX-Content-Type-Options: nosniff\r\n");
    }
    if (!keep_alive || (reply.streams && request_.version < 11))
        out.append("Connection: close\r\n");
    else if (request_.version == 10)
        out.append("Connection: keep-alive\r\n");
    if (reply.streams) {
        if (request_.version >= 11) out.append("Transfer-Encoding: chunked\r\n");
        return out.append("\r\n");
    }
    if (reply.status == 204 || reply.status == 304) return out.append("\r\n");
    out.append("Content-Length: ");
    append_number(reply.body.size(), out);
    out.append(end_of_head);
}

/// A peer of HTTP/1.0 knows no chunks: to him the answer ends with the connection.
void HttpFraming::write_chunk(std::string_view octets, OutBuffer& out) const {
    if (octets.empty()) return;  // an empty chunk would be the last
    if (request_.version < 11) return out.append(octets);
    out.append(fmt::format("{:x}\r\n", octets.size()));
    out.append(octets);
    out.append("\r\n");
}

}  // namespace idnode::resolver
