#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <ctime>
#include <sstream>

#include "protocol/handle/handle.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr unsigned record_count = 300;
constexpr unsigned asked_count = 40;

struct Industry {
    const char* name;
    const char* prefix;
    std::vector<std::string> records{};  ///< NDJSON lines
};

/// One node with a sample of each industry, for all tests of this file that only ask.
class Resolution : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        for (Industry& industry : industries_) {
            std::istringstream sample{run_idnode({"sample", "--industry", industry.name, "--count",
                                                  std::to_string(record_count)})
                                          .out};
            node_->home(industry.prefix);
            node_->import_sample("-", sample.view());
            industry.records.clear();
            for (std::string line; std::getline(sample, line);) industry.records.push_back(line);
            ASSERT_EQ(industry.records.size(), record_count);
        }
        ServeArguments arguments;
        if (has_ipv6()) {
            arguments.handle.emplace_back("[::1]:0");
            arguments.http.emplace_back("[::1]:0");
        }
        node_->start(arguments);
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        node_.reset();
    }

    /// Asks for records spread over the whole sample and compares what comes with what was loaded.
    template <class Ask>
    static void expect_values(Ask&& ask_for) {
        for (const Industry& industry : industries_) {
            for (unsigned at = 0; at < record_count; at += record_count / asked_count) {
                const std::string& record = industry.records[at];
                const std::string handle = parse_handle(record);
                EXPECT_EQ(to_json(ask_for(handle)), to_json(parse_public_values(record))) << handle;
            }
        }
    }

    static void expect_values_on(const Endpoint& handle, const Endpoint& http) {
        UdpSocket udp{handle};
        expect_values([&](const std::string& each) { return values_of(ask(udp, {each})); });
        TcpStream tcp{handle};
        expect_values([&](const std::string& each) { return values_of(ask(tcp, {each})); });
        HttpConnection api{http};
        expect_values([&](const std::string& each) {
            return parse_public_values(api.get("/api/handles/" + percent_encode(each)).body);
        });
        HttpConnection tunnel{http};
        expect_values([&](const std::string& each) { return values_of(ask(tunnel, {each})); });
    }

    static const Node& node() { return *node_; }
    static const std::string& automotive_record() { return industries_[0].records[7]; }

private:
    static inline std::unique_ptr<Node> node_;
    static inline std::array<Industry, 3> industries_{
        {{"automotive", "88.118.8"}, {"steel", "88.112.6"}, {"food", "88.130.2"}}};
};

TEST_F(Resolution, GivesTheSameValuesOverUdpTcpHttpAndTheTunnel) {
    expect_values_on(node().handle(), node().http());
}

TEST_F(Resolution, GivesTheSameValuesOverIpv6) {
    if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
    expect_values_on(node().handle(1), node().http(1));
}

TEST_F(Resolution, IgnoresAsciiCaseAndRepeatsTheHandleAsItWasAsked) {
    TcpStream tcp{node().handle()};
    HttpConnection http{node().http()};
    const std::string expected = to_json(parse_public_values(automotive_record()));
    std::string handle = parse_handle(automotive_record());
    for (char& c : handle) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    ASSERT_NE(handle, parse_handle(automotive_record()));
    const Answer answer = ask(tcp, {handle});
    EXPECT_EQ(handle_of(answer), handle);
    EXPECT_EQ(to_json(values_of(answer)), expected);
    const std::string body = http.get("/api/handles/" + percent_encode(handle)).body;
    EXPECT_EQ(parse_handle(body), handle);
    EXPECT_EQ(to_json(parse_public_values(body)), expected);
}

TEST_F(Resolution, AnswersAsTheReferenceServerDoes) {
    UdpSocket udp{node().handle()};
    const Answer answer =
        ask(udp, {.handle = parse_handle(automotive_record()), .request_id = 0x7fedcba9});
    EXPECT_EQ(answer.code(), 1U);
    EXPECT_EQ(answer.envelope.request_id, 0x7fedcba9U);
    EXPECT_EQ(answer.envelope.version, (protocol::Version{2, 11}));
    EXPECT_EQ(answer.envelope.session_id, 0U);
    EXPECT_EQ(answer.header.op_code, protocol::OpCode::resolution);
    EXPECT_EQ(answer.header.op_flags, 0x99000000U);
    EXPECT_EQ(answer.header.site_serial, 1U);
    EXPECT_GT(answer.header.expiration, static_cast<std::uint32_t>(std::time(nullptr)))
        << "the reference client rejects answers of the past";
    EXPECT_THAT(answer.credential, IsEmpty());
}

