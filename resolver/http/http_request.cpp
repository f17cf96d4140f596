#include "resolver/http/http_request.hpp"

#include <boost/beast/core/string.hpp>

namespace idnode::resolver {
namespace {

/// What a text may keep of its memory between requests.
constexpr std::size_t kept_max = 256;

void clear_text(std::string& text) {
    if (text.capacity() > kept_max)
        text = {};
    else
        text.clear();
}

}  // namespace

void HttpRequest::clear() {
    for (std::string* text : {&method, &target, &content_type, &origin, &body}) clear_text(*text);
    version = 11;
    keep_alive = expects_continue = chunked = false;
    host_count = transfer_coding_count = 0;
}

void HttpRequestParser::on_request_impl(boost::beast::http::verb, Text method, Text target,
                                        int version, Error&) {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    request_.version = static_cast<unsigned>(version);
}

/// Also called for the trailers of a chunked body. Those that could change where a request ends or
/// whom it is for are counted all the same, so that they are refused.
void HttpRequestParser::on_field_impl(Field field, Text, Text value, Error&) {
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
        default: break;
    }
}

void HttpRequestParser::on_header_impl(Error&) { request_.keep_alive = keep_alive(); }

std::size_t HttpRequestParser::on_body_impl(Text octets, Error&) {
    request_.body.append(octets.data(), octets.size());
    return octets.size();
}

std::size_t HttpRequestParser::on_chunk_body_impl(std::uint64_t, Text octets, Error& error) {
    return on_body_impl(octets, error);
}

}  // namespace idnode::resolver
