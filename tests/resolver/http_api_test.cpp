#include "resolver/http/http_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/json/record_json.hpp"
#include "resolver/client/handle_client.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver {
namespace {

namespace json = boost::json;
using protocol::ResponseCode;
using test::home;
using test::put;
using testing::HasSubstr;
using testing::Not;

/// Answers of Handle.net 9.3.1, transcribed from curl: request, status, content type, body.
const json::array& transcripts() {
    static const json::value all = [] {
        std::ostringstream text;
        text
            << std::ifstream{IDNODE_SOURCE_DIR "/tests/vectors/http/handle-net-9.3.1.json"}.rdbuf();
        return json::parse(text.str());
    }();
    return all.as_array();
}

const json::object& transcript(std::string_view name) {
    for (const json::value& each : transcripts())
        if (each.at("name").as_string() == name) return each.as_object();
    throw std::invalid_argument{"no such transcript"};
}

constexpr const char* secret = "kept-to-ourselves";

class HttpApiTest : public testing::Test {
protected:
    HttpApiTest() : node_{{.site = site(), .identity = {}}} {
        const auto seen = [](std::string_view name) {
            return protocol::parse_record(transcript(name).at("body")).value();
        };
        protocol::Record administrator = seen("09-get-admin-handle");
        administrator.values.push_back(test::hidden_value(301, "HS_SECKEY", secret));
        node_.change({home("88.111.1"), put(seen("01-get")), put(administrator)});
    }

    static std::string site() {
        return encode_site(
            protocol::parse_site(transcript("33-site").at("body").at("site")).value());
    }

    const HttpReply& send(std::string_view method, std::string_view target, std::string body = {},
                          std::string_view content_type = {}) {
        HttpRequest request;
        request.method = method;
        request.target = target;
        request.content_type = content_type;
        request.body = std::move(body);
        EXPECT_EQ(api_.answer(node_.lookup(), request), HttpApi::Way::here);
        return api_.reply();
    }
    const HttpReply& get(std::string_view target) { return send("GET", target); }
    json::value body_of(std::string_view target) { return json::parse(get(target).body); }

