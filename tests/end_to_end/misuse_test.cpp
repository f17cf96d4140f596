#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>

#include "protocol/json/time_text.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

// What administration is asked for and must not do: each refusal has its status, says in which
// field, and leaves nothing half done.

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Misuse : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\n"
            "limits: {source_applications_burst: 100}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}, const std::string& who = {}) {
        return ask_once(node_.https(), method, target, who.empty() ? boss_ : who, body);
    }
    /// Sends it, and expects that it is refused, by that field, and that nothing was written.
    void refused(const std::string& method, const std::string& target, const std::string& body,
                 const std::string& field, int status = 400) {
        const std::uint64_t before = node_.sequence();
        const HttpsAnswer answer = ask(method, target, body);
        EXPECT_EQ(answer.status, status) << answer.body << body.substr(0, 200);
        const auto said = answer.json();
        const auto* const named = said.as_object().if_contains("field");
        EXPECT_EQ(named ? std::string{named->as_string()} : "", field) << answer.body;
        EXPECT_EQ(node_.sequence(), before) << body.substr(0, 200);
    }
    void taken(const std::string& method, const std::string& target, const std::string& body,
               int status = 201) {
        const HttpsAnswer answer = ask(method, target, body);
        EXPECT_EQ(answer.status, status) << answer.body;
    }
    std::string apply() {
        const HttpsAnswer answer =
            ask("POST", "/api/v1/enterprises", R"({"name":"a","creditCode":"91350200MA2YJ1XR9G"})");
        return std::string{answer.json().at("id").as_string()};
    }
    std::string act(const std::string& id, const std::string& act) {
        return "/api/v1/enterprises/" + id + "/" + act;
    }

    Node node_;
    std::string boss_;
};

std::string repeat(int count, const std::function<std::string(int)>& make) {
    std::string list;
    for (int at = 0; at < count; ++at) list.append(at > 0 ? "," : "").append(make(at));
    return list;
}

std::string item(int index, const std::string& name, const std::string& more = {}) {
    return R"({"name":")" + name + R"(","idIndex":)" + std::to_string(index) + more + "}";
}

std::string template_of(const std::string& items, const std::string& version = "1",
                        const std::string& more = {}) {
    return R"({"prefix":"88.1","version":")" + version + R"(","items":[)" + items + "]" + more +
           "}";
}

TEST_F(Misuse, OfTemplatesAtTheirLimitsAndPastThem) {
    int version = 0;
    const auto pair = [&](const std::function<std::string(const std::string&, int)>& make, int most,
                          const std::string& field) {
        taken("POST", "/api/v1/templates", make("v" + std::to_string(++version), most));
        refused("POST", "/api/v1/templates", make("v" + std::to_string(++version), most + 1),
                field);
    };
    const auto text = [](int size) { return std::string(static_cast<std::size_t>(size), 'x'); };
    pair(
        [&](auto name, int most) {
            return template_of(item(2000, "a"), name + text(most - static_cast<int>(name.size())));
        },
        64, "version");
    pair([&](auto name, int most) { return template_of(item(2000, text(most)), name); }, 64,
         "items[0].name");
    pair(
        [&](auto name, int most) {
            return template_of(item(2000, "a", R"(,"alias":")" + text(most) + '"'), name);
        },
        256, "items[0].alias");
    pair(
        [&](auto name, int most) {
            return template_of(item(2000, "a"), name, R"(,"description":")" + text(most) + '"');
        },
        1024, "description");
    pair([&](auto name, int most) { return template_of(item(most, "a"), name); }, 9999,
         "items[0].idIndex");
    pair(
        [&](auto name, int most) {
            return template_of(
                repeat(most, [](int at) { return item(2000 + at, "n" + std::to_string(at)); }),
                name);
        },
        200, "items");
    pair(
        [&](auto name, int most) {
            return template_of(
                item(2000, "a", R"(,"metadata":{"pattern":")" + text(most) + R"("})"), name);
        },
        256, "items[0].metadata.pattern");
    pair(
        [&](auto name, int most) {
            return template_of(
                item(2000, "a", R"(,"metadata":{"maxLength":)" + std::to_string(most) + "}"), name);
        },
        200'000, "items[0].metadata.maxLength");
}

TEST_F(Misuse, OfTemplatesAsBombs) {
    const auto pattern = [&](const std::string& text) {
        return template_of(item(2000, "a", R"(,"metadata":{"pattern":")" + text + R"("})"));
    };
    std::string counts;
    for (int each = 0; each < 8; ++each) counts += "[^x]{0,255}";
    for (const std::string& text :
         {std::string{"((((a{9}){9}){9}){9})"}, std::string{"(((a*{99})*{99})*{99})*{99}"}, counts,
          std::string{R"((a)\\1)"}, std::string{"a{1,99999}"}, std::string{"[a"},
          std::string{R"(a\u0000b)"}})
        refused("POST", "/api/v1/templates", pattern(text), "items[0].metadata.pattern");
    std::string deep = "1";
    for (int each = 0; each < 40; ++each) deep = "[" + deep + "]";
    refused("POST", "/api/v1/templates", template_of(item(2000, "a"), "1", R"(,"x":)" + deep), "");
    // The worst of what is allowed is over in a moment, whatever the value.
    std::string worst;
    for (int each = 0; each < 50; ++each) worst += "(.*a)";
    taken("POST", "/api/v1/templates", pattern(worst));
    const auto begun = std::chrono::steady_clock::now();
    const HttpsAnswer held = ask("PUT", "/api/handles/88.1/A",
                                 R"([{"index":1001,"type":"TEMPLATE","data":"1"},)"
                                 R"({"index":2000,"type":"a","data":")" +
                                     std::string(4000, 'a') + R"(b"}])");
    EXPECT_EQ(held.status, 400);
    EXPECT_THAT(held.body, HasSubstr("item 2000"));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{2});
    EXPECT_EQ(ask("GET", "/api/handles/88.1/A").status, 404);
}

