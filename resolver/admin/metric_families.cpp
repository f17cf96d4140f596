#include "resolver/admin/metric_families.hpp"

#include <algorithm>
#include <chrono>

#include "resolver/admin/change_request.hpp"
#include "resolver/metric_family.hpp"

namespace idnode::resolver::admin {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<const char*, limit_count> limit_names{
    "waiting_requests_limit",   "source_requests_limit",          "source_work_limit",
    "datagram_work_limit",      "identity_requests_limit",        "login_delay",
    "waiting_changes_limit",    "administrative_signature_limit", "request_memory_limit",
    "source_applications_limit"};
constexpr std::array<const char*, change_outcome_count> change_outcome_names{
    "done", "duplicate", "refused", "busy", "failed"};
constexpr std::array<const char*, proof_outcome_count> proof_outcome_names{"proven", "failed",
                                                                           "unfit", "delayed"};

/// Counts by what came of something.
struct ByOutcome {
    const char* outcome;
    double count;
};

MetricFamily make_outcomes(const char* name, const char* help,
                           std::initializer_list<ByOutcome> lines) {
    MetricFamily family = make_family(name, help, MetricType::Counter);
    for (const ByOutcome& each : lines) add_line(family, each.count, {{"outcome", each.outcome}});
    return family;
}

double number(std::uint64_t count) { return static_cast<double>(count); }

MetricFamily make_changes(const Counts& counts) {
    MetricFamily family = make_family("idnode_changes_total",
                                      "Requests for changes over the network, by operation and "
                                      "what came of them",
                                      MetricType::Counter);
    for (std::size_t at = 0; at < change_operations.size(); ++at) {
        const std::string operation{registry::name_of(operation_of(change_operations[at]))};
        for (std::size_t outcome = 0; outcome < change_outcome_count; ++outcome)
            add_line(family, number(counts.changes[at][outcome].value()),
                     {{"operation", operation}, {"outcome", change_outcome_names[outcome]}});
    }
    return family;
}

MetricFamily make_proofs(const Counts& counts) {
    MetricFamily family =
        make_family("idnode_proofs_total",
                    "Answers to challenges, and secrets verified for peers, by what came of them",
                    MetricType::Counter);
    for (std::size_t at = 0; at < proof_outcome_count; ++at)
        add_line(family, number(counts.proofs[at].value()), {{"outcome", proof_outcome_names[at]}});
    return family;
}

MetricFamily make_statuses(const Counts& counts) {
    MetricFamily family = make_family("idnode_api_responses_total",
                                      "Answers over HTTP that took more than a look-up, by status",
                                      MetricType::Counter);
    for (std::size_t status = 0; status < counts.statuses.size(); ++status)
        if (const auto count = counts.statuses[status].value(); count > 0)
            add_line(family, number(count), {{"status", std::to_string(status)}});
    return family;
}

std::vector<MetricFamily> make_key_families(const KeyFigures& keys) {
    const auto count = [](const char* name, const char* help, std::uint64_t value) {
        return make_single(name, help, MetricType::Counter, number(value));
    };
    return {
        count("idnode_key_questions_total", "Questions to other nodes about their keys",
              keys.asked),
        count("idnode_key_questions_unanswered_total",
              "Questions about keys without an answer to believe in time", keys.unanswered),
        count("idnode_key_questions_refused_total",
              "Questions about keys that were not asked, since too many were open", keys.refused),
        count("idnode_key_cache_hits_total", "Keys of other nodes that were found in memory",
              keys.kept_used),
        make_single("idnode_key_cache_handles", "Handles of other nodes whose keys are in memory",
                    MetricType::Gauge, number(keys.kept))};
}

std::vector<MetricFamily> make_commits(const registry::CommitQueue::Figures& commits) {
    const double seconds = std::chrono::duration<double>{commits.busy}.count();
    return {
        make_single("idnode_waiting_changes", "Changes that wait to be written", MetricType::Gauge,
                    number(commits.waiting_jobs)),
        make_single("idnode_waiting_changes_bytes", "Memory of the changes that wait",
                    MetricType::Gauge, number(commits.waiting_octets)),
        make_single("idnode_commits_total", "Transactions that wrote waiting changes, or tried to",
                    MetricType::Counter, number(commits.groups)),
        make_single("idnode_commit_changes_total",
                    "Changes that were decided in them: divided by them, the size of a group",
                    MetricType::Counter, number(commits.jobs)),
        make_single("idnode_commit_seconds_total", "Time that they took, syncing included",
                    MetricType::Counter, seconds),
        make_single("idnode_commit_faults_total", "Changes that the store has failed",
                    MetricType::Counter, number(commits.faults)),
    };
}

std::vector<MetricFamily> make_webhook_families(const webhooks::Figures& webhooks) {
    const auto gauge = [](const char* name, const char* help, std::uint64_t value) {
        return make_single(name, help, MetricType::Gauge, number(value));
    };
    return {make_outcomes("idnode_webhook_deliveries_total",
                          "Requests to receivers of webhooks, by what came of them",
                          {{"delivered", number(webhooks.delivered)},
                           {"failed", number(webhooks.failed - webhooks.forbidden)},
                           {"forbidden", number(webhooks.forbidden)}}),
            make_single("idnode_webhooks_given_up_total",
                        "Webhooks that were given up, since a delivery failed for too long",
                        MetricType::Counter, number(webhooks.given_up)),
            gauge("idnode_webhooks", "Subscriptions and standing recalls", webhooks.hooks),
            gauge("idnode_webhook_waiting", "Deliveries that no receiver has taken yet",
                  webhooks.waiting),
            gauge("idnode_webhook_in_flight", "Deliveries that a receiver is being told",
                  webhooks.in_flight)};
}

}  // namespace

