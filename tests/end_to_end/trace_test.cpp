#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* pallet = "urn:epc:id:sscc:0614141.1234567890";
constexpr const char* lot = "urn:epc:class:lgtin:4012345.012345.L1";
constexpr const char* instance = "https://id.gs1.org/01/04012345123456/10/L1/21/S1";

std::string document(std::string_view events) {
    return R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
           R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
           R"("epcisBody":{"eventList":[)" +
           std::string{events} + "]}}";
}

std::string timed(std::string_view time) {
    return R"("eventTime":")" + std::string{time} + R"(","eventTimeZoneOffset":"+00:00")";
}

std::string heat_to_lot() {
    return R"({"type":"TransformationEvent",)" + timed("2026-01-01T00:00:00Z") +
           R"(,"eventID":"urn:event:1","inputEPCList":["urn:x:heat1"],"outputQuantityList":[)"
           R"({"epcClass":")" +
           lot + R"(","quantity":5,"uom":"KGM"}]})";
}

std::string packing(std::string_view action, std::string_view time) {
    return R"({"type":"AggregationEvent",)" + timed(time) + R"(,"action":")" + std::string{action} +
           R"(","parentID":")" + pallet + R"(","childEPCs":[")" + instance + R"("]})";
}

class Tracing : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.1");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}, std::vector<std::string> headers = {}) {
        if (headers.empty() || headers.front().find("Bearer") == std::string::npos)
            headers.push_back(boss_);
        headers.emplace_back(json_content);
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }
    void capture(std::string_view events) {
        const HttpsAnswer answer = ask("POST", "/epcis/v2/capture", document(events));
        ASSERT_EQ(answer.status, 202) << answer.body;
        const HttpsAnswer job = ask("GET", answer.header("location"));
        EXPECT_THAT(job.body, HasSubstr(R"("running":false,"success":true)"));
    }
    /// The id that the node has given to the shipping.
    std::string first_shipping() {
        return std::string{ask("GET", "/epcis/v2/events?EQ_bizStep=shipping")
                               .json()
                               .at("epcisBody")
                               .at("queryResults")
                               .at("resultsBody")
                               .at("eventList")
                               .at(0)
                               .at("eventID")
                               .as_string()};
    }
    std::vector<std::string> nodes_of(const std::string& target) {
        const HttpsAnswer answer = ask("GET", target);
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> ids;
        const json::value body = answer.json();
        for (const json::value& node : body.at("nodes").as_array())
            ids.emplace_back(node.at("id").as_string());
        return ids;
    }

    Node node_;
    std::string boss_;
};

