#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

inline constexpr const char* path = "/api/v1/enterprises";
inline constexpr const char* application =
    R"({"name":"厦门某某机械有限公司","creditCode":"91350200MA2YJ1XR9G","contactName":"林"})";
inline constexpr const char* account = R"("account":{"username":"firm","password":"firm-secret"})";
inline constexpr const char* url_body =
    R"([{"index":1,"type":"URL","data":"https://example.org/"}])";

/// A node with an operator, where enterprises apply and are decided on.
class Enterprises : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.2");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\n"
            "limits: {source_applications_burst: 4}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& who = {}, const std::string& body = {}) {
        return ask_once(node_.https(), method, target, who, body);
    }
    std::string apply(const std::string& body = application) {
        const HttpsAnswer answer = ask("POST", path, {}, body);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return std::string{answer.json().at("id").as_string()};
    }
    HttpsAnswer act(const std::string& id, const std::string& act, const std::string& body = {}) {
        return ask("POST", std::string{path} + "/" + id + "/" + act, boss_, body);
    }
    std::string state_of(const std::string& id) {
        return std::string{ask("GET", std::string{path} + "/" + id).json().at("state").as_string()};
    }
    Outcome resolve(const std::string& handle) {
        return run_idnode({"resolve", handle, "--server", format(node_.handle()), "--json"});
    }
    /// What the node says to which is referred: its HS_SITE is followed as a client would.
    std::string follow(const std::string& handle) {
        const auto said = boost::json::parse(resolve(handle).out).as_object();
        if (!said.contains("referral")) return "no referral";
        const auto& server = said.at("values").at(0).at("data").at("value").at("servers").at(0);
        const std::string to = std::string{server.at("address").as_string()} + ":" +
                               std::to_string(server.at("interfaces").at(0).at("port").as_int64());
        return run_idnode({"resolve", handle, "--server", to, "--json"}).out;
    }
    std::string firm() {
        HttpsConnection https{node_.https()};
        return log_in(https, "firm", "firm-secret");
    }

    Node node_;
    std::string boss_;
};

}  // namespace idnode::end_to_end
