#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

/// One HTTP answer. Names of headers are in lower case.
struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;

    /// The value of a header; empty when it is absent.
    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string{} : found->second;
    }
};

/// HTTP by hand: sends what it is given, and reads answers as strictly as RFC 9112 has them. An
/// answer that is malformed throws std::runtime_error.
class HttpConnection {
public:
    explicit HttpConnection(const Endpoint& peer) : stream_{peer} {}

    void send(std::string_view octets) { stream_.send(octets); }

    enum class Body { present, absent };
    /// The next answer; `absent` after a HEAD request.
    HttpAnswer receive(Body body = Body::present);

    HttpAnswer get(std::string_view target);
    HttpAnswer post(std::string_view target, std::string_view content_type, std::string_view body);

    /// Whether the node closes the connection now, having said nothing more.
    bool closes(std::chrono::milliseconds time = time_limit) {
        return buffer_.empty() && stream_.ends_silently(time);
    }
    TcpStream& stream() noexcept { return stream_; }

private:
    std::string read_to(std::string_view mark);
    void fill();

    TcpStream stream_;
    std::string buffer_;
};

/// "GET TARGET HTTP/1.1" with a Host header and perhaps more headers, each with its CRLF.
std::string get_request(std::string_view target, std::string_view more_headers = {});

/// A handle as part of a path: everything but unreserved characters and '/' is percent-encoded.
std::string percent_encode(std::string_view text);

}  // namespace idnode::end_to_end
