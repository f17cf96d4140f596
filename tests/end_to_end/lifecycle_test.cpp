#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <csignal>
#include <thread>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* small = "88.118.8/A";
constexpr const char* large = "88.118.8/L";

class Stop : public ::testing::Test {
protected:
    void start(const std::string& config = {}, const ServeArguments& arguments = {}) {
        node_.home("88.118.8");
        node_.import(make_large_record(small, 20) + make_large_record(large, 60'000));
        if (!config.empty()) node_.write_config(config);
        node_.start(arguments);
    }
    Node node_;
};

TEST_F(Stop, EndsWithSuccessAndSaysSo) {
    start();
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_THAT(node_.log(), HasSubstr(" info stopping\n"));
}

TEST_F(Stop, BySigintIsTheSame) {
    start();
    node_.signal(SIGINT);
    EXPECT_EQ(node_.server().wait(), 0);
}

/// Whoever waits for the announcement may send signals as soon as he has read it.
TEST_F(Stop, RightAfterTheLastAnnouncementEndsWithSuccess) {
    start();
    EXPECT_EQ(node_.stop(), 0);
    for (int round = 0; round < 30; ++round) {
        const std::string log = node_.directory().file("log" + std::to_string(round));
        Process server{
            {"serve", "--data", node_.data(), "--handle", "127.0.0.1:0", "--http", "127.0.0.1:0"},
            {.err = log}};
        const auto deadline = deadline_after();
        while (read_file(log).find("HTTP on") == std::string::npos && Clock::now() < deadline) {}
        server.signal(SIGTERM);
        ASSERT_EQ(server.wait(), 0) << "round " << round;
    }
}

TEST_F(Stop, ClosesIdleConnectionsAtOnce) {
    start();
    TcpStream tcp{node_.handle()};
    EXPECT_EQ(ask(tcp, {small}).code(), 1U);
    HttpConnection http{node_.http()};
    EXPECT_EQ(http.get("/healthz").status, 200);
    const auto begin = Clock::now();
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds{2} * patience);
    EXPECT_TRUE(tcp.ends_silently());
    EXPECT_TRUE(http.closes());
}

TEST_F(Stop, AnswersWhatWasReceivedBefore) {
    start();
    constexpr std::uint32_t count = 1000;
    TcpStream tcp{node_.handle()};
    EXPECT_EQ(ask(tcp, {small}).code(), 1U);
    std::string requests;
    for (std::uint32_t id = 0; id < count; ++id)
        requests += encode({.handle = large, .request_id = id});
    tcp.send(requests);
    // Now 60 MB of answers are under way, and more than the system takes at once.
    ASSERT_TRUE(node_.wait_for_metric("idnode_connection_buffer_bytes", 1));
    node_.signal(SIGTERM);
    ASSERT_TRUE(node_.wait_for_log("stopping"));
    for (std::uint32_t id = 0; id < count; ++id)
        ASSERT_EQ(decode(receive_message(tcp)).envelope.request_id, id);
    EXPECT_TRUE(tcp.ends_silently());
    EXPECT_EQ(node_.server().wait(), 0);
}

/// What the system has taken for the node was received: its sender cannot know better.
TEST_F(Stop, AnswersWhatWasSentRightBefore) {
    start({}, {.others = {"--workers", "1"}});
    constexpr int count = 200;
    std::vector<HttpConnection> https;
    std::vector<TcpStream> tcps;
    for (int each = 0; each < count; ++each) {
        EXPECT_EQ(ask(tcps.emplace_back(node_.handle()), {small}).code(), 1U);
        EXPECT_EQ(https.emplace_back(node_.http()).get("/healthz").status, 200);
    }
    UdpSocket udp{node_.handle()};
    // Held still, the node finds requests and signal together when it goes on.
    node_.signal(SIGSTOP);
    for (TcpStream& each : tcps) each.send(encode({.handle = small}));
    for (HttpConnection& each : https) each.send(get_request("/healthz"));
    for (int each = 0; each < count; ++each) udp.send(encode({.handle = small}));
    node_.signal(SIGTERM);
    node_.signal(SIGCONT);
    const auto count_answered = [](auto& connections, auto&& receive) {
        return std::count_if(connections.begin(), connections.end(), [&](auto& each) {
            try {
                return receive(each);
            } catch (const std::exception&) {
                return false;
            }
        });
    };
    EXPECT_EQ(count_answered(tcps, [](auto& each) { return !receive_message(each).empty(); }),
              count);
    EXPECT_EQ(count_answered(https, [](auto& each) { return each.receive().status == 200; }),
              count);
    for (int each = 0; each < count; ++each) EXPECT_TRUE(udp.receive(moment)) << each;
    EXPECT_EQ(node_.server().wait(), 0);
}

TEST_F(Stop, WaitsForThoseWhoDoNotReadNoLongerThanConfigured) {
    start("stop_timeout_seconds: 1\n");
    TcpStream slow{node_.handle()};
    std::string requests;
    for (int each = 0; each < 1000; ++each) requests += encode({.handle = large});
    slow.send(requests);
    ASSERT_TRUE(node_.wait_for_metric("idnode_connection_buffer_bytes", 1));
    TcpStream unfinished{node_.handle()};
    unfinished.send(encode({.handle = small}).substr(0, 30));
    const auto begin = Clock::now();
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds{900});
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds{3} * patience);
}

