#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocol/epcis/event.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

/// An object event with these further fields; one of the same name takes the place of ours.
json::object event_with(std::string_view fields) {
    json::object event = json::parse(R"({"type":"ObjectEvent","action":"ADD",
        "eventTime":"2026-01-02T03:04:05.678+08:00","eventTimeZoneOffset":"+08:00",
        "epcList":["urn:epc:id:sgtin:0614141.107346.2017"]})")
                             .as_object();
    const json::value more = json::parse(fields);
    for (const auto& [name, value] : more.as_object()) {
        if (value.is_null())
            event.erase(name);
        else
            event[name] = value;
    }
    return event;
}

std::string fault_of(std::string_view fields) {
    const auto document = read_document(event_with(fields));
    if (!document) return document.error().message();
    return document->faults.empty() ? "none" : document->faults.front().message;
}

TEST(EpcisEvent, IsReadWithItsTimeInMillisecondsAndItsTermsByTheirShortNames) {
    const auto document = read_document(event_with(
        R"({"bizStep":"urn:epcglobal:cbv:bizstep:shipping",
            "disposition":"https://ref.gs1.org/cbv/Disp-in_transit",
            "readPoint":{"id":"urn:epc:id:sgln:0614141.00777.0"},
            "quantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.L","quantity":2.5,
                             "uom":"KGM"}],
            "ilmd":{"cbvmda:lotNumber":"L"},"example:note":1,
            "@context":{"example":"http://ns.example.com/"}})"));
    ASSERT_TRUE(document);
    ASSERT_TRUE(document->faults.empty()) << document->faults.front().message;
    const Event& event = document->events.front().second;
    EXPECT_EQ(event.time, 1'767'294'245'678);
    EXPECT_EQ(format_event_time(event.time), "2026-01-01T19:04:05.678Z");
    EXPECT_EQ(event.biz_step, "shipping");
    EXPECT_EQ(event.disposition, "in_transit");
    EXPECT_EQ(event.lot, "L");
    EXPECT_EQ(event.quantities.front().quantity, 2.5);
    EXPECT_EQ(event.json.at("example:note"), 1);
}

TEST(EpcisEvent, IsRefusedForWhatIsWrongWithIt) {
    struct Case {
        std::string_view fields;
        std::string_view said;
    };
    for (const Case& each : std::vector<Case>{
             {R"({"type":"FunnyEvent"})", "type: expected ObjectEvent"},
             {R"({"action":"CREATE"})", "action: expected ADD, OBSERVE or DELETE"},
             {R"({"action":null})", "found nothing"},
             {R"({"eventTime":"2026-01-02"})", "eventTime: expected a date and time"},
             {R"({"eventTime":"2026-01-02T03:04:05"})", "eventTime: expected"},
             {R"({"eventTime":"2026-02-30T03:04:05Z"})", "eventTime: expected"},
             {R"({"eventTimeZoneOffset":"8"})", "eventTimeZoneOffset: expected"},
             {R"({"eventTimeZoneOffset":"+15:00"})", "eventTimeZoneOffset: expected"},
             {R"({"bizStep":"transforming"})", "bizStep: expected"},
             {R"({"epcList":["no uri"]})", "epcList: expected a list of URIs"},
             {R"({"epcList":null})", "epcList: expected epcList, quantityList"},
             {R"({"action":"OBSERVE","ilmd":{"a:b":1}})", "ilmd"},
             {R"({"ilmd":{"plain":1}})", "ilmd.plain: expected a field of the standard"},
             {R"({"note":1})", "note: expected a field of the standard"},
             {R"({"unknown:note":1})", "unknown:note: expected"},
             {R"({"quantityList":[{"epcClass":"urn:x:y","quantity":"two"}]})",
              "quantityList[0].quantity: expected a number"},
             {R"({"quantityList":[{"epcClass":"urn:x:y","weight":2}]})", "quantityList[0].weight"},
             {R"({"quantityList":[{"quantity":2}]})", "quantityList[0].epcClass"},
             {R"({"sourceList":[{"type":"place","source":"urn:x:y"}]})", "sourceList[0].type"},
             {R"({"readPoint":{}})", "readPoint.id"},
             {R"({"errorDeclaration":{}})", "errorDeclaration.declarationTime"},
             {R"({"type":"AggregationEvent","epcList":null,"childEPCs":["urn:x:y"]})", "parentID"},
             {R"({"type":"AssociationEvent","epcList":null})", "parentID"},
             {R"({"type":"TransactionEvent"})", "bizTransactionList"},
             {R"({"type":"TransformationEvent","action":null,"epcList":null,
                  "inputEPCList":["urn:x:y"]})",
              "inputEPCList: expected inputs and outputs"}})
        EXPECT_THAT(fault_of(each.fields), HasSubstr(each.said)) << each.fields;
}

