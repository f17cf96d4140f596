#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>

#include "protocol/handle/typed_data.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;
using ::testing::SizeIs;

constexpr int parts = 2'000;

std::string part(int number) { return "88.118.0001/P" + std::to_string(number); }

std::string part_json(int number, const std::string& drawing) {
    return R"({"handle":")" + part(number) +
           R"(","templateVersion":"1.0","value":[{"index":2000,"type":"drawing","auth":"",)"
           R"("data":{"format":"string","value":")" +
           drawing +
           R"("}},{"index":2001,"type":"mass","auth":"",)"
           R"("data":{"format":"string","value":"1.5"}}]})";
}

std::string list(const std::function<std::string(int)>& each) {
    std::string all = "[";
    for (int number = 1; number <= parts; ++number) all += (number > 1 ? "," : "") + each(number);
    return all + "]";
}

/// Milliseconds since then, also written into the test's report.
auto report(const char* what, steady_clock::time_point start) {
    const auto taken =
        std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
    ::testing::Test::RecordProperty(what, std::to_string(taken.count()));
    return taken;
}

class WalkThrough : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.9");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
        https_.emplace(node_.https());
        boss_ = log_in(*https_, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target, const std::string& who,
                    const std::string& body = {}) {
        std::vector<std::string> headers;
        if (!who.empty()) headers.push_back(who);
        if (!body.empty()) headers.emplace_back(json_content);
        return https_->ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    /// An enterprise applies; returns where it is decided on.
    std::string apply() {
        const HttpsAnswer applied = ask("POST", "/api/v1/enterprises", {},
                                        R"({"name":"firm","creditCode":"91350200MA2YJ1XR9G"})");
        EXPECT_EQ(applied.status, 201) << applied.body;
        return "/api/v1/enterprises/" + std::string{applied.json().at("id").as_string()};
    }
    void approve(const std::string& enterprise, const std::string& prefixes) {
        const HttpsAnswer approved =
            ask("POST", enterprise + "/approve", boss_,
                R"({"prefixes":)" + prefixes +
                    R"(,"account":{"username":"firm","password":"firm-secret"}})");
        EXPECT_EQ(approved.status, 200) << approved.body;
    }
    /// What SNMS says; its data where it says that all is well.
    json::value say(const std::string& method, const std::string& target, const std::string& body,
                    const std::string& who) {
        const HttpsAnswer answer = ask(method, target, who, body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const json::value said = answer.json();
        EXPECT_EQ(said.at("status"), 1) << answer.body;
        return said.as_object().contains("data") ? said.at("data") : json::value{};
    }
    void expect_success(const json::value& rows) {
        ASSERT_THAT(rows.as_array(), SizeIs(parts));
        for (const json::value& row : rows.as_array())
            ASSERT_EQ(row.at("msg").as_string(), "success") << serialize(row);
    }
    /// Over UDP, every part has this drawing.
    void expect_drawing(const std::string& drawing) {
        UdpSocket udp{node_.handle()};
        for (int number = 1; number <= parts; ++number) {
            const Answer answer = end_to_end::ask(udp, {.handle = part(number), .indexes = {2000}});
            ASSERT_EQ(answer.code(), 1U) << number;
            ASSERT_EQ(values_of(answer).at(0).data, drawing + std::to_string(number));
        }
    }

    Node node_;
    std::optional<HttpsConnection> https_;
    std::string boss_;
};

TEST_F(WalkThrough, OfSnmsMakesTwoThousandPartsThatResolveOverUdp) {
    approve(apply(), R"(["88.118.0001"])");
    const auto token =
        say("POST", "/identity/token", R"({"username":"firm","password":"firm-secret"})", {});
    const std::string firm = "Authorization: Bearer " + std::string{token.at("token").as_string()};
    say("POST", "/snms/api/v5/template",
        R"({"prefix":"88.118.0001","version":"1.0","industryCategory":"C","type":1,"items":[)"
        R"({"name":"drawing","idType":"text","idIndex":2000,"required":true,)"
        R"("metadata":{"maxLength":32}},{"name":"mass","idType":"number","idIndex":2001}]})",
        firm);
    const std::string path = "/identityv2/data";
    const auto created =
        list([](int number) { return part_json(number, "A-" + std::to_string(number)); });
    const auto start = steady_clock::now();
    const json::value rows = say("POST", path + "/batchCreate", created, firm);
    EXPECT_LT(report("batch_create_ms", start), std::chrono::seconds{2});
    expect_success(rows);
    expect_drawing("A-");
    const json::value again = say("POST", path + "/batchCreate", created, firm);
    for (const json::value& row : again.as_array())
        EXPECT_EQ(row.at("msg").as_string(), "标识已存在");
    const json::value detail = say("GET", path + "/detail?handle=" + part(7), {}, {});
    EXPECT_EQ(detail.at("templateVersion"), "1.0");
    EXPECT_EQ(detail.at("value").at(1).at("data").at("value"), "A-7");
    say("PUT", path, part_json(7, "B-7"), firm);
    EXPECT_EQ(say("GET", path + "/detail?handle=" + part(7), {}, {})
                  .at("value")
                  .at(1)
                  .at("data")
                  .at("value"),
              "B-7");
    expect_success(say(
        "PUT", path + "/batchUpdate",
        list([](int number) { return part_json(number, "C-" + std::to_string(number)); }), firm));
    expect_drawing("C-");
    expect_success(say("DELETE", path + "/batchDelete",
                       list([](int number) { return '"' + part(number) + '"'; }), firm));
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(end_to_end::ask(udp, {part(1)}).code(), 100U);
    EXPECT_EQ(ask("GET", path + "/detail?handle=" + part(parts), {}).json().at("status"), -2);
}

TEST_F(WalkThrough, OfAnApprovalIsResolvableWithinASecond) {
    const std::string enterprise = apply();
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(end_to_end::ask(udp, {"88.118.0001/A"}).code(), 301U);
    EXPECT_EQ(ask("POST", enterprise + "/review", boss_).status, 200);
    const auto start = steady_clock::now();
    approve(enterprise, R"(["88.118.0001"])");
    EXPECT_EQ(end_to_end::ask(udp, {"88.118.0001/A"}).code(), 100U);
    const auto homed = report("approval_to_answered_ms", start);
    const std::string firm = log_in(*https_, "firm", "firm-secret");
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.0001/A", firm,
                  R"([{"index":1,"type":"URL","data":"https://example.org/a"}])")
                  .status,
              201);
    const Answer found = end_to_end::ask(udp, {"88.118.0001/A"});
    const auto resolvable = report("approval_to_resolvable_ms", start);
    ASSERT_EQ(found.code(), 1U);
    EXPECT_EQ(values_of(found).at(0).data, "https://example.org/a");
    EXPECT_LT(resolvable, std::chrono::seconds{1});
    EXPECT_LE(homed, resolvable);
}

