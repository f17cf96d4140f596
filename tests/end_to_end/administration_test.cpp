#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocol/handle/session.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "tests/end_to_end/administration_fixture.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Administration, CreatesOverEveryTransportWhatEveryTransportThenResolves) {
    UdpSocket udp{node().handle()};
    HttpConnection tunnel{node().http()};
    int number = 0;
    for (const Say& say : {over(udp), over(tcp_), over(tunnel)}) {
        const std::string handle = "88.118.8/NEW-" + std::to_string(++number);
        const Answer made =
            operate(say, create, values_body(handle, {url(1, "u"), admin()}), owner_key);
        EXPECT_EQ(made.code(), 1U) << number;
        EXPECT_EQ(static_cast<std::uint32_t>(made.header.op_code), create);
        EXPECT_EQ(made.envelope.session_id, 0U);
        EXPECT_EQ(url_of(handle), "u");
    }
}

TEST_F(Administration, TellsWhatIsWrongBeforeItAsksWhoItIs) {
    const std::string there = values_body("88.118.8/THERE", {url(1, "u"), admin()});
    EXPECT_EQ(code(create, there), 1U);
    const std::optional<Credentials> silent;
    EXPECT_EQ(code(create, values_body("88.118.8/there", {url(1, "v")}), silent), 101U);
    EXPECT_EQ(code(create, values_body("10.99/x", {url(1, "u")}), silent), 301U);
    EXPECT_EQ(code(create, values_body("88.118.8/\x01", {url(1, "u")}), silent), 102U);
    EXPECT_EQ(code(create, values_body("88.118.8/D", {url(1, "u"), url(1, "v")}), silent), 201U);
    EXPECT_EQ(code(create, values_body("88.118.8/Z", {url(0, "u")}), silent), 202U);
    EXPECT_EQ(code(modify, values_body("88.118.8/NONE", {url(1, "u")}), silent), 100U);
    EXPECT_EQ(code(modify, values_body("88.118.8/THERE", {url(77, "u")}), silent), 200U);
    EXPECT_EQ(code(create, "\xff\xff", silent), 4U);
    EXPECT_EQ(code(create, values_body("88.118.8/FINE", {url(1, "u")}), silent), 402U);
    EXPECT_EQ(code(remove_handle, handle_body("88.118.8/NONE"), silent), 402U);
}

TEST_F(Administration, ChangesValuesAndDeletes) {
    const std::string handle = "88.118.8/CHANGE";
    ASSERT_EQ(code(create, values_body(handle, {url(1, "a"), admin()})), 1U);
    EXPECT_EQ(code(add, values_body(handle, {url(2, "b")})), 1U);
    EXPECT_EQ(code(add, values_body(handle, {url(2, "c")})), 201U);
    EXPECT_EQ(
        code(add, values_body(handle, {url(2, "c")}), owner_key, usual_flags | op_flag::overwrite),
        1U);
    EXPECT_EQ(code(modify, values_body(handle, {url(1, "d")})), 1U);
    EXPECT_EQ(url_of(handle), "d");
    EXPECT_EQ(code(remove, remove_body(handle, {2})), 1U);
    EXPECT_EQ(code(remove, remove_body(handle, {2})), 200U);
    EXPECT_EQ(code(remove, remove_body("88.118.8/NONE", {2})), 100U);
    EXPECT_EQ(code(remove_handle, handle_body(handle)), 1U);
    EXPECT_EQ(code(remove_handle, handle_body(handle)), 100U);
    EXPECT_EQ(url_of(handle), "100");
}

TEST_F(Administration, ReplacesAHandleOnlyWhenAskedTo) {
    const std::string handle = "88.118.8/REPLACE";
    ASSERT_EQ(code(create, values_body(handle, {url(1, "a"), admin()})), 1U);
    EXPECT_EQ(code(create, values_body(handle, {url(1, "b"), admin()}), owner_key,
                   usual_flags | op_flag::overwrite),
              1U);
    EXPECT_EQ(url_of(handle), "b");
}

