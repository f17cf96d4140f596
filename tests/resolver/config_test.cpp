#include "resolver/config.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_directory.hpp"

namespace idnode::resolver {
namespace {

constexpr const char* documented_file = IDNODE_SOURCE_DIR "/conf/idnode.yaml";

/// What comes of loading a text: the configuration, or the complaints, with the file called FILE.
struct Loaded {
    Config config;
    std::string complaints;
};

Loaded load(const std::string& text) {
    const test::TempDirectory directory;
    const auto file = directory / "idnode.yaml";
    std::ofstream{file} << text;
    Loaded loaded;
    try {
        load_config(file, loaded.config);
    } catch (const ConfigError& error) {
        loaded.complaints = error.what();
        for (std::size_t at = 0; (at = loaded.complaints.find(file.string())) != std::string::npos;)
            loaded.complaints.replace(at, file.string().size(), "FILE");
    }
    return loaded;
}

/// `udp.batch_max` and a value as lines of the file.
std::string as_yaml(std::string_view name, const std::string& value) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return std::string{name} + ": " + value + '\n';
    return std::string{name.substr(0, dot)} + ":\n  " + std::string{name.substr(dot + 1)} + ": " +
           value + '\n';
}

/// A configuration in which no option has its default.
Config all_different() {
    Config config;
    const auto change = [&](auto member) {
        auto& value = config.*member;
        using Value = std::remove_reference_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) value = !value;
        if constexpr (std::is_same_v<Value, std::uint32_t>) ++value;
        if constexpr (std::is_same_v<Value, std::string>) value += "other";
        if constexpr (std::is_same_v<Value, std::vector<std::string>>) value.emplace_back("other");
        if constexpr (std::is_same_v<Value, protocol::ReferenceList>)
            value.push_back({.handle = "other", .index = 1});
    };
    for (const Option& option : options()) std::visit(change, option.member);
    return config;
}

using Numeric = std::uint32_t Config::*;

std::vector<Option> numeric_options() {
    std::vector<Option> numeric;
    std::copy_if(
        options().begin(), options().end(), std::back_inserter(numeric),
        [](const Option& option) { return std::holds_alternative<Numeric>(option.member); });
    return numeric;
}

TEST(DocumentedConfig, IsTheDefaultInEveryOption) {
    Config config = all_different();
    load_config(documented_file, config);
    EXPECT_TRUE(config == Config{});
}

TEST(DocumentedConfig, NamesEveryOptionOnce) {
    const YAML::Node root = YAML::LoadFile(documented_file);
    for (const Option& option : options()) {
        YAML::Node node = YAML::Clone(root);
        std::stringstream name{std::string{option.name}};
        for (std::string part; std::getline(name, part, '.');) node = node[part];
        EXPECT_TRUE(node.IsDefined()) << option.name;
    }
}

TEST(DocumentedConfig, TellsTheRangeOfEveryNumber) {
    std::ostringstream text;
    text << std::ifstream{documented_file}.rdbuf();
    for (const Option& option : numeric_options()) {
        const std::string range =
            std::to_string(option.least) + " to " + std::to_string(option.most);
        EXPECT_NE(text.str().find(range), std::string::npos) << option.name << ' ' << range;
    }
}

TEST(Options, HaveDefaultsWithinTheirRanges) {
    const Config config;
    for (const Option& option : numeric_options()) {
        EXPECT_GE(config.*std::get<Numeric>(option.member), option.least) << option.name;
        EXPECT_LE(config.*std::get<Numeric>(option.member), option.most) << option.name;
    }
}

TEST(Options, HaveEachANameAndAMemberOfTheirOwn) {
    for (std::size_t one = 0; one < options().size(); ++one)
        for (std::size_t two = 0; two < one; ++two) {
            EXPECT_NE(options()[one].name, options()[two].name);
            EXPECT_FALSE(options()[one].member == options()[two].member) << options()[one].name;
        }
}

