#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "protocol/json/base64.hpp"
#include "registry/digest.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

// The stories of docs/stories.md, walked through the public interfaces under TLS: as the operator,
// who sees everything, and as two partners, who see different things of the same shape.

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

/// What somebody sees of a trace or of a recall.
struct Seen {
    std::set<std::string> ids;
    std::size_t hidden = 0;

    std::size_t size() const { return ids.size() + hidden; }
    std::set<std::string> beginning_with(const std::string& stem) const {
        std::set<std::string> some;
        for (const std::string& id : ids)
            if (id.starts_with(stem)) some.insert(id);
        return some;
    }
    void add(const json::value& node) {
        if (node.as_object().contains("hidden"))
            ++hidden;
        else
            ids.emplace(node.at("id").as_string());
    }
};

std::string escaped_segment(std::string_view id) {
    std::string text = percent_encode(id);
    for (std::size_t at = 0; (at = text.find('/', at)) != text.npos;) text.replace(at, 1, "%2F");
    return text;
}

class Stories : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char* const prefix : {"88.118.8", "88.112.6", "88.112.9", "88.130.2"})
            node_.home(prefix);
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target, const std::string& who,
                    const std::string& body = {}, const std::string& accept = "*/*") {
        std::vector<std::string> headers{who, "Accept: " + accept};
        if (!body.empty()) headers.emplace_back(json_content);
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = std::move(headers), .body = body});
    }

    /// An account with a role and a prefix of its own, logged in.
    std::string account(const std::string& name, const std::string& role,
                        const std::string& prefixes) {
        EXPECT_EQ(ask("PUT", "/api/v1/accounts/" + name, boss_,
                      R"({"role":")" + role + R"(","password":"some-secret","prefixes":)" +
                          prefixes + '}')
                      .status,
                  201);
        HttpsConnection https{node_.https()};
        return log_in(https, name, "some-secret");
    }

    void capture(const std::string& who, const std::string& document) {
        const HttpsAnswer answer = ask("POST", "/epcis/v2/capture", who, document);
        ASSERT_EQ(answer.status, 202) << answer.body;
        EXPECT_THAT(ask("GET", answer.header("location"), who).body,
                    HasSubstr(R"("running":false,"success":true)"));
    }
    /// The sample chain of an industry, as somebody's.
    void capture_chain(const std::string& who, const std::string& industry,
                       const std::string& scale) {
        const Outcome sample =
            run_idnode({"sample", "--chain", industry, "--scale", scale, "--seed", "1"});
        ASSERT_EQ(sample.exit_code, 0) << sample.err;
        std::istringstream lines{sample.out};
        for (std::string line; std::getline(lines, line);)
            ASSERT_NO_FATAL_FAILURE(capture(who, line));
    }
    /// That somebody had a thing in hand.
    void capture_observation(const std::string& who, const std::string& id,
                             const std::string& step) {
        capture(who, R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
                     R"("type":"EPCISDocument","schemaVersion":"2.0",)"
                     R"("creationDate":"2024-01-05T00:00:00Z","epcisBody":{"eventList":[)"
                     R"({"type":"ObjectEvent","eventTime":"2024-01-07T09:00:00+08:00",)"
                     R"("eventTimeZoneOffset":"+08:00","action":"OBSERVE","bizStep":")" +
                         step + R"(","epcList":[")" + id + R"("]}]}})");
    }
    void grant_trace(const std::string& owner, const std::string& prefix,
                     const std::string& grantee) {
        EXPECT_EQ(ask("POST", "/api/v1/grants", owner,
                      R"({"prefix":")" + prefix + R"(","grantee":"account:)" + grantee +
                          R"(","item":"TRACE"})")
                      .status,
                  201);
    }

    Seen trace(const std::string& id, const std::string& query, const std::string& who) {
        const HttpsAnswer answer =
            ask("GET", "/api/v1/trace/" + escaped_segment(id) + "?limit=10000&" + query, who);
        EXPECT_EQ(answer.status, 200) << answer.body;
        Seen seen;
        const json::value body = answer.json();
        for (const json::value& node : body.at("nodes").as_array()) seen.add(node);
        return seen;
    }
    Seen recall(const std::string& fields, const std::string& who) {
        const HttpsAnswer answer =
            ask("POST", "/api/v1/recall", who, '{' + fields + '}', "application/x-ndjson");
        EXPECT_EQ(answer.status, 200) << answer.body;
        Seen seen;
        std::istringstream lines{answer.body};
        for (std::string line; std::getline(lines, line);) seen.add(json::parse(line));
        return seen;
    }

    Node node_;
    std::string boss_;
};

