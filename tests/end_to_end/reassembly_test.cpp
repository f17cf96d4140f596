#include <gtest/gtest.h>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/records.hpp"

namespace idnode::end_to_end {
namespace {

class Reassembly : public ::testing::Test {
protected:
    void start(const std::string& limits) {
        node_.home("88.118.8");
        node_.import(make_large_record("88.118.8/A", 20));
        node_.write_config("udp:\n" + limits);
        node_.start({.others = {"--workers", "1"}});
    }
    double refusals(const std::string& reason) {
        return node_.metric("idnode_refusals_total{reason=\"" + reason + "\"}");
    }
    Node node_;
};

TEST_F(Reassembly, HoldsSoManyRequestsOfOnePeerOnly) {
    start("  reassembly_per_source_max: 2\n");
    UdpSocket udp{node_.handle()};
    std::vector<std::vector<std::string>> requests;
    for (std::uint32_t id = 1; id <= 5; ++id) {
        requests.push_back(split(encode(make_long_request(id))));
        udp.send(requests.back()[0]);
    }
    EXPECT_EQ(ask(udp, {.handle = "88.118.8/A", .request_id = 99}).code(), 1U);
    EXPECT_EQ(refusals("reassembly_limit"), 3);
    // Another peer has room, and the first two requests are still there.
    UdpSocket other{node_.handle()};
    EXPECT_EQ(ask(other, make_long_request(1)).code(), 1U);
    for (const std::uint32_t id : {1U, 2U}) {
        for (std::size_t at = 1; at < requests[id - 1].size(); ++at) udp.send(requests[id - 1][at]);
        EXPECT_EQ(decode(join(receive_parts(udp))).envelope.request_id, id);
    }
    EXPECT_EQ(ask(udp, make_long_request(6)).code(), 1U) << "there is room again";
}

TEST_F(Reassembly, HoldsSoManyRequestsOfAllPeersOnly) {
    start("  reassembly_messages_max: 3\n");
    const std::string part = split(encode(make_long_request(1)))[0];
    std::vector<UdpSocket> sockets;
    for (int each = 0; each < 5; ++each) sockets.emplace_back(node_.handle()).send(part);
    EXPECT_EQ(ask(sockets[0], {.handle = "88.118.8/A"}).code(), 1U);
    EXPECT_EQ(refusals("reassembly_limit"), 2);
}

TEST_F(Reassembly, HoldsSoMuchMemoryOnly) {
    start("  reassembly_memory_kib: 256\n");
    // Each announces the largest message there is, and sends one part of it.
    std::string part = split(encode(make_long_request(1)))[0];
    patch(part, message_length_at, 200'000);
    std::vector<UdpSocket> sockets;
    for (int each = 0; each < 4; ++each) sockets.emplace_back(node_.handle()).send(part);
    EXPECT_EQ(ask(sockets[0], {.handle = "88.118.8/A"}).code(), 1U);
    EXPECT_EQ(refusals("reassembly_limit"), 3);
    EXPECT_EQ(ask(sockets[3], make_long_request(2)).code(), 1U) << "small ones still fit";
}

TEST_F(Reassembly, ForgetsWhatDoesNotBecomeWholeInTime) {
    start("  reassembly_timeout_ms: 100\n  reassembly_per_source_max: 1\n");
    UdpSocket udp{node_.handle()};
    const std::vector<std::string> parts = split(encode(make_long_request(1)));
    udp.send(parts[0]);
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"reassembly_timeout\"}", 1));
    for (std::size_t at = 1; at < parts.size(); ++at) udp.send(parts[at]);
    EXPECT_FALSE(udp.receive(moment));
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"reassembly_timeout\"}", 2));
    EXPECT_EQ(ask(udp, make_long_request(2)).code(), 1U);
}

TEST_F(Reassembly, CountsPartsThatDoNotFitTheirMessage) {
    start("  reassembly_per_source_max: 4\n");
    UdpSocket udp{node_.handle()};
    const std::string part = split(encode(make_long_request(1)))[0];
    std::string beyond = part;
    patch(beyond, 12, 0xffffffff);  // the sequence number
    udp.send(beyond);
    udp.send(part.substr(0, 100));  // only the last part may be short
    std::string nothing = part.substr(0, 20);
    patch(nothing, message_length_at, 0);
    udp.send(nothing);
    EXPECT_EQ(ask(udp, make_long_request(2)).code(), 1U);
    EXPECT_EQ(refusals("malformed_message"), 3);
    EXPECT_EQ(refusals("reassembly_limit"), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
