#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

// Records change as fast as another process can import them, while readers on every transport ask
// for them. Whoever asks after a change was acknowledged must be told of it, or of a later one.

constexpr std::uint64_t handle_count = 50;

std::string handle_number(std::uint64_t number) { return "88.118.8/H" + std::to_string(number); }

/// All records with their version in every value, so that a mixture of two would show.
std::string records_of_version(std::uint64_t version) {
    std::string lines;
    for (std::uint64_t number = 0; number < handle_count; ++number) {
        const std::string text = "v" + std::to_string(version);
        lines += R"({"handle":")" + handle_number(number) +
                 R"(","values":[{"index":1,"type":"T","data":")" + text +
                 R"("},{"index":2,"type":"T","data":")" + text + "\"}]}\n";
    }
    return lines;
}

std::uint64_t version_of(const std::vector<protocol::Value>& values) {
    if (values.size() != 2 || values[0].data != values[1].data)
        throw std::runtime_error{"values of two versions in one answer"};
    return std::stoull(values[0].data.substr(1));
}

/// IDNODE_HAMMER_SECONDS makes it longer.
std::chrono::seconds duration() {
    const char* const seconds = std::getenv("IDNODE_HAMMER_SECONDS");
    return std::chrono::seconds{seconds ? std::atoi(seconds) : 2 * patience};
}

class Hammer : public ::testing::Test {
protected:
    using Read = std::function<std::uint64_t(const std::string& handle)>;

    /// Reads again and again; counts answers that are older than what was acknowledged before.
    void read_all(const Read& read) {
        for (std::uint64_t turn = 0; !ended_; ++turn) {
            const std::uint64_t acknowledged = acknowledged_;
            const std::uint64_t version = read(handle_number(turn % handle_count));
            stale_ += version < acknowledged;
            ++answers_;
        }
    }

    Node node_;
    std::atomic<std::uint64_t> acknowledged_{1};
    std::atomic<std::uint64_t> answers_{0};
    std::atomic<std::uint64_t> stale_{0};
    std::atomic<bool> ended_{false};
};

TEST_F(Hammer, NoAnswerIsOlderThanWhatWasAcknowledgedBefore) {
    node_.home("88.118.8");
    node_.import(records_of_version(1));
    node_.start({.others = {"--workers", "2"}});
    std::vector<std::jthread> readers;
    const auto add_reader = [&](const Read& read) {
        readers.emplace_back([this, read] { read_all(read); });
    };
    UdpSocket udp{node_.handle()};
    TcpStream tcp{node_.handle()};
    HttpConnection tunnel{node_.http()};
    HttpConnection http{node_.http()};
    const auto over = [](auto& channel) {
        return [&channel](const std::string& handle) {
            return version_of(values_of(ask(channel, {.handle = handle})));
        };
    };
    add_reader(over(udp));
    add_reader(over(tcp));
    add_reader(over(tunnel));
    add_reader([&](const std::string& handle) {
        return version_of(parse_public_values(http.get("/api/handles/" + handle).body));
    });
    const auto end = Clock::now() + duration();
    std::uint64_t version = 1;
    while (Clock::now() < end) {
        node_.import(records_of_version(++version));
        acknowledged_ = version;
    }
    ended_ = true;
    readers.clear();
    EXPECT_EQ(stale_, 0U) << "of " << answers_ << " answers";
    EXPECT_GT(version, 3U);
    EXPECT_GT(answers_, 100U);
    RecordProperty("answers", std::to_string(answers_));
    std::printf("%llu answers, %llu versions\n", static_cast<unsigned long long>(answers_.load()),
                static_cast<unsigned long long>(version));
}

}  // namespace
}  // namespace idnode::end_to_end
