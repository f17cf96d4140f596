#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

constexpr const char* small = "88.118.8/A";
constexpr const char* large = "88.118.8/L";
constexpr std::size_t large_size = 60'000;

class Tcp : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->home("88.118.8");
        node_->import(make_large_record(small, 20) + make_large_record(large, large_size));
        node_->start();
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        node_.reset();
    }
    static const Node& node() { return *node_; }

private:
    static inline std::unique_ptr<Node> node_;
};

std::string make_pipeline(std::uint32_t count, const char* handle) {
    std::string all;
    for (std::uint32_t id = 0; id < count; ++id)
        all += encode({.handle = handle, .request_id = id});
    return all;
}

void expect_answers(TcpStream& tcp, std::uint32_t count) {
    for (std::uint32_t id = 0; id < count; ++id) {
        const Answer answer = decode(receive_message(tcp));
        ASSERT_EQ(answer.code(), 1U);
        ASSERT_EQ(answer.envelope.request_id, id);
    }
}

TEST_F(Tcp, AThousandRequestsInOneWriteAreAnsweredInTheirOrder) {
    TcpStream tcp{node().handle()};
    tcp.send(make_pipeline(1000, small));
    expect_answers(tcp, 1000);
    EXPECT_EQ(tcp.receive_some(moment), "") << "one answer for each request";
    EXPECT_EQ(tcp.end(), End::none) << "and the connection stays";
}

TEST_F(Tcp, LargeAnswersToPipelinedRequestsArriveWhole) {
    TcpStream tcp{node().handle()};
    tcp.send(make_pipeline(50, large));
    for (std::uint32_t id = 0; id < 50; ++id) {
        const Answer answer = decode(receive_message(tcp));
        ASSERT_EQ(answer.envelope.request_id, id);
        ASSERT_EQ(values_of(answer).size(), large_size / 1000);
    }
}

TEST_F(Tcp, RequestsMayComeOneOctetAtATime) {
    TcpStream tcp{node().handle()};
    for (const char octet : make_pipeline(3, small)) {
        tcp.send({&octet, 1});
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    expect_answers(tcp, 3);
}

TEST_F(Tcp, RequestsMayBeCutAnywhere) {
    TcpStream tcp{node().handle()};
    const std::string two = make_pipeline(2, small);
    for (std::size_t cut = 1; cut < two.size(); ++cut) {
        tcp.send(two.substr(0, cut));
        tcp.send(two.substr(cut));
        expect_answers(tcp, 2);
    }
}

TEST_F(Tcp, WhoClosesHisHalfAfterSendingGetsAllAnswersAndThenTheEnd) {
    for (const char* const handle : {small, large}) {
        TcpStream tcp{node().handle()};
        tcp.send(make_pipeline(100, handle));
        tcp.half_close();
        expect_answers(tcp, 100);
        EXPECT_TRUE(tcp.ends_silently());
        EXPECT_EQ(tcp.end(), End::orderly);
    }
}

TEST_F(Tcp, WhoClosesHisHalfInTheMiddleOfARequestGetsTheAnswersBefore) {
    TcpStream tcp{node().handle()};
    const std::string requests = make_pipeline(3, small);
    tcp.send(requests.substr(0, requests.size() - 5));
    tcp.half_close();
    expect_answers(tcp, 2);
    EXPECT_TRUE(tcp.ends_silently());
}

TEST_F(Tcp, WhoDoesNotReadIsNotReadFromAndHindersNobody) {
    constexpr std::uint32_t count = 1000;
    TcpStream slow{node().handle()};
    slow.send(make_pipeline(count, large));  // answers of 60 MB
    // Wait until the system's buffers are full and the node holds what they do not take.
    ASSERT_TRUE(node().wait_for_metric("idnode_connection_buffer_bytes", 1));
    for (int round = 0; round < 20; ++round) {
        const auto begin = Clock::now();
        TcpStream other{node().handle()};
        EXPECT_EQ(ask(other, {small}).code(), 1U);
        EXPECT_LT(Clock::now() - begin, std::chrono::seconds{1} * patience);
        EXPECT_LT(node().metric("idnode_connection_buffer_bytes"), 1 << 20);
    }
    // In the end everything arrives, since the reader was slow but not gone.
    for (std::uint32_t id = 0; id < count; ++id) {
        const std::string message = receive_message(slow);
        ASSERT_GT(message.size(), large_size);
        ASSERT_EQ(decode(message).envelope.request_id, id);
    }
    EXPECT_EQ(node().metric("idnode_connection_buffer_bytes"), 0);
}

TEST_F(Tcp, AnOverLongMessageIsAProtocolErrorAndTheEndOfTheConnection) {
    std::string request = encode({.handle = small, .request_id = 77});
    for (const std::uint32_t length : {262'145U, 0x7fffffffU, 0xffffffffU}) {
        patch(request, message_length_at, length);
        TcpStream tcp{node().handle()};
        tcp.send(make_pipeline(2, small) + request);
        expect_answers(tcp, 2);
        const Answer answer = decode(receive_message(tcp));
        EXPECT_EQ(answer.code(), 4U);
        EXPECT_EQ(answer.envelope.request_id, 77U);
        EXPECT_TRUE(tcp.ends_silently());
    }
}

/// Closing while octets are unread sends a reset, which can overtake the answer that explains it.
TEST_F(Tcp, TheProtocolErrorArrivesEvenWhenMoreWasSentBehindTheOverLongMessage) {
    std::string request = encode({.handle = small, .request_id = 77});
    patch(request, message_length_at, 1'000'000);
    for (int round = 0; round < 5; ++round) {
        TcpStream tcp{node().handle()};
        try {
            tcp.send(request + std::string(300'000, 'x'));
        } catch (const std::system_error&) {  // the node need not take it all
        }
        const std::string octets = tcp.receive_to_end();
        ASSERT_GE(octets.size(), head_size) << "round " << round;
        EXPECT_EQ(decode(octets).code(), 4U);
        EXPECT_EQ(tcp.end(), End::orderly) << "round " << round;
    }
}

TEST_F(Tcp, AMalformedMessageWhoseEndIsKnownCostsOneAnswerOnly) {
    TcpStream tcp{node().handle()};
    std::string broken = encode({.handle = small, .request_id = 0});
    patch(broken, body_length_at, 0xffff);
    const std::string tiny = std::string(20, '\0');  // an envelope that announces nothing
    tcp.send(broken + tiny + make_pipeline(1, small));
    const Answer first = decode(receive_message(tcp));
    EXPECT_EQ(first.code(), 4U);
    EXPECT_EQ(first.header.op_code, protocol::OpCode::resolution);
    EXPECT_EQ(decode(receive_message(tcp)).code(), 4U);
    expect_answers(tcp, 1);
}

TEST_F(Tcp, TheLargestMessageThereIsIsAnswered) {
    TcpStream tcp{node().handle()};
    Request request{.handle = small};
    request.indexes.assign((262'144 - 24 - 4 - 14 - 8) / 4, 1);
    std::string message = encode(request);
    ASSERT_EQ(message.size(), 20U + 262'144U - 2U);
    tcp.send(message);
    EXPECT_EQ(decode(receive_message(tcp)).code(), 1U);
}

}  // namespace
}  // namespace idnode::end_to_end
