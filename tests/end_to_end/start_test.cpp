#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What a start that must fail says; the node must not come up.
Outcome serve(const Node& node, const Arguments& others) {
    Arguments all{"serve"};
    all.insert(all.end(), others.begin(), others.end());
    return node.run(all);
}

struct BadConfig {
    const char* name;
    const char* text;
    int line;
    const char* sentence;
};

void PrintTo(const BadConfig& config, std::ostream* out) { *out << config.name; }

class StartWithBadConfiguration : public ::testing::TestWithParam<BadConfig> {};

TEST_P(StartWithBadConfiguration, IsRefusedWithFileLineAndExpectation) {
    const BadConfig& bad = GetParam();
    const Node node;
    const std::string file = node.directory().write("idnode.yaml", bad.text);
    const Outcome outcome =
        serve(node, {"--config", file, "--handle", "127.0.0.1:0", "--http", "127.0.0.1:0"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(file + ':' + std::to_string(bad.line) + ": "));
    EXPECT_THAT(outcome.err, HasSubstr(bad.sentence));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(node.data())) << "a refused start leaves nothing behind";
}

INSTANTIATE_TEST_SUITE_P(
    Table, StartWithBadConfiguration,
    ::testing::Values(
        BadConfig{"UnknownKey", "workers: 1\nworkerz: 2\n", 2, "workerz: unknown key"},
        BadConfig{"UnknownKeyInSection", "udp:\n  batch: 3\n", 2, "udp.batch: unknown key"},
        BadConfig{"Duplicate", "workers: 1\n\nworkers: 1\n", 3, "workers: stands here a second"},
        BadConfig{"NotANumber", "workers: many\n", 1,
                  R"(expected a whole number from 0 to 256, found "many")"},
        BadConfig{"TooLarge", "stream:\n  request_timeout_seconds: 3601\n", 2,
                  R"(expected a whole number from 1 to 3600, found "3601")"},
        BadConfig{"Negative", "workers: -1\n", 1, "expected a whole number from 0 to 256"},
        BadConfig{"NotABoolean", "site:\n  primary: 1\n", 2, "expected true or false"},
        BadConfig{"NotAList", "listen:\n  handle: 127.0.0.1:0\n", 2, "expected a list"},
        BadConfig{"UnknownLevel", "log:\n  level: loud\n", 2,
                  "expected debug, info, warn, error or off"},
        BadConfig{"NotASection", "udp: 7\n", 1, "expected `key: value` lines"},
        BadConfig{"NotYaml", "workers: 1\nsite: [\n", 3, "not YAML"}),
    [](const auto& each) { return std::string{each.param.name}; });

/// Values whose form only the network code knows are values of the file all the same.
class StartWithBadAddress : public ::testing::TestWithParam<BadConfig> {};

