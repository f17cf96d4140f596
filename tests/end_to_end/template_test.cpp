#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* v5 = "/snms/api/v5/template";
constexpr const char* v3 = "/snms/api/v3/template";

constexpr const char* part = R"({"prefix":"88.1","version":"1.0","type":1,"description":"part",
    "items":[{"name":"partNumber","idType":"text","idIndex":2000,"required":true,"state":1,
              "metadata":{"type":"string","minLength":1,"maxLength":8}},
             {"name":"cost","idType":"number","idIndex":2001,"required":false,"state":1,
              "visibility":"own"}]})";

std::string part_row(std::string_view handle, std::string_view number, std::string_view more = {}) {
    return R"({"handle":")" + std::string{handle} +
           R"(","templateVersion":"1.0","value":[{"index":2000,"type":"partNumber","auth":"",)"
           R"("data":{"format":"string","value":")" +
           std::string{number} + R"("}})" + std::string{more} + "]}";
}

class Templates : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.home("88.2");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\ntemplates: {directory: '" +
                           std::string{IDNODE_SOURCE_DIR} + "/conf/templates'}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::string& who = {}) {
        return ask_once(node_.https(), method, target, who.empty() ? boss_ : who, body);
    }
    json::object say(const std::string& method, const std::string& target,
                     const std::string& body = {}, const std::string& who = {}) {
        return ask(method, target, body, who).json().as_object();
    }
    std::string resolve(const std::string& handle) {
        return run_idnode({"resolve", handle, "--server", format(node_.handle()), "--json"}).out;
    }

    Node node_;
    std::string boss_;
};

TEST_F(Templates, OfTheSnmsWalkThroughHoldTwoThousandPartsThatResolveOverUdp) {
    ASSERT_EQ(say("POST", v5, part).at("status"), 1);
    std::string rows = "[";
    for (int at = 0; at < 2000; ++at)
        rows.append(at > 0 ? "," : "")
            .append(part_row("88.1/P" + std::to_string(at), at == 7 ? "" : "N-1"));
    const auto made = say("POST", "/identityv2/data/batchCreate", rows + "]");
    ASSERT_EQ(made.at("status"), 1);
    int done = 0;
    for (const auto& row : made.at("data").as_array()) done += row.at("msg") == "success" ? 1 : 0;
    EXPECT_EQ(done, 1999);
    EXPECT_THAT(std::string{made.at("data").as_array()[7].at("msg").as_string()},
                HasSubstr("item 2000 \"partNumber\": minLength: expected at least 1, found \"\""));
    const auto detail = say("GET", "/identityv2/data/detail?handle=88.1/P1999");
    EXPECT_EQ(detail.at("data").at("templateVersion"), "1.0");
    EXPECT_THAT(resolve("88.1/P1999"), HasSubstr("N-1"));
    EXPECT_EQ(say("PUT", "/identityv2/data", part_row("88.1/P1", "N-2")).at("status"), 1);
    EXPECT_THAT(resolve("88.1/P1"), HasSubstr("N-2"));
    EXPECT_EQ(say("DELETE", "/identityv2/data", R"({"handle":"88.1/P1"})").at("status"), 1);
    EXPECT_THAT(resolve("88.1/P1"), Not(HasSubstr("N-2")));
}

TEST_F(Templates, HoldOnEveryWayThatRecordsCome) {
    say("POST", v5, part);
    const std::string values = R"([{"index":1001,"type":"TEMPLATE","data":"1.0"},)"
                               R"({"index":2000,"type":"partNumber","data":"much too long"}])";
    const std::string rule = "maxLength: expected at most 8";
    EXPECT_THAT(ask("PUT", "/api/handles/88.1/A", values).body, HasSubstr("maxLength"));
    EXPECT_THAT(
        ask("POST", "/api/v1/identifiers:batch", R"({"handle":"88.1/A","values":)" + values + "}\n")
            .body,
        HasSubstr(rule));
    EXPECT_THAT(std::string{say("POST", "/identityv2/data", part_row("88.1/A", "much too long"))
                                .at("message")
                                .as_string()},
                HasSubstr(rule));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/A").status, 404);
    EXPECT_EQ(say("POST", "/identityv2/data", part_row("88.1/A", "short")).at("status"), 1);
    EXPECT_EQ(ask("PUT", "/api/handles/88.1/A?index=2000",
                  R"([{"index":2000,"type":"partNumber","data":"123456789"}])")
                  .status,
              400);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/A?index=2000").status, 400);
}

