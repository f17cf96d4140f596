#include <boost/json.hpp>

#include "tests/end_to_end/enterprise_fixture.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Enterprises, WithANodeOfTheirOwnAreReferredTo) {
    Node there;
    there.home("88.400");
    there.import(R"({"handle":"88.400/A","values":[{"index":1,"type":"URL","data":"there"}]})");
    there.start();
    const std::string id = apply();
    const std::string to = format(there.handle());
    const HttpsAnswer approved =
        act(id, "approve", R"({"prefixes":[{"prefix":"88.400","delegateTo":")" + to + R"("}]})");
    EXPECT_EQ(approved.status, 200) << approved.body;
    EXPECT_THAT(approved.body, Not(HasSubstr("warnings")));
    EXPECT_THAT(follow("88.400/A"), HasSubstr("there"));
    act(id, "suspend");
    EXPECT_EQ(follow("88.400/A"), "no referral");
    act(id, "resume");
    EXPECT_THAT(follow("88.400/A"), HasSubstr("there"));
    EXPECT_EQ(there.stop(), 0);
    EXPECT_THAT(
        act(id, "allot", R"({"prefixes":[{"prefix":"88.401","delegateTo":")" + to + R"("}]})").body,
        HasSubstr("nothing answers at"));
}

TEST_F(Enterprises, AreReferredToBesideWhatElseStandsInTheRecordOfThePrefix) {
    node_.import(
        R"({"handle":"0.NA/88.400","values":[{"index":1,"type":"DESC","data":"the mill"}]})"
        "\n");
    const std::string id = apply();
    const auto record = [&] { return ask("GET", "/api/handles/0.NA/88.400", boss_).body; };
    ASSERT_EQ(act(id, "approve", R"({"prefixes":[{"prefix":"88.400","delegateTo":"127.0.0.1:1"}]})")
                  .status,
              200);
    EXPECT_THAT(record(), AllOf(HasSubstr("the mill"), HasSubstr("HS_SITE")));
    ASSERT_EQ(act(id, "suspend").status, 200);
    EXPECT_THAT(record(), AllOf(HasSubstr("the mill"), Not(HasSubstr("HS_SITE"))));
    ASSERT_EQ(act(id, "resume").status, 200);
    EXPECT_THAT(record(), AllOf(HasSubstr("the mill"), HasSubstr("HS_SITE")));
    ASSERT_EQ(act(id, "close").status, 200);
    EXPECT_THAT(record(), Not(HasSubstr("the mill")));
}

TEST_F(Enterprises, WhoseRecordsAreLeftLeaveThemToNobodyUnasked) {
    const std::string first = apply();
    ASSERT_EQ(act(first, "approve", R"({"prefixes":["88.5"]})").status, 200);
    ASSERT_EQ(ask("PUT", "/api/handles/88.5/A", boss_, url_body).status, 201);
    ASSERT_EQ(act(first, "close").status, 200);
    EXPECT_NE(ask("GET", "/api/handles/88.5/A").status, 200);
    const std::string second = apply();
    const HttpsAnswer refused = act(second, "approve", R"({"prefixes":["88.5"]})");
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("withRecords"));
    ASSERT_EQ(
        act(second, "approve", R"({"prefixes":[{"prefix":"88.5","withRecords":true}]})").status,
        200);
    EXPECT_EQ(ask("GET", "/api/handles/88.5/A").status, 200);
}

