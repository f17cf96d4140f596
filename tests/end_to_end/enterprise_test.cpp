#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>

#include "tests/end_to_end/enterprise_fixture.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Enterprises, ApplyAreApprovedRegisterAndAreResolvable) {
    const std::string id = apply();
    EXPECT_EQ(state_of(id), "applied");
    EXPECT_EQ(act(id, "review").status, 200);
    EXPECT_EQ(state_of(id), "reviewing");
    EXPECT_EQ(
        act(id, "approve", R"({"prefixes":["88.118.0042"],)" + std::string{account} + "}").status,
        200);
    const std::string own = firm();
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.0042/A", own, url_body).status, 201);
    EXPECT_THAT(resolve("88.118.0042/A").out, HasSubstr("example.org"));
    EXPECT_EQ(ask("PUT", "/api/handles/88.2/A", own, url_body).status, 403);
    EXPECT_THAT(ask("GET", std::string{path} + "/" + id, own).body, HasSubstr("88.118.0042"));
    EXPECT_THAT(ask("GET", std::string{path} + "/" + id).body, Not(HasSubstr("creditCode")));
}

TEST_F(Enterprises, WhenSuspendedLoseEverythingAtOnceAndGetItBack) {
    const std::string id = apply();
    act(id, "approve", R"({"prefixes":["88.118.1"],)" + std::string{account} + "}");
    const std::string own = firm();
    ask("PUT", "/api/handles/88.118.1/A", own, url_body);
    EXPECT_EQ(act(id, "suspend", R"({"reason":"费用未缴"})").status, 200);
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/B", own, url_body).status, 401);
    EXPECT_THROW(firm(), std::runtime_error);
    const Outcome refused = resolve("88.118.1/A");
    EXPECT_EQ(refused.exit_code, 5);
    EXPECT_THAT(refused.out + refused.err, HasSubstr("suspended"));
    EXPECT_EQ(act(id, "resume").status, 200);
    EXPECT_THAT(resolve("88.118.1/A").out, HasSubstr("example.org"));
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/B", own, url_body).status, 201);
    EXPECT_EQ(act(id, "close").status, 200);
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/C", own, url_body).status, 401);
    EXPECT_THAT(resolve("88.118.1/A").out, Not(HasSubstr("example.org")));
}

TEST_F(Enterprises, LeaveNothingToAnAccountThatIsTakenOutOfThem) {
    const std::string id = apply();
    act(id, "approve", R"({"prefixes":["88.118.1"],)" + std::string{account} + "}");
    const std::string own = firm();
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/A", own, url_body).status, 201);
    const HttpsAnswer out = ask("PUT", "/api/v1/accounts/firm", boss_, R"({"enterprise":""})");
    EXPECT_EQ(out.status, 200);
    EXPECT_THAT(out.body, HasSubstr(R"("prefixes":[])"));
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/B", own, url_body).status, 403);
    const HttpsAnswer in =
        ask("PUT", "/api/v1/accounts/firm", boss_, R"({"enterprise":")" + id + "\"}");
    EXPECT_THAT(in.body, HasSubstr(R"("prefixes":["88.118.1"])"));
    EXPECT_EQ(ask("PUT", "/api/handles/88.118.1/B", own, url_body).status, 201);
}

TEST_F(Enterprises, AreDecidedOnOnce) {
    const std::string id = apply();
    EXPECT_EQ(act(id, "suspend").status, 409);
    EXPECT_EQ(act(id, "approve", R"({"prefixes":["88.118.1"]})").status, 200);
    EXPECT_EQ(act(id, "approve", R"({"prefixes":["88.118.2"]})").status, 409);
    EXPECT_EQ(act(id, "refuse").status, 409);
    const std::string other = apply();
    EXPECT_EQ(act(other, "refuse", R"({"reason":"材料不全"})").status, 200);
    EXPECT_EQ(act(other, "approve").status, 409);
    EXPECT_EQ(act("nobody", "approve").status, 404);
    EXPECT_EQ(act("waiting", "approve").status, 404);
    EXPECT_EQ(act(id, "praise").status, 404);
    EXPECT_THAT(ask("GET", std::string{path} + "?state=refused", boss_).body,
                HasSubstr("材料不全"));
}

