#include "resolver/service.hpp"

#include <gtest/gtest.h>

#include "resolver/client/handle_client.hpp"
#include "tests/resolver/captured_server.hpp"

namespace idnode::resolver {
namespace {

namespace op_flag = protocol::op_flag;

struct Answered {
    protocol::ResponseCode code;
    std::uint32_t op_flags;
    bool signed_by_node;
};

Answered ask(test::TestNode& node, std::uint32_t op_flags) {
    auto request = encode_query({.handle = "88.111.1/OBJ-00000001", .indexes = {}, .types = {}}, 1);
    protocol::store_big(request.data() + protocol::Envelope::wire_size + 8, op_flags);
    const std::string answer = node.answer(request);
    const auto message = protocol::decode_message(protocol::bytes_of(answer));
    return {message->header.response_code, message->header.op_flags, !message->credential.empty()};
}

TEST(Service, SignsAsManyAnswersASecondAsItIsAllowedAndIsBusyBeyond) {
    ServiceContext context = captured_context();
    context.signatures_per_second = 3;
    test::TestNode node{context};
    node.change(captured_records());
    for (int at = 0; at < 3; ++at) {
        const Answered answer = ask(node, op_flag::certify);
        EXPECT_EQ(answer.code, protocol::ResponseCode::success);
        EXPECT_TRUE(answer.signed_by_node);
    }
    const Answered busy = ask(node, op_flag::certify);
    EXPECT_EQ(busy.code, protocol::ResponseCode::server_busy);
    EXPECT_FALSE(busy.signed_by_node);
    EXPECT_EQ(node.metrics().refusals[static_cast<std::size_t>(Refusal::signature_limit)].value(),
              1U);
    EXPECT_EQ(ask(node, 0).code, protocol::ResponseCode::success) << "others are not hurt";
}

TEST(Service, OnlyAPrimarySiteCallsItsAnswersAuthoritativeUnasked) {
    ServiceContext context = captured_context();
    test::TestNode primary{context};
    context.identity.primary = false;
    test::TestNode mirror{context};
    for (test::TestNode* node : {&primary, &mirror}) node->change(captured_records());
    EXPECT_TRUE(ask(primary, 0).op_flags & op_flag::authoritative);
    EXPECT_FALSE(ask(mirror, 0).op_flags & op_flag::authoritative);
    EXPECT_TRUE(ask(mirror, op_flag::authoritative).op_flags & op_flag::authoritative);
}

}  // namespace
}  // namespace idnode::resolver