TEST_F(Stop, FreesThePortsForTheNextStart) {
    start();
    TcpStream tcp{node_.handle()};  // leaves an address in TIME_WAIT
    EXPECT_EQ(ask(tcp, {small}).code(), 1U);
    const ServeArguments same{.handle = {format(node_.handle())}, .http = {format(node_.http())}};
    EXPECT_EQ(node_.stop(), 0);
    node_.start(same);
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(ask(udp, {small}).code(), 1U);
    node_.kill();
    node_.start(same);
    EXPECT_EQ(ask(udp, {small}).code(), 1U);
}

class Reload : public ::testing::Test {
protected:
    void reload(std::string_view config, const char* outcome, std::size_t times = 1) {
        node_.write_config(config);
        node_.signal(SIGHUP);
        ASSERT_TRUE(node_.wait_for_log(outcome, times)) << node_.log();
    }
    std::string description() {
        HttpConnection http{node_.http()};
        const auto answer = boost::json::parse(http.get("/api/site").body);
        for (const auto& each : answer.at("site").at("attributes").as_array())
            if (each.at("name") == "desc") return std::string{each.at("value").as_string()};
        return {};
    }
    /// Workers take what is new one after the other, each when it gets round to it.
    bool becomes(const std::string& text) {
        const auto deadline = deadline_after();
        for (int times = 0; times < 20;) {
            if (Clock::now() > deadline) return false;
            times = description() == text ? times + 1 : 0;
        }
        return true;
    }
    Node node_;
};

TEST_F(Reload, ChangesWhatCanBeChanged) {
    node_.write_config("site:\n  description: before\n  serial: 1\n");
    node_.start();
    EXPECT_EQ(description(), "before");
    HttpConnection http{node_.http()};
    EXPECT_EQ(http.get("/healthz").status, 200);
    reload("site:\n  description: after\n  serial: 2\nhttp:\n  idle_timeout_seconds: 1\n",
           "info configuration reloaded");
    EXPECT_TRUE(becomes("after"));
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(ask(udp, {.handle = "10/1"}).header.site_serial, 2U);
    // The connections that were there before are closed by the new limit.
    EXPECT_TRUE(http.closes(std::chrono::milliseconds{5000} * patience));
    EXPECT_EQ(node_.stop(), 0);
}

TEST_F(Reload, OfABadFileChangesNothingAndSaysWhy) {
    node_.write_config("site:\n  description: before\n");
    node_.start();
    reload("site:\n  description: after\nworkers: many\n", "error configuration not reloaded: ");
    EXPECT_THAT(node_.log(), HasSubstr("idnode.yaml:3: workers: expected a whole number"));
    reload("site:\n  description: after\n  address: nowhere\n",
           "error configuration not reloaded: ", 2);
    EXPECT_THAT(node_.log(), HasSubstr("expected an IP address, found \"nowhere\""));
    std::filesystem::remove(node_.directory().file("idnode.yaml"));
    node_.signal(SIGHUP);
    EXPECT_TRUE(node_.wait_for_log("error configuration not reloaded: ", 3));
    EXPECT_EQ(description(), "before");
    reload("site:\n  description: after\n", "info configuration reloaded");
    EXPECT_TRUE(becomes("after"));
}

TEST_F(Reload, OfABadAddressIsRefusedBeforeTheNextStartFailsOnIt) {
    node_.write_config("site:\n  description: before\n");
    node_.start();
    // The command line wins over these two, but not over what is wrong with them.
    reload("listen:\n  handle: [nowhere]\n", "error configuration not reloaded: ");
}

