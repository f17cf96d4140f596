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
    EXPECT_THAT(say(200, "GET", path + "capture?perPage=1").header("link"), HasSubstr("next"));
    say(400, "GET", path + "capture?perPage=0");
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
    say(409, "POST", path + "events", document(melting("urn:event:4")));
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
        say(400, "GET", path + name + "?perPage=0");
        say(200, "GET", path + name + '/' + value);
        say(404, "GET", path + name + "/none");
        const auto events = say(200, "GET", path + name + '/' + value + "/events").json();
        EXPECT_THAT(serialize(events), HasSubstr("urn:event:1")) << name;
        say(400, "GET", path + name + '/' + value + "/events?perPage=0");
    }
}

void Description::use_trace() {
    const std::string path = "/api/v1/trace/";
    const HttpsAnswer whole = say(200, "GET", path + lot + "?direction=up");
    EXPECT_THAT(whole.body, HasSubstr("urn:x:heat1"));
    const HttpsAnswer page = say(200, "GET", path + lot + "?direction=up&limit=1");
    const std::string cursor{page.json().at("cursor").as_string()};
    say(200, "GET", path + lot + "?direction=up&limit=1&cursor=" + cursor);
    say(410, "GET", path + lot + "?direction=both&limit=1&cursor=" + cursor);
    say(410, "POST", "/api/v1/recall?cursor=" + cursor, R"({"identifiers":["urn:x:heat1"]})");
    say(400, "GET", path + lot + "?depth=x");
    say(404, "GET", path + "urn:x:nothing");
    const std::string suspects = R"({"identifiers":["urn:x:heat1"],"direction":"down"})";
    EXPECT_EQ(say(200, "POST", "/api/v1/recall", suspects).json().at("count"), 1);
    say(200, "POST", "/api/v1/recall", suspects, {"Accept: application/x-ndjson"});
    say(400, "POST", "/api/v1/recall", R"({"identifiers":[]})");
}

namespace {

/// A receiver that fails at the first delivery.
std::optional<unsigned> take_the_second(std::size_t number, const Received&) {
    return number == 0 ? 503U : 200U;
}

}  // namespace