TEST_F(Enterprises, WhenClosedLeaveNeitherGrantsNorKeysToWhoeverGetsThePrefixNext) {
    const std::string first = apply();
    act(first, "approve", R"({"prefixes":["88.118.1"],)" + std::string{account} + "}");
    const std::string own = firm();
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/buyer", boss_,
                  R"({"role":"partner","password":"some-secret"})")
                  .status,
              201);
    const std::string grant = R"({"prefix":"88.118.1","grantee":"account:buyer","item":"*"})";
    EXPECT_EQ(ask("POST", "/api/v1/grants", own, grant).status, 201);
    EXPECT_EQ(ask("PUT", "/api/v1/visibility/88.118.1", own, R"({"hidden":"cut"})").status, 200);
    node_.import(
        R"({"handle":"0.NA/88.118.1","values":[{"index":300,"type":"HS_SECKEY","data":"key",)"
        R"("permissions":"1100"},{"index":1,"type":"DESC","data":"firm"}]})"
        "\n");
    EXPECT_EQ(ask("GET", "/api/handles/0.NA/88.118.1", boss_).status, 200);
    EXPECT_EQ(act(first, "close").status, 200);
    const std::string second = apply();
    EXPECT_EQ(act(second, "approve", R"({"prefixes":["88.118.1"]})").status, 200);
    EXPECT_THAT(ask("GET", "/api/v1/grants?prefix=88.118.1", boss_).body, Not(HasSubstr("buyer")));
    EXPECT_EQ(ask("GET", "/api/v1/visibility/88.118.1", boss_).status, 404);
    EXPECT_NE(ask("GET", "/api/handles/0.NA/88.118.1", boss_).status, 200);
}

TEST_F(Enterprises, GetPrefixesThatNobodyElseHas) {
    const std::string range = R"({"parent":"88.300","from":10,"to":11,"width":4})";
    EXPECT_EQ(ask("POST", "/api/v1/prefix-ranges", boss_, range).status, 201);
    for (const std::string taken :
         {R"({"parent":"88.300","from":11,"to":20})", R"({"parent":"88.300.0010","from":1,"to":2})",
          R"({"parent":"88","from":300,"to":300})"})
        EXPECT_EQ(ask("POST", "/api/v1/prefix-ranges", boss_, taken).status, 409) << taken;
    const std::string first = apply();
    const HttpsAnswer given =
        act(first, "approve", R"({"prefixes":[{"parent":"88.300"},{"parent":"88.300"}]})");
    EXPECT_THAT(given.body, HasSubstr(R"(["88.300.0010","88.300.0011"])"));
    const std::string second = apply();
    for (const std::string wrong : {R"([{"parent":"88.300"}])", R"(["88.300.0010"])",
                                    R"(["88.300.0010.5"])", R"(["88.2"])", R"(["88.5","88.5"])"}) {
        const HttpsAnswer refused = act(second, "approve", R"({"prefixes":)" + wrong + "}");
        EXPECT_EQ(refused.status, 409) << wrong;
        EXPECT_THAT(refused.body, HasSubstr("prefixes")) << wrong;
    }
    EXPECT_EQ(state_of(second), "applied");
    EXPECT_EQ(act(second, "approve", R"({"prefixes":["88..5"]})").status, 400);
    EXPECT_EQ(act(first, "allot", R"({"prefixes":["88.300.0010.5"]})").status, 200);
}

