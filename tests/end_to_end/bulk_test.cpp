#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "protocol/json/time_text.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string row(std::string_view handle, std::string_view more = {}) {
    return R"({"handle":")" + std::string{handle} +
           R"(","values":[{"index":1,"type":"URL","data":"u"}])" + std::string{more} + "}\n";
}

std::vector<json::object> lines_of(std::string_view ndjson) {
    std::vector<json::object> lines;
    while (!ndjson.empty()) {
        const std::size_t end = ndjson.find('\n');
        lines.push_back(json::parse(ndjson.substr(0, end)).as_object());
        ndjson.remove_prefix(std::min(end, ndjson.size() - 1) + 1);
    }
    return lines;
}

std::vector<std::string> statuses_of(std::string_view ndjson) {
    std::vector<std::string> statuses;
    for (const json::object& line : lines_of(ndjson))
        statuses.emplace_back(line.at("status").as_string());
    return statuses;
}

/// A batch whose sender waits for each result before he says more.
class Conversation {
public:
    Conversation(const Endpoint& node, const std::string& who) : https_{node} {
        https_.stream().send("POST /api/v1/identifiers:batch HTTP/1.1\r\nHost: a\r\n" + who +
                             "\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    void send(const std::string& text) {
        std::ostringstream size;
        size << std::hex << text.size();
        https_.stream().send(size.str() + "\r\n" + text + "\r\n");
    }
    /// The result that comes next.
    std::string receive() {
        if (!begun_) https_.stream().receive_to("\r\n\r\n");
        begun_ = true;
        https_.stream().receive_to("\r\n");
        std::string result = https_.stream().receive_to("\n");
        https_.stream().receive_to("\r\n");
        return result;
    }
    std::string ask(const std::string& row) {
        send(row);
        return receive();
    }

    /// Says that nothing more comes.
    HttpsAnswer end() {
        https_.stream().send("0\r\n\r\n");
        return https_.receive();
    }

private:
    HttpsConnection https_;
    bool begun_ = false;
};

class Bulk : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    void start(const std::string& more = {}) {
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + more);
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    HttpsAnswer ask(const std::string& method, const std::string& target,
                    std::vector<std::string> headers = {}, const std::string& body = {}) {
        headers.push_back(boss_);
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    HttpsAnswer send(const std::string& rows, std::vector<std::string> headers = {}) {
        return ask("POST", "/api/v1/identifiers:batch", std::move(headers), rows);
    }
    std::string wait_for_job(const std::string& location) {
        for (int looks = 0; looks < 200; ++looks) {
            const HttpsAnswer answer = ask("GET", location);
            const std::string state{answer.json().at("state").as_string()};
            if (state == "done" || state == "failed") return answer.body;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return "it never ends";
    }

    Node node_;
    std::string boss_;
};

TEST_F(Bulk, AnswersEveryRowInItsPlaceAndARejectedOneHoldsUpNoOther) {
    const HttpsAnswer answer =
        send(row("88.1/1") + row("77.1/1") + "{broken\n" + row("88.1/1") + "\n" +
             row("88.1/1", R"(,"operation":"create")") + row("88.1/2", R"(,"operation":"create")") +
             R"({"handle":"88.1/1","operation":"delete"})"
             "\n"
             R"({"handle":"88.1/1","operation":"delete"})"
             "\n" +
             row("88.1/3", R"(,"operation":"frob")") + row("88.1/4", R"(,"colour":1)"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(statuses_of(answer.body),
                ::testing::ElementsAre("created", "rejected", "rejected", "unchanged", "rejected",
                                       "created", "deleted", "rejected", "rejected", "rejected"));
    const auto lines = lines_of(answer.body);
    for (std::size_t at = 0; at < lines.size(); ++at)
        EXPECT_EQ(lines[at].at("row").to_number<std::size_t>(), at + 1);
    EXPECT_EQ(lines[1].at("error").at("field").as_string(), "handle");
    EXPECT_EQ(lines[4].at("error").at("status").to_number<int>(), 409);
    EXPECT_EQ(ask("GET", "/api/handles/88.1/2").status, 200);
    EXPECT_EQ(ask("GET", "/api/handles/88.1/1").status, 404);
}

TEST_F(Bulk, TakesABodyOfAnyLengthAndHoweverItComes) {
    std::string rows;
    for (int at = 0; at < 20'000; ++at) rows += row("88.1/L" + std::to_string(at));
    rows.pop_back();  // the last line needs no end
    HttpsConnection https{node_.https()};
    https.stream().send("POST /api/v1/identifiers:batch HTTP/1.1\r\nHost: a\r\n" + boss_ +
                        "\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < rows.size(); at += 70'001) {
        const std::string piece = rows.substr(at, 70'001);
        std::ostringstream size;
        size << std::hex << piece.size();
        https.stream().send(size.str() + "\r\n" + piece + "\r\n");
    }
    https.stream().send("0\r\n\r\n");
    const HttpsAnswer answer = https.receive();
    const auto statuses = statuses_of(answer.body);
    EXPECT_EQ(statuses.size(), 20'000U);
    EXPECT_EQ(std::ranges::count(statuses, "created"), 20'000);
    // The connection goes on behind the answer.
    EXPECT_EQ(https.ask({.target = "/api/handles/88.1/L19999"}).status, 200);
    EXPECT_EQ(ask("GET", "/api/handles?prefix=88.1&pageSize=0").json().at("totalCount").as_string(),
              "20000");
}

TEST_F(Bulk, TellsWhoIsSlowOrWaitsWhatHasBecomeOfHisRowsSoFar) {
    EXPECT_EQ(node_.stop(), 0);
    start("stream: {request_timeout_seconds: 2}\n");
    Conversation batch{node_.https(), boss_};
    // Longer, all in all, than a request may take to arrive.
    for (int at = 1; at <= 4; ++at) {
        const std::string result =
            batch.ask(row("88.1/W" + std::to_string(at)) + R"({"handle":"88.1/HALF)");
        EXPECT_THAT(result, HasSubstr("88.1/W" + std::to_string(at)));
        EXPECT_THAT(result, HasSubstr("created"));
        EXPECT_EQ(ask("GET", "/api/handles/88.1/W" + std::to_string(at)).status, 200);
        EXPECT_THAT(batch.ask(std::to_string(at) + R"(","values":[]})" + '\n'),
                    HasSubstr("88.1/HALF" + std::to_string(at)));
    }
    // Whoever says nothing more is given up.
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"request_timeout\"}", 1));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/W4").status, 200);
}

TEST_F(Bulk, EndsForWhoIsNobodyAnyMore) {
    const auto account = [&](const std::string& body) {
        return ask("PUT", "/api/v1/accounts/mill", {json_content}, body).status;
    };
    ASSERT_EQ(account(R"({"role":"enterprise_application","password":"mill-secret",)"
                      R"("prefixes":["88.1"]})"),
              201);
    HttpsConnection https{node_.https()};
    for (const std::string& who :
         {log_in(https, "mill", "mill-secret"), basic("mill:mill-secret")}) {
        Conversation batch{node_.https(), who};
        EXPECT_THAT(batch.ask(row("88.1/1")), HasSubstr(R"("row":1,)"));
        ASSERT_EQ(account(R"({"enabled":false})"), 200);
        EXPECT_THAT(batch.ask(row("88.1/2") + row("88.1/3")),
                    AllOf(HasSubstr(R"("row":2,"status":"rejected")"), HasSubstr("401")));
        EXPECT_EQ(ask("GET", "/api/handles/88.1/2").status, 404);
        EXPECT_EQ(ask("GET", "/api/handles/88.1/3").status, 404);
        ASSERT_EQ(account(R"({"enabled":true})"), 200);
    }
}

TEST_F(Bulk, ChangesWhatWasGrantedUntilItsSecond) {
    ASSERT_EQ(ask("PUT", "/api/v1/accounts/friend", {json_content},
                  R"({"role":"enterprise_application","password":"some-secret","prefixes":[]})")
                  .status,
              201);
    send(row("88.1/1"));
    const auto until = static_cast<std::uint32_t>(std::time(nullptr)) + 3;
    ASSERT_EQ(ask("POST", "/api/v1/grants", {json_content},
                  R"({"prefix":"88.1","grantee":"account:friend","item":"URL","right":"edit",)"
                  R"("expires":")" +
                      protocol::format_time(until) + "\"}")
                  .status,
              201);
    const auto changed = [](const std::string& data) {
        return R"({"handle":"88.1/1","values":[{"index":1,"type":"URL","data":")" + data +
               "\"}]}\n";
    };
    HttpsConnection https{node_.https()};
    Conversation batch{node_.https(), log_in(https, "friend", "some-secret")};
    EXPECT_THAT(batch.ask(changed("v")), HasSubstr("replaced"));
    EXPECT_THAT(batch.ask(row("88.1/2")), HasSubstr("403")) << "nothing is made by a grant";
    while (std::time(nullptr) < static_cast<std::time_t>(until))
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    EXPECT_THAT(batch.ask(changed("w")), HasSubstr("403"));
}

/// How many rows are streamed at a node that is killed twice on the way; more for `make crash`.
int streamed_rows() {
    const char* const wanted = std::getenv("IDNODE_BULK_ROWS");
    return wanted ? std::atoi(wanted) : 30'000;
}

TEST_F(Bulk, RegistersEveryRowOnceHoweverOftenTheNodeIsKilledOnTheWay) {
    const int count = streamed_rows();
    {
        std::ofstream file{node_.directory().file("rows")};
        for (int at = 0; at < count; ++at) file << row("88.1/R" + std::to_string(at));
    }
    const std::string out = node_.directory().file("results");
    // A client of its own, which reads while it sends; it ends when the node does.
    const auto stream = [&] {
        const std::string command =
            "curl --silent --insecure --max-time 600 --header 'Expect:' --header '" + boss_ +
            "' --header 'Idempotency-Key: stream' --data-binary @" +
            node_.directory().file("rows") + " --output " + out + " https://" +
            format(node_.https()) + "/api/v1/identifiers:batch";
        return std::async(std::launch::async, [command] { return std::system(command.c_str()); });
    };
    const std::uint64_t before = node_.sequence();
    for (int kills = 1; kills <= 2; ++kills) {
        auto client = stream();
        ASSERT_TRUE(node_.wait_for_metric("idnode_records", count / 3.0 * kills));
        node_.kill();
        EXPECT_NE(client.get(), 0);
        start();
    }
    ASSERT_EQ(stream().get(), 0);
    const auto lines = lines_of(read_file(out));
    ASSERT_EQ(lines.size(), static_cast<std::size_t>(count));
    for (std::size_t at = 0; at < lines.size(); ++at) {
        ASSERT_EQ(lines[at].at("row").to_number<std::size_t>(), at + 1);
        ASSERT_EQ(lines[at].at("status").as_string(), "created");
    }
    EXPECT_EQ(node_.sequence(), before + static_cast<std::uint64_t>(count));
    EXPECT_EQ(ask("GET", "/api/handles?prefix=88.1&pageSize=0").json().at("totalCount").as_string(),
              std::to_string(count));
}

TEST_F(Bulk, AnswersTheSameUnderTheSameKeyAlsoAfterTheNodeWasKilled) {
    std::string rows;
    for (int at = 0; at < 9'000; ++at) rows += row("88.1/K" + std::to_string(at));
    const std::string key = "Idempotency-Key: first";
    const HttpsAnswer first = send(rows, {key});
    ASSERT_EQ(first.status, 200);
    node_.kill();
    start();
    const std::uint64_t before = node_.sequence();
    EXPECT_EQ(send(rows, {key}).body, first.body);
    EXPECT_EQ(node_.sequence(), before);
    const HttpsAnswer more = send(rows + row("88.1/MORE"), {key});
    EXPECT_EQ(lines_of(more.body).size(), 9'001U);
    EXPECT_EQ(node_.sequence(), before + 1);
    const HttpsAnswer other = send(row("88.1/OTHER"), {key});
    EXPECT_THAT(other.body, HasSubstr("Idempotency-Key"));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/OTHER").status, 404);
}

TEST_F(Bulk, WorksAJobOffByItselfAndKeepsWhatBecameOfItsRows) {
    const std::string rows = row("88.1/1") + row("99.9/1") + row("88.1/2");
    const HttpsAnswer accepted = send(rows, {"Prefer: respond-async", "Idempotency-Key: job"});
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const std::string location = accepted.header("location");
    const std::string job = wait_for_job(location);
    EXPECT_THAT(job, HasSubstr(R"("state":"done","rows":3,"rejected":1)"));
    const std::string results = ask("GET", location + "/results").body;
    EXPECT_THAT(statuses_of(results), ::testing::ElementsAre("created", "rejected", "created"));
    const HttpsAnswer page = ask("GET", location + "/results?from=2&limit=1");
    EXPECT_THAT(statuses_of(page.body), ::testing::ElementsAre("rejected"));
    EXPECT_THAT(page.header("link"), HasSubstr("from=3"));
    // The same key names the same job.
    EXPECT_EQ(send(rows, {"Prefer: respond-async", "Idempotency-Key: job"}).header("location"),
              location);
    EXPECT_EQ(ask("GET", "/api/v1/jobs/0123456789abcdef").status, 404);
}

TEST_F(Bulk, FailsAJobWhoseSenderIsNobodyAnyMore) {
    ASSERT_EQ(ask("PUT", "/api/v1/accounts/mill", {json_content},
                  R"({"role":"enterprise_application","password":"mill-secret",)"
                  R"("prefixes":["88.1"]})")
                  .status,
              201);
    const std::string mill = basic("mill:mill-secret");
    Conversation batch{node_.https(), mill + "\r\nPrefer: respond-async"};
    batch.send(row("88.1/J"));
    const auto deadline = deadline_after();
    const std::filesystem::path spool = node_.data() + "/jobs";
    while (!std::filesystem::exists(spool) || std::filesystem::is_empty(spool))
        ASSERT_LT(Clock::now(), deadline) << "the rows are never kept";
    // The password is another one before the rows are all here: whoever had it may be a thief.
    ASSERT_EQ(ask("PUT", "/api/v1/accounts/mill", {json_content}, R"({"password":"other-secret"})")
                  .status,
              200);
    const HttpsAnswer accepted = batch.end();
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const std::string job = wait_for_job(accepted.header("location"));
    EXPECT_THAT(job, AllOf(HasSubstr(R"("state":"failed")"), HasSubstr(R"("error":"What showed)")));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/J").status, 404);
}

TEST_F(Bulk, ResolvesManyAtOnceInTheirOrder) {
    send(row("88.1/1") + row("88.1/2"));
    const HttpsAnswer answer = HttpsConnection{node_.https()}.ask(
        {.method = "POST",
         .target = "/api/v1/resolve:batch",
         .headers = {json_content},
         .body = R"({"handles":["88.1/2","88.1/none","99.1/x","88.1/1"]})"});
    ASSERT_EQ(answer.status, 200);
    std::vector<std::int64_t> codes;
    const json::value body = answer.json();
    for (const json::value& each : body.at("results").as_array())
        codes.push_back(each.at("responseCode").as_int64());
    EXPECT_THAT(codes, ::testing::ElementsAre(1, 100, 301, 1));
    std::string many = R"(["x")";
    for (int at = 0; at < 10'000; ++at) many += R"(,"x")";
    EXPECT_EQ(ask("POST", "/api/v1/resolve:batch", {json_content}, many + ']').status, 413);
}

TEST_F(Bulk, FeedsChangesAndWaitsForThem) {
    send(row("88.1/1"));
    const std::uint64_t last = node_.sequence();
    std::thread later{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        send(row("88.1/2"));
    }};
    const HttpsAnswer answer = ask("GET", "/api/v1/changes?wait=20&after=" + std::to_string(last));
    later.join();
    ASSERT_EQ(lines_of(answer.body).size(), 1U);
    EXPECT_EQ(lines_of(answer.body)[0].at("handle").as_string(), "88.1/2");
    EXPECT_EQ(answer.header("idnode-sequence"), std::to_string(last + 1));
    EXPECT_EQ(ask("GET", "/api/v1/changes?after=x").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/changes?limit=0").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/changes?wait=61").status, 400);
}

TEST_F(Bulk, IsOnlyForWhoHasShownWhoHeIs) {
    HttpsConnection https{node_.https()};
    const HttpsAnswer answer =
        https.ask({.method = "POST", .target = "/api/v1/identifiers:batch", .body = row("88.1/1")});
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(node_.run({"log"}).out.find("88.1/1"), std::string::npos);
}

}  // namespace
}  // namespace idnode::end_to_end
