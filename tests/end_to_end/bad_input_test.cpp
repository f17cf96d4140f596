#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr const char* batch = "/api/v1/identifiers:batch";
constexpr const char* ndjson = "Content-Type: application/x-ndjson";

std::string row(const std::string& handle, const std::string& more = {}) {
    return R"({"handle":")" + handle + R"(","values":[{"index":1,"type":"URL","data":"u"}])" +
           more + "}\n";
}

/// What somebody sends who means no good, over HTTPS, and with a record that nobody may see.
class BadInput : public ::testing::Test {
protected:
    void SetUp() override {
        std::signal(SIGPIPE, SIG_IGN);
        node_.home("88.1");
        node_.import(R"({"handle":"88.1/A","values":[{"index":1,"type":"URL","data":"u"},)"
                     R"({"index":2,"type":"COST","data":"hidden","permissions":"1100"}]})"
                     "\n");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        start();
    }
    void TearDown() override {
        EXPECT_EQ(HttpConnection{node_.http()}.get("/readyz").status, 200);
        EXPECT_EQ(node_.stop(), 0);
        EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
    }
    void start(const std::string& more = {}) {
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + more);
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    HttpsAnswer ask(const std::string& method, const std::string& target,
                    std::vector<std::string> headers = {}, const std::string& body = {}) {
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }

    Node node_;
    std::string boss_;
};

TEST_F(BadInput, OnAPathOpensNothingThatIsClosed) {
    struct Trick {
        const char* target;
        int status;  ///< to nobody in particular
    };
    for (const Trick& trick : std::initializer_list<Trick>{
             {"/api/v1/accounts", 401},
             {"/api/v1/%61ccounts", 401},
             {"/api%2Fv1%2Faccounts", 401},
             {"https://elsewhere/api/v1/accounts", 401},
             {"http://elsewhere/api/v1/accounts", 401},
             {"/api/v1/accounts?x=/healthz", 401},
             {"/api/v1/accounts/%2e%2e", 401},
             {"/api/v1/accounts/../accounts", 401},
             {"/api/v1/%2561ccounts", 404},
             {"/api/v1/../v1/accounts", 404},
             {"/api/v1/lookup/../accounts", 404},
             {"/api/v1/./accounts", 404},
             {"/api/v1//accounts", 404},
             {"/API/v1/accounts", 404},
             {"/api/v1/accounts%00", 404},
             {"/api/v1/accounts;a=b", 404},
             {"/api/v1/accounts%3Fx", 404},
             {"/api\\v1\\accounts", 404},
             {"//api/v1/accounts", 404},
             {"/healthz/../api/v1/accounts", 404},
             {"/api/handles/88.1/../../../v1/accounts", 404},
             {"/api/handles/88.1/..%2F..%2Ftoken-key", 404},
             {"/api/handles/88.1%252FA", 400},
             {"/api/handles/88.1%2fA", 200},
             {"/api/handles/88.1/A%00", 404},
             {"/api/handles/88.1/%ff", 400},
             {"/api/handles/88.1/%zz", 400},
             {"/api/handles/88.1/A%", 400},
             {"/../../../../etc/passwd", 404},
             {"/..%2f..%2f..%2fetc%2fpasswd", 404},
             {"/token-key", 404},
             {"accounts", 400},
         }) {
        const HttpsAnswer answer = ask("GET", trick.target);
        EXPECT_EQ(answer.status, trick.status) << trick.target << '\n' << answer.body;
        EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("hidden"))) << trick.target;
        EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("root:"))) << trick.target;
    }
    // However the path of the batch is spelled, it takes an identity.
    for (const char* const spelled :
         {batch, "/api/v1/identifiers%3Abatch", "/api/v1/%69dentifiers:batch",
          "/api/v1/identifiers:batch?x=1", "https://elsewhere/api/v1/identifiers:batch"})
        EXPECT_EQ(ask("POST", spelled, {ndjson}, row("88.1/B")).status, 401) << spelled;
}

