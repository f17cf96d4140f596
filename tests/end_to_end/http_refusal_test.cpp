#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::milliseconds soon{4000 * patience};

class HttpRefusal : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->start();
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        node_.reset();
    }
    static const Node& node() { return *node_; }

private:
    static inline std::unique_ptr<Node> node_;
};

struct Attempt {
    const char* name;
    std::string text;
};

/// What one server might take for one request and another for two: where does the body end?
std::vector<Attempt> framing_attempts() {
    const std::string hidden = get_request("/healthz");
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    return {
        {"length and chunks", post + "Content-Length: 4\r\n" + chunked + "\r\n0\r\n\r\n" + hidden},
        {"chunks and length", post + chunked + "Content-Length: 4\r\n\r\n0\r\n\r\n" + hidden},
        {"two lengths", post + "Content-Length: 0\r\nContent-Length: 9\r\n\r\n" + hidden},
        {"a list of lengths", post + "Content-Length: 0, 9\r\n\r\n" + hidden},
        {"a length with a sign", post + "Content-Length: +0\r\n\r\n" + hidden},
        {"a negative length", post + "Content-Length: -1\r\n\r\n" + hidden},
        {"a length in hexadecimal", post + "Content-Length: 0x0\r\n\r\n" + hidden},
        {"a length of two words", post + "Content-Length: 0 0\r\n\r\n" + hidden},
        {"no length at all", post + "Content-Length:\r\n\r\n" + hidden},
        {"a length past all bounds",
         post + "Content-Length: 18446744073709551616\r\n\r\n" + hidden},
        {"chunks that are not last",
         post + "Transfer-Encoding: chunked, identity\r\n\r\n" + hidden},
        {"chunks between others",
         post + "Transfer-Encoding: gzip, chunked, br\r\n\r\n0\r\n\r\n" + hidden},
        {"a coding that says no length", post + "Transfer-Encoding: gzip\r\n\r\n" + hidden},
        {"a coding and a length",
         post + "Content-Length: 0\r\nTransfer-Encoding: gzip\r\n\r\n" + hidden},
        {"a coding, then a length",
         post + "Transfer-Encoding: gzip\r\nContent-Length: 0\r\n\r\n" + hidden},
        {"chunks twice", post + chunked + chunked + "\r\n0\r\n\r\n" + hidden},
        {"a space before the colon",
         post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden},
        {"a vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" + hidden},
        {"a chunk size that is none", post + chunked + "\r\nzz\r\n" + hidden},
        {"a negative chunk size", post + chunked + "\r\n-1\r\n" + hidden},
        {"a chunk size with 0x", post + chunked + "\r\n0x2\r\nab\r\n0\r\n\r\n" + hidden},
        {"a chunk size past all bounds", post + chunked + "\r\nfffffffffffffffff\r\n" + hidden},
        {"a chunk longer than its size", post + chunked + "\r\n2\r\nabcd\r\n0\r\n\r\n" + hidden},
    };
}

