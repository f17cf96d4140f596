#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/described_client.hpp"

namespace idnode::end_to_end {

/// Values of every form that data has, and a record that leads elsewhere.
inline constexpr const char* records_of_every_form =
    R"({"handle":"88.1/ALL","values":[{"index":1,"type":"URL","data":"https://e.org/"},)"
    R"({"index":2,"type":"BYTES","data":{"format":"hex","value":"ff00"}},)"
    R"({"index":3,"type":"HS_VLIST","data":{"format":"vlist","value":[{"handle":"88.1/K",)"
    R"("index":300}]}},)"
    R"({"index":4,"type":"HS_SITE","data":{"format":"site","value":{"servers":[{"serverId":1,)"
    R"("address":"127.0.0.1","interfaces":[{"query":true,"admin":false,"protocol":"TCP",)"
    R"("port":1}]}]}}},)"
    R"({"index":5,"type":"HS_PUBKEY","data":{"format":"key","value":{"kty":"RSA","n":"AQAB",)"
    R"("e":"AQAB"}}},{"index":6,"type":"TTL","data":"x","ttl":"2030-01-01T00:00:00Z",)"
    R"("references":[{"handle":"88.1/K","index":1}]},)"
    R"({"index":7,"type":"COST","data":"1","permissions":"1100"},)"
    R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":{"handle":"88.1/K",)"
    R"("index":300,"permissions":"111111111111"}}}]})"
    "\n"
    R"({"handle":"88.1/K","values":[{"index":300,"type":"HS_SECKEY","data":"a secret",)"
    R"("permissions":"1100"}]})"
    "\n"
    R"({"handle":"88.1/ALIAS","values":[{"index":1,"type":"HS_ALIAS","data":"88.1/ALL"}]})"
    "\n";

/// A node of which everything that HTTP offers is asked for, as docs/openapi.json describes it.
class Description : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.do_run({"prefix", "delegate", "88.3", "--to", "127.0.0.1:2641"});
        node_.import(records_of_every_form);
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\nhttp: {body_size_max_kib: 64}\n"
            "snms: {daily_hash: true}\nwebhooks: {private_destinations: true, give_up_hours: 0}\n" +
            std::string{unlimited_proofs});
        node_.start();
        boss_ = log_in("boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    /// As the operator.
    HttpsAnswer say(int status, const std::string& method, const std::string& target,
                    const std::string& body = {}, std::vector<std::string> headers = {}) {
        return client_.expect(status, {.method = method,
                                       .target = target,
                                       .who = boss_,
                                       .body = body,
                                       .headers = std::move(headers)});
    }
    HttpsAnswer anybody(int status, const std::string& method, const std::string& target,
                        const std::string& body = {}) {
        return client_.expect(status, {.method = method, .target = target, .body = body});
    }
    std::string log_in(const std::string& user, const std::string& password) {
        const boost::json::object body{{"username", user}, {"password", password}};
        const auto said = anybody(200, "POST", "/api/v1/login", serialize(body)).json();
        return "Authorization: Bearer " + std::string{said.at("token").as_string()};
    }
    std::string make_account(const std::string& name, const std::string& role) {
        const std::string path = "/api/v1/accounts/" + name;
        say(201, "PUT", path,
            R"({"role":")" + role + R"(","password":"some-secret","prefixes":["88.1"]})");
        say(200, "PUT", path, R"({"enabled":true})");
        return log_in(name, "some-secret");
    }
    std::string wait_for_job(const std::string& location) {
        for (int looks = 0; looks < 200; ++looks) {
            const std::string state{say(200, "GET", location).json().at("state").as_string()};
            if (state == "done" || state == "failed") return state;
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
        return "it never ends";
    }

    /// How the deliveries of a subscription or a recall stand once that figure is above zero.
    boost::json::value wait_for_deliveries(const std::string& location, const char* figure);
    /// Resumes the first of these webhooks that is given up.
    void resume_one_of(const std::vector<std::string>& locations);

    void use_accounts();
    void use_bulk();
    void use_lookup();
    void use_enterprises();
    void use_templates();
    void use_grants();
    void use_handles();
    void use_sessions();
    void use_snms();
    void use_epcis();
    void use_queries();
    void use_trace();
    void use_recalls();
    void use_visibility();
    void use_statistics();
    void use_pages();
    /// All of these.
    void use_everything();
    void use_wrongly();
    void use_in_vain();
    void use_events_in_vain();
    void use_the_past();

    Node node_;
    DescribedClient client_{node_};
    std::string boss_;
};

}  // namespace idnode::end_to_end
