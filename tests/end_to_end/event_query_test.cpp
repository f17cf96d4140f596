#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// An event of that id at that hour of a day, with these fields.
std::string event(const std::string& id, int hour, const std::string& fields,
                  const std::string& type = "ObjectEvent") {
    const std::string two = (hour < 10 ? "0" : "") + std::to_string(hour);
    return R"({"type":")" + type + R"(","eventTime":"2026-03-01T)" + two +
           R"(:00:00Z","eventTimeZoneOffset":"+00:00","eventID":"urn:event:)" + id + "\"," +
           fields + '}';
}

constexpr const char* day = "GE_eventTime=2026-03-01T00:00:00Z&LT_eventTime=2026-03-02T00:00:00Z";

class EventQueries : public Capturing {
protected:
    void SetUp() override {
        start();
        const std::string seen = R"("action":"OBSERVE",)";
        capture_as_given(
            R"([{"ex":"https://ex.example/ns/"}])",
            event("plain", 1, seen + R"("epcList":["urn:x:a"],"bizStep":"shipping")") + ',' +
                event("heat", 2,
                      seen + R"("epcList":["urn:x:a"],"bizStep":"shipping","ex:heat":1450.5,)"
                             R"("ex:by":"Li","ex:until":"2026-06-01T00:00:00Z",)"
                             R"("ex:oven":[{"ex:zone":"north"},{"ex:zone":"south"}])") +
                ',' +
                event("made", 3,
                      R"("action":"ADD","epcList":["urn:x:b"],"bizStep":"commissioning",)"
                      R"("ilmd":{"ex:grade":"Q235","ex:coil":{"ex:width":1250}})") +
                ',' +
                event("lots", 4,
                      seen + R"("epcList":[],"quantityList":[{"epcClass":"urn:x:lot","quantity":7,)"
                             R"("uom":"KGM"}],"bizStep":"shipping")") +
                ',' +
                event("sold", 5,
                      seen + R"("epcList":["urn:x:a"],"bizStep":"shipping","bizTransactionList":[)"
                             R"({"type":"po","bizTransaction":"urn:x:po:1"},)"
                             R"({"type":"inv","bizTransaction":"urn:x:inv:1"}],"sourceList":[)"
                             R"({"type":"owning_party","source":"urn:epc:id:pgln:4012345.00001"}],)"
                             R"("destinationList":[{"type":"possessing_party",)"
                             R"("destination":"urn:x:buyer"}])") +
                ',' +
                event("dock", 6,
                      seen + R"("epcList":["urn:x:a"],"bizStep":"shipping",)"
                             R"("readPoint":{"id":"urn:x:works:hall1:dock2"},)"
                             R"("persistentDisposition":{"set":["completeness_verified"]})") +
                ',' +
                event("felt", 7,
                      seen + R"("epcList":["urn:x:a"],"bizStep":"sensor_reporting",)"
                             R"("readPoint":{"id":"urn:x:works2"},"sensorElementList":[{)"
                             R"("sensorMetadata":{"deviceID":"urn:x:sensor:1",)"
                             R"("startTime":"2026-03-01T06:00:00Z"},"sensorReport":[)"
                             R"({"type":"Temperature","value":21.5,"stringValue":"warm",)"
                             R"("booleanValue":true}]}])"));
        capture(event("heat", 2,
                      seen + R"("epcList":["urn:x:a"],"errorDeclaration":{"declarationTime":)"
                             R"("2026-03-02T00:00:00Z","reason":"incorrect_data",)"
                             R"("correctiveEventIDs":["urn:event:plain"]},"bizStep":"shipping")"));
    }

    void capture_as_given(const std::string& context, const std::string& events) {
        std::string document = epcis_document(events);
        document.replace(document.find("[\""), document.find("],") + 1 - document.find("[\""),
                         context);
        const HttpsAnswer answer = ask("POST", "/epcis/v2/capture", document);
        ASSERT_EQ(answer.status, 202) << answer.body;
    }
    HttpsAnswer query(const std::string& parameters, const std::string& header = {}) {
        std::vector<std::string> headers{boss_};
        if (!header.empty()) headers.push_back(header);
        return HttpsConnection{node_.https()}.ask(
            {.target = "/epcis/v2/events?" + parameters, .headers = std::move(headers)});
    }
    /// The last parts of the ids of what is found, oldest first.
    std::vector<std::string> found(const std::string& parameters, const std::string& header = {}) {
        const HttpsAnswer answer = query("orderDirection=ASC&" + parameters, header);
        EXPECT_EQ(answer.status, 200) << parameters << ": " << answer.body;
        if (answer.status != 200) return {"refused"};
        std::vector<std::string> ids = event_ids(answer.body);
        for (std::string& id : ids) id = id.substr(id.rfind(':') + 1);
        return ids;
    }
    /// With an index beside it that finds all.
    std::vector<std::string> filtered(const std::string& parameters,
                                      const std::string& header = {}) {
        return found(std::string{day} + '&' + parameters, header);
    }
};