TEST(LoadConfig, TakesEveryNumberAtBothEdgesAndNoneBeyond) {
    for (const Option& option : numeric_options()) {
        const auto value = [&](const Config& config) {
            return config.*std::get<Numeric>(option.member);
        };
        for (const std::uint32_t edge : {option.least, option.most}) {
            const Loaded loaded = load(as_yaml(option.name, std::to_string(edge)));
            EXPECT_EQ(loaded.complaints, "");
            EXPECT_EQ(value(loaded.config), edge) << option.name;
        }
        std::vector<std::string> outside{std::to_string(std::uint64_t{option.most} + 1), "-1"};
        if (option.least > 0) outside.push_back(std::to_string(option.least - 1));
        for (const std::string& number : outside) {
            const Loaded loaded = load("# a comment\n" + as_yaml(option.name, number));
            const bool nested = option.name.find('.') != std::string_view::npos;
            EXPECT_EQ(loaded.complaints,
                      (nested ? "FILE:3: " : "FILE:2: ") + std::string{option.name} +
                          ": expected a whole number from " + std::to_string(option.least) +
                          " to " + std::to_string(option.most) + ", found \"" + number + '"');
            EXPECT_EQ(value(loaded.config), value(Config{})) << option.name;
        }
    }
}

TEST(LoadConfig, TakesNothingForANumberThatIsNone) {
    for (const char* text : {"many", "\"\"", "1.5", "0x10", "1e2", "32 threads", "+4", "[4]",
                             "{a: 4}", "~", "", "99999999999999999999", "true"})
        EXPECT_NE(load("udp:\n  batch_max: " + std::string{text}).complaints, "") << text;
    EXPECT_EQ(load("workers: [1]").complaints,
              "FILE:1: workers: expected a whole number from 0 to 256, found something else");
}

TEST(LoadConfig, TakesTrueAndFalseAndNoOtherWordForThem) {
    EXPECT_FALSE(load("site:\n  primary: false").config.site_primary);
    EXPECT_TRUE(load("site:\n  primary: true").config.site_primary);
    EXPECT_EQ(load("site:\n  primary: yes").complaints,
              "FILE:2: site.primary: expected true or false, found \"yes\"");
    EXPECT_EQ(load("site:\n  primary: [true]").complaints,
              "FILE:2: site.primary: expected true or false, found something else");
}

TEST(LoadConfig, TakesTextsAndListsOfTexts) {
    const Config config = load(
                              "data_directory: /srv/id node\nlisten:\n  handle: []\n  http: "
                              "['[::1]:1', '127.0.0.1:2']\n")
                              .config;
    EXPECT_EQ(config.data_directory, "/srv/id node");
    EXPECT_TRUE(config.listen_handle.empty());
    EXPECT_EQ(config.listen_http, (std::vector<std::string>{"[::1]:1", "127.0.0.1:2"}));
    EXPECT_EQ(load("data_directory: [a]").complaints,
              "FILE:1: data_directory: expected a text, found something else");
    EXPECT_EQ(load("listen:\n  http: 127.0.0.1:80").complaints,
              "FILE:2: listen.http: expected a list such as [\"127.0.0.1:2641\"], found "
              "\"127.0.0.1:80\"");
    EXPECT_EQ(load("listen:\n  http:\n    - 127.0.0.1:1\n    - {a: 1}").complaints,
              "FILE:4: listen.http: expected ADDRESS:PORT such as 127.0.0.1:2641 or [::1]:2641, "
              "found something else");
}

TEST(LoadConfig, TakesServersByPrefix) {
    const Loaded loaded = load("keys: {servers: [\"99.1=192.0.2.1:1\", \"*=[::1]:2641\"]}\n");
    EXPECT_EQ(loaded.complaints, "");
    EXPECT_EQ(loaded.config.keys_servers,
              (std::vector<std::string>{"99.1=192.0.2.1:1", "*=[::1]:2641"}));
    EXPECT_EQ(load("keys: {servers: [\"192.0.2.1:1\"]}\n").complaints,
              "FILE:1: keys.servers: expected PREFIX=ADDRESS:PORT such as "
              "88.118.9=192.0.2.1:2641, found \"192.0.2.1:1\"");
    EXPECT_EQ(load("keys: {servers: 99.1=192.0.2.1:1}\n").complaints,
              "FILE:1: keys.servers: expected a list such as [\"88.118.9=192.0.2.1:2641\"], "
              "found \"99.1=192.0.2.1:1\"");
}

