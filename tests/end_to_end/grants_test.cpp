#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <ctime>
#include <thread>

#include "protocol/json/time_text.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Grants : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.home("88.2");
        node_.import(R"({"handle":"88.1/A","values":[{"index":2000,"type":"name","data":"piston"},)"
                     R"({"index":2001,"type":"cost","data":"hidden-cost","permissions":"1100"},)"
                     R"({"index":2002,"type":"order","data":"hidden-order","permissions":"1100"},)"
                     R"({"index":300,"type":"HS_SECKEY","data":"key-of-a","permissions":"1100"}]})"
                     "\n");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
        owner_ = account("owner", "enterprise_administrator", R"(["88.1"])");
        other_ = account("other", "enterprise_administrator", R"(["88.2"])");
        friend_ = account("friend", "partner", "[]");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target, const std::string& who,
                    const std::string& body = {}) {
        return ask_once(node_.https(), method, target, who, body);
    }
    std::string account(const std::string& name, const std::string& role,
                        const std::string& prefixes) {
        EXPECT_EQ(ask("PUT", "/api/v1/accounts/" + name, boss_,
                      R"({"role":")" + role + R"(","password":"some-secret","prefixes":)" +
                          prefixes + '}')
                      .status,
                  201);
        HttpsConnection https{node_.https()};
        return log_in(https, name, "some-secret");
    }
    HttpsAnswer give(const std::string& grantee, const std::string& item,
                     const std::string& more = {}, const std::string& who = {}) {
        return ask("POST", "/api/v1/grants", who.empty() ? owner_ : who,
                   R"({"prefix":"88.1","grantee":")" + grantee + R"(","item":")" + item + '"' +
                       more + '}');
    }
    /// What somebody sees of the record, on each way to it.
    std::vector<std::string> views(const std::string& who) {
        return {ask("GET", "/api/handles/88.1/A", who).body,
                ask("POST", "/api/v1/resolve:batch", who, R"(["88.1/A"])").body,
                ask("GET", "/identityv2/data/detail?handle=88.1/A", who).body};
    }

    Node node_;
    std::string boss_, owner_, other_, friend_;
};

TEST_F(Grants, ShowToPartnersWhatWasGrantedAndNothingElse) {
    for (const std::string& seen : views(friend_))
        EXPECT_THAT(seen, AllOf(HasSubstr("piston"), Not(HasSubstr("hidden"))));
    EXPECT_EQ(give("account:friend", "COST").status, 201);
    for (const std::string& seen : views(friend_))
        EXPECT_THAT(seen, AllOf(HasSubstr("hidden-cost"), Not(HasSubstr("hidden-order")),
                                Not(HasSubstr("key-of-a"))));
    for (const std::string& seen : views({})) EXPECT_THAT(seen, Not(HasSubstr("hidden")));
    for (const std::string& seen : views(other_)) EXPECT_THAT(seen, Not(HasSubstr("hidden")));
    EXPECT_EQ(give("account:other", "*").status, 201);
    for (const std::string& seen : views(other_))
        EXPECT_THAT(seen, AllOf(HasSubstr("hidden-cost"), HasSubstr("hidden-order"),
                                Not(HasSubstr("key-of-a"))));
}

TEST_F(Grants, LetItemsBeUpdatedBySnmsAndLeaveWhatStandsBesideThem) {
    ASSERT_EQ(ask("POST", "/api/v1/templates", owner_,
                  R"({"prefix":"88.1","version":"1.0","items":[)"
                  R"({"name":"cost","idIndex":2001,"visibility":"granted"}]})")
                  .status,
              201);
    const auto row = [](const std::string& cost) {
        return R"({"handle":"88.1/B","templateVersion":"1.0","value":[{"index":2001,)"
               R"("type":"cost","auth":"0","data":{"format":"string","value":")" +
               cost + "\"}}]}";
    };
    const auto say = [&](const std::string& method, const std::string& who,
                         const std::string& cost) {
        return ask(method, "/identityv2/data", who, row(cost)).json().at("status").as_int64();
    };
    ASSERT_EQ(say("POST", owner_, "1"), 1);
    ASSERT_EQ(ask("PUT", "/api/handles/88.1/B?index=various", owner_,
                  R"([{"index":300,"type":"HS_SECKEY","data":"key-of-b","permissions":"1100"}])")
                  .status,
              201);
    EXPECT_NE(say("PUT", friend_, "2"), 1);
    give("account:friend", "cost", R"(,"right":"edit")");
    EXPECT_EQ(say("PUT", friend_, "2"), 1);
    const std::string seen = ask("GET", "/api/handles/88.1/B", boss_).body;
    EXPECT_THAT(seen, AllOf(HasSubstr(R"("index":300)"), HasSubstr(R"("value":"2")")));
}

