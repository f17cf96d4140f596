#include "resolver/webhooks/schedule.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>

#include "protocol/json/time_text.hpp"

namespace idnode::resolver::webhooks {
namespace {

Schedule schedule_of(const std::string& json) {
    const auto schedule = Schedule::parse(boost::json::parse(json));
    EXPECT_TRUE(schedule.has_value()) << json << ": " << schedule.error().message();
    return *schedule;
}

std::string next(const std::string& json, const std::string& after) {
    const auto time = schedule_of(json).next_after(*protocol::parse_time(after));
    return time ? protocol::format_time(*time) : "never";
}

struct Moment {
    const char* name;
    const char* schedule;
    const char* after;
    const char* next;
};

class Moments : public ::testing::TestWithParam<Moment> {};

TEST_P(Moments, AreFound) {
    EXPECT_EQ(next(GetParam().schedule, GetParam().after), GetParam().next);
}

INSTANTIATE_TEST_SUITE_P(
    Schedule, Moments,
    ::testing::Values(
        // The first is the example of the standard: "every morning at 1.05am".
        Moment{"OfTheStandardsExample", R"({"hour":"1","minute":"5"})", "2026-01-01T00:00:00Z",
               "2026-01-01T01:05:00Z"},
        Moment{"AreOnceADayThen", R"({"hour":"1","minute":"5"})", "2026-01-01T01:05:00Z",
               "2026-01-02T01:05:00Z"},
        Moment{"EverySecondOfAList", R"({"second":"0,[30-31]"})", "2026-01-01T00:00:30Z",
               "2026-01-01T00:00:31Z"},
        Moment{"InTheNextMinute", R"({"second":"0,[30-31]"})", "2026-01-01T00:00:31Z",
               "2026-01-01T00:01:00Z"},
        Moment{"GivenAsNumbers", R"({"minute":15})", "2026-01-01T23:15:00Z",
               "2026-01-02T00:15:00Z"},
        Moment{"OnMondays", R"({"dayOfWeek":"1"})", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"},
        Moment{"OnSundays", R"({"dayOfWeek":"7","hour":"12"})", "2026-01-01T00:00:00Z",
               "2026-01-04T12:00:00Z"},
        Moment{"AtTheEndOfTheYear", R"({"dayOfMonth":"31","month":"12","hour":"23","minute":"59"})",
               "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"},
        Moment{"OnTheLeapDay", R"({"dayOfMonth":"29","month":"2"})", "2026-01-01T00:00:00Z",
               "2028-02-29T00:00:00Z"},
        Moment{"OverACenturyWithoutLeapDay", R"({"dayOfMonth":"29","month":"2"})",
               "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
        Moment{"NeverOnTheThirtiethOfFebruary", R"({"dayOfMonth":"30","month":"2"})",
               "2026-01-01T00:00:00Z", "never"}),
    [](const auto& each) { return each.param.name; });

TEST(Schedule, RefusesWhatIsNoScheduleAndNamesTheField) {
    const auto message = [](const std::string& json) {
        const auto schedule = Schedule::parse(boost::json::parse(json));
        return schedule ? std::string{"taken"} : schedule.error().message();
    };
    for (const char* const wrong : {R"({"hour":"24"})", R"({"hour":"-1"})", R"({"hour":""})",
                                    R"({"hour":"1,"})", R"({"hour":"[5-1]"})", R"({"hour":"[1-2"})",
                                    R"({"hour":"1-2"})", R"({"hour":1.5})", R"({"hour":true})"})
        EXPECT_NE(message(wrong).find("hour"), std::string::npos) << wrong << message(wrong);
    EXPECT_NE(message(R"({"dayOfMonth":"0"})").find("1 to 31"), std::string::npos);
    EXPECT_NE(message(R"({"year":"2026"})").find("year"), std::string::npos);
    EXPECT_NE(message("{}").find("at least one"), std::string::npos);
    EXPECT_NE(message("[]"), "taken");
}

/// The same by looking at second after second.
TEST(Schedule, FindsTheSameMomentAsLookingAtEachSecond) {
    std::mt19937 random{7};
    const auto pick = [&](unsigned least, unsigned most) {
        return std::uniform_int_distribution<unsigned>{least, most}(random);
    };
    for (int round = 0; round < 30; ++round) {
        const unsigned second = pick(0, 59);
        const unsigned minute = pick(0, 59);
        const unsigned hour = pick(0, 23);
        const std::uint32_t after = 1'767'225'600 + pick(0, 86'400 * 30);
        const auto found =
            schedule_of(R"({"second":")" + std::to_string(second) + R"(","minute":")" +
                        std::to_string(minute) + R"(","hour":")" + std::to_string(hour) + "\"}")
                .next_after(after);
        std::uint32_t looked_at = after + 1;
        while (looked_at % 60 != second || looked_at / 60 % 60 != minute ||
               looked_at / 3600 % 24 != hour)
            ++looked_at;
        EXPECT_EQ(found, looked_at) << "round " << round;
    }
}

}  // namespace
}  // namespace idnode::resolver::webhooks