void Description::resume_one_of(const std::vector<std::string>& locations) {
    for (int looks = 0; looks < 500; ++looks) {
        for (const std::string& each : locations) {
            const auto webhook = say(200, "GET", each).json();
            if (webhook.at("delivery").at("state") != "given_up") continue;
            say(204, "POST", each + "/resume");
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    ADD_FAILURE() << "none was given up";
}

json::value Description::wait_for_deliveries(const std::string& location, const char* figure) {
    json::value found;
    for (int looks = 0; looks < 500; ++looks) {
        found = say(200, "GET", location).json();
        if (found.at("delivery").at(figure).to_number<int>() > 0) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return found.at("delivery");
}

void Description::use_queries() {
    const std::string path = "/epcis/v2/queries";
    const std::string meltings =
        R"({"name":"meltings","query":{"eventType":["TransformationEvent"],)"
        R"("EQ_bizStep":"commissioning","GE_eventTime":"2020-01-01T00:00:00Z","perPage":1}})";
    const HttpsAnswer made = say(201, "POST", path, meltings);
    say(409, "POST", path, meltings);
    say(400, "POST", path, R"({"name":"a/b","query":{}})");
    say(201, "POST", path, R"({"name":"最近","query":{"maxEventCount":1}})");
    EXPECT_THAT(say(200, "GET", path + "?perPage=1").header("link"), HasSubstr("next"));
    say(400, "GET", path + "?perPage=0");
    const std::string one = made.header("location");
    say(200, "GET", one);
    EXPECT_THAT(say(200, "GET", one + "/events").header("link"), HasSubstr("next"));
    say(400, "GET", one + "/events?EQ_bizStep=packing");
    say(413, "GET", path + "/%E6%9C%80%E8%BF%91/events");
    say(404, "GET", path + "/none/events");

    Receiver receiver{take_the_second};
    const std::string all = one + "/subscriptions";
    const auto subscribe = [&](int status, const std::string& controls) {
        return say(status, "POST", all, R"({"dest":")" + receiver.url() + "\"," + controls + '}');
    };
    const HttpsAnswer streamed =
        subscribe(201, R"("signatureToken":"some-shared-secret","stream":true,)"
                       R"("initialRecordTime":"2020-01-01T00:00:00+08:00")");
    subscribe(
        201, R"("schedule":{"month":2,"dayOfMonth":"29","hour":"[8-18],20"},"reportIfEmpty":true)");
    subscribe(400, R"("stream":true,"schedule":{"hour":1})");
    const std::string location = streamed.header("location");
    EXPECT_TRUE(wait_for_deliveries(location, "failures").as_object().contains("lastFailure"));
    resume_one_of({location});
    wait_for_deliveries(location, "delivered");
    for (const Received& each : receiver.wait_for(2)) client_.check_delivery("events", each);
    EXPECT_THAT(say(200, "GET", all + "?perPage=1").header("link"), HasSubstr("next"));
    EXPECT_THAT(say(200, "GET", location).body, HasSubstr("lastNotifiedAt"));
    say(409, "POST", location + "/resume");
    say(204, "DELETE", location);
    say(404, "DELETE", location);
    say(404, "POST", location + "/resume");
    say(204, "DELETE", one);
    say(404, "DELETE", one);
}

void Description::use_recalls() {
    Receiver receiver{take_the_second};
    const std::string path = "/api/v1/recalls";
    const auto make = [&](int status, const std::string& more) {
        return say(status, "POST", path,
                   R"({"name":"heat 1","identifiers":["urn:x:heat1"],"dest":")" + receiver.url() +
                       '"' + more + '}');
    };
    const HttpsAnswer made =
        make(201, R"(,"direction":"down","types":"transformation,aggregation",)"
                  R"("from":"2020-01-01","signatureToken":"some-shared-secret")");
    EXPECT_EQ(made.json().at("count"), 1);
    const std::string other = make(201, "").header("location");
    make(400, R"(,"direction":"sideways")");
    make(400, R"(,"signatureToken":"short")");
    const json::value page = say(200, "GET", path + "?perPage=1").json();
    say(200, "GET", std::string{page.at("next").as_string()});
    say(400, "GET", path + "?perPage=x");
    say(202, "POST", "/epcis/v2/capture",
        document(R"({"type":"AggregationEvent","eventID":"urn:event:5","action":"ADD",)"
                 R"("eventTime":"2026-01-02T00:00:00Z","eventTimeZoneOffset":"+00:00",)"
                 R"("parentID":"urn:epc:id:sscc:0614141.1234567890","childQuantityList":[)"
                 R"({"epcClass":")" +
                 std::string{lot} + R"("}]})"));
    for (const Received& each : receiver.wait_for(2)) {
        EXPECT_THAT(each.body, HasSubstr("urn:event:5"));
        client_.check_delivery("recall", each);
    }
    const std::string location = made.header("location");
    resume_one_of({location, other});
    wait_for_deliveries(location, "delivered");
    EXPECT_EQ(say(200, "GET", location).json().at("count"), 2);
    say(409, "POST", location + "/resume");
    say(204, "DELETE", location);
    say(404, "DELETE", location);
    say(404, "POST", location + "/resume");
    say(404, "GET", location);
}

void Description::use_visibility() {
    for (const std::string scope : {"88.1", "gs1:4012345", "*"}) {
        const std::string path = "/api/v1/visibility/" + scope;
        say(200, "PUT", path, R"({"oneUpOneDown":true})");
        say(200, "PUT", path, R"({"hidden":"cut"})");
        say(400, "PUT", path, R"({"hidden":"away"})");
        say(200, "GET", path);
        say(204, "DELETE", path);
        say(404, "DELETE", path);
        say(404, "GET", path);
    }
    say(400, "PUT", "/api/v1/visibility/gs1:401", "{}");
}

void Description::use_statistics() {
    const std::string path = "/api/v1/statistics";
    const json::value whole = say(200, "GET", path + "?by=node").json();
    ASSERT_FALSE(whole.at("rows").as_array().empty());
    for (const char* const kind : {"resolutions", "registrations"})
        EXPECT_TRUE(whole.at("rows").at(0).at(kind).as_object().contains("latency")) << kind;
    for (const char* const query :
         {"", "?by=enterprise", "?prefix=88.1&from=2020-01-01&to=2099-12-31", "?enterprise=none"})
        say(200, "GET", path + query);
    say(400, "GET", path + "?from=yesterday");
    say(400, "GET", path + "?by=king");
    EXPECT_THAT(say(200, "GET", path + "?format=csv").header("content-type"),
                HasSubstr("text/csv"));
    const std::string sources = path + "/sources?prefix=88.1";
    EXPECT_THAT(say(200, "GET", sources).body, HasSubstr("127.0.0.1"));
    say(200, "GET", sources + "&day=2020-01-01", {}, {"Accept: text/csv"});
    say(400, "GET", sources + "&day=2020-02-30");
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