TEST_F(Tracing, FollowsALotFromItsHeatToThePalletUnderEverySpelling) {
    capture(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z"));
    for (const char* const spelling : {"urn:epc:class:lgtin:4012345.012345.L1",
                                       "https:%2F%2Fexample.org%2F01%2F04012345123456%2F10%2FL1",
                                       "(01)04012345123456(10)L1", "01%2F04012345123456%2F10%2FL1"})
        EXPECT_THAT(nodes_of(std::string{"/api/v1/trace/"} + spelling + "?direction=down"),
                    UnorderedElementsAre(lot, instance, pallet))
            << spelling;
    EXPECT_THAT(nodes_of(std::string{"/api/v1/trace/"} + pallet + "?direction=up"),
                UnorderedElementsAre(pallet, instance, lot, "urn:x:heat1"));
    const json::value trace = ask("GET", "/api/v1/trace/urn:x:heat1?direction=down&depth=1").json();
    ASSERT_EQ(trace.at("edges").as_array().size(), 1U) << serialize(trace);
    const json::value& edge = trace.at("edges").at(0);
    EXPECT_EQ(edge.at("type").as_string(), "transformation");
    EXPECT_EQ(edge.at("quantity").to_number<double>(), 5);
    EXPECT_EQ(edge.at("unit").as_string(), "KGM");
    EXPECT_EQ(edge.at("eventID").as_string(), "urn:event:1");
    EXPECT_EQ(trace.at("truncated"), true);
}

TEST_F(Tracing, KnowsWhatWasOnThePalletOnThatDay) {
    capture(packing("ADD", "2026-01-03T00:00:00Z") + ',' +
            packing("DELETE", "2026-01-05T00:00:00Z"));
    const std::string target =
        std::string{"/api/v1/trace/"} + pallet + "?direction=up&types=aggregation&at=";
    EXPECT_THAT(nodes_of(target + "2026-01-04"), UnorderedElementsAre(pallet, instance));
    EXPECT_THAT(nodes_of(target + "2026-01-02"), UnorderedElementsAre(pallet));
    EXPECT_THAT(nodes_of(target + "2026-01-06T00:00:00%2B08:00"), UnorderedElementsAre(pallet));
}

TEST_F(Tracing, RecallsWhatASuspectWentInto) {
    capture(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z"));
    const HttpsAnswer all = ask("POST", "/api/v1/recall", R"({"identifiers":["urn:x:heat1"]})");
    EXPECT_EQ(all.json().at("count"), 3);
    EXPECT_EQ(ask("POST", "/api/v1/recall",
                  R"({"identifiers":["urn:x:heat1"],"product":"(01)04012345123456"})")
                  .json()
                  .at("count"),
              2);
    const HttpsAnswer lines = ask("POST", "/api/v1/recall", R"({"identifiers":["urn:x:heat1"]})",
                                  {"Accept: application/x-ndjson"});
    EXPECT_EQ(std::ranges::count(lines.body, '\n'), 3);
    EXPECT_EQ(ask("POST", "/api/v1/recall", R"({"identifiers":[]})").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/recall", R"({"identifiers":["x"],"direction":"left"})").status,
              400);
}

TEST_F(Tracing, TakesAnErrorBackAndADuplicateForWhatItIs) {
    capture(heat_to_lot());
    capture(heat_to_lot());
    EXPECT_EQ(ask("GET", "/epcis/v2/events")
                  .json()
                  .at("epcisBody")
                  .at("queryResults")
                  .at("resultsBody")
                  .at("eventList")
                  .as_array()
                  .size(),
              1U);
    std::string declared = heat_to_lot();
    declared.insert(1, R"("errorDeclaration":{"declarationTime":"2026-01-09T00:00:00Z"},)");
    capture(declared);
    EXPECT_THAT(nodes_of("/api/v1/trace/urn:x:heat1?direction=down"),
                UnorderedElementsAre("urn:x:heat1"));
}

TEST_F(Tracing, RefusesADocumentAsAWholeOrGoesOnAsItIsAsked) {
    const std::string wrong = R"({"type":"ObjectEvent",)" + timed("2026-01-01T00:00:00Z") +
                              R"(,"action":"CREATE","epcList":["urn:x:y"]})";
    const std::string body = document(heat_to_lot() + ',' + wrong);
    const HttpsAnswer refused = ask("POST", "/epcis/v2/capture", body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.header("content-type"), "application/problem+json;charset=utf-8");
    EXPECT_THAT(refused.body, HasSubstr("epcisException:ValidationException"));
    EXPECT_THAT(refused.body, HasSubstr("Event 1: action"));
    EXPECT_EQ(ask("GET", "/epcis/v2/events/urn:event:1").status, 404);
    const HttpsAnswer proceeded =
        ask("POST", "/epcis/v2/capture", body, {"GS1-Capture-Error-Behaviour: proceed"});
    EXPECT_EQ(proceeded.status, 202);
    const HttpsAnswer job = ask("GET", proceeded.header("location"));
    EXPECT_EQ(job.json().at("success"), false);
    EXPECT_EQ(job.json().at("errors").at(0).at("event"), 1);
    EXPECT_EQ(ask("GET", "/epcis/v2/events/urn:event:1").status, 200);
}

TEST_F(Tracing, ListsTheCapturesOfACallerInPages) {
    capture(heat_to_lot());
    ask("PUT", "/api/v1/accounts/firm",
        R"({"role":"enterprise_application","password":"some-secret","prefixes":["88.1"]})");
    HttpsConnection https{node_.https()};
    const std::string firm = log_in(https, "firm", "some-secret");
    for (int at = 0; at < 3; ++at)
        EXPECT_EQ(ask("POST", "/epcis/v2/capture", document(heat_to_lot()), {firm}).status, 202);
    const auto list = [&](std::string target, const std::string& who) {
        std::set<std::string> jobs;
        while (!target.empty()) {
            const HttpsAnswer page = ask("GET", target, {}, {who});
            EXPECT_EQ(page.status, 200) << page.body;
            EXPECT_EQ(page.header("gs1-epcis-capture-limit"), "100000");
            const json::value body = page.json();
            for (const json::value& job : body.as_array())
                EXPECT_TRUE(jobs.emplace(job.at("captureID").as_string()).second);
            const std::string link = page.header("link");
            target = link.empty() ? link : link.substr(1, link.find('>') - 1);
        }
        return jobs.size();
    };
    EXPECT_EQ(list("/epcis/v2/capture?perPage=2", firm), 3U);
    EXPECT_EQ(list("/epcis/v2/capture?perPage=2", boss_), 4U);
}

TEST_F(Tracing, ShowsACallerOnlyWhatIsHis) {
    capture(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z"));
    ask("PUT", "/api/v1/accounts/firm",
        R"({"role":"enterprise_application","password":"some-secret","prefixes":["88.1"]})");
    HttpsConnection https{node_.https()};
    const std::string firm = log_in(https, "firm", "some-secret");
    const std::string own = R"({"type":"TransformationEvent",)" + timed("2026-01-02T00:00:00Z") +
                            R"(,"inputEPCList":[")" + instance +
                            R"("],"outputEPCList":["urn:x:product"]})";
    EXPECT_EQ(ask("POST", "/epcis/v2/capture", document(own), {firm}).status, 202);
    const HttpsAnswer trace = ask("GET", "/api/v1/trace/urn:x:product?direction=up", {}, {firm});
    EXPECT_THAT(trace.body, HasSubstr("S1"));
    EXPECT_THAT(trace.body, HasSubstr(R"("hidden":true)"));
    for (const char* const secret : {"heat1", "urn:event:1", "quantity", "KGM"})
        EXPECT_THAT(trace.body, Not(HasSubstr(secret)));
    EXPECT_EQ(ask("GET", "/epcis/v2/events/urn:event:1", {}, {firm}).status, 404);
    EXPECT_EQ(HttpsConnection{node_.https()}.ask({.target = "/api/v1/trace/urn:x:heat1"}).status,
              401);
}