TEST_F(Templates, HideTheValuesOfItemsThatAreNotForEverybody) {
    say("POST", v5, part);
    EXPECT_EQ(say("POST", "/identityv2/data",
                  part_row("88.1/A", "n", R"(,{"index":2001,"type":"cost","data":"17"})"))
                  .at("status"),
              1);
    EXPECT_THAT(resolve("88.1/A"), Not(HasSubstr("cost")));
    EXPECT_THAT(ask("GET", "/api/handles/88.1/A").body, HasSubstr("17"));
}

TEST_F(Templates, NeverChangeAVersionButByMoreItems) {
    EXPECT_EQ(say("POST", v3, part).at("status"), 1);
    EXPECT_EQ(say("POST", v5, part).at("status"), -2);
    const std::string more =
        R"({"prefix":"88.1","version":"1.0","items":[{"name":"colour","idIndex":2002}]})";
    EXPECT_EQ(say("PUT", v3, more).at("status"), -2);
    EXPECT_EQ(say("PUT", v5, more).at("status"), 1);
    const auto now = say("GET", std::string{v5} + "?prefix=88.1&version=1.0");
    EXPECT_EQ(now.at("data").at("items").as_array().size(), 3U);
    const auto refused = say(
        "PUT", v5, R"({"prefix":"88.1","version":"1.0","items":[{"name":"hue","idIndex":2002}]})");
    EXPECT_EQ(refused.at("status"), -2);
    EXPECT_THAT(std::string{refused.at("message").as_string()}, HasSubstr("item 2002 \"hue\""));
    EXPECT_EQ(say("DELETE", v5, R"({"prefix":"88.1","version":"1.0"})").at("status"), 1);
    EXPECT_EQ(say("DELETE", v5, R"({"prefix":"88.1","version":"1.0"})").at("status"), -2);
}

TEST_F(Templates, StayOnceARecordHasNamedThem) {
    const std::string key = R"({"prefix":"88.1","version":"1.0"})";
    say("POST", v5, part);
    EXPECT_EQ(say("POST", "/identityv2/data", part_row("88.1/A", "much too long")).at("status"),
              -2);
    EXPECT_EQ(say("DELETE", v5, key).at("status"), 1) << "nothing was registered by it";
    say("POST", v5, part);
    EXPECT_EQ(say("POST", "/identityv2/data", part_row("88.1/A", "n")).at("status"), 1);
    const auto refused = say("DELETE", v5, key);
    EXPECT_EQ(refused.at("status"), -2);
    EXPECT_THAT(std::string{refused.at("message").as_string()}, HasSubstr("模板版本已被标识使用"));
    const HttpsAnswer conflict = ask("DELETE", "/api/v1/templates?prefix=88.1&version=1.0");
    EXPECT_EQ(conflict.status, 409);
    EXPECT_EQ(conflict.json().at("field"), "version");
    EXPECT_EQ(say("GET", std::string{v5} + "?prefix=88.1&version=1.0").at("status"), 1);
    // Registered by the operator beside the running node.
    say("POST", v5, R"({"prefix":"88.1","version":"2.0","items":[{"name":"a","idIndex":2000}]})");
    const auto imported =
        node_.run({"import", "-", "--rejects", node_.directory().file("rejects")},
                  R"({"handle":"88.1/B","values":[{"index":1001,"type":"TEMPLATE","data":"2.0"}]})"
                  "\n"
                  R"({"handle":"88.1/C","values":[{"index":1001,"type":"TEMPLATE","data":"2.0"},)"
                  R"({"index":2000,"type":"b","data":"1"}]})"
                  "\n"
                  R"({"handle":"88.1/D","values":[{"index":1001,"type":"TEMPLATE","data":"3.0"}]})"
                  "\n");
    EXPECT_EQ(imported.exit_code, 4) << imported.err;
    EXPECT_THAT(imported.err, HasSubstr("line 2: item 2000 \"a\": name: expected this type"));
    EXPECT_THAT(imported.err, HasSubstr("line 3: template: expected the version of a template"));
    EXPECT_EQ(ask("GET", "/api/handles/88.1/C").status, 404);
    EXPECT_EQ(ask("GET", "/api/handles/88.1/B").status, 200);
    EXPECT_EQ(ask("DELETE", "/api/v1/templates?prefix=88.1&version=2.0").status, 409);
}

