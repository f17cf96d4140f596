#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/tls.hpp"

namespace idnode::end_to_end {

/// One answer over HTTPS. Names of headers are in lower case; a header may come more than once.
struct HttpsAnswer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The first of that name; empty when there is none.
    std::string header(std::string_view name) const;
    boost::json::value json() const;
};

/// A request over HTTPS.
struct HttpsRequest {
    std::string method = "GET";
    std::string target = "/";
    std::vector<std::string> headers{};  ///< "NAME: VALUE"
    std::string body{};
};

/// A kept-alive connection, spoken by hand.
class HttpsConnection {
public:
    explicit HttpsConnection(const Endpoint& peer, const TlsOptions& options = {})
        : stream_{peer, options} {}

    HttpsAnswer ask(const HttpsRequest& request);
    /// The next answer, after `stream().send`.
    HttpsAnswer receive(bool to_head = false);
    TlsStream& stream() noexcept { return stream_; }

private:
    TlsStream stream_;
};

/// "Authorization: Basic …"
std::string basic(std::string_view user_and_password);
/// Logs in and gives "Authorization: Bearer …".
std::string log_in(HttpsConnection& https, std::string_view user, std::string_view password);

inline constexpr const char* json_content = "Content-Type: application/json";

/// Asks over a connection of its own. `who` is an Authorization header, or empty; `body` is JSON,
/// or empty.
HttpsAnswer ask_once(const Endpoint& node, const std::string& method, const std::string& target,
                     const std::string& who, const std::string& body);

}  // namespace idnode::end_to_end