class AutomotiveStory : public Stories {
protected:
    void SetUp() override {
        Stories::SetUp();
        maker_ = account("maker", "enterprise_application", R"(["88.118.8"])");
        mill_ = account("mill", "enterprise_administrator", R"(["88.112.6"])");
        capture_chain(maker_, "automotive", "2000");
    }

    const std::string heat_ = "hdl:88.112.6/H24010300000";
    const std::string vehicle_ = "hdl:88.118.8/LYHSE5103R0000000";
    std::string maker_, mill_;
};

TEST_F(AutomotiveStory, GoesFromTheVehicleToItsHeatsAndBackToAllThatHaveThem) {
    EXPECT_THAT(
        trace(vehicle_, "direction=up", boss_).ids,
        IsSupersetOf({std::string{"urn:epc:id:sgtin:9524118.000500.A00000000"},
                      std::string{"https://id.gs1.org/01/09524118000017/10/L0-1/21/0-0000001"},
                      std::string{"urn:epc:class:lgtin:9524118.000001.L0-1"},
                      std::string{"hdl:88.112.6/C24010300000"}, heat_}));
    const std::string suspects = R"("identifiers":[")" + heat_ + R"("],"direction":"down")";
    const auto vehicles = recall(suspects, boss_).beginning_with("hdl:88.118.8/");
    EXPECT_EQ(vehicles.size(), 10U);
    for (const std::string& each : vehicles)
        EXPECT_THAT(trace(each, "direction=up", boss_).ids, Contains(heat_)) << each;
    const Seen doors = recall(suspects + R"(,"product":"(01)09524118000017")", boss_);
    EXPECT_EQ(doors.beginning_with("https://id.gs1.org/01/09524118000017/").size() + 1,
              doors.size());
    EXPECT_GE(doors.size(), 2 * vehicles.size());
}

TEST_F(AutomotiveStory, ShowsMakerAndWorksToEachOtherOnlyAsFarAsTheyAllow) {
    const std::size_t up = trace(vehicle_, "direction=up", boss_).size();
    const Seen down = trace(heat_, "direction=down", boss_);
    // The maker captured everything, but the handles of the works are the works'.
    const Seen of_maker = trace(vehicle_, "direction=up", maker_);
    EXPECT_EQ(of_maker.size(), up);
    EXPECT_THAT(of_maker.ids, Contains(vehicle_));
    EXPECT_THAT(of_maker.beginning_with("hdl:88.112.6/"), IsEmpty());
    // The works sees its heat and six coils, and that something became of them.
    const Seen of_mill = trace(heat_, "direction=down", mill_);
    EXPECT_EQ(of_mill.size(), down.size());
    EXPECT_EQ(of_mill.ids, of_mill.beginning_with("hdl:88.112.6/"));
    EXPECT_EQ(of_mill.ids.size(), 7U);
    grant_trace(maker_, "88.118.8", "mill");
    EXPECT_EQ(trace(heat_, "direction=down", mill_).beginning_with("hdl:88.118.8/"),
              down.beginning_with("hdl:88.118.8/"));
    grant_trace(mill_, "88.112.6", "maker");
    EXPECT_THAT(trace(vehicle_, "direction=up", maker_).ids, Contains(heat_));
}

