#include <ctime>

#include "protocol/json/base64.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/auth/digest.hpp"
#include "tests/end_to_end/description_fixture.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

constexpr const char* lot = "urn:epc:class:lgtin:4012345.012345.L1";

std::string document(std::string_view events) {
    return R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
           R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
           R"("epcisBody":{"eventList":[)" +
           std::string{events} + "]}}";
}

std::string melting(std::string_view id) {
    return R"({"type":"TransformationEvent","eventTime":"2026-01-01T00:00:00Z",)"
           R"("eventTimeZoneOffset":"+00:00","eventID":")" +
           std::string{id} +
           R"(","bizStep":"commissioning","disposition":"active","readPoint":{"id":"urn:x:gate"},)"
           R"("bizLocation":{"id":"urn:x:yard"},"inputEPCList":["urn:x:heat1"],)"
           R"("outputQuantityList":[{"epcClass":")" +
           lot + R"(","quantity":5,"uom":"KGM"}]})";
}

/// What a password is on one day.
std::string daily_hash(std::string_view password) {
    using namespace resolver::auth;
    const auto hex = [](std::string_view text) {
        return protocol::to_hex(
            protocol::text_of(digest_of(Digest::sha256, {protocol::bytes_of(text)}).bytes()));
    };
    const auto now = static_cast<std::uint32_t>(std::time(nullptr));
    return hex(hex(password) + protocol::format_time(now + 8 * 3600).substr(0, 10));
}

}  // namespace

void Description::use_snms() {
    const auto refused = [](const HttpsAnswer& answer, int status) {
        EXPECT_EQ(answer.json().at("status"), status) << answer.body;
    };
    anybody(200, "POST", "/identity/token", R"({"username":"boss","password":"boss-secret"})");
    refused(anybody(200, "POST", "/identity/token", R"({"username":"boss","password":"x"})"), -2);
    say(200, "PUT", "/api/v1/accounts/buyer", R"({"password":"new-secret"})");
    anybody(200, "POST", "/identity/token/v1",
            R"({"username":"buyer","password":")" + daily_hash("new-secret") + "\"}");
    const auto record = [](const std::string& handle) {
        return R"({"handle":")" + handle +
               R"(","templateVersion":"","value":[{"index":2000,"type":"name","auth":"",)"
               R"("data":{"format":"string","value":"piston"}},)"
               R"({"index":2001,"type":"cost","auth":"0","data":{"value":12.5}}]})";
    };
    const std::string path = "/identityv2/data";
    say(200, "POST", path, record("88.1/S1"));
    refused(say(200, "POST", path, record("88.1/S1")), -2);
    refused(anybody(200, "POST", path, record("88.1/S2")), -1);
    say(200, "PUT", path, record("88.1/S1"));
    anybody(200, "GET", path + "/detail?handle=88.1/S1");
    say(200, "GET", path + "/detail?handle=88.1/ALL");
    refused(anybody(200, "GET", path + "/detail?handle=88.1/NONE"), -2);
    say(200, "POST", path + "/batchCreate", '[' + record("88.1/S2") + ',' + record("99/S") + ']');
    say(200, "PUT", path + "/batchUpdate", '[' + record("88.1/S2") + ',' + record("88.1/S9") + ']');
    say(200, "DELETE", path + "/batchDelete", R"({"handles":["88.1/S2","88.1/S9"]})");
    say(200, "DELETE", path, R"({"handle":"88.1/S1"})");
    refused(say(200, "DELETE", path + "?handle=88.1/S1"), -2);
    for (const std::string version : {"v3", "v5"}) {
        const std::string at = "/snms/api/" + version + "/template";
        const auto published = [](const char* item) {
            return R"({"prefix":"88.1","version":"t","items":[{"name":")" + std::string{item} +
                   R"(","idType":"number","idIndex":)" + (item[0] == 'a' ? "2000" : "2001") + "}]}";
        };
        say(200, "POST", at, published("a"));
        refused(say(200, "POST", at, published("a")), -2);
        if (version == "v5") say(200, "PUT", at, published("b"));
        anybody(200, "GET", at + "?prefix=88.1&version=t");
        anybody(200, "GET", at + "?prefix=88.1");
        say(200, "DELETE", at, R"({"prefix":"88.1","version":"t"})");
    }
}

