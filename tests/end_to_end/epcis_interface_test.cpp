#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <thread>

#include "registry/writer.hpp"
#include "resolver/api/capture_id.hpp"
#include "tests/end_to_end/capturing.hpp"
#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

/// What clients of the EPCIS REST interface rely on beside the events themselves.
class EpcisInterface : public Capturing {
protected:
    void SetUp() override { start("http: {body_size_max_kib: 1024}\n"); }

    HttpsAnswer post(const std::string& event) {
        return ask("POST", "/epcis/v2/events", epcis_document(event));
    }
};

std::string without_id(std::string event) {
    const std::size_t at = event.find("\"eventID\"");
    return event.erase(at, event.find(',', at) + 1 - at);
}

TEST_F(EpcisInterface, TellsWhereAnEventIsWhateverStandsInItsId) {
    for (const std::string& event :
         {object_event("a"), without_id(object_event("b")), object_event("c?d=e#f%20/g")}) {
        const HttpsAnswer made = post(event);
        ASSERT_EQ(made.status, 201) << made.body;
        EXPECT_EQ(made.header("gs1-epcis-version"), "2.0.0");
        EXPECT_EQ(made.header("gs1-cbv-version"), "2.0.0");
        const HttpsAnswer found = ask("GET", made.header("location"));
        ASSERT_EQ(found.status, 200) << made.header("location");
        EXPECT_EQ(found.json().at("eventID"), made.json().at("eventID"));
    }
}

TEST_F(EpcisInterface, RefusesAnotherEventOfAnIdThatIsTaken) {
    EXPECT_EQ(post(object_event("a", "shipping")).status, 201);
    const HttpsAnswer refused = post(object_event("a", "receiving"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.json().at("type"), "epcisException:ResourceAlreadyExistsException");
    EXPECT_THAT(refused.body, HasSubstr("urn:event:a"));
    EXPECT_EQ(ask("GET", "/epcis/v2/events/urn:event:a").json().at("bizStep"), "shipping");
}

/// An event belongs to who has captured it.
TEST_F(EpcisInterface, HasNobodyDeclareWrongWhatSomebodyElseHasCaptured) {
    const std::string event = transformation("1", R"("urn:x:heat")", R"("urn:x:coil")");
    std::string wrong = event;
    wrong.insert(1, R"("errorDeclaration":{"declarationTime":"2026-01-02T00:00:00Z"},)");
    const std::string firm = account("firm");
    const std::string other = account("other");
    capture(event, firm);
    const HttpsAnswer refused = ask("POST", "/epcis/v2/capture", epcis_document(wrong), other);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("somebody else"));
    const auto found = ask("GET", "/api/v1/trace/urn:x:heat?direction=down").json();
    EXPECT_EQ(found.at("nodes").as_array().size(), 2U);
    capture(wrong, firm);
    const auto left = ask("GET", "/api/v1/trace/urn:x:heat?direction=down").json();
    EXPECT_EQ(left.at("nodes").as_array().size(), 1U);
}

TEST_F(EpcisInterface, JoinsWhatWasMadeToTheLotThatItsMasterDataNames) {
    const std::string made = "urn:epc:id:sgtin:4012345.012345.S1";
    std::string event = transformation("1", R"("urn:x:milk")", '"' + made + '"');
    event.insert(1, R"("ilmd":{"cbvmda:lotNumber":"L7"},)");
    capture(event);
    const auto found = ask("GET", "/api/v1/trace/(01)04012345123456(10)L7?direction=down").json();
    EXPECT_THAT(serialize(found.at("nodes")), HasSubstr("01/04012345123456/21/S1"));
}

TEST_F(EpcisInterface, TellsWhatIsSpokenAndTaken) {
    const HttpsAnswer capture = ask_once(node_.https(), "OPTIONS", "/epcis/v2/capture", {}, {});
    EXPECT_EQ(capture.status, 204);
    EXPECT_EQ(capture.header("allow"), "POST, GET, OPTIONS");
    for (const char* const name : {"gs1-epcis-version", "gs1-epcis-min", "gs1-epcis-max",
                                   "gs1-cbv-version", "gs1-cbv-min", "gs1-cbv-max"})
        EXPECT_EQ(capture.header(name), "2.0.0") << name;
    EXPECT_EQ(capture.header("gs1-epc-format"), "Never_Translates");
    EXPECT_EQ(capture.header("gs1-epcis-capture-limit"), "100000");
    EXPECT_EQ(capture.header("gs1-epcis-capture-file-size-limit"), "1048576");
    EXPECT_EQ(capture.header("gs1-capture-error-behaviour"), "all");
    const HttpsAnswer steps = ask_once(node_.https(), "OPTIONS", "/epcis/v2/bizSteps/x", {}, {});
    EXPECT_EQ(steps.header("allow"), "GET, OPTIONS");
    EXPECT_EQ(steps.header("gs1-epcis-capture-limit"), "");
    EXPECT_EQ(ask_once(node_.https(), "OPTIONS", "/epcis/v2/none", {}, {}).status, 404);
}

