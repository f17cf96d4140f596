#include "resolver/api/call.hpp"

#include <spdlog/spdlog.h>

#include "protocol/json/json_writer.hpp"
#include "resolver/api/snms.hpp"
#include "resolver/http/problem.hpp"

namespace idnode::resolver::api {

/// In the shape of the Handle.net API.
void Call::write_error(std::string& body, const Fault& fault) const {
    protocol::JsonWriter writer{body};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(fault.code));
    if (!fault.message.empty()) writer.key("message").string(fault.message);
    if (!argument.empty()) writer.key("handle").string(argument);
    writer.end_object();
}

Fault fault_of(const protocol::FormatError& error) {
    const std::string& sentence = error.message();
    return {.message = sentence, .field = sentence.substr(0, sentence.find(':'))};
}

HttpReply Call::reply_of(const Fault& fault) const {
    HttpReply reply{.status = fault.status, .content_type = json_type};
    Problem problem{.status = fault.status, .detail = fault.message, .field = fault.field};
    const std::string type =
        "epcisException:" + (fault.title.empty() ? "ImplementationException" : fault.title);
    switch (dialect) {
        case Dialect::handle: write_error(reply.body, fault); break;
        case Dialect::epcis: problem.type = type; [[fallthrough]];
        case Dialect::problem: answer_problem(reply, problem); break;
        case Dialect::snms:
            reply.body = snms_refusal(fault);
            reply.status = 200;
            break;
    }
    return reply;
}

void go_on(registry::Lookup& lookup, const Pending& call,
           const std::function<void()>& step) noexcept {
    try {
        lookup.renew();
        step();
    } catch (const std::exception& error) {
        spdlog::error("{} {}: {}", call->request.method, call->target.path(), error.what());
        call->fail({.status = 500,
                    .message = "The node cannot answer at the moment",
                    .code = protocol::ResponseCode::error});
    }
    lookup.release();
}

}  // namespace idnode::resolver::api