TEST_F(Administration, MintsANewSuffixForEachRequest) {
    std::set<std::string> minted;
    for (int each = 0; each < 5; ++each) {
        const Answer answer =
            operate(say_, create, values_body("88.118.8/", {url(1, "m"), admin()}), owner_key,
                    usual_flags | op_flag::mint_suffix);
        ASSERT_EQ(answer.code(), 1U);
        minted.insert(answer.body.substr(4));
        EXPECT_EQ(url_of(answer.body.substr(4)), "m");
    }
    EXPECT_EQ(minted.size(), 5U);
}

TEST_F(Administration, OnlyThoseEntitledMayChangeAnything) {
    const std::string handle = "88.118.8/MINE";
    const std::string body = values_body(handle, {url(1, "u"), admin()});
    EXPECT_EQ(code(create, body, wrong_key), 403U);
    EXPECT_EQ(code(create, body, nobody_key), 400U);
    EXPECT_EQ(code(create, body, stranger_key), 401U);
    EXPECT_EQ(url_of(handle), "100");
    ASSERT_EQ(code(create, body), 1U);
    for (const Credentials& who : {wrong_key, nobody_key, stranger_key}) {
        const std::uint32_t expected = who.secret == wrong_key.secret ? 403
                                       : who.secret == "x"            ? 400
                                                                      : 401;
        EXPECT_EQ(code(add, values_body(handle, {url(2, "v")}), who), expected);
        EXPECT_EQ(code(modify, values_body(handle, {url(1, "v")}), who), expected);
        EXPECT_EQ(code(remove, remove_body(handle, {1}), who), expected);
        EXPECT_EQ(code(remove_handle, handle_body(handle), who), expected);
        EXPECT_EQ(code(list, handle_body("0.NA/88.118.8"), who), expected);
        EXPECT_EQ(code(home, handle_body("0.NA/88.118.77"), who), expected);
        EXPECT_EQ(code(list_homed, handle_body("/"), who), expected);
    }
    EXPECT_EQ(url_of(handle), "u");
}

TEST_F(Administration, ValuesThatAdministratorsMayNotWriteStay) {
    Value fixed = url(7, "fixed");
    fixed.permissions = protocol::permission::public_read | protocol::permission::admin_read;
    const std::string handle = "88.118.8/FIXED";
    ASSERT_EQ(code(create, values_body(handle, {fixed, admin()})), 1U);
    EXPECT_EQ(code(modify, values_body(handle, {url(7, "x")})), 401U);
    EXPECT_EQ(code(remove, remove_body(handle, {7})), 401U);
}

TEST_F(Administration, AChallengeIsGoodForOneAnswer) {
    const std::string request = encode_operation(
        create, values_body("88.118.8/ONCE", {url(1, "o"), admin()}), usual_flags, 31);
    const Answer challenged = say_(request);
    const std::string answer = answer_to_challenge(request, challenged, owner_key, 32);
    EXPECT_EQ(say_(answer).code(), 1U);
    EXPECT_EQ(say_(answer).code(), 405U);
    EXPECT_EQ(say_(encode_operation(200, "nonsense", usual_flags, 33, 77)).code(), 4U);
}

TEST_F(Administration, ListsHandlesInPortionsAndPrefixes) {
    for (int number = 0; number < 60; ++number)
        ASSERT_EQ(
            code(create, values_body("88.118.9/L" + std::to_string(100 + number), {url(1, "l")}),
                 stranger_key),
            1U);
    Answer answer = operate(say_, list, handle_body("0.NA/88.118.9"), stranger_key);
    ASSERT_EQ(answer.code(), 1U);
    EXPECT_TRUE(answer.has_flag(op_flag::continuous));
    std::string all = answer.body;
    answer = decode(receive_message(tcp_));
    EXPECT_FALSE(answer.has_flag(op_flag::continuous));
    all += answer.body;
    for (int number = 0; number < 60; ++number)
        EXPECT_THAT(all, HasSubstr("88.118.9/L" + std::to_string(100 + number)));
    answer = operate(say_, list, handle_body("0.NA/88.118.9"), stranger_key,
                     usual_flags | op_flag::certify);
    EXPECT_FALSE(answer.credential.empty());
    EXPECT_FALSE(decode(receive_message(tcp_)).credential.empty()) << "each portion is certified";
    EXPECT_THAT(operate(say_, list_homed, handle_body("/"), owner_key).body,
                HasSubstr("0.NA/88.118.9"));
}