TEST_F(Tracing, GivesWhatIsHiddenNamesThatNobodyCanComputeAndNoOtherRunHas) {
    capture(heat_to_lot());
    ask("PUT", "/api/v1/accounts/firm", R"({"role":"partner","password":"some-secret"})");
    HttpsConnection https{node_.https()};
    const std::string firm = log_in(https, "firm", "some-secret");
    const auto name = [&] {
        const auto trace =
            ask("GET", "/api/v1/trace/urn:x:heat1?direction=down", {}, {firm}).json();
        return std::string{trace.at("root").as_string()};
    };
    const std::string first = name();
    EXPECT_THAT(first, ::testing::StartsWith("hidden:"));
    EXPECT_EQ(name(), first);
    EXPECT_EQ(node_.stop(), 0);
    node_.start();
    EXPECT_NE(name(), first);
}

TEST_F(Tracing, ListsEventsInPagesAndRefusesWhatNoIndexServes) {
    capture(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z") + ',' +
            packing("DELETE", "2026-01-05T00:00:00Z"));
    std::string target = "/epcis/v2/events?perPage=1&orderDirection=ASC";
    std::vector<std::string> times;
    while (!target.empty()) {
        const HttpsAnswer page = ask("GET", target);
        ASSERT_EQ(page.status, 200) << page.body;
        const json::value body = page.json();
        const json::array& events =
            body.at("epcisBody").at("queryResults").at("resultsBody").at("eventList").as_array();
        for (const json::value& event : events)
            times.emplace_back(event.at("eventTime").as_string());
        const std::string link = page.header("link");
        target = link.empty() ? link : link.substr(1, link.find('>') - 1);
    }
    EXPECT_THAT(times, ::testing::ElementsAre("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z",
                                              "2026-01-05T00:00:00Z"));
    const auto count = [&](const std::string& query) {
        return ask("GET", "/epcis/v2/events?" + query)
            .json()
            .at("epcisBody")
            .at("queryResults")
            .at("resultsBody")
            .at("eventList")
            .as_array()
            .size();
    };
    EXPECT_EQ(count(std::string{"MATCH_parentID="} + pallet), 2U);
    EXPECT_EQ(count(std::string{"MATCH_parentID="} + pallet + "&EQ_action=DELETE"), 1U);
    EXPECT_EQ(count("eventType=TransformationEvent"), 1U);
    EXPECT_EQ(count("GE_eventTime=2026-01-03T00:00:00Z&LT_eventTime=2026-01-05T00:00:00Z"), 1U);
    EXPECT_EQ(count("EQ_bizStep=shipping"), 0U);
    EXPECT_EQ(count("eventCountLimit=2&orderBy=eventTime"), 2U);
    EXPECT_EQ(ask("GET", "/epcis/v2/events?maxEventCount=2").status, 413);
    EXPECT_EQ(ask("GET", "/epcis/v2/events?EXISTS_ilmd=x").status, 400);
    EXPECT_EQ(ask("GET", "/epcis/v2/events?GE_eventTime=yesterday").status, 400);
}

