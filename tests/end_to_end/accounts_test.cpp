#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocol/json/base64.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* url_body = R"([{"index":1,"type":"URL","data":"https://example.org/"}])";

class Accounts : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.home("88.2");
        node_.import(R"({"handle":"88.1/A","values":[{"index":1,"type":"URL","data":"u"},)"
                     R"({"index":2,"type":"COST","data":"hidden","permissions":"1100"},)"
                     R"({"index":3,"type":"HS_SECKEY","data":"key-of-a","permissions":"1100"}]})"
                     "\n");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    void start() {
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
        boss_ = log_in(https(), "boss", "boss-secret");
    }
    HttpsConnection& https() { return https_.emplace(node_.https()); }
    HttpsAnswer ask(const std::string& method, const std::string& target,
                    std::vector<std::string> headers = {}, const std::string& body = {}) {
        if (!body.empty()) headers.emplace_back(json_content);
        return https().ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    /// Makes an account and logs in.
    std::string account(const std::string& name, const std::string& role,
                        const std::string& prefixes = "[]") {
        const HttpsAnswer made = ask(
            "PUT", "/api/v1/accounts/" + name, {boss_},
            R"({"role":")" + role + R"(","password":"some-secret","prefixes":)" + prefixes + '}');
        EXPECT_EQ(made.status, 201) << made.body;
        return log_in(https(), name, "some-secret");
    }

    Node node_;
    std::optional<HttpsConnection> https_;
    std::string boss_;
};

TEST_F(Accounts, OfAnEnterpriseChangesWhatStandsUnderItsPrefixesAlone) {
    const std::string firm = account("firm", "enterprise_application", R"(["88.1"])");
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/NEW", {firm}, url_body).status, 201);
    EXPECT_EQ(ask("PUT", "/api/handles/88.2/NEW", {firm}, url_body).status, 403);
    EXPECT_EQ(ask("PUT", "/api/handles/0.NA/88.1", {firm}, url_body).status, 400);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/NEW", {firm}).status, 200);
    EXPECT_EQ(ask("GET", "/api/handles?prefix=88.2", {firm}).status, 403);
    EXPECT_EQ(ask("GET", "/api/v1/accounts", {firm}).status, 403);
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/firm", {firm}, R"({"role":"operator"})").status, 403);
}

TEST_F(Accounts, OfAnAuditorReadsWhatIsHiddenButNoSecretKeysAndChangesNothing) {
    const std::string auditor = account("watch", "auditor");
    const std::string seen = ask("GET", "/api/handles/88.1/A", {auditor}).body;
    EXPECT_THAT(seen, HasSubstr("hidden"));
    EXPECT_THAT(seen, Not(HasSubstr("key-of-a")));
    for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
             {"PUT", "/api/handles/88.1/A"}, {"PUT", "/api/v1/accounts/x"}})
        EXPECT_EQ(ask(method, target, {auditor}, url_body).status, 403) << target;
    EXPECT_EQ(ask("GET", "/api/v1/changes", {auditor}).status, 200);
}

TEST_F(Accounts, OfAPartnerSeesWhatEverybodySees) {
    const std::string partner = account("friend", "partner", R"(["88.1"])");
    EXPECT_THAT(ask("GET", "/api/handles/88.1/A", {partner}).body, Not(HasSubstr("hidden")));
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/A", {partner}, url_body).status, 403);
    EXPECT_EQ(ask("GET", "/api/v1/changes", {partner}).status, 403);
}

TEST_F(Accounts, LoseTheirTokensWithTheirPasswordTheirPlaceOrAtTheirWish) {
    const std::string firm = account("firm", "enterprise_administrator", R"(["88.1"])");
    EXPECT_EQ(ask("GET", "/api/v1/accounts/firm", {firm}).status, 200);
    EXPECT_EQ(ask("POST", "/api/v1/logout", {firm}).status, 204);
    EXPECT_EQ(ask("GET", "/api/v1/accounts/firm", {firm}).status, 401);
    const std::string again = log_in(https(), "FIRM", "some-secret");
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/firm", {boss_}, R"({"enabled":false})").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/accounts/firm", {again}).status, 401);
    EXPECT_THROW(log_in(https(), "firm", "some-secret"), std::runtime_error);
}

TEST_F(Accounts, LoseTokensOfTheSecondInWhichTheirPasswordChanges) {
    const auto put = [&](const std::string& body) {
        return ask("PUT", "/api/v1/accounts/quick", {boss_}, body).status;
    };
    ASSERT_EQ(put(R"({"role":"partner","password":"first-secret"})"), 201);
    HttpsConnection https{node_.https()};
    const auto status = [&](const std::string& token) {
        return ask("GET", "/api/v1/accounts/quick", {token}).status;
    };
    // More than one of the rounds falls into one second.
    for (int round = 0; round < 3; ++round) {
        const std::string before = log_in(https, "quick", "first-secret");
        EXPECT_EQ(status(before), 200);
        ASSERT_EQ(put(R"({"password":"first-secret"})"), 200);
        EXPECT_EQ(status(before), 401);
        EXPECT_EQ(status(log_in(https, "quick", "first-secret")), 200);
    }
    // Another who gets the name gets no rights of the one before, nor he those of the other.
    const std::string before = log_in(https, "quick", "first-secret");
    ASSERT_EQ(ask("DELETE", "/api/v1/accounts/quick", {boss_}).status, 204);
    ASSERT_EQ(put(R"({"role":"auditor","identity":"300:88.1/QUICK"})"), 201);
    EXPECT_EQ(status(before), 401);
}

