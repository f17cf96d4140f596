#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* item = "https://id.gs1.org/01/04012345123456/21/";

std::string quoted(const std::string& serial) { return '"' + std::string{item} + serial + '"'; }

/// A chain of five things, of which a partner has captured the third into the fourth.
class OneUpOneDown : public Capturing {
protected:
    void SetUp() override {
        start();
        firm_ = account("firm");
        capture(transformation("1", quoted("A"), quoted("B")) + ',' +
                transformation("2", quoted("B"), quoted("C")) + ',' +
                transformation("4", quoted("D"), quoted("E")) + ',' +
                transformation("5", quoted("E"), quoted("F")));
        capture(transformation("3", quoted("C"), quoted("D")), firm_);
    }
    /// Serials, with "hidden" for what has no name.
    std::vector<std::string> seen_from(const std::string& serial) {
        const HttpsAnswer answer =
            ask("GET", "/api/v1/trace/01%2F04012345123456%2F21%2F" + serial, {}, firm_);
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> seen;
        const json::value body = answer.json();
        for (const json::value& node : body.at("nodes").as_array()) {
            const std::string id{node.at("id").as_string()};
            seen.push_back(id.starts_with("hidden:") ? "hidden" : id.substr(id.rfind('/') + 1));
        }
        return seen;
    }
    int set(const std::string& prefix, const std::string& policy, const std::string& who = {}) {
        return ask("PUT", "/api/v1/visibility/" + prefix, policy, who).status;
    }

    std::string firm_;
};

TEST_F(OneUpOneDown, ShowsTheNextThingsAndTombstonesBehindThem) {
    EXPECT_THAT(seen_from("C"),
                UnorderedElementsAre("C", "D", "hidden", "hidden", "hidden", "hidden"));
    EXPECT_EQ(set("gs1:4012345", R"({"oneUpOneDown":true})"), 200);
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("B", "C", "D", "E", "hidden", "hidden"));
    EXPECT_THAT(ask("GET", "/api/v1/visibility/gs1:4012345").body,
                HasSubstr(R"("oneUpOneDown":true)"));
    EXPECT_EQ(ask("DELETE", "/api/v1/visibility/gs1:4012345").status, 204);
    EXPECT_EQ(ask("DELETE", "/api/v1/visibility/gs1:4012345").status, 404);
    EXPECT_EQ(ask("GET", "/api/v1/visibility/gs1:4012345").status, 404);
    EXPECT_THAT(seen_from("C"),
                UnorderedElementsAre("C", "D", "hidden", "hidden", "hidden", "hidden"));
}

TEST_F(OneUpOneDown, CutsWhatLiesBehindWhereThePolicySaysSo) {
    EXPECT_EQ(set("*", R"({"oneUpOneDown":true,"hidden":"cut"})"), 200);
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("B", "C", "D", "E"));
    EXPECT_EQ(set("gs1:40123", R"({"hidden":"cut"})"), 200);  // nearer than the one for all
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("C", "D"));
    EXPECT_EQ(set("gs1:4012345", R"({})"), 200);  // and the longest is nearest
    EXPECT_EQ(seen_from("C").size(), 6U);
    EXPECT_EQ(set("gs1:9999", R"({"oneUpOneDown":true})"), 200);  // another company's
    EXPECT_THAT(seen_from("C"),
                UnorderedElementsAre("C", "D", "hidden", "hidden", "hidden", "hidden"));
}

TEST_F(OneUpOneDown, AppliesToHandlesOfThePrefixOfWhoeverSetsIt) {
    node_.home("88.2");
    capture(transformation("6", R"("hdl:88.1/IN")", R"("hdl:88.2/OUT")") + ',' +
            transformation("7", R"("hdl:88.2/OUT")", R"("hdl:88.2/FURTHER")"));
    const auto seen = [&] { return ask("GET", "/api/v1/trace/88.1%2FIN", {}, firm_).body; };
    EXPECT_THAT(seen(), ::testing::Not(HasSubstr("88.2/OUT")));
    EXPECT_EQ(set("88.2", R"({"oneUpOneDown":true})", firm_), 403);
    EXPECT_EQ(set("88.1", R"({"oneUpOneDown":true})", firm_), 200);
    EXPECT_THAT(seen(), ::testing::Not(HasSubstr("88.2/OUT")));
    EXPECT_EQ(set("88.2", R"({"oneUpOneDown":true})"), 200);
    EXPECT_THAT(seen(), HasSubstr("88.2/OUT"));
    EXPECT_THAT(seen(), ::testing::Not(HasSubstr("88.2/FURTHER")));
}