TEST_F(Enterprises, ShareNoBranchOfPrefixesWithAnother) {
    node_.do_run({"prefix", "delegate", "88.50", "--to", "127.0.0.1:1"});
    node_.do_run({"prefix", "delegate", "88.51.1", "--to", "127.0.0.1:1"});
    EXPECT_EQ(ask("POST", "/api/v1/prefix-ranges", boss_, R"({"parent":"88.60.1","from":1,"to":9})")
                  .status,
              201);
    const std::string first = apply();
    EXPECT_EQ(act(first, "approve",
                  R"({"prefixes":["88.118.8","88.2.7",{"prefix":"88.40.1",)"
                  R"("delegateTo":"127.0.0.1:1"}]})")
                  .status,
              200)
        << "below a prefix of the node's own";
    const std::string second = apply();
    struct Case {
        std::string wanted, said;
    };
    const std::string of_first = "which belongs to the enterprise " + first;
    for (const Case& each : std::vector<Case>{
             {"88.118.8", "found 88.118.8, " + of_first},
             {"88.118", "found 88.118, which stands above 88.118.8, " + of_first},
             {"88.118.8.1.2", "found 88.118.8.1.2, which stands under 88.118.8, " + of_first},
             {"88.40", "found 88.40, which stands above 88.40.1, " + of_first},
             {"88.40.1.1", "found 88.40.1.1, which stands under 88.40.1, " + of_first},
             {"88.2", "found 88.2, which belongs to this node"},
             {"88", "found 88, which stands above 88."},
             {"88.50", "found 88.50, which is delegated to another node"},
             {"88.50.1", "which stands under 88.50, which is delegated to another node"},
             {"88.51", "which stands above 88.51.1, which is delegated to another node"},
             {"88.60", "which stands above the range 88.60.1.1 to 88.60.1.9"},
             {"88.60.1", "which stands above the range 88.60.1.1 to 88.60.1.9"}}) {
        const HttpsAnswer refused =
            act(second, "approve", R"({"prefixes":["88.70",")" + each.wanted + R"("]})");
        EXPECT_EQ(refused.status, 409) << each.wanted;
        EXPECT_THAT(refused.body, HasSubstr(each.said));
        EXPECT_EQ(refused.json().at("field"), "prefixes") << each.wanted;
        const Outcome by_hand = node_.run(
            {"enterprise", "approve", second, "--prefix", "88.70", "--prefix", each.wanted});
        EXPECT_EQ(by_hand.exit_code, 1) << each.wanted;
        EXPECT_THAT(by_hand.err, HasSubstr(each.said));
    }
    EXPECT_EQ(state_of(second), "applied");
    EXPECT_THAT(node_.do_run({"prefix", "list"}), Not(HasSubstr("88.70"))) << "half applied";
}

TEST_F(Enterprises, ShareBranchesOfTheNodesOwnPrefixesAndItsRanges) {
    const std::string first = apply();
    act(first, "approve", R"({"prefixes":["88.118.8","88.2.7"]})");
    const std::string of_first = "which belongs to the enterprise " + first;
    const std::string second = apply();
    EXPECT_EQ(act(second, "approve", R"({"prefixes":["88.118.80","88.1","88.41"]})").status, 200)
        << "neither is below another's";
    EXPECT_EQ(act(first, "allot", R"({"prefixes":["88.118.8.1","88.118"]})").status, 409);
    EXPECT_EQ(act(first, "allot", R"({"prefixes":["88.118.8.1","88.2.7.1"]})").status, 200);
    EXPECT_THAT(
        ask("POST", "/api/v1/prefix-ranges", boss_, R"({"parent":"88.118.8","from":5,"to":9})")
            .body,
        HasSubstr("which stands under 88.118.8, " + of_first));
    EXPECT_EQ(ask("POST", "/api/v1/prefix-ranges", boss_, R"({"parent":"88.118","from":7,"to":99})")
                  .status,
              201);
    EXPECT_THAT(
        act(second, "allot", R"({"prefixes":[{"parent":"88.118"},{"parent":"88.118"}]})").body,
        HasSubstr(R"("88.118.7","88.118.9")"))
        << "what is another's is passed over";
}

