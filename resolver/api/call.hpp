#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/codes/response_code.hpp"
#include "protocol/error.hpp"
#include "registry/changes.hpp"
#include "registry/lookup.hpp"
#include "resolver/admin/exchange.hpp"
#include "resolver/api/caller.hpp"
#include "resolver/auth/proof.hpp"
#include "resolver/http/http_reply.hpp"
#include "resolver/http/http_request.hpp"
#include "resolver/http/request_target.hpp"

namespace idnode::resolver::api {

inline constexpr std::string_view json_type = "application/json;charset=utf-8";
inline constexpr std::string_view ndjson_type = "application/x-ndjson;charset=utf-8";

/// Why a call is not done. Each interface says it in the shape that its clients know.
struct Fault {
    unsigned status = 400;
    std::string message{};  ///< one sentence: what was expected and what was found
    std::string field{};    ///< which part of the request is meant; empty: none, or all of it
    /// What the Handle protocol calls it.
    protocol::ResponseCode code = protocol::ResponseCode::protocol_error;
    std::string title{};  ///< the word of the interface for it, if it has one
};

/// A sentence that begins with the field that it is about, as parsers say it: "FIELD: …".
Fault fault_of(const protocol::FormatError& error);

/// The shapes of errors.
enum class Dialect {
    handle,   ///< of the Handle.net API: responseCode and message
    problem,  ///< RFC 9457, for /api/v1
    epcis,    ///< RFC 9457 with the types of EPCIS
    snms,     ///< status, message and data
};

/// One request on its way to its answer. Used by one thread at a time.
struct Call {
    HttpRequest request;
    RequestTarget target;
    admin::Arrival arrival{};
    Caller caller{};
    std::optional<auth::Proof> proof{};  ///< of the caller, if he has shown a key
    std::string session_id{};            ///< of the HTTP API, if the call belongs to one
    std::string argument{};              ///< what stands in the path for the last part of the route
    Dialect dialect = Dialect::problem;
    Respond respond;
    /// What the caller was granted of what he asks for, where that is known already.
    std::optional<grants::Granted> granted{};
    statistics::Tally* tally = nullptr;  ///< of the worker that answers; null: no worker does

    registry::Transport transport() const noexcept {
        return request.encrypted ? registry::Transport::https : registry::Transport::http;
    }

    void finish(HttpReply reply) { respond(std::move(reply)); }
    void finish_json(std::string body, unsigned status = 200) {
        finish({.status = status, .content_type = json_type, .body = std::move(body)});
    }
    void fail(const Fault& fault) { finish(reply_of(fault)); }

    /// A fault in the shape of the interface.
    HttpReply reply_of(const Fault& fault) const;

private:
    void write_error(std::string& body, const Fault& fault) const;
};

using Pending = std::shared_ptr<Call>;

/// Does one step on the way of a call to its answer, with the newest state of the registry, which
/// is let go behind it. What the step throws is answered, with 500.
void go_on(registry::Lookup& lookup, const Pending& call,
           const std::function<void()>& step) noexcept;

}  // namespace idnode::resolver::api
