#include "resolver/http/problem.hpp"

// Beast 1.81 names streams without including them.
// clang-format off
#include <ostream>
#include <boost/beast/http/status.hpp>
// clang-format on

#include "protocol/json/json_writer.hpp"

namespace idnode::resolver {

void answer_problem(HttpReply& reply, const Problem& problem) {
    namespace http = boost::beast::http;
    const auto title = http::obsolete_reason(static_cast<http::status>(problem.status));
    reply.status = problem.status;
    reply.content_type = problem_type;
    reply.body.clear();
    protocol::JsonWriter writer{reply.body};
    writer.begin_object().key("type").string(problem.type);
    writer.key("title").string({title.data(), title.size()});
    writer.key("status").number(problem.status);
    if (!problem.detail.empty()) writer.key("detail").string(problem.detail);
    if (!problem.field.empty()) writer.key("field").string(problem.field);
    writer.end_object();
}

bool tells_problems(std::string_view target) noexcept {
    return target.starts_with("/api/v1/") || target.starts_with("/epcis/");
}

}  // namespace idnode::resolver