TEST_F(Accounts, TakeNoTokenThatThisNodeHasNotSigned) {
    const std::string token = boss_.substr(boss_.rfind(' ') + 1);
    const std::string payload = token.substr(token.find('.') + 1);
    const std::string none = protocol::to_base64url(R"({"alg":"none","typ":"JWT"})") + '.' +
                             payload.substr(0, payload.find('.')) + '.';
    std::string forged = token;
    forged[token.find('.') + 5] ^= 1;
    for (const std::string& wrong : {none, forged, token.substr(0, token.size() - 1),
                                     std::string{"x"}, std::string(5000, 'x')}) {
        const HttpsAnswer answer =
            ask("GET", "/api/v1/accounts", {"Authorization: Bearer " + wrong});
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.header("content-type"), "application/problem+json;charset=utf-8");
    }
    Node other;
    other.home("88.1");
    other.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
    other.write_config("listen: {https: ['127.0.0.1:0']}\n");
    other.start();
    HttpsConnection there{other.https()};
    EXPECT_EQ(there.ask({.target = "/api/v1/accounts", .headers = {boss_}}).status, 401);
    EXPECT_EQ(other.stop(), 0);
}

TEST_F(Accounts, AreNotUsedWithoutTls) {
    HttpConnection http{node_.http()};
    http.send("GET /api/v1/accounts HTTP/1.1\r\nHost: a\r\n" + boss_ + "\r\n\r\n");
    EXPECT_EQ(http.receive().status, 403);
    EXPECT_EQ(http.post("/api/v1/login", "application/json",
                        R"({"username":"boss","password":"boss-secret"})")
                  .status,
              403);
    node_.stop();
    node_.write_config("listen: {https: ['127.0.0.1:0']}\nhttp: {identity_in_clear: true}\n");
    node_.start();
    HttpConnection clear{node_.http()};
    EXPECT_EQ(clear
                  .post("/api/v1/login", "application/json",
                        R"({"username":"boss","password":"boss-secret"})")
                  .status,
              200);
}

TEST_F(Accounts, HaveIdentitiesOfTheirOwn) {
    const std::string body =
        R"({"role":"partner","password":"some-secret","identity":"300:88.1/KEY"})";
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/first", {boss_}, body).status, 201);
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/first", {boss_}, body).status, 200);
    const HttpsAnswer refused = ask("PUT", "/api/v1/accounts/second", {boss_}, body);
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_THAT(refused.body, HasSubstr("identity"));
    EXPECT_EQ(ask("DELETE", "/api/v1/accounts/first", {boss_}).status, 204);
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/second", {boss_}, body).status, 201);
}

TEST_F(Accounts, SayWhichFieldIsWrong) {
    struct Case {
        std::string body;
        std::string field;
    };
    for (const Case& each : std::vector<Case>{
             {R"({"role":"king","password":"some-secret"})", "role"},
             {R"({"role":"partner","password":"short"})", "password"},
             {R"({"role":"partner"})", "password"},
             {R"({"role":"partner","password":"some-secret","prefixes":"88.1"})", "prefixes"},
             {R"({"role":"partner","password":"some-secret","identity":"x"})", "identity"},
             {R"({"role":"partner","password":"some-secret","colour":1})", "colour"},
             {R"({"role":"partner","password":"some-secret","enterprise":"none"})", "enterprise"},
             {R"({"role":"operator","password":"some-secret","enterprise":"x"})", "enterprise"},
             {R"({"role":"partner","role":"operator","password":"some-secret"})", "twice"},
             {"{", "expected JSON"}}) {
        const HttpsAnswer answer = ask("PUT", "/api/v1/accounts/who", {boss_}, each.body);
        EXPECT_EQ(answer.status, 400) << each.body;
        EXPECT_THAT(answer.body, HasSubstr(each.field)) << each.body;
    }
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/a%20b", {boss_}, "{}").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/accounts/who", {boss_}).status, 404);
}

TEST_F(Accounts, StayWhenTheNodeStartsAgain) {
    const std::string firm = account("firm", "enterprise_application", R"(["88.1"])");
    node_.kill();
    start();
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/LATER", {firm}, url_body).status, 201);
}

TEST_F(Accounts, ChangeARecordOnlyInTheStateThatTheyHaveRead) {
    const HttpsAnswer first = ask("PUT", "/api/handles/88.1/E", {boss_}, url_body);
    const std::string tag = first.header("etag");
    EXPECT_EQ(ask("GET", "/api/handles/88.1/E", {boss_}).header("etag"), tag);
    const std::string other = R"([{"index":1,"type":"URL","data":"other"}])";
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/E", {boss_, "If-Match: " + tag}, other).status, 200);
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/E", {boss_, "If-Match: " + tag}, url_body).status, 412);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/E", {boss_, "If-Match: " + tag}).status, 412);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/GONE", {boss_, "If-Match: *"}).status, 412);
    EXPECT_THAT(ask("GET", "/api/handles/88.1/E").body, HasSubstr("other"));
}

}  // namespace
}  // namespace idnode::end_to_end
