#include "resolver/admin/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace idnode::resolver {
namespace {

using protocol::ResponseCode;
using testing::HasSubstr;
using testing::Not;
using Workers = std::vector<std::shared_ptr<WorkerMetrics>>;

Workers make_workers(std::size_t count) {
    Workers workers;
    for (std::size_t each = 0; each < count; ++each)
        workers.push_back(std::make_shared<WorkerMetrics>());
    return workers;
}

TEST(Counter, AddsAndSubtracts) {
    Counter counter;
    EXPECT_EQ(counter.value(), 0U);
    counter.add();
    counter.add(41);
    counter.subtract(2);
    counter.subtract();
    EXPECT_EQ(counter.value(), 39U);
}

TEST(Metrics, AreTheSumOverAllWorkers) {
    const Workers workers = make_workers(3);
    for (const auto& worker : workers) {
        worker->count(registry::Transport::udp);
        worker->count(Refusal::malformed_http);
        worker->count(ResponseCode::success);
        worker->store_faults.add();
        worker->connections.add(2);
        worker->buffered_octets.add(100);
    }
    workers[1]->count(registry::Transport::udp);
    workers[2]->count(registry::Transport::tunnel);
    workers[2]->connections.subtract();
    const std::string text = format_metrics(workers, {});
    EXPECT_THAT(text, HasSubstr("idnode_requests_total{transport=\"udp\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("idnode_requests_total{transport=\"tcp\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("idnode_requests_total{transport=\"http\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("idnode_requests_total{transport=\"tunnel\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("idnode_refusals_total{reason=\"malformed_http\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("idnode_responses_total{code=\"1\",name=\"success\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("idnode_store_faults_total 3\n"));
    EXPECT_THAT(text, HasSubstr("idnode_connections 5\n"));
    EXPECT_THAT(text, HasSubstr("idnode_connection_buffer_bytes 300\n"));
}

TEST(Metrics, ShowTheFiguresOfTheStore) {
    const std::string text = format_metrics(
        make_workers(1),
        {.records = 2'000'000'000,
         .sequence = 2'000'000'001,
         .file_octets = 600'000'000'000,
         .things = {.entries = 5'000'000'000, .octets = 200'000'000'000, .changed = 17}});
    EXPECT_THAT(text, HasSubstr("idnode_records 2000000000\n"));
    EXPECT_THAT(text, HasSubstr("idnode_sequence 2000000001\n"));
    EXPECT_THAT(text, HasSubstr("idnode_store_bytes 600000000000\n"));
    EXPECT_THAT(text, HasSubstr("idnode_thing_entries 5000000000\n"));
    EXPECT_THAT(text, HasSubstr("idnode_thing_bytes 200000000000\n"));
    EXPECT_THAT(text, HasSubstr("idnode_thing_changes 17\n"));
}

TEST(Metrics, NameEachReasonForARefusal) {
    const Workers workers = make_workers(1);
    for (std::size_t reason = 0; reason < refusal_count; ++reason)
        workers[0]->refusals[reason].add(100 + reason);
    const std::string text = format_metrics(workers, {});
    std::set<std::string> names;
    for (std::size_t reason = 0; reason < refusal_count; ++reason) {
        std::istringstream lines{text};
        const std::string end = "\"} " + std::to_string(100 + reason);
        for (std::string line; std::getline(lines, line);)
            if (line.ends_with(end)) names.insert(line);
    }
    EXPECT_EQ(names.size(), refusal_count);
    EXPECT_THAT(names,
                testing::Contains("idnode_refusals_total{reason=\"malformed_message\"} 100"));
    EXPECT_THAT(names, testing::Contains("idnode_refusals_total{reason=\"write_timeout\"} 110"));
    EXPECT_THAT(names, testing::Contains("idnode_refusals_total{reason=\"accept_failed\"} 111"));
}

TEST(Metrics, ShowWhatAdministrationCounts) {
    admin::Counts counts;
    counts.count(ResponseCode::authentication_needed);
    counts.count(admin::Limit::login);
    counts.count(admin::ProofOutcome::delayed);
    counts.count(protocol::OpCode::modify_value, admin::ChangeOutcome::duplicate);
    counts.count(protocol::OpCode::resolution, admin::ChangeOutcome::done);
    counts.refused_sessions.add();
    const admin::Figures figures{
        .counts = counts,
        .challenges = {.issued = 5, .answered = 1, .expired = 1, .displaced = 1, .unknown = 7},
        .sessions = {.opened = 9, .closed = 2, .expired = 3, .displaced = 1, .open = 3},
        .given_answers = {.repeated = 8, .dropped = 2, .kept_octets = 4711},
        .commits = {.jobs = 300, .groups = 3, .busy = std::chrono::milliseconds{1500}},
        .waiting_requests = 6,
        .request_octets = 1234};
    const Workers workers = make_workers(1);
    workers[0]->count(ResponseCode::authentication_needed);
    const std::string text = format_metrics(workers, {}, &figures);
    for (const char* const line :
         {"idnode_responses_total{code=\"402\",name=\"authentication needed\"} 2",
          "idnode_refusals_total{reason=\"login_delay\"} 1",
          "idnode_refusals_total{reason=\"source_work_limit\"} 0",
          "idnode_proofs_total{outcome=\"delayed\"} 1",
          "idnode_changes_total{operation=\"modify_value\",outcome=\"duplicate\"} 1",
          "idnode_changes_total{operation=\"home_prefix\",outcome=\"done\"} 0",
          "idnode_challenges_total{outcome=\"issued\"} 5",
          "idnode_challenges_total{outcome=\"unknown\"} 7",
          "idnode_sessions 3",
          "idnode_refusals_total{reason=\"repetitions_limit\"} 2",
          "idnode_repeated_answers_total 8",
          "idnode_kept_answers_bytes 4711",
          "idnode_sessions_total{outcome=\"displaced\"} 1",
          "idnode_sessions_total{outcome=\"refused\"} 1",
          "idnode_waiting_requests 6",
          "idnode_administrative_request_bytes 1234",
          "idnode_commits_total 3",
          "idnode_commit_changes_total 300",
          "idnode_commit_seconds_total 1.5",
          "idnode_commit_faults_total 0"})
        EXPECT_THAT(text, HasSubstr(std::string{line} + '\n'));
}

TEST(Metrics, LeaveOutResponseCodesThatWereNeverSent) {
    const Workers workers = make_workers(2);
    workers[0]->count(ResponseCode::handle_not_found);
    const std::string text = format_metrics(workers, {});
    EXPECT_THAT(text,
                HasSubstr("idnode_responses_total{code=\"100\",name=\"handle not found\"} 1\n"));
    EXPECT_THAT(text, Not(HasSubstr("name=\"success\"")));
}

TEST(Metrics, CountCodesPastTheEndInOnePlace) {
    const Workers workers = make_workers(1);
    workers[0]->count(ResponseCode::dialect_refusal);
    workers[0]->count(static_cast<ResponseCode>(0xffffffff));
    EXPECT_EQ(workers[0]->responses.back().value(), 2U);
    EXPECT_THAT(format_metrics(workers, {}),
                HasSubstr("idnode_responses_total{code=\"639\",name=\"unknown\"} 2\n"));
}

TEST(Metrics, TellHowKeysOfOthersWereFound) {
    const admin::Counts counts;
    const admin::Figures figures{
        .counts = counts,
        .challenges = {},
        .sessions = {},
        .commits = {},
        .keys = {.asked = 5, .unanswered = 2, .refused = 1, .kept_used = 7, .kept = 3}};
    const std::string text = format_metrics({}, {}, &figures);
    EXPECT_THAT(text, HasSubstr("idnode_key_questions_total 5\n"));
    EXPECT_THAT(text, HasSubstr("idnode_key_questions_unanswered_total 2\n"));
    EXPECT_THAT(text, HasSubstr("idnode_key_questions_refused_total 1\n"));
    EXPECT_THAT(text, HasSubstr("idnode_key_cache_hits_total 7\n"));
    EXPECT_THAT(text, HasSubstr("idnode_key_cache_handles 3\n"));
}

TEST(Metrics, TellWhatCameOfWebhooks) {
    const admin::Counts counts;
    const admin::Figures figures{.counts = counts,
                                 .challenges = {},
                                 .sessions = {},
                                 .commits = {},
                                 .webhooks = {.delivered = 9,
                                              .failed = 5,
                                              .forbidden = 2,
                                              .given_up = 1,
                                              .hooks = 4,
                                              .waiting = 3,
                                              .in_flight = 1}};
    const std::string text = format_metrics({}, {}, &figures);
    for (const std::string_view line : {"idnode_webhook_deliveries_total{outcome=\"delivered\"} 9",
                                        "idnode_webhook_deliveries_total{outcome=\"failed\"} 3",
                                        "idnode_webhook_deliveries_total{outcome=\"forbidden\"} 2",
                                        "idnode_webhooks_given_up_total 1", "idnode_webhooks 4",
                                        "idnode_webhook_waiting 3", "idnode_webhook_in_flight 1"})
        EXPECT_THAT(text, HasSubstr(std::string{line} + '\n'));
}

TEST(Metrics, AreInTheTextFormatOfPrometheus) {
    std::istringstream lines{format_metrics(make_workers(1), {})};
    std::set<std::string> helped;
    std::set<std::string> typed;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string first, second, name;
        words >> first >> second >> name;
        if (line.starts_with("# HELP ")) helped.insert(name);
        if (line.starts_with("# TYPE ")) typed.insert(name);
        if (!line.starts_with('#')) {
            EXPECT_TRUE(typed.contains(first.substr(0, first.find('{')))) << line;
        }
    }
    EXPECT_EQ(helped, typed);
    EXPECT_TRUE(typed.contains("idnode_requests_total"));
}

TEST(Metrics, CanBeShownWithoutWorkers) {
    EXPECT_THAT(format_metrics({}, {}), HasSubstr("idnode_connections 0\n"));
}

}  // namespace
}  // namespace idnode::resolver
