#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "registry/lookup.hpp"
#include "resolver/http/handle_query.hpp"
#include "resolver/http/http_reply.hpp"
#include "resolver/http/http_request.hpp"
#include "resolver/http/request_target.hpp"
#include "resolver/service.hpp"

namespace idnode::resolver {

/// What the API needs of the node around it.
struct NodeView {
    std::function<std::string()> metrics;  ///< the text of /metrics
    std::function<bool()> ready;           ///< whether new requests are welcome
    /// The answer to a look-up by somebody who has shown his token before; nothing when it takes
    /// more to answer it.
    std::function<std::optional<HttpReply>(registry::Lookup&, const HttpRequest&,
                                           statistics::Tally&)>
        answer_known{};
};

// What is read on the workers' threads alone; everything else is for api::Api.
inline constexpr std::array<std::string_view, 4> monitor_paths{"/healthz", "/readyz", "/metrics",
                                                               "/api/site"};
/// For people. `*` stands for a handle: any path that no interface for programs begins with.
inline constexpr std::array<std::string_view, 2> page_paths{"/", "/*"};

/// The HTTP interface: resolution in the JSON shapes of the Handle.net API, the message tunnel,
/// and what monitors ask. One for each worker; used by its thread only.
class HttpApi {
public:
    HttpApi(Service& service, const NodeView& node) : service_{service}, node_{node} {}

    /// Where a request is answered.
    enum class Way {
        here,     ///< it is answered: see `reply`
        message,  ///< its body is a message of the tunnel, for admin::Administration
        work,     ///< it takes an identity, the writer or more time than a look-up: api::Api
    };

    /// Answers one request from the snapshot, unless that is to be done elsewhere; never throws.
    Way answer(registry::Lookup& lookup, const HttpRequest& request);
    /// Valid until the next call.
    const HttpReply& reply() const noexcept { return reply_; }

    /// The answer to a message of the tunnel that was answered elsewhere.
    const HttpReply& complete_tunnel(const std::vector<std::string>& answers);

    /// The answer to a request that could not be read, as far as its head is known.
    const HttpReply& refuse(unsigned status, std::string_view sentence, const HttpRequest& request);

private:
    void clear_reply();
    Way route(registry::Lookup& lookup, const HttpRequest& request);
    Way route_path(registry::Lookup& lookup, const HttpRequest& request);
    bool answer_known(registry::Lookup& lookup, const HttpRequest& request);
    Way route_handle(registry::Lookup& lookup, const HttpRequest& request);
    Way refuse_method(std::string_view allowed);
    void answer_page(registry::Lookup& lookup);
    void answer_monitor(std::string_view path);
    void answer_handle(registry::Lookup& lookup);
    void answer_site();
    Way answer_tunnel(registry::Lookup& lookup, const HttpRequest& request);
    void answer_text(unsigned status, std::string_view text);
    void answer_error(unsigned status, protocol::ResponseCode code, std::string_view message,
                      std::string_view handle = {});

    Service& service_;
    const NodeView& node_;
    HttpReply reply_;
    RequestTarget target_;
    HandleQuery query_;
    std::vector<std::byte> message_;  ///< room for answers of the tunnel
};

}  // namespace idnode::resolver
