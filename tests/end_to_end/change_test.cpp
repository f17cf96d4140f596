#include "tests/end_to_end/administration_fixture.hpp"

namespace idnode::end_to_end {
namespace {

class Change : public Administration {
protected:
    /// The handle in the answer to a create.
    static std::string handle_in(const Answer& answer) {
        protocol::WireReader body{protocol::bytes_of(answer.body)};
        return std::string{body.text()};
    }
};

TEST_F(Change, ARequestThatIsRepeatedSucceedsAgainAndSaysSo) {
    const std::string request = encode_operation(
        create, values_body("88.118.8/RETRY", {url(1, "r"), admin()}), usual_flags, 4711);
    const std::uint64_t before = node().sequence();
    for (int each = 0; each < 3; ++each) {
        TcpStream tcp{node().handle()};
        const Say say = over(tcp);
        const Answer challenged = say(request);
        ASSERT_EQ(challenged.code(), 402U) << each;
        const Answer answer = say(answer_to_challenge(request, challenged, owner_key, 4712));
        EXPECT_EQ(answer.code(), 1U) << each;
        EXPECT_EQ(answer.body.find("duplicate") != std::string::npos, each > 0);
    }
    EXPECT_EQ(node().sequence(), before + 1);
}

TEST_F(Change, ACreateIsTheSameInAnotherMessageAndOtherRequestsAreNot) {
    const std::string handle = "88.118.8/AGAIN";
    Value later = url(1, "r");
    later.timestamp = 1'700'000'000;
    EXPECT_EQ(code(create, values_body(handle, {url(1, "r"), admin()})), 1U);
    EXPECT_EQ(code(create, values_body(handle, {later, admin()})), 1U);
    EXPECT_EQ(code(create, values_body(handle, {url(1, "other"), admin()})), 101U);
    EXPECT_EQ(code(add, values_body(handle, {url(2, "a")})), 1U);
    EXPECT_EQ(code(add, values_body(handle, {url(2, "a")})), 201U);
    EXPECT_EQ(code(create, values_body(handle, {url(1, "r"), admin()})), 101U)
        << "it has been changed since";
    const std::string request =
        encode_operation(add, values_body(handle, {url(3, "b")}), usual_flags, 4720);
    for (std::uint32_t each = 0; each < 2; ++each) {
        const Answer challenged = say_(request);
        const Answer answer =
            say_(answer_to_challenge(request, challenged, owner_key, 4721 + each));
        EXPECT_EQ(answer.code(), 1U) << "sent again as it was";
    }
}

TEST_F(Change, ADeletionThatIsRepeatedSucceedsAgain) {
    const std::string handle = "88.118.8/DELETED";
    const std::string body = values_body(handle, {url(1, "d"), admin()});
    ASSERT_EQ(code(create, body), 1U);
    const auto erase = [&](std::uint32_t id, const Credentials& who = owner_key) {
        const std::string request =
            encode_operation(remove_handle, handle_body(handle), usual_flags, id);
        return say_(answer_to_challenge(request, say_(request), who, id + 1));
    };
    EXPECT_EQ(erase(4760).body, "");
    const std::uint64_t after = node().sequence();
    const Answer again = erase(4760);
    EXPECT_EQ(again.code(), 1U);
    EXPECT_NE(again.body.find("duplicate"), std::string::npos);
    EXPECT_EQ(erase(4770).code(), 100U) << "another message asks for another deletion";
    EXPECT_EQ(erase(4760, stranger_key).code(), 100U) << "and so does somebody else";
    EXPECT_EQ(node().sequence(), after);
    ASSERT_EQ(code(create, body), 1U);
    EXPECT_EQ(erase(4760).body, "") << "it was there again";
    EXPECT_EQ(url_of(handle), "100");
}

TEST_F(Change, AMintedHandleIsTheSameForTheSameMessage) {
    const auto mint = [&](std::uint32_t id, const Credentials& who = owner_key) {
        const std::string request =
            encode_operation(create, values_body("88.118.8/", {url(1, "m"), admin()}),
                             usual_flags | op_flag::mint_suffix, id);
        const Answer answer = say_(answer_to_challenge(request, say_(request), who, id + 1));
        return answer.code() == 1 ? handle_in(answer) : std::to_string(answer.code());
    };
    const std::string minted = mint(4780);
    EXPECT_EQ(mint(4780), minted);
    EXPECT_EQ(mint(4780, stranger_key), "101");
    EXPECT_NE(mint(4790), minted);
    ASSERT_EQ(code(modify, values_body(minted, {url(1, "n")})), 1U);
    EXPECT_EQ(mint(4780), minted) << "whatever has become of it since";
    EXPECT_EQ(url_of(minted), "n");
    ASSERT_EQ(code(remove_handle, handle_body(minted)), 1U);
    EXPECT_EQ(mint(4780), minted);
    EXPECT_EQ(url_of(minted), "100");
}

TEST_F(Change, ADatagramThatComesTwiceIsAnsweredTwiceAndDoneOnce) {
    UdpSocket udp{node().handle()};
    const auto receive = [&] { return decode(join(receive_parts(udp))); };
    for (int round = 0; round < 20; ++round) {
        const std::string request = encode_operation(
            create, values_body("88.118.8/TWICE-" + std::to_string(round), {url(1, "t"), admin()}),
            usual_flags, 4740);
        const Answer challenged = over(udp)(request);
        const Credentials& who = round % 2 == 0 ? owner_key : wrong_key;
        const std::string proof = answer_to_challenge(request, challenged, who, 4741);
        const std::uint64_t before = node().sequence();
        udp.send(proof);
        udp.send(proof);
        const Answer first = receive();
        EXPECT_EQ(first.code(), round % 2 == 0 ? 1U : 403U);
        EXPECT_EQ(receive().wire, first.wire);
        EXPECT_EQ(over(udp)(proof).wire, first.wire) << "some time later";
        EXPECT_EQ(node().sequence(), before + (round % 2 == 0 ? 1 : 0));
        UdpSocket elsewhere{node().handle(), "127.0.0.2"};
        EXPECT_EQ(over(elsewhere)(proof).code(), 405U);
        EXPECT_EQ(over(udp)(answer_to_challenge(request, challenged, who, 4742)).code(), 405U);
        EXPECT_EQ(say_(proof).code(), 405U) << "streams lose nothing";
    }
}

TEST_F(Change, ADatagramOfASessionIsTheSameWithAnotherCounter) {
    UdpSocket udp{node().handle()};
    Session session{over(udp), owner};
    const std::string request = session.guard(
        encode_operation(create, values_body("88.118.8/COUNTED", {url(1, "c"), admin()}),
                         usual_flags, 4750, session.id()));
    const std::string proof = answer_to_challenge(request, over(udp)(request), owner_key, 4751);
    const Answer first = over(udp)(session.guard(proof));
    EXPECT_EQ(first.code(), 1U);
    EXPECT_EQ(over(udp)(session.guard(proof)).wire, first.wire);
}

TEST_F(Change, WhatMayBeAddedMayNotBeUsedToReplace) {
    const Credentials adder{{"88.118.8/ADDER", 300}, "may only add"};
    Value secret{.index = 300, .type = "HS_SECKEY", .data = adder.secret, .references = {}};
    secret.permissions = 0x0c;
    ASSERT_EQ(code(create, values_body("88.118.8/ADDER", {secret, admin()})), 1U);
    Value grant = admin(101);
    grant.data = protocol::encode_admin({0x0040, adder.identity});
    ASSERT_EQ(code(create, values_body("88.118.8/OPEN", {url(1, "u"), admin(), grant})), 1U);
    EXPECT_EQ(code(add, values_body("88.118.8/OPEN", {url(2, "v")}), adder), 1U);
    const std::uint32_t overwrite = usual_flags | op_flag::overwrite;
    for (const std::uint32_t index : {1U, 2U, 100U, 101U})
        EXPECT_EQ(code(add, values_body("88.118.8/OPEN", {url(index, "w")}), adder, overwrite),
                  401U)
            << index;
    EXPECT_EQ(url_of("88.118.8/OPEN"), "u");
}

TEST_F(Change, WhoeverMayChangeEveryValueMayReplaceTheHandle) {
    const Credentials keeper{{"88.118.8/KEEPER", 300}, "keeps one record"};
    Value secret{.index = 300, .type = "HS_SECKEY", .data = keeper.secret, .references = {}};
    secret.permissions = 0x0c;
    ASSERT_EQ(code(create, values_body("88.118.8/KEEPER", {secret, admin()})), 1U);
    const auto kept_by = [&](std::uint16_t permissions) {
        Value grant = admin(101);
        grant.data = protocol::encode_admin({permissions, keeper.identity});
        return grant;
    };
    const std::uint32_t overwrite = usual_flags | op_flag::overwrite;
    const auto replace = [&](std::uint16_t permissions, std::string_view handle) {
        const std::string name{handle};
        EXPECT_EQ(code(create, values_body(name, {url(1, "u"), admin(), kept_by(permissions)})),
                  1U);
        return code(create, values_body(name, {url(1, "w"), url(2, "n"), kept_by(permissions)}),
                    keeper, overwrite);
    };
    EXPECT_EQ(replace(0x0150, "88.118.8/KEPT-1"), 1U) << "add, modify, and remove administrators";
    EXPECT_EQ(replace(0x0050, "88.118.8/KEPT-2"), 401U) << "an administrator would be removed";
    EXPECT_EQ(replace(0x0110, "88.118.8/KEPT-3"), 401U) << "a value would be added";
    EXPECT_EQ(url_of("88.118.8/KEPT-3"), "u");
}

}  // namespace
}  // namespace idnode::end_to_end