TEST_P(StartWithBadAddress, IsRefusedWithFileLineAndExpectation) {
    const BadConfig& bad = GetParam();
    const Node node;
    const std::string file = node.directory().write("idnode.yaml", bad.text);
    const Outcome outcome = serve(node, {"--config", file});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(file + ':' + std::to_string(bad.line) + ": "));
    EXPECT_THAT(outcome.err, HasSubstr(bad.sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Table, StartWithBadAddress,
    ::testing::Values(
        BadConfig{"Handle", "listen:\n  http: []\n  handle: [\"nowhere\"]\n", 3,
                  R"(expected ADDRESS:PORT such as 127.0.0.1:2641 or [::1]:2641, found "nowhere")"},
        BadConfig{"Http", "listen:\n  handle: []\n  http:\n  - \"127.0.0.1:99999\"\n", 4,
                  R"(found "127.0.0.1:99999")"},
        BadConfig{"Site", "listen:\n  handle: [\"127.0.0.1:0\"]\n  http: []\nsite:\n  address: x\n",
                  5, R"(expected an IP address, found "x")"}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST(Start, NamesEverythingThatIsWrongWithAConfigurationAtOnce) {
    const Node node;
    const std::string file = node.directory().write(
        "idnode.yaml", "workers: 999\nnonsense: 1\nsite:\n  serial: -4\n  serial: 5\n");
    const Outcome outcome = serve(node, {"--config", file});
    EXPECT_EQ(outcome.exit_code, 2);
    for (const int line : {1, 2, 4, 5})
        EXPECT_THAT(outcome.err, HasSubstr(file + ':' + std::to_string(line) + ": "));
}

TEST(Start, RefusesBadAddressesOnTheCommandLine) {
    const Node node;
    for (const char* const option : {"--handle", "--http"}) {
        const Outcome outcome = serve(node, {option, "localhost:2641"});
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_THAT(outcome.err, HasSubstr("expected ADDRESS:PORT"));
        EXPECT_THAT(outcome.err, HasSubstr("found \"localhost:2641\""));
    }
}

void expect_port_in_use(const Outcome& outcome, const std::string& address) {
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err,
                AllOf(StartsWith("idnode: cannot listen on " + address + ": "), EndsWith("\n")));
    EXPECT_THAT(outcome.err, ContainsRegex("[Aa]ddress (already )?in use"));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST(Start, SaysInOneLineThatAPortIsInUse) {
    const Node node;
    const Listener tcp{{"127.0.0.1", 0}};
    const std::string address = "127.0.0.1:" + std::to_string(tcp.port());
    expect_port_in_use(serve(node, {"--handle", address, "--http", "127.0.0.1:0"}), address);
    expect_port_in_use(serve(node, {"--handle", "127.0.0.1:0", "--http", address}), address);
    const UdpListener udp{{"127.0.0.1", 0}};
    const std::string udp_address = "127.0.0.1:" + std::to_string(udp.port());
    expect_port_in_use(serve(node, {"--handle", udp_address, "--http", "127.0.0.1:0"}),
                       udp_address);
}

/// Workers share their ports among each other; that must not let another node in, or the two
/// would answer every other request from different registries.
TEST(Start, SaysInOneLineThatAnotherNodeHasThePort) {
    Node first;
    first.start();
    for (const bool handle : {true, false}) {
        Node second;
        const Endpoint& taken = handle ? first.handle() : first.http();
        ServeArguments arguments;
        (handle ? arguments.handle : arguments.http) = {format(taken)};
        try {
            second.start(arguments);
            ADD_FAILURE() << "a second node serves " << format(taken) << " too";
        } catch (const std::runtime_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("cannot listen on " + format(taken)));
        }
    }
}

TEST(Start, IsEmptyAndAnswersThatItIsResponsibleForNothing) {
    Node node;
    node.start();
    UdpSocket udp{node.handle()};
    EXPECT_EQ(ask(udp, {.handle = "88.118.8/A"}).code(), 301U);
    HttpConnection http{node.http()};
    EXPECT_EQ(http.get("/readyz").status, 200);
    EXPECT_EQ(http.get("/api/handles/88.118.8/A").status, 400);
    EXPECT_EQ(node.metric("idnode_records "), 0);
    EXPECT_EQ(node.stop(), 0);
    EXPECT_THAT(node.do_run({"check"}), HasSubstr("0 records"));
}

TEST(Start, ListensOnEveryAddressThatIsNamed) {
    Node node;
    node.home("88.118.8");
    node.start({.handle = {"127.0.0.1:0", "127.0.0.2:0"},
                .http = {"127.0.0.1:0", "127.0.0.3:0"},
                .others = {"--workers", "3"}});
    for (const std::size_t at : {0U, 1U}) {
        UdpSocket udp{node.handle(at)};
        EXPECT_EQ(ask(udp, {.handle = "88.118.8/A"}).code(), 100U);
        TcpStream tcp{node.handle(at)};
        EXPECT_EQ(ask(tcp, {.handle = "88.118.8/A"}).code(), 100U);
        HttpConnection http{node.http(at)};
        EXPECT_EQ(http.get("/healthz").status, 200);
    }
}

/// On a wildcard address the answer must come from the address that was asked, or a connected
/// socket never sees it.
TEST(Start, OnTheWildcardAnswersFromTheAddressThatWasAsked) {
    Node node;
    std::vector<std::string> wildcards{"0.0.0.0:0"};
    if (has_ipv6()) wildcards.emplace_back("[::]:0");
    node.start({.handle = wildcards, .http = {"127.0.0.1:0"}, .others = {}});
    for (const char* const address : {"127.0.0.1", "127.0.0.77"}) {
        UdpSocket udp{{address, node.handle().port}};
        EXPECT_EQ(ask(udp, {.handle = "88.118.8/A"}).code(), 301U) << address;
    }
    if (!has_ipv6()) return;
    UdpSocket udp{{"::1", node.handle(1).port}};
    EXPECT_EQ(ask(udp, {.handle = "88.118.8/A"}).code(), 301U);
}

}  // namespace
}  // namespace idnode::end_to_end