TEST(LoadConfig, TakesTheVersionsOfEcode) {
    const Loaded loaded = load("schemes: {ecode: [\"1:4:1-20\", \"3:5:1-39:letters\"]}\n");
    EXPECT_EQ(loaded.complaints, "");
    EXPECT_EQ(loaded.config.schemes_ecode,
              (std::vector<std::string>{"1:4:1-20", "3:5:1-39:letters"}));
    EXPECT_EQ(load("schemes: {ecode: [\"1:4\"]}\n").complaints,
              "FILE:1: schemes.ecode: expected VERSION:NSI:LEAST-MOST such as 1:4:1-20 or "
              "3:5:1-39:letters, found \"1:4\"");
    EXPECT_EQ(load("schemes: {ecode: 1}\n").complaints,
              "FILE:1: schemes.ecode: expected a list such as [\"1:4:1-20\"], found \"1\"");
}

TEST(LoadConfig, TakesKeysByIndexAndHandle) {
    const auto load_keys = [](const std::string& keys) {
        return load("administration: {administrators: " + keys + "}");
    };
    EXPECT_EQ(load_keys("[300:0.NA/88.118, '1:88.118/A:B']").config.administration_administrators,
              (protocol::ReferenceList{{"0.NA/88.118", 300}, {"88.118/A:B", 1}}));
    for (const char* wrong :
         {"0.NA/88.118", "300:", ":0.NA/88.118", "-1:a/b", "4294967296:a/b", "3x:a/b", " 3:a/b"})
        EXPECT_EQ(load_keys("['" + std::string{wrong} + "']").complaints,
                  "FILE:1: administration.administrators: expected INDEX:HANDLE such as "
                  "300:0.NA/88.118, found \"" +
                      std::string{wrong} + '"');
    EXPECT_EQ(load_keys("300:0.NA/88.118").complaints,
              "FILE:1: administration.administrators: expected a list such as "
              "[300:0.NA/88.118], found \"300:0.NA/88.118\"");
}

TEST(LoadConfig, KnowsTheLevelsOfTheLog) {
    for (const char* level : {"debug", "info", "warn", "error", "off"})
        EXPECT_EQ(load(as_yaml("log.level", level)).config.log_level, level);
    EXPECT_EQ(load(as_yaml("log.level", "loud")).complaints,
              "FILE:2: log.level: expected debug, info, warn, error or off, found \"loud\"");
}

TEST(LoadConfig, RefusesUnknownKeysAndSectionsThatAreNone) {
    EXPECT_EQ(load("wrkers: 1").complaints, "FILE:1: wrkers: unknown key");
    EXPECT_EQ(load("udp:\n  batch: 1").complaints, "FILE:2: udp.batch: unknown key");
    EXPECT_EQ(load("workers:\n  count: 1").complaints,
              "FILE:2: workers: expected a whole number from 0 to 256, found something else");
    EXPECT_EQ(load("udp: 5").complaints, "FILE:1: udp: expected `key: value` lines");
    EXPECT_NE(load("- workers: 1").complaints, "");
    EXPECT_NE(load("workers").complaints, "");
}

TEST(LoadConfig, RefusesAKeyThatStandsThereTwice) {
    EXPECT_EQ(load("workers: 1\nworkers: 1\n").complaints,
              "FILE:2: workers: stands here a second time");
    EXPECT_EQ(load("udp:\n  batch_max: 1\n  batch_max: 2\n").complaints,
              "FILE:3: udp.batch_max: stands here a second time");
    EXPECT_EQ(load("udp:\n  batch_max: 1\ntcp:\n  idle_timeout_seconds: 5\nudp: {}\n").complaints,
              "FILE:5: udp: stands here a second time");
}

TEST(LoadConfig, ReportsAllComplaintsTogetherInTheirOrder) {
    EXPECT_EQ(load("workers: 300\n"
                   "colour: blue\n"
                   "udp:\n"
                   "  batch_max: 32\n"
                   "  batch_max: 33\n"
                   "site:\n"
                   "  primary: maybe\n")
                  .complaints,
              "FILE:1: workers: expected a whole number from 0 to 256, found \"300\"\n"
              "FILE:2: colour: unknown key\n"
              "FILE:5: udp.batch_max: stands here a second time\n"
              "FILE:7: site.primary: expected true or false, found \"maybe\"");
}

