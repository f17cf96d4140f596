#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Envelope;
using ::testing::HasSubstr;

Envelope envelope_of(const std::string& datagram) {
    return protocol::decode_envelope(protocol::bytes_of(datagram).first<Envelope::wire_size>());
}

class Udp : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->home("88.118.8");
        std::string records = make_large_record("88.118.8/A", 20);
        for (const std::size_t octets : large_sizes())
            records += make_large_record("88.118.8/L" + std::to_string(octets), octets);
        node_->import(records);
        node_->write_config("udp: {amplification_max: 0}\n");
        // One worker, so that the counts of one test are those of one socket.
        node_->start({.others = {"--workers", "1"}});
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(node_->stop(), 0);
        node_.reset();
    }
    static const Node& node() { return *node_; }

    /// Around the border between one datagram and two (an answer for L… takes 114 octets more),
    /// around two and three, and far beyond.
    static std::vector<std::size_t> large_sizes() {
        std::vector<std::size_t> sizes{5000, 60'000};
        for (std::size_t size = 390; size <= 410; ++size) sizes.push_back(size);
        for (std::size_t size = 880; size <= 905; ++size) sizes.push_back(size);
        return sizes;
    }

    static void expect_service(UdpSocket& udp, std::uint32_t request_id) {
        const Answer answer = ask(udp, {.handle = "88.118.8/A", .request_id = request_id});
        EXPECT_EQ(answer.code(), 1U);
        EXPECT_EQ(answer.envelope.request_id, request_id);
    }

private:
    static inline std::unique_ptr<Node> node_;
};

TEST_F(Udp, LargeAnswersWaitWhileOthersAreServedAndComeAllTheSame) {
    const auto refused = [&] {
        return node().metric("idnode_refusals_total{reason=\"large_answer_limit\"}");
    };
    UdpSocket greedy{node().handle()};
    UdpSocket other{node().handle()};
    for (std::uint32_t id = 0; id < 20; ++id)
        greedy.send(encode({.handle = "88.118.8/L60000", .request_id = id}));
    expect_service(other, 99);
    EXPECT_EQ(decode(join(receive_parts(greedy))).code(), 1U);
    EXPECT_EQ(refused(), 0);
    UdpSocket flood{node().handle()};
    for (std::uint32_t id = 0; id < 20'000 && refused() == 0; id += 2000)
        for (std::uint32_t at = 0; at < 2000; ++at)
            flood.send(encode({.handle = "88.118.8/L60000", .request_id = id + at}));
    expect_service(other, 100);
    EXPECT_GT(refused(), 0);
}

TEST_F(Udp, LongAnswersComeInPartsOf512Octets) {
    UdpSocket udp{node().handle()};
    TcpStream tcp{node().handle()};
    unsigned whole = 0;
    for (const std::size_t octets : large_sizes()) {
        const Request request{.handle = "88.118.8/L" + std::to_string(octets), .request_id = 77};
        const Answer expected = ask(tcp, request);
        udp.send(encode(request));
        const std::vector<std::string> parts = receive_parts(udp);
        const std::size_t length = expected.wire.size() - Envelope::wire_size;
        ASSERT_EQ(parts.size(), expected.wire.size() <= 512 ? 1 : (length + 491) / 492) << octets;
        whole += parts.size() == 1;
        for (std::size_t at = 0; at < parts.size(); ++at) {
            const Envelope envelope = envelope_of(parts[at]);
            EXPECT_EQ(parts[at].size(),
                      Envelope::wire_size + std::min<std::size_t>(492, length - at * 492));
            EXPECT_EQ(envelope.sequence_number, at);
            EXPECT_EQ(envelope.truncated, parts.size() > 1);
            EXPECT_EQ(envelope.message_length, length);
            EXPECT_EQ(envelope.request_id, 77U);
            EXPECT_EQ(envelope.version, protocol::version_max);
        }
        EXPECT_EQ(to_json(values_of(decode(join(parts)))), to_json(values_of(expected))) << octets;
    }
    EXPECT_GT(whole, 0U) << "the sizes do not meet the border any more";
}

TEST_F(Udp, ManyLongAnswersAtOnceAllArriveWhole) {
    std::vector<UdpSocket> sockets;
    for (int each = 0; each < 20; ++each) sockets.emplace_back(node().handle());
    const Request request{.handle = "88.118.8/L60000"};
    for (UdpSocket& udp : sockets) udp.send(encode(request));
    for (UdpSocket& udp : sockets)
        EXPECT_EQ(values_of(decode(join(receive_parts(udp)))).size(), 60U);
}

TEST_F(Udp, SplitRequestsAreAnsweredInWhateverOrderTheirPartsCome) {
    UdpSocket udp{node().handle()};
    std::vector<std::string> parts = split(encode(make_long_request(5, 90)));
    ASSERT_EQ(parts.size(), 3U);
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), 0U);
    do {
        for (const std::size_t at : order) udp.send(parts[at]);
        const Answer answer = decode(join(receive_parts(udp)));
        EXPECT_EQ(answer.code(), 1U);
        EXPECT_EQ(answer.envelope.request_id, 5U);
        EXPECT_EQ(values_of(answer).size(), 1U);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Udp, PartsThatComeTwiceDoNoHarm) {
    UdpSocket udp{node().handle()};
    const std::vector<std::string> parts = split(encode(make_long_request(6)));
    ASSERT_GE(parts.size(), 2U);
    for (std::size_t at = 0; at + 1 < parts.size(); ++at)
        for (int times = 0; times < 3; ++times) udp.send(parts[at]);
    udp.send(parts.back());
    EXPECT_EQ(decode(join(receive_parts(udp))).code(), 1U);
    EXPECT_FALSE(udp.receive(moment)) << "answered once only";
}

