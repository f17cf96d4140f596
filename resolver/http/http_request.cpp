#include "resolver/http/http_request.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include "resolver/reply.hpp"

namespace idnode::resolver {
namespace {

constexpr std::size_t message_size_max = reply_size_max;

/// Whether the request may bring more than a Handle message.
bool is_document(std::string_view target) noexcept {
    return target.starts_with("/api/v1/") || target.starts_with("/epcis/") ||
           target.starts_with("/identity") || target.starts_with("/snms/");
}

/// Headers that some part of the node reads. (What names the standard EPCIS uses begins with GS1-.)
bool is_kept(boost::beast::http::field field, boost::beast::string_view name) noexcept {
    using Field = boost::beast::http::field;
    return field == Field::authorization || field == Field::accept || field == Field::if_match ||
           field == Field::if_none_match || field == Field::prefer ||
           boost::beast::iequals(name, "Idempotency-Key") ||
           boost::beast::iequals(name.substr(0, 4), "GS1-");
}

/// What a text may keep of its memory between requests.
constexpr std::size_t kept_max = 256;

void clear_text(std::string& text) {
    if (text.capacity() > kept_max)
        text = {};
    else
        text.clear();
}

}  // namespace

std::string_view HttpRequest::field(std::string_view name) const noexcept {
    for (std::size_t at = 0; at < field_count; ++at)
        if (boost::beast::iequals(fields[at].name, name)) return fields[at].value;
    return {};
}

/// The room of earlier fields is used again.
void HttpRequest::add_field(std::string_view name, std::string_view value) {
    if (field_count == fields.size()) fields.emplace_back();
    fields[field_count].name.assign(name);
    fields[field_count++].value.assign(value);
}

void HttpRequest::clear() {
    for (std::string* text : {&method, &target, &content_type, &origin, &body}) clear_text(*text);
    version = 11;
    keep_alive = expects_continue = chunked = false;
    host_count = transfer_coding_count = 0;
    for (std::size_t at = 0; at < field_count; ++at) clear_text(fields[at].value);
    field_count = body_size_max = 0;
}

void HttpRequestParser::on_request_impl(boost::beast::http::verb, Text method, Text target,
                                        int version, Error&) {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    request_.version = static_cast<unsigned>(version);
}

/// Also called for the trailers of a chunked body. Those that could change where a request ends or
/// whom it is for are counted all the same, so that they are refused.
void HttpRequestParser::on_field_impl(Field field, Text name, Text value, Error&) {
    using boost::beast::iequals;
    switch (field) {
        case Field::host: ++request_.host_count; break;
        case Field::transfer_encoding:
            ++request_.transfer_coding_count;
            request_.chunked = iequals(value, "chunked");
            break;
        case Field::expect: request_.expects_continue = iequals(value, "100-continue"); break;
        case Field::content_type:
            if (request_.content_type.empty())
                request_.content_type.assign(value.data(), value.size());
            break;
        case Field::origin:
            if (request_.origin.empty()) request_.origin.assign(value.data(), value.size());
            break;
        default:
            if (is_kept(field, name))
                request_.add_field({name.data(), name.size()}, {value.data(), value.size()});
    }
}

bool is_stream(const HttpRequest& request) noexcept {
    const std::string_view target = request.target;
    return request.method == "POST" && target.substr(0, target.find('?')) == batch_path;
}

void HttpRequestParser::on_header_impl(Error& error) {
    request_.keep_alive = keep_alive();
    if (is_stream(request_)) return;
    request_.body_size_max = is_document(request_.target) ? document_size_max_ : message_size_max;
    if (content_length()) bound_body(*content_length(), error);
}

std::size_t HttpRequestParser::on_body_impl(Text octets, Error& error) {
    bound_body(octets.size(), error);
    if (error) return 0;
    request_.body.append(octets.data(), octets.size());
    return octets.size();
}

/// Before a chunk that is too large comes.
void HttpRequestParser::on_chunk_header_impl(std::uint64_t size, Text, Error& error) {
    bound_body(size, error);
}

void HttpRequestParser::bound_body(std::uint64_t more, Error& error) const {
    const std::uint64_t most = request_.body_size_max;
    if (most > 0 && (more > most || request_.body.size() > most - more))
        error = boost::beast::http::error::body_limit;
}

std::size_t HttpRequestParser::on_chunk_body_impl(std::uint64_t, Text octets, Error& error) {
    return on_body_impl(octets, error);
}

}  // namespace idnode::resolver