TEST_F(EpcisInterface, RefusesVersionsAndFormsThatItDoesNotSpeak) {
    const auto status = [&](const std::string& header) {
        return HttpsConnection{node_.https()}
            .ask({.target = "/epcis/v2/events", .headers = {boss_, header}})
            .status;
    };
    for (const char* const header :
         {"GS1-EPCIS-Min: 1.2.0", "GS1-EPCIS-Min: 2.0", "GS1-EPCIS-Max: 2.0.0", "GS1-CBV-Max: 3",
          "GS1-EPCIS-Version: 2.0", "GS1-EPC-Format: No_Preference",
          "GS1-EPC-Format: Never_Translates"})
        EXPECT_EQ(status(header), 200) << header;
    for (const char* const header :
         {"GS1-EPCIS-Min: 2.0.1", "GS1-EPCIS-Min: 3.0", "GS1-EPCIS-Max: 1.2.0", "GS1-CBV-Min: 2.1",
          "GS1-CBV-Version: 1.2", "GS1-EPCIS-Version: 2.0.0.0", "GS1-EPCIS-Max: new",
          "GS1-EPC-Format: Always_EPC_URN", "GS1-EPC-Format: Always_GS1_Digital_Link"})
        EXPECT_EQ(status(header), 406) << header;
}

TEST_F(EpcisInterface, RefusesMoreThanItTakesAtOnceAndTellsHowMuchThatIs) {
    const auto expect_limit = [](const HttpsAnswer& answer) {
        EXPECT_EQ(answer.status, 413) << answer.body;
        EXPECT_EQ(answer.json().at("type"), "epcisException:CaptureLimitExceededException");
        EXPECT_EQ(answer.header("gs1-epcis-capture-limit"), "100000");
        EXPECT_EQ(answer.header("gs1-epcis-capture-file-size-limit"), "1048576");
    };
    std::string events = "[{}";
    for (int each = 1; each < 100'000; ++each) events += ",{}";
    for (const char* const target : {"/epcis/v2/capture", "/epcis/v2/events"}) {
        EXPECT_EQ(ask("POST", target, events + ']').status, 400);
        expect_limit(ask("POST", target, events + ",{}]"));
        expect_limit(ask("POST", target, std::string(1'048'577, ' ')));
    }
    EXPECT_EQ(ask("POST", "/epcis/v2/capture", epcis_document(events.substr(1) + ",{}")).status,
              413);
}

/// Of the first nodes, ids do not tell when a capture came.
TEST_F(EpcisInterface, KeepsWhatBecameOfACaptureForSomeTime) {
    const std::string fresh =
        ask("POST", "/epcis/v2/capture", epcis_document(object_event("a"))).header("location");
    const std::string path = fresh.substr(0, fresh.rfind('/') + 1);
    const std::string old = resolver::api::make_capture_id(1'767'225'600'000);
    const std::string first = "00000000-8d0b-4d57-9a2e-5f3c9e6f9d20";
    node_.stop();
    {
        const registry::Store store{node_.data(), registry::Store::Access::write_or_create};
        registry::Writer writer{store};
        std::vector<registry::Change> kept;
        for (const std::string& id : {old, first})
            kept.emplace_back(registry::PutEntry{registry::Area::captures, id, "{}"});
        writer.commit(kept, 1);
    }
    restart();
    const auto deadline = deadline_after();
    while (ask("GET", path + old).status != 404 && milliseconds_until(deadline) > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    EXPECT_EQ(ask("GET", path + old).status, 404);
    EXPECT_EQ(ask("GET", path + first).status, 200);
    EXPECT_EQ(ask("GET", fresh).status, 200);
}

}  // namespace
}  // namespace idnode::end_to_end