void Counts::count(protocol::ResponseCode code) noexcept {
    responses[WorkerMetrics::response_place(code)].add();
}

void Counts::count(protocol::OpCode operation, ChangeOutcome outcome) noexcept {
    const auto found = std::find(change_operations.begin(), change_operations.end(), operation);
    if (found == change_operations.end()) return;
    const auto place = static_cast<std::size_t>(found - change_operations.begin());
    changes[place][static_cast<std::size_t>(outcome)].add();
}

std::vector<MetricFamily> make_families(const Figures& figures) {
    const auto& challenges = figures.challenges;
    const auto& sessions = figures.sessions;
    std::vector<MetricFamily> families{
        make_changes(figures.counts),
        make_proofs(figures.counts),
        make_statuses(figures.counts),
        make_single("idnode_waiting_requests", "Requests that wait for a thread of administration",
                    MetricType::Gauge, number(figures.waiting_requests)),
        make_single("idnode_administrative_request_bytes",
                    "Memory of the requests to administration that have no answer yet",
                    MetricType::Gauge, number(figures.request_octets)),
        make_single("idnode_challenges", "Challenges that wait for their answer", MetricType::Gauge,
                    number(challenges.waiting)),
        make_outcomes("idnode_challenges_total", "Challenges, by what became of them",
                      {{"issued", number(challenges.issued)},
                       {"answered", number(challenges.answered)},
                       {"expired", number(challenges.expired)},
                       {"displaced", number(challenges.displaced)},
                       {"unknown", number(challenges.unknown)}}),
        make_single("idnode_repeated_answers_total",
                    "Datagrams that came before and were answered as before", MetricType::Counter,
                    number(figures.given_answers.repeated)),
        make_single("idnode_kept_answers_bytes", "Memory of the answers that are kept for that",
                    MetricType::Gauge, number(figures.given_answers.kept_octets)),
        make_single("idnode_sessions", "Open sessions", MetricType::Gauge, number(sessions.open)),
        make_outcomes("idnode_sessions_total", "Sessions, by what became of them",
                      {{"opened", number(sessions.opened)},
                       {"closed", number(sessions.closed)},
                       {"expired", number(sessions.expired)},
                       {"displaced", number(sessions.displaced)},
                       {"refused", number(figures.counts.refused_sessions.value())}}),
    };
    for (MetricFamily& each : make_commits(figures.commits)) families.push_back(std::move(each));
    for (MetricFamily& each : make_key_families(figures.keys)) families.push_back(std::move(each));
    for (MetricFamily& each : make_webhook_families(figures.webhooks))
        families.push_back(std::move(each));
    return families;
}

void add_refusals(const Figures& figures, MetricFamily& refusals) {
    for (std::size_t at = 0; at < limit_count; ++at)
        add_line(refusals, number(figures.counts.limits[at].value()),
                 {{"reason", limit_names[at]}});
    add_line(refusals, number(figures.given_answers.dropped), {{"reason", "repetitions_limit"}});
}

}  // namespace idnode::resolver::admin
