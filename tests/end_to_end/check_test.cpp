#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* records =
    R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"https://example.org/aa"}]})"
    "\n"
    R"({"handle":"88.118.8/B","values":[{"index":1,"type":"URL","data":"https://example.org/bb"},)"
    R"({"index":2,"type":"KEY","data":"a-key-of-its-own","permissions":"1100"}]})"
    "\n";

/// Flips a bit of the octet behind each place where the text stands in the file. Pages that are
/// free may hold older copies, so all of them are meant.
void damage(const std::string& file, std::string_view text) {
    std::string octets = read_file(file);
    std::size_t found = 0;
    for (auto at = octets.find(text); at != std::string::npos; at = octets.find(text, at + 1)) {
        octets[at + text.size() - 1] ^= 0x01;
        ++found;
    }
    ASSERT_GT(found, 0U);
    std::fstream out{file, std::ios::binary | std::ios::in | std::ios::out};
    out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
}

TEST(Check, OfASoundRegistryFindsNothing) {
    const Node node;
    node.home("88.118.8");
    node.import(records);
    const Outcome outcome = node.run({"check"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("2 records"));
    EXPECT_THAT(outcome.out, HasSubstr("no fault"));
    EXPECT_THAT(outcome.err, IsEmpty());
    const auto json = boost::json::parse(node.do_run({"check", "--json"}));
    EXPECT_EQ(json.at("records"), 2);
    EXPECT_EQ(json.at("faults"), 0);
}

/// What can be saved is saved, what cannot is named, and a sound copy mends it.
TEST(Export, LeavesOutADamagedRecordAndImportMendsIt) {
    const Node node;
    node.home("88.118.8");
    node.import(records);
    damage(node.data() + "/registry.mdb", "https://example.org/bb");
    const Outcome outcome = node.run({"export"});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_THAT(outcome.out, HasSubstr("88.118.8/A"));
    EXPECT_EQ(outcome.out.find("88.118.8/B"), std::string::npos);
    EXPECT_THAT(outcome.err, HasSubstr("88.118.8/B: the record is damaged and left out"));
    node.import(records);
    EXPECT_EQ(node.run({"export"}).exit_code, 0);
    EXPECT_EQ(node.run({"check"}).exit_code, 0);
}

class CheckOfDamage : public ::testing::TestWithParam<std::string> {};

TEST_P(CheckOfDamage, NamesTheRecordAndEndsWithOne) {
    const Node node;
    node.home("88.118.8");
    node.import(records);
    damage(node.data() + "/registry.mdb", GetParam());
    const Outcome outcome = node.run({"check"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("88.118.8/B: "));
    EXPECT_THAT(outcome.out, HasSubstr("1 faults"));
    const Outcome json = node.run({"check", "--json"});
    EXPECT_EQ(json.exit_code, 1);
    EXPECT_EQ(boost::json::parse(json.out).at("faults"), 1);
}

INSTANTIATE_TEST_SUITE_P(Data, CheckOfDamage,
                         ::testing::Values("https://example.org/bb", "a-key-of-its-own"));

TEST(Check, BesideARunningNodeDisturbsNobody) {
    Node node;
    node.home("88.118.8");
    node.import(records);
    node.start();
    for (int round = 0; round < 3; ++round) EXPECT_EQ(node.run({"check"}).exit_code, 0);
    HttpConnection connection{node.http()};
    EXPECT_EQ(connection.get("/api/handles/88.118.8/A").status, 200);
    EXPECT_EQ(node.stop(), 0);
}

TEST(Check, IsCleanAfterAnImportWasKilledAtAnyMoment) {
    const Node node;
    node.home("88.112.6");
    const std::string file = node.directory().file("records.ndjson");
    Process sample{{"sample", "--industry", "steel", "--count", "60000"}, {.out = file}};
    ASSERT_EQ(sample.wait(3 * time_limit), 0);
    std::uint64_t before = 0;
    for (const int moment : {5, 50, 150, 300, 600}) {
        Process import{{"import", file, "--templates", sample_templates, "--data", node.data()},
                       {}};
        std::this_thread::sleep_for(std::chrono::milliseconds{moment * patience});
        import.signal(SIGKILL);
        ASSERT_TRUE(import.wait());
        const Outcome outcome = node.run({"check", "--json"});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const auto now = boost::json::parse(outcome.out).at("records").to_number<std::uint64_t>();
        EXPECT_GE(now, before) << "what was committed stays";
        before = now;
    }
    Process import{{"import", file, "--templates", sample_templates, "--data", node.data()}, {}};
    EXPECT_EQ(import.wait(3 * time_limit), 0);
    const auto last = boost::json::parse(node.do_run({"check", "--json"}));
    EXPECT_EQ(last.at("records"), 60'000);
}

}  // namespace
}  // namespace idnode::end_to_end
