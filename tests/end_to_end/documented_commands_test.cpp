#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A fenced block of a document in Markdown.
struct Block {
    std::string language;
    std::vector<std::string> lines;

    bool holds(std::string_view part) const {
        return std::ranges::any_of(
            lines, [&](const std::string& line) { return line.find(part) != line.npos; });
    }
};

std::vector<Block> blocks_of(const std::string& file) {
    std::ifstream stream{std::string{IDNODE_SOURCE_DIR} + '/' + file};
    std::vector<Block> blocks;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        const bool fence = line.starts_with("```");
        if (fence && !inside) blocks.push_back({.language = line.substr(3), .lines = {}});
        if (!fence && inside) blocks.back().lines.push_back(line);
        inside ^= fence;
    }
    return blocks;
}

/// Whether an answer is the one that is shown, where "…" stands for anything and objects may have
/// further members.
bool is_as_shown(const json::value& shown, const json::value& found) {
    if (shown.is_string() && shown.get_string() == "…") return true;
    if (const auto* const object = shown.if_object())
        return found.is_object() && std::ranges::all_of(*object, [&](const auto& member) {
                   const auto* const same = found.get_object().if_contains(member.key());
                   return same && is_as_shown(member.value(), *same);
               });
    if (const auto* const list = shown.if_array())
        return found.is_array() && std::ranges::equal(*list, found.get_array(),
                                                      [](const auto& left, const auto& right) {
                                                          return is_as_shown(left, right);
                                                      });
    return shown == found;
}

/// JSON texts that follow one another, each at the beginning of a line or behind the one before.
std::vector<json::value> values_in(const std::string& text) {
    std::vector<json::value> values;
    json::stream_parser parser;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \r\n", at)) != text.npos) {
        parser.reset();
        at += parser.write_some(text.data() + at, text.size() - at);
        if (!parser.done()) parser.finish();
        values.push_back(parser.release());
    }
    return values;
}

std::string with(std::string text, std::string_view what, const std::string& instead) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + instead.size()))
        text.replace(at, what.size(), instead);
    return text;
}

/// Runs the commands of a document in the directory of a node, which is started where they start
/// one, and on ports of its own.
class Documented : public ::testing::Test {
protected:
    void SetUp() override {
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + std::string{unlimited_proofs});
    }

    /// What each block has written. What stands before the node's start runs before it.
    std::vector<std::string> run(const std::vector<Block>& blocks) {
        std::string script;
        for (const Block& block : blocks) {
            script += "echo '=== block'\n";
            for (const std::string& line : block.lines) {
                if (line.starts_with("idnode serve ") && line.ends_with('&')) {
                    run(std::exchange(script, {}));
                    node_.start();
                    before_commands();
                } else {
                    script += line + '\n';
                }
            }
        }
        return run(script);
    }
    /// What the commands of a document take for given.
    virtual void before_commands() {}

    Node node_;

private:
    std::vector<std::string> run(const std::string& script) {
        std::string text = script;
        if (node_.running()) {
            text = with(text, "127.0.0.1:8443", format(node_.https()));
            text = with(text, "127.0.0.1:2641", format(node_.handle()));
        }
        const std::string binaries =
            std::string{IDNODE_BINARY}.substr(0, std::string_view{IDNODE_BINARY}.rfind('/'));
        node_.directory().write("script", "set -eu -o pipefail\nshopt -s expand_aliases\nPATH=" +
                                              binaries + ":$PATH\n" + text);
        const std::string command =
            "cd " + node_.directory().path().string() + " && bash script > said 2> complained";
        const int ended = std::system(command.c_str());
        const std::string said = read_file(node_.directory().file("said"));
        EXPECT_EQ(ended, 0) << said << read_file(node_.directory().file("complained"));
        std::vector<std::string> parts;
        constexpr std::string_view mark = "=== block\n";
        for (auto at = said.find(mark); at != said.npos;) {
            const auto next = said.find(mark, at + mark.size());
            parts.push_back(said.substr(at + mark.size(), next - at - mark.size()));
            at = next;
        }
        return parts;
    }
};

TEST_F(Documented, CommandsOfTheGuideToHttpAnswerWhatItShows) {
    std::vector<Block> commands;
    std::vector<Block> shown;
    for (Block& block : blocks_of("docs/http.md")) {
        if (block.language == "sh") {
            commands.push_back(std::move(block));
            shown.resize(commands.size());
        } else {
            ASSERT_EQ(block.language, "json");
            shown.back() = std::move(block);
        }
    }
    ASSERT_GT(commands.size(), 20U);
    const auto said = run(commands);
    // Those before the start of the node have run by themselves, and show nothing.
    const std::size_t before = commands.size() - said.size();
    for (std::size_t at = 0; at < said.size(); ++at) {
        const Block& answer = shown[at + before];
        std::string text;
        for (const std::string& line : answer.lines) text += line + '\n';
        const auto expected = values_in(text);
        const auto found = answer.lines.empty() ? std::vector<json::value>{} : values_in(said[at]);
        ASSERT_THAT(found, SizeIs(expected.size())) << commands[at + before].lines[0] << said[at];
        for (std::size_t each = 0; each < expected.size(); ++each)
            EXPECT_TRUE(is_as_shown(expected[each], found[each]))
                << serialize(expected[each]) << "\nis shown, and found was\n"
                << serialize(found[each]);
    }
    EXPECT_THAT(read_file(node_.directory().file("resolved.txt")), HasSubstr("N-2"));
    EXPECT_EQ(node_.stop(), 0);
}

class DocumentedInReadme : public Documented {
protected:
    void before_commands() override {
        const auto pallet = [](const char* time) {
            return std::string{R"({"type":"AggregationEvent","eventTime":")"} + time +
                   R"(","eventTimeZoneOffset":"+00:00","action":"ADD",)"
                   R"("parentID":"urn:epc:id:sscc:0614141.1234567890","childQuantityList":)"
                   R"([{"epcClass":"urn:epc:class:lgtin:4012345.012345.L1"}]})";
        };
        node_.directory().write("rows.ndjson", R"({"handle":"88.118.8/P2","values":[)"
                                               R"({"index":1,"type":"URL","data":"u"}]})");
        node_.directory().write(
            "events.json",
            R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
            R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
            R"("epcisBody":{"eventList":[)" +
                pallet("2026-01-03T00:00:00Z") + "]}}");
        HttpsConnection https{node_.https()};
        const std::string alice = log_in(https, "alice", "a long password");
        EXPECT_EQ(https
                      .ask({.method = "PUT",
                            .target = "/api/v1/accounts/buyer",
                            .headers = {alice, json_content},
                            .body = R"({"role":"partner","password":"a long password"})"})
                      .status,
                  201);
    }
};

TEST_F(DocumentedInReadme, CommandsOverHttpsAreDone) {
    node_.home("88.118.8");
    std::vector<Block> commands;
    for (Block& block : blocks_of("README.md"))
        if (block.language == "sh" && (block.holds("$node") || block.holds("as_alice")))
            commands.push_back(std::move(block));
    ASSERT_GE(commands.size(), 3U);
    for (Block& block : commands)
        for (std::string& line : block.lines) line = with(line, "curl -sk", "curl -skSf");
    const auto said = run(commands);
    EXPECT_THAT(said.back(), HasSubstr("urn:epc:id:sscc:0614141.1234567890"));
    EXPECT_EQ(node_.stop(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