TEST_F(Udp, SplitRequestsOfSeveralPeersDoNotMix) {
    std::vector<UdpSocket> sockets;
    for (int each = 0; each < 10; ++each) sockets.emplace_back(node().handle());
    const std::vector<std::string> parts = split(encode(make_long_request(9)));
    for (const std::string& part : parts)
        for (UdpSocket& udp : sockets) udp.send(part);
    for (UdpSocket& udp : sockets) EXPECT_EQ(decode(join(receive_parts(udp))).code(), 1U);
}

TEST_F(Udp, ASplitRequestInOnePartIsAnswered) {
    UdpSocket udp{node().handle()};
    const std::vector<std::string> parts = split(encode({.handle = "88.118.8/A"}));
    ASSERT_EQ(parts.size(), 1U);
    udp.send(parts[0]);
    EXPECT_EQ(decode(join(receive_parts(udp))).code(), 1U);
}

TEST_F(Udp, GarbageOfAllSizesDoesNotStopService) {
    const auto seed = static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed());
    std::printf("seed %u (--gtest_random_seed)\n", seed);
    std::mt19937 random{seed};
    UdpSocket garbage{node().handle()};
    UdpSocket udp{node().handle()};
    for (std::uint32_t size = 0; size <= 600; ++size) {
        std::string datagram(size, '\0');
        for (char& octet : datagram) octet = static_cast<char>(random());
        // Every other one gets as far as the body before it is found out.
        if (size % 2 == 0 && size >= head_size) {
            datagram.replace(0, head_size, encode(Request{}), 0, head_size);
            patch(datagram, message_length_at, size - 20);
            patch(datagram, body_length_at, size - std::uint32_t{head_size});
        }
        garbage.send(datagram);
        if (size % 50 == 0) expect_service(udp, size + 1);
    }
    expect_service(udp, 1000);
    while (garbage.receive(moment)) {}
}

TEST_F(Udp, EveryPrefixOfARequestIsAProtocolErrorOrSilence) {
    UdpSocket udp{node().handle()};
    const std::string whole = encode({.handle = "88.118.8/A", .request_id = 4711});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        udp.send(whole.substr(0, size));
        if (size < Envelope::wire_size) continue;  // nothing says to whom to answer what
        const Answer answer = decode(join(receive_parts(udp)));
        EXPECT_EQ(answer.code(), 4U) << size;
        EXPECT_EQ(answer.envelope.request_id, 4711U) << size;
    }
    EXPECT_FALSE(udp.receive(moment));
}

