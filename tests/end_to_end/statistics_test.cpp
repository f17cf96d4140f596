#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class Statistics : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.home("88.2");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.import(R"({"handle":"88.1/a","values":[{"index":1,"type":"URL","data":"u"}]})");
        start();
    }
    void start() {
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\nworkers: 2\nstatistics: {write_seconds: 1}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    HttpsAnswer ask(const std::string& target, const std::string& identity) {
        return HttpsConnection{node_.https()}.ask({.target = target, .headers = {identity}});
    }
    void ask_udp(const std::string& handle) {
        UdpSocket socket{node_.handle()};
        end_to_end::ask(socket, Request{.handle = handle});
    }
    void ask_tcp(const std::string& handle) {
        TcpStream stream{node_.handle()};
        end_to_end::ask(stream, Request{.handle = handle});
    }
    /// The row of a prefix today; nothing before there is one.
    json::object row(const std::string& prefix) {
        const HttpsAnswer answer = ask("/api/v1/statistics?prefix=" + prefix, boss_);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const json::value whole = answer.json();
        const auto& rows = whole.at("rows").as_array();
        return rows.empty() ? json::object{} : rows.back().as_object();
    }
    std::int64_t number(const json::object& row, const char* kind, const char* name) {
        return row.empty() ? 0 : row.at(kind).at(name).as_int64();
    }
    /// Waits for so many requests under a prefix.
    json::object wait_for(const std::string& prefix, const char* kind, std::int64_t requests) {
        json::object found;
        for (int tries = 0; tries < 100; ++tries) {
            found = row(prefix);
            if (number(found, kind, "requests") >= requests) break;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return found;
    }

    Node node_;
    std::string boss_;
};

TEST_F(Statistics, CountWhatIsAskedOnEveryTransportAndKeepItAcrossARestart) {
    for (int each = 0; each < 10; ++each) ask_udp("88.1/a");
    ask_udp("88.1/none");
    ask_tcp("88.1/a");
    ask("/api/handles/88.1/a", "Accept: */*");  // by a worker
    ask("/api/handles/88.1/a", boss_);          // by a thread of the pool
    HttpsConnection{node_.https()}.ask({.method = "POST",
                                        .target = "/api/v1/resolve:batch",
                                        .headers = {json_content},
                                        .body = R"(["88.1/a","88.1/b","88.2/c"])"});
    const json::object row = wait_for("88.1", "resolutions", 16);
    EXPECT_EQ(number(row, "resolutions", "requests"), 16);
    EXPECT_EQ(number(row, "resolutions", "successes"), 14);
    EXPECT_EQ(number(row, "resolutions", "sources"), 1);
    EXPECT_GT(row.at("resolutions").at("latency").at("min").as_int64(), 0);
    EXPECT_EQ(number(wait_for("88.2", "resolutions", 1), "resolutions", "successes"), 0);

    ask_udp("88.1/a");
    EXPECT_EQ(node_.stop(), 0);
    start();
    EXPECT_EQ(number(this->row("88.1"), "resolutions", "requests"), 17);
    EXPECT_GT(number(this->row("88.1"), "resolutions", "peak"), 0);
    const auto sources = ask("/api/v1/statistics/sources?prefix=88.1", boss_);
    EXPECT_THAT(sources.body, HasSubstr(R"({"address":"127.0.0.1","requests":17})"));
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_THAT(node_.do_run({"statistics", "--prefix", "88.1"}),
                HasSubstr(",\"88.1\",\"\",1,1,0,0,17,15,"));
}

TEST_F(Statistics, KnowWhatBecameOfIdentifiersAlsoOfANodeThatWasKilled) {
    const std::string rows = R"({"handle":"88.2/1","values":[{"index":1,"type":"URL","data":"u"}]})"
                             "\n"
                             R"({"handle":"88.2/2","values":[{"index":1,"type":"URL","data":"u"}]})"
                             "\n"
                             R"({"handle":"88.2/2","operation":"delete"})"
                             "\n"
                             R"({"handle":"88.2/3"})"
                             "\n";
    HttpsConnection{node_.https()}.ask({.method = "POST",
                                        .target = "/api/v1/identifiers:batch",
                                        .headers = {boss_},
                                        .body = rows});
    node_.kill();
    start();
    const json::object row = this->row("88.2");
    EXPECT_EQ(row.at("created").as_int64(), 2);
    EXPECT_EQ(row.at("deleted").as_int64(), 1);
    EXPECT_EQ(row.at("identifiers").as_int64(), 1);
    EXPECT_EQ(node_.stop(), 0);
}

TEST_F(Statistics, AreShownToThoseWhoseTheyAre) {
    const auto make = [&](const std::string& name, const std::string& body) {
        EXPECT_EQ(HttpsConnection{node_.https()}
                      .ask({.method = "PUT",
                            .target = "/api/v1/accounts/" + name,
                            .headers = {boss_, json_content},
                            .body = body})
                      .status,
                  201);
    };
    make("maker", R"({"password":"maker-secret","role":"enterprise_administrator",)"
                  R"("prefixes":["88.2"]})");
    make("friend", R"({"password":"friend-secret","role":"partner"})");
    HttpsConnection https{node_.https()};
    const std::string maker = log_in(https, "maker", "maker-secret");
    const std::string partner = log_in(https, "friend", "friend-secret");
    ask_udp("88.1/a");
    ask_udp("88.2/a");
    wait_for("88.1", "resolutions", 1);
    wait_for("88.2", "resolutions", 1);

    const auto seen = ask("/api/v1/statistics", maker);
    EXPECT_THAT(seen.body, HasSubstr("88.2"));
    EXPECT_THAT(seen.body, Not(HasSubstr("88.1")));
    EXPECT_EQ(ask("/api/v1/statistics?by=node", maker).status, 403);
    EXPECT_EQ(ask("/api/v1/statistics/sources?prefix=88.1", maker).status, 403);
    EXPECT_EQ(ask("/api/v1/statistics/sources?prefix=88.2", maker).status, 200);
    EXPECT_EQ(ask("/api/v1/statistics", partner).status, 403);
    EXPECT_EQ(ask("/api/v1/statistics", "Accept: */*").status, 401);
    EXPECT_EQ(ask("/api/v1/statistics?by=node", boss_).status, 200);
    EXPECT_EQ(node_.stop(), 0);
}

TEST_F(Statistics, SayWhatIsWrongWithAQuestion) {
    const auto detail = [&](const std::string& query) {
        const HttpsAnswer answer = ask("/api/v1/statistics" + query, boss_);
        EXPECT_EQ(answer.status, 400) << answer.body;
        return std::string{answer.json().at("detail").as_string()};
    };
    EXPECT_EQ(detail("?from=yesterday"),
              "from: expected a day such as 2026-11-25, found \"yesterday\"");
    EXPECT_EQ(detail("?by=month"), "by: expected prefix, enterprise or node, found \"month\"");
    EXPECT_EQ(detail("?format=xml"), "format: expected json or csv, found \"xml\"");
    EXPECT_EQ(detail("/sources"), "prefix: expected one in the query, found none");
    const HttpsAnswer csv = ask("/api/v1/statistics?format=csv", boss_);
    EXPECT_EQ(csv.header("content-type"), "text/csv;charset=utf-8");
    EXPECT_EQ(node_.stop(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
