#include "resolver/http/http_framing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "resolver/client/handle_client.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Response {
    unsigned status = 0;
    std::string head;
    std::string body;
};

/// What a connection says to the octets that it gets, in steps of any size.
struct Conversation {
    std::string said;
    std::vector<Response> responses;
    bool closed = false;
    bool unfinished = false;  ///< a request has begun and has not ended

    std::vector<unsigned> statuses() const {
        std::vector<unsigned> all;
        for (const Response& each : responses) all.push_back(each.status);
        return all;
    }
};

/// Takes responses apart as a client does: by their Content-Length.
std::vector<Response> split(std::string_view octets, bool to_head) {
    std::vector<Response> responses;
    while (!octets.empty()) {
        const std::size_t end = octets.find("\r\n\r\n");
        if (end == std::string_view::npos || !octets.starts_with("HTTP/1.1 ")) {
            ADD_FAILURE() << "no response: " << octets;
            break;
        }
        Response response;
        response.status = static_cast<unsigned>(std::stoul(std::string{octets.substr(9, 3)}));
        response.head = octets.substr(0, end + 4);
        octets.remove_prefix(end + 4);
        const std::size_t length = response.head.find("\r\nContent-Length: ");
        if (length != std::string::npos && !to_head) {
            const std::size_t size = std::stoul(response.head.substr(length + 18));
            response.body = octets.substr(0, size);
            octets.remove_prefix(std::min(size, octets.size()));
        }
        responses.push_back(std::move(response));
    }
    return responses;
}

class HttpFramingTest : public testing::Test {
protected:
    HttpFramingTest() {
        node_.change({test::home("88.1"), test::put(test::url_record("88.1/a", "u"))});
    }

    Conversation talk(const std::string& octets, std::size_t step = 1 << 20, bool to_head = false) {
        HttpFraming framing{api_, node_.service(), config_};
        Conversation conversation;
        OutBuffer out;
        std::string unread;
        for (std::size_t at = 0; at < octets.size() && !conversation.closed; at += step) {
            unread += octets.substr(at, step);
            while (!unread.empty() && !conversation.closed) {
                const auto progress =
                    framing.consume(node_.lookup(), protocol::bytes_of(unread), out);
                unread.erase(0, progress.consumed);
                conversation.closed = progress.close;
                if (progress.consumed == 0) break;
            }
        }
        conversation.unfinished = framing.inside_request() || !unread.empty();
        conversation.said = protocol::text_of(out.bytes());
        conversation.responses = split(conversation.said, to_head);
        return conversation;
    }
    std::uint64_t malformed() const {
        return metrics_.refusals[static_cast<std::size_t>(Refusal::malformed_http)].value();
    }

    test::TestNode node_{{}, 1'795'413'185};  // Mon, 23 Nov 2026 05:53:05 GMT
    WorkerMetrics& metrics_ = node_.metrics();
    Config config_;
    NodeView view_{.metrics = [] { return std::string{}; }, .ready = [] { return true; }};
    HttpApi api_{node_.service(), view_};
};

constexpr const char* simple = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr const char* last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::string tunnel_message(std::string_view type = "URL") {
    const auto message = encode_query(
        {.handle = "88.1/a", .indexes = {}, .types = {std::string{type}}, .public_only = true}, 7);
    return std::string{protocol::text_of(message)};
}
constexpr const char* tunnel_head =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n";

TEST_F(HttpFramingTest, WritesAWholeResponse) {
    EXPECT_EQ(talk(simple).said,
              "HTTP/1.1 200 OK\r\n"
              "Date: Mon, 23 Nov 2026 05:53:05 GMT\r\n"
              "Content-Type: text/plain;charset=utf-8\r\n"
              "X-Content-Type-Options: nosniff\r\n"
              "Content-Length: 3\r\n\r\nok\n");
}

TEST_F(HttpFramingTest, AnswersPipelinedRequestsInTheirOrderHoweverTheyArrive) {
    const std::string requests = std::string{simple} + "GET /none HTTP/1.1\r\nHost: a\r\n\r\n" +
                                 tunnel_head +
                                 "Content-Length: " + std::to_string(tunnel_message().size()) +
                                 "\r\n\r\n" + tunnel_message() + simple;
    const Conversation whole = talk(requests);
    EXPECT_THAT(whole.statuses(), ElementsAre(200, 404, 200, 200));
    for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 100U}) {
        const Conversation parts = talk(requests, step);
        EXPECT_EQ(parts.said, whole.said) << step;
        EXPECT_FALSE(parts.closed);
        EXPECT_FALSE(parts.unfinished);
    }
    EXPECT_EQ(malformed(), 0U);
}