TEST(LoadConfig, SaysWhereAFileIsNotYaml) {
    EXPECT_TRUE(load("workers: 1\nudp: [\n").complaints.starts_with("FILE:3: not YAML: "));
    EXPECT_TRUE(load("a: b: c").complaints.starts_with("FILE:1: not YAML: "));
    EXPECT_TRUE(load(std::string(100'000, '[')).complaints.starts_with("FILE:1: not YAML: "));
}

TEST(LoadConfig, KeepsTheDefaultsOfAnEmptyFile) {
    for (const char* text : {"", "# nothing\n", "---\n", "udp: {}\n"}) {
        const Loaded loaded = load(text);
        EXPECT_EQ(loaded.complaints, "") << text;
        EXPECT_TRUE(loaded.config == Config{}) << text;
    }
}

TEST(LoadConfig, SaysWhenAFileCannotBeRead) {
    const test::TempDirectory directory;
    Config config;
    for (const auto& file : {directory / "none.yaml", directory.path()}) {
        try {
            load_config(file, config);
            ADD_FAILURE() << file;
        } catch (const ConfigError& error) {
            EXPECT_EQ(error.what(), file.string() + ": cannot be read");
        }
    }
}

const std::vector<std::string_view> restart_expected{"data_directory",
                                                     "listen.handle",
                                                     "listen.http",
                                                     "listen.https",
                                                     "listen.handle_tls",
                                                     "workers",
                                                     "registry.map_size_gib",
                                                     "front.enabled",
                                                     "front.memory_mib",
                                                     "things.enabled",
                                                     "things.memory_mib",
                                                     "udp.batch_max",
                                                     "udp.socket_buffer_kib",
                                                     "http.identity_in_clear",
                                                     "tokens.seconds",
                                                     "jobs.keep_hours",
                                                     "queries.per_owner_max",
                                                     "webhooks.per_owner_max",
                                                     "webhooks.in_flight_max",
                                                     "webhooks.timeout_ms",
                                                     "webhooks.events_max",
                                                     "webhooks.retry_seconds_max",
                                                     "webhooks.give_up_hours",
                                                     "webhooks.private_destinations",
                                                     "webhooks.trusted_certificates",
                                                     "recalls.things_max",
                                                     "schemes.ecode",
                                                     "snms.daily_hash",
                                                     "statistics.enabled",
                                                     "statistics.utc_offset_hours",
                                                     "statistics.write_seconds",
                                                     "statistics.keep_days",
                                                     "statistics.sources_max",
                                                     "templates.directory",
                                                     "administration.administrators",
                                                     "administration.threads",
                                                     "administration.requests_max",
                                                     "administration.request_memory_mib",
                                                     "administration.challenges_max",
                                                     "administration.challenge_seconds",
                                                     "administration.sessions_max",
                                                     "administration.session_seconds",
                                                     "administration.session_idle_seconds",
                                                     "administration.weak_algorithms",
                                                     "keys.servers",
                                                     "keys.timeout_ms",
                                                     "keys.questions_max",
                                                     "keys.cached_max",
                                                     "keys.cached_seconds",
                                                     "limits.sources_max",
                                                     "limits.identities_max",
                                                     "limits.source_requests_per_second",
                                                     "limits.source_requests_burst",
                                                     "limits.source_challenges_max",
                                                     "limits.source_work_per_second",
                                                     "limits.source_work_burst",
                                                     "limits.datagram_work_per_second",
                                                     "limits.datagram_work_burst",
                                                     "limits.identity_requests_per_second",
                                                     "limits.identity_requests_burst",
                                                     "limits.source_applications_per_day",
                                                     "limits.source_applications_burst",
                                                     "limits.login_failures_max",
                                                     "limits.login_delay_seconds_max",
                                                     "limits.identity_login_failures_max",
                                                     "limits.identity_login_delay_seconds_max"};

TEST(Reload, TakesOverExactlyTheOptionsThatSaySo) {
    std::vector<std::string_view> restart;
    for (const Option& option : options())
        if (!option.reloadable) restart.push_back(option.name);
    EXPECT_EQ(restart, restart_expected);
    EXPECT_EQ(find_changes_needing_restart(Config{}, all_different()), restart);
    EXPECT_TRUE(find_changes_needing_restart(Config{}, Config{}).empty());
    Config changed;
    changed.log_level = "debug";
    changed.stop_timeout_seconds = 1;
    EXPECT_TRUE(find_changes_needing_restart(Config{}, changed).empty());
    changed.workers = 3;
    EXPECT_EQ(find_changes_needing_restart(Config{}, changed),
              std::vector<std::string_view>{"workers"});
}

}  // namespace
}  // namespace idnode::resolver