TEST_F(Udp, LyingLengthsAreProtocolErrorsThatFindTheirWayBack) {
    struct Lie {
        const char* name;
        std::size_t at;
        std::uint32_t number;
    };
    const std::size_t handle_length_at = head_size;
    const std::size_t index_count_at = head_size + 4 + 10;
    const std::vector<Lie> lies{
        {"no message", message_length_at, 0},
        {"a short message", message_length_at, 23},
        {"a message that is one too short", message_length_at, 49},
        {"a message that is one too long", message_length_at, 51},
        {"a message that is far too long", message_length_at, 262'145},
        {"a negative message", message_length_at, 0xffffffff},
        {"a body that is too long", body_length_at, 27},
        {"a negative body", body_length_at, 0xffffffff},
        {"a body that ends in the middle", body_length_at, 15},
        {"an empty body", body_length_at, 0},
        {"a handle that is too long", handle_length_at, 100},
        {"a negative handle", handle_length_at, 0xffffffff},
        {"too many indexes", index_count_at, 2},
        {"four billion indexes", index_count_at, 0xffffffff},
        {"four billion types", index_count_at + 4, 0xffffffff},
        {"a credential that is too long", index_count_at + 8, 1},
    };
    UdpSocket udp{node().handle()};
    std::uint32_t request_id = 100;
    for (const Lie& lie : lies) {
        std::string message = encode({.handle = "88.118.8/A",
                                      .request_id = ++request_id,
                                      .version = {2, 3},
                                      .suggested = {2, 10}});
        ASSERT_EQ(message.size(), 20U + 50U);
        patch(message, lie.at, lie.number);
        udp.send(message);
        const Answer answer = decode(join(receive_parts(udp)));
        EXPECT_EQ(answer.code(), 4U) << lie.name;
        EXPECT_EQ(answer.envelope.request_id, request_id) << lie.name;
        EXPECT_EQ(answer.envelope.version, (protocol::Version{2, 10})) << lie.name;
        EXPECT_EQ(answer.header.op_code, protocol::OpCode::resolution) << lie.name;
        EXPECT_NE(sentence_of(answer), "") << lie.name;
    }
}

/// The system hands a run of datagrams on as one, and each is still a request of its own.
TEST_F(Udp, EachDatagramOfARunIsAnswered) {
    UdpSocket udp{node().handle()};
    constexpr std::uint32_t count = 60;
    const auto request = [](std::uint32_t id) {
        return encode({.handle = id % 3 == 0 ? "88.118.8/A" : "88.118.8/Z", .request_id = id});
    };
    std::string run;
    for (std::uint32_t id = 1; id <= count; ++id) run += request(id);
    const std::size_t size = request(1).size();
    run += "short";  // the last one may be, and this one is no message
    udp.send_run(run, size);
    std::vector<std::uint32_t> answered;
    for (std::uint32_t left = count; left > 0; --left) {
        const auto datagram = udp.receive();
        ASSERT_TRUE(datagram) << left << " answers are missing";
        const Answer answer = decode(*datagram);
        answered.push_back(answer.envelope.request_id);
        EXPECT_EQ(answer.code(), answered.back() % 3 == 0 ? 1U : 100U);
    }
    std::sort(answered.begin(), answered.end());
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 1U);
    EXPECT_EQ(answered, all);
    EXPECT_FALSE(udp.receive(moment));
}

TEST_F(Udp, OperationsThatAreNotOfferedAreRefused) {
    UdpSocket udp{node().handle()};
    for (const std::uint32_t op_code : {3U, 402U, 1001U, 2001U, 0xffffffffU}) {
        const Answer answer = ask(udp, {.op_code = op_code, .request_id = op_code});
        EXPECT_EQ(answer.code(), 5U) << op_code;
        EXPECT_EQ(static_cast<std::uint32_t>(answer.header.op_code), op_code);
        EXPECT_EQ(answer.envelope.request_id, op_code);
    }
    EXPECT_EQ(ask(udp, {.op_code = 0}).code(), 4U);
    EXPECT_EQ(ask(udp, {.handle = "88.118.8/A", .session_id = 9}).code(), 500U);
}

TEST_F(Udp, AnErrorIsNeverAnsweredByAnError) {
    UdpSocket udp{node().handle()};
    std::string error = encode({.handle = "88.118.8/A", .request_id = 1});
    patch(error, response_code_at, 4);
    udp.send(error);
    // Not even when it is malformed itself, or comes in parts.
    std::string malformed = error;
    patch(malformed, message_length_at, 7);
    udp.send(malformed);
    for (const std::string& part : split(error)) udp.send(part);
    udp.send(error + std::string(5000, 'x'));
    EXPECT_FALSE(udp.receive(moment));
    // An answer to anything else than an error says once that it was not expected.
    std::string success = encode({.handle = "88.118.8/A", .request_id = 3});
    patch(success, response_code_at, 1);
    udp.send(success);
    const Answer answer = decode(join(receive_parts(udp)));
    EXPECT_EQ(answer.code(), 4U);
    udp.send(answer.wire);
    EXPECT_FALSE(udp.receive(moment));
}

TEST_F(Udp, DatagramsThatAreTooLongAreProtocolErrors) {
    UdpSocket udp{node().handle()};
    // Up to the size of its buffers the node takes what the standard would have split.
    const Request request = make_long_request(12, 60);
    ASSERT_GT(encode(request).size(), 512U);
    udp.send(encode(request));
    EXPECT_EQ(decode(join(receive_parts(udp))).code(), 1U);
    udp.send(encode(make_long_request(13, 1000)));
    const Answer answer = decode(join(receive_parts(udp)));
    EXPECT_EQ(answer.code(), 4U);
    EXPECT_EQ(answer.envelope.request_id, 13U);
}

TEST_F(Udp, ThousandsOfRequestsInABurstAreAnswered) {
    UdpSocket udp{node().handle()};
    constexpr std::uint32_t window = 100;
    std::vector<bool> answered(3000);
    for (std::uint32_t at = 0; at < answered.size(); at += window) {
        for (std::uint32_t id = at; id < at + window; ++id)
            udp.send(encode({.handle = "88.118.8/A", .request_id = id}));
        for (std::uint32_t id = at; id < at + window; ++id)
            answered.at(decode(join(receive_parts(udp))).envelope.request_id) = true;
    }
    EXPECT_EQ(std::count(answered.begin(), answered.end(), true), 3000);
}

}  // namespace
}  // namespace idnode::end_to_end
