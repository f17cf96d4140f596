#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

constexpr std::uint32_t create = 100;
constexpr std::uint32_t remove_values = 103;

constexpr const char* flooder = "127.0.0.2";

const Credentials owner{{"0.NA/88.118.8", 300}, "a secret of the owner"};

std::string create_body(const std::string& handle) {
    return values_body(handle, {admin_value(100, owner.identity)});
}

class Abuse : public ::testing::Test {
protected:
    void start(const std::string& config = {}) {
        node_.home("88.118.8");
        node_.import(prefix_record(owner));
        if (!config.empty()) node_.write_config(config + "\n");
        node_.start();
    }
    void TearDown() override {
        EXPECT_EQ(node_.stop(), 0);
        EXPECT_THAT(node_.do_run({"check"}), ::testing::HasSubstr("no fault"));
    }

    Node node_;
};

/// Somebody else, who looks handles up and makes some, for as long as it lives.
class Neighbour {
public:
    explicit Neighbour(const Node& node) : node_{node}, thread_{[this] { run(); }} {}

    /// How often he was served; what went wrong fails the test.
    int stop() {
        stopped_ = true;
        thread_.join();
        return served_;
    }

private:
    void run() {
        UdpSocket udp{node_.handle()};
        TcpStream tcp{node_.handle()};
        const Say say = over(tcp);
        for (int number = 0; !stopped_; ++number) {
            const auto begin = Clock::now();
            EXPECT_EQ(ask(udp, {.handle = "0.NA/88.118.8"}).code(), 1U);
            const std::string handle = "88.118.8/NEIGHBOUR-" + std::to_string(number);
            EXPECT_EQ(operate(say, create, create_body(handle), owner).code(), 1U);
            EXPECT_LT(Clock::now() - begin, std::chrono::seconds{2} * patience);
            ++served_;
        }
    }

    const Node& node_;
    std::atomic<bool> stopped_ = false;
    int served_ = 0;
    std::thread thread_;
};

TEST_F(Abuse, SessionsBeyondAllPlacesDriveOutTheFloodAndNobodyElse) {
    start("{administration: {sessions_max: 40}, limits: {source_work_per_second: 0}}");
    TcpStream tcp{node_.handle()};
    const Say say = over(tcp);
    Session honest{say, owner.identity};
    const std::string first = honest.guard(
        encode_operation(create, create_body("88.118.8/S0"), usual_flags, 1, honest.id()));
    ASSERT_EQ(say(answer_to_challenge(first, say(first), owner, 2)).code(), 1U);
    Neighbour neighbour{node_};

    TcpStream flood{node_.handle(), flooder};
    std::vector<Session> sessions;
    for (int each = 0; each < 150; ++each) sessions.emplace_back(over(flood), owner.identity);
    const auto ask_in = [&](Session& session) {
        return over(flood)(session.guard(encode({.handle = "0.NA/88.118.8"}))).code();
    };
    EXPECT_EQ(ask_in(sessions.front()), 500U);
    EXPECT_EQ(ask_in(sessions[150 - 40]), 500U) << "one place is taken by somebody proven";
    EXPECT_EQ(ask_in(sessions[150 - 39]), 1U);
    EXPECT_EQ(ask_in(sessions.back()), 1U);
    EXPECT_EQ(node_.metric("idnode_sessions "), 40);
    EXPECT_EQ(node_.metric("idnode_sessions_total{outcome=\"displaced\"}"), 111);
    EXPECT_EQ(
        say(honest.guard(encode_operation(create, create_body("88.118.8/S1"), usual_flags, 3)))
            .code(),
        1U);
    EXPECT_GT(neighbour.stop(), 0);
}

TEST_F(Abuse, AChallengeIsTooOldAfterItsTimeAndGoodForOneAnswer) {
    start("administration: {challenge_seconds: 5}");
    TcpStream tcp{node_.handle()};
    const Say say = over(tcp);
    const auto ask_for = [](const std::string& handle) {
        return encode_operation(create, create_body(handle), usual_flags, 1);
    };
    const std::string late = ask_for("88.118.8/LATE");
    const Answer challenged = say(late);
    const std::string once = ask_for("88.118.8/ONCE");
    const std::string answer = answer_to_challenge(once, say(once), owner, 2);
    EXPECT_EQ(say(answer).code(), 1U);
    EXPECT_EQ(say(answer).code(), 405U);
    std::this_thread::sleep_for(std::chrono::milliseconds{6100});
    EXPECT_EQ(say(answer_to_challenge(late, challenged, owner, 3)).code(), 405U);
    EXPECT_EQ(ask(tcp, {.handle = "88.118.8/LATE"}).code(), 100U);
    EXPECT_EQ(node_.metric("idnode_challenges_total{outcome=\"expired\"}"), 1);
    EXPECT_EQ(node_.metric("idnode_challenges "), 0);
}