TEST_F(HttpFramingTest, WaitsForTheRestOfEveryRequestThatIsCutOff) {
    const std::string request = std::string{tunnel_head} +
                                "Content-Length: " + std::to_string(tunnel_message().size()) +
                                "\r\n\r\n" + tunnel_message();
    for (std::size_t size = 1; size < request.size(); ++size) {
        const Conversation conversation = talk(request.substr(0, size));
        EXPECT_EQ(conversation.said, "") << size;
        EXPECT_FALSE(conversation.closed);
        EXPECT_TRUE(conversation.unfinished) << size;
    }
}

TEST_F(HttpFramingTest, ClosesWhenTheClientWantsIt) {
    const Conversation asked = talk(std::string{simple} + last + simple);
    EXPECT_THAT(asked.statuses(), ElementsAre(200, 200));
    EXPECT_TRUE(asked.closed);
    EXPECT_THAT(asked.responses[1].head, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(asked.responses[0].head, Not(HasSubstr("Connection")));
}

TEST_F(HttpFramingTest, SpeaksHttp10) {
    const Conversation once = talk("GET /healthz HTTP/1.0\r\n\r\n");
    EXPECT_THAT(once.statuses(), ElementsAre(200));
    EXPECT_TRUE(once.closed);
    EXPECT_THAT(once.said, HasSubstr("\r\nConnection: close\r\n"));
    const Conversation kept =
        talk("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + std::string{simple});
    EXPECT_THAT(kept.statuses(), ElementsAre(200, 200));
    EXPECT_THAT(kept.responses[0].head, HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST_F(HttpFramingTest, SendsNoBodyToHeadButItsLength) {
    const std::string head = "HEAD /api/handles/88.1/a HTTP/1.1\r\nHost: a\r\n\r\n";
    const Conversation conversation = talk(head + head, 1, true);
    EXPECT_THAT(conversation.statuses(), ElementsAre(200, 200));
    const auto get = talk("GET /api/handles/88.1/a HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(conversation.responses[0].head, get.responses[0].head);
    EXPECT_GT(get.responses[0].body.size(), 50U);
}

TEST_F(HttpFramingTest, LetsOtherOriginsRead) {
    const Conversation plain = talk(simple);
    EXPECT_THAT(plain.said, Not(HasSubstr("Access-Control")));
    const Conversation cross =
        talk("GET /healthz HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n\r\n");
    EXPECT_THAT(cross.said, HasSubstr("\r\nAccess-Control-Allow-Origin: https://app.example\r\n"
                                      "Vary: Origin\r\n"
                                      "Access-Control-Expose-Headers: Content-Length, ETag, "
                                      "Location\r\n"));
    const Conversation before =
        talk("OPTIONS /api/handles/88.1/a HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\n\r\n");
    EXPECT_THAT(before.statuses(), ElementsAre(200));
    EXPECT_THAT(before.said, HasSubstr("\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PUT, "
                                       "DELETE, OPTIONS\r\n"));
    EXPECT_THAT(before.said, HasSubstr("\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"));
    EXPECT_THAT(before.said, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(HttpFramingTest, TakesAChunkedBody) {
    const std::string message = tunnel_message();
    const auto chunk = [](std::string_view part, const char* extension = "") {
        char size[20];
        std::snprintf(size, sizeof(size), "%zx", part.size());
        return std::string{size} + extension + "\r\n" + std::string{part} + "\r\n";
    };
    const std::string request = std::string{tunnel_head} + "Transfer-Encoding: chunked\r\n\r\n" +
                                chunk(message.substr(0, 10)) + chunk(message.substr(10), ";a=b") +
                                "0\r\nTrailer: x\r\n\r\n";
    for (const std::size_t step : {1U, 5U, 1000U}) {
        const Conversation conversation = talk(request + simple, step);
        ASSERT_THAT(conversation.statuses(), ElementsAre(200, 200)) << step;
        const auto answer = decode_answer(protocol::bytes_of(conversation.responses[0].body), 7);
        EXPECT_EQ(answer.values.at(0).data, "u");
    }
}

TEST_F(HttpFramingTest, IgnoresTheBodyOfAGetButFindsTheNextRequestBehindIt) {
    const Conversation conversation =
        talk("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n" +
             std::string{simple} + simple);
    EXPECT_EQ(std::string{simple}.size(), 34U);
    EXPECT_THAT(conversation.statuses(), ElementsAre(200, 200));
}

TEST_F(HttpFramingTest, SaysThatItWillReadTheBodyOnceToWhoWaitsForThat) {
    const std::string message = tunnel_message();
    const std::string head = std::string{tunnel_head} + "Expect: 100-Continue\r\nContent-Length: " +
                             std::to_string(message.size()) + "\r\n\r\n";
    for (const std::size_t step : {std::size_t{1}, head.size()}) {
        EXPECT_EQ(talk(head, step).said, "HTTP/1.1 100 Continue\r\n\r\n");
        EXPECT_THAT(talk(head + message + head + message, step).statuses(),
                    ElementsAre(100, 200, 100, 200));
    }
    EXPECT_THAT(talk(head + message).statuses(), ElementsAre(200));
}

TEST_F(HttpFramingTest, DoesNotSayContinueToHttp10WhichDoesNotKnowIt) {
    // RFC 9110 §10.1.1.
    EXPECT_EQ(talk("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").said,
              "");
}

TEST_F(HttpFramingTest, RefusesARequestLineAndHeadersThatAreTooLargeTogether) {
    const auto request = [](std::size_t target, std::size_t size) {
        const std::string line =
            "GET /api/" + std::string(target, 't') + " HTTP/1.1\r\nHost: a\r\nX: ";
        return line + std::string(size - line.size() - 4, 'x') + "\r\n\r\n";
    };
    const std::size_t most = config_.http_header_size_max;
    for (const std::size_t target : {std::size_t{1}, most / 2})
        for (const std::size_t step : {std::size_t{1}, std::size_t{1460}, std::size_t{1} << 20}) {
            EXPECT_THAT(talk(request(target, most), step).statuses(), ElementsAre(404));
            const Conversation refused = talk(request(target, most + 1), step);
            EXPECT_THAT(refused.statuses(), ElementsAre(431)) << target << ' ' << step;
            EXPECT_TRUE(refused.closed);
        }
}

TEST_F(HttpFramingTest, RefusesHeadersThatNeverEnd) {
    for (const char* begin : {"", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: "}) {
        const Conversation refused = talk(begin + std::string(20'000, 'x'), 1000);
        EXPECT_THAT(refused.statuses(), testing::AnyOf(ElementsAre(431), ElementsAre(400)));
        EXPECT_TRUE(refused.closed);
    }
}

TEST_F(HttpFramingTest, RefusesBodiesThatAreTooLargeBeforeTheyCome) {
    const std::string head{tunnel_head};
    for (const std::string& request :
         {head + "Content-Length: 262165\r\n\r\n",
          head + "Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n",
          head + "Transfer-Encoding: chunked\r\n\r\n40015\r\n"}) {
        const Conversation conversation = talk(request);
        EXPECT_THAT(conversation.statuses(), ElementsAre(413)) << request;
        EXPECT_TRUE(conversation.closed);
    }
    EXPECT_EQ(talk(head + "Content-Length: 262164\r\n\r\n").said, "");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    EXPECT_THAT(
        talk(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk + chunk + chunk)
            .statuses(),
        ElementsAre(413));
}

/// Headers from which two readers might take two different ends of the request.
const std::vector<std::string> doubtful_headers{
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -5\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: 5 5\r\n",
    "Content-Length: 5, 6\r\n",
    "Content-Length: 18446744073709551617\r\n",
    "Content-Length:\r\n",
    "Content-Length : 5\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: \x0b"
    "chunked\r\n",
    "X: a\n",
    "X: a\nContent-Length: 5\r\n",
    "X: a\rContent-Length: 5\r\n",
    "X\n: a\r\n",
    "X: a\r\r\n",
    std::string{"X: a\0b\r\n", 8},
    std::string{"X\0: a\r\n", 7},
    "X: \x01\r\n",
    "X Y: a\r\n",
    "X\r\n",
    ": a\r\n",
};

TEST_F(HttpFramingTest, RefusesHeadersThatLeaveTheEndOfTheRequestInDoubt) {
    for (const std::string& header : doubtful_headers) {
        const std::string request = "POST /x HTTP/1.1\r\nHost: a\r\n" + header + "\r\n";
        const auto before = malformed();
        const Conversation conversation = talk(request + "0\r\n\r\n" + simple);
        EXPECT_THAT(conversation.statuses(), ElementsAre(400)) << header;
        EXPECT_TRUE(conversation.closed) << header;
        EXPECT_THAT(conversation.said, HasSubstr("\r\nConnection: close\r\n"));
        EXPECT_EQ(malformed(), before + 1);
        EXPECT_THAT(talk(request + simple, 1).said, Not(HasSubstr(" 200 OK"))) << header;
    }
}

TEST_F(HttpFramingTest, RefusesATransferEncodingThatDoesNotEndInChunked) {
    // RFC 9112 §6.3: the end of the body cannot be known.
    for (const char* coding : {"xchunked", "identity", "gzip", "chunked, gzip", "\"chunked\"", "",
                               "chunked, chunked", "chunked;q=1", "chunked,identity"}) {
        const Conversation conversation =
            talk(std::string{"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "} + coding +
                 "\r\n\r\n" + simple);
        EXPECT_THAT(conversation.statuses(), testing::AnyOf(ElementsAre(400), ElementsAre(501)))
            << coding;
        EXPECT_TRUE(conversation.closed) << coding;
    }
}

TEST_F(HttpFramingTest, ReadsAFoldedHeaderAsOneLine) {
    // RFC 9112 §5.2 leaves the choice between that and a refusal.
    EXPECT_THAT(talk("GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n" + std::string{simple})
                    .statuses(),
                ElementsAre(200, 200));
    EXPECT_THAT(talk("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
                     "0\r\n\r\n" +
                     std::string{simple})
                    .statuses(),
                ElementsAre(405, 200));
}

TEST_F(HttpFramingTest, WantsExactlyOneHostInHttp11) {
    // RFC 9112 §3.2.
    EXPECT_THAT(talk("GET /healthz HTTP/1.1\r\n\r\n").statuses(), ElementsAre(400));
    EXPECT_THAT(talk("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").statuses(),
                ElementsAre(400));
    EXPECT_THAT(talk("GET /healthz HTTP/1.0\r\n\r\n").statuses(), ElementsAre(200));
}

TEST_F(HttpFramingTest, RefusesWhatIsNoHttp11Request) {
    for (const std::string& octets :
         {std::string{"GET /healthz\r\n\r\n"}, std::string{"GET /healthz HTTP/2.0\r\n\r\n"},
          std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
          std::string{"GET /healthz HTTP/1.1 \r\n\r\n"},
          std::string{"GET  /healthz HTTP/1.1\r\n\r\n"}, std::string{"GET /a b HTTP/1.1\r\n\r\n"},
          std::string{"G\1T / HTTP/1.1\r\n\r\n"}, std::string{"GET /a\0b HTTP/1.1\r\n\r\n", 21},
          std::string{"\x16\3\1\2\0\1\0", 7}, std::string{"GET / HTTP/1.1\n\n"},
          std::string{"POST / HTTP/1.1\r\nHost: a\r\n"
                      "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"}}) {
        const Conversation conversation = talk(octets + simple);
        EXPECT_THAT(conversation.statuses(), ElementsAre(400)) << octets;
        EXPECT_TRUE(conversation.closed) << octets;
    }
}

TEST_F(HttpFramingTest, TakesATargetWithAHostInIt) {
    const Conversation conversation =
        talk("GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n" + std::string{simple});
    EXPECT_THAT(conversation.statuses(), ElementsAre(200, 200));
}

TEST_F(HttpFramingTest, HasAnIdleTimeoutOfItsOwn) {
    const HttpFraming framing{api_, node_.service(), config_};
    EXPECT_EQ(framing.idle_timeout_seconds(), 75U);
    EXPECT_FALSE(framing.inside_request());
}

TEST_F(HttpFramingTest, LimitsTrailersAndTheHeadsOfChunksAsItLimitsHeads) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char* const line : {"0\r\nX: ", "5;"})
        EXPECT_THAT(talk(head + line + std::string(9000, 'x')).statuses(), ElementsAre(431));
}

TEST_F(HttpFramingTest, TakesAHeadThatIsCutAnywhereBeforeALongBody) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n";
    for (std::size_t step = head.size() - 4; step <= head.size(); ++step)
        EXPECT_THAT(talk(head + std::string(9000, 'x'), step).statuses(), ElementsAre(405)) << step;
}

}  // namespace
}  // namespace idnode::resolver
