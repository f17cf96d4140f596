#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(Prefixes, AreHomedOnceAndListed) {
    const Node node;
    EXPECT_THAT(node.do_run({"prefix", "home", "88.118.8"}), HasSubstr("homed"));
    const auto sequence = node.sequence();
    const Outcome again = node.run({"prefix", "home", "88.118.8"});
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_THAT(again.out, HasSubstr("was homed before"));
    EXPECT_EQ(node.sequence(), sequence);
    node.home("88.112.6");
    EXPECT_THAT(lines_of(node.do_run({"prefix", "list"})),
                ElementsAre("88.112.6\thomed", "88.118.8\thomed"));
}

TEST(Prefixes, AreFoldedButKeepTheirSpelling) {
    const Node node;
    node.home("88.Alpha");
    EXPECT_THAT(node.do_run({"prefix", "home", "88.ALPHA"}), HasSubstr("was homed before"));
    EXPECT_THAT(lines_of(node.do_run({"prefix", "list"})), ElementsAre("88.Alpha\thomed"));
    node.do_run({"prefix", "unhome", "88.alpha"});
    EXPECT_EQ(node.do_run({"prefix", "list"}), "");
}

TEST(Prefixes, AreUnhomedAndKeepTheirRecords) {
    const Node node;
    node.home("88.118.8");
    node.import(R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"x"}]})");
    EXPECT_THAT(node.do_run({"prefix", "unhome", "88.118.8"}), HasSubstr("unhomed"));
    EXPECT_EQ(node.do_run({"prefix", "list"}), "");
    EXPECT_THAT(node.do_run({"export"}), HasSubstr("88.118.8/A"));
    EXPECT_EQ(node.run({"prefix", "unhome", "88.118.8"}).exit_code, 3);
}

TEST(Prefixes, AreDelegatedInsteadOfHomed) {
    const Node node;
    node.home("88.118.8");
    node.do_run({"prefix", "delegate", "88.118.8", "--to", "127.0.0.1:2641"});
    node.do_run({"prefix", "delegate", "88.112.6", "--to", "[::1]:2641"});
    EXPECT_THAT(lines_of(node.do_run({"prefix", "list"})),
                ElementsAre("88.112.6\tdelegated", "88.118.8\tdelegated"));
    node.home("88.112.6");
    EXPECT_THAT(lines_of(node.do_run({"prefix", "list"})),
                ElementsAre("88.112.6\thomed", "88.118.8\tdelegated"));
}

TEST(Prefixes, ADelegationReplacesTheOneBefore) {
    const Node node;
    node.do_run({"prefix", "delegate", "88.118.8", "--to", "127.0.0.1:2641"});
    const std::string before = node.do_run({"export"});
    node.do_run({"prefix", "delegate", "88.118.8", "--to", "127.0.0.1:2642"});
    const auto record = boost::json::parse(node.do_run({"export"}));
    ASSERT_EQ(record.at("values").as_array().size(), 1U);
    const auto& server = record.at("values").at(0).at("data").at("value").at("servers").at(0);
    EXPECT_EQ(server.at("interfaces").at(0).at("port"), 2642);
    EXPECT_NE(node.do_run({"export"}), before);
}

TEST(Prefixes, AreDelegatedToASiteFromAFile) {
    Node other;
    other.home("88.118.8");
    other.start();
    HttpConnection connection{other.http()};
    const auto site = boost::json::parse(connection.get("/api/site").body).at("site");
    const Node node;
    const std::string file = node.directory().write("site.json", boost::json::serialize(site));
    node.do_run({"prefix", "delegate", "88.118.8", "--site", file});
    const auto record = boost::json::parse(node.do_run({"export"}));
    EXPECT_EQ(record.at("values").at(0).at("data").at("value"), site);

    const std::string broken = node.directory().write("broken.json", "{\"servers\":7}");
    const Outcome outcome = node.run({"prefix", "delegate", "88.118.8", "--site", broken});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(broken));
}

TEST(Prefixes, SpeakJsonWhenAsked) {
    const Node node;
    const auto homed = boost::json::parse(node.do_run({"prefix", "home", "88.118.8", "--json"}));
    EXPECT_EQ(homed.at("prefix"), "88.118.8");
    EXPECT_EQ(homed.at("result"), "homed");
    node.do_run({"prefix", "delegate", "88.112.6", "--to", "127.0.0.1:2641", "--json"});
    const auto lines = lines_of(node.do_run({"prefix", "list", "--json"}));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(boost::json::parse(lines[0]).at("prefix"), "88.118.8");
    EXPECT_EQ(boost::json::parse(lines[0]).at("state"), "homed");
    EXPECT_EQ(boost::json::parse(lines[1]).at("state"), "delegated");
    const auto unhomed =
        boost::json::parse(node.do_run({"prefix", "unhome", "88.118.8", "--json"}));
    EXPECT_THAT(std::string{unhomed.at("result").as_string()}, HasSubstr("unhomed"));
}

}  // namespace
}  // namespace idnode::end_to_end
