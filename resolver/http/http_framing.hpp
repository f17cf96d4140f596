#pragma once

#include <boost/beast/http/parser.hpp>
#include <optional>

#include "resolver/config.hpp"
#include "resolver/http/http_api.hpp"
#include "resolver/net/framing.hpp"

namespace idnode::resolver {

/// HTTP/1.1 requests on a stream (RFC 9112), kept alive and pipelined. Beast parses; what it
/// refuses gets a 4xx answer, and the connection ends, since the next request cannot be found.
class HttpFraming final : public Framing {
public:
    HttpFraming(HttpApi& api, Service& service, const Config& config)
        : api_{api}, service_{service}, config_{config} {}

    Progress consume(registry::Lookup& lookup, protocol::Bytes in, OutBuffer& out) override;
    bool inside_request() const noexcept override { return parser_.has_value() && begun_; }
    std::uint32_t idle_timeout_seconds() const noexcept override {
        return config_.http_idle_timeout_seconds;
    }

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    Progress refuse(std::size_t consumed, const boost::system::error_code& error, OutBuffer& out);
    Progress refuse(std::size_t consumed, unsigned status, std::string_view sentence,
                    OutBuffer& out);
    void write(const HttpReply& reply, const HttpRequest& request, bool keep_alive, OutBuffer& out);
    void begin_request();

    HttpApi& api_;
    Service& service_;
    const Config& config_;
    std::optional<Parser> parser_;
    std::size_t head_octets_ = 0;  ///< of its request line and headers that were consumed
    bool begun_ = false;           ///< octets of the current request were consumed
    bool continued_ = false;       ///< "100 Continue" was sent for it
};

}  // namespace idnode::resolver
