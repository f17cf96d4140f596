#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/json/time_text.hpp"
#include "registry/audit.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/change_json.hpp"

namespace idnode::resolver::api {
namespace {

constexpr std::uint64_t lines_default = 1'000;
constexpr std::uint64_t lines_most = 100'000;
constexpr std::size_t octets_enough = std::size_t{8} << 20;  ///< an answer ends behind them
constexpr std::uint64_t looked_at_most = 10'000'000;         ///< by one request, whatever fits

/// What a change is under: of entries that have a prefix in front of their keys that one, of others
/// none.
std::string_view prefix_of(const registry::ChangeView& change) {
    if (change.of_prefix) return change.handle;
    if (!change.of_entry) return protocol::prefix_of(change.handle);
    const std::size_t slash = std::min(change.handle.find('/'), change.handle.size());
    const std::string_view area = change.handle.substr(0, slash);
    const auto is = [&](registry::Area known) { return area == name_of(known); };
    using registry::Area;
    if (!is(Area::templates) && !is(Area::allotments) && !is(Area::grants) && !is(Area::visibility))
        return {};
    const std::string_view key = change.handle.substr(std::min(slash + 1, change.handle.size()));
    return key.substr(0, key.find('\n'));
}

struct AuditQuery {
    std::uint64_t after = 0;
    std::uint64_t limit = lines_default;
    std::uint32_t from = 0;
    std::uint32_t to = 0xffffffff;
    std::string actor;
    std::string prefix;
    std::string about;  ///< the whole handle, prefix, or AREA/KEY; or AREA/ and a star
    std::optional<registry::Operation> operation;

    bool wants(const registry::ChangeView& change) const {
        if (change.time < from || change.time >= to) return false;
        if (operation && change.operation != *operation) return false;
        if (!actor.empty() && !protocol::equal_folded(change.actor, actor)) return false;
        if (!prefix.empty() && !protocol::equal_folded(prefix_of(change), prefix)) return false;
        if (about.empty()) return true;
        if (!about.ends_with('*')) return protocol::equal_folded(change.handle, about);
        const std::size_t size = about.size() - 1;
        return protocol::equal_folded(change.handle.substr(0, size), about.substr(0, size));
    }
};

bool read_time(const RequestTarget& target, std::string_view name, std::uint32_t& seconds) {
    if (!target.has(name)) return true;
    const auto time = protocol::parse_time(target.value(name));
    seconds = time.value_or(0);
    return time.has_value();
}

std::variant<AuditQuery, Fault> read_query(const RequestTarget& target) {
    AuditQuery query;
    const auto wrong = [](std::string_view field, std::string_view expected) {
        return Fault{.message = std::string{field} + ": expected " + std::string{expected},
                     .field = std::string{field}};
    };
    if (!read_number(target, "after", std::uint64_t{1} << 62, query.after))
        return wrong("after", "the sequence of a change");
    if (!read_number(target, "limit", lines_most, query.limit) || query.limit == 0)
        return wrong("limit", "1 to 100000 changes");
    if (!read_time(target, "from", query.from))
        return wrong("from", "a time such as 2026-11-23T05:44:04Z");
    if (!read_time(target, "to", query.to))
        return wrong("to", "a time such as 2026-11-23T05:44:04Z");
    if (target.has("operation")) {
        query.operation = registry::find_operation(target.value("operation"));
        if (!query.operation) return wrong("operation", "a word such as put_entry");
    }
    query.actor = target.value("actor");
    query.prefix = target.value("prefix");
    query.about = target.value("about");
    return query;
}

/// The change log, filtered. `Idnode-Sequence` names the last change that was looked at: asking on
/// behind it, nothing is missed and nothing comes twice.
void answer_audit(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (!call->caller.account || !call->caller.account->reads_everything())
        return call->fail({.status = 403, .message = "Only an auditor or operator may do that"});
    auto read = read_query(call->target);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    const auto& query = std::get<AuditQuery>(read);
    HttpReply reply{.content_type = ndjson_type};
    std::uint64_t last = query.after;
    std::uint64_t left = query.limit;
    std::uint64_t looks = looked_at_most;
    registry::for_each_change(lookup.snapshot(), query.after + 1, [&](const auto& change) {
        last = change.sequence;
        if (query.wants(change)) {
            write_change(reply.body, change, services.authenticator.tokens(),
                         change.of_entry ? find_audit_detail(lookup.snapshot(), change.sequence)
                                         : std::nullopt);
            --left;
        }
        return left > 0 && --looks > 0 && reply.body.size() < octets_enough;
    });
    reply.add_header("Idnode-Sequence", std::to_string(last));
    call->finish(std::move(reply));
}

}  // namespace

void add_audit_routes(std::vector<Route>& routes, const Services& services) {
    routes.push_back({"GET", "/api/v1/audit", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_audit(lookup, call, services);
                      }});
}

}  // namespace idnode::resolver::api