TEST_F(Resolution, AnswersInTheVersionThatTheClientSuggests) {
    using protocol::Version;
    struct Case {
        Version version, suggested, expected;
    };
    TcpStream tcp{node().handle()};
    for (const Case& each : std::vector<Case>{{{2, 11}, {2, 11}, {2, 11}},
                                              {{2, 3}, {2, 10}, {2, 10}},
                                              {{2, 3}, {2, 11}, {2, 11}},
                                              {{2, 10}, {0, 0}, {2, 10}},
                                              {{3, 0}, {3, 0}, {2, 11}},
                                              {{1, 0}, {0, 0}, {1, 0}}}) {
        const Answer answer = ask(tcp, {.handle = parse_handle(automotive_record()),
                                        .version = each.version,
                                        .suggested = each.suggested});
        EXPECT_EQ(answer.code(), 1U);
        EXPECT_EQ(answer.envelope.version, each.expected)
            << int{each.version.major} << '.' << int{each.version.minor};
    }
}

struct FilterCase {
    const char* name;
    std::vector<std::uint32_t> indexes;
    std::vector<std::string> types;
    const char* query;  ///< the same in HTTP
};

TEST_F(Resolution, ShowsOnlyWhatAFilterSelects) {
    const std::vector<FilterCase> cases{
        {"an index", {1}, {}, "?index=1"},
        {"indexes", {1, 2001, 77}, {}, "?index=1&index=2001&index=77"},
        {"a type", {}, {"URL"}, "?type=URL"},
        {"a type in another case", {}, {"url"}, "?type=url"},
        {"a stem and all below it", {}, {"NAME."}, "?type=NAME."},
        {"a type, without what is below it", {}, {"NAME"}, "?type=NAME"},
        {"an index or a type", {1}, {"NAME.EN"}, "?index=1&type=NAME.EN"},
        {"nothing", {}, {}, ""},
        {"what is not there", {99}, {"EMAIL", "U."}, "?index=99&type=EMAIL&type=U."},
    };
    TcpStream tcp{node().handle()};
    HttpConnection http{node().http()};
    const std::string handle = parse_handle(automotive_record());
    const auto selects = [](const FilterCase& filter, const protocol::Value& value) {
        bool selected = filter.indexes.empty() && filter.types.empty();
        for (const std::uint32_t index : filter.indexes) selected |= value.index == index;
        for (const std::string& type : filter.types) {
            const bool stem = type.ends_with('.');
            const std::string name =
                protocol::folded(stem ? type.substr(0, type.size() - 1) : type);
            selected |= protocol::folded(value.type) == name ||
                        (stem && protocol::folded(value.type).starts_with(name + '.'));
        }
        return selected;
    };
    for (const FilterCase& filter : cases) {
        std::vector<protocol::Value> expected;
        for (const auto& value : parse_public_values(automotive_record()))
            if (selects(filter, value)) expected.push_back(value);
        const Answer answer =
            ask(tcp, {.handle = handle, .indexes = filter.indexes, .types = filter.types});
        const std::string body = http.get("/api/handles/" + handle + filter.query).body;
        EXPECT_EQ(to_json(parse_public_values(body)), to_json(expected)) << filter.name;
        EXPECT_EQ(answer.code(), expected.empty() ? 200U : 1U) << filter.name;
        EXPECT_EQ(boost::json::parse(body).at("responseCode"), answer.code()) << filter.name;
        EXPECT_EQ(to_json(answer.code() == 1 ? values_of(answer) : std::vector<protocol::Value>{}),
                  to_json(expected))
            << filter.name;
    }
}