TEST_F(WalkThrough, OfADelegationEndsAtTheNodeOfTheEnterprise) {
    Node own;
    own.home("88.118.0002");
    own.import(R"({"handle":"88.118.0002/A","values":[{"index":1,"type":"URL","data":"there"}]})");
    own.start();
    const auto start = steady_clock::now();
    approve(apply(),
            R"([{"prefix":"88.118.0002","delegateTo":")" + format(own.handle()) + R"("}])");
    UdpSocket udp{node_.handle()};
    const Answer referral = end_to_end::ask(udp, {"88.118.0002/A"});
    ASSERT_EQ(referral.code(), 302U);
    const auto site = protocol::decode_site(protocol::bytes_of(values_of(referral).at(0).data));
    ASSERT_TRUE(site);
    const protocol::Server& server = site->servers.at(0);
    std::string address;
    for (std::size_t at = 12; at < 16; ++at)
        address += (at > 12 ? "." : "") + std::to_string(std::to_integer<int>(server.address[at]));
    UdpSocket there{{address, static_cast<std::uint16_t>(server.interfaces.at(0).port)}};
    const Answer found = end_to_end::ask(there, {"88.118.0002/A"});
    report("approval_to_referred_ms", start);
    ASSERT_EQ(found.code(), 1U);
    EXPECT_EQ(values_of(found).at(0).data, "there");
    EXPECT_EQ(own.stop(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
