#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

// A chain of each industry is written by `idnode sample`, with the answers that its maker knows
// from lists of its own; what the node answers over HTTPS has to be the same, name by name.

/// How many edges a chain has: IDNODE_CHAIN_SCALE makes it larger.
std::uint64_t scale_of_run() {
    const char* const scale = std::getenv("IDNODE_CHAIN_SCALE");
    return scale ? std::strtoull(scale, nullptr, 10) : 10'000;
}

/// As long as it takes: a large chain is written and captured for minutes.
constexpr std::chrono::milliseconds command_limit = std::chrono::minutes{30};

using Ids = std::vector<std::string>;

Ids ids_in(const json::value& list) {
    Ids ids;
    for (const json::value& each : list.as_array()) ids.emplace_back(each.as_string());
    return ids;
}

/// An identifier as one segment of a path.
std::string segment(std::string_view id) {
    std::string text = percent_encode(id);
    for (std::size_t at = 0; (at = text.find('/', at)) != text.npos;) text.replace(at, 1, "%2F");
    return text;
}

/// What one has and the other has not, a few of each.
std::string difference(const Ids& expected, const Ids& found) {
    std::string text;
    const auto list = [&](const char* what, const Ids& some, const Ids& others) {
        Ids left;
        std::ranges::set_difference(some, others, std::back_inserter(left));
        text += std::string{what} + ' ' + std::to_string(left.size()) + ':';
        for (std::size_t at = 0; at < left.size() && at < 3; ++at) text += ' ' + left[at];
        text += '\n';
    };
    list("missing", expected, found);
    list("too many", found, expected);
    return text;
}

class Chains : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        for (const char* const prefix : {"88.118.8", "88.112.6", "88.130.2"}) node_.home(prefix);
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config("listen: {https: ['127.0.0.1:0']}\n");
    }

    static void run_to_end(const Arguments& arguments, const Surroundings& surroundings) {
        Process process{arguments, surroundings};
        const auto exit_code = process.wait(command_limit);
        ASSERT_EQ(exit_code, 0) << read_file(surroundings.err);
    }

    void write_chain() const {
        run_to_end({"sample", "--chain", GetParam(), "--scale", std::to_string(scale_of_run()),
                    "--seed", "20261125", "--events", events_, "--expected", expected_},
                   {.err = node_.directory().file("sample.err")});
    }

    void capture_chain() {
        const std::string out = node_.directory().file("capture.out");
        run_to_end({"capture", events_, "--json", "--data", node_.data()},
                   {.out = out, .err = node_.directory().file("capture.err")});
        const json::value summary = json::parse(read_file(out));
        EXPECT_EQ(summary.at("wrong"), 0);
        EXPECT_EQ(summary.at("known"), 0);
        std::cout << GetParam() << ": " << serialize(summary) << '\n';
    }

    void log_in_as_operator() {
        https_.emplace(node_.https());
        headers_ = {log_in(*https_, "boss", "boss-secret")};
    }

    HttpsAnswer ask(const HttpsRequest& request) {
        HttpsAnswer answer = https_->ask(request);
        if (answer.header("connection") == "close") https_.emplace(node_.https());
        return answer;
    }

    /// All pages of a trace.
    Ids trace(const json::value& question) {
        std::string target =
            "/api/v1/trace/" + segment(question.at("id").as_string()) +
            "?limit=10000&direction=" + std::string{question.at("direction").as_string()};
        const json::object& object = question.as_object();
        if (const auto* const depth = object.if_contains("depth"))
            target += "&depth=" + serialize(*depth);
        if (const auto* const at = object.if_contains("at"))
            target += "&at=" + std::string{at->as_string()};
        Ids ids;
        for (std::string cursor;;) {
            const HttpsAnswer answer = ask({.target = target + cursor, .headers = headers_});
            if (answer.status != 200) throw std::runtime_error{target + ": " + answer.body};
            const json::value body = answer.json();
            for (const json::value& node : body.at("nodes").as_array())
                ids.emplace_back(node.at("id").as_string());
            const auto* const next = body.as_object().if_contains("cursor");
            if (!next) return ids;
            cursor = "&cursor=" + std::string{next->as_string()};
        }
    }

    /// What a recall names, and the suspects themselves, which it does not.
    Ids recall(const json::value& question) {
        const std::string body =
            R"({"identifiers":)" + serialize(question.at("recall")) + R"(,"direction":"down"})";
        std::vector<std::string> headers = headers_;
        headers.insert(headers.end(), {json_content, "Accept: application/x-ndjson"});
        const HttpsAnswer answer = ask({.method = "POST",
                                        .target = "/api/v1/recall",
                                        .headers = std::move(headers),
                                        .body = body});
        if (answer.status != 200) throw std::runtime_error{"recall: " + answer.body};
        const Ids suspects = ids_in(question.at("recall"));
        std::set<std::string> ids(suspects.begin(), suspects.end());
        std::istringstream lines{answer.body};
        for (std::string line; std::getline(lines, line);)
            ids.emplace(json::parse(line).at("id").as_string());
        return {ids.begin(), ids.end()};
    }

    /// Asks what one line asks; false where the answer is another.
    bool agrees(const std::string& line) {
        const json::value question = json::parse(line);
        const bool is_recall = question.as_object().contains("recall");
        Ids found = is_recall ? recall(question) : trace(question);
        std::ranges::sort(found);
        const Ids expected = ids_in(question.at("nodes"));
        nodes_ += expected.size();
        largest_ = std::max(largest_, expected.size());
        if (found == expected) return true;
        ADD_FAILURE() << line.substr(0, line.find(R"("nodes")")) << '\n'
                      << difference(expected, found);
        return false;
    }

    Node node_;
    const std::string events_ = node_.directory().file("events.ndjson");
    const std::string expected_ = node_.directory().file("expected.ndjson");
    std::optional<HttpsConnection> https_;
    std::vector<std::string> headers_;
    std::size_t nodes_ = 0;
    std::size_t largest_ = 0;
};

TEST_P(Chains, AreAnsweredAsTheirMakerKnows) {
    constexpr std::size_t failures_max = 5;
    ASSERT_NO_FATAL_FAILURE(write_chain());
    ASSERT_NO_FATAL_FAILURE(capture_chain());
    node_.start();
    log_in_as_operator();
    const auto begin = Clock::now();
    std::ifstream questions{expected_};
    std::size_t asked = 0;
    std::size_t failures = 0;
    for (std::string line; failures < failures_max && std::getline(questions, line); ++asked)
        if (!agrees(line)) ++failures;
    EXPECT_TRUE(failures > 0 || asked == 1'020) << asked;
    std::cout << GetParam() << ": " << asked << " questions with " << nodes_
              << " things in the answers, at most " << largest_ << ", in "
              << std::chrono::duration<double>(Clock::now() - begin).count() << " s\n";
    EXPECT_EQ(node_.stop(), 0);
    if (scale_of_run() > 10'000) return;  // checking a large one takes longer than a command may
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

std::string name_of(const ::testing::TestParamInfo<const char*>& industry) {
    return industry.param;
}

INSTANTIATE_TEST_SUITE_P(OfAllIndustries, Chains, ::testing::Values("automotive", "steel", "food"),
                         name_of);

}  // namespace
}  // namespace idnode::end_to_end