TEST(EpcisEvent, OfATransformationNeedsOnlyOneSideWhereAnIdJoinsItWithOthers) {
    EXPECT_EQ(fault_of(R"({"type":"TransformationEvent","action":null,"epcList":null,
                           "inputEPCList":["urn:x:y"],"transformationID":"urn:t:1"})"),
              "none");
}

TEST(EpcisDocument, SaysWhichEventIsWrongAndReadsTheOthers) {
    json::value document = json::parse(
        R"({"@context":"https://ref.gs1.org/x","type":"EPCISDocument","schemaVersion":"2.0",
            "creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[]}})");
    json::array& events = document.at("epcisBody").at("eventList").as_array();
    events.emplace_back(event_with("{}"));
    events.emplace_back(event_with(R"({"action":"CREATE"})"));
    const auto read = read_document(document);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->count, 2U);
    EXPECT_EQ(read->events.size(), 1U);
    ASSERT_EQ(read->faults.size(), 1U);
    EXPECT_EQ(read->faults.front().event, 1U);
    EXPECT_EQ(read->faults.front().field, "action");
}

TEST(EpcisDocument, IsRefusedWithoutWhatADocumentHas) {
    const json::object document =
        json::parse(R"({"@context":"x","type":"EPCISDocument","schemaVersion":"2.0",
                        "creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[]}})")
            .as_object();
    EXPECT_TRUE(read_document(document));
    for (const char* const field : {"@context", "schemaVersion", "creationDate", "epcisBody"}) {
        json::object without = document;
        without.erase(field);
        const auto read = read_document(without);
        ASSERT_FALSE(read) << field;
        EXPECT_THAT(read.error().message(), HasSubstr(field));
    }
    EXPECT_FALSE(read_document("text"));
}

TEST(EpcisDocument, LeavesEveryEventThePrefixesThatItUses) {
    json::object document = json::parse(R"({"@context":["https://ref.gs1.org/standards/epcis/",
        {"example":"http://ns.example.com/","unused":"http://x.example/"},
        {"value":{"@id":"http://v.example/"}}],"type":"EPCISDocument","schemaVersion":"2.0",
        "creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[]}})")
                                .as_object();
    document["epcisBody"].as_object()["eventList"] = {
        event_with(R"({"example:note":[{"value:of":1}]})"), event_with("{}"),
        event_with(R"({"bizStep":"example:step","@context":{"own":"http://o.example/"}})")};
    const auto read = read_document(document);
    ASSERT_TRUE(read && read->faults.empty());
    const auto context_of = [&](std::size_t at) -> const json::value* {
        return read->events.at(at).second.json.if_contains("@context");
    };
    EXPECT_EQ(*context_of(0), json::parse(R"([{"example":"http://ns.example.com/",
                                               "value":"http://v.example/"}])"));
    EXPECT_EQ(context_of(1), nullptr) << "which adds nothing to the standard context";
    EXPECT_EQ(*context_of(2), json::parse(R"([{"example":"http://ns.example.com/"},
                                              {"own":"http://o.example/"}])"));
}

TEST(EpcisDocument, HasALimitForTheUriBehindAPrefix) {
    const std::string uri = "http://" + std::string(506, 'x');
    const auto read = read_document(json::parse(R"({"@context":{"example":")" + uri +
                                                R"("},"type":"EPCISDocument","schemaVersion":"2.0",
        "creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[]}})"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(),
              "@context: expected at most 512 octets behind each prefix, found 513");
}

TEST(EpcisTime, KeepsOffsetsAndFractionsAndRefusesWhatIsNoTime) {
    EXPECT_EQ(parse_event_time("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_event_time("1970-01-01T01:00:00.5+01:00"), 500);
    EXPECT_EQ(parse_event_time("1969-12-31T23:59:59.999999Z"), -1);
    EXPECT_EQ(parse_event_time("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
    for (const char* const text :
         {"", "1970-01-01", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z",
          "1970-01-01T00:00:00+1:00", "0000-01-01T00:00:00Z", "1970-13-01T00:00:00Z"})
        EXPECT_EQ(parse_event_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace idnode::protocol::epcis
