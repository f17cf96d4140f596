#include <charconv>

#include "resolver/api/api.hpp"
#include "resolver/api/batch_job.hpp"

namespace idnode::resolver::api {
namespace {

constexpr std::uint64_t results_max = 100'000;

/// A job is shown to whom it belongs, and to those who see everything.
std::optional<BatchJob> find_own_job(registry::Lookup& lookup, const Call& call,
                                     std::string_view id) {
    auto job = find_job(lookup.snapshot(), id);
    const bool sees_all = call.caller.account && call.caller.account->reads_everything();
    if (job && job->actor != call.caller.actor() && !sees_all) return std::nullopt;
    return job;
}

std::optional<std::uint64_t> positive(const RequestTarget& target, std::string_view name,
                                      std::uint64_t otherwise) {
    if (!target.has(name)) return otherwise;
    const std::string_view text = target.value(name);
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

/// The lines from the row `from` on, `limit` at most.
std::string results_of(registry::Lookup& lookup, const BatchJob& job, std::uint64_t from,
                       std::uint64_t limit) {
    std::string out;
    for_each_group(lookup.snapshot(), job.id, from, [&](const ResultGroup& group) {
        std::string_view rest = group.results;
        for (std::uint64_t row = group.first; !rest.empty() && limit > 0; ++row) {
            const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
            if (row >= from) {
                out.append(rest.substr(0, end));
                --limit;
            }
            rest.remove_prefix(end);
        }
        return limit > 0;
    });
    return out;
}

void answer_job(registry::Lookup& lookup, const Pending& call) {
    constexpr std::string_view results = "/results";
    std::string_view id = call->argument;
    const bool wants_results = id.ends_with(results);
    if (wants_results) id.remove_suffix(results.size());
    const auto job = find_own_job(lookup, *call, id);
    if (!job) return call->fail({.status = 404, .message = "There is no such job"});
    if (!wants_results) return call->finish_json(shown(*job));
    const auto from = positive(call->target, "from", 1);
    const auto limit = positive(call->target, "limit", results_max);
    if (!from)
        return call->fail({.message = "from: expected the number of a row", .field = "from"});
    if (!limit || *limit > results_max)
        return call->fail({.message = "limit: expected 1 to 100000 rows", .field = "limit"});
    HttpReply reply{.content_type = ndjson_type, .body = results_of(lookup, *job, *from, *limit)};
    if (*from + *limit <= job->rows)
        reply.add_header("Link", "</api/v1/jobs/" + job->id +
                                     "/results?from=" + std::to_string(*from + *limit) +
                                     "&limit=" + std::to_string(*limit) + ">; rel=\"next\"");
    call->finish(std::move(reply));
}

}  // namespace

void add_job_routes(std::vector<Route>& routes, const Services&) {
    routes.push_back({"GET", "/api/v1/jobs/*", Access::identified, answer_job});
}

}  // namespace idnode::resolver::api
