#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

// Events and documents that nobody sends in good faith, or by a mistake that could be worse: what
// is asked afterwards is bounded, and every refusal says what it is about.

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::string quoted(const std::string& id) { return '"' + id + '"'; }

/// "stem0","stem1", …
std::string list_of(const std::string& stem, std::size_t count) {
    std::string list;
    for (std::size_t at = 0; at < count; ++at)
        list += (at ? ",\"" : "\"") + stem + std::to_string(at) + '"';
    return list;
}

std::string with_time(std::string event, const std::string& time) {
    return event.replace(event.find("2026-01-01T00:00:00Z"), 20, time);
}

std::string packing(const std::string& id, const std::string& action, const std::string& parent,
                    const std::string& children) {
    return R"({"type":"AggregationEvent","eventTime":"2026-01-01T00:00:00Z",)"
           R"("eventTimeZoneOffset":"+00:00","eventID":"urn:event:)" +
           id + R"(","action":")" + action + R"(","parentID":)" + quoted(parent) +
           R"(,"childEPCs":[)" + children + "]}";
}

std::string declared_wrong(std::string event, const std::string& more = {}) {
    return event.insert(
        1, R"("errorDeclaration":{"declarationTime":"2026-02-01T00:00:00Z")" + more + "},");
}

class HostileEvents : public Capturing {
protected:
    void SetUp() override { start("http: {body_size_max_kib: 16384}\n"); }

    json::value trace(const std::string& id, const std::string& more) {
        const HttpsAnswer answer = ask("GET", "/api/v1/trace/" + id + '?' + more);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.status == 200 ? answer.json() : json::value{};
    }
    std::vector<std::string> things(const std::string& id, const std::string& more) {
        std::vector<std::string> ids;
        const json::value found = trace(id, more);
        for (const json::value& node : found.at("nodes").as_array())
            ids.emplace_back(node.at("id").as_string());
        return ids;
    }
    std::int64_t affected(const std::string& id, const std::string& more = {}) {
        return ask("POST", "/api/v1/recall",
                   R"({"countOnly":true,"identifiers":[)" + quoted(id) + ']' + more + '}')
            .json()
            .at("count")
            .to_number<std::int64_t>();
    }
    /// What a document with these events, and this context, is refused with.
    std::string refusal(const std::string& events, const std::string& context = {}) {
        std::string document = epcis_document(events);
        if (!context.empty())
            document.replace(document.find("[\""), document.find("],") + 1 - document.find("[\""),
                             context);
        const HttpsAnswer answer = ask("POST", "/epcis/v2/capture", document);
        EXPECT_EQ(answer.status, 400) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr("epcisException:ValidationException"));
        return answer.body;
    }
};

TEST_F(HostileEvents, EndInCyclesAndInThemselves) {
    capture(transformation("1", quoted("urn:x:a"), quoted("urn:x:a")));
    EXPECT_THAT(things("urn:x:a", "direction=both"), UnorderedElementsAre("urn:x:a"));
    capture(transformation("2", quoted("urn:x:a"), quoted("urn:x:b")) + ',' +
            transformation("3", quoted("urn:x:b"), quoted("urn:x:a")));
    EXPECT_THAT(things("urn:x:a", "direction=down&depth=1000000"),
                UnorderedElementsAre("urn:x:a", "urn:x:b"));
    capture(packing("4", "ADD", "urn:x:box1", quoted("urn:x:box1") + "," + quoted("urn:x:box3")) +
            ',' + packing("5", "ADD", "urn:x:box2", quoted("urn:x:box1")) + ',' +
            packing("6", "ADD", "urn:x:box3", quoted("urn:x:box2")));
    EXPECT_THAT(things("urn:x:box1", "direction=up&depth=1000000"),
                UnorderedElementsAre("urn:x:box1", "urn:x:box2", "urn:x:box3"));
    EXPECT_EQ(affected("urn:x:box2"), 2);
}

