#include "resolver/api/call.hpp"

#include <boost/beast/http/status.hpp>

#include "protocol/json/json_writer.hpp"
#include "resolver/api/snms.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;

std::string_view reason_of(unsigned status) {
    const auto reason =
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {reason.data(), reason.size()};
}

void write_problem(JsonWriter& writer, const Fault& fault, std::string_view type,
                   std::string_view title) {
    writer.begin_object().key("type").string(type).key("title").string(title);
    writer.key("status").number(fault.status);
    if (!fault.message.empty()) writer.key("detail").string(fault.message);
    if (!fault.field.empty()) writer.key("field").string(fault.field);
    writer.end_object();
}

}  // namespace

HttpReply Call::reply_of(const Fault& fault) const {
    HttpReply reply{.status = fault.status, .content_type = problem_type};
    JsonWriter writer{reply.body};
    switch (dialect) {
        case Dialect::handle:
            reply.content_type = json_type;
            writer.begin_object();
            writer.key("responseCode").number(static_cast<std::uint32_t>(fault.code));
            if (!fault.message.empty()) writer.key("message").string(fault.message);
            if (!argument.empty()) writer.key("handle").string(argument);
            writer.end_object();
            break;
        case Dialect::problem:
            write_problem(writer, fault, "about:blank", reason_of(fault.status));
            break;
        case Dialect::epcis:
            write_problem(
                writer, fault,
                "epcisException:" + (fault.title.empty() ? "ImplementationException" : fault.title),
                reason_of(fault.status));
            break;
        case Dialect::snms:
            reply.content_type = json_type;
            reply.body = snms_refusal(fault);
            reply.status = 200;
            break;
    }
    return reply;
}

}  // namespace idnode::resolver::api
