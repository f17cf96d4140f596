#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/auth/secret_key.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/key_holder.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::Value;
using ::testing::HasSubstr;
namespace auth = resolver::auth;
namespace op_flag = protocol::op_flag;

enum Op : std::uint32_t {
    create = 100,
    remove_handle = 101,
    modify = 104,
    list = 105,
    challenge_response = 200,
    log_in = 2001,
    unknown = 2999
};

const KeyHolder& factory() {
    static const KeyHolder holder = make_key_holder({"88.118.8/FACTORY", 300}, test::sm2_key_pem);
    return holder;
}
const KeyHolder& impostor() {
    static const KeyHolder holder = make_key_holder(factory().identity, test::secp256k1_key_pem);
    return holder;
}
const Credentials owner{{"0.NA/88.118.8", 300}, "a secret of the owner"};

Value url(std::string text, std::uint8_t permissions = protocol::permission::standard) {
    return {.index = 1,
            .permissions = permissions,
            .type = "URL",
            .data = std::move(text),
            .references = {}};
}

std::string login_body(const protocol::Reference& identity) {
    protocol::WireString body;
    body.text(identity.handle);
    body.integer(identity.index);
    return body.take();
}

/// A client as the factories have it: version 2.3 that would rather speak 2.10, no flags but the
/// digest of the request where it logs in, one connection for everything.
class Client {
public:
    explicit Client(const Endpoint& node) : stream_{node} {}

    Answer say(Op op, std::string_view body, std::uint32_t flags = 0) {
        last_ = message(op, body, flags, 0);
        stream_.send(last_);
        return decode(receive_message(stream_));
    }
    std::uint32_t code(Op op, std::string_view body) { return say(op, body).code(); }

    /// Asks to log in; the answer is a challenge, or a refusal.
    Answer begin(const protocol::Reference& identity) {
        return say(log_in, login_body(identity), op_flag::request_digest);
    }
    /// Answers it with a signature over the SM3 digest of nonce and request digest, in which the
    /// signer is called by his handle.
    Answer prove(const Answer& challenged, const KeyHolder& holder) {
        const auto challenge = challenge_in(challenged);
        const auto digest =
            auth::digest_of(auth::Digest::sm3, {challenge.nonce, challenge.request_digest.octets});
        protocol::WireString response;
        response.text("SM3");
        response.text(holder.key.sign(auth::Digest::sm3, {digest.bytes()}, holder.identity.handle));
        return respond(challenged, "HS_PUBKEY", holder.identity, response.take());
    }
    Answer prove(const Answer& challenged, const Credentials& holder) {
        const auto challenge = challenge_in(challenged);
        return respond(
            challenged, "HS_SECKEY", holder.identity,
            auth::make_secret_response(protocol::SecretKeyForm::sha1, bytes_of(holder.secret),
                                       challenge.nonce, challenge.request_digest.octets)
                .value());
    }
    template <class Holder>
    std::uint32_t log_in_as(const Holder& holder) {
        return prove(begin(holder.identity), holder).code();
    }

    TcpStream& stream() { return stream_; }
    std::string message(Op op, std::string_view body, std::uint32_t flags,
                        std::uint32_t session_id) {
        return encode({.flags = flags,
                       .op_code = op,
                       .request_id = ++request_id_,
                       .session_id = session_id,
                       .version = {2, 3},
                       .suggested = {2, 10}},
                      body);
    }

private:
    static protocol::Challenge challenge_in(const Answer& challenged) {
        const auto challenge = protocol::decode_challenge(bytes_of(challenged.body));
        if (challenged.code() != 402 || !challenge) throw std::runtime_error{"no challenge"};
        return *challenge;
    }
    Answer respond(const Answer& challenged, std::string_view type,
                   const protocol::Reference& identity, std::string_view response) {
        protocol::WireString body;
        body.text(type);
        body.text(identity.handle);
        body.integer(identity.index);
        body.text(response);
        stream_.send(message(challenge_response, body.take(), 0, challenged.envelope.session_id));
        return decode(receive_message(stream_));
    }

    TcpStream stream_;
    std::string last_;
    std::uint32_t request_id_ = 0;
};