TEST_F(Enterprises, GetTheNumbersOfARangeInTurn) {
    ASSERT_EQ(ask("POST", "/api/v1/prefix-ranges", boss_, R"({"parent":"88.300","from":0,"to":2})")
                  .status,
              201);
    const std::string id = apply();
    ASSERT_EQ(act(id, "approve").status, 200);
    const auto allot = [&] {
        const HttpsAnswer answer = act(id, "allot", R"({"prefixes":[{"parent":"88.300"}]})");
        return answer.status == 200
                   ? std::string{answer.json().at("prefixes").as_array().back().as_string()}
                   : std::to_string(answer.status);
    };
    EXPECT_EQ(allot(), "88.300.0");
    EXPECT_THAT(ask("GET", "/api/v1/prefix-ranges", boss_).body, HasSubstr(R"("next":1)"));
    EXPECT_EQ(allot(), "88.300.1");
    ASSERT_EQ(ask("PUT", "/api/handles/88.300.0/A", boss_, url_body).status, 201);
    ASSERT_EQ(act(id, "close").status, 200);
    const std::string other = apply();
    ASSERT_EQ(act(other, "approve", R"({"prefixes":[{"parent":"88.300"}]})").status, 200);
    EXPECT_EQ(state_of(other), "active");
    const HttpsAnswer more = act(other, "allot", R"({"prefixes":[{"parent":"88.300"}]})");
    EXPECT_THAT(more.body, HasSubstr(R"(["88.300.2","88.300.1"])"))
        << "what was given back comes last, and what has records not at all";
    EXPECT_EQ(act(other, "allot", R"({"prefixes":[{"parent":"88.300"}]})").status, 409);
}

TEST_F(Enterprises, AreRunFromTheCommandLineToo) {
    const std::string id = apply();
    EXPECT_THAT(node_.do_run({"enterprise", "list", "--state", "applied"}), HasSubstr(id));
    EXPECT_THAT(node_.do_run({"enterprise", "approve", id, "--prefix", "88.7"}),
                HasSubstr("active"));
    EXPECT_EQ(node_.run({"enterprise", "approve", id}).exit_code, 1);
    EXPECT_EQ(ask("PUT", "/api/handles/88.7/A", boss_, url_body).status, 201);
    EXPECT_THAT(node_.do_run({"enterprise", "show", id}), HasSubstr("88.7"));
    EXPECT_EQ(node_.run({"enterprise", "show", "nobody"}).exit_code, 3);
}

TEST_F(Enterprises, ApplyAndGetRangesAndAccountsFromTheCommandLine) {
    EXPECT_THAT(node_.do_run({"enterprise", "add-range", "88.300", "7", "9", "--width", "2"}),
                HasSubstr("88.300.07\t88.300.09"));
    EXPECT_THAT(node_.do_run({"enterprise", "ranges"}), HasSubstr("88.300.07\t88.300.09"));
    EXPECT_EQ(node_.run({"enterprise", "add-range", "88.300", "8", "12"}).exit_code, 1)
        << "they overlap";
    const Outcome applied = node_.run({"enterprise", "apply", "--name", "Example Ltd",
                                       "--credit-code", "1", "--set", "contactName=Lin", "--json"});
    EXPECT_EQ(applied.exit_code, 0);
    EXPECT_THAT(applied.err, HasSubstr("creditCode"));
    const auto made = boost::json::parse(applied.out).as_object();
    EXPECT_EQ(made.at("contactName").as_string(), "Lin");
    const std::string id{made.at("id").as_string()};
    EXPECT_EQ(
        node_.run({"enterprise", "apply", "--name", "a", "--credit-code", "b", "--set", "king=y"})
            .exit_code,
        2);
    const std::vector<std::string> approve{"enterprise", "approve", id,     "--under",
                                           "88.300",     "--user",  "firm", "--password-stdin"};
    EXPECT_EQ(node_.run(approve, "short\n").exit_code, 2);
    EXPECT_THAT(node_.do_run(approve, "firm-secret\n"), HasSubstr("88.300.07"));
    EXPECT_EQ(ask("PUT", "/api/handles/88.300.07/A", firm(), url_body).status, 201);
    EXPECT_THAT(
        node_.run({"enterprise", "allot", id, "--prefix", "88.8", "--delegate-to", "127.0.0.1:1"})
            .err,
        HasSubstr("nothing answers at 127.0.0.1:1"));
}

}  // namespace
}  // namespace idnode::end_to_end