TEST_F(Reload, NamesEachTimeWhatOnlyARestartCanChange) {
    node_.write_config("udp:\n  batch_max: 8\n");
    node_.start();
    const std::string changed = "udp:\n  batch_max: 9\nregistry:\n  map_size_gib: 7\n";
    reload(changed, "info configuration reloaded");
    EXPECT_THAT(node_.log(), HasSubstr("warning udp.batch_max has changed"));
    EXPECT_THAT(node_.log(), HasSubstr("warning registry.map_size_gib has changed"));
    EXPECT_THAT(node_.log(), Not(HasSubstr("udp.socket_buffer_kib")));
    const auto warnings = [&] {
        const std::string log = node_.log();
        std::size_t found = 0;
        for (auto at = log.find("udp.batch_max has changed"); at != std::string::npos;
             at = log.find("udp.batch_max has changed", at + 1))
            ++found;
        return found;
    };
    reload(changed, "info configuration reloaded", 2);
    EXPECT_EQ(warnings(), 2U) << "the node still runs with the value of its start";
    const std::size_t before = warnings();
    reload("udp:\n  batch_max: 8\n", "info configuration reloaded", 3);
    EXPECT_EQ(warnings(), before) << "the file says again what the node runs with";
}

TEST_F(Reload, WithoutAConfigurationFileDoesNoHarm) {
    node_.start();
    for (std::size_t times = 1; times <= 3; ++times) {
        node_.signal(SIGHUP);
        ASSERT_TRUE(node_.wait_for_log("info configuration reloaded", times));
    }
    EXPECT_EQ(node_.stop(), 0);
}

TEST_F(Reload, UnderLoadLosesNoRequest) {
    node_.write_config("site:\n  description: before\n");
    node_.start();
    TcpStream tcp{node_.handle()};
    for (std::uint32_t round = 0; round < 50; ++round) {
        std::string requests;
        for (std::uint32_t id = 0; id < 100; ++id)
            requests += encode({.op_code = 2, .request_id = id});
        tcp.send(requests);
        node_.signal(SIGHUP);
        for (std::uint32_t id = 0; id < 100; ++id)
            ASSERT_EQ(decode(receive_message(tcp)).envelope.request_id, id);
    }
    EXPECT_EQ(node_.stop(), 0);
}

TEST(LargeRegistry, IsServedWithinASecondAndInLittleMemory) {
    Node node;
    node.home("88.112.6");
    const std::string file = node.directory().file("records.ndjson");
    Process sample{{"sample", "--industry", "steel", "--count", "100000"}, {.out = file}};
    ASSERT_EQ(sample.wait(6 * time_limit), 0);
    Process import{{"import", file, "--templates", sample_templates, "--data", node.data()}, {}};
    ASSERT_EQ(import.wait(6 * time_limit), 0);
    std::filesystem::remove(file);
    node.write_config("front:\n  enabled: false\n");  // its memory is an option of its own
    node.start();  // makes the key, which is no work of every start
    EXPECT_EQ(node.stop(), 0);

    const auto begin = Clock::now();
    node.start();
    UdpSocket udp{node.handle()};
    EXPECT_EQ(ask(udp, {"88.112.6/H210405001"}).code(), 1U);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds{1} * patience);
    EXPECT_EQ(node.metric("idnode_records "), 100'000);

    for (int number = 1; number <= 5000; ++number) {
        const std::string handle = "88.112.6/H2104050" + std::to_string(number % 90 + 10);
        EXPECT_THAT(ask(udp, {handle}).code(), ::testing::AnyOf(1U, 100U));
    }
    // Pages of the registry belong to the system; sanitizers keep books of their own.
    EXPECT_LT(node.status("RssAnon"), std::uint64_t{64 * 1024} * patience * patience) << "KiB";

    EXPECT_EQ(node.stop(), 0);
    node.write_config("front:\n  memory_mib: 32\n");
    node.start();
    UdpSocket again{node.handle()};
    for (int number = 1; number <= 5000; ++number)
        EXPECT_THAT(ask(again, {"88.112.6/H2104050" + std::to_string(number % 90 + 10)}).code(),
                    ::testing::AnyOf(1U, 100U));
    EXPECT_LT(node.status("RssAnon"), std::uint64_t{96 * 1024} * patience * patience) << "KiB";
}

}  // namespace
}  // namespace idnode::end_to_end
