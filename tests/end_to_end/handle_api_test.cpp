#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "tests/end_to_end/captured_world.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;

/// What curl and Handle.net 9.3.1 said to each other where an identity, TLS or a browser is
/// involved, in the order in which it was said.
json::array conversations() {
    std::ostringstream text;
    text << std::ifstream{IDNODE_SOURCE_DIR "/tests/vectors/http/handle-net-9.3.1-https.json"}
                .rdbuf();
    return json::parse(text.str()).as_array();
}

/// Deliberate differences, by what they concern:
/// - sentences of Java, and the ids of sessions and nonces, are the other server's own;
/// - the world of this test has more handles than the captured one had;
/// - pages for people look otherwise, and no answer is sent in chunks that is known as a whole;
/// - of what an error is about, only the parts that clients read are compared.
json::value comparable(json::value answer, std::string_view name) {
    if (auto* const object = answer.if_object()) {
        for (const char* const own : {"message", "sessionId", "nonce", "totalCount"})
            if (object->contains(own)) (*object)[own] = "?";
        if (name == "26-mint" || name == "30-list" || name == "27-put-badjson" ||
            name == "28-put-notype" || name == "21-put-index-mismatch" ||
            name == "52-verifications") {
            object->erase("handle");
            object->erase("handles");
        }
        if (auto* const values = object->if_contains("values"))
            for (json::value& value : values->as_array()) value.as_object()["timestamp"] = "?";
    }
    return answer;
}

std::vector<std::string> schemes(const HttpsAnswer& answer) {
    std::vector<std::string> found;
    for (const auto& [name, value] : answer.headers)
        if (name == "www-authenticate") found.push_back(value.substr(0, value.find(' ')));
    return found;
}

class HandleApi : public ::testing::Test {
protected:
    void SetUp() override {
        prepare_captured_world(node_);
        node_.import(R"({"handle":"88.111.1/OBJ-00000001","values":[)"
                     R"({"index":1,"type":"URL","data":"https://example.org/obj/00000001"},)"
                     R"({"index":2,"type":"EMAIL","data":"owner@example.org"}]})"
                     "\n");
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\n"
            "administration: {administrators: ['200:88.111.1/ADMIN']}\n");
        node_.start();
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const json::object& said) {
        HttpsRequest request{.method = std::string{said.at("method").as_string()},
                             .target = std::string{said.at("target").as_string()}};
        for (const json::value& header : said.at("headers").as_array())
            request.headers.emplace_back(header.as_string());
        if (const auto* const user = said.if_contains("user"))
            request.headers.push_back(basic(user->as_string()));
        if (const auto* const body = said.if_contains("send")) request.body = body->as_string();
        if (said.at("secure").as_bool()) return HttpsConnection{node_.https()}.ask(request);
        return ask_in_clear(request);
    }

    HttpsAnswer ask_in_clear(const HttpsRequest& request) {
        HttpConnection http{node_.http()};
        std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\nHost: a\r\n";
        for (const std::string& header : request.headers) text += header + "\r\n";
        http.send(text + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" +
                  request.body);
        const HttpAnswer got = http.receive();
        HttpsAnswer answer{.status = got.status, .headers = {}, .body = got.body};
        for (const auto& [name, value] : got.headers) answer.headers.emplace_back(name, value);
        return answer;
    }

    Node node_;
};

TEST_F(HandleApi, AnswersACapturedClientAsItWasAnsweredBefore) {
    for (const json::value& each : conversations()) {
        const json::object& said = each.as_object();
        const std::string name{said.at("name").as_string()};
        const HttpsAnswer answer = ask(said);
        EXPECT_EQ(answer.status, said.at("status").as_int64()) << name << '\n' << answer.body;
        const json::object& headers = said.at("answered").as_object();
        for (const auto& [header, values] : headers) {
            if (header == "www-authenticate") {
                std::vector<std::string> wanted;
                for (const json::value& value : values.as_array()) {
                    const std::string line{value.as_string()};
                    wanted.push_back(line.substr(0, line.find(' ')));
                }
                EXPECT_EQ(schemes(answer), wanted) << name;
            } else {
                EXPECT_EQ(answer.header(std::string{header}), values.at(0).as_string()) << name;
            }
        }
        if (const auto* const body = said.if_contains("body")) {
            EXPECT_EQ(comparable(answer.json(), name), comparable(*body, name)) << name;
        }
    }
}

}  // namespace
}  // namespace idnode::end_to_end