/// What is no HTTP/1.1, or malformed where a lenient server might guess.
std::vector<Attempt> syntax_attempts() {
    const std::string hidden = get_request("/healthz");
    const std::string get = "GET /healthz HTTP/1.1\r\nHost: a\r\n";
    return {
        {"a header without a colon", get + "nonsense\r\n\r\n" + hidden},
        {"a header without a name", get + ": x\r\n\r\n" + hidden},
        {"a space in a header's name", get + "X y: z\r\n\r\n" + hidden},
        {"a zero octet in a header", get + std::string("X: a\0b\r\n\r\n", 10) + hidden},
        {"a bare carriage return in a header", get + "X: a\rb: c\r\n\r\n" + hidden},
        {"a space before the first header", "GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n" + hidden},
        {"no host", "GET /healthz HTTP/1.1\r\n\r\n" + hidden},
        {"two hosts", get + "Host: b\r\n\r\n" + hidden},
        {"two spaces before the target", "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
        {"a space in the target", "GET /health z HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
        {"a control character in the target",
         "GET /healthz\x01 HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
        {"a method that is no word", "G(T /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + hidden},
        {"no version", "GET /healthz\r\n\r\n" + hidden},
        {"another version", "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n" + hidden},
        {"the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden},
        {"the beginning of TLS", std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc", 9) + hidden},
        {"a message of the Handle protocol", encode({.handle = "88.118.8/A"}) + hidden},
    };
}

/// Each must be refused, and what stands behind it must not be taken for a request.
void expect_refusals(const Endpoint& peer, const std::vector<Attempt>& attempts) {
    for (const Attempt& attempt : attempts) {
        HttpConnection http{peer};
        http.send(attempt.text);
        try {
            const HttpAnswer answer = http.receive();
            EXPECT_THAT(answer.status, AnyOf(400, 501, 505)) << attempt.name;
            EXPECT_EQ(answer.header("connection"), "close") << attempt.name;
            EXPECT_TRUE(http.closes()) << attempt.name << ": what is hidden was answered";
        } catch (const std::exception& error) {
            ADD_FAILURE() << attempt.name << ": " << error.what();
        }
    }
}

TEST_F(HttpRefusal, OfABodyWhoseEndIsOpenToDoubtEndsTheConnection) {
    expect_refusals(node().http(), framing_attempts());
}

TEST_F(HttpRefusal, OfWhatIsNoHttpEndsTheConnection) {
    expect_refusals(node().http(), syntax_attempts());
    EXPECT_GE(node().metric("idnode_refusals_total{reason=\"malformed_http\"}"), 10);
}

/// Both readings are allowed, but the request that follows must begin where this one ends.
TEST_F(HttpRefusal, WhatMayBeTakenOrLeftLeavesNothingHidden) {
    const std::string post = "POST /x HTTP/1.1\r\nHost: a\r\n";
    for (const Attempt& attempt : std::vector<Attempt>{
             {"a folded header", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
             {"the same length twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"},
             {"the same length in a list", post + "Content-Length: 2, 2\r\n\r\nab"},
             {"codings in two headers",
              post + "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
             {"an unknown coding before chunks",
              post + "Transfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n"},
             {"an empty line before the request", "\r\n" + post + "Content-Length: 2\r\n\r\nab"},
             {"bare line feeds", "POST /x HTTP/1.1\nHost: a\nContent-Length: 2\n\nab"}}) {
        HttpConnection http{node().http()};
        http.send(attempt.text + get_request("/healthz"));
        const HttpAnswer first = http.receive();
        EXPECT_THAT(first.status, AnyOf(400, 404, 501)) << attempt.name;
        if (first.status == 404)
            EXPECT_EQ(http.receive().body, "ok\n") << attempt.name;
        else
            EXPECT_TRUE(http.closes()) << attempt.name;
    }
}

TEST_F(HttpRefusal, OfABodyThatIsTooLargeComesBeforeTheBody) {
    for (const char* const size : {"262165", "99999999999"}) {
        HttpConnection http{node().http()};
        http.send(std::string{"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: "} +
                  std::string{tunnel_type} + "\r\nContent-Length: " + size + "\r\n\r\n");
        const HttpAnswer answer = http.receive();
        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.header("connection"), "close");
        EXPECT_TRUE(http.closes());
    }
}

/// Closing while octets are unread sends a reset, which can overtake the answer (RFC 9112 §9.6).
TEST_F(HttpRefusal, OfABodyThatIsTooLargeArrivesEvenWhenTheBodyWasSent) {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + std::string{tunnel_type} + "\r\n";
    const std::string body(600'000, 'x');
    std::string chunks;
    for (int each = 0; each < 10; ++each) chunks += "ea60\r\n" + body.substr(0, 60'000) + "\r\n";
    for (const std::string& request :
         {head + "Content-Length: 600000\r\n\r\n" + body,
          head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n"}) {
        HttpConnection http{node().http()};
        try {
            http.send(request);
        } catch (const std::system_error&) {  // the node need not take it all
        }
        EXPECT_EQ(http.receive().status, 413);
        EXPECT_TRUE(http.closes());
        EXPECT_EQ(http.stream().end(), End::orderly);
    }
}

TEST_F(HttpRefusal, OfHeadersThatAreTooLargeSaysSo) {
    for (const std::string& request :
         {get_request("/healthz", "X: " + std::string(9000, 'x') + "\r\n"),
          get_request("/" + std::string(9000, 'x')), "GET /healthz HTTP/1.1\r\nHost: a\r\n" + [] {
              std::string headers;
              for (int each = 0; each < 1000; ++each) headers += "X-Header: value\r\n";
              return headers;
          }() + "\r\n"}) {
        HttpConnection http{node().http()};
        http.send(request);
        const HttpAnswer answer = http.receive();
        EXPECT_EQ(answer.status, 431);
        EXPECT_EQ(answer.header("connection"), "close");
        EXPECT_TRUE(http.closes());
    }
    HttpConnection http{node().http()};
    http.send(get_request("/healthz", "X: " + std::string(7900, 'x') + "\r\n"));
    EXPECT_EQ(http.receive().status, 200) << "there is room for 8192 octets";
}

TEST_F(HttpRefusal, OfOneRequestDoesNotTakeTheAnswersBeforeIt) {
    HttpConnection http{node().http()};
    http.send(get_request("/healthz") + get_request("/readyz") + "nonsense\r\n\r\n" +
              get_request("/healthz"));
    EXPECT_EQ(http.receive().body, "ok\n");
    EXPECT_EQ(http.receive().body, "ready\n");
    EXPECT_EQ(http.receive().status, 400);
    EXPECT_TRUE(http.closes());
}

class HttpLimits : public ::testing::Test {
protected:
    void start(const std::string& config) {
        node_.write_config(config);
        node_.start({.others = {"--workers", "1"}});
    }
    double refusals(const std::string& reason) {
        return node_.metric("idnode_refusals_total{reason=\"" + reason + "\"}");
    }
    Node node_;
};

TEST_F(HttpLimits, AConnectionThatIsIdleForTooLongIsClosed) {
    start("http:\n  idle_timeout_seconds: 1\n");
    HttpConnection used{node_.http()};
    HttpConnection never_used{node_.http()};
    EXPECT_EQ(used.get("/healthz").status, 200);
    TcpStream tcp{node_.handle()};
    EXPECT_EQ(ask(tcp, {"88.118.8/A"}).code(), 301U);
    EXPECT_TRUE(used.closes(soon));
    EXPECT_TRUE(never_used.closes(soon));
    EXPECT_GE(refusals("idle_timeout"), 2);
    EXPECT_EQ(ask(tcp, {"88.118.8/A"}).code(), 301U)
        << "the limit of the other protocol is its own";
}

TEST_F(HttpLimits, ARequestThatDoesNotBecomeWholeInTimeIsGivenUp) {
    start("stream:\n  request_timeout_seconds: 1\n");
    HttpConnection in_head{node_.http()};
    in_head.send("GET /healthz HTTP/1.1\r\nHost:");
    HttpConnection in_body{node_.http()};
    in_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    HttpConnection before_body{node_.http()};
    before_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    HttpConnection trickling{node_.http()};
    trickling.send("GET /healthz HTTP/1.1\r\nHost: a\r\n");
    HttpConnection idle{node_.http()};
    const auto begin = Clock::now();
    // A header now and then is progress, but no reason to wait for ever.
    for (bool closed = false; !closed && Clock::now() < begin + soon;) {
        try {
            trickling.send("X: y\r\n");
        } catch (const std::system_error&) {
            break;
        }
        closed = trickling.closes(std::chrono::milliseconds{200});
    }
    EXPECT_TRUE(trickling.closes(soon));
    EXPECT_TRUE(in_head.closes(soon));
    EXPECT_TRUE(in_body.closes(soon));
    EXPECT_TRUE(before_body.closes(soon));
    EXPECT_EQ(refusals("request_timeout"), 4);
    EXPECT_EQ(idle.get("/healthz").status, 200);
}

TEST_F(HttpLimits, TheSizeOfHeadersIsAsConfigured) {
    start("http:\n  header_size_max: 1024\n");
    HttpConnection small{node_.http()};
    small.send(get_request("/healthz", "X: " + std::string(900, 'x') + "\r\n"));
    EXPECT_EQ(small.receive().status, 200);
    HttpConnection large{node_.http()};
    large.send(get_request("/healthz", "X: " + std::string(1100, 'x') + "\r\n"));
    EXPECT_EQ(large.receive().status, 431);
}

}  // namespace
}  // namespace idnode::end_to_end