TEST_F(HostileEvents, MayNameAHundredThousandThingsAndNoMore) {
    constexpr std::size_t most = 100'000;
    capture(transformation("1", quoted("urn:x:root"), list_of("urn:x:c", most)));
    const json::value page = trace("urn:x:root", "direction=down&limit=100");
    EXPECT_THAT(page.at("nodes").as_array(), SizeIs(100));
    EXPECT_EQ(page.at("truncated"), true);
    EXPECT_TRUE(page.as_object().contains("cursor"));
    EXPECT_EQ(affected("urn:x:root"), static_cast<std::int64_t>(most));
    EXPECT_THAT(refusal(transformation("2", quoted("urn:x:root"), list_of("urn:x:c", most + 1))),
                HasSubstr("outputEPCList"));
    EXPECT_THAT(refusal(transformation("3", list_of("urn:x:i", 1000), list_of("urn:x:o", 201))),
                HasSubstr("at most 200000 pairs of input and output, found 201000"));
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

TEST_F(HostileEvents, MayLieAsDeepAsTheyWant) {
    constexpr int depth = 3000;
    std::string events;
    for (int at = 0; at < depth; ++at)
        events += (at ? "," : "") + transformation(std::to_string(at),
                                                   quoted("urn:x:" + std::to_string(at)),
                                                   quoted("urn:x:" + std::to_string(at + 1)));
    capture(events);
    EXPECT_THAT(things("urn:x:0", "direction=down&depth=1000000&limit=10000"), SizeIs(depth + 1));
    EXPECT_THAT(things("urn:x:" + std::to_string(depth), "direction=up&depth=10"), SizeIs(11));
    EXPECT_EQ(affected("urn:x:0", R"(,"depth":1000000)"), depth);
    const HttpsAnswer deeper = ask("GET", "/api/v1/trace/urn:x:0?depth=1000001");
    EXPECT_EQ(deeper.status, 400);
    EXPECT_THAT(deeper.body, HasSubstr("depth"));
}

TEST_F(HostileEvents, ComeFromTheFarPastAndTheFarFuture) {
    const auto made = [&](const std::string& id, const std::string& time) {
        return with_time(transformation(id, quoted("urn:x:in"), quoted("urn:x:out" + id)), time);
    };
    capture(made("1", "0001-01-01T00:00:00Z") + ',' + made("2", "9999-12-31T23:59:59.999Z") + ',' +
            made("3", "2026-01-01T00:00:00.123456789123456789+14:00"));
    EXPECT_THAT(things("urn:x:in", "direction=down"), SizeIs(4));
    EXPECT_THAT(things("urn:x:in", "direction=down&at=2026-01-01"),
                UnorderedElementsAre("urn:x:in", "urn:x:out1", "urn:x:out3"));
    EXPECT_THAT(event_ids(ask("GET",
                              "/epcis/v2/events?orderDirection=ASC&LT_eventTime="
                              "0001-01-01T00:00:00.001Z")
                              .body),
                UnorderedElementsAre("urn:event:1"));
    EXPECT_THAT(event_ids(ask("GET", "/epcis/v2/events?GE_eventTime=9999-12-31T23:59:59Z").body),
                UnorderedElementsAre("urn:event:2"));
    for (const char* const time :
         {"0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z",
          "10000-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T00:00:00+14:01",
          "-2026-01-01T00:00:00Z", "2026-01-01T00:00:60Z"})
        EXPECT_THAT(refusal(made("4", time)), HasSubstr("eventTime")) << time;
}

/// What is said twice at one moment, in whichever order it comes, comes to one answer.
TEST_F(HostileEvents, ContradictThemselvesAtOneMoment) {
    const std::string add = packing("add", "ADD", "urn:x:box", quoted("urn:x:part"));
    const std::string take = packing("take", "DELETE", "urn:x:box", quoted("urn:x:part"));
    capture(add + ',' + take);
    const std::string other_add = packing("add2", "ADD", "urn:x:box2", quoted("urn:x:part2"));
    const std::string other_take = packing("take2", "DELETE", "urn:x:box2", quoted("urn:x:part2"));
    capture(other_take);
    capture(other_add);
    const auto edges = [&](const std::string& part, const std::string& at) {
        return trace(part, "direction=down" + at).at("edges").as_array().size();
    };
    for (const char* const at : {"", "&at=2026-01-02", "&at=2025-12-31"})
        EXPECT_LE(edges("urn:x:part", at), 1U) << at;
    EXPECT_EQ(edges("urn:x:part", "&at=2025-12-31"), 0U);
    capture(packing("never", "DELETE", "urn:x:nothing", quoted("urn:x:nobody")));
    EXPECT_EQ(edges("urn:x:nobody", ""), 0U);
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

TEST_F(HostileEvents, TakeBackWhatTakesBack) {
    const std::string first = transformation("1", quoted("urn:x:heat"), quoted("urn:x:coil"));
    const std::string better = transformation("2", quoted("urn:x:heat"), quoted("urn:x:sheet"));
    capture(first);
    capture(declared_wrong(first, R"(,"correctiveEventIDs":["urn:event:2"])"));
    capture(better);
    EXPECT_THAT(things("urn:x:heat", "direction=down"),
                UnorderedElementsAre("urn:x:heat", "urn:x:sheet"));
    // Whoever says it again, and whoever declares the declaration wrong, brings nothing back.
    capture(first);
    capture(declared_wrong(first, R"(,"reason":"did_not_occur")"));
    capture(first);
    EXPECT_THAT(things("urn:x:heat", "direction=down"),
                UnorderedElementsAre("urn:x:heat", "urn:x:sheet"));
    capture(declared_wrong(better, R"(,"correctiveEventIDs":["urn:event:1","urn:event:2"])"));
    EXPECT_THAT(things("urn:x:heat", "direction=down"), UnorderedElementsAre("urn:x:heat"));
    // A declaration of what never came is kept, and holds when it does come.
    const std::string late = transformation("3", quoted("urn:x:heat"), quoted("urn:x:late"));
    capture(declared_wrong(late) + ',' + declared_wrong(late) + ',' + late);
    EXPECT_THAT(things("urn:x:heat", "direction=down"), UnorderedElementsAre("urn:x:heat"));
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

TEST_F(HostileEvents, NameThingsOfUnknownSchemes) {
    const std::string strange = "x-own+1.0:%00%zz/..;a=1?b#c";
    capture(transformation(
        "1", quoted(strange) + ",\"urn:unheard-of:x\"",
        quoted("urn:epc:id:sgtin:nonsense") + ",\"foo:" + std::string(3000, 'x') + '"'));
    EXPECT_THAT(things("urn:unheard-of:x", "direction=down"), SizeIs(3));
    EXPECT_THAT(things("urn:epc:id:sgtin:nonsense", "direction=up"), SizeIs(3));
    EXPECT_THAT(refusal(transformation("2", quoted("no scheme"), quoted("urn:x:y"))),
                HasSubstr("inputEPCList"));
    EXPECT_THAT(refusal(transformation("3", quoted("urn:x:a b"), quoted("urn:x:y"))),
                HasSubstr("inputEPCList"));
    EXPECT_EQ(ask("GET", "/api/v1/trace/%ff%fe").status, 400);
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

TEST_F(HostileEvents, ComeWithContextsThatAreNotBelieved) {
    const std::string event = transformation("1", quoted("urn:x:a"), quoted("urn:x:b"));
    // Standard URIs mean to everybody what they mean.
    for (const char* const scheme : {"urn", "http", "https"})
        EXPECT_THAT(refusal(event, R"([{")" + std::string{scheme} + R"(":"urn:x:evil:"}])"),
                    HasSubstr("@context"));
    std::string own = event;
    own.insert(1, R"("@context":{"urn":"https://evil.example/"},)");
    EXPECT_THAT(refusal(own), HasSubstr("@context: expected no other meaning for urn:"));
    std::string deep = "{}";
    for (int level = 0; level < 40; ++level) deep = R"({"@context":)" + deep + '}';
    EXPECT_THAT(refusal(event, deep), HasSubstr("levels"));
    EXPECT_THAT(refusal(event, R"([{"a":"urn:a:"},{"a":"urn:)" + std::string(600, 'x') + "\"}]"),
                HasSubstr("at most 512 octets"));
    EXPECT_THAT(refusal(event, R"({"a":"urn:a:","a":"urn:b:"})"), HasSubstr("once"));
}

TEST_F(HostileEvents, HaveNothingFetchedAndKeepWhatTheyUse) {
    std::string prefixes;
    for (int at = 0; at < 5000; ++at)
        prefixes +=
            ",\"p" + std::to_string(at) + R"(":"https://p.example/)" + std::to_string(at) + "/\"";
    std::string document =
        epcis_document(transformation("1", quoted("thing:1"), quoted("p7:2") + ",\"gone:3\""));
    document.replace(document.find("[\""), document.find("],") + 1 - document.find("[\""),
                     R"(["http://127.0.0.1:1/never.jsonld",{"@import":"http://127.0.0.1:1/",)"
                     R"("@vocab":"http://127.0.0.1:1/","@base":"http://127.0.0.1:1/",)"
                     R"("thing":{"@id":"urn:x:","@context":"http://127.0.0.1:1/"},)"
                     R"("loop":"loop:loop","self":{"@id":"self:"})" +
                         prefixes + "}]");
    ASSERT_EQ(ask("POST", "/epcis/v2/capture", document).status, 202);
    // A compact URI is the thing that it stands for.
    EXPECT_THAT(things("urn:x:1", "direction=down"),
                UnorderedElementsAre("urn:x:1", "https://p.example/7/2", "gone:3"));
    const json::value kept = ask("GET", "/epcis/v2/events/urn:event:1").json();
    EXPECT_LT(serialize(kept).size(), 1000U) << "of its context only what it uses";
    EXPECT_THAT(serialize(kept), HasSubstr(R"("p7":"https://p.example/7/")"));
}

TEST_F(HostileEvents, AreNotPagedThroughByCursorsOfOthers) {
    capture(transformation("1", quoted("urn:x:root"), list_of("urn:x:c", 30)));
    const std::string target = "/api/v1/trace/urn:x:root?direction=down&limit=10";
    const std::string cursor{ask("GET", target).json().at("cursor").as_string()};
    EXPECT_EQ(ask("GET", target + "&cursor=" + cursor).status, 200);
    for (std::size_t at = 0; at < cursor.size(); at += 7) {
        std::string forged = cursor;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(ask("GET", target + "&cursor=" + forged).status, 400) << at;
    }
    EXPECT_EQ(ask("GET", target + "&cursor=" + cursor.substr(1)).status, 400);
    EXPECT_EQ(ask("GET", target + "&depth=7&cursor=" + cursor).status, 410)
        << "of another question";
    EXPECT_EQ(ask("GET", target + "&cursor=" + cursor, {}, account("firm")).status, 410);
}

TEST_F(HostileEvents, ThatNameALotTwiceSayHowMuchOfItThereIsInAll) {
    std::string packed = packing("p", "ADD", "urn:x:box", "");
    packed.insert(packed.size() - 1,
                  R"(,"childQuantityList":[{"epcClass":"urn:x:lot","quantity":3,"uom":"KGM"},)"
                  R"({"epcClass":"urn:x:lot","quantity":4,"uom":"KGM"}])");
    capture(packed);
    const json::value found = trace("urn:x:box", "direction=up");
    const json::array& edges = found.at("edges").as_array();
    ASSERT_THAT(edges, SizeIs(1));
    EXPECT_EQ(edges[0].at("quantity").to_number<double>(), 7);
}

TEST_F(HostileEvents, AreCountedAllAndToldOfUpToALimit) {
    std::string wrong = R"({"type":"ObjectEvent","action":"CREATE"})";
    for (int at = 1; at < 1500; ++at) wrong += R"(,{"type":"ObjectEvent","action":"CREATE"})";
    HttpsConnection https{node_.https()};
    const HttpsAnswer accepted =
        https.ask({.method = "POST",
                   .target = "/epcis/v2/capture",
                   .headers = {boss_, json_content, "GS1-Capture-Error-Behaviour: proceed"},
                   .body = epcis_document(wrong)});
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    const json::value job = ask("GET", accepted.header("location")).json();
    EXPECT_EQ(job.at("failed").to_number<int>(), 1500);
    EXPECT_THAT(job.at("errors").as_array(), SizeIs(1000));
    EXPECT_EQ(job.at("captured").to_number<int>(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