TEST_F(Tracing, PagesThroughWhatItFinds) {
    std::string children;
    for (int at = 0; at < 25; ++at)
        children += (at ? ",\"" : "\"") + std::string{"urn:x:c"} + std::to_string(at) + '"';
    capture(R"({"type":"TransformationEvent",)" + timed("2026-01-01T00:00:00Z") +
            R"(,"inputEPCList":["urn:x:root"],"outputEPCList":[)" + children + "]}");
    std::set<std::string> seen;
    std::string cursor;
    for (int pages = 0; pages < 10; ++pages) {
        const HttpsAnswer answer = ask("GET", "/api/v1/trace/urn:x:root?direction=down&limit=10" +
                                                  (cursor.empty() ? "" : "&cursor=" + cursor));
        ASSERT_EQ(answer.status, 200) << answer.body;
        const json::value body = answer.json();
        for (const json::value& node : body.at("nodes").as_array())
            EXPECT_TRUE(seen.insert(std::string{node.at("id").as_string()}).second);
        const auto* const next = body.as_object().if_contains("cursor");
        cursor = next ? std::string{next->as_string()} : std::string{};
        if (cursor.empty()) break;
    }
    EXPECT_EQ(seen.size(), 26U);
    const std::string first =
        std::string{ask("GET", "/api/v1/trace/urn:x:root?direction=down&limit=10")
                        .json()
                        .at("cursor")
                        .as_string()};
    EXPECT_EQ(ask("GET", "/api/v1/trace/urn:x:root?direction=down&cursor=x").status, 400);
    capture(heat_to_lot());
    EXPECT_EQ(ask("GET", "/api/v1/trace/urn:x:root?direction=down&limit=10&cursor=" + first).status,
              410);
}

