#include "tests/end_to_end/https.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

#include "protocol/json/base64.hpp"

namespace idnode::end_to_end {
namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

HttpsAnswer parse_head(const std::string& head) {
    HttpsAnswer answer;
    if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error{"no HTTP answer: " + head};
    answer.status = std::stoi(head.substr(9, 3));
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
        const std::size_t end = head.find("\r\n", at);
        const std::string line = head.substr(at, end - at);
        at = end + 2;
        if (line.empty()) break;
        const std::size_t colon = line.find(": ");
        answer.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    }
    return answer;
}

}  // namespace

std::string HttpsAnswer::header(std::string_view name) const {
    for (const auto& [found, value] : headers)
        if (found == name) return value;
    return {};
}

boost::json::value HttpsAnswer::json() const { return boost::json::parse(body); }

HttpsAnswer HttpsConnection::ask(const HttpsRequest& request) {
    std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\nHost: node\r\n";
    for (const std::string& header : request.headers) text += header + "\r\n";
    const bool has_body =
        !request.body.empty() || request.method == "POST" || request.method == "PUT";
    if (has_body) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    stream_.send(text + "\r\n" + request.body);
    return receive(request.method == "HEAD");
}

HttpsAnswer HttpsConnection::receive(bool to_head) {
    HttpsAnswer answer = parse_head(stream_.receive_to("\r\n\r\n"));
    if (to_head || answer.status == 204 || answer.status == 304) return answer;
    if (answer.header("transfer-encoding") != "chunked") {
        answer.body = stream_.receive(std::stoul(answer.header("content-length")));
        return answer;
    }
    for (;;) {
        const std::size_t size = std::stoul(stream_.receive_to("\r\n"), nullptr, 16);
        answer.body += stream_.receive(size);
        stream_.receive(2);
        if (size == 0) return answer;
    }
}

std::string basic(std::string_view user_and_password) {
    return "Authorization: Basic " + protocol::to_base64(user_and_password);
}

std::string log_in(HttpsConnection& https, std::string_view user, std::string_view password) {
    const boost::json::object body{{"username", std::string{user}},
                                   {"password", std::string{password}}};
    const HttpsAnswer answer = https.ask({.method = "POST",
                                          .target = "/api/v1/login",
                                          .headers = {json_content},
                                          .body = serialize(body)});
    if (answer.status != 200) throw std::runtime_error{"cannot log in: " + answer.body};
    return "Authorization: Bearer " + std::string{answer.json().at("token").as_string()};
}

HttpsAnswer ask_once(const Endpoint& node, const std::string& method, const std::string& target,
                     const std::string& who, const std::string& body) {
    std::vector<std::string> headers;
    if (!who.empty()) headers.push_back(who);
    if (!body.empty()) headers.emplace_back(json_content);
    return HttpsConnection{node}.ask(
        {.method = method, .target = target, .headers = std::move(headers), .body = body});
}

}  // namespace idnode::end_to_end