class IndustrialLogin : public ::testing::Test {
protected:
    IndustrialLogin() {
        node_.home("88.118.8");
        node_.import(to_line("0.NA/88.118.8", {admin_value(100, owner.identity),
                                               admin_value(101, factory().identity),
                                               {.index = 300,
                                                .permissions = 0b1100,
                                                .type = "HS_SECKEY",
                                                .data = owner.secret,
                                                .references = {}}}) +
                     to_line(factory().identity.handle, {public_key_of(factory())}) +
                     to_line("88.118.8/HIDDEN", {url("for the factory", 0b1100),
                                                 admin_value(101, factory().identity)}));
        node_.write_config("administration: {industrial_login: true}\n");
        node_.start();
    }
    static std::string values(const std::string& suffix, std::string text = "u") {
        return values_body("88.118.8/" + suffix,
                           {url(std::move(text)), admin_value(100, factory().identity)});
    }

    Node node_;
};

TEST_F(IndustrialLogin, IsProvenOnceForAllThatTheConnectionBrings) {
    Client client{node_.handle()};
    const Answer challenged = client.begin(factory().identity);
    EXPECT_EQ(challenged.code(), 402U);
    EXPECT_EQ(static_cast<std::uint32_t>(challenged.header.op_code), log_in);
    EXPECT_TRUE(challenged.has_flag(op_flag::request_digest));
    const Answer welcomed = client.prove(challenged, factory());
    EXPECT_EQ(welcomed.code(), 1U);
    EXPECT_EQ(static_cast<std::uint32_t>(welcomed.header.op_code), log_in);
    EXPECT_EQ(welcomed.envelope.session_id, 0U);

    EXPECT_EQ(client.code(create, values("A")), 1U);
    EXPECT_EQ(client.code(modify, values("A", "v")), 1U);
    EXPECT_EQ(client.code(create, values("A")), 101U);
    EXPECT_EQ(client.code(list, handle_body("0.NA/88.118.8")), 1U);
    EXPECT_EQ(client.code(remove_handle, handle_body("88.118.8/A")), 1U);
    EXPECT_EQ(client.code(remove_handle, handle_body("88.118.8/HIDDEN")), 1U);
    EXPECT_THAT(node_.do_run({"log", "--handle", "88.118.8/A"}), HasSubstr("300:88.118.8/FACTORY"));
}

TEST_F(IndustrialLogin, HoldsForRequestsThatAreSentTogether) {
    Client client{node_.handle()};
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    std::string all;
    for (int each = 0; each < 20; ++each)
        all += client.message(create, values("TOGETHER-" + std::to_string(each)), 0, 0);
    client.stream().send(all);
    for (int each = 0; each < 20; ++each)
        EXPECT_EQ(decode(receive_message(client.stream())).code(), 1U) << each;
}

TEST_F(IndustrialLogin, BelongsToItsConnectionAlone) {
    Client client{node_.handle()};
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    Client other{node_.handle()};
    EXPECT_EQ(other.code(create, values("A")), 402U);
    UdpSocket udp{node_.handle()};
    EXPECT_EQ(operate(over(udp), create, values("A"), std::optional<Credentials>{}).code(), 402U);
    EXPECT_EQ(client.code(create, values("A")), 1U);
}

TEST_F(IndustrialLogin, EndsWithTheKeyThatProvedIt) {
    Client client{node_.handle()};
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    ASSERT_EQ(client.code(create, values("A")), 1U);
    TcpStream stream{node_.handle()};
    ASSERT_EQ(
        operate(over(stream), remove_handle, handle_body(factory().identity.handle), owner).code(),
        1U);
    EXPECT_EQ(client.code(create, values("B")), 407U);
    EXPECT_EQ(client.log_in_as(factory()), 400U);
}

TEST_F(IndustrialLogin, GrantsNoMoreThanTheIdentityHas) {
    Client client{node_.handle()};
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    EXPECT_EQ(
        client.code(modify, values_body(factory().identity.handle, {public_key_of(impostor())})),
        401U);
}

TEST_F(IndustrialLogin, IsAskedForOfThoseWhoHaveBegunIt) {
    Client client{node_.handle()};
    EXPECT_EQ(client.code(create, values("A")), 402U);  // speaks the standard, as far as we know
    const Answer challenged = client.begin(factory().identity);
    EXPECT_EQ(client.code(create, values("A")), 408U);
    EXPECT_EQ(client.prove(challenged, factory()).code(), 1U);
    EXPECT_EQ(client.code(create, values("A")), 1U);
    // Beginning anew ends what was.
    EXPECT_EQ(client.begin(owner.identity).code(), 402U);
    EXPECT_EQ(client.code(create, values("B")), 408U);
    EXPECT_EQ(client.log_in_as(owner), 1U);
    EXPECT_EQ(client.code(create, values("B")), 1U);
}