TEST_F(Grants, OfAllDoNotHoldForWhatATemplateSaysIsTheOwnersOwn) {
    ASSERT_EQ(ask("POST", "/api/v1/templates", owner_,
                  R"({"prefix":"88.1","version":"1.0","items":[)"
                  R"({"name":"order","idIndex":2002,"visibility":"granted"},)"
                  R"({"name":"cost","idIndex":2001,"visibility":"own"}]})")
                  .status,
              201);
    give("account:friend", "*");
    for (const std::string& seen : views(friend_))
        EXPECT_THAT(seen, AllOf(HasSubstr("hidden-order"), Not(HasSubstr("hidden-cost"))));
    give("account:friend", "cost");
    for (const std::string& seen : views(friend_)) EXPECT_THAT(seen, HasSubstr("hidden-cost"));
    ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend&item=cost", owner_);
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden-cost")));
    // It was nobody's template.
    ASSERT_EQ(ask("DELETE", "/api/v1/templates?prefix=88.1&version=1.0", owner_).status, 200);
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
}

TEST_F(Grants, MayBeOfOneRecordAlone) {
    node_.import(R"({"handle":"88.1/B","values":[{"index":1,"type":"cost","data":"cost-of-b",)"
                 R"("permissions":"1100"}]})"
                 "\n");
    EXPECT_EQ(give("account:friend", "cost", R"(,"handle":"88.2/B")").status, 400);
    EXPECT_EQ(give("account:friend", "cost", R"(,"handle":"88.1/b")").status, 201);
    const auto seen = [&] {
        return ask("POST", "/api/v1/resolve:batch", friend_, R"(["88.1/A","88.1/B"])").body;
    };
    EXPECT_THAT(seen(), AllOf(HasSubstr("cost-of-b"), Not(HasSubstr("hidden"))));
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden")));
    give("account:friend", "cost");
    EXPECT_THAT(seen(), AllOf(HasSubstr("cost-of-b"), HasSubstr("hidden-cost")));
    EXPECT_THAT(ask("GET", "/api/v1/grants?prefix=88.1", owner_).body,
                HasSubstr(R"("handle":"88.1/b")"));
    EXPECT_EQ(
        ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend&handle=88.1/B", owner_)
            .status,
        204);
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
}

TEST_F(Grants, GoWithTheAccountThatTheyWereGivenTo) {
    ASSERT_EQ(
        ask("PUT", "/api/v1/groups/chain", owner_, R"({"members":["account:friend"]})").status,
        200);
    give("account:friend", "cost");
    give("group:chain", "order");
    EXPECT_THAT(views(friend_).front(), AllOf(HasSubstr("hidden-cost"), HasSubstr("hidden-order")));
    ASSERT_EQ(ask("DELETE", "/api/v1/accounts/friend", boss_).status, 204);
    const std::string another = account("friend", "partner", "[]");
    for (const std::string& seen : views(another)) EXPECT_THAT(seen, Not(HasSubstr("hidden")));
    EXPECT_THAT(ask("GET", "/api/v1/groups/chain", owner_).body, HasSubstr(R"("members":[])"));
}

TEST_F(Grants, AreRevoked) {
    give("account:friend", "cost");
    give("account:friend", "order");
    EXPECT_EQ(
        ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend&item=cost", other_).status,
        403);
    EXPECT_EQ(
        ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend&item=cost", owner_).status,
        204);
    EXPECT_THAT(views(friend_).front(),
                AllOf(HasSubstr("hidden-order"), Not(HasSubstr("hidden-cost"))));
    EXPECT_EQ(ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend", owner_).status,
              204);
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden")));
    EXPECT_EQ(ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend", owner_).status,
              404);
}

