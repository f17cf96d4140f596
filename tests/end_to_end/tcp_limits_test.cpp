#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

constexpr const char* small = "88.118.8/A";
constexpr const char* large = "88.118.8/L";

// A limit of one second is looked at once a second: it takes effect within three.
constexpr std::chrono::milliseconds soon{4000 * patience};

class TcpLimits : public ::testing::Test {
protected:
    /// One worker, so that limits are not divided.
    void start(const std::string& config) {
        node_.home("88.118.8");
        node_.import(make_large_record(small, 20) + make_large_record(large, 60'000));
        node_.write_config(config);
        node_.start({.others = {"--workers", "1"}});
    }
    double refusals(const std::string& reason) {
        return node_.metric("idnode_refusals_total{reason=\"" + reason + "\"}");
    }
    Node node_;
};

TEST_F(TcpLimits, AConnectionThatIsIdleForTooLongIsClosed) {
    start("tcp:\n  idle_timeout_seconds: 1\n");
    TcpStream never_used{node_.handle()};
    TcpStream used{node_.handle()};
    TcpStream busy{node_.handle()};
    EXPECT_EQ(ask(used, {small}).code(), 1U);
    const auto begin = Clock::now();
    bool closed = false;
    while (!closed && Clock::now() < begin + soon) {
        EXPECT_EQ(ask(busy, {small}).code(), 1U) << "who keeps asking is not idle";
        closed = used.ends_silently(std::chrono::milliseconds{100});
    }
    EXPECT_TRUE(closed);
    EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds{900});
    EXPECT_TRUE(never_used.ends_silently(soon));
    EXPECT_EQ(used.end(), End::orderly);
    EXPECT_GE(refusals("idle_timeout"), 2);
}

TEST_F(TcpLimits, ARequestThatDoesNotBecomeWholeInTimeIsGivenUp) {
    start("stream:\n  request_timeout_seconds: 1\n");
    const std::string request = encode({.handle = small});
    TcpStream stalled{node_.handle()};
    stalled.send(request.substr(0, 30));
    TcpStream trickling{node_.handle()};
    TcpStream idle{node_.handle()};
    const auto begin = Clock::now();
    bool closed = false;
    // An octet now and then is progress, but no reason to wait for ever.
    for (std::size_t at = 0; !closed && Clock::now() < begin + soon; ++at) {
        try {
            trickling.send(request.substr(std::min(at, request.size() - 2), 1));
        } catch (const std::system_error&) {
            break;
        }
        closed = trickling.ends_silently(std::chrono::milliseconds{200});
    }
    EXPECT_TRUE(trickling.ends_silently(soon));
    EXPECT_TRUE(stalled.ends_silently(soon));
    EXPECT_EQ(refusals("request_timeout"), 2);
    EXPECT_EQ(ask(idle, {small}).code(), 1U) << "this one had not begun a request";
}

TEST_F(TcpLimits, WhoDoesNotReadInTimeIsGivenUp) {
    start("stream:\n  write_timeout_seconds: 1\n");
    TcpStream slow{node_.handle()};
    std::string requests;
    for (int each = 0; each < 1000; ++each) requests += encode({.handle = large});
    slow.send(requests);
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"write_timeout\"}", 1));
    EXPECT_EQ(node_.metric("idnode_connection_buffer_bytes"), 0);
    TcpStream other{node_.handle()};
    EXPECT_EQ(ask(other, {small}).code(), 1U);
}

TEST_F(TcpLimits, ConnectionsThatWantMoreMemoryThanThereIsAreClosed) {
    start("stream:\n  buffer_memory_mib: 1\n");
    std::vector<std::unique_ptr<TcpStream>> greedy;
    // Each announces a message of 256 KiB and sends it but for its last octet.
    std::string message(20 + 262'144, '\0');
    patch(message, message_length_at, 262'144);
    message.pop_back();
    for (int each = 0; each < 8; ++each) {
        greedy.push_back(std::make_unique<TcpStream>(node_.handle()));
        try {
            greedy.back()->send(message);
        } catch (const std::system_error&) {  // refused while it was sending
        }
    }
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"buffer_limit\"}", 1));
    EXPECT_LE(node_.metric("idnode_connection_buffer_bytes"), 1 << 20);
    TcpStream other{node_.handle()};
    EXPECT_EQ(ask(other, {small}).code(), 1U);
    greedy.clear();
    EXPECT_TRUE(node_.wait_for_metric("idnode_connections", 1));
}

TEST_F(TcpLimits, OneConnectionTooManyReplacesTheOneThatIsIdleLongest) {
    start("stream:\n  connections_max: 4\n");
    TcpStream first{node_.handle()};
    TcpStream second{node_.handle()};
    TcpStream third{node_.handle()};
    TcpStream fourth{node_.handle()};
    for (TcpStream* const each : {&first, &second, &third, &fourth})
        EXPECT_EQ(ask(*each, {small}).code(), 1U);
    EXPECT_EQ(ask(first, {small}).code(), 1U);
    TcpStream fifth{node_.handle()};
    EXPECT_EQ(ask(fifth, {small}).code(), 1U);
    EXPECT_TRUE(second.ends_silently()) << "silent longest";
    for (TcpStream* const each : {&first, &third, &fourth, &fifth})
        EXPECT_EQ(ask(*each, {small}).code(), 1U);
    EXPECT_GE(refusals("connection_limit"), 1);  // the one that asks for metrics takes a place too
}

/// How many connections this test may hold: 10,000, or fewer where the system allows fewer.
std::size_t connection_count() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    constexpr rlim_t spare = 500;
    if (patience == 1 && limit.rlim_cur > 10'000 + spare) return 10'000;
    return limit.rlim_cur > 2000 + spare ? 2000 : 0;
}

TEST_F(TcpLimits, ThousandsOfIdleConnectionsDoNotSlowALookupOnANewOne) {
    const std::size_t count = connection_count();
    if (count == 0) GTEST_SKIP() << "the system allows too few file descriptors";
    start("stream:\n  connections_max: 12000\n");
    const std::uint64_t before = node_.status("RssAnon");
    std::vector<TcpStream> idle;
    idle.reserve(count);
    const auto deadline = deadline_after(time_limit);
    while (idle.size() < count && (idle.size() < 2000 || Clock::now() < deadline))
        idle.emplace_back(node_.handle());
    EXPECT_TRUE(node_.wait_for_metric("idnode_connections", static_cast<double>(idle.size())));
    for (int round = 0; round < 20; ++round) {
        const auto begin = Clock::now();
        TcpStream tcp{node_.handle()};
        EXPECT_EQ(ask(tcp, {small}).code(), 1U);
        EXPECT_LT(Clock::now() - begin, std::chrono::seconds{1} * patience);
    }
    EXPECT_EQ(ask(idle.front(), {small}).code(), 1U);
    EXPECT_EQ(ask(idle.back(), {small}).code(), 1U);
    if (patience == 1) {
        EXPECT_LT((node_.status("RssAnon") - before) * 1024 / idle.size(), 4096U)
            << "octets for each idle connection";
    }
    for (TcpStream& each : idle) each.close_by_reset();
}

}  // namespace
}  // namespace idnode::end_to_end
