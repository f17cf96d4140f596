#include "tests/end_to_end/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view json_type = "application/json;charset=utf-8";
constexpr const char* path = "/api/handles/88.118.8/A";

class Http : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->home("88.118.8");
        node_->import(make_large_record("88.118.8/A", 20) +
                      make_large_record("88.118.8/标识 +%/#?", 20));
        node_->start();
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        node_.reset();
    }
    static const Node& node() { return *node_; }

    HttpConnection http_{node().http()};

private:
    static inline std::unique_ptr<Node> node_;
};

TEST_F(Http, AnswersRequestAfterRequestOnOneConnection) {
    for (int round = 0; round < 100; ++round) {
        const HttpAnswer answer = http_.get(round % 2 ? path : "/api/handles/88.118.8/NOBODY");
        EXPECT_EQ(answer.status, round % 2 ? 200 : 404);
        EXPECT_EQ(answer.header("content-type"), json_type);
        EXPECT_EQ(answer.header("connection"), "");
        EXPECT_THAT(answer.header("date"),
                    ContainsRegex("^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                                  "[0-9]{2}:[0-9]{2}:[0-9]{2} GMT$"));
    }
}

TEST_F(Http, AnswersPipelinedRequestsInTheirOrder) {
    std::string requests;
    const std::string message = encode({.handle = "88.118.8/A", .request_id = 42});
    for (int round = 0; round < 100; ++round) {
        requests += get_request("/healthz") + get_request(path);
        requests +=
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n"
            "Content-Length: " +
            std::to_string(message.size()) + "\r\n\r\n" + message;
    }
    http_.send(requests);
    for (int round = 0; round < 100; ++round) {
        EXPECT_EQ(http_.receive().body, "ok\n");
        EXPECT_EQ(parse_handle(http_.receive().body), "88.118.8/A");
        EXPECT_EQ(decode(http_.receive().body).envelope.request_id, 42U);
    }
}

TEST_F(Http, TakesRequestsInPiecesOfOneOctet) {
    const std::string message = encode({.handle = "88.118.8/A", .request_id = 42});
    const std::string requests =
        get_request(path) +
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n"
        "Transfer-Encoding: chunked\r\n\r\n2\r\n" +
        message.substr(0, 2) + "\r\n40;extension=1\r\n" + message.substr(2, 64) + "\r\n" + "4\r\n" +
        message.substr(66) + "\r\n0\r\nTrailer: x\r\n\r\n";
    ASSERT_EQ(message.size(), 70U);
    for (const char octet : requests) {
        http_.send({&octet, 1});
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    EXPECT_EQ(parse_handle(http_.receive().body), "88.118.8/A");
    EXPECT_EQ(decode(http_.receive().body).envelope.request_id, 42U);
    EXPECT_EQ(http_.get("/healthz").status, 200);
}

TEST_F(Http, AnswersHeadLikeGetWithoutTheBody) {
    for (const char* const target :
         {path, "/api/handles/88.118.8/NOBODY", "/api/site", "/healthz"}) {
        const HttpAnswer whole = http_.get(target);
        http_.send("HEAD" + get_request(target).substr(3));
        const HttpAnswer head = http_.receive(HttpConnection::Body::absent);
        EXPECT_EQ(head.status, whole.status);
        EXPECT_EQ(head.header("content-length"), std::to_string(whole.body.size()));
        EXPECT_EQ(head.header("content-type"), whole.header("content-type"));
    }
    EXPECT_EQ(http_.get("/healthz").body, "ok\n") << "no body was left over";
}

TEST_F(Http, ClosesWhenAskedAndKeepsOpenWhatIsOldOnlyWhenAsked) {
    http_.send(get_request("/healthz", "Connection: close\r\n"));
    EXPECT_EQ(http_.receive().header("connection"), "close");
    EXPECT_TRUE(http_.closes());

    HttpConnection old{node().http()};
    old.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old.receive().header("connection"), "keep-alive");
    old.send("GET /healthz HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.receive().status, 200);
    EXPECT_TRUE(old.closes());
}

TEST_F(Http, AnswersWhoClosesHisHalfAfterSending) {
    http_.send(get_request(path) + get_request("/healthz"));
    http_.stream().half_close();
    EXPECT_EQ(http_.receive().status, 200);
    EXPECT_EQ(http_.receive().body, "ok\n");
    EXPECT_TRUE(http_.closes());
}

TEST_F(Http, LetsPagesOfOtherOriginsRead) {
    http_.send(get_request(path, "Origin: https://example.org\r\n"));
    const HttpAnswer answer = http_.receive();
    EXPECT_EQ(answer.header("access-control-allow-origin"), "https://example.org");
    EXPECT_THAT(answer.header("vary"), HasSubstr("Origin"));
    EXPECT_EQ(answer.header("access-control-allow-credentials"), "") << "nothing here needs any";
    EXPECT_EQ(http_.get(path).header("access-control-allow-origin"), "");

    http_.send("OPTIONS " + std::string{path} +
               " HTTP/1.1\r\nHost: a\r\nOrigin: https://example.org\r\n"
               "Access-Control-Request-Method: POST\r\n\r\n");
    const HttpAnswer preflight = http_.receive();
    EXPECT_THAT(preflight.status, AnyOf(200, 204));
    EXPECT_EQ(preflight.header("access-control-allow-origin"), "https://example.org");
    EXPECT_THAT(preflight.header("access-control-allow-methods"), HasSubstr("POST"));
    EXPECT_THAT(preflight.header("access-control-allow-headers"), HasSubstr("Content-Type"));
    EXPECT_THAT(preflight.header("allow"), HasSubstr("GET"));
    EXPECT_EQ(preflight.body, "");
}

TEST_F(Http, AnswersOptionsForTheServerAsAWhole) {
    http_.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpAnswer answer = http_.receive();
    EXPECT_THAT(answer.status, AnyOf(200, 204));
    EXPECT_THAT(answer.header("allow"), HasSubstr("GET"));
}

TEST_F(Http, TakesTargetsInAbsoluteForm) {
    // RFC 9112 §3.2.2: servers must accept it, though proxies alone are sent it.
    EXPECT_EQ(http_.get("http://localhost/healthz").status, 200);
}

TEST_F(Http, WrapsTheAnswerInACallOfTheNamedFunction) {
    const std::string plain = http_.get(path).body;
    const HttpAnswer answer = http_.get(std::string{path} + "?callback=window.show_1");
    EXPECT_EQ(answer.body, "window.show_1(" + plain + ");");
    EXPECT_THAT(answer.header("content-type"), StartsWith("application/javascript"));
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    const HttpAnswer absent = http_.get("/api/handles/88.118.8/NOBODY?callback=f");
    EXPECT_EQ(absent.status, 404);
    EXPECT_THAT(absent.body, StartsWith("f({"));
    for (const char* const evil : {"", "alert(1);f", "f%3Cscript%3E", "f%0a", "a-b", "f%20"}) {
        const HttpAnswer refused = http_.get(std::string{path} + "?callback=" + evil);
        EXPECT_EQ(refused.status, 400) << evil;
        EXPECT_EQ(refused.header("content-type"), json_type) << evil;
    }
}

TEST_F(Http, WritesForPeopleWhenAsked) {
    for (const char* const target : {path, "/api/site", "/api/handles/88.118.8/NOBODY"}) {
        const std::string compact = http_.get(target).body;
        const std::string pretty = http_.get(std::string{target} + "?pretty").body;
        EXPECT_EQ(compact.find('\n'), std::string::npos) << target;
        EXPECT_THAT(pretty, HasSubstr("\n  \"")) << target;
        EXPECT_EQ(boost::json::parse(pretty), boost::json::parse(compact)) << target;
    }
}

TEST_F(Http, ReadsHandlesInEveryEncoding) {
    const std::string handle = "88.118.8/标识 +%/#?";
    for (const std::string& written :
         {percent_encode(handle), std::string{"88.118.8%2F%e6%a0%87%E8%AF%86%20%2b%25%2f%23%3f"},
          std::string{"88.118.8/标识%20+%25/%23%3F"}}) {
        const HttpAnswer answer = http_.get("/api/handles/" + written);
        EXPECT_EQ(answer.status, 200) << written;
        EXPECT_EQ(parse_handle(answer.body), handle) << written;
    }
    for (const char* const broken : {"88.118.8/%", "88.118.8/%4", "88.118.8/%g0", "88.118.8/%ff"}) {
        const HttpAnswer answer = http_.get(std::string{"/api/handles/"} + broken);
        EXPECT_EQ(answer.status, 400) << broken;
    }
    EXPECT_EQ(http_.get("/api/handles/88.118.8/A%00").status, 404);
}

TEST_F(Http, RefusesWhatItDoesNotOffer) {
    struct Case {
        const char* request;
        int status;
    };
    for (const Case& each : std::vector<Case>{{"GET /api", 404},
                                              {"GET /api/nothing", 404},
                                              {"GET /api/handlesome", 404},
                                              {"GET /api/%FF", 404},
                                              {"GET /api/handles", 400},
                                              {"GET /api/handles/", 400},
                                              {"GET /api/handles/88.118.8/A?index=x", 400},
                                              {"GET /api/handles/88.118.8/A?index=", 400},
                                              {"GET /api/handles/88.118.8/A?type=%", 400},
                                              {"PUT /api/handles/88.118.8/A", 403},
                                              {"DELETE /api/handles/88.118.8/A", 403},
                                              {"PATCH /healthz", 405},
                                              {"PATCH /api/handles/88.118.8/A", 405},
                                              {"FROB /healthz", 405}}) {
        http_.send(std::string{each.request} +
                   " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
        const HttpAnswer answer = http_.receive();
        EXPECT_EQ(answer.status, each.status) << each.request;
        EXPECT_EQ(answer.header("allow").empty(), each.status != 405) << each.request;
        EXPECT_EQ(answer.header("content-type"), json_type) << each.request;
        EXPECT_TRUE(each.status == 403 || boost::json::parse(answer.body).at("message").is_string())
            << each.request;
    }
}

TEST_F(Http, TellsMonitorsHowItIs) {
    EXPECT_EQ(http_.get("/healthz").body, "ok\n");
    EXPECT_EQ(http_.get("/readyz").body, "ready\n");
}

TEST_F(Http, GivesItsFiguresInTheFormOfPrometheus) {
    TcpStream tcp{node().handle()};
    EXPECT_EQ(ask(tcp, {"88.118.8/A"}).code(), 1U);
    const HttpAnswer answer = http_.get("/metrics");
    EXPECT_THAT(answer.header("content-type"), StartsWith("text/plain; version=0.0.4"));
    EXPECT_THAT(answer.body, EndsWith("\n"));
    const std::regex help{"# HELP ([a-z_]+) .+"};
    const std::regex type{"# TYPE ([a-z_]+) (counter|gauge)"};
    const std::regex sample{
        R"(([a-z_]+)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? [0-9.e+]+)"};
    std::istringstream lines{answer.body};
    std::string family;
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            EXPECT_TRUE(seen.insert(match[1]).second) << "twice: " << line;
            family = match[1];
        } else if (!std::regex_match(line, match, type)) {
            EXPECT_TRUE(std::regex_match(line, match, sample)) << line;
        }
        EXPECT_EQ(match[1], family) << line;
    }
    for (const char* const name :
         {"idnode_requests_total", "idnode_responses_total", "idnode_refusals_total",
          "idnode_connections", "idnode_records", "idnode_store_bytes"})
        EXPECT_TRUE(seen.contains(name)) << name;
    EXPECT_EQ(node().metric("idnode_records "), 2);
    EXPECT_GE(node().metric("idnode_requests_total{transport=\"tcp\"}"), 1);
    EXPECT_GE(node().metric("idnode_responses_total{code=\"1\""), 1);
}

TEST_F(Http, CarriesMessagesOfTheHandleProtocolThroughAnyPath) {
    const std::string message = encode({.handle = "88.118.8/A", .request_id = 42});
    for (const char* const target : {"/", "/api/handles/88.118.8/A", "/any/path?query", "/%zz"}) {
        const HttpAnswer answer = http_.post(target, tunnel_type, message);
        ASSERT_EQ(answer.status, 200) << target;
        EXPECT_EQ(answer.header("content-type"), tunnel_type);
        EXPECT_EQ(decode(answer.body).code(), 1U);
    }
    EXPECT_EQ(http_.post("/", "Application/X-HDL-Message; a=b", message).status, 200);
    const HttpAnswer lying = http_.post("/", tunnel_type, message + "x");
    EXPECT_EQ(lying.status, 200);
    EXPECT_EQ(decode(lying.body).code(), 4U);
    for (const std::string_view scrap : {"", "short"})
        EXPECT_EQ(http_.post("/", tunnel_type, scrap).status, 400);
    EXPECT_EQ(http_.post("/", "application/json", message).status, 404);
    EXPECT_EQ(ask(http_, {.op_code = 9}).code(), 5U);
}

TEST_F(Http, SaysWhetherItWantsALongBody) {
    const std::string message = encode({.handle = "88.118.8/A"});
    http_.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n"
        "Expect: 100-continue\r\nContent-Length: " +
        std::to_string(message.size()) + "\r\n\r\n");
    EXPECT_EQ(http_.receive().status, 100);
    http_.send(message);
    const HttpAnswer answer = http_.receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(decode(answer.body).code(), 1U);
}

}  // namespace
}  // namespace idnode::end_to_end