TEST_F(Resolution, SaysWhyThereIsNothingToShow) {
    struct Case {
        std::string handle;
        std::uint32_t code;
        int status;
    };
    const std::vector<Case> cases{
        {"88.118.8/NOBODY", 100, 404},
        {"88.118.8/", 100, 404},
        {"88.118.8/JXDY2106023\xc3\xa9", 100, 404},
        {"88.118/JXDY", 301, 400},
        {"88.118.8.1/JXDY", 301, 400},
        {"10.1000/1", 301, 400},
        {"88.118.8", 301, 400},
        {"0.NA/88.118.8", 301, 400},
        {"/", 301, 400},
        {"", 102, 400},
        {"88.118.8/" + std::string(2048, 'x'), 102, 400},
        {"88.118.8/\xff", 102, 400},
    };
    TcpStream tcp{node().handle()};
    HttpConnection http{node().http()};
    for (const Case& each : cases) {
        const Answer answer = ask(tcp, {each.handle});
        EXPECT_EQ(answer.code(), each.code) << each.handle;
        if (each.code == 301) {
            EXPECT_EQ(sentence_of(answer), "That prefix doesn't live here") << each.handle;
        }
        const HttpAnswer json = http.get("/api/handles/" + percent_encode(each.handle));
        EXPECT_EQ(json.status, each.status) << each.handle;
        EXPECT_EQ(boost::json::parse(json.body).at("responseCode"), each.code) << each.handle;
    }
}

TEST_F(Resolution, GivesADigestOfTheRequestWhenAsked) {
    TcpStream tcp{node().handle()};
    const std::string handle = parse_handle(automotive_record());
    const Answer answer = ask(tcp, {.handle = handle, .flags = usual_flags | 0x00800000});
    ASSERT_EQ(answer.code(), 1U);
    EXPECT_TRUE(answer.has_flag(0x00800000));
    EXPECT_EQ(answer.body[0], 3) << "SHA-256";
    EXPECT_EQ(to_json(values_of(answer)), to_json(parse_public_values(automotive_record())));
    const Answer error = ask(tcp, {.handle = "10/1", .flags = usual_flags | 0x00800000});
    EXPECT_EQ(error.code(), 301U);
    EXPECT_EQ(sentence_of(error), "That prefix doesn't live here");
}

/// The dialect of the industry's clients: what stands behind the body's fields means nothing here.
TEST_F(Resolution, IgnoresWhatStandsBehindTheBodyAndAMissingCredential) {
    TcpStream tcp{node().handle()};
    const Request request{parse_handle(automotive_record())};
    tcp.send(encode(request, encode_body(request) + std::string(4, '\0')));
    EXPECT_EQ(decode(receive_message(tcp)).code(), 1U);
    std::string bare = encode(request);
    bare.resize(bare.size() - 4);
    patch(bare, message_length_at, static_cast<std::uint32_t>(bare.size() - 20));
    tcp.send(bare);
    EXPECT_EQ(decode(receive_message(tcp)).code(), 1U);
}

TEST(ResolutionOfChanges, SeesARecordThatIsImportedBesideTheRunningNodeAtOnce) {
    Node node;
    node.home("88.118.8");
    node.start();
    UdpSocket udp{node.handle()};
    TcpStream tcp{node.handle()};
    HttpConnection http{node.http()};
    for (int round = 0; round < 5; ++round) {
        const std::string handle = "88.118.8/R" + std::to_string(round);
        EXPECT_EQ(ask(udp, {handle}).code(), 100U);
        EXPECT_EQ(ask(tcp, {handle}).code(), 100U);
        node.import(R"({"handle":")" + handle +
                    R"(","values":[{"index":1,"type":"URL","data":"https://example.org"}]})");
        EXPECT_EQ(ask(udp, {handle}).code(), 1U);
        EXPECT_EQ(ask(tcp, {handle}).code(), 1U);
        EXPECT_EQ(http.get("/api/handles/" + handle).status, 200);
    }
}

TEST(ResolutionOfChanges, SeesHomingAndUnhomingAtOnce) {
    Node node;
    node.home("88.118.8");
    node.import(R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"x"}]})");
    node.start();
    UdpSocket udp{node.handle()};
    HttpConnection http{node.http()};
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(ask(udp, {"88.118.8/A"}).code(), 1U);
        node.do_run({"prefix", "unhome", "88.118.8"});
        EXPECT_EQ(ask(udp, {"88.118.8/A"}).code(), 301U);
        EXPECT_EQ(http.get("/api/handles/88.118.8/A").status, 400);
        node.home("88.118.8");
    }
}

}  // namespace
}  // namespace idnode::end_to_end