TEST_F(BadInput, InABodyIsRefusedWithWhatIsWrong) {
    struct Body {
        const char* name;
        std::string body;
        const char* said;
    };
    const std::string deep = R"({"password":)" + std::string(40, '[') + std::string(40, ']') + '}';
    for (const Body& each : std::initializer_list<Body>{
             {"nothing", "", "expected JSON"},
             {"half of it", R"({"role":)", "expected JSON"},
             {"two of them", R"({"role":"auditor"} {"role":"operator"})", "expected JSON"},
             {"a key twice", R"({"role":"auditor","role":"operator"})", R"(\"role\" twice)"},
             {"a key twice, spelled otherwise", R"({"role":"auditor","\u0072ole":"operator"})",
              R"(\"role\" twice)"},
             {"many levels", deep, "32 levels"},
             {"very many levels", std::string(500'000, '['), "32 levels"},
             {"no UTF-8", "{\"role\":\"\xff\xfe\"}", "expected JSON"},
             {"Latin-1", "{\"role\":\"op\xe9rateur\"}", "expected JSON"},
             {"UTF-16", std::string{"\xff\xfe{\0}\0", 6}, "expected JSON"},
             {"gzip", std::string{"\x1f\x8b\x08\0\0\0\0\0", 8}, "expected JSON"},
             {"a number past all bounds", R"({"role":1e99999})", "expected"},
             {"another shape", "[]", "expected"},
             {"something unknown", R"({"role":"auditor","password":"good enough","root":true})",
              "root"},
         }) {
        const HttpsAnswer answer =
            ask("PUT", "/api/v1/accounts/eve", {boss_, json_content}, each.body);
        EXPECT_EQ(answer.status, 400) << each.name;
        EXPECT_THAT(answer.body, HasSubstr(each.said)) << each.name;
        EXPECT_EQ(answer.header("content-type"), "application/problem+json;charset=utf-8");
    }
    EXPECT_EQ(ask("GET", "/api/v1/accounts/eve", {boss_}).status, 404);
}

TEST_F(BadInput, InTheMiddleOfAStreamIsToldRowByRowAndHoldsUpNoOther) {
    const std::vector<std::pair<std::string, std::string>> bad{
        {"{broken\n", "expected JSON"},
        {"[1]\n", "object"},
        {row("88.1/X", R"(,"handle":"88.1/Y")"), R"(\"handle\" twice)"},
        {row("88.1/X", R"(,"\u0068andle":"88.1/Y")"), R"(\"handle\" twice)"},
        {row("88.1/X", R"(,"operation":"put","operation":"delete")"), R"(\"operation\" twice)"},
        {row("88.1/X", R"(,"colour":1)"), "colour"},
        {row("88.1/\xff\xfe"), "expected JSON"},
        {row("77.1/X"), "prefix"},
        {row("no-prefix"), "handle"},
        {R"({"handle":"88.1/X","values":[]})"
         "\n",
         "values"},
        {R"({"handle":"88.1/X","values":[{"index":0,"type":"URL","data":"u"}]})"
         "\n",
         "index"},
        {R"({"handle":"88.1/X","values":)" + std::string(60, '[') + "\n", "levels"},
        {std::string(200'000, '[') + "\n", "levels"},
        {row("88.1/X", R"(,"operation":"frob")"), "operation"},
        {row(R"(88.1/X\u0000)" + std::string(70'000, 'x')), "handle"},
    };
    std::string rows;
    for (std::size_t each = 0; each < bad.size(); ++each)
        rows += row("88.1/GOOD-" + std::to_string(each)) + bad[each].first;
    const HttpsAnswer answer = ask("POST", batch, {boss_, ndjson}, rows + row("88.1/LAST"));
    ASSERT_EQ(answer.status, 200);
    std::istringstream lines{answer.body};
    std::string line;
    for (const auto& [sent, said] : bad) {
        std::getline(lines, line);
        EXPECT_THAT(line, HasSubstr(R"("status":"created")")) << "before " << sent.substr(0, 99);
        std::getline(lines, line);
        EXPECT_THAT(line, HasSubstr(R"("status":"rejected")")) << sent.substr(0, 99);
        EXPECT_THAT(line, HasSubstr(said)) << sent.substr(0, 99);
    }
    std::getline(lines, line);
    EXPECT_THAT(line, HasSubstr(R"("status":"created")"));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/X").status, 404);
    EXPECT_EQ(ask("GET", "/api/handles/88.1/Y").status, 404);
}

TEST_F(BadInput, ARowWithoutAnEndEndsTheStreamWhereItIs) {
    const HttpsAnswer answer =
        ask("POST", batch, {boss_, ndjson}, row("88.1/BEFORE") + std::string(3 << 20, 'x'));
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr(R"("row":1,"handle":"88.1/BEFORE","status":"created")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("row":2,"status":"rejected")"));
    EXPECT_THAT(answer.body, HasSubstr("1 MiB"));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/BEFORE").status, 200);
}

/// Where does the body of a stream end? What is hidden behind it must not become a request.
TEST_F(BadInput, InTheFramingOfAStreamHidesNoRequest) {
    const std::string head =
        std::string{"POST "} + batch + " HTTP/1.1\r\nHost: a\r\n" + boss_ + "\r\n";
    const std::string good = row("88.1/F");
    const std::string hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string size = "Content-Length: " + std::to_string(good.size()) + "\r\n";
    for (const std::string& text : {head + size + chunked + "\r\n0\r\n\r\n" + hidden,
                                    head + size + size.substr(0, 16) + "1\r\n\r\n" + good + hidden,
                                    head + chunked + "\r\n-1\r\n" + hidden,
                                    head + chunked + "\r\n3\r\nabcdef\r\n0\r\n\r\n" + hidden,
                                    head + "Transfer-Encoding: gzip\r\n\r\n" + good + hidden,
                                    head + chunked + chunked + "\r\n0\r\n\r\n" + hidden}) {
        HttpsConnection https{node_.https()};
        https.stream().send(text);
        EXPECT_EQ(https.receive().status, 400) << text;
        EXPECT_THROW(https.receive(), std::runtime_error) << text;
    }
}

TEST_F(BadInput, OfASenderWhoStopsReadingKeepsNothingFromOthers) {
    EXPECT_EQ(node_.stop(), 0);
    start("stream: {write_timeout_seconds: 1, request_timeout_seconds: 2}\n");
    std::string piece;
    for (int each = 0; piece.size() < 900'000; ++each)
        piece += row("88.1/S" + std::to_string(each));
    // A chunk at a time, and never a look at what the node answers.
    HttpsConnection deaf{node_.https()};
    deaf.stream().send(std::string{"POST "} + batch + " HTTP/1.1\r\nHost: a\r\n" + boss_ +
                       "\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::ostringstream size;
    size << std::hex << piece.size();
    EXPECT_THROW(
        {
            for (int each = 0; each < 500; ++each)
                deaf.stream().send(size.str() + "\r\n" + piece + "\r\n");
        },
        std::runtime_error);
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"write_timeout\"}", 1));
    EXPECT_LT(node_.status("RssAnon"), 400'000U) << "KiB";
    // And one who stops sending.
    HttpsConnection dumb{node_.https()};
    dumb.stream().send(std::string{"POST "} + batch + " HTTP/1.1\r\nHost: a\r\n" + boss_ +
                       "\r\nContent-Length: 1000\r\n\r\n" + row("88.1/WHOLE") +
                       R"({"handle":"88.1/HALF")");
    EXPECT_THAT(dumb.stream().receive_to("created"), HasSubstr("88.1/WHOLE"));
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"request_timeout\"}", 1));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/WHOLE").status, 200) << "it was announced";
    EXPECT_EQ(ask("GET", "/api/handles/88.1/HALF").status, 404) << "it never was";
    EXPECT_EQ(ask("POST", batch, {boss_, ndjson}, row("88.1/OTHER")).status, 200);
    EXPECT_EQ(ask("GET", "/api/handles/88.1/OTHER").status, 200);
}

/// A page of another site cannot read answers, but may send what a form can, and the browser adds
/// the password that it has been given for the node.
TEST_F(BadInput, OfAnotherSiteIsNotTakenForTheWillOfWhoeverIsLoggedIn) {
    const std::string ambient = basic("boss:boss-secret");
    const std::string origin = "Origin: https://evil.example";
    const std::string body = row("88.1/CSRF");
    for (const char* const type : {"", "Content-Type: text/plain", "Content-Type: text/plain;a=b",
                                   "Content-Type: application/x-www-form-urlencoded",
                                   "Content-Type: multipart/form-data; boundary=x"}) {
        std::vector<std::string> headers{ambient, origin};
        if (*type) headers.emplace_back(type);
        EXPECT_EQ(ask("POST", batch, headers, body).status, 403) << type;
        EXPECT_EQ(ask("POST", "/api/v1/enterprises/x/approve", headers, body).status, 403) << type;
        headers[1] = "Origin: null";
        EXPECT_EQ(ask("POST", batch, headers, body).status, 403) << type;
    }
    EXPECT_EQ(ask("GET", "/api/handles/88.1/CSRF").status, 404);
    // What a browser asks about first, and what is no browser, is as good as ever.
    EXPECT_EQ(ask("POST", batch, {ambient, origin, ndjson}, body).status, 200);
    EXPECT_EQ(ask("POST", batch, {ambient, "Content-Type: text/plain"}, body).status, 200);
    const std::string script = ask("GET", "/api/handles/88.1/A?callback=f", {ambient}).body;
    EXPECT_THAT(script, HasSubstr("f({"));
    EXPECT_THAT(script, ::testing::Not(HasSubstr("hidden")))
        << "scripts run wherever they come from";
    EXPECT_THAT(ask("GET", "/api/handles/88.1/A", {ambient}).body, HasSubstr("hidden"));
    const HttpsAnswer asked = ask("OPTIONS", "/api/v1/accounts",
                                  {origin, "Access-Control-Request-Method: PUT",
                                   "Access-Control-Request-Headers: authorization"});
    EXPECT_EQ(asked.header("access-control-allow-credentials"), "")
        << "so no browser adds what it knows to what a script sends";
    EXPECT_NE(asked.header("access-control-allow-origin"), "*");
}

TEST_F(BadInput, InCredentialsShowsNobody) {
    const std::string token = boss_.substr(boss_.rfind(' ') + 1);
    for (const std::string& odd :
         {boss_ + "x",
          boss_ + '.',
          "Authorization: Bearer " + token + ',' + token,
          std::string{"Authorization: Bearer"},
          std::string{"Authorization: Bearer .."},
          "Authorization: Basic " + token,
          "Authorization: Token " + token,
          "Authorization: " + token,
          std::string{"Authorization: Basic"},
          std::string{"Authorization: Basic !!!!"},
          basic("boss"),
          basic(":"),
          basic("boss:"),
          basic("300%3A:x"),
          basic("300:88.1/A"),
          basic("99999999999%3A88.1%2FA:x"),
          std::string{"Authorization: Handle"},
          std::string{R"(Authorization: Handle version="0)"},
          std::string{R"(Authorization: Handle sessionId="x", id="300:88.1/A")"},
          "Authorization: Handle clientCert=\"true\", sessionId=\"" + token + '"'}) {
        const HttpsAnswer answer = ask("GET", "/api/v1/accounts", {odd});
        EXPECT_EQ(answer.status, 401) << odd << '\n' << answer.body;
    }
    EXPECT_EQ(ask("GET", "/api/v1/accounts", {"Authorization: Bearer x", boss_}).status, 401)
        << "of two headers the first counts";
}

}  // namespace
}  // namespace idnode::end_to_end