TEST_F(Administration, HomesAndUnhomesPrefixesForTheNodesAdministrators) {
    EXPECT_EQ(url_of("88.118.66/x"), "301");
    EXPECT_EQ(code(home, handle_body("0.NA/88.118.66")), 1U);
    EXPECT_EQ(url_of("88.118.66/x"), "100");
    EXPECT_EQ(code(unhome, handle_body("0.NA/88.118.66")), 1U);
    EXPECT_EQ(url_of("88.118.66/x"), "301");
    EXPECT_EQ(code(home, handle_body("88.118.66")), 102U);
}

TEST_F(Administration, ShowsWhatOnlyAdministratorsMayReadToThemOnly) {
    const std::uint32_t flags = usual_flags & ~op_flag::public_only;
    const std::string body = encode_body({.handle = "0.NA/88.118.8"});
    EXPECT_EQ(operate(say_, 1, body, std::nullopt, flags).code(), 402U);
    EXPECT_EQ(operate(say_, 1, body, stranger_key, flags).code(), 401U);
    const Answer answer = operate(say_, 1, body, owner_key, flags);
    ASSERT_EQ(answer.code(), 1U);
    EXPECT_THAT(answer.body, HasSubstr(owner_key.secret));
    EXPECT_THAT(ask(tcp_, {.handle = "0.NA/88.118.8"}).body, Not(HasSubstr(owner_key.secret)));
}

TEST_F(Administration, PipelinedRequestsAreAnsweredInOrder) {
    std::string requests;
    for (std::uint32_t id = 1; id <= 30; ++id)
        requests += id % 3 == 0 ? encode_operation(create, values_body("88.118.8/P", {url(1, "p")}),
                                                   usual_flags, id)
                                : encode({.handle = "0.NA/88.118.8", .request_id = id});
    tcp_.send(requests);
    for (std::uint32_t id = 1; id <= 30; ++id) {
        const Answer answer = decode(receive_message(tcp_));
        EXPECT_EQ(answer.envelope.request_id, id);
        EXPECT_EQ(answer.code(), id % 3 == 0 ? 402U : 1U);
    }
}

TEST_F(Administration, ASessionProvesItselfOnceAndIsGuardedByItsKey) {
    UdpSocket udp{node().handle()};
    Session session{over(udp), owner};
    EXPECT_EQ(session.id() % 2, 1U);
    const std::string request = session.guard(encode_operation(
        create, values_body("88.118.8/S1", {url(1, "s"), admin()}), usual_flags, 51, session.id()));
    const Answer challenged = say_(request);
    ASSERT_EQ(challenged.code(), 402U);
    EXPECT_EQ(challenged.envelope.session_id, session.id());
    EXPECT_EQ(say_(answer_to_challenge(request, challenged, owner_key, 52)).code(), 1U);
    // From here on nobody is challenged again.
    const std::string second = session.guard(encode_operation(
        create, values_body("88.118.8/S2", {url(1, "s"), admin()}), usual_flags, 53));
    EXPECT_EQ(say_(second).code(), 1U);
    EXPECT_EQ(say_(second).code(), 505U);
    std::string forged = session.guard(encode_operation(
        create, values_body("88.118.8/S3", {url(1, "s"), admin()}), usual_flags, 54));
    forged[forged.size() - 1] = static_cast<char>(forged[forged.size() - 1] ^ 1);
    EXPECT_EQ(say_(forged).code(), 501U);
    EXPECT_EQ(url_of("88.118.8/S3"), "100");
    const Answer ended = say_(session.guard(
        encode_operation(terminate, handle_body("/"), usual_flags | op_flag::certify, 55)));
    EXPECT_EQ(ended.code(), 1U);
    EXPECT_FALSE(ended.credential.empty());
    EXPECT_EQ(
        say_(session.guard(encode_operation(terminate, handle_body("/"), usual_flags, 56))).code(),
        500U);
}

