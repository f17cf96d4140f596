#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* shipments =
    R"({"name":"shipments","query":{"eventType":["ObjectEvent"],)"
    R"("EQ_bizStep":["shipping","packing"],"orderBy":"recordTime","orderDirection":"ASC"}})";

class NamedQueries : public Capturing {
protected:
    void SetUp() override { start("queries: {per_owner_max: 3}\n"); }

    std::vector<std::string> names(const std::string& who) {
        std::vector<std::string> found;
        const json::value list = ask("GET", "/epcis/v2/queries", {}, who).json();
        for (const json::value& each : list.as_array())
            found.emplace_back(each.at("name").as_string());
        return found;
    }
};

TEST_F(NamedQueries, AreViewsOfTheEvents) {
    const HttpsAnswer made = ask("POST", "/epcis/v2/queries", shipments);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.header("location"), "/epcis/v2/queries/shipments");
    EXPECT_EQ(ask("GET", made.header("location")).json(), json::parse(shipments));
    capture(object_event("1") + ',' + object_event("2", "receiving") + ',' +
            object_event("3", "packing") + ',' + object_event("4"));
    std::string target = "/epcis/v2/queries/shipments/events?perPage=2";
    std::vector<std::string> seen;
    for (int pages = 0; !target.empty() && pages < 5; ++pages) {
        const HttpsAnswer page = ask("GET", target);
        ASSERT_EQ(page.status, 200) << page.body;
        EXPECT_THAT(page.body, HasSubstr(R"("queryName":"shipments")"));
        for (std::string& id : event_ids(page.body)) seen.push_back(std::move(id));
        const std::string link = page.header("link");
        target = link.empty() ? link : link.substr(1, link.find('>') - 1);
    }
    EXPECT_THAT(seen, ElementsAre("urn:event:1", "urn:event:3", "urn:event:4"));
    EXPECT_EQ(ask("DELETE", "/epcis/v2/queries/shipments").status, 204);
    const HttpsAnswer gone = ask("GET", "/epcis/v2/queries/shipments/events");
    EXPECT_EQ(gone.status, 404);
    EXPECT_THAT(gone.body, HasSubstr("epcisException:NoSuchNameException"));
}

TEST_F(NamedQueries, BelongToWhoeverMadeThem) {
    const std::string firm = account("firm");
    const std::string other = account("other");
    EXPECT_EQ(ask("POST", "/epcis/v2/queries", shipments, firm).status, 201);
    const HttpsAnswer again = ask("POST", "/epcis/v2/queries", shipments, other);
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(again.body, HasSubstr("epcisException:ResourceAlreadyExistsException"));
    EXPECT_EQ(ask("GET", "/epcis/v2/queries/shipments", {}, other).status, 404);
    EXPECT_EQ(ask("DELETE", "/epcis/v2/queries/shipments", {}, other).status, 404);
    EXPECT_THAT(names(other), IsEmpty());
    EXPECT_THAT(names(firm), ElementsAre("shipments"));
    EXPECT_THAT(names(boss_), ElementsAre("shipments"));
    const std::string auditor = account("auditor", "auditor");
    EXPECT_THAT(names(auditor), ElementsAre("shipments"));
    EXPECT_EQ(ask("DELETE", "/epcis/v2/queries/shipments", {}, auditor).status, 403);
    EXPECT_EQ(ask("POST", "/epcis/v2/queries", shipments, auditor).status, 403);
    capture(object_event("1"));
    capture(object_event("2"), firm);
    EXPECT_THAT(event_ids(ask("GET", "/epcis/v2/queries/shipments/events", {}, firm).body),
                ElementsAre("urn:event:2"));
}

TEST_F(NamedQueries, AreListedInPagesAndBoundedForEachOwner) {
    for (const char* const name : {"c", "a", "质量 1"})
        EXPECT_EQ(ask("POST", "/epcis/v2/queries",
                      R"({"name":")" + std::string{name} + R"(","query":{}})")
                      .status,
                  201);
    EXPECT_THAT(names(boss_), ElementsAre("a", "c", "质量 1"));
    const HttpsAnswer first = ask("GET", "/epcis/v2/queries?perPage=2");
    EXPECT_EQ(first.json().as_array().size(), 2U);
    const std::string link = first.header("link");
    const HttpsAnswer rest = ask("GET", link.substr(1, link.find('>') - 1));
    EXPECT_THAT(rest.body, HasSubstr("质量 1"));
    EXPECT_EQ(rest.header("link"), "");
    const HttpsAnswer found =
        ask("GET", "/epcis/v2/queries/%E8%B4%A8%E9%87%8F%201/events?perPage=1");
    EXPECT_EQ(found.status, 200) << found.body;
    const HttpsAnswer fourth = ask("POST", "/epcis/v2/queries", R"({"name":"d","query":{}})");
    EXPECT_EQ(fourth.status, 403);
    EXPECT_THAT(fourth.body, HasSubstr("at most 3 of one owner"));
    EXPECT_EQ(ask("GET", "/epcis/v2/queries?perPage=0").status, 400);
    EXPECT_EQ(ask("GET", "/epcis/v2/queries?other=1").status, 400);
    EXPECT_EQ(ask("GET", "/epcis/v2/queries/a/events?EQ_bizStep=x").status, 400);
}

TEST_F(NamedQueries, AreRefusedWhereTheyCannotBeRun) {
    const auto refusal = [&](const std::string& body) {
        const HttpsAnswer answer = ask("POST", "/epcis/v2/queries", body);
        EXPECT_EQ(answer.status, 400) << body << answer.body;
        return answer.body;
    };
    EXPECT_THAT(refusal(R"({"name":"a"})"), HasSubstr("epcisException:QueryValidationException"));
    EXPECT_THAT(refusal(R"({"name":"a/b","query":{}})"), HasSubstr("name"));
    EXPECT_THAT(refusal(R"({"name":"","query":{}})"), HasSubstr("name"));
    EXPECT_THAT(refusal(R"({"name":"a","query":[]})"), HasSubstr("query"));
    EXPECT_THAT(refusal(R"({"name":"a","query":{"EXISTS_ilmd":"x"}})"),
                HasSubstr("epcisException:QueryParameterException"));
    const HttpsAnswer alone = ask("POST", "/epcis/v2/queries",
                                  R"({"name":"a","query":{"EXISTS_errorDeclaration":true}})");
    EXPECT_EQ(alone.status, 413);
    EXPECT_THAT(alone.body, HasSubstr("epcisException:QueryTooComplexException"));
    EXPECT_THAT(refusal(R"({"name":"a","query":{"EQ_bizStep":[]}})"), HasSubstr("EQ_bizStep"));
    EXPECT_THAT(refusal(R"({"name":"a","query":{"EQ_bizStep":{"x":1}}})"), HasSubstr("EQ_bizStep"));
    EXPECT_THAT(refusal(R"({"name":"a","query":{"GE_eventTime":"yesterday"}})"),
                HasSubstr("epcisException:QueryParameterException"));
    EXPECT_THAT(refusal(R"({"name":"a","query":{"nextPageToken":"1.1"}})"),
                HasSubstr("nextPageToken"));
    EXPECT_THAT(
        refusal(R"({"name":"a","query":{"EQ_bizStep":")" + std::string(17'000, 'x') + "\"}}"),
        HasSubstr("16384"));
}

}  // namespace
}  // namespace idnode::end_to_end
