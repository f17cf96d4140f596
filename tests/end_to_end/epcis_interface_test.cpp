#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

/// What clients of the EPCIS REST interface rely on beside the events themselves.
class EpcisInterface : public Capturing {
protected:
    void SetUp() override { start(); }

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

}  // namespace
}  // namespace idnode::end_to_end
