#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "registry/lookup.hpp"
#include "resolver/http/http_request.hpp"
#include "resolver/http/request_target.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// What is said to an HTTP request. The body is reused from answer to answer.
struct HttpReply {
    unsigned status = 200;
    std::string_view content_type;
    std::string_view allow;  ///< methods, for the Allow header; empty: no such header
    std::string body;
    bool deferred = false;  ///< the request's body is a message that is answered later
};

/// What the API needs of the node around it.
struct NodeView {
    std::function<std::string()> metrics;  ///< the text of /metrics
    std::function<bool()> ready;           ///< whether new requests are welcome
};

/// The HTTP interface: resolution in the JSON shapes of the Handle.net API, the message tunnel,
/// and what monitors ask. One for each worker; used by its thread only.
class HttpApi {
public:
    HttpApi(Service& service, const NodeView& node) : service_{service}, node_{node} {}

    /// Answers one request from the snapshot; never throws. The reply stays valid until the next
    /// call.
    const HttpReply& answer(registry::Lookup& lookup, const HttpRequest& request);

    /// The answer to a message of the tunnel that was deferred.
    const HttpReply& complete_tunnel(const std::vector<std::string>& answers);

    /// The answer to a request that could not be read.
    const HttpReply& refuse(unsigned status, std::string_view sentence);

private:
    void route(registry::Lookup& lookup, const HttpRequest& request);
    void route_api(registry::Lookup& lookup, std::string_view method);
    void answer_handle(registry::Lookup& lookup);
    void write_resolution(const Resolution& resolution, std::string_view handle);
    void answer_site();
    void answer_tunnel(registry::Lookup& lookup, const HttpRequest& request);
    void answer_text(unsigned status, std::string_view text);
    void answer_error(unsigned status, protocol::ResponseCode code, std::string_view message,
                      std::string_view handle = {});
    bool read_filter();
    void wrap_callback();

    Service& service_;
    const NodeView& node_;
    HttpReply reply_;
    RequestTarget target_;
    std::string filter_octets_;
    protocol::ValueFilter filter_;
    std::vector<std::byte> message_;  ///< room for answers of the tunnel
};

/// The status that goes with a response code on plain HTTP.
unsigned status_of(protocol::ResponseCode code) noexcept;

}  // namespace idnode::resolver