TEST_F(Enterprises, PrefixesAreHomedByTheirLifeCycleAlone) {
    const std::string id = apply();
    act(id, "approve", R"({"prefixes":["88.118.8"]})");
    act(id, "suspend");
    for (const char* const command : {"home", "unhome"})
        for (const char* const prefix : {"88.118.8", "88.118.8.1"}) {
            const Outcome refused = node_.run({"prefix", command, prefix});
            EXPECT_EQ(refused.exit_code, 1) << command << prefix;
            EXPECT_THAT(refused.err, HasSubstr("which belongs to the enterprise " + id));
        }
    EXPECT_EQ(node_.run({"prefix", "delegate", "88.118.8", "--to", "127.0.0.1:1"}).exit_code, 1);
    EXPECT_EQ(resolve("88.118.8/A").exit_code, 5) << "it is suspended all the same";
    node_.home("88.118");
}

TEST_F(Enterprises, ApplyAsOftenAsASourceMay) {
    for (int each = 0; each < 4; ++each) apply();
    EXPECT_EQ(ask("POST", path, {}, R"({"name":"a"})").status, 400) << "that is none";
    const HttpsAnswer refused = ask("POST", path, {}, application);
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr("Too many applications came from your address"));
    EXPECT_EQ(node_.metric(R"(idnode_refusals_total{reason="source_applications_limit"})"), 1);
    EXPECT_EQ(ask("POST", path, boss_, application).status, 201) << "the operator enters others";
}

TEST_F(Enterprises, SayWhatIsWrongWithAnApplicationAndOnlyWarnOfTheCheckCharacter) {
    EXPECT_THAT(ask("POST", path, {}, R"({"name":"a"})").body, HasSubstr("creditCode"));
    EXPECT_THAT(ask("POST", path, {}, R"({"name":"","creditCode":"x"})").body, HasSubstr("name"));
    EXPECT_THAT(ask("POST", path, {}, R"({"name":"a","creditCode":"x","king":"y"})").body,
                HasSubstr("king"));
    const HttpsAnswer early =
        ask("POST", path, {}, R"({"name":"a","creditCode":"91350100M0001TGQXM"})");
    EXPECT_EQ(early.status, 201);
    EXPECT_THAT(early.body, HasSubstr("warnings"));
    EXPECT_EQ(ask("GET", path).status, 401);
}

/// Nothing is resolved under a company prefix: it says whose things are on a trace.
TEST_F(Enterprises, AreAllottedGs1CompanyPrefixesToo) {
    const std::string id = apply();
    EXPECT_EQ(act(id, "approve",
                  R"({"prefixes":["88.118.1","gs1:4012345"],)" + std::string{account} + "}")
                  .status,
              200);
    EXPECT_THAT(node_.do_run({"prefix", "list"}), Not(HasSubstr("gs1:")));
    const char* const policy = R"({"oneUpOneDown":true})";
    EXPECT_EQ(ask("PUT", "/api/v1/visibility/gs1:4012345", firm(), policy).status, 200);
    EXPECT_EQ(act(id, "suspend").status, 200);
    EXPECT_EQ(act(id, "resume").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/visibility/gs1:4012345", firm()).status, 200);
    EXPECT_THAT(node_.do_run({"prefix", "list"}), Not(HasSubstr("gs1:")));
    const std::string other =
        apply(R"({"name":"其他有限公司","creditCode":"91350200MA2YJ1XR9G","contactName":"陈"})");
    for (const std::string overlapping : {"gs1:40123", "gs1:4012345", "gs1:401234567"}) {
        const HttpsAnswer refused =
            act(other, "approve", R"({"prefixes":[")" + overlapping + "\"]}");
        EXPECT_EQ(refused.status, 409) << overlapping;
        EXPECT_THAT(refused.body, HasSubstr("belongs to the enterprise " + id));
    }
    EXPECT_EQ(act(id, "close").status, 200);
    EXPECT_EQ(act(other, "approve", R"({"prefixes":["gs1:4012345"]})").status, 200)
        << "it is free again";
}

}  // namespace
}  // namespace idnode::end_to_end