TEST_F(EventQueries, AskForExtensionsByTheirWholeNames) {
    const std::string as_ex = "GS1-Extensions: ex=https://ex.example/ns/";
    const std::string as_other =
        "GS1-Extensions: o=https://other.example/,e=https://ex.example/ns/";
    EXPECT_THAT(filtered("EXISTS_ex:heat=true", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("EXISTS_e:heat", as_other), ElementsAre("heat"));
    EXPECT_THAT(filtered("EXISTS_https:%2F%2Fex.example%2Fns%2Fheat=true"), ElementsAre("heat"));
    EXPECT_THAT(filtered("EXISTS_o:heat", as_other), IsEmpty());
    EXPECT_THAT(filtered("EQ_ex:by=Wang%7CLi", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("EQ_ex:by=Wang", as_ex), IsEmpty());
    EXPECT_THAT(filtered("EQ_ex:heat=1450.50", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("GT_ex:heat=1450", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("GT_ex:heat=1450.5", as_ex), IsEmpty());
    EXPECT_THAT(filtered("LE_ex:heat=1450.5&GE_ex:heat=1450.5", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("LT_ex:until=2026-06-01T08:00:00.001%2B08:00", as_ex),
                ElementsAre("heat"));
    EXPECT_THAT(filtered("EQ_INNER_ex:zone=south", as_ex), ElementsAre("heat"));
    EXPECT_THAT(filtered("EXISTS_ex:zone", as_ex), IsEmpty()) << "which only stands inside";
    EXPECT_THAT(filtered("EQ_ILMD_ex:grade=Q235", as_ex), ElementsAre("made"));
    EXPECT_THAT(filtered("GE_INNER_ILMD_ex:width=1250", as_ex), ElementsAre("made"));
}

TEST_F(EventQueries, AskForWhatHasANameInTheStandard) {
    EXPECT_THAT(filtered("GT_quantity=6.5"), ElementsAre("lots"));
    EXPECT_THAT(filtered("EQ_quantity=7&LT_quantity=8"), ElementsAre("lots"));
    EXPECT_THAT(filtered("LE_quantity=6"), IsEmpty());
    EXPECT_THAT(filtered("EQ_persistentDisposition_set=urn:epcglobal:cbv:disp:"
                         "completeness_verified"),
                ElementsAre("dock"));
    EXPECT_THAT(filtered("EQ_deviceID=urn:x:sensor:1&EQ_type=Temperature&EQ_stringValue=warm"
                         "&EQ_booleanValue=true"),
                ElementsAre("felt"));
    EXPECT_THAT(filtered("GE_startTime=2026-03-01T06:00:00Z&LT_startTime=2026-03-01T06:00:01Z"),
                ElementsAre("felt"));
    EXPECT_THAT(filtered("EQ_source_owning_party=urn:epc:id:pgln:4012345.00001"),
                ElementsAre("sold"));
    EXPECT_THAT(filtered("EQ_destination_possessing_party=urn:x:buyer"), ElementsAre("sold"));
    EXPECT_THAT(filtered("EQ_destination_owning_party=urn:x:buyer"), IsEmpty());
    EXPECT_THAT(found("EQ_bizTransaction_po=urn:x:po:1"), ElementsAre("sold"));
    EXPECT_THAT(found("EQ_bizTransaction_po=urn:x:inv:1"), IsEmpty());
}

TEST_F(EventQueries, AskForDeclaredErrorsAndForEventsByTheirIds) {
    EXPECT_THAT(filtered("EXISTS_errorDeclaration=true"), ElementsAre("heat"));
    EXPECT_THAT(
        filtered("EQ_errorReason=incorrect_data&GE_errorDeclarationTime=2026-03-02T00:00:00Z"
                 "&LT_errorDeclarationTime=2026-03-03T00:00:00Z"),
        ElementsAre("heat"));
    EXPECT_THAT(filtered("EQ_errorReason=did_not_occur"), IsEmpty());
    EXPECT_THAT(filtered("EQ_correctiveEventID=urn:event:plain"), ElementsAre("heat"));
    EXPECT_THAT(found("EQ_eventID=urn:event:sold%7Curn:event:plain%7Curn:event:none"),
                ElementsAre("plain", "sold"));
    EXPECT_THAT(found("EQ_eventID=urn:event:sold&EQ_bizStep=receiving"), IsEmpty());
}

/// A document says that things were ordered, delivered or paid together, and not that one came of
/// another: it is found, and makes nothing affected.
TEST_F(EventQueries, FindTransactionsByThingAndByDocumentWhichConnectNothing) {
    capture(event("order", 8,
                  R"("action":"ADD","parentID":"urn:x:pallet","epcList":["urn:x:p","urn:x:q"],)"
                  R"("bizTransactionList":[{"type":"po","bizTransaction":"urn:x:po:7"}])",
                  "TransactionEvent"));
    EXPECT_THAT(found("EQ_bizTransaction=urn:x:po:7"), ElementsAre("order"));
    EXPECT_THAT(found("EQ_bizTransaction_po=urn:x:po:7&MATCH_epc=urn:x:q"), ElementsAre("order"));
    EXPECT_THAT(found("MATCH_parentID=urn:x:pallet&eventType=TransactionEvent"),
                ElementsAre("order"));
    for (const char* const thing : {"urn:x:p", "urn:x:pallet"}) {
        const HttpsAnswer trace = ask("GET", std::string{"/api/v1/trace/"} + thing);
        EXPECT_EQ(trace.status, 200);
        EXPECT_TRUE(trace.json().at("edges").as_array().empty()) << trace.body;
    }
    EXPECT_EQ(ask("GET", "/api/v1/trace/urn:x:po:7").status, 404);
}

TEST_F(EventQueries, AskForPlacesWithWhatLiesInThem) {
    EXPECT_THAT(found("WD_readPoint=urn:x:works"), ElementsAre("dock"));
    EXPECT_THAT(found("WD_readPoint=urn:x:works:hall1"), ElementsAre("dock"));
    EXPECT_THAT(found("WD_readPoint=urn:x:works:hall"), IsEmpty());
    EXPECT_THAT(found("WD_readPoint=urn:x:works%7Curn:x:works2"), ElementsAre("dock", "felt"));
    EXPECT_THAT(found("EQ_readPoint=urn:x:works"), IsEmpty());
    EXPECT_THAT(found("WD_readPoint=urn:x:works&EQ_bizStep=shipping&MATCH_epc=urn:x:a"),
                ElementsAre("dock"));
    EXPECT_THAT(found("MATCH_anyEPC=urn:x:a"),
                ElementsAre("plain", "heat", "heat", "sold", "dock", "felt"));
}

TEST_F(EventQueries, AreRefusedWhereNoIndexServesThem) {
    const auto refusal = [&](const std::string& parameters, const std::string& title) {
        const HttpsAnswer answer = query(parameters);
        EXPECT_EQ(answer.status, title == "QueryTooComplexException" ? 413 : 400) << parameters;
        EXPECT_EQ(answer.header("content-type"), "application/problem+json;charset=utf-8");
        EXPECT_THAT(answer.body, HasSubstr("epcisException:" + title)) << parameters;
        return answer.body;
    };
    EXPECT_THAT(refusal("EXISTS_ex:heat=true", "QueryTooComplexException"),
                HasSubstr("EXISTS_ex:heat: expected a condition that an index serves beside it"));
    refusal("EXISTS_ex:heat=true&GE_eventTime=2026-03-01T00:00:00Z", "QueryTooComplexException");
    refusal("HASATTR_readPoint=urn:x:area", "QueryTooComplexException");
    refusal("EQATTR_readPoint_area=1", "QueryTooComplexException");
    refusal("WD_bizStep=shipping", "QueryParameterException");
    refusal("EQ_colour=red", "QueryParameterException");
    refusal("colour", "QueryParameterException");
    refusal("EQ_action=ADD%7CMOVE", "QueryParameterException");
    refusal("eventCountLimit=3", "QueryParameterException");
    refusal("EQ_value_CEL=21.5", "QueryTooComplexException");
    refusal("MATCH_epc=urn:epc:idpat:sgtin:4012345.*.*", "QueryTooComplexException");
    const std::string with_day = std::string{day} + '&';
    refusal(with_day + "EXISTS_ex:heat=maybe", "QueryParameterException");
    refusal(with_day + "GT_quantity=many", "QueryParameterException");
    refusal(with_day + "GE_startTime=7", "QueryParameterException");
    refusal(with_day + "GE_ex:heat=hot", "QueryParameterException");
    refusal(with_day + "EQ_errorReason=", "QueryParameterException");
    refusal("EQ_eventID=", "QueryParameterException");
    refusal("nextPageToken=1.2.3.4", "QueryParameterException");
    refusal("nextPageToken=1.2.0", "QueryParameterException");
}

/// Else a client who asks every minute for what is new would have all events looked at.
TEST_F(EventQueries, GoByTheRecordTimeWhereNothingElseIsAskedFor) {
    capture(event("late", 0, R"("action":"OBSERVE","epcList":["urn:x:late"])"));
    const std::string lately = "perPage=1&GE_recordTime=2020-01-01T00:00:00Z";
    const HttpsAnswer first = query(lately);
    EXPECT_THAT(event_ids(first.body), ElementsAre("urn:event:late"));
    const std::string link = first.header("link");
    EXPECT_THAT(event_ids(ask("GET", link.substr(1, link.find('>') - 1)).body),
                ElementsAre("urn:event:heat"));
    EXPECT_THAT(found(lately), ElementsAre("plain"));
    for (const char* const other :
         {"&orderBy=eventTime", "&GE_eventTime=2020-01-01T00:00:00Z", "&EQ_action=OBSERVE"})
        EXPECT_THAT(event_ids(query(lately + other).body), ElementsAre("urn:event:felt")) << other;
    EXPECT_THAT(found("LT_recordTime=2020-01-01T00:00:00Z"), IsEmpty());
}

/// A limit of all events holds over pages.
TEST_F(EventQueries, KeepToTheirLimitsOverPages) {
    const auto pages = [&](std::string target) {
        std::vector<std::size_t> sizes;
        while (!target.empty() && sizes.size() < 10) {
            const HttpsAnswer answer = ask("GET", target);
            EXPECT_EQ(answer.status, 200) << answer.body;
            if (answer.status != 200) break;
            sizes.push_back(event_ids(answer.body).size());
            const std::string link = answer.header("link");
            target = link.empty() ? link : link.substr(1, link.find('>') - 1);
        }
        return sizes;
    };
    EXPECT_THAT(pages("/epcis/v2/events?perPage=2&orderBy=eventTime&eventCountLimit=5"),
                ElementsAre(2, 2, 1));
    EXPECT_THAT(pages("/epcis/v2/events?perPage=2&orderBy=eventTime&eventCountLimit=4"),
                ElementsAre(2, 2));
    EXPECT_THAT(pages("/epcis/v2/events?perPage=5&maxEventCount=8"), ElementsAre(5, 3));
    EXPECT_EQ(query("perPage=2&maxEventCount=7").status, 413);
    EXPECT_THAT(pages("/epcis/v2/events?perPage=2&MATCH_epc=urn:x:a&EQ_action=OBSERVE"),
                ElementsAre(2, 2, 2));
    EXPECT_EQ(
        ask("POST", "/epcis/v2/queries",
            R"({"name":"some","query":{"eventCountLimit":3,"orderBy":"eventTime","EQ_quantity":7,)"
            R"("EQ_bizStep":["shipping"],"EXISTS_errorDeclaration":true}})")
            .status,
        201);
    EXPECT_THAT(pages("/epcis/v2/queries/some/events"), ElementsAre(0));
    const auto keep = [&](const std::string& order) {
        return ask("POST", "/epcis/v2/queries",
                   R"({"name":"all","query":{"eventCountLimit":3)" + order + "}}")
            .status;
    };
    EXPECT_EQ(keep({}), 400);
    EXPECT_EQ(keep(R"(,"orderBy":"eventTime")"), 201);
    EXPECT_THAT(pages("/epcis/v2/queries/all/events?perPage=2"), ElementsAre(2, 1));
}

}  // namespace
}  // namespace idnode::end_to_end
