#include "protocol/epcis/event_hash.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>
#include <string>

#include "protocol/schemes/identifier.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;

std::string same(std::string_view text) { return std::string{text}; }

constexpr std::string_view context =
    R"("@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
    R"({"example":"https://ns.example.com/epcis/"}],)";

json::object event_of(std::string_view members) {
    return json::parse("{" + std::string{context} + std::string{members} + "}").as_object();
}

std::string hash_of(std::string_view members) { return event_hash(event_of(members), same); }
std::string pre_hash(std::string_view members) { return pre_hash_of(event_of(members), same); }

struct Vector {
    std::string_view hash;
    std::string_view members;
};

// The published vectors for CBV2.0 of GS1 Germany's epcis-event-hash-generator: the file
// epcisDocWithVariousEventTypes and ReferenceEventHashAlgorithm3, their identifiers written as
// Digital Links, which have the same hash.
constexpr Vector vectors[] = {
    {"253f0178f96349eedc207505b49044a602129605cf692e3d9f1f36c8bd1dfb0d",
     R"("type":"ObjectEvent","eventTime":"2019-10-21T11:00:30.000+01:00","eventTimeZoneOffset":)"
     R"("+01:00","epcList":["https://id.gs1.org/00/052000011111111461"],"action":"OBSERVE",)"
     R"("bizStep":"departing","readPoint":{"id":"https://id.gs1.org/414/5200001999012"},)"
     R"("bizTransactionList":[{"type":"desadv","bizTransaction":)"
     R"("urn:epcglobal:cbv:bt:5200001000008:4711"},{"type":"inv","bizTransaction":)"
     R"("urn:epcglobal:cbv:bt:5200001000008:RE1099"}],"sourceList":[{"type":"possessing_party",)"
     R"("source":"https://id.gs1.org/417/5200001000008"}],"destinationList":[{"type":)"
     R"("possessing_party","destination":"https://id.gs1.org/417/4000001987658"},{"type":)"
     R"("location","destination":"https://id.gs1.org/414/4012345000122"}])"},
    {"5f396ea5cb32fe4d0980cb79f5a5eb9640559e9f5a6cefa5c98a7d6ad554b50b",
     R"("type":"ObjectEvent","eventTime":"2019-10-21T14:58:56.000+02:00","eventTimeZoneOffset":)"
     R"("+02:00","quantityList":[{"epcClass":"https://id.gs1.org/01/04054739999148/10/20160711",)"
     R"("quantity":600,"uom":"KGM"}],"action":"ADD","bizStep":"commissioning","readPoint":)"
     R"({"id":"https://id.gs1.org/414/4054739000011"},"ilmd":{"cbvmda:bestBeforeDate":)"
     R"("2019-10-21"})"},
    {"c941e6486c561c2be83c28dc228c150eaef9a6befb1015e6cc563982fb7414b6",
     R"("type":"AggregationEvent","eventTime":"2019-10-21T11:58:56.591+02:00",)"
     R"("eventTimeZoneOffset":"+02:00","parentID":"https://id.gs1.org/00/040470231111111229",)"
     R"("childEPCs":["https://id.gs1.org/01/04047023775511/21/98",)"
     R"("https://id.gs1.org/01/04047023775511/21/97",)"
     R"("https://id.gs1.org/01/04047023775511/21/107",)"
     R"("https://id.gs1.org/01/04047023775511/21/109"],"action":"ADD","bizStep":"packing",)"
     R"("readPoint":{"id":"https://id.gs1.org/414/4047023000125"})"},
    {"cf6559dc931963f19ed9cd2fe33c02ef64c8cfd557e5a96b086a87db315b7122",
     R"("type":"TransactionEvent","eventTime":"2019-10-21T00:05:00-06:00","eventTimeZoneOffset":)"
     R"("-06:00","epcList":["https://id.gs1.org/01/10614141073402/21/1",)"
     R"("https://id.gs1.org/01/10614141073402/21/2"],"action":"ADD","bizStep":"shipping",)"
     R"("readPoint":{"id":"https://id.gs1.org/414/4012345000009/254/5"},"bizLocation":{"id":)"
     R"("https://id.gs1.org/414/4012345000009"},"bizTransactionList":[{"type":"po",)"
     R"("bizTransaction":"urn:epcglobal:cbv:bt:4012345123456:RE100099"}])"},
    {"36ab2ba0e3eac03d14a630148c63c31da00b8c4f1c311f501eb459e89a6e6350",
     R"("type":"TransformationEvent","eventTime":"2019-10-21T14:58:56.591+02:00",)"
     R"("eventTimeZoneOffset":"+02:00","inputEPCList":)"
     R"(["https://id.gs1.org/01/04012345111224/21/25",)"
     R"("https://id.gs1.org/01/04000001654321/21/99886655"],"outputEPCList":)"
     R"(["https://id.gs1.org/01/04012345778892/21/25",)"
     R"("https://id.gs1.org/01/04012345778892/21/26",)"
     R"("https://id.gs1.org/01/04012345778892/21/27",)"
     R"("https://id.gs1.org/01/04012345778892/21/28"],"inputQuantityList":[{"epcClass":)"
     R"("https://id.gs1.org/01/04012345111118/10/4444","quantity":10,"uom":"KGM"},{"epcClass":)"
     R"("https://id.gs1.org/01/00614141777778/10/987","quantity":30},{"epcClass":)"
     R"("https://id.gs1.org/01/04012345666663","quantity":220}],"bizStep":"commissioning",)"
     R"("readPoint":{"id":"https://id.gs1.org/414/4012345000016"},"ilmd":)"
     R"({"example:bestBeforeDate":"2015-11-10","example:batch":"XYZ"})"},
    {"756558aa09b2d38c6bcb6e50eab2fcbebd9bde17362a7c4f4686a5d7f5fb013f",
     R"("type":"TransformationEvent","eventTime":"2019-10-21T14:58:56.591+02:00",)"
     R"("eventTimeZoneOffset":"+02:00","inputEPCList":)"
     R"(["https://id.gs1.org/01/04012345111224/21/25",)"
     R"("https://id.gs1.org/01/04000001654321/21/99886655"],"outputQuantityList":[{"epcClass":)"
     R"("https://id.gs1.org/01/04054739999025/10/P20131121","quantity":9520}],)"
     R"("transformationID":"https://id.gs1.org/253/40123455555541234","bizStep":)"
     R"("http://epcis.example.com/user/vocab/bizstep/exampling","readPoint":{"id":)"
     R"("https://id.gs1.org/414/4012345000016"})"},
    {"3ae14c02c4bdc220cc31942cf804f6845eb8dec96ba6483391c92a9b165f9329",
     R"("type":"ObjectEvent","eventTime":"2020-03-04T11:00:30+01:00","eventTimeZoneOffset":)"
     R"("+01:00","epcList":["https://id.gs1.org/01/00614141111114/21/987"],"action":"OBSERVE",)"
     R"("bizStep":"departing","disposition":"in_transit","readPoint":{"id":)"
     R"("https://id.gs1.org/414/4012345000115","example:myField1":"AB-12"},)"
     R"("bizTransactionList":[{"type":"po","bizTransaction":)"
     R"("https://id.gs1.org/253/4012345111118123"}],"sourceList":[{"type":"owning_party",)"
     R"("source":"https://id.gs1.org/417/4012345000009"}],"destinationList":[{"type":)"
     R"("owning_party","destination":"https://id.gs1.org/417/0614141000005"}],)"
     R"("example:userExt":"CD-34")"},
};

TEST(EventHash, AgreesWithThePublishedVectors) {
    for (const auto& [hash, members] : vectors)
        EXPECT_EQ(hash_of(members), "ni:///sha-256;" + std::string{hash} + "?ver=CBV2.0")
            << pre_hash(members);
}

// The same source, its identifiers as they stand there.
TEST(EventHash, AgreesWithAPublishedVectorOverEpcUris) {
    const auto digital_link = [](std::string_view text) {
        const auto link = text.starts_with("urn:epc:")
                              ? digital_link_of(identify(text), "https://id.gs1.org")
                              : std::nullopt;
        return link ? *link : std::string{text};
    };
    EXPECT_EQ(
        event_hash(
            event_of(
                R"("type":"TransformationEvent","eventTime":"2019-10-21T14:58:56.591+02:00",)"
                R"("eventTimeZoneOffset":"+02:00","inputEPCList":)"
                R"(["urn:epc:id:sgtin:4012345.011122.25",)"
                R"("urn:epc:id:sgtin:4000001.065432.99886655"],"outputEPCList":)"
                R"(["urn:epc:id:sgtin:4012345.077889.25","urn:epc:id:sgtin:4012345.077889.26",)"
                R"("urn:epc:id:sgtin:4012345.077889.27","urn:epc:id:sgtin:4012345.077889.28"],)"
                R"("inputQuantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.011111.4444",)"
                R"("quantity":10,"uom":"KGM"},{"epcClass":)"
                R"("urn:epc:class:lgtin:0614141.077777.987","quantity":30},{"epcClass":)"
                R"("urn:epc:idpat:sgtin:4012345.066666.*","quantity":220}],"bizStep":)"
                R"("commissioning","readPoint":{"id":"urn:epc:id:sgln:4012345.00001.0"},"ilmd":)"
                R"({"example:bestBeforeDate":"2015-11-10","example:batch":"XYZ"})"),
            digital_link),
        "ni:///sha-256;36ab2ba0e3eac03d14a630148c63c31da00b8c4f1c311f501eb459e89a6e6350"
        "?ver=CBV2.0");
}

constexpr std::string_view head =
    R"("type":"ObjectEvent","eventTime":"2026-07-22T06:45:00Z","eventTimeZoneOffset":"+00:00",)"
    R"("action":"ADD",)";

TEST(EventHash, IsTheSameForEverySpellingOfAnEvent) {
    const std::string spelled =
        R"({"@context":{"other":"https://ns.example.com/epcis/"},"other:y": 2.500 ,)"
        R"("other:x":" 1 ",)"
        R"("type":"ObjectEvent","recordTime":"2026-08-01T00:00:00Z","eventID":"urn:uuid:1",)"
        R"("eventTimeZoneOffset":"+00:00","eventTime":"2026-07-22T14:45:00.0001+08:00",)"
        R"("action":"ADD","epcList":["urn:b:2","urn:a:1"],)"
        R"("bizStep":"https://ref.gs1.org/cbv/BizStep-shipping"})";
    EXPECT_EQ(
        pre_hash_of(json::parse(spelled).as_object(), same),
        pre_hash(std::string{head} + R"("epcList":["urn:a:1","urn:b:2"],"bizStep":"shipping",)"
                                     R"("example:x":"1","example:y":2.5)"));
}

TEST(EventHash, ChangesWithEveryValue) {
    std::set<std::string> hashes;
    std::size_t count = 0;
    for (const std::string_view members :
         {R"("epcList":[])", R"("epcList":["urn:a:1"])", R"("epcList":["urn:a:2"])",
          R"("epcList":["urn:a:1"],"bizStep":"shipping")",
          R"("epcList":["urn:a:1"],"disposition":"in_transit")",
          R"("epcList":["urn:a:1"],"readPoint":{"id":"urn:r:1"})",
          R"("epcList":["urn:a:1"],"bizLocation":{"id":"urn:r:1"})",
          R"("epcList":["urn:a:1"],"example:x":"1")", R"("epcList":["urn:a:1"],"example:x":{})",
          R"("epcList":["urn:a:1"],"ilmd":{"example:x":"1"})",
          R"("epcList":["urn:a:1"],"persistentDisposition":{"set":["recalled"]})",
          R"("epcList":["urn:a:1"],"persistentDisposition":{"unset":["recalled"]})"}) {
        hashes.insert(hash_of(std::string{head} + std::string{members}));
        ++count;
    }
    EXPECT_EQ(hashes.size(), count);
}

TEST(EventHash, WritesTimesInUtcToTheMillisecond) {
    const auto time_in = [](std::string_view time) {
        const std::string text = pre_hash(
            R"("type":"ObjectEvent","eventTimeZoneOffset":"+00:00","action":"ADD","epcList":[],)"
            R"("eventTime":")" +
            std::string{time} + '"');
        const std::size_t begin = text.find("eventTime=") + 10;
        return text.substr(begin, text.find("eventTimeZone") - begin);
    };
    EXPECT_EQ(time_in("2020-01-15T00:00:00+01:00"), "2020-01-14T23:00:00.000Z");
    EXPECT_EQ(time_in("2020-01-14T23:00:00.1Z"), "2020-01-14T23:00:00.100Z");
    EXPECT_EQ(time_in("2020-01-14T23:59:59.9995Z"), "2020-01-15T00:00:00.000Z");
    EXPECT_EQ(time_in("1969-12-31T23:59:59.250Z"), "1969-12-31T23:59:59.250Z");
}

// The vector CertificationInfoAndSensorReportWithCRS of the same source.
TEST(EventHash, PutsExtensionsOfSensorsBehindTheirStandardFields) {
    EXPECT_EQ(
        pre_hash(
            R"("type":"ObjectEvent","eventTime":"2023-01-11T12:00:00+01:00","certificationInfo":)"
            R"("https://example.org/c","eventTimeZoneOffset":"+01:00","epcList":[],"action":)"
            R"("OBSERVE","sensorElementList":[{"sensorMetadata":{"time":"2023-01-11T11:05:00Z",)"
            R"("example:m":"metadataText"},"sensorReport":[{"type":"Dimensionless","exception":)"
            R"("ALARM_CONDITION","value":12.10,"example:r":"reportText"}]}])"),
        "eventType=ObjectEventeventTime=2023-01-11T11:00:00.000ZeventTimeZoneOffset=+01:00"
        "action=OBSERVEsensorElementsensorMetadatatime=2023-01-11T11:05:00.000ZsensorReport"
        "type=https://ref.gs1.org/voc/Dimensionless"
        "exception=https://ref.gs1.org/voc/ALARM_CONDITIONvalue=12.1sensorElement"
        "sensorMetadata{https://ns.example.com/epcis/}m=metadataText"
        "sensorReport{https://ns.example.com/epcis/}r=reportText");
}

TEST(EventHash, AsksForTheFormOfEveryIdentifier) {
    const json::object event =
        event_of(std::string{head} + R"("epcList":["urn:a:1"],"example:x":"urn:b:2")");
    const std::string text = pre_hash_of(event, [](std::string_view identifier) {
        return identifier == "urn:a:1" ? "https://id.gs1.org/a"
                                       : "[" + std::string{identifier} + "]";
    });
    EXPECT_NE(text.find("epc=https://id.gs1.org/a"), std::string::npos) << text;
    EXPECT_NE(text.find("x=[urn:b:2]"), std::string::npos) << text;
}

}  // namespace
}  // namespace idnode::protocol::epcis
