#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Two enterprises with a program and an administrator each.
class SharedEvents : public Capturing {
protected:
    void SetUp() override {
        start();
        mill_ = enterprise();
        program_ = member("program", mill_);
        chief_ = member("chief", mill_);
        other_ = member("other", enterprise());
    }
    std::string enterprise() {
        const HttpsAnswer applied =
            ask("POST", "/api/v1/enterprises", R"({"name":"a","creditCode":"91350200MA2YJ1XR9G"})");
        std::string id{applied.json().at("id").as_string()};
        EXPECT_EQ(ask("POST", "/api/v1/enterprises/" + id + "/approve").status, 200);
        return id;
    }
    std::string member(const std::string& name, const std::string& enterprise) {
        EXPECT_EQ(ask("PUT", "/api/v1/accounts/" + name,
                      R"({"role":"enterprise_application","password":"some-secret",)"
                      R"("enterprise":")" +
                          enterprise + "\"}")
                      .status,
                  201);
        HttpsConnection https{node_.https()};
        return log_in(https, name, "some-secret");
    }
    std::vector<std::string> seen_by(const std::string& who) {
        return event_ids(ask("GET", "/epcis/v2/events?EQ_bizStep=shipping", {}, who).body);
    }

    std::string mill_, program_, chief_, other_;
};

TEST_F(SharedEvents, AreSeenByAllAccountsOfTheEnterpriseAndByNoOther) {
    capture(object_event("e1"), program_);
    EXPECT_THAT(seen_by(program_), ElementsAre("urn:event:e1"));
    EXPECT_THAT(seen_by(chief_), ElementsAre("urn:event:e1"));
    EXPECT_THAT(seen_by(other_), IsEmpty());
    const auto status = [&](const std::string& who, const std::string& target) {
        return ask("GET", target, {}, who).status;
    };
    EXPECT_EQ(status(chief_, "/epcis/v2/events/urn:event:e1"), 200);
    EXPECT_EQ(status(other_, "/epcis/v2/events/urn:event:e1"), 404);
    EXPECT_EQ(status(chief_, "/epcis/v2/bizSteps/shipping/events"), 200);
    EXPECT_EQ(status(other_, "/epcis/v2/bizSteps/shipping"), 404);
    // The account was moved: what it has captured stays its own alone.
    ASSERT_EQ(ask("PUT", "/api/v1/accounts/chief", R"({"enterprise":"","prefixes":[]})").status,
              200);
    EXPECT_THAT(seen_by(chief_), IsEmpty());
}

TEST_F(SharedEvents, MayBeDeclaredWrongByAColleague) {
    capture(object_event("e1"), program_);
    const std::string wrong = R"({"type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z",)"
                              R"("eventTimeZoneOffset":"+00:00","eventID":"urn:event:e1",)"
                              R"("action":"OBSERVE","epcList":["urn:x:e1"],)"
                              R"("errorDeclaration":{"declarationTime":"2026-01-02T00:00:00Z"}})";
    const auto declare = [&](const std::string& who) {
        return ask("POST", "/epcis/v2/events", wrong, who).status;
    };
    EXPECT_GE(declare(other_), 400);
    EXPECT_EQ(declare(chief_), 201);
}

TEST_F(SharedEvents, AreSeenByWhoeverHasCapturedTheSame) {
    capture(object_event("e1"), program_);
    capture(object_event("e1", "receiving"), other_);  // of its id alone: known, and not told
    EXPECT_THAT(seen_by(other_), IsEmpty());
    capture(object_event("e1"), other_);
    EXPECT_THAT(seen_by(other_), ElementsAre("urn:event:e1"));
    EXPECT_THAT(seen_by(program_), ElementsAre("urn:event:e1"));
    EXPECT_THAT(seen_by(member("third", enterprise())), IsEmpty());
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

}  // namespace
}  // namespace idnode::end_to_end
