#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

constexpr const char* lot = "https://id.gs1.org/01/04012345123456/10/L1";

std::string serial(const std::string& each) { return '"' + std::string{lot} + "/21/" + each + '"'; }

std::string made(const std::string& id, const std::string& day, const std::string& in,
                 const std::string& out, const std::string& more = {}) {
    return R"({"type":"TransformationEvent","eventID":"urn:event:)" + id +
           R"(","eventTime":"2026-)" + day + R"(T00:00:00Z","eventTimeZoneOffset":"+00:00",)" +
           R"("inputEPCList":[)" + in + R"(],"outputEPCList":[)" + out + ']' + more + '}';
}

class RecallFilters : public Capturing {
protected:
    void SetUp() override { start(); }
    int count(const std::string& suspect, const std::string& more = {},
              const std::string& who = {}) {
        const HttpsAnswer answer =
            ask("POST", "/api/v1/recall",
                R"({"countOnly":true,"identifiers":[")" + suspect + R"("])" + more + '}', who);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json().at("count").to_number<int>();
    }
};

/// A lot has its instances at all times; what came of an instance has its own.
TEST_F(RecallFilters, LetPassWhatAnyWayReachesInTime) {
    const std::string ore = R"("urn:x:ore")";
    const std::string mix = R"("urn:x:mix")";
    capture(made("1", "01-10", ore, serial("A")) + ',' +
            made("2", "03-10", serial("A"), R"("urn:x:car")") + ',' + made("3", "01-10", ore, mix) +
            ',' + made("4", "03-10", ore, mix));
    EXPECT_EQ(count(lot), 2);
    EXPECT_EQ(count(lot, R"(,"from":"2026-02-01")"), 2);
    EXPECT_EQ(count(lot, R"(,"to":"2026-02-01")"), 1) << "the instance, not the car";
    EXPECT_EQ(count("urn:x:ore"), 3);
    EXPECT_EQ(count("urn:x:ore", R"(,"from":"2026-03-01")"), 2) << "the car and what was mixed";
    EXPECT_EQ(count("urn:x:ore", R"(,"to":"2026-02-01")"), 2) << "the instance and the first mix";
}

TEST_F(RecallFilters, ComeInPagesThatTogetherAreAll) {
    std::string coils;
    for (int each = 0; each < 5; ++each)
        coils += std::string{each > 0 ? "," : ""} + R"("urn:x:coil)" + std::to_string(each) + '"';
    capture(made("1", "01-10", R"("urn:x:ore")", coils));
    const std::string body = R"({"identifiers":["urn:x:ore"],"limit":2})";
    std::set<std::string> found;
    std::string cursor;
    for (const std::size_t expected : {2U, 2U, 1U}) {
        const auto page = ask("POST", "/api/v1/recall" + cursor, body).json();
        EXPECT_EQ(page.at("count"), 5);
        EXPECT_EQ(page.at("affected").as_array().size(), expected);
        for (const auto& each : page.at("affected").as_array())
            found.emplace(each.at("id").as_string());
        const auto* const next = page.as_object().if_contains("cursor");
        EXPECT_EQ(next != nullptr, expected == 2 && found.size() < 5);
        if (next) cursor = "?cursor=" + std::string{next->as_string()};
    }
    EXPECT_EQ(found.size(), 5U);
    capture(made("2", "01-11", R"("urn:x:ore")", R"("urn:x:coil9")"));
    EXPECT_EQ(ask("POST", "/api/v1/recall" + cursor, body).status, 410);
    EXPECT_EQ(ask("POST", "/api/v1/recall?cursor=forged", body).status, 400);
}

/// A lot that is reached early and again in time leads to its instances in time, too.
TEST_F(RecallFilters, TakeWhatWasReachedInTimeLaterOnFurther) {
    const std::string whole = '"' + std::string{lot} + '"';
    const auto into_lot = [&](const std::string& id, const std::string& day,
                              const std::string& in) {
        return R"({"type":"TransformationEvent","eventID":"urn:event:)" + id +
               R"(","eventTime":"2026-)" + day +
               R"(T00:00:00Z","eventTimeZoneOffset":"+00:00","inputEPCList":[)" + in +
               R"(],"outputQuantityList":[{"epcClass":)" + whole + R"(,"quantity":1}]})";
    };
    capture(into_lot("1", "01-10", R"("urn:x:ore")") + ',' +
            made("2", "03-01", R"("urn:x:ore")", R"("urn:x:slag")") + ',' +
            into_lot("3", "03-10", R"("urn:x:slag")") + ',' +
            made("4", "01-11", serial("A"), R"("urn:x:car")"));
    EXPECT_EQ(count("urn:x:ore"), 4);
    EXPECT_EQ(count("urn:x:ore", R"(,"from":"2026-02-01")"), 3) << "slag, lot and instance";
}

/// Who has a thing is whom its last event leaves it with, or else who captured that.
TEST_F(RecallFilters, LetPassWhatAHolderHas) {
    const std::string firm = account("firm");
    const std::string to_buyer = R"(,"destinationList":[{"type":"possessing_party","destination":)"
                                 R"("urn:epc:id:pgln:9521321.00000"}])";
    capture(made("1", "01-10", R"("urn:x:ore")", R"("urn:x:a","urn:x:b","urn:x:c")"));
    capture(made("2", "01-11", R"("urn:x:b")", R"("urn:x:d")", to_buyer));
    capture(made("3", "01-12", R"("urn:x:c")", R"("urn:x:e")"), firm);
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"firm")"), 2) << "what it made, and of what";
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"urn:epc:id:pgln:9521321.00000")"), 2);
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"https://id.gs1.org/417/9521321000001")"), 2);
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"firm","at":"2026-01-11")"), 0);
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"firm")", firm), 2);
    EXPECT_EQ(count("urn:x:ore", R"(,"holder":"urn:epc:id:pgln:9521321.00000")", firm), 0)
        << "what is hidden from him has no holder";
}

}  // namespace
}  // namespace idnode::end_to_end