TEST_F(Administration, AnEncryptedSessionShowsNothingInTheClear) {
    Session session{say_, owner};
    const auto say = [&](const std::string& message) {
        tcp_.send(session.guard(message, true));
        const std::string wire = receive_message(tcp_);
        EXPECT_THAT(wire, Not(HasSubstr("88.118.8")));
        return session.open(wire);
    };
    const std::string request = encode_operation(
        create, values_body("88.118.8/E1", {url(1, "e"), admin()}), usual_flags, 61, session.id());
    const Answer challenged = say(request);
    ASSERT_EQ(challenged.code(), 402U);
    std::string proof = answer_to_challenge(request, challenged, owner_key, 62);
    tcp_.send(resolver::auth::encrypt_message(session.key(), protocol::bytes_of(proof)));
    EXPECT_EQ(session.open(receive_message(tcp_)).code(), 1U);
    EXPECT_EQ(url_of("88.118.8/E1"), "e");
    // Without encryption asked for, a secret value still does not leave in the clear.
    tcp_.send(session.guard(encode({.handle = "0.NA/88.118.8",
                                    .flags = usual_flags & ~op_flag::public_only,
                                    .request_id = 63})));
    const std::string wire = receive_message(tcp_);
    EXPECT_THAT(wire, Not(HasSubstr(owner_key.secret)));
    EXPECT_THAT(session.open(wire).body, HasSubstr(owner_key.secret));
}

TEST_F(Administration, NothingIsLearntFromForgedMessagesOfASession) {
    Session session{say_, owner};
    const std::string sent = session.guard(
        encode_operation(list, handle_body("0.NA/88.118.8"), usual_flags, 71, session.id()), true);
    std::set<std::string> answers;
    const auto forge = [&](std::string message) {
        const Answer answer = say_(message);
        EXPECT_FALSE(answer.envelope.encrypted);
        answers.insert(std::to_string(answer.code()) + ' ' +
                       std::to_string(static_cast<std::uint32_t>(answer.header.op_code)) + ' ' +
                       answer.body);
    };
    constexpr std::size_t block = 16;
    const std::size_t begin = protocol::Envelope::wire_size;
    for (std::size_t at = begin; at < sent.size(); ++at) {
        std::string changed = sent;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        forge(changed);
    }
    for (std::size_t size = begin + 2 * block; size < sent.size(); size += block) {
        std::string shorter = sent.substr(0, size);
        patch(shorter, message_length_at, static_cast<std::uint32_t>(size - begin));
        forge(shorter);
    }
    ASSERT_EQ(answers.size(), 1U) << ::testing::PrintToString(answers);
    EXPECT_THAT(*answers.begin(), HasSubstr("501 0 "));
    EXPECT_EQ(session
                  .open([&] {
                      tcp_.send(sent);
                      return receive_message(tcp_);
                  }())
                  .code(),
              402U)
        << "the session itself has not suffered";
}

TEST_F(Administration, WhoAgreesOnAKeyIsToldBySignatureWithWhom) {
    const auto pair = resolver::auth::DhKeyPair::make(resolver::auth::DhGroup::modp_2048);
    const std::string key = protocol::encode_public_key(pair.public_key());
    protocol::SessionSetupRequest setup;
    setup.exchange_key = protocol::bytes_of(key);
    const std::string body = protocol::written([&](protocol::WireWriter& writer) {
        protocol::encode_session_setup_request(writer, setup);
    });
    const Answer answer = say_(encode_operation(400, body, usual_flags, 81));
    ASSERT_EQ(answer.code(), 1U);
    EXPECT_TRUE(answer.has_flag(op_flag::certify));
    EXPECT_THAT(answer.credential, HasSubstr("HS_SIGNED"));
}

TEST_F(Administration, TheChangeLogSaysWhoDidWhatByWhichWay) {
    ASSERT_EQ(code(create, values_body("88.118.8/LOGGED", {url(1, "l"), admin()})), 1U);
    const std::string log = node().do_run({"log", "--handle", "88.118.8/LOGGED", "--json"});
    EXPECT_THAT(log, HasSubstr("300:0.NA/88.118.8"));
    EXPECT_THAT(log, HasSubstr("create_handle"));
    EXPECT_THAT(log, HasSubstr("\"tcp\""));
}

}  // namespace
}  // namespace idnode::end_to_end