TEST_F(Grants, CountAtOnceForWhoeverWasKnownByHisToken) {
    // The first question goes to administration, from then on the worker knows who asks.
    const auto see = [&](const std::string& path = "/api/handles/88.1/A") {
        ask("GET", path, friend_);
        const double before = node_.metric("idnode_api_responses_total");
        const HttpsAnswer seen = ask("GET", path, friend_);
        return std::pair{seen, node_.metric("idnode_api_responses_total") == before};
    };
    EXPECT_THAT(see().first.body, AllOf(HasSubstr("piston"), Not(HasSubstr("hidden"))));
    EXPECT_TRUE(see().second);
    give("account:friend", "cost");
    EXPECT_THAT(see().first.body, HasSubstr("hidden-cost"));
    EXPECT_EQ(see("/api/handles/88.1/A?type=order").first.status, 403);
    EXPECT_EQ(see("/api/handles/88.1/none").first.status, 404);
    EXPECT_EQ(ask("HEAD", "/api/handles/88.1/A", friend_).status, 200);
    ask("DELETE", "/api/v1/grants?prefix=88.1&grantee=account:friend", owner_);
    EXPECT_THAT(ask("GET", "/api/handles/88.1/A", friend_).body, Not(HasSubstr("hidden")));
    EXPECT_TRUE(see().second);
    HttpConnection clear{node_.http()};
    clear.send("GET /api/handles/88.1/A HTTP/1.1\r\nHost: a\r\n" + friend_ + "\r\n\r\n");
    EXPECT_EQ(clear.receive().status, 403) << "a token in the clear";
    ask("PUT", "/api/v1/accounts/friend", boss_, R"({"role":"partner","enabled":false})");
    EXPECT_EQ(ask("GET", "/api/handles/88.1/A", friend_).status, 401);
}

TEST_F(Grants, EndAtTheirSecond) {
    const auto now = static_cast<std::uint32_t>(std::time(nullptr));
    give("account:friend", "cost", R"(,"expires":")" + protocol::format_time(now + 3) + '"');
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
    while (std::time(nullptr) < static_cast<std::time_t>(now) + 3)
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden-cost")));
}

TEST_F(Grants, HoldForGroupsThatSeveralEnterprisesShare) {
    EXPECT_EQ(
        ask("PUT", "/api/v1/groups/chain", other_, R"({"members":["account:friend"]})").status,
        200);
    EXPECT_EQ(give("group:chain", "cost").status, 201);
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
    EXPECT_EQ(ask("PUT", "/api/v1/groups/chain", owner_, R"({"members":[]})").status, 403);
    EXPECT_EQ(ask("GET", "/api/v1/groups/chain", owner_).status, 403);
    EXPECT_EQ(ask("PUT", "/api/v1/groups/chain", other_, R"({"members":[]})").status, 200);
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden-cost")));
    EXPECT_EQ(ask("DELETE", "/api/v1/groups/chain", other_).status, 204);
    EXPECT_EQ(give("group:chain", "cost").status, 400);
}

TEST_F(Grants, ToADeletedGroupAreNotForWhoeverTakesItsName) {
    const std::string members = R"({"members":["account:friend"]})";
    ask("PUT", "/api/v1/groups/chain", other_, members);
    give("group:chain", "cost");
    EXPECT_EQ(ask("DELETE", "/api/v1/groups/chain", other_).status, 204);
    EXPECT_EQ(ask("DELETE", "/api/v1/groups/chain", other_).status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/groups/chain", other_).status, 404);
    const std::string third = account("third", "enterprise_administrator", "[]");
    EXPECT_EQ(ask("PUT", "/api/v1/groups/chain", third, members).status, 403);
    EXPECT_THAT(views(friend_).front(), Not(HasSubstr("hidden-cost")));
    EXPECT_EQ(ask("PUT", "/api/v1/groups/chain", other_, members).status, 200);
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
}

TEST_F(Grants, ToAGroupAreNotLostToOtherGroupsOfWhichOneWasMadeAMember) {
    const std::string members = R"({"members":["account:friend"]})";
    ask("PUT", "/api/v1/groups/steel", other_, members);
    give("group:steel", "cost");
    const std::string third = account("third", "enterprise_administrator", "[]");
    for (int number = 1; number <= 31; ++number)
        EXPECT_EQ(ask("PUT", "/api/v1/groups/0" + std::to_string(number), third, members).status,
                  200);
    const HttpsAnswer refused = ask("PUT", "/api/v1/groups/032", third, members);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("at most 32 groups"));
    EXPECT_EQ(ask("PUT", "/api/v1/groups/031", third, members).status, 200);
    EXPECT_THAT(views(friend_).front(), HasSubstr("hidden-cost"));
}

TEST_F(Grants, ToEditLetValuesBeChangedAndNoOthers) {
    const auto put = [&](std::string_view type, std::string_view permissions = "1100",
                         std::string_view query = "?index=various") {
        const std::string index = type == "cost" ? "2001" : "2002";
        return ask("PUT", "/api/handles/88.1/A" + std::string{query}, friend_,
                   R"([{"index":)" + index + R"(,"type":")" + std::string{type} +
                       R"(","data":"new","permissions":")" + std::string{permissions} + R"("}])")
            .status;
    };
    give("account:friend", "cost");
    EXPECT_EQ(put("cost"), 403);
    give("account:friend", "cost", R"(,"right":"edit")");
    EXPECT_EQ(put("cost"), 200);
    EXPECT_EQ(put("order"), 403);
    EXPECT_EQ(put("cost", "1110"), 403);
    EXPECT_EQ(put("cost", "1100", ""), 403);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/A?index=2002", friend_).status, 403);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/A", friend_).status, 403);
    EXPECT_EQ(
        ask("PUT", "/api/handles/88.1/NEW", friend_, R"([{"index":2001,"type":"cost","data":"1"}])")
            .status,
        403);
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/A?index=2001", friend_).status, 200);
}

