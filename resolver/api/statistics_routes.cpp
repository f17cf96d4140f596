#include <fmt/format.h>

#include "protocol/handle/handle.hpp"
#include "resolver/api/api.hpp"
#include "resolver/statistics/report.hpp"

namespace idnode::resolver::api {
namespace {

constexpr std::string_view csv_type = "text/csv;charset=utf-8";

bool wants_csv(const Call& call) {
    return call.target.value("format") == "csv" ||
           (!call.target.has("format") && call.request.field("Accept").starts_with("text/csv"));
}

Fault wrong(std::string_view field, std::string_view expected, std::string_view found) {
    return {.message = std::string{field}
                           .append(": expected ")
                           .append(expected)
                           .append(", found \"")
                           .append(found)
                           .append("\""),
            .field = std::string{field}};
}

/// A day in the query; nothing, and `day` left alone, when there is none.
std::optional<Fault> read_day(const RequestTarget& target, std::string_view name,
                              std::uint32_t& day) {
    if (!target.has(name)) return std::nullopt;
    const auto read = statistics::parse_day(target.value(name));
    if (!read) return wrong(name, "a day such as 2026-11-25", target.value(name));
    day = *read;
    return std::nullopt;
}

/// Whether the caller may see what happened under a prefix.
bool sees(const Caller& caller, std::string_view prefix) {
    return caller.account->reads_everything() || caller.account->administers(prefix);
}

std::optional<Fault> find_caller_fault(const Caller& caller) {
    if (caller.account && caller.account->role != Role::partner) return std::nullopt;
    return Fault{.status = 403,
                 .message = "Statistics are for accounts of the operator and of enterprises"};
}

template <class Rows>
void finish_rows(Call& call, const Rows& rows) {
    const bool csv = wants_csv(call);
    call.finish({.content_type = csv ? csv_type : json_type,
                 .body = csv ? format_csv(rows) : format_json(rows)});
}

std::variant<statistics::ReportQuery, Fault> read_query(const Call& call) {
    statistics::ReportQuery query;
    const RequestTarget& target = call.target;
    if (auto fault = read_day(target, "from", query.from)) return *fault;
    if (auto fault = read_day(target, "to", query.to)) return *fault;
    const std::string_view format = target.value("format");
    if (target.has("format") && format != "json" && format != "csv")
        return wrong("format", "json or csv", format);
    const std::string_view by = target.has("by") ? target.value("by") : "prefix";
    if (by != "prefix" && by != "enterprise" && by != "node")
        return wrong("by", "prefix, enterprise or node", by);
    query.by = by == "node"         ? statistics::Group::node
               : by == "enterprise" ? statistics::Group::enterprise
                                    : statistics::Group::prefix;
    query.enterprise = target.value("enterprise");
    query.sees = [&caller = call.caller,
                  wanted = protocol::folded(target.value("prefix"))](std::string_view prefix) {
        return (wanted.empty() || prefix == wanted) && sees(caller, prefix);
    };
    return query;
}

/// `GET /api/v1/statistics?from=&to=&prefix=&enterprise=&by=prefix|enterprise|node&format=json|csv`
void answer_statistics(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (const auto fault = find_caller_fault(call->caller)) return call->fail(*fault);
    auto query = read_query(*call);
    if (const auto* const fault = std::get_if<Fault>(&query)) return call->fail(*fault);
    auto& asked = std::get<statistics::ReportQuery>(query);
    if (asked.by == statistics::Group::node && !call->caller.account->reads_everything())
        return call->fail(
            {.status = 403, .message = "The node as a whole is for its operator and auditors"});
    services.statistics.refresh();
    lookup.renew();
    const auto rows = make_report(lookup.snapshot(), asked);
    if (!rows)
        return call->fail(
            {.status = 413,
             .message = fmt::format("from: expected days that come to at most {} rows of single "
                                    "prefixes, found more",
                                    asked.rows_max),
             .field = "from"});
    finish_rows(*call, *rows);
}

/// `GET /api/v1/statistics/sources?day=&prefix=&format=json|csv`
void answer_sources(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (const auto fault = find_caller_fault(call->caller)) return call->fail(*fault);
    std::uint32_t day =
        statistics::day_of(services.clock.now(), services.statistics.settings().utc_offset_hours);
    if (const auto fault = read_day(call->target, "day", day)) return call->fail(*fault);
    if (!call->target.has("prefix"))
        return call->fail(
            {.message = "prefix: expected one in the query, found none", .field = "prefix"});
    const std::string prefix = protocol::folded(call->target.value("prefix"));
    if (!sees(call->caller, prefix))
        return call->fail({.status = 403, .message = "That prefix is not one of yours"});
    services.statistics.refresh();
    lookup.renew();
    finish_rows(*call, statistics::list_sources(lookup.snapshot(), day, prefix));
}

}  // namespace

void add_statistics_routes(std::vector<Route>& routes, const Services& services) {
    routes.push_back({"GET", "/api/v1/statistics", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_statistics(lookup, call, services);
                      }});
    routes.push_back({"GET", "/api/v1/statistics/sources", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_sources(lookup, call, services);
                      }});
}

}  // namespace idnode::resolver::api