    test::TestNode node_;
    bool ready_ = true;
    NodeView view_{.metrics = [] { return std::string{"idnode_records 2\n"}; },
                   .ready = [this] { return ready_; }};
    HttpApi api_{node_.service(), view_};
};

struct Difference {
    unsigned status;
    std::string_view body;
};

// Where this server says something else than Handle.net, on purpose:
// - 08: our own sentence, not that of a Java exception;
// - 10: "access denied" in place of "authentication needed": there is no way to authenticate yet,
//   and a challenge makes no sense in the clear; the HTTP status is the same.
const std::map<std::string_view, Difference> differences{
    {"08-get-badindex",
     {400, R"({"responseCode":4,"message":"index: expected a whole number, found \"x\""})"}},
    {"10-get-publicOnly-false-http",
     {403, R"({"responseCode":401,"message":"Reading these values needs permission",)"
           R"("handle":"88.111.1/ADMIN"})"}},
};

TEST_F(HttpApiTest, AnswersAsTheReferenceServerDoes) {
    for (const json::value& each : transcripts()) {
        const std::string name{each.at("name").as_string()};
        SCOPED_TRACE(name);
        const auto found = differences.find(name);
        const auto difference =
            found == differences.end()
                ? Difference{static_cast<unsigned>(each.at("status").as_int64()), {}}
                : found->second;
        const HttpReply& reply = send(std::string_view{each.at("method").as_string()},
                                      std::string{each.at("target").as_string()});
        EXPECT_EQ(reply.status, difference.status);
        EXPECT_EQ(reply.content_type, std::string{each.at("contentType").as_string()});
        if (const json::value* const text = each.as_object().if_contains("text")) {
            EXPECT_EQ(reply.body, std::string{text->as_string()});
        }
        const json::value* const body = each.as_object().if_contains("body");
        if (!body) continue;
        const json::value wanted = difference.body.empty() ? *body : json::parse(difference.body);
        EXPECT_TRUE(json::parse(reply.body) == wanted) << reply.body << "\nbut expected\n"
                                                       << json::serialize(wanted);
    }
}

TEST_F(HttpApiTest, WritesPrettyAnswersOverLines) {
    const std::string pretty = get("/api/handles/88.111.1/OBJ-00000001?pretty").body;
    const std::string compact = get("/api/handles/88.111.1/OBJ-00000001").body;
    EXPECT_TRUE(pretty.starts_with("{\n  \"responseCode\": 1,\n  \"handle\": "));
    EXPECT_TRUE(compact.starts_with("{\"responseCode\":1,\"handle\":"));
    EXPECT_TRUE(json::parse(pretty) == json::parse(compact));
    EXPECT_THAT(get("/api/handles/88.111.1/NOPE?pretty").body, HasSubstr("{\n  \"responseCode\""));
}

TEST_F(HttpApiTest, OffersOnlyTheMethodsThatItHas) {
    // Handle.net lists PUT, DELETE and TRACE too; they come with administration.
    EXPECT_EQ(send("OPTIONS", "/api/handles/88.111.1/ADMIN").allow,
              "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    for (const auto method : {"PUT", "DELETE", "POST", "TRACE", "CONNECT", "PATCH"}) {
        const HttpReply& reply = send(method, "/api/handles/88.111.1/ADMIN", "{}");
        EXPECT_EQ(reply.status, 405U);
        EXPECT_EQ(reply.allow, "GET, HEAD, OPTIONS");
        EXPECT_EQ(json::parse(reply.body).at("responseCode").as_int64(), 5);
    }
    EXPECT_EQ(get("/healthz").allow, "");
}

TEST_F(HttpApiTest, TakesANameOfAFunctionForCallbackAndNothingElse) {
    for (const char* name : {"cb", "_", "$.a.b", "jQuery123_456", "a%5B0%5D"}) {
        const HttpReply& reply = get(std::string{"/api/handles/88.111.1/NOPE?callback="} + name);
        EXPECT_EQ(reply.status, 404U) << name;
        EXPECT_EQ(reply.content_type, "application/javascript;charset=utf-8");
        EXPECT_TRUE(reply.body.ends_with("({\"responseCode\":100,\"handle\":\"88.111.1/NOPE\"});"));
    }
    for (const std::string& name :
         {std::string{}, std::string{"="}, std::string{"=alert(1)"}, std::string{"=a%3Bb"},
          std::string{"=%3Cscript%3E"}, std::string{"=a+b"}, std::string{"=a%0A"},
          std::string{"=a%00"}, std::string{"=a/*"}, std::string{"=\xe9\x9b\xb6"},
          '=' + std::string(129, 'a')}) {
        const HttpReply& reply = get("/api/handles/88.111.1/ADMIN?callback" + name);
        EXPECT_EQ(reply.status, 400U) << name;
        EXPECT_EQ(reply.content_type, "application/json;charset=utf-8");
        EXPECT_EQ(json::parse(reply.body).at("responseCode").as_int64(), 4);
    }
}

TEST_F(HttpApiTest, NeverShowsAValueWithoutPublicRead) {
    const std::string handle = "/api/handles/88.111.1/ADMIN";
    for (const char* query :
         {"", "?pretty", "?callback=cb", "?publicOnly=false", "?publicOnly=true", "?publicOnly",
          "?index=301", "?index=301&publicOnly=false", "?type=HS_SECKEY", "?type=hs_seckey",
          "?type=HS_SECKEY&index=100", "?type=HS_&publicOnly=false", "?auth", "?auth=true&cert",
          "?index=100&index=301&publicOnly=false&pretty"}) {
        const HttpReply& reply = get(handle + query);
        EXPECT_THAT(reply.body, Not(HasSubstr(secret))) << query;
        EXPECT_THAT(reply.body, Not(HasSubstr("HS_SECKEY"))) << query;
    }
    for (const bool public_only : {true, false})
        for (const std::vector<std::uint32_t>& indexes :
             {std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{301}}) {
            const auto message = encode_query({.handle = "88.111.1/ADMIN",
                                               .indexes = indexes,
                                               .types = {},
                                               .public_only = public_only},
                                              7);
            const HttpReply& reply = send("POST", "/", std::string{protocol::text_of(message)},
                                          "application/x-hdl-message");
            EXPECT_THAT(reply.body, Not(HasSubstr(secret)));
        }
    EXPECT_EQ(get(handle + "?index=301").status, 200U);
    EXPECT_EQ(body_of(handle + "?index=301").at("responseCode").as_int64(), 200);
}

TEST_F(HttpApiTest, RefusesAnIndexThatIsNoNumberInValidJson) {
    for (const char* index :
         {"", "=", "=-1", "=+1", "=1x", "=4294967296", "=%ff", "=1%00", "=1.0"}) {
        const HttpReply& reply = get(std::string{"/api/handles/88.111.1/ADMIN?index"} + index);
        EXPECT_EQ(reply.status, 400U) << index;
        EXPECT_EQ(json::parse(reply.body).at("responseCode").as_int64(), 4) << index;
    }
    EXPECT_EQ(body_of("/api/handles/88.111.1/ADMIN?index=4294967295").at("responseCode"), 200);
}

TEST_F(HttpApiTest, DecodesTheHandleOnceAndShowsItAsItWasAsked) {
    node_.change({put(test::url_record("88.111.1/零件/7+%2F", "u"))});
    for (const char* handle :
         {"88.111.1/零件/7+%252F", "88.111.1%2F%E9%9B%B6%E4%BB%B6%2f7+%252f"}) {
        const json::value body = body_of(std::string{"/api/handles/"} + handle);
        EXPECT_EQ(body.at("responseCode"), 1) << handle;
    }
    EXPECT_EQ(body_of("/api/handles/88.111.1/obj-00000001").at("handle").as_string(),
              "88.111.1/obj-00000001");
    EXPECT_EQ(body_of("/api/handles/88.111.1/a%00%0A%22").at("handle").as_string(),
              (std::string{"88.111.1/a\0\n\"", 13}));
}

TEST_F(HttpApiTest, RefusesTargetsThatItCannotRead) {
    for (const auto& [target, code] :
         std::map<std::string, int>{{"/api/handles/88.111.1/%ff", 102},
                                    {"/api/handles/88.111.1/%zz", 4},
                                    {"/api/handles/88.111.1/a%", 4},
                                    {"/api/handles/88.111.1/a?type=%4", 4},
                                    {"/api/handles", 102},
                                    {"*", 4},
                                    {"/api/handles/88.111.1/" + std::string(2048, 'x'), 102}}) {
        const HttpReply& reply = get(target);
        EXPECT_EQ(reply.status, 400U) << target;
        EXPECT_EQ(json::parse(reply.body).at("responseCode"), code) << target;
    }
    for (const char* path :
         {"/api", "/api/site/", "/api/handlesX/a", "/api/%ff", "/metrics/x", "/api/sessions"})
        EXPECT_EQ(get(path).status, 404U) << path;
}

TEST_F(HttpApiTest, RefersToTheSiteOfADelegatedPrefix) {
    auto delegation = test::record_of(
        "0.NA/88.7", {test::open_value(1, "HS_SITE", site()), test::open_value(2, "DESC", "text"),
                      test::hidden_value(3, "HS_SITE", secret)});
    node_.change({put(delegation)});
    const HttpReply& reply = get("/api/handles/88.7/a");
    EXPECT_EQ(reply.status, 300U);
    EXPECT_THAT(reply.body, Not(HasSubstr(secret)));
    const json::value body = json::parse(reply.body);
    EXPECT_EQ(body.at("responseCode"), 302);
    EXPECT_EQ(body.at("handle").as_string(), "88.7/a");
    EXPECT_EQ(body.at("referral").as_string(), "0.NA/88.7");
    ASSERT_EQ(body.at("values").as_array().size(), 1U);
    EXPECT_EQ(body.at("values").at(0).at("data").at("format").as_string(), "site");
    EXPECT_EQ(get("/api/handles/88.7/a?doNotRefer").status, 400U);
}

TEST_F(HttpApiTest, PassesMessagesToTheServiceInTheTunnel) {
    const auto message = encode_query(
        {.handle = "88.111.1/OBJ-00000001", .indexes = {}, .types = {"URL"}, .public_only = true},
        7);
    for (const char* type : {"application/x-hdl-message", "Application/X-HDL-Message; x=y"}) {
        const HttpReply& reply = send("POST", "/88.111.1/any?pretty&callback=cb",
                                      std::string{protocol::text_of(message)}, type);
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(reply.content_type, "application/x-hdl-message");
        const Answer answer = decode_answer(protocol::bytes_of(reply.body), 7);
        EXPECT_EQ(answer.code, ResponseCode::success);
        EXPECT_EQ(answer.values.at(0).data, "https://example.org/obj/00000001");
    }
    EXPECT_EQ(node_.metrics().requests[std::size_t(registry::Transport::tunnel)].value(), 2U);
    const HttpReply& short_one =
        send("POST", "/", std::string(19, '\2'), "application/x-hdl-message");
    EXPECT_EQ(short_one.status, 400U);
    EXPECT_EQ(short_one.content_type, "application/json;charset=utf-8");
    const HttpReply& wrong = send("POST", "/", std::string(40, '\2'), "application/x-hdl-message");
    EXPECT_EQ(wrong.status, 200U);
    EXPECT_EQ(send("GET", "/healthz", "x", "application/x-hdl-message").body, "ok\n");
}

TEST_F(HttpApiTest, TellsMonitorsHowItIs) {
    EXPECT_EQ(get("/healthz").body, "ok\n");
    EXPECT_EQ(get("/readyz").status, 200U);
    ready_ = false;
    EXPECT_EQ(get("/readyz").status, 503U);
    EXPECT_EQ(get("/healthz").status, 200U);
    EXPECT_EQ(get("/metrics").body, "idnode_records 2\n");
    EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(HttpApiTest, SaysNoMoreThanThatItCannotAnswerWhenTheStoreFails) {
    registry::lmdb::WriteTxn txn{node_.store().env()};
    txn.put(node_.store().records(), protocol::bytes_of("88.111.1/ROT"), protocol::bytes_of("rot"));
    std::move(txn).commit();
    node_.change({});
    const HttpReply& reply = get("/api/handles/88.111.1/rot");
    EXPECT_EQ(reply.status, 500U);
    EXPECT_TRUE(
        json::parse(reply.body) ==
        json::parse(R"({"responseCode":2,"message":"The node cannot answer at the moment"})"));
    EXPECT_EQ(node_.metrics().store_faults.value(), 1U);
    EXPECT_EQ(get("/api/handles/88.111.1/ADMIN").status, 200U);
}

TEST_F(HttpApiTest, LeavesNothingOfAnAnswerInTheNext) {
    const std::string before = get("/api/handles/88.111.1/ADMIN").body;
    send("PUT", "/api/handles/88.111.1/ADMIN?pretty&callback=cb");
    get("/api/handles/88.111.1/ADMIN?index=x&pretty");
    const HttpReply& refused = api_.refuse(431, "too large", {});
    EXPECT_EQ(refused.body, R"({"responseCode":4,"message":"too large"})");
    EXPECT_EQ(refused.status, 431U);
    const HttpReply& again = get("/api/handles/88.111.1/ADMIN");
    EXPECT_EQ(again.body, before);
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.allow, "");
}

TEST(StatusOf, FollowsTheTableOfTheReferenceServer) {
    const std::map<int, unsigned> table{
        {1, 200},   {2, 500},   {3, 503},   {4, 400},   {5, 501},   {7, 503},   {100, 404},
        {101, 409}, {102, 400}, {200, 400}, {201, 409}, {202, 400}, {301, 400}, {302, 300},
        {303, 300}, {400, 403}, {401, 403}, {402, 403}, {403, 403}, {404, 403}, {500, 500}};
    for (const auto& [code, status] : table)
        EXPECT_EQ(status_of(static_cast<ResponseCode>(code)), status) << code;
}

}  // namespace
}  // namespace idnode::resolver