TEST_F(Misuse, OfReferencesInACircleEndsNothing) {
    taken(
        "POST", "/api/v1/templates",
        template_of(item(2000, "REF.PART", R"(,"idType":"reference","metadata":{"maxLength":2})")));
    const auto put = [&](const std::string& handle, const std::string& to) {
        return ask("PUT", "/api/handles/" + handle,
                   R"([{"index":1001,"type":"TEMPLATE","data":"1"},)"
                   R"({"index":2000,"type":"REF.PART","data":")" +
                       to + R"("}])");
    };
    EXPECT_EQ(put("88.1/A", "88.1/B").status, 201);
    EXPECT_EQ(put("88.1/B", R"([\"88.1/C\",\"88.1/a\"])").status, 201);
    EXPECT_EQ(put("88.1/C", "88.1/C").status, 201) << "itself";
    EXPECT_THAT(put("88.1/D", R"([\"88.1/A\",\"88.1/B\",\"88.1/C\"])").body,
                HasSubstr("item 2000 \\\"REF.PART\\\": maxLength: expected at most 2"));
    const HttpsAnswer trace = ask("GET", "/api/v1/trace/hdl:88.1/A?direction=up");
    EXPECT_EQ(trace.status, 200);
    EXPECT_EQ(trace.json().at("nodes").as_array().size(), 3U) << trace.body;
    EXPECT_EQ(trace.json().at("truncated"), false);
}

TEST_F(Misuse, OfEnterprisesAtTheirLimitsAndPastThem) {
    const auto application = [](std::size_t size) {
        return R"({"name":")" + std::string(size, 'x') + R"(","creditCode":"1"})";
    };
    taken("POST", "/api/v1/enterprises", application(500));
    refused("POST", "/api/v1/enterprises", application(501), "name");
    refused("POST", "/api/v1/enterprises", R"({"name":"a\u0007","creditCode":"1"})", "name");
    const std::string id = apply();
    const auto prefixes = [](int count) {
        return R"({"prefixes":[)" +
               repeat(count, [](int at) { return "\"88.500." + std::to_string(at) + '"'; }) + "]}";
    };
    refused("POST", act(id, "approve"), prefixes(101), "prefixes");
    refused("POST", act(id, "approve"), R"({"reason":")" + std::string(501, 'x') + "\"}", "reason");
    refused("POST", act(id, "approve"),
            R"({"prefixes":[{"prefix":"88.6","delegateTo":"nowhere"}]})", "delegateTo");
    refused("POST", act(id, "approve"), R"({"account":{"username":"f","password":"short"}})",
            "password");
    refused("POST", act(id, "review"), R"({"prefixes":["88.6"]})", "prefixes");
    taken("POST", act(id, "approve"), prefixes(100), 200);
    refused("POST", act(id, "approve"), prefixes(1), "", 409);
    for (const std::string range :
         {R"({"parent":"88.7","from":5,"to":4})", R"({"parent":"88.7","from":-1,"to":4})",
          R"({"parent":"88.7","from":5,"to":1000000000})",
          R"({"parent":"88.7","from":1,"to":2,"width":10})",
          R"({"parent":"88..7","from":1,"to":2})"}) {
        const HttpsAnswer wrong = ask("POST", "/api/v1/prefix-ranges", range);
        EXPECT_EQ(wrong.status, 400) << range;
        EXPECT_TRUE(wrong.json().as_object().contains("field")) << range;
    }
    taken("POST", "/api/v1/prefix-ranges", R"({"parent":"88.7","from":5,"to":999999999})");
    refused("POST", "/api/v1/prefix-ranges", R"({"parent":"88.7","from":1,"to":5})", "from", 409);
}