TEST_F(Templates, OfAPrefixTakeNoVersionThatStandsForEveryPrefix) {
    const auto publish = [&](const std::string& version) {
        return ask("POST", "/api/v1/templates",
                   R"({"prefix":"88.1","version":")" + version +
                       R"(","items":[{"name":"x","idIndex":2000}]})")
            .status;
    };
    EXPECT_EQ(publish("steel.coil/1"), 409);
    EXPECT_EQ(publish("mine.coil/1"), 201);
    const auto shared = [&](const std::string& prefix) {
        return ask("GET", "/api/v1/templates?version=steel.coil/1" + prefix).body;
    };
    EXPECT_THAT(shared(""), HasSubstr("steel.coil/1"));
    EXPECT_EQ(shared("&prefix=88.1"), shared("")) << "it is the one that its records may name";
}

TEST_F(Templates, ThatWereRemovedDoNotComeBackWithTheNextStart) {
    const auto status = [&] { return ask("GET", "/api/v1/templates?version=steel.coil/1").status; };
    ASSERT_EQ(ask("DELETE", "/api/v1/templates?version=steel.coil/1").status, 200);
    EXPECT_EQ(status(), 404);
    ASSERT_EQ(node_.stop(), 0);
    node_.start();
    EXPECT_EQ(status(), 404);
    EXPECT_EQ(ask("GET", "/api/v1/templates?version=steel.heat/1").status, 200);
}

TEST_F(Templates, AreTheirPrefixsOrThoseOfAllAndNobodyElsesToPublish) {
    ask("PUT", "/api/v1/accounts/firm",
        R"({"role":"enterprise_administrator","password":"some-secret","prefixes":["88.2"]})");
    HttpsConnection https{node_.https()};
    const std::string firm = log_in(https, "firm", "some-secret");
    EXPECT_EQ(ask("POST", "/api/v1/templates", part, firm).status, 403);
    EXPECT_EQ(ask("POST", "/api/v1/templates", part).status, 201);
    EXPECT_EQ(ask("POST", "/api/v1/templates", part).status, 409);
    const std::string heat = R"({"handle":"88.2/H","templateVersion":"steel.heat/1","value":[)"
                             R"({"index":2000,"type":"heatNumber","data":"H1"},)"
                             R"({"index":2001,"type":"grade","data":"Q235B"},)"
                             R"({"index":2002,"type":"tappedAt","data":"2026-11-25"}]})";
    EXPECT_EQ(say("POST", "/identityv2/data", heat, firm).at("status"), 1);
    EXPECT_EQ(say("POST", "/identityv2/data", part_row("88.2/A", "n"), firm).at("status"), -2);
    EXPECT_EQ(ask("GET", "/api/v1/templates?prefix=").json().as_array().size(), 10U);
    EXPECT_EQ(ask("GET", "/api/v1/templates?prefix=88.1").json().as_array().size(), 1U);
    EXPECT_EQ(ask("GET", "/api/v1/templates?prefix=88.1&version=9").status, 404);
}

/// An item of type reference is an edge, whatever its name.
TEST_F(Templates, MakeEdgesOfTheirReferenceItems) {
    const std::string heat = R"({"name":"heat","idType":"reference","idIndex":2002,"state":1})";
    say("POST", v5, R"({"prefix":"88.1","version":"c","items":[)" + heat + "]}");
    const auto coil = [&](const std::string& refers_to) {
        return R"({"handle":"88.1/COIL","templateVersion":"c","value":[{"index":2002,)"
               R"("type":"heat","auth":"","data":{"format":"string","value":")" +
               refers_to + R"("}}]})";
    };
    const auto found = [&](const std::string& from) {
        return ask("GET", "/api/v1/trace/" + from + "?direction=down").body;
    };
    EXPECT_EQ(say("POST", "/identityv2/data", coil("88.1/HEAT1")).at("status"), 1);
    EXPECT_THAT(found("88.1%2FHEAT1"), HasSubstr(R"("type":"reference")"));
    EXPECT_EQ(say("PUT", "/identityv2/data", coil("LATPAB071W1005301")).at("status"), 1);
    EXPECT_THAT(found("88.1%2FHEAT1"), Not(HasSubstr(R"("type":"reference")")));
    EXPECT_THAT(found("LATPAB071W1005301"), HasSubstr("88.1/COIL"));
    EXPECT_EQ(say("PUT", "/identityv2/data", coil("no identifier")).at("status"), -2);
    node_.import(R"({"handle":"88.1/COIL2","values":[{"index":1001,"type":"TEMPLATE","data":"c"},)"
                 R"({"index":2002,"type":"heat","data":"88.1/HEAT2"}]})"
                 "\n");
    EXPECT_THAT(found("88.1%2FHEAT2"), HasSubstr("88.1/COIL2"));
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

}  // namespace
}  // namespace idnode::end_to_end
