#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "protocol/schemes/percent.hpp"
#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// The lists of what events name: /epcis/v2/epcs, bizSteps and their like.
class EpcisCollections : public Capturing {
protected:
    void SetUp() override {
        start();
        maker_ = account("maker");
        other_ = account("other");
    }

    static std::vector<std::string> members(const HttpsAnswer& answer) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> all;
        if (answer.status != 200) return all;
        const boost::json::value document = answer.json();
        for (const auto& each : document.at("member").as_array())
            all.emplace_back(each.as_string());
        return all;
    }
    std::vector<std::string> list(const std::string& name, const std::string& who) {
        return members(ask("GET", "/epcis/v2/" + name, {}, who));
    }
    std::vector<std::string> events(const std::string& target) {
        const HttpsAnswer answer = ask("GET", "/epcis/v2/" + target);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.status == 200 ? event_ids(answer.body) : std::vector<std::string>{};
    }
    static std::string next(const HttpsAnswer& answer) {
        const std::string link = answer.header("link");
        return link.empty() ? link : link.substr(1, link.find('>') - 1);
    }

    std::string maker_;
    std::string other_;
};

std::string seen_at(const std::string& id, const std::string& read_point) {
    std::string event = object_event(id);
    return event.insert(1, R"("readPoint":{"id":")" + read_point + R"("},)");
}

TEST_F(EpcisCollections, ShowEachCallerWhatHisEventsName) {
    capture(seen_at("made", "urn:x:hall"), maker_);
    capture(object_event("sold", "retail_selling") + ',' + object_event("both"), other_);
    EXPECT_THAT(list("epcs", maker_), ElementsAre("urn:x:made"));
    EXPECT_THAT(list("epcs", other_), ElementsAre("urn:x:both", "urn:x:sold"));
    EXPECT_THAT(list("epcs", boss_), ElementsAre("urn:x:both", "urn:x:made", "urn:x:sold"));
    EXPECT_THAT(list("readPoints", other_), IsEmpty());
    EXPECT_THAT(list("readPoints", maker_), ElementsAre("urn:x:hall"));
    EXPECT_THAT(list("bizSteps", maker_), ElementsAre("shipping"));
    EXPECT_THAT(list("bizSteps", other_), ElementsAre("retail_selling", "shipping"));
    EXPECT_THAT(list("eventTypes", other_), ElementsAre("ObjectEvent"));
    EXPECT_THAT(list("epcs", account("partner", "partner")), IsEmpty());
}

TEST_F(EpcisCollections, TellOfAValueOnlyWhoMaySeeIt) {
    capture(object_event("made"), maker_);
    const HttpsAnswer known = ask("GET", "/epcis/v2/epcs/urn:x:made", {}, maker_);
    EXPECT_THAT(members(known), ElementsAre("events"));
    EXPECT_EQ(known.header("gs1-epcis-version"), "2.0.0");
    for (const char* const unknown : {"epcs/urn:x:made", "epcs/urn:x:none", "bizSteps/shipping"}) {
        const HttpsAnswer answer = ask("GET", std::string{"/epcis/v2/"} + unknown, {}, other_);
        EXPECT_EQ(answer.status, 404) << unknown;
        EXPECT_EQ(answer.json().at("type"), "epcisException:NoSuchResourceException");
    }
}

/// A page ends behind so many events of others, without telling what they name, and a value is
/// looked for in so many of its newest events.
TEST_F(EpcisCollections, GoOnInPagesPastWhatOthersHaveCaptured) {
    capture(object_event("z1", "arriving") + ',' + object_event("z2", "shipping"), maker_);
    constexpr int foreign = 19'999;
    std::string document;
    for (int each = 0; each < foreign; ++each) {
        document += object_event("f" + std::to_string(10'000 + each),
                                 each < foreign / 2 ? "arriving" : "shipping");
        if (each % 4000 != 3999 && each + 1 < foreign) {
            document += ',';
            continue;
        }
        capture(document, other_);
        document.clear();
    }
    EXPECT_THAT(list("bizSteps", maker_), ElementsAre("arriving"));
    EXPECT_THAT(list("bizSteps", boss_), ElementsAre("arriving", "shipping"));
    const HttpsAnswer first = ask("GET", "/epcis/v2/epcs", {}, maker_);
    EXPECT_THAT(members(first), ElementsAre("urn:x:z1"));
    const HttpsAnswer second = ask("GET", next(first), {}, maker_);
    EXPECT_THAT(members(second), ElementsAre("urn:x:z2"));
    EXPECT_EQ(next(second), "");
    const HttpsAnswer ours = ask("GET", "/epcis/v2/epcs?perPage=2", {}, other_);
    EXPECT_THAT(members(ours), ElementsAre("urn:x:f10000", "urn:x:f10001"));
    EXPECT_THAT(members(ask("GET", next(ours), {}, other_)),
                ElementsAre("urn:x:f10002", "urn:x:f10003"));
    EXPECT_THAT(ours.header("link"), Not(HasSubstr("urn")));
    for (const char* const wrong : {"1", "1.", "1.2", "1.x", "x.0", "999999.0", "1.0.0"})
        EXPECT_EQ(ask("GET", std::string{"/epcis/v2/epcs?nextPageToken="} + wrong).status, 400)
            << wrong;
}

TEST_F(EpcisCollections, NameThingsAndPlacesAsTheyWereCapturedHoweverLong) {
    const std::string place = "https://example.com/" + std::string(300, 'x');
    const std::string gate = "urn:epc:id:sgln:4012345.00001.0";
    capture(seen_at("a", place) + ',' + seen_at("b", gate) + ',' +
            object_event("c" + std::string(300, 'y')));
    EXPECT_THAT(list("readPoints", boss_), ElementsAre(gate, place));
    for (const std::string& each : {place, gate}) {
        const std::string target = "readPoints/" + protocol::percent_encoded(each);
        EXPECT_EQ(ask("GET", "/epcis/v2/" + target).status, 200);
        EXPECT_THAT(events(target + "/events"),
                    ElementsAre(each == place ? "urn:event:a" : "urn:event:b"));
    }
    EXPECT_THAT(list("epcs", boss_),
                ElementsAre("urn:x:a", "urn:x:b", "urn:x:c" + std::string(300, 'y')));
    const HttpsAnswer two = ask("GET", "/epcis/v2/readPoints?perPage=1");
    EXPECT_THAT(members(ask("GET", next(two))), ElementsAre(place));
}

TEST_F(EpcisCollections, FindEventsThatMeetTheValueOfThePathAndEverythingElse) {
    capture(object_event("a", "shipping") + ',' + object_event("b", "receiving"));
    EXPECT_THAT(events("bizSteps/shipping/events"), ElementsAre("urn:event:a"));
    EXPECT_THAT(events("bizSteps/shipping/events?EQ_bizStep=receiving"), IsEmpty());
    EXPECT_THAT(events("bizSteps/shipping/events?EQ_bizStep=shipping"), ElementsAre("urn:event:a"));
    EXPECT_THAT(events("epcs/urn:x:a%7Curn:x:b/events"), IsEmpty());
    EXPECT_THAT(events("bizSteps/shipping/events?EXISTS_errorDeclaration=true"), IsEmpty());
}

}  // namespace
}  // namespace idnode::end_to_end