void Description::use_epcis() {
    const std::string path = "/epcis/v2/";
    const HttpsAnswer taken = say(202, "POST", path + "capture", document(melting("urn:event:1")));
    EXPECT_THAT(say(200, "GET", taken.header("location")).body, HasSubstr(R"("captured":1)"));
    const HttpsAnswer partly = say(202, "POST", path + "capture",
                                   document(melting("urn:event:2") + R"(,{"type":"ObjectEvent"})"),
                                   {"GS1-Capture-Error-Behaviour: proceed"});
    EXPECT_THAT(say(200, "GET", partly.header("location")).body, HasSubstr(R"("success":false)"));
    say(204, "GET", path + "capture");
    say(404, "GET", path + "capture/none");
    say(400, "POST", path + "capture", document(R"({"type":"ObjectEvent"})"));
    anybody(401, "POST", path + "capture", document(melting("urn:event:3")));
    client_.expect(415, {.method = "POST",
                         .target = path + "capture",
                         .who = boss_,
                         .body = "{}",
                         .content_type = "text/plain"});
    client_.expect(201, {.method = "POST",
                         .target = path + "events",
                         .who = boss_,
                         .body = document(melting("urn:event:4")),
                         .content_type = "application/ld+json"});
    say(200, "GET", path + "events/urn:event:1");
    say(404, "GET", path + "events/none");
    const HttpsAnswer page =
        say(200, "GET", path + "events?perPage=1&eventType=TransformationEvent");
    EXPECT_THAT(page.header("link"), HasSubstr("next"));
    say(413, "GET", path + "events?maxEventCount=1");
    say(400, "GET", path + "events?EQ_colour=red");
    const std::vector<std::pair<std::string, std::string>> collections{
        {"eventTypes", "TransformationEvent"}, {"epcs", "urn:x:heat1"},
        {"bizSteps", "commissioning"},         {"bizLocations", "urn:x:yard"},
        {"readPoints", "urn:x:gate"},          {"dispositions", "active"}};
    for (const auto& [name, value] : collections) {
        EXPECT_THAT(say(200, "GET", path + name).body, HasSubstr(value)) << name;
        say(200, "GET", path + name + '/' + value);
        const auto events = say(200, "GET", path + name + '/' + value + "/events").json();
        EXPECT_THAT(serialize(events), HasSubstr("urn:event:1")) << name;
        say(400, "GET", path + name + '/' + value + "/events?perPage=0");
    }
}