TEST_F(IndustrialLogin, IsRefusedToThoseWhoDoNotProveThatTheyAreTheOneTheyNamed) {
    Client client{node_.handle()};
    EXPECT_EQ(client.prove(client.begin(owner.identity), Credentials{owner.identity, "x"}).code(),
              403U);
    EXPECT_EQ(client.code(create, values("A")), 408U);
    EXPECT_EQ(client.prove(client.begin(owner.identity), factory()).code(), 400U);
    EXPECT_EQ(client.code(create, values("A")), 408U);
    EXPECT_EQ(client.log_in_as(Credentials{{"88.118.8/NOBODY", 300}, "x"}), 400U);
    EXPECT_EQ(client.say(log_in, "\xff").code(), 4U);
    const Answer challenged = client.begin(owner.identity);
    EXPECT_EQ(client.prove(challenged, owner).code(), 1U);
    EXPECT_EQ(client.prove(challenged, owner).code(), 405U);
    EXPECT_EQ(client.code(create, values("A")), 1U);
    // Index 0 stands for any key of the handle.
    EXPECT_EQ(client.prove(client.begin({owner.identity.handle, 0}), owner).code(), 1U);
}

TEST_F(IndustrialLogin, ShowsWhatOnlyAdministratorsMayRead) {
    Client client{node_.handle()};
    const std::string question = encode_body({.handle = "88.118.8/HIDDEN", .indexes = {1}});
    const std::string with_auth_field = question + std::string(4, '\0');
    constexpr Op resolution{1};
    EXPECT_EQ(client.code(resolution, question), 402U);
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    for (const std::string& each : {question, with_auth_field}) {
        const Answer answer = client.say(resolution, each);
        ASSERT_EQ(answer.code(), 1U);
        EXPECT_EQ(values_of(answer).at(0).data, "for the factory");
    }
    EXPECT_EQ(client.code(resolution, encode_body({.handle = "0"}) + std::string(4, '\0')), 301U);
}

TEST_F(IndustrialLogin, LeavesTheStandardAsItIs) {
    TcpStream stream{node_.handle()};
    EXPECT_EQ(operate(over(stream), create, values("A"), owner).code(), 1U);
    EXPECT_EQ(operate(over(stream), create, values("B"), factory()).code(), 1U);
    EXPECT_EQ(operate(over(stream), create, values("C"), std::optional<Credentials>{}).code(),
              402U);
}

TEST_F(IndustrialLogin, NeedsAConnection) {
    UdpSocket udp{node_.handle()};
    HttpConnection tunnel{node_.http()};
    for (const Say& say : {over(udp), over(tunnel)}) {
        const std::string body = login_body(owner.identity);
        EXPECT_EQ(operate(say, log_in, body, owner).code(), 5U);
    }
    TcpStream stream{node_.handle()};
    const Say say = over(stream);
    Session session{say, owner.identity};
    const std::string request =
        encode_operation(log_in, login_body(owner.identity), usual_flags, 1);
    EXPECT_EQ(session.open(say(session.guard(request)).wire).code(), 5U);
}

TEST_F(IndustrialLogin, EndsWhenTheOperatorForbidsIt) {
    Client client{node_.handle()};
    ASSERT_EQ(client.log_in_as(factory()), 1U);
    node_.write_config("administration: {industrial_login: false}\n");
    node_.signal(SIGHUP);
    ASSERT_TRUE(node_.wait_for_log("configuration reloaded"));
    const auto begun = Clock::now();
    while (client.code(create, values("A")) != 402U && Clock::now() - begun < time_limit) {}
    EXPECT_EQ(client.code(create, values("B")), 402U);
    EXPECT_EQ(client.code(log_in, login_body(factory().identity)), 5U);
}

TEST(NoIndustrialLogin, IsKnownByDefault) {
    Node node;
    node.home("88.118.8");
    node.start();
    Client client{node.handle()};
    const Answer answer = client.begin(owner.identity);
    const Answer other = client.say(unknown, login_body(owner.identity), op_flag::request_digest);
    EXPECT_EQ(answer.code(), 5U);
    EXPECT_EQ(other.code(), 5U);
    EXPECT_EQ(sentence_of(answer), sentence_of(other));
    EXPECT_EQ(client.code(create, values_body("88.118.8/A", {url("u")})), 402U);
}

}  // namespace
}  // namespace idnode::end_to_end
