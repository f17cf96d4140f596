#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* record =
    R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"https://example.org/a"}]})"
    "\n";

/// Exactly one line, as a script and a log want it.
void expect_one_line(const std::string& text) {
    EXPECT_THAT(text, EndsWith("\n"));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
}

TEST(CommandLine, EveryCommandExplainsItself) {
    const std::vector<Arguments> commands{{"serve"},          {"prefix"},
                                          {"prefix", "home"}, {"prefix", "unhome"},
                                          {"prefix", "list"}, {"prefix", "delegate"},
                                          {"import"},         {"export"},
                                          {"sample"},         {"resolve"},
                                          {"check"},          {"log"},
                                          {"backup"},         {"restore"}};
    for (Arguments command : commands) {
        const std::string name = command.back();
        command.push_back("--help");
        const Outcome outcome = run_idnode(command);
        EXPECT_EQ(outcome.exit_code, 0) << name;
        EXPECT_THAT(outcome.out, HasSubstr("Usage: idnode " + command.front())) << name;
        EXPECT_THAT(outcome.out, HasSubstr(name + " [OPTIONS]"));
        EXPECT_THAT(outcome.err, IsEmpty()) << name;
    }
}

TEST(CommandLine, TheProgramNamesItsCommandsExitCodesAndVersion) {
    const Outcome help = run_idnode({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const char* const name : {"serve", "prefix", "import", "export", "sample", "resolve",
                                   "check", "log", "backup", "restore", "Exit codes: 0"})
        EXPECT_THAT(help.out, HasSubstr(name));
    const Outcome version = run_idnode({"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_THAT(version.out, StartsWith("0."));
}

TEST(CommandLine, OptionsThatMayBeRepeatedTakeOneValueEach) {
    Node node;
    node.home("88.118.8");
    node.import(record);
    node.start();
    const std::string server = format(node.handle());
    for (const Arguments& options : {Arguments{"--type", "URL"}, Arguments{"--index", "1"}}) {
        Arguments all{"resolve", "--server", server};
        all.insert(all.end(), options.begin(), options.end());
        all.push_back("88.118.8/A");
        const Outcome outcome = run_idnode(all);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_THAT(outcome.out, HasSubstr("https://example.org/a"));
    }
}

TEST(CommandLine, AnExportOfNoPrefixAndAnImportThatCouldKeepNoRejectsSaySoAtOnce) {
    const Node node;
    node.home("88.118.8");
    const Outcome exported = node.run({"export", "--prefix", "88.118.8/"});
    EXPECT_EQ(exported.exit_code, 2);
    expect_one_line(exported.err);
    const Outcome imported = node.run({"import", "-", "--rejects", "/no/such/place"});
    EXPECT_EQ(imported.exit_code, 2);
    EXPECT_THAT(imported.err, HasSubstr("--rejects"));
}

TEST(CommandLine, WrongUsageEndsWithTwoAndSaysWhyOnStandardError) {
    const std::vector<Arguments> wrong{
        {},
        {"frobnicate"},
        {"--frobnicate"},
        {"prefix"},
        {"prefix", "home", "--data", "x"},
        {"prefix", "home", "88.118.8"},
        {"prefix", "home", "88.118.8/A", "--data", "x"},
        {"prefix", "home", "88..8", "--data", "x"},
        {"prefix", "delegate", "88.118.8", "--data", "x"},
        {"prefix", "delegate", "88.118.8", "--to", "nowhere", "--data", "x"},
        {"import", "--data", "x"},
        {"import", "-", "--format", "xml", "--data", "x"},
        {"export"},
        {"sample"},
        {"sample", "--industry", "cheese"},
        {"sample", "--industry", "steel", "--count", "many"},
        {"resolve"},
        {"resolve", "88.118.8/A", "--udp", "--tcp"},
        {"resolve", "88.118.8/A", "--index", "0"},
        {"resolve", "88.118.8/A", "--server", "nowhere"},
        {"resolve", "88.118.8/A", "--server", "127.0.0.1:70000"},
        {"backup", "file"},
        {"backup", "--data", "x"},
        {"restore", "file"},
        {"restore", "--data", "x"},
        {"check", "file", "--data", "x"},
        {"log"},
        {"log", "--data", "x", "--since", "yesterday"},
        {"log", "--data", "x", "--operation", "frobnicate"},
        {"log", "--data", "x", "--transport", "pigeon"},
        {"log", "--data", "x", "--limit", "0"},
        {"log", "--data", "x", "--from", "-1"},
        {"check"},
        {"check", "--data", "x", "--frobnicate"},
        {"serve", "--workers", "0"},
        {"serve", "--workers", "-1"},
        {"serve", "--config", "/nonexistent/idnode.yaml"},
    };
    for (const Arguments& arguments : wrong) {
        const Outcome outcome = run_idnode(arguments);
        const std::string shown = ::testing::PrintToString(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << shown;
        EXPECT_THAT(outcome.out, IsEmpty()) << shown;
        EXPECT_THAT(outcome.err, Not(IsEmpty())) << shown;
    }
}

TEST(CommandLine, ANegativeNumberIsWrongUsageAndNotAVeryLargeOne) {
    for (const char* const option : {"--count", "--seed"}) {
        // Its output must not fill the disk, should it have any.
        Process process{{"sample", "--industry", "steel", option, "-1"}, {}};
        EXPECT_EQ(process.wait(), 2) << option;
    }
}

TEST(CommandLine, AMissingRegistryEndsWithThreeAndTellsHowToMakeOne) {
    const Node node;
    for (const Arguments& arguments : std::vector<Arguments>{{"check"},
                                                             {"export"},
                                                             {"log"},
                                                             {"prefix", "list"},
                                                             {"prefix", "unhome", "88.118.8"}}) {
        const Outcome outcome = node.run(arguments);
        EXPECT_EQ(outcome.exit_code, 3) << arguments.front();
        EXPECT_THAT(outcome.err, HasSubstr("idnode prefix home")) << arguments.front();
        expect_one_line(outcome.err);
    }
}

TEST(CommandLine, WhatTheSystemRefusesEndsWithOneAndOneLine) {
    const Node node;
    const Outcome absent = node.run({"import", node.directory().file("absent.ndjson")});
    EXPECT_EQ(absent.exit_code, 1);
    EXPECT_THAT(absent.err, HasSubstr("absent.ndjson"));
    expect_one_line(absent.err);

    const std::string file = node.directory().write("file", "no directory");
    const Outcome no_directory = run_idnode({"prefix", "home", "88.118.8", "--data", file});
    EXPECT_EQ(no_directory.exit_code, 1);
    expect_one_line(no_directory.err);

    node.home("88.118.8");
    node.directory().write("data/registry.mdb", std::string(65'536, 'x'));
    for (const char* const command : {"check", "export"}) {
        const Outcome foreign = node.run({command});
        EXPECT_EQ(foreign.exit_code, 1) << command;
        expect_one_line(foreign.err);
    }
}

TEST(CommandLine, OutputThatCannotBeWrittenIsAFailureHoweverShortItIs) {
    const Node node;
    node.home("88.118.8");
    node.import(record);
    const std::vector<Arguments> commands{
        {"export", "--data", node.data()},
        {"check", "--data", node.data()},
        {"log", "--data", node.data()},
        {"prefix", "list", "--data", node.data()},
        {"sample", "--industry", "steel", "--count", "1"},
        {"sample", "--industry", "steel", "--count", "1000"},
    };
    for (const Arguments& arguments : commands) {
        const std::string errors = node.directory().file("errors");
        std::filesystem::remove(errors);
        Process process{arguments, {.out = "/dev/full", .err = errors}};
        EXPECT_EQ(process.wait(), 1) << ::testing::PrintToString(arguments);
        EXPECT_THAT(read_file(errors), HasSubstr("cannot write"));
    }
}

TEST(CommandLine, ResolveSaysByItsExitCodeWhatCameOfIt) {
    Node node;
    node.home("88.118.8");
    node.import(record);
    node.start();
    for (const char* const channel : {"--udp", "--tcp", "--http", ""}) {
        const Endpoint& endpoint =
            std::string_view{channel} == "--http" ? node.http() : node.handle();
        const auto resolve = [&](Arguments arguments) {
            arguments.insert(arguments.begin(), "resolve");
            arguments.insert(arguments.end(), {"--server", format(endpoint)});
            if (*channel) arguments.push_back(channel);
            return run_idnode(arguments);
        };
        const Outcome found = resolve({"88.118.8/A"});
        EXPECT_EQ(found.exit_code, 0) << channel << found.err;
        EXPECT_EQ(found.out, "1\tURL\thttps://example.org/a\n");
        const Outcome absent = resolve({"88.118.8/B"});
        EXPECT_EQ(absent.exit_code, 3) << channel;
        EXPECT_THAT(absent.err, HasSubstr("(100)"));
        EXPECT_EQ(resolve({"88.118.8/A", "--type", "EMAIL"}).exit_code, 3) << channel;
        EXPECT_EQ(resolve({"88.118.8/A", "--index", "1"}).exit_code, 0) << channel;
        const Outcome refused = resolve({"88.999/A"});
        EXPECT_EQ(refused.exit_code, 5) << channel;
        EXPECT_THAT(refused.err, HasSubstr("(301)"));
        const auto json = boost::json::parse(resolve({"88.118.8/A", "--json"}).out);
        EXPECT_EQ(json.at("responseCode"), 1);
        EXPECT_EQ(json.at("values").at(0).at("data").at("value"), "https://example.org/a");
        EXPECT_EQ(boost::json::parse(resolve({"88.118.8/B", "--json"}).out).at("responseCode"),
                  100);
    }
}

TEST(CommandLine, ResolveFailsWhenNobodyAnswers) {
    // Nobody reads from these sockets, and nobody else can have their ports.
    const UdpListener silent{{"127.0.0.1", 0}};
    const std::string server = "127.0.0.1:" + std::to_string(silent.port());
    for (const char* const channel : {"--udp", "--tcp", "--http"}) {
        const Outcome outcome = run_idnode({"resolve", "88.118.8/A", "--server", server, channel});
        EXPECT_EQ(outcome.exit_code, 1) << channel;
        EXPECT_THAT(outcome.err, HasSubstr("no answer from " + server)) << channel;
        expect_one_line(outcome.err);
    }
}

}  // namespace
}  // namespace idnode::end_to_end