TEST_F(Abuse, CountersOfASessionComeInAnyOrderButOnceAndNotTooLate) {
    start();
    TcpStream tcp{node_.handle()};
    const Say say = over(tcp);
    Session session{say, owner.identity};
    std::vector<std::string> messages(1);  // that of counter 0 there is none
    for (std::uint32_t counter = 1; counter <= 401; ++counter)
        messages.push_back(session.guard(encode({.handle = "0.NA/88.118.8"})));
    for (const std::size_t counter : {3U, 1U, 2U, 5U, 4U})
        EXPECT_EQ(say(messages[counter]).code(), 1U) << counter;
    for (const std::size_t counter : {1U, 2U, 3U, 4U, 5U})
        EXPECT_EQ(say(messages[counter]).code(), 505U) << counter;
    EXPECT_EQ(say(messages[401]).code(), 1U);
    EXPECT_EQ(say(messages[201]).code(), 505U) << "200 behind, it may have come before";
    EXPECT_EQ(say(messages[202]).code(), 1U) << "199 behind, it has not";
    EXPECT_EQ(say(messages[202]).code(), 505U);
    EXPECT_EQ(say(messages[6]).code(), 505U);
    EXPECT_EQ(node_.metric("idnode_responses_total{code=\"505\""), 8);
}

TEST_F(Abuse, ARecordHas2048ValuesAndNotOneMore) {
    start();
    TcpStream tcp{node_.handle()};
    const Say say = over(tcp);
    std::vector<protocol::Value> values{admin_value(5000, owner.identity)};
    std::vector<std::uint32_t> indexes{5000};
    while (values.size() < 2048) {
        const auto index = static_cast<std::uint32_t>(values.size());
        values.push_back({.index = index, .type = "T", .data = "d", .references = {}});
        indexes.push_back(index);
    }
    EXPECT_EQ(operate(say, create, values_body("88.118.8/MANY", values), owner).code(), 1U);
    EXPECT_EQ(values_of(ask(tcp, {.handle = "88.118.8/MANY"})).size(), 2048U);
    values.push_back({.index = 2048, .type = "T", .data = "d", .references = {}});
    indexes.push_back(2048);
    const Answer refused = operate(say, create, values_body("88.118.8/MORE", values), owner);
    EXPECT_EQ(refused.code(), 202U);
    EXPECT_EQ(ask(tcp, {.handle = "88.118.8/MORE"}).code(), 100U);
    EXPECT_EQ(operate(say, remove_values, remove_body("88.118.8/MANY", indexes), owner).code(),
              202U);
    const std::vector<protocol::Value> one{values.back()};
    EXPECT_EQ(operate(say, 102, values_body("88.118.8/MANY", one), owner).code(), 202U)
        << "nor does a record grow past it";
    EXPECT_EQ(values_of(ask(tcp, {.handle = "88.118.8/MANY"})).size(), 2048U);
}

TEST_F(Abuse, AHundredThousandCreatesOfOneHandleAreAnsweredWhileOthersAreServed) {
    start();
    TcpStream tcp{node_.handle()};
    ASSERT_EQ(operate(over(tcp), create, create_body("88.118.8/SAME"), owner).code(), 1U);
    const std::uint64_t before = node_.sequence();
    Neighbour neighbour{node_};
    const auto begin = Clock::now();

    constexpr std::uint32_t streams = 4;
    constexpr std::uint32_t requests = 25'000;
    constexpr std::uint32_t window = 250;
    // Not the request that made the handle: that would be asked to prove that it is a retry.
    const std::string body = values_body("88.118.8/SAME", {admin_value(101, owner.identity)});
    std::vector<std::map<std::uint32_t, std::uint32_t>> codes(streams);
    const auto flood = [&](std::map<std::uint32_t, std::uint32_t>& count) {
        TcpStream stream{node_.handle(), flooder};
        for (std::uint32_t sent = 0; sent < requests; sent += window) {
            std::string all;
            for (std::uint32_t id = sent; id < sent + window; ++id)
                all += encode_operation(create, body, usual_flags, id);
            stream.send(all);
            for (std::uint32_t id = sent; id < sent + window; ++id) {
                const Answer answer = decode(receive_message(stream));
                EXPECT_EQ(answer.envelope.request_id, id);
                ++count[answer.code()];
            }
        }
    };
    std::vector<std::jthread> threads;
    for (auto& count : codes) threads.emplace_back([&] { flood(count); });
    threads.clear();
    const auto took = Clock::now() - begin;

    std::map<std::uint32_t, std::uint32_t> sum;
    for (const auto& count : codes)
        for (const auto& [code, times] : count) sum[code] += times;
    EXPECT_GT(sum[101], 40'000U) << "those within the limit";
    EXPECT_EQ(sum[101] + sum[3], streams * requests);
    EXPECT_LT(took, std::chrono::seconds{30} * patience);
    const int made = neighbour.stop();
    EXPECT_GT(made, 0);
    EXPECT_EQ(node_.sequence(), before + static_cast<std::uint64_t>(made));
}

}  // namespace
}  // namespace idnode::end_to_end