void Description::use_queries() {
    const std::string path = "/epcis/v2/queries";
    const std::string query = R"({"name":"made","query":{"EQ_bizStep":"commissioning"}})";
    say(201, "POST", path, query);
    say(409, "POST", path, query);
    say(400, "POST", path, R"({"name":"a/b","query":{}})");
    say(201, "POST", path, R"({"name":"more","query":{}})");
    EXPECT_THAT(say(200, "GET", path + "?perPage=1").header("link"), HasSubstr("next"));
    say(200, "GET", path + "/made");
    EXPECT_THAT(say(200, "GET", path + "/made/events?perPage=1").body, HasSubstr("urn:event:"));
    say(400, "GET", path + "/made/events?perPage=0");
    const std::string subscriptions = path + "/made/subscriptions";
    const HttpsAnswer made =
        say(201, "POST", subscriptions,
            R"({"dest":"http://127.0.0.1:9/","signatureToken":"a secret",)"
            R"("schedule":{"second":"0","minute":"[0-9],30"},"reportIfEmpty":true,)"
            R"("initialRecordTime":"2026-01-01T00:00:00Z"})");
    say(201, "POST", subscriptions, R"({"dest":"http://127.0.0.1:9/","stream":true})");
    say(400, "POST", subscriptions, R"({"dest":"ftp://127.0.0.1/","stream":true})");
    say(200, "GET", subscriptions);
    say(200, "GET", made.header("location"));
    say(204, "DELETE", made.header("location"));
    say(404, "GET", made.header("location"));
    say(204, "DELETE", path + "/made");
    say(404, "GET", path + "/made");
}

void Description::use_recalls() {
    const std::string path = "/api/v1/recalls";
    const HttpsAnswer made =
        say(201, "POST", path,
            R"({"name":"heat","dest":"http://127.0.0.1:9/","identifiers":["urn:x:heat1"]})");
    EXPECT_EQ(made.json().at("count"), 1);
    say(400, "POST", path, R"({"name":"heat","dest":"ftp://127.0.0.1/","identifiers":["a"]})");
    say(200, "GET", path);
    say(400, "GET", path + "?perPage=0");
    say(200, "GET", made.header("location"));
    say(204, "DELETE", made.header("location"));
    say(404, "GET", made.header("location"));
    const std::string policy = "/api/v1/visibility/88.1";
    say(404, "GET", policy);
    say(200, "PUT", policy, R"({"oneUpOneDown":true,"hidden":"cut"})");
    say(200, "GET", policy);
    say(400, "PUT", policy, R"({"hidden":"half"})");
    say(204, "DELETE", policy);
    anybody(401, "GET", policy);
}

void Description::use_trace() {
    const std::string path = "/api/v1/trace/";
    const HttpsAnswer whole = say(200, "GET", path + lot + "?direction=up");
    EXPECT_THAT(whole.body, HasSubstr("urn:x:heat1"));
    const HttpsAnswer page = say(200, "GET", path + lot + "?direction=up&limit=1");
    const std::string cursor{page.json().at("cursor").as_string()};
    say(200, "GET", path + lot + "?direction=up&limit=1&cursor=" + cursor);
    say(410, "GET", path + lot + "?direction=both&limit=1&cursor=" + cursor);
    say(400, "GET", path + lot + "?depth=x");
    say(404, "GET", path + "urn:x:nothing");
    const std::string suspects = R"({"identifiers":["urn:x:heat1"],"direction":"down"})";
    EXPECT_EQ(say(200, "POST", "/api/v1/recall", suspects).json().at("count"), 1);
    say(200, "POST", "/api/v1/recall", suspects, {"Accept: application/x-ndjson"});
    say(400, "POST", "/api/v1/recall", R"({"identifiers":[]})");
}

void Description::use_statistics() {
    const std::string path = "/api/v1/statistics";
    for (const char* const by : {"prefix", "enterprise", "node"}) {
        const HttpsAnswer rows = say(200, "GET", path + "?by=" + by);
        EXPECT_THAT(rows.body, HasSubstr(R"("latency")"));
    }
    EXPECT_THAT(say(200, "GET", path + "?format=csv").body, HasSubstr("day,prefix"));
    EXPECT_THAT(say(200, "GET", path + "/sources?prefix=88.1").body, HasSubstr("127.0.0.1"));
    say(200, "GET", path + "/sources?prefix=88.1", {}, {"Accept: text/csv"});
    say(400, "GET", path + "?from=yesterday");
    say(400, "GET", path + "/sources");
    anybody(401, "GET", path);
}

void Description::use_pages() {
    for (const char* const path : {"/healthz", "/readyz", "/metrics", "/api/site", "/"})
        anybody(200, "GET", path);
    anybody(302, "GET", "/?hdl=88.1/ALL");
    anybody(302, "GET", "/88.1/ALL");
    anybody(301, "GET", "/88.1/ALIAS");
    anybody(200, "GET", "/88.1/ALL?noredirect");
    anybody(404, "GET", "/88.1/NONE");
    const auto tunnel = [&](int status, const std::string& message) {
        client_.expect(status, {.method = "POST",
                                .target = "/",
                                .body = message,
                                .content_type = std::string{tunnel_type}});
    };
    tunnel(200, encode({.handle = "88.1/ALL"}));
    tunnel(400, "short");
}

}  // namespace idnode::end_to_end