class SteelStory : public Stories {
protected:
    void SetUp() override {
        Stories::SetUp();
        mill_ = account("mill", "enterprise_administrator", R"(["88.112.6"])");
        press_ = account("press", "enterprise_application", R"(["88.112.9"])");
        dealer_ = account("dealer", "partner", "[]");
        capture_chain(mill_, "steel", "5000");
    }

    const std::string heat_ = "hdl:88.112.6/H24010300001";
    const std::string blank_ = "hdl:88.112.6/B24010301280";
    const std::string bundle_ = "urn:epc:id:sscc:9524112.0000000128";
    std::string mill_, press_, dealer_;
};

TEST_F(SteelStory, GoesThroughTheWeldThatJoinsTwoHeats) {
    const Seen origin = trace(blank_, "direction=up&types=transformation", boss_);
    EXPECT_EQ(origin.beginning_with("hdl:"),
              (std::set<std::string>{blank_, heat_, "hdl:88.112.6/L24010300032",
                                     "hdl:88.112.6/W24010300008", "hdl:88.112.6/C24010300007",
                                     "hdl:88.112.6/C24010300008", "hdl:88.112.6/S24010300007",
                                     "hdl:88.112.6/S24010300008", "hdl:88.112.6/H24010300000"}));
    const Seen affected = trace(heat_, "direction=down", boss_);
    EXPECT_THAT(affected.ids, AllOf(Contains(blank_), Contains(bundle_)));
    EXPECT_GT(affected.beginning_with("hdl:88.112.6/B").size(), 500U);
}

TEST_F(SteelStory, HasACertificateThatAnybodyCanTellFromAnother) {
    const HttpsAnswer answer =
        ask("GET", "/epcis/v2/events?EQ_bizStep=commissioning&MATCH_epc=" + escaped_segment(heat_),
            boss_);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json::value body = answer.json();
    const json::value& events =
        body.at("epcisBody").at("queryResults").at("resultsBody").at("eventList");
    ASSERT_EQ(events.as_array().size(), 1U);
    const json::value& master = events.at(0).at("ilmd");
    const std::string text{master.at("sample:certificate").as_string()};
    EXPECT_THAT(text, StartsWith("EN 10204:2004 3.1; heat H24010300001; grade "));
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(text));
    EXPECT_EQ(master.at("sample:certificateSha256").as_string(),
              protocol::to_hex(protocol::text_of(protocol::Bytes{digest})));
}

TEST_F(SteelStory, ShowsACustomerWhatHeHadInHandAndWhatTheWorksAllows) {
    const std::string up = "direction=up&types=aggregation,transformation";
    const std::size_t size = trace(bundle_, up, boss_).size();
    capture_observation(press_, bundle_, "receiving");
    EXPECT_EQ(trace(bundle_, up, press_).ids, std::set<std::string>{bundle_});
    EXPECT_EQ(trace(bundle_, up, press_).size(), size);
    EXPECT_THAT(trace(bundle_, up, dealer_).ids, IsEmpty());
    EXPECT_EQ(trace(bundle_, up, dealer_).size(), size);
    grant_trace(mill_, "88.112.6", "press");
    const Seen granted = trace(bundle_, up, press_);
    EXPECT_THAT(granted.ids, AllOf(Contains(bundle_), Contains(blank_), Contains(heat_)));
    EXPECT_THAT(granted.beginning_with("urn:epc:class:"), IsEmpty());  // whose scrap it was
    EXPECT_EQ(granted.size(), size);
    EXPECT_THAT(trace(bundle_, up, dealer_).ids, IsEmpty());
}

class FoodStory : public Stories {
protected:
    void SetUp() override {
        Stories::SetUp();
        dairy_ = account("dairy", "enterprise_application", R"(["88.130.2"])");
        shop_ = account("shop", "enterprise_application", R"(["88.130.9"])");
        guest_ = account("guest", "partner", "[]");
        capture_chain(dairy_, "food", "3000");
    }

    const std::string milk_ = "urn:epc:class:lgtin:9524130.000004.FARM0-4";
    const std::string carton_ = "https://id.gs1.org/01/09524130000545/10/Y0-013/21/Y0-013-30";
    const std::string place_ = "urn:epc:id:sgln:9524130.01019.0";
    std::string dairy_, shop_, guest_;
};