/// A guess is not confirmed by the name that its tombstone would have.
TEST_F(OneUpOneDown, GivesTombstonesNamesOfOneQuestionAndOneCallerAlone) {
    const auto hidden_by = [&](const std::string& serial, const std::string& who) {
        const HttpsAnswer answer =
            ask("GET", "/api/v1/trace/01%2F04012345123456%2F21%2F" + serial, {}, who);
        std::set<std::string> names;
        const json::value body = answer.json();
        for (const json::value& node : body.at("nodes").as_array())
            if (node.as_object().contains("hidden")) names.emplace(node.at("id").as_string());
        return names;
    };
    const auto of_chain = hidden_by("C", firm_);
    EXPECT_EQ(of_chain.size(), 4U);
    EXPECT_EQ(hidden_by("C", firm_), of_chain) << "pages of one question fit together";
    for (const std::string& name : hidden_by("A", firm_)) EXPECT_FALSE(of_chain.contains(name));
    const std::string other = account("other");
    for (const std::string& name : hidden_by("C", other)) EXPECT_FALSE(of_chain.contains(name));
}

TEST_F(OneUpOneDown, CountsNothingHiddenAsOfAProductThatIsGuessed) {
    const auto count = [&](const std::string& product, const std::string& who) {
        const HttpsAnswer answer = ask("POST", "/api/v1/recall",
                                       R"({"identifiers":[)" + quoted("C") +
                                           R"(],"countOnly":true,"product":")" + product + "\"}",
                                       who);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json().at("count").to_number<int>();
    };
    EXPECT_EQ(count("01/04012345123456/21/E", firm_), 0);
    EXPECT_EQ(count("01/04012345123456/21/D", firm_), 1);
    EXPECT_EQ(count("01/04012345123456", firm_), 1);
    EXPECT_EQ(count("01/04012345123456", {}), 3);
}

TEST_F(OneUpOneDown, NamesThingsOfOtherNodesOnlyNextToWhatIsSeen) {
    capture(transformation("6", quoted("F"), R"("hdl:99.1/behind")"));
    capture(transformation("7", quoted("C"), R"("hdl:99.2/next")"), firm_);
    const auto seen = [&](const std::string& who) {
        return ask("GET", "/api/v1/trace/01%2F04012345123456%2F21%2FC", {}, who).body;
    };
    EXPECT_THAT(seen(firm_), HasSubstr("99.2/next"));
    EXPECT_THAT(seen(firm_), HasSubstr(R"("prefix":"99.2")"));
    EXPECT_THAT(seen(firm_), ::testing::Not(HasSubstr("99.1")));
    EXPECT_THAT(seen({}), HasSubstr("99.1/behind"));
    EXPECT_THAT(
        ask("POST", "/api/v1/recall", R"({"identifiers":[)" + quoted("C") + "]}", firm_).body,
        ::testing::Not(HasSubstr("99.1")));
}

class CompanyPrefixes : public OneUpOneDown {
protected:
    /// An account that has these prefixes, and its Authorization header.
    std::string with_prefixes(const std::string& name, const std::string& prefixes) {
        EXPECT_EQ(ask("PUT", "/api/v1/accounts/" + name,
                      R"({"role":"enterprise_application","password":"some-secret","prefixes":)" +
                          prefixes + '}')
                      .status,
                  201);
        HttpsConnection https{node_.https()};
        return log_in(https, name, "some-secret");
    }
};

TEST_F(CompanyPrefixes, MakeTheirCompanyTheOwnerOfItsThings) {
    firm_ = with_prefixes("maker", R"(["gs1:4012345"])");
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("A", "B", "C", "D", "E", "F"));
    EXPECT_EQ(set("gs1:4012345", R"({"hidden":"cut"})", firm_), 200) << "its own policy";
    EXPECT_EQ(set("gs1:40123", R"({})", firm_), 403);
    EXPECT_EQ(set("*", R"({})", firm_), 403);
    firm_ = with_prefixes("other", R"(["gs1:40123456", "gs1:9", "88.1"])");
    const auto refused = [&](const std::string& serial) {
        const std::string id = "01%2F04012345123456%2F21%2F" + serial;
        const HttpsAnswer answer = ask("GET", "/api/v1/trace/" + id, {}, firm_);
        EXPECT_EQ(answer.status, 404) << serial;
        return answer.body.substr(0, answer.body.rfind(serial));
    };
    EXPECT_EQ(refused("C"), refused("X")) << "cut, as the maker says: as if it were unknown";
}