TEST_F(Misuse, OfASuspendedEnterprisesToken) {
    const std::string id = apply();
    taken("POST", act(id, "approve"),
          R"({"prefixes":["88.9"],"account":{"username":"firm","password":"firm-secret"}})", 200);
    HttpsConnection https{node_.https()};
    const std::string firm = log_in(https, "firm", "firm-secret");
    const std::string row = R"({"handle":"88.9/A","value":[{"index":2000,"type":"n","data":"1"}]})";
    EXPECT_EQ(ask("POST", "/identityv2/data", row, firm).json().at("status"), 1);
    taken("POST", act(id, "suspend"), "{}", 200);
    const std::uint64_t before = node_.sequence();
    for (const std::string path : {"/identityv2/data", "/identityv2/data/batchCreate"}) {
        const auto said = ask("POST", path, path.ends_with("data") ? row : "[" + row + "]", firm);
        EXPECT_EQ(said.json().at("status"), -1) << said.body;
        EXPECT_THAT(std::string{said.json().at("message").as_string()}, HasSubstr("未登录"));
    }
    EXPECT_EQ(
        ask("POST", "/snms/api/v5/template", R"({"prefix":"88.9","version":"1","items":[]})", firm)
            .json()
            .at("status"),
        -1);
    EXPECT_EQ(ask("POST", "/api/v1/identifiers:batch", "{}\n", firm).status, 401);
    EXPECT_EQ(ask("POST", "/api/v1/grants",
                  R"({"prefix":"88.9","grantee":"account:boss","item":"n"})", firm)
                  .status,
              401);
    EXPECT_EQ(node_.sequence(), before);
}

TEST_F(Misuse, OfGrantsAtTheirLimitsAndPastThem) {
    ask("PUT", "/api/v1/accounts/friend", R"({"role":"partner","password":"some-secret"})");
    const auto grant = [](const std::string& item, const std::string& more = {}) {
        return R"({"prefix":"88.1","grantee":"account:friend","item":")" + item + '"' + more + '}';
    };
    taken("POST", "/api/v1/grants", grant(std::string(255, 'x')));
    refused("POST", "/api/v1/grants", grant(std::string(256, 'x')), "item");
    const auto now = static_cast<std::uint32_t>(std::time(nullptr));
    refused("POST", "/api/v1/grants",
            grant("cost", R"(,"expires":")" + protocol::format_time(now - 1) + '"'), "expires");
    refused("POST", "/api/v1/grants", R"({"prefix":"88.1","grantee":"group:nobody","item":"cost"})",
            "grantee");
    HttpsConnection https{node_.https()};
    for (int each = 1; each < 1000; ++each)
        ASSERT_EQ(https
                      .ask({.method = "POST",
                            .target = "/api/v1/grants",
                            .headers = {boss_, json_content},
                            .body = grant("i" + std::to_string(each))})
                      .status,
                  201);
    refused("POST", "/api/v1/grants", grant("one-more"), "item");
    taken("POST", "/api/v1/grants", grant("I7", R"(,"right":"edit")"));
    const auto members = [](int count) {
        return R"({"members":[)" + repeat(count, [](int) { return R"("account:friend")"; }) + "]}";
    };
    taken("PUT", "/api/v1/groups/chain", members(1000), 200);
    refused("PUT", "/api/v1/groups/chain", members(1001), "members");
    refused("PUT", "/api/v1/groups/chain", R"({"members":["account:friend","account:nobody"]})",
            "members");
    refused("PUT", "/api/v1/groups/chain", R"({"members":["group:chain"]})", "members");
}

TEST_F(Misuse, OfLettersThatLookLikeOthers) {
    const std::string id = apply();
    // A digit of full width, an a of Cyrillic, a dot of full width.
    for (const std::string prefix : {"88.９", "88.\xd0\xb0", "88．9", "88.9 "})
        refused("POST", act(id, "approve"), R"({"prefixes":[")" + prefix + "\"]}", "prefixes");
    refused("POST", "/api/v1/prefix-ranges", R"({"parent":"88.９","from":1,"to":2})", "parent");
    taken("POST", act(id, "approve"), R"({"prefixes":["88.Abc"]})", 200);
    refused("POST", act(apply(), "approve"), R"({"prefixes":["88.aBC"]})", "prefixes", 409);
    for (const std::string name : {"b\xd0\xbess", "ｂoss", "boss%20"})
        EXPECT_EQ(
            ask("PUT", "/api/v1/accounts/" + name, R"({"role":"partner","password":"some-secret"})")
                .status,
            400)
            << name;
    HttpsConnection https{node_.https()};
    EXPECT_NO_THROW(log_in(https, "BOSS", "boss-secret")) << "names of accounts know no case";
    // Handles are what they are: case is nothing to them, and a letter of another script is
    // another.
    const std::string values = R"([{"index":1,"type":"URL","data":"u"}])";
    EXPECT_EQ(ask("PUT", "/api/handles/88.abc/Part", values).status, 201);
    EXPECT_EQ(ask("PUT", "/api/handles/88.ABC/pART?overwrite=false", values).status, 409);
    EXPECT_EQ(ask("PUT", "/api/handles/88.ABC/P%D0%B0rt?overwrite=false", values).status, 201);
    EXPECT_THAT(ask("GET", "/api/v1/lookup?code=88.abc/part").body,
                AllOf(HasSubstr("88.abc/Part"), HasSubstr("\"found\":1")));
    EXPECT_THAT(ask("GET", "/api/v1/lookup?code=L%D0%90TPAB071W1005301").body,
                Not(HasSubstr("vin")));
}

}  // namespace
}  // namespace idnode::end_to_end
