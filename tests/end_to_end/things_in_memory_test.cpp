#include <gtest/gtest.h>

#include <fstream>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

/// A chain of things, each made of the one before, from one number to another.
std::string chain(int from, int to) {
    std::string events;
    for (int at = from; at < to; ++at) {
        const auto thing = [](int number) { return "\"urn:x:n" + std::to_string(number) + '"'; };
        events += events.empty() ? "" : ",";
        events += R"({"type":"TransformationEvent","eventTime":"2026-01-01T00:00:00Z",)"
                  R"("eventTimeZoneOffset":"+00:00","inputEPCList":[)" +
                  thing(at) + R"(],"outputEPCList":[)" + thing(at + 1) + "]}";
    }
    return R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
           R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
           R"("epcisBody":{"eventList":[)" +
           events + "]}}";
}

class ThingsInMemory : public ::testing::Test {
protected:
    void start(const std::string& things) {
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\nthings: " + things + '\n');
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {}) {
        return HttpsConnection{node_.https()}.ask(
            {.method = method, .target = target, .headers = {boss_, json_content}, .body = body});
    }
    std::size_t length_of_chain() {
        const HttpsAnswer answer = ask("GET", "/api/v1/trace/urn:x:n0?direction=down");
        return answer.json().at("nodes").as_array().size();
    }

    Node node_;
    std::string boss_;
};

/// The node's own writer tells what it changes; what a command has captured beside it is noticed.
TEST_F(ThingsInMemory, FollowWhatTheNodeCapturesAndWhatACommandDoesBeside) {
    start("{enabled: true}");
    ASSERT_EQ(ask("POST", "/epcis/v2/capture", chain(0, 10)).status, 202);
    EXPECT_EQ(length_of_chain(), 11U);
    EXPECT_TRUE(node_.wait_for_metric("idnode_thing_entries", 31));
    EXPECT_EQ(length_of_chain(), 11U);
    ASSERT_EQ(ask("POST", "/epcis/v2/capture", chain(10, 20)).status, 202);
    EXPECT_EQ(length_of_chain(), 21U);
    EXPECT_TRUE(node_.wait_for_metric("idnode_thing_entries", 61));

    const std::string file = node_.directory().file("beside.json");
    std::ofstream{file} << chain(20, 30);
    node_.do_run({"capture", file});
    EXPECT_EQ(length_of_chain(), 31U);
    EXPECT_TRUE(node_.wait_for_metric("idnode_thing_entries", 91));
    EXPECT_EQ(length_of_chain(), 31U);
}

TEST_F(ThingsInMemory, AreLeftToTheStoreWhereTheyTakeMoreThanTheyMay) {
    start("{memory_mib: 1}");
    ASSERT_EQ(ask("POST", "/epcis/v2/capture", chain(0, 10)).status, 202);
    EXPECT_TRUE(node_.wait_for_metric("idnode_thing_entries", 31));
    // 48 octets for the edge at each end, and where they begin.
    for (int from = 10; from < 12'010; from += 3'000)
        ASSERT_EQ(ask("POST", "/epcis/v2/capture", chain(from, from + 3'000)).status, 202);
    EXPECT_TRUE(node_.wait_for_log("things.memory_mib"));
    EXPECT_EQ(ask("POST", "/api/v1/recall", R"({"identifiers":["urn:x:n0"],"countOnly":true})")
                  .json()
                  .at("count"),
              12'010);
}

TEST_F(ThingsInMemory, MayBeSwitchedOff) {
    start("{enabled: false}");
    ASSERT_EQ(ask("POST", "/epcis/v2/capture", chain(0, 10)).status, 202);
    EXPECT_EQ(length_of_chain(), 11U);
    EXPECT_EQ(node_.metric("idnode_thing_entries"), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