TEST_F(Grants, ToEditDoNotReachWhatAdministratorsMayNotWrite) {
    node_.import(R"({"handle":"88.1/B","values":[{"index":1,"type":"seal","data":"first",)"
                 R"("permissions":"1010"},{"index":2,"type":"seal","data":"s"}]})"
                 "\n");
    give("account:friend", "seal", R"(,"right":"edit")");
    const auto replace = [&](const std::string& first, const std::string& second) {
        return ask("PUT", "/api/handles/88.1/B", friend_,
                   R"([{"index":1,"type":"seal","data":")" + first +
                       R"(","permissions":"1010"},{"index":2,"type":"seal","data":")" + second +
                       "\"}]")
            .status;
    };
    EXPECT_EQ(replace("forged", "s"), 403);
    EXPECT_EQ(replace("first", "t"), 200);
    EXPECT_EQ(
        ask("PUT", "/api/handles/88.1/B", friend_, R"([{"index":2,"type":"seal","data":"t"}])")
            .status,
        403);
}

TEST_F(Grants, HoldOverTheHandleProtocolForTheKeyOfAnAccount) {
    const Credentials key{{"88.2/KEY", 300}, "a secret of the friend"};
    EXPECT_EQ(ask("PUT", "/api/handles/88.2/KEY", boss_,
                  R"([{"index":300,"type":"HS_SECKEY","permissions":"1100","data":")" + key.secret +
                      R"("}])")
                  .status,
              201);
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/friend", boss_, R"({"identity":"300:88.2/KEY"})").status,
              200);
    UdpSocket udp{node_.handle()};
    const auto read = [&] {
        constexpr std::uint32_t everything = usual_flags & ~protocol::op_flag::public_only;
        return operate(over(udp), 1, encode_body({.handle = "88.1/A", .flags = everything}), key,
                       everything);
    };
    const auto edit = [&] {
        protocol::Value value;
        value.index = 2001;
        value.type = "cost";
        value.data = "changed";
        value.permissions = 0x0c;
        return operate(over(udp), 104, values_body("88.1/A", {value}), key);
    };
    EXPECT_EQ(read().code(), 401U);
    EXPECT_EQ(edit().code(), 401U);
    give("account:friend", "cost", R"(,"right":"edit")");
    EXPECT_EQ(edit().code(), 1U);
    const Answer seen = read();
    EXPECT_EQ(seen.code(), 1U);
    EXPECT_THAT(seen.body, AllOf(HasSubstr("changed"), Not(HasSubstr("hidden-order")),
                                 Not(HasSubstr("key-of-a"))));
    ask("PUT", "/api/v1/accounts/friend", boss_, R"({"enabled":false})");
    EXPECT_EQ(read().code(), 403U) << "the key of an account that is disabled";
    EXPECT_EQ(edit().code(), 403U);
}

TEST_F(Grants, AreGivenByWhoHasThePrefixToSomebodyThereIs) {
    EXPECT_EQ(give("account:friend", "cost", {}, other_).status, 403);
    struct Case {
        HttpsAnswer answer;
        std::string field;
    };
    for (const Case& each :
         std::vector<Case>{{give("account:nobody", "cost"), "grantee"},
                           {give("enterprise:nobody", "cost"), "grantee"},
                           {give("enterprise:waiting", "cost"), "grantee"},
                           {give("everybody", "cost"), "grantee"},
                           {give("account:friend", ""), "item"},
                           {give("account:friend", "cost", R"(,"right":"own")"), "right"},
                           {give("account:friend", "cost", R"(,"expires":"soon")"), "expires"}}) {
        EXPECT_EQ(each.answer.status, 400) << each.field;
        EXPECT_THAT(each.answer.body, HasSubstr(each.field));
    }
    give("account:friend", "cost");
    EXPECT_THAT(ask("GET", "/api/v1/grants?prefix=88.1", owner_).body,
                HasSubstr(R"("grantee":"account:friend","item":"cost","right":"view")"));
    EXPECT_EQ(ask("GET", "/api/v1/grants?prefix=88.1", friend_).status, 403);
}

}  // namespace
}  // namespace idnode::end_to_end