TEST_F(Tracing, WorksFromTheCommandLineOnTheRegistryOfARunningNode) {
    const std::string events =
        document(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z"));
    EXPECT_THAT(node_.do_run({"capture", "-"}, events), HasSubstr("Captured 2 events"));
    EXPECT_THAT(node_.do_run({"capture", "-"}, events), HasSubstr("2 were known"));
    const std::string tree = node_.do_run({"trace", pallet, "--up"});
    EXPECT_THAT(tree, HasSubstr("└─ " + std::string{instance} + "  (aggregation, 2026-01-03)"));
    EXPECT_THAT(tree, HasSubstr("urn:x:heat1  (transformation, 2026-01-01)"));
    EXPECT_THAT(node_.do_run({"trace", "urn:x:heat1", "--down", "--format", "csv"}),
                HasSubstr("urn:x:heat1," + std::string{lot} + ",transformation,5,KGM,2026-01-01"));
    EXPECT_THAT(node_.do_run({"trace", "urn:x:heat1", "--down", "--format", "dot"}),
                HasSubstr("digraph"));
    EXPECT_EQ(node_.run({"trace", "urn:x:nobody"}).exit_code, 3);
    EXPECT_EQ(node_.run({"trace", "urn:x:heat1", "--format", "song"}).exit_code, 2);
    EXPECT_EQ(node_.run({"capture", "-"}, "{}").exit_code, 2);
    EXPECT_THAT(nodes_of("/api/v1/trace/urn:x:heat1?direction=down"),
                UnorderedElementsAre("urn:x:heat1", lot, instance, pallet));
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

TEST_F(Tracing, CapturesDocumentsOneBehindTheOtherUpToOneThatIsWrong) {
    const std::string wrong = document(R"({"type":"ObjectEvent",)" + timed("2026-01-01T00:00:00Z") +
                                       R"(,"action":"CREATE","epcList":["urn:x:y"]})");
    const std::string documents = document(heat_to_lot()) + '\n' + wrong + '\n' +
                                  document(packing("ADD", "2026-01-03T00:00:00Z")) + '\n';
    const Outcome stopped = node_.run({"capture", "-"}, documents);
    EXPECT_EQ(stopped.exit_code, 2);
    EXPECT_THAT(stopped.out, HasSubstr("Captured 1 events; 0 were known, 1 were wrong"));
    EXPECT_THAT(stopped.err, HasSubstr("standard input, document 2: event 0: action: expected"));
    EXPECT_THAT(nodes_of(std::string{"/api/v1/trace/urn:x:heat1?direction=down"}),
                UnorderedElementsAre("urn:x:heat1", lot));
    const Outcome went_on = node_.run({"capture", "-", "--proceed", "--json"}, documents);
    EXPECT_EQ(went_on.exit_code, 4);
    EXPECT_THAT(went_on.out, HasSubstr(R"({"captured":1,"known":1,"wrong":1,"seconds":)"));
    EXPECT_EQ(node_.run({"capture", "-", "--proceed"}, documents + "{").exit_code, 2);
    EXPECT_THAT(nodes_of(std::string{"/api/v1/trace/urn:x:heat1?direction=down"}),
                UnorderedElementsAre("urn:x:heat1", lot, instance, pallet));
}

TEST_F(Tracing, WritesWhatItFindsInEveryFormat) {
    const std::string ships = R"({"type":"ObjectEvent",)" + timed("2026-01-04T00:00:00Z") +
                              R"(,"action":"OBSERVE","bizStep":"shipping","epcList":[")" + pallet +
                              R"("],"readPoint":{"id":"urn:x:dock,1"},"destinationList":[{"type":)"
                              R"("possessing_party","destination":"urn:x:shop"}]})";
    capture(heat_to_lot() + ',' + packing("ADD", "2026-01-03T00:00:00Z") + ',' + ships);
    const auto written = [&](const std::string& format) {
        return node_.do_run({"trace", "urn:x:heat1", "--down", "--format", format});
    };
    EXPECT_THAT(written("dot"), HasSubstr("n0 [label=\"urn:x:heat1\"];\n  n1 [label="));
    EXPECT_THAT(written("mermaid"), HasSubstr("graph TD\n  n0[\"urn:x:heat1\"]\n"));
    EXPECT_THAT(written("mermaid"), HasSubstr("n0 -->|transformation| n1\n"));
    const json::value trace = json::parse(written("json"));
    EXPECT_EQ(trace.at("nodes").as_array().size(), 4U);
    EXPECT_EQ(trace.at("edges").as_array().size(), 3U);
    // An instance belongs to its lot at any time.
    EXPECT_THAT(written("csv"),
                HasSubstr(std::string{lot} + ',' + instance + ",membership,,,,,\n"));
    EXPECT_EQ(
        written("fsma"),
        "Critical tracking event,Date,Traceability lot code,Quantity,Unit of measure,Location,"
        "Ship from,Ship to,Reference documents,Event\n"
        "Transformation (input),2026-01-01T00:00:00.000Z,urn:x:heat1,1,,,,,,urn:event:1\n"
        "Transformation (output),2026-01-01T00:00:00.000Z,"
        "urn:epc:class:lgtin:4012345.012345.L1,5,KGM,,,,,urn:event:1\n"
        "Shipping,2026-01-04T00:00:00.000Z,urn:epc:class:lgtin:4012345.012345.L1,1,,"
        "\"urn:x:dock,1\",\"urn:x:dock,1\",urn:x:shop,," +
            first_shipping() + '\n');
    const std::string report = node_.do_run({"trace", "urn:x:heat1", "--format", "report"});
    EXPECT_THAT(report, HasSubstr("Suspect: urn:x:heat1"));
    EXPECT_THAT(report, HasSubstr("Affected: 3\n"));
    EXPECT_THAT(report, HasSubstr("| 01/04012345123456 | 1 | 1 |"));
    EXPECT_THAT(report, HasSubstr("| logistic units | 1 | 0 | 2026-01-03 | 2026-01-03 |"));
    EXPECT_THAT(report, HasSubstr("| urn:x:dock,1 | 1 |"));
}

}  // namespace
}  // namespace idnode::end_to_end
