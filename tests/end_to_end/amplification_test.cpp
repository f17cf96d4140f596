#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
namespace op_flag = protocol::op_flag;

/// Answers for these stand around the 4096 octets that an answer may have in any case.
constexpr std::size_t least_octets = 3915;
constexpr std::size_t most_octets = 3930;
constexpr std::size_t free_answer = 4096;

std::string handle_of(std::size_t octets) { return "88.118.8/L" + std::to_string(octets); }

class Amplification : public ::testing::Test {
protected:
    void SetUp() override {
        node_.home("88.118.8");
        std::string records;
        for (std::size_t octets = least_octets; octets <= most_octets; ++octets)
            records += make_large_record(handle_of(octets), octets);
        for (const std::size_t octets : {5000U, 60'000U})
            records += make_large_record(handle_of(octets), octets);
        node_.import(records);
    }
    void start(const std::string& udp = {}) {
        if (!udp.empty()) node_.write_config("udp: {" + udp + "}\n");
        node_.start();
    }
    double refused() {
        return node_.metric("idnode_refusals_total{reason=\"amplification_limit\"}");
    }

    Node node_;
};

TEST_F(Amplification, EndsAtTheLargestAnswerThatMayLeaveInAnyCase) {
    start();
    UdpSocket udp{node_.handle()};
    TcpStream tcp{node_.handle()};
    bool any_whole = false;
    bool any_refused = false;
    for (std::size_t octets = least_octets; octets <= most_octets; ++octets) {
        const Request request{.handle = handle_of(octets), .request_id = 7};
        const Answer whole = ask(tcp, request);
        ASSERT_EQ(whole.code(), 1U);
        udp.send(encode(request));
        const std::vector<std::string> parts = receive_parts(udp);
        const Answer answer = decode(join(parts));
        EXPECT_EQ(answer.envelope.request_id, 7U);
        if (whole.wire.size() <= free_answer) {
            any_whole = true;
            EXPECT_EQ(to_json(values_of(answer)), to_json(values_of(whole))) << octets;
            continue;
        }
        any_refused = true;
        EXPECT_EQ(answer.code(), 2U) << octets;
        EXPECT_THAT(sentence_of(answer), HasSubstr("TCP"));
        ASSERT_EQ(parts.size(), 1U);
        EXPECT_LT(parts[0].size(), 2 * encode(request).size());
        const auto head = protocol::bytes_of(parts[0]).first<protocol::Envelope::wire_size>();
        EXPECT_TRUE(protocol::decode_envelope(head).truncated);
    }
    EXPECT_TRUE(any_whole && any_refused) << "the sizes do not meet the border any more";
    EXPECT_GT(refused(), 0);
}

TEST_F(Amplification, IsMeasuredByTheSizeOfTheRequest) {
    start("amplification_max: 5");
    UdpSocket udp{node_.handle()};
    const auto code_for = [&](std::size_t types) {
        Request request = make_long_request(3, types);
        request.handle = handle_of(5000);
        // Types that it does not have make the request longer and not the answer.
        return std::pair{encode(request).size(), ask(udp, request).code()};
    };
    bool any_whole = false;
    bool any_refused = false;
    for (const std::size_t types : {1U, 20U, 60U, 65U, 70U, 75U, 100U}) {
        const auto [size, code] = code_for(types);
        TcpStream tcp{node_.handle()};
        const std::size_t answer = ask(tcp, {.handle = handle_of(5000)}).wire.size();
        EXPECT_EQ(code, answer <= 5 * size ? 1U : 2U) << types;
        (code == 1U ? any_whole : any_refused) = true;
    }
    EXPECT_TRUE(any_whole && any_refused) << "the sizes do not meet the border any more";
}

TEST_F(Amplification, IsNotForStreams) {
    start();
    TcpStream tcp{node_.handle()};
    HttpConnection tunnel{node_.http()};
    EXPECT_EQ(values_of(ask(tcp, {.handle = handle_of(60'000)})).size(), 60U);
    EXPECT_EQ(values_of(ask(tunnel, {.handle = handle_of(60'000)})).size(), 60U);
    EXPECT_EQ(refused(), 0);
}

TEST_F(Amplification, IsRefusedWithoutASignatureWhenTheAnswerWasToBeCertified) {
    start();
    UdpSocket udp{node_.handle()};
    const Answer answer =
        ask(udp, {.handle = handle_of(60'000), .flags = usual_flags | op_flag::certify});
    EXPECT_EQ(answer.code(), 2U);
    EXPECT_TRUE(answer.credential.empty());
}

TEST_F(Amplification, SendsTheClientToTcpAtOnce) {
    start();
    const auto begin = Clock::now();
    const Outcome outcome =
        run_idnode({"resolve", handle_of(60'000), "--server", format(node_.handle()), "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_GT(outcome.out.size(), 60'000U);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds{3}) << "as long as UDP is asked in vain";
    EXPECT_EQ(refused(), 1);
}

TEST_F(Amplification, IsAllowedWhereTheOperatorSaysSo) {
    start("amplification_max: 0");
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(values_of(ask(udp, {.handle = handle_of(60'000)})).size(), 60U);
    node_.write_config("udp: {amplification_max: 1, free_answer_octets: 512}\n");
    node_.signal(SIGHUP);
    ASSERT_TRUE(node_.wait_for_log("configuration reloaded"));
    EXPECT_EQ(ask(udp, {.handle = handle_of(5000)}).code(), 2U);
}

}  // namespace
}  // namespace idnode::end_to_end
