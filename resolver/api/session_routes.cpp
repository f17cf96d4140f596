#include "protocol/codes/value_type.hpp"
#include "protocol/handle/wire_string.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/api/api.hpp"
#include "resolver/auth/authenticate.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;

constexpr std::string_view sessions_path = "/api/sessions";

void write_session(JsonWriter& writer, const HttpSession& session) {
    writer.key("sessionId").string(session.id);
    writer.key("nonce").string(
        protocol::to_base64(protocol::text_of(protocol::Bytes{session.nonce})));
}

void write_identity(JsonWriter& writer, const Caller& caller) {
    writer.key("authenticated").boolean(caller.known());
    if (caller.known())
        writer.key("id").string(caller.identity ? to_text(*caller.identity) : caller.actor());
}

/// A session exists where an identity may be shown, and nowhere else.
bool refuse_in_clear(const Pending& call, const Services& services) {
    if (services.authenticator.may_identify(*call)) return false;
    call->finish({.status = 403});
    return true;
}

void open_session(registry::Lookup&, const Pending& call, const Services& services) {
    if (refuse_in_clear(call, services)) return;
    HttpSession session = services.sessions.open();
    if (call->proof)
        if (auto proven = services.sessions.prove(session.id, *call->proof))
            session = *std::move(proven);
    HttpReply reply{.status = 201, .content_type = json_type};
    reply.add_header("Location", "/api/sessions/this");
    JsonWriter writer{reply.body};
    writer.begin_object();
    write_session(writer, session);
    if (call->caller.known()) write_identity(writer, call->caller);
    writer.end_object();
    call->finish(std::move(reply));
}

/// The session that a path names: that of the call, or one by its id.
std::string session_of(const Call& call) {
    return call.argument == "this" ? call.session_id : call.argument;
}

void show_session(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (refuse_in_clear(call, services)) return;
    HttpReply reply{.content_type = json_type};
    JsonWriter writer{reply.body};
    writer.begin_object();
    const auto session = services.sessions.find(session_of(*call));
    if (session) {
        write_session(writer, *session);
        call->caller.identity.reset();
        if (session->proof && services.authenticator.still_counts(lookup, *session->proof))
            call->caller.identity = session->proof->identity;
    }
    write_identity(writer, call->caller);
    writer.end_object();
    call->finish(std::move(reply));
}

void close_session(registry::Lookup&, const Pending& call, const Services& services) {
    if (refuse_in_clear(call, services)) return;
    if (!services.sessions.close(session_of(*call)))
        return call->fail({.status = 404, .message = "There is no such session"});
    call->finish({.status = 204});
}

std::optional<std::string> octets_in(const boost::json::object& json, std::string_view name) {
    const auto* const field = json.if_contains(name);
    if (!field || !field->is_string()) return std::nullopt;
    return protocol::from_base64(field->get_string());
}

/// Whether an answer to a challenge comes from a secret key that is kept here (as op code 201).
void verify(registry::Lookup& lookup, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto* const body = std::get<boost::json::value>(json).if_object();
    const auto* const handle = body ? body->if_contains("handle") : nullptr;
    if (!handle || !handle->is_string())
        return call->fail({.message = "Handle not specified in verification request"});
    std::uint32_t index = 0;
    if (const auto* const field = body->if_contains("index")) {
        boost::system::error_code wrong;
        index = field->to_number<std::uint32_t>(wrong);
        if (wrong) return call->fail({.message = "index: expected a number from 0 to 4294967295"});
    }
    const auto nonce = octets_in(*body, "nonce");
    const auto digest = octets_in(*body, "requestDigest");
    const auto response = octets_in(*body, "signedResponse");
    if (!nonce || !digest || !response)
        return call->fail({.message = "nonce, requestDigest and signedResponse: expected base64"});
    const protocol::VerifyRequest request{
        .handle = handle->get_string(),
        .index = index,
        .nonce = protocol::bytes_of(*nonce),
        .request_digest = {.algorithm = protocol::DigestAlgorithm::sha256,
                           .octets = protocol::bytes_of(*digest)},
        .signed_response = protocol::bytes_of(*response)};
    const limits::Source& source = call->arrival.source;
    if (const auto refused =
            services.gate.refuse_proof(source, request.handle, request.signed_response))
        return call->fail({.status = 429,
                           .message = std::string{refused->sentence},
                           .code = protocol::ResponseCode::server_busy});
    const bool right = auth::verify_for_peer(request, admin::find_values_in(lookup));
    services.gate.note_verdict(
        source, request.handle, request.signed_response,
        right ? protocol::ResponseCode::success : protocol::ResponseCode::authentication_failed);
    std::string out;
    JsonWriter{out}
        .begin_object()
        .key("responseCode")
        .number(1)
        .key("verificationResult")
        .boolean(right)
        .end_object();
    call->finish_json(std::move(out));
}

}  // namespace

void add_session_routes(std::vector<Route>& routes, const Services& services) {
    const auto bound =
        [&services](void (*answer)(registry::Lookup&, const Pending&, const Services&)) {
            return [&services, answer](registry::Lookup& lookup, const Pending& call) {
                answer(lookup, call, services);
            };
        };
    routes.push_back({"POST", sessions_path, Access::anyone, bound(open_session)});
    routes.push_back({"GET", "/api/sessions/*", Access::anyone, bound(show_session)});
    routes.push_back({"PUT", "/api/sessions/*", Access::anyone, bound(show_session)});
    routes.push_back({"DELETE", "/api/sessions/*", Access::anyone, bound(close_session)});
    for (const std::string_view method : {"GET", "POST"})
        routes.push_back({method, "/api/verifications", Access::anyone, bound(verify)});
}

}  // namespace idnode::resolver::api
