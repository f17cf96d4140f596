#include "tests/end_to_end/described_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "protocol/handle/handle.hpp"
#include "resolver/http/request_target.hpp"
#include "tests/end_to_end/http.hpp"

namespace idnode::end_to_end {

namespace json = boost::json;
using test::OpenApi;
using Others = test::SchemaValidator::Others;

namespace {

/// "application/json" of "application/json;charset=utf-8".
std::string media_type_of(const std::string& content_type) {
    return content_type.substr(0, content_type.find(';'));
}

bool is_json(const std::string& media_type) { return media_type.ends_with("json"); }

}  // namespace

HttpsAnswer DescribedClient::expect(int status, const Asked& asked) {
    const HttpsAnswer answer = ask(asked);
    EXPECT_EQ(answer.status, status) << asked.method << ' ' << asked.target << '\n' << answer.body;
    const bool success = status < 400 && answer.status == status;
    const bool snms_refused = answer.body.starts_with(R"({"message")") &&
                              answer.body.find(R"("status":1)") == std::string::npos;
    if (!success || snms_refused) return answer;
    check_request(operation_of(asked), asked);
    done_.insert(operation_of(asked).name());
    return answer;
}

HttpsAnswer DescribedClient::ask(const Asked& asked) {
    std::vector<std::string> headers = asked.headers;
    if (!asked.who.empty()) headers.push_back(asked.who);
    if (!asked.body.empty()) headers.push_back("Content-Type: " + asked.content_type);
    HttpsAnswer answer = asked.in_clear
                             ? ask_in_clear(asked, headers)
                             : HttpsConnection{node_.https()}.ask({.method = asked.method,
                                                                   .target = asked.target,
                                                                   .headers = std::move(headers),
                                                                   .body = asked.body});
    check_answer(operation_of(asked), asked, answer);
    return answer;
}

HttpsAnswer DescribedClient::ask_in_clear(const Asked& asked,
                                          const std::vector<std::string>& headers) const {
    std::string text = asked.method + ' ' + asked.target + " HTTP/1.1\r\nHost: node\r\n";
    for (const std::string& header : headers) text += header + "\r\n";
    HttpConnection http{node_.http()};
    http.send(text + "Content-Length: " + std::to_string(asked.body.size()) + "\r\n\r\n" +
              asked.body);
    const HttpAnswer answer = http.receive();
    return {.status = answer.status,
            .headers = {answer.headers.begin(), answer.headers.end()},
            .body = answer.body};
}

void DescribedClient::check_delivery(std::string_view webhook, const Received& received) const {
    const std::string what = "webhook " + std::string{webhook};
    const json::object& said = api_.document().at("webhooks").at(webhook).at("post").as_object();
    const test::SchemaValidator validator{api_.document(), Others::refused};
    for (const json::value& each : said.at("parameters").as_array()) {
        const json::object& parameter = api_.resolve(each).as_object();
        const std::string name{parameter.at("name").as_string()};
        const auto header = std::ranges::find_if(received.headers, [&](const auto& found) {
            return protocol::equal_folded(found.first, name);
        });
        const bool there = header != received.headers.end();
        EXPECT_TRUE(there || !parameter.contains("required")) << what << " without " << name;
        if (!there) continue;
        for (const std::string& fault :
             validator.find_faults(parameter.at("schema"), json::value(header->second)))
            ADD_FAILURE() << what << ' ' << name << fault;
    }
    check_body(said.at("requestBody").at("content").as_object(),
               media_type_of(received.headers.at("content-type")), received.body, Others::refused,
               what);
}

std::vector<std::string> DescribedClient::untried() const {
    std::vector<std::string> left;
    for (const OpenApi::Operation& each : api_.operations())
        if (!done_.contains(each.name())) left.push_back(each.name());
    return left;
}

std::vector<std::string> DescribedClient::unseen() const {
    std::vector<std::string> left;
    for (const OpenApi::Operation& each : api_.operations())
        for (const auto& [status, said] : each.said->at("responses").as_object()) {
            std::string name = each.name() + ' ' + std::string{status};
            if (!seen_.contains(name)) left.push_back(std::move(name));
        }
    return left;
}

const OpenApi::Operation& DescribedClient::operation_of(const Asked& asked) const {
    resolver::RequestTarget target;
    if (!target.parse(asked.target)) throw std::runtime_error{"no target: " + asked.target};
    const auto* const found = api_.find(asked.method, target.path());
    if (!found) throw std::runtime_error{"not described: " + asked.method + ' ' + asked.target};
    return *found;
}

void DescribedClient::check_request(const OpenApi::Operation& operation, const Asked& asked) const {
    const auto* const said = operation.said->if_contains("requestBody");
    EXPECT_TRUE(said || asked.body.empty()) << operation.name() << " is described without a body";
    if (!said || asked.body.empty()) return;
    const json::object& content = api_.resolve(*said).at("content").as_object();
    check_body(content, asked.content_type, asked.body, Others::allowed,
               "request " + operation.name());
}

void DescribedClient::check_answer(const OpenApi::Operation& operation, const Asked& asked,
                                   const HttpsAnswer& answer) {
    seen_.insert(operation.name() + ' ' + std::to_string(answer.status));
    const std::string what =
        asked.method + ' ' + asked.target + ": " + std::to_string(answer.status);
    const json::object& responses = operation.said->at("responses").as_object();
    const auto* const said = responses.if_contains(std::to_string(answer.status));
    ASSERT_TRUE(said) << what << " is not described; it was " << answer.body.substr(0, 500);
    const json::object& response = api_.resolve(*said).as_object();
    const auto* const content = response.if_contains("content");
    const std::string type = answer.header("content-type");
    if (type.empty()) {
        EXPECT_TRUE(!content || response.contains("x-may-be-empty")) << what << " has no body";
        EXPECT_EQ(answer.body, "") << what;
        return;
    }
    ASSERT_TRUE(content) << what << " is described without a body; it was " << answer.body;
    check_body(content->as_object(), media_type_of(type), answer.body, Others::refused, what);
}

void DescribedClient::check_body(const json::object& content, const std::string& type,
                                 const std::string& body, Others others,
                                 const std::string& what) const {
    const auto* const media = content.if_contains(type);
    ASSERT_TRUE(media) << what << ": " << type << " is not described";
    if (!is_json(type)) return;
    const json::value& schema = media->at("schema");
    const test::SchemaValidator validator{api_.document(), others};
    std::istringstream lines{body};
    const char end_of_value = type == "application/x-ndjson" ? '\n' : '\0';
    for (std::string line; std::getline(lines, line, end_of_value);)
        for (const std::string& fault : validator.find_faults(schema, json::parse(line)))
            ADD_FAILURE() << what << fault;
}

}  // namespace idnode::end_to_end
