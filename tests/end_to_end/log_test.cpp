#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <sstream>
#include <thread>

#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Numbers = std::vector<std::uint64_t>;

std::string record(const std::string& handle, const std::string& url) {
    return R"({"handle":")" + handle + R"(","values":[{"index":1,"type":"URL","data":")" + url +
           "\"}]}\n";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

class Log : public ::testing::Test {
protected:
    Log() {
        node_.home("88.118.8");                        // 1
        node_.import(record("88.118.8/A", "one"));     // 2
        node_.import(record("88.118.8/B", "one"));     // 3
        node_.import(record("88.118.8/a", "two"));     // 4
        node_.home("88.112");                          // 5
        node_.do_run({"prefix", "unhome", "88.112"});  // 6
        node_.import(record("88.112/A", "one"));       // 7
    }

    /// The numbers of the changes that are shown.
    Numbers numbers(Arguments options) const {
        options.insert(options.begin(), {"log", "--json"});
        Numbers numbers;
        for (const std::string& line : lines_of(node_.do_run(options)))
            numbers.push_back(boost::json::parse(line).at("sequence").to_number<std::uint64_t>());
        return numbers;
    }

    Node node_;
};

TEST_F(Log, ShowsEveryChangeInALineForPeople) {
    const auto lines = lines_of(node_.do_run({"log"}));
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_THAT(lines[0], ::testing::StartsWith("1\t20"));
    EXPECT_THAT(lines[0], EndsWith("\tlocal\thome_prefix\t88.118.8\tcreated"));
    EXPECT_THAT(lines[1], EndsWith("\tlocal\tput_record\t88.118.8/A\tcreated"));
    EXPECT_THAT(lines[3], EndsWith("\tlocal\tput_record\t88.118.8/a\tchanged"));
    EXPECT_THAT(lines[5], EndsWith("\tlocal\tunhome_prefix\t88.112\tremoved"));
}

TEST_F(Log, SaysItAllToPrograms) {
    const auto lines = lines_of(node_.do_run({"log", "--json"}));
    ASSERT_EQ(lines.size(), 7U);
    const auto second = boost::json::parse(lines[1]);
    const auto fourth = boost::json::parse(lines[3]);
    EXPECT_EQ(second.at("handle"), "88.118.8/A");
    EXPECT_EQ(second.at("operation"), "put_record");
    EXPECT_EQ(second.at("transport"), "local");
    EXPECT_EQ(second.at("effect"), "created");
    EXPECT_FALSE(second.at("actor").as_string().empty());
    EXPECT_FALSE(second.as_object().contains("before"));
    EXPECT_EQ(second.at("after").as_string().size(), 64U);
    EXPECT_EQ(fourth.at("before"), second.at("after"));
    EXPECT_EQ(boost::json::parse(lines[5]).at("prefix"), "88.112");
    EXPECT_FALSE(boost::json::parse(lines[5]).as_object().contains("after"));
}

TEST_F(Log, ShowsOnlyWhatIsAskedFor) {
    EXPECT_EQ(numbers({"--handle", "88.118.8/A"}), (Numbers{2, 4}));
    EXPECT_EQ(numbers({"--handle", "88.112"}), Numbers{});
    EXPECT_EQ(numbers({"--prefix", "88.112"}), (Numbers{5, 6, 7}));
    EXPECT_EQ(numbers({"--prefix", "88.11"}), Numbers{});
    EXPECT_EQ(numbers({"--operation", "home_prefix"}), (Numbers{1, 5}));
    EXPECT_EQ(numbers({"--operation", "home_prefix", "--operation", "unhome_prefix"}),
              (Numbers{1, 5, 6}));
    EXPECT_EQ(numbers({"--transport", "local"}).size(), 7U);
    EXPECT_EQ(numbers({"--transport", "udp", "--transport", "tcp"}), Numbers{});
    EXPECT_EQ(numbers({"--actor", "nobody in particular"}), Numbers{});
    EXPECT_EQ(numbers({"--from", "6"}), (Numbers{6, 7}));
    EXPECT_EQ(numbers({"--to", "2"}), (Numbers{1, 2}));
    EXPECT_EQ(numbers({"--from", "3", "--to", "4"}), (Numbers{3, 4}));
    EXPECT_EQ(numbers({"--from", "8"}), Numbers{});
    EXPECT_EQ(numbers({"--last", "2"}), (Numbers{6, 7}));
    EXPECT_EQ(numbers({"--last", "7"}).size(), 7U);
    EXPECT_EQ(numbers({"--last", "100"}).size(), 7U);
    EXPECT_EQ(numbers({"--limit", "1"}), Numbers{1});
    EXPECT_EQ(numbers({"--operation", "put_record", "--limit", "2"}), (Numbers{2, 3}));
    EXPECT_EQ(numbers({"--since", "2020-01-01"}).size(), 7U);
    EXPECT_EQ(numbers({"--until", "2020-01-01T00:00:00Z"}), Numbers{});
}

TEST_F(Log, FollowsARunningNodeUntilItHasShownEnough) {
    const std::string shown = node_.directory().file("shown");
    Process process{
        {"log", "--follow", "--json", "--from", "7", "--limit", "3", "--data", node_.data()},
        {.out = shown}};
    const auto wait_for = [&](std::string_view text) {
        const auto end = std::chrono::steady_clock::now() + time_limit;
        while (read_file(shown).find(text) == std::string::npos &&
               std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
    };
    wait_for("88.112/A");
    EXPECT_TRUE(process.running());
    node_.import(record("88.118.8/C", "one"));
    wait_for("88.118.8/C");
    EXPECT_TRUE(process.running());
    node_.import(record("88.118.8/D", "one"));
    EXPECT_EQ(process.wait(), 0);
    EXPECT_EQ(lines_of(read_file(shown)).size(), 3U);
}

TEST_F(Log, OfManyChangesIsShownAsAWhole) {
    const std::string file = node_.directory().file("records.ndjson");
    Process sample{{"sample", "--industry", "steel", "--count", "20000"}, {.out = file}};
    ASSERT_EQ(sample.wait(3 * time_limit), 0);
    node_.import_sample(file);
    const auto all = numbers({});
    ASSERT_EQ(all.size(), 20'025U);
    for (std::size_t at = 0; at < all.size(); ++at) ASSERT_EQ(all[at], at + 1);
}

}  // namespace
}  // namespace idnode::end_to_end