TEST_F(CompanyPrefixes, OfAnEnterpriseGiveNothingToWhoeverCapturesAnEventAboutItsThings) {
    EXPECT_EQ(set("gs1:4012345", R"({"oneUpOneDown":true})"), 200);
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("B", "C", "D", "E", "hidden", "hidden"))
        << "as long as nobody has the prefix";
    const HttpsAnswer applied =
        ask("POST", "/api/v1/enterprises", R"({"name":"a","creditCode":"91350200MA2YJ1XR9G"})");
    ASSERT_EQ(
        ask("POST",
            "/api/v1/enterprises/" + std::string{applied.json().at("id").as_string()} + "/approve",
            R"({"prefixes":["gs1:4012345"]})")
            .status,
        200);
    EXPECT_THAT(seen_from("C"),
                UnorderedElementsAre("C", "D", "hidden", "hidden", "hidden", "hidden"))
        << "what it has captured, and not what is next to that";
}

TEST_F(CompanyPrefixes, AreGrantedAsPrefixesAre) {
    const std::string maker = with_prefixes("maker", R"(["gs1:4012345"])");
    const std::string grant =
        R"({"prefix":"gs1:4012345","grantee":"account:firm","item":"TRACE","right":"view"})";
    EXPECT_EQ(ask("POST", "/api/v1/grants", grant, firm_).status, 403);
    EXPECT_EQ(ask("POST", "/api/v1/grants", grant, maker).status, 201);
    EXPECT_THAT(seen_from("C"), UnorderedElementsAre("A", "B", "C", "D", "E", "F"));
}

/// Whom an event names as who gave or took a thing is one up or one down from it.
TEST_F(CompanyPrefixes, ShowAPartyWhatItGaveOrTookWhereThePolicySaysSo) {
    const auto shipped = [&](const std::string& id, const std::string& serial,
                             const std::string& lists) {
        return R"({"type":"ObjectEvent","eventTime":"2026-01-05T00:00:00Z","eventTimeZoneOffset":)"
               R"("+00:00","eventID":"urn:event:)" +
               id + R"(","action":"OBSERVE","epcList":[)" + quoted(serial) + "]," + lists + '}';
    };
    capture(
        shipped("s1", "B",
                R"("destinationList":[{"type":"possessing_party","destination":)"
                R"("urn:epc:id:pgln:9521321.00000"}])") +
        ',' +
        shipped("s2", "E", R"("sourceList":[{"type":"owning_party","source":"hdl:88.7/works"}])") +
        ',' +
        shipped("s3", "F",
                R"("destinationList":[{"type":"location","destination":)"
                R"("urn:epc:id:sgln:9521321.00000.0"}])"));
    firm_ = with_prefixes("buyer", R"(["gs1:9521321"])");
    EXPECT_THAT(seen_from("B"), ::testing::Each("hidden"));
    EXPECT_EQ(set("gs1:4012345", R"({"oneUpOneDown":true})"), 200);
    EXPECT_THAT(seen_from("B"),
                UnorderedElementsAre("B", "hidden", "hidden", "hidden", "hidden", "hidden"));
    firm_ = with_prefixes("works", R"(["88.7"])");
    EXPECT_THAT(seen_from("E"),
                UnorderedElementsAre("E", "hidden", "hidden", "hidden", "hidden", "hidden"));
}

TEST_F(OneUpOneDown, IsRefusedWhereItIsNoPolicy) {
    EXPECT_EQ(set("88.1", R"({"oneUpOneDown":1})"), 400);
    EXPECT_EQ(set("88.1", R"({"hidden":"never"})"), 400);
    EXPECT_EQ(set("88.1", R"({"other":true})"), 400);
    EXPECT_EQ(set("gs1:123", R"({})"), 400);
    EXPECT_EQ(set("gs1:40123x", R"({})"), 400);
    EXPECT_EQ(set("*", R"({})", firm_), 403);
    EXPECT_EQ(set("gs1:4012345", R"({})", firm_), 403);
}

}  // namespace
}  // namespace idnode::end_to_end
