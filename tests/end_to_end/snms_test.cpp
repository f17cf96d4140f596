#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocol/json/base64.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/auth/digest.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* data_path = "/identityv2/data";

std::string record(std::string_view handle, std::string_view name = "piston",
                   std::string_view more = {}) {
    return R"({"handle":")" + std::string{handle} +
           R"(","templateVersion":"","value":[{"index":2000,"type":"name","auth":"",)"
           R"("data":{"format":"string","value":")" +
           std::string{name} + R"("}})" + std::string{more} + "]}";
}

std::string hex_sha256(std::string_view text) {
    using namespace resolver::auth;
    return protocol::to_hex(
        protocol::text_of(digest_of(Digest::sha256, {protocol::bytes_of(text)}).bytes()));
}

class Snms : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.home("88.2");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    void start(const std::string& more = {}) {
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + more);
        node_.start();
        boss_ = bearer("boss", "boss-secret");
    }
    std::string ask_for_token(const std::string& path, const std::string& user,
                              const std::string& password) {
        return ask("POST", path, {},
                   R"({"username":")" + user + R"(","password":")" + password + "\"}")
            .body;
    }
    std::string bearer(const std::string& user, const std::string& password) {
        const auto said = json::parse(ask_for_token("/identity/token", user, password));
        return "Authorization: Bearer " + std::string{said.at("data").at("token").as_string()};
    }
    HttpsAnswer ask(const std::string& method, const std::string& target,
                    std::vector<std::string> headers = {}, const std::string& body = {}) {
        if (!body.empty()) headers.emplace_back(json_content);
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    /// Everything is answered with 200; returns what is said.
    json::object say(const std::string& method, const std::string& target, const std::string& body,
                     const std::string& who) {
        const HttpsAnswer answer =
            ask(method, target, who.empty() ? std::vector<std::string>{} : std::vector{who}, body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json().as_object();
    }
    json::object say(const std::string& method, const std::string& target,
                     const std::string& body = {}) {
        return say(method, target, body, boss_);
    }
    std::string make_account(const std::string& name, const std::string& role) {
        const HttpsAnswer made =
            ask("PUT", "/api/v1/accounts/" + name, {boss_},
                R"({"role":")" + role + R"(","password":"some-secret","prefixes":["88.1"]})");
        EXPECT_EQ(made.status, 201) << made.body;
        return bearer(name, "some-secret");
    }

    Node node_;
    std::string boss_;
};

std::string message_of(const json::object& said) {
    return std::string{said.at("message").as_string()};
}

TEST_F(Snms, CreatesReadsUpdatesAndDeletesOneRecord) {
    start();
    EXPECT_EQ(say("POST", data_path, record("88.1/A")).at("status"), 1);
    const auto again = say("POST", data_path, record("88.1/A"));
    EXPECT_EQ(again.at("status"), -2);
    EXPECT_EQ(message_of(again), "标识已存在");
    EXPECT_EQ(json::serialize(say("GET", "/identityv2/data/detail?handle=88.1/A", {}, {})),
              R"({"message":"success","status":1,"data":{"code":"200","prefix":"88.1",)"
              R"("handle":"88.1/A","value":[{"data":{"format":"string","value":"piston"},)"
              R"("auth":"1","index":2000,"type":"name"}]}})");
    EXPECT_EQ(say("PUT", data_path, record("88.1/A", "ring")).at("status"), 1);
    EXPECT_THAT(json::serialize(say("GET", "/identityv2/data/detail?handle=88.1/a")),
                HasSubstr("ring"));
    EXPECT_EQ(say("DELETE", data_path, R"({"handle":"88.1/A"})").at("status"), 1);
    for (const auto& gone : {say("GET", "/identityv2/data/detail?handle=88.1/A"),
                             say("PUT", data_path, record("88.1/A")),
                             say("DELETE", data_path, R"({"handle":"88.1/A"})")}) {
        EXPECT_EQ(gone.at("status"), -2);
        EXPECT_EQ(message_of(gone), "标识不存在");
    }
}

TEST_F(Snms, AnUpdateLeavesWhatIsNoItem) {
    node_.import(R"({"handle":"88.1/K","values":[{"index":300,"type":"HS_SECKEY","data":"key",)"
                 R"("permissions":"1100"},{"index":2000,"type":"name","data":"old"},)"
                 R"({"index":2001,"type":"colour","data":"red"}]})"
                 "\n");
    start();
    EXPECT_EQ(say("PUT", data_path, record("88.1/K", "new")).at("status"), 1);
    const std::string seen = ask("GET", "/api/handles/88.1/K", {boss_}).body;
    EXPECT_THAT(seen, HasSubstr("HS_SECKEY"));
    EXPECT_THAT(seen, HasSubstr("new"));
    EXPECT_THAT(seen, Not(HasSubstr("colour")));
}

TEST_F(Snms, SaysWhoMayReadAValueByItsAuth) {
    start();
    EXPECT_EQ(say("POST", data_path,
                  record("88.1/H", "open",
                         R"(,{"index":2001,"type":"cost","auth":"0","data":)"
                         R"({"format":"string","value":12.5}},{"index":2002,"type":"parts",)"
                         R"("data":{"format":"string","value":["88.1/x","88.1/y"]}})"))
                  .at("status"),
              1);
    const std::string detail = "/identityv2/data/detail?handle=88.1/H";
    const std::string anybody = json::serialize(say("GET", detail, {}, {}));
    EXPECT_THAT(anybody, Not(HasSubstr("cost")));
    EXPECT_THAT(anybody, HasSubstr(R"([\"88.1/x\",\"88.1/y\"])"));
    EXPECT_THAT(json::serialize(say("GET", detail)), HasSubstr("12.5"));
    EXPECT_EQ(say("POST", data_path,
                  R"({"handle":"88.1/S","value":[{"index":2000,"type":"cost","auth":"0",)"
                  R"("data":"1"}]})")
                  .at("status"),
              1);
    EXPECT_EQ(say("GET", "/identityv2/data/detail?handle=88.1/S", {}, {}).at("status"), -1);
    const std::string friendly = make_account("friend", "partner");
    EXPECT_EQ(say("GET", "/identityv2/data/detail?handle=88.1/S", {}, friendly).at("status"), -3);
}

TEST_F(Snms, WritesABatchAndSaysOfEachRowWhatBecameOfIt) {
    start();
    const std::string firm = make_account("firm", "enterprise_application");
    say("POST", data_path, record("88.1/OLD"));
    const auto made =
        say("POST", "/identityv2/data/batchCreate",
            "[" + record("88.1/1") + "," + record("88.1/OLD") + "," + record("88.2/1") + "," +
                record("77.9/1") + "," +
                R"({"handle":"88.1/2","value":[{"index":1001,"type":"x","data":"1"}]})" + "," +
                record("88.1/1") + "," + record("88.1/3") + "]",
            firm);
    EXPECT_EQ(made.at("status"), 1);
    std::vector<std::string> messages;
    for (const auto& row : made.at("data").as_array()) {
        EXPECT_EQ(row.as_object().size(), 2U);
        messages.emplace_back(row.at("msg").as_string());
    }
    ASSERT_EQ(messages.size(), 7U);
    EXPECT_EQ(messages[0], "success");
    EXPECT_EQ(messages[1], "标识已存在");
    EXPECT_THAT(messages[2], HasSubstr("没有权限"));
    EXPECT_THAT(messages[3], HasSubstr("前缀不由本节点管理"));
    EXPECT_THAT(messages[4], HasSubstr("value[0].type: expected TEMPLATE"));
    EXPECT_EQ(messages[5], "标识已存在");
    EXPECT_EQ(messages[6], "success");
    const auto changed = say("PUT", "/identityv2/data/batchUpdate",
                             "[" + record("88.1/1", "b") + "," + record("88.1/NONE") + "]", firm);
    EXPECT_EQ(json::serialize(changed.at("data")),
              R"([{"handle":"88.1/1","msg":"success"},{"handle":"88.1/NONE","msg":"标识不存在"}])");
    EXPECT_EQ(json::serialize(
                  say("DELETE", "/identityv2/data/batchDelete", R"(["88.1/1","88.1/1"])", firm)
                      .at("data")),
              R"([{"handle":"88.1/1","code":1,"msg":"success"},)"
              R"({"handle":"88.1/1","code":-2,"msg":"标识不存在"}])");
    EXPECT_EQ(say("DELETE", "/identityv2/data/batchDelete", R"({"handles":["88.1/3"]})", firm)
                  .at("data")
                  .as_array()[0]
                  .at("code"),
              1);
}

TEST_F(Snms, TakesTwoThousandRowsAndNotOneMore) {
    start();
    const auto rows = [](int count) {
        std::string list = "[";
        for (int at = 0; at < count; ++at)
            list.append(at > 0 ? "," : "").append(record("88.1/P" + std::to_string(at)));
        return list + "]";
    };
    const auto refused = say("POST", "/identityv2/data/batchCreate", rows(2001));
    EXPECT_EQ(refused.at("status"), -2);
    EXPECT_THAT(message_of(refused), HasSubstr("1 to 2000 rows, found 2001"));
    EXPECT_EQ(say("GET", "/identityv2/data/detail?handle=88.1/P0").at("status"), -2);
    const std::uint64_t before = node_.sequence();
    const auto made = say("POST", "/identityv2/data/batchCreate", rows(2000));
    EXPECT_EQ(made.at("data").as_array().size(), 2000U);
    EXPECT_EQ(node_.sequence(), before + 2000);
    EXPECT_EQ(say("GET", "/identityv2/data/detail?handle=88.1/P1999").at("status"), 1);
}

TEST_F(Snms, SaysInChineseWhyItDoesNotDoSomething) {
    start();
    EXPECT_EQ(say("POST", data_path, record("88.1/A"), {}).at("status"), -1);
    EXPECT_EQ(say("POST", data_path, record("88.1/A"), "Authorization: Bearer x").at("status"), -1);
    EXPECT_EQ(
        message_of(json::parse(ask_for_token("/identity/token", "boss", "wrong")).as_object()),
        "用户名或密码错误");
    struct Case {
        std::string body;
        std::string part;
    };
    for (const Case& each : std::vector<Case>{
             {"{", "参数错误"},
             {"[]", "expected an object"},
             {R"({"handle":"88.1/A"})", "value: expected"},
             {R"({"handle":"88.1/A","value":[]})", "at least one"},
             {record("88.1/A", "x", R"(,{"index":2000,"type":"b","data":"1"})"), "2000 twice"},
             {record("88.1/A", "x", R"(,{"index":0,"type":"b","data":"1"})"), "value[1].index"},
             {record("88.1/A", "x", R"(,{"index":9,"type":"b","auth":"7","data":"1"})"),
              "value[1].auth"},
             {record("88.1/A", "x", R"(,{"index":9,"type":"TEMPLATE","data":"1"})"),
              "value[1].type"},
             {record("88.1/A", "x", R"(,{"index":9,"type":"b","data":{"value":{}}})"),
              "value[1].data"},
             {record("88.1/" + std::string(251, 'x')), "at most 255 octets, found 256"},
             {record("88." + std::string(62, '1') + "/x"), "at most 64 octets, found 65"}}) {
        const auto said = say("POST", data_path, each.body);
        EXPECT_EQ(said.at("status"), -2) << each.body;
        EXPECT_THAT(message_of(said), HasSubstr(each.part)) << each.body;
    }
    EXPECT_EQ(say("GET", "/identityv2/data/detail").at("status"), -2);
}

TEST_F(Snms, TakesAHashOfTheDayOnlyWhereTheOperatorAllowsIt) {
    const auto shown = [] {
        const auto now = static_cast<std::uint32_t>(std::time(nullptr));
        return hex_sha256(hex_sha256("new-secret") +
                          protocol::format_time(now + 8 * 3600).substr(0, 10));
    };
    const std::string path = "/identity/token/v1";
    start();
    EXPECT_THAT(ask_for_token(path, "boss", shown()), HasSubstr("snms.daily_hash"));
    node_.stop();
    start("snms: {daily_hash: true}\n");
    EXPECT_THAT(ask_for_token(path, "boss", shown()), HasSubstr("用户名或密码错误"));
    ask("PUT", "/api/v1/accounts/boss", {boss_}, R"({"password":"new-secret"})");
    EXPECT_EQ(json::parse(ask_for_token(path, "boss", shown())).at("status"), 1);
    EXPECT_THAT(ask_for_token(path, "boss", hex_sha256(hex_sha256("new-secret") + "2020-01-01")),
                HasSubstr("用户名或密码错误"));
    EXPECT_THAT(ask_for_token(path, "boss", "new-secret"), HasSubstr("用户名或密码错误"));
}

}  // namespace
}  // namespace idnode::end_to_end
