#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace idnode::resolver {

/// A header that only few requests have, or few answers look at.
struct HttpField {
    std::string name;
    std::string value;
};

/// What the node wants to know of an HTTP request. Reused from request to request of a connection,
/// so that an ordinary one asks for no memory.
struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    unsigned version = 11;   ///< 10 or 11
    bool encrypted = false;  ///< of the connection, and so of all its requests
    /// With which the peer has opened the connection (X.509, DER); null: with none.
    std::shared_ptr<const std::string> client_certificate{};
    bool keep_alive = false;
    bool expects_continue = false;
    unsigned host_count = 0;
    unsigned transfer_coding_count = 0;
    bool chunked = false;  ///< the last Transfer-Encoding is "chunked" and nothing else
    std::string content_type;
    std::string origin;
    std::vector<HttpField> fields;  ///< the first `field_count` are of this request
    std::size_t field_count = 0;
    std::string body;
    std::size_t body_size_max = 0;  ///< 0: any size; set when the head is known

    /// The value of a header, spelled in any case; empty when it is absent, and of several the
    /// first. Those are known that `is_kept` says.
    std::string_view field(std::string_view name) const noexcept;
    void add_field(std::string_view name, std::string_view value);

    /// Makes ready for the next request; keeps memory only where a request of ordinary size needs
    /// it again.
    void clear();
};

/// Reads one request into an `HttpRequest`: Beast finds the parts, and what the node has no use for
/// is not kept.
class HttpRequestParser final : public boost::beast::http::basic_parser<true> {
public:
    /// `request` must outlive the parser. `document_size_max` bounds the bodies of requests for
    /// documents; all others bring a Handle message or less.
    HttpRequestParser(HttpRequest& request, std::size_t document_size_max)
        : request_{request}, document_size_max_{document_size_max} {}

private:
    using Text = boost::beast::string_view;
    using Error = boost::beast::error_code;
    using Field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                         Error&) override;
    void on_response_impl(int, Text, int, Error&) override {}
    void on_field_impl(Field field, Text name, Text value, Error&) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(Text octets, Error&) override;
    void on_chunk_header_impl(std::uint64_t size, Text, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t, Text octets, Error&) override;
    void on_finish_impl(Error&) override {}

    void bound_body(std::uint64_t more, Error& error) const;

    HttpRequest& request_;
    const std::size_t document_size_max_;
};

/// Where a batch of any length is sent.
inline constexpr std::string_view batch_path = "/api/v1/identifiers:batch";

/// Whether the body of a request is answered while it is read, and so may have any length. The head
/// is known.
bool is_stream(const HttpRequest& request) noexcept;

}  // namespace idnode::resolver