TEST_F(FoodStory, GoesFromTheFarmsToTheShopsByTheDay) {
    // Four farms had delivered when the lot was drawn; the fifth came later.
    EXPECT_EQ(
        trace(carton_, "direction=up", boss_).beginning_with("urn:epc:class:lgtin:9524130.00000"),
        (std::set<std::string>{"urn:epc:class:lgtin:9524130.000001.FARM0-1",
                               "urn:epc:class:lgtin:9524130.000002.FARM0-2",
                               "urn:epc:class:lgtin:9524130.000003.FARM0-3", milk_}));
    const auto where = [&](const std::string& at) {
        return trace("(01)09524130000545(21)Y0-013-30", "direction=down&at=" + at, boss_).ids;
    };
    EXPECT_EQ(where("2024-01-03T06:00:00Z"), std::set<std::string>{carton_});
    EXPECT_THAT(where("2024-01-03T10:30:00Z"), Contains("urn:epc:id:giai:9524130.LORRY0-1"));
    EXPECT_EQ(where("2024-01-05"), (std::set<std::string>{carton_, place_}));
    const Seen affected = recall(R"("identifiers":[")" + milk_ + R"("])", boss_);
    EXPECT_THAT(affected.ids, AllOf(Contains(carton_), Contains(place_)));
    // What was drawn before has nothing of it.
    for (const std::string& id : affected.ids) EXPECT_THAT(id, Not(HasSubstr("Y0-012")));
}

TEST_F(FoodStory, ShowsAShopWhatItSoldAndAGuestTheShapeAlone) {
    const Seen origin = trace(carton_, "direction=up", boss_);
    capture_observation(shop_, "urn:epc:id:sgtin:9524130.000054.Y0-013-30", "retail_selling");
    EXPECT_EQ(trace(carton_, "direction=up", shop_).ids, std::set<std::string>{carton_});
    EXPECT_EQ(trace(carton_, "direction=up", shop_).size(), origin.size());
    EXPECT_EQ(trace(carton_, "direction=up", dairy_).ids, origin.ids);
    EXPECT_THAT(trace(carton_, "direction=up", guest_).ids, IsEmpty());
    EXPECT_EQ(trace(carton_, "direction=up", guest_).size(), origin.size());
}

TEST_F(FoodStory, IsHandedOverAsSheetAndReport) {
    const std::string sheet = node_.do_run({"trace", milk_, "--down", "--format", "fsma"});
    EXPECT_THAT(sheet, StartsWith("Critical tracking event,Date,Traceability lot code,"));
    EXPECT_THAT(sheet, HasSubstr("\nTransformation (output),2024-01-03T03:10:00.000Z,"
                                 "urn:epc:class:lgtin:9524130.000054.Y0-013,30,"));
    EXPECT_THAT(sheet, HasSubstr("\nShipping,"));
    EXPECT_THAT(sheet, HasSubstr("Y0-013,10,,urn:epc:id:sgln:9524130.00002.0,"
                                 "urn:epc:id:sgln:9524130.00002.0," +
                                 place_));
    std::istringstream rows{sheet.substr(sheet.find('\n') + 1)};
    std::string last;
    for (std::string row; std::getline(rows, row);) {
        const std::size_t date = row.find(',') + 1;
        EXPECT_LE(last, row.substr(date, 24));
        last = row.substr(date, 24);
    }
    const std::size_t affected = recall(R"("identifiers":[")" + milk_ + R"("])", boss_).size();
    const std::string report = node_.do_run({"trace", milk_, "--format", "report"});
    EXPECT_THAT(report, StartsWith("# Recall report\n\nSuspect: " + milk_));
    EXPECT_THAT(report, HasSubstr("Affected: " + std::to_string(affected) + '\n'));
    EXPECT_THAT(report, HasSubstr("| " + place_ + " | "));
}

}  // namespace
}  // namespace idnode::end_to_end
