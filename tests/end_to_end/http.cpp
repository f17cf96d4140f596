#include "tests/end_to_end/http.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace idnode::end_to_end {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{"malformed HTTP answer: " + what};
}

int parse_status(std::string_view line) {
    if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ')
        fail("status line " + std::string{line});
    int status = 0;
    const auto [end, wrong] = std::from_chars(line.data() + 9, line.data() + 12, status);
    if (wrong != std::errc{} || end != line.data() + 12) fail("status " + std::string{line});
    return status;
}

void parse_header(std::string_view line, HttpAnswer& answer) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) fail("header " + std::string{line});
    std::string name{line.substr(0, colon)};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (!answer.headers.emplace(name, value).second) fail("header twice: " + name);
}

}  // namespace

void HttpConnection::fill() {
    const std::string more = stream_.receive_some();
    if (more.empty())
        throw std::runtime_error{stream_.end() == End::none ? "no HTTP answer in time"
                                 : stream_.end() == End::reset
                                     ? "the connection was reset before the HTTP answer"
                                     : "the connection ended before the HTTP answer"};
    buffer_ += more;
}

std::string HttpConnection::read_to(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos) fill();
    const auto end = buffer_.find(mark);
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + mark.size());
    return text;
}

HttpAnswer HttpConnection::receive(Body body) {
    HttpAnswer answer;
    answer.status = parse_status(read_to("\r\n"));
    for (std::string line = read_to("\r\n"); !line.empty(); line = read_to("\r\n"))
        parse_header(line, answer);
    if (answer.status < 200) return answer;
    const std::string length = answer.header("content-length");
    if (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)
        fail("content-length " + length);
    if (body == Body::absent) return answer;
    const std::size_t size = std::stoul(length);
    while (buffer_.size() < size) fill();
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

HttpAnswer HttpConnection::get(std::string_view target) {
    send(get_request(target));
    return receive();
}

HttpAnswer HttpConnection::post(std::string_view target, std::string_view content_type,
                                std::string_view body) {
    std::string request{"POST "};
    request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Type: ");
    request.append(content_type).append("\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    send(request);
    return receive();
}

std::string get_request(std::string_view target, std::string_view more_headers) {
    std::string request{"GET "};
    request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    return request.append(more_headers).append("\r\n");
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            encoded += c;
        else
            (encoded += '%').append({digits[octet >> 4], digits[octet & 15]});
    }
    return encoded;
}

}  // namespace idnode::end_to_end
