#include "protocol/json/base64.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/openapi.hpp"

namespace idnode::resolver::api {
namespace {

/// Of the document that this program was built with.
std::string make_etag() {
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(openapi_document()));
    return '"' + protocol::to_hex(protocol::text_of(protocol::Bytes{digest}).substr(0, 16)) + '"';
}

/// Whether a list of entity tags names this one, as strong or weak (RFC 9110 §13.1.2).
bool names(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

}  // namespace

void add_openapi_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/api/v1/openapi.json", Access::anyone,
                      [etag = make_etag()](registry::Lookup&, const Pending& call) {
                          HttpReply reply{.content_type = json_type};
                          reply.add_header("ETag", etag);
                          reply.add_header("Cache-Control", "no-cache");
                          if (names(call->request.field("If-None-Match"), etag))
                              reply = {.status = 304, .headers = std::move(reply.headers)};
                          else
                              reply.body = openapi_document();
                          call->finish(std::move(reply));
                      }});
}

}  // namespace idnode::resolver::api
