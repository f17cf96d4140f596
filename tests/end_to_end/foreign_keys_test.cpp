#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <future>
#include <set>
#include <thread>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/wire_string.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/key_holder.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Value;
using std::chrono::milliseconds;

constexpr std::uint32_t create = 100;
constexpr std::uint32_t success = 1;
constexpr std::uint32_t busy = 3;
constexpr std::uint32_t invalid_admin = 400;
constexpr std::uint32_t wrong = 403;
constexpr std::uint32_t unable = 406;

const Credentials owner{{"0.NA/88.118.8", 300}, "a secret of the owner"};
const Credentials guest{{"99.1/GUEST", 300}, "a secret of the guest"};

const KeyHolder& rsa() {
    static const KeyHolder holder =
        make_key_holder({"99.1/RSA", 300}, test::bytes_from_hex(test::admin_private_key_file_hex));
    return holder;
}
const KeyHolder& dsa() {
    static const KeyHolder holder = make_key_holder({"99.1/DSA", 7}, test::dsa_key_pem);
    return holder;
}
const KeyHolder& p256() {
    static const KeyHolder holder = make_key_holder({"0.NA/99.1", 300}, test::p256_key_pem);
    return holder;
}
const KeyHolder& sm2() {
    static const KeyHolder holder = make_key_holder({"99.1/SM2", 300}, test::sm2_key_pem);
    return holder;
}
/// His key may be kept for a second only.
const KeyHolder& hasty() {
    static const KeyHolder holder = make_key_holder({"99.1/HASTY", 300}, test::p384_key_pem);
    return holder;
}

/// What a node says of itself, as `idnode prefix delegate --site` takes it.
std::string site_of(const Node& node) {
    const auto said = boost::json::parse(HttpConnection{node.http()}.get("/api/site").body);
    return serialize(said.at("site"));
}

/// Two nodes: `here_` takes administrators of 99.1, whose keys `there_` holds.
class ForeignKeys : public ::testing::Test {
protected:
    ForeignKeys() {
        there_.home("99.1");
        there_.import(to_line("99.1/RSA", {public_key_of(rsa())}) +
                      to_line("99.1/DSA", {public_key_of(dsa())}) +
                      to_line("0.NA/99.1", {public_key_of(p256())}) +
                      to_line("99.1/SM2", {public_key_of(sm2())}) +
                      to_line("99.1/HASTY", {public_key_of(hasty(), 1)}) +
                      to_line("99.1/GUEST", {secret_of(guest)}));
        there_.start();
        here_.home("88.118.8");
        here_.import(to_line("0.NA/88.118.8",
                             {admin_value(100, owner.identity), admin_value(101, rsa().identity),
                              admin_value(102, dsa().identity), admin_value(103, p256().identity),
                              admin_value(104, sm2().identity), admin_value(105, hasty().identity),
                              admin_value(106, guest.identity), secret_of(owner)}));
    }

    /// Starts the node with lines of the section `keys`.
    void start_here(const std::string& keys) {
        here_.write_config("keys: {" + keys + "}\n");
        here_.start();
    }
    /// Starts it so that it asks the other node for 99.1.
    void start_asking(const std::string& more = "") {
        start_here("servers: [\"99.1=" + format(there_.handle()) + "\"]" + more);
    }

    /// Makes a new handle, by a connection of its own.
    template <class Who>
    std::uint32_t make(const Who& who) {
        TcpStream stream{here_.handle()};
        return operate(over(stream), create, new_body(), who).code();
    }
    std::string new_body() {
        const Value url{.index = 1, .type = "URL", .data = "u", .references = {}};
        return values_body("88.118.8/NEW-" + std::to_string(++number_), {url});
    }

    Node there_;
    Node here_;
    std::atomic<int> number_{0};
};

TEST_F(ForeignKeys, OfEveryKindProveAnAdministratorWhomAnotherNodeHolds) {
    start_asking();
    for (const KeyHolder* const holder : {&rsa(), &dsa(), &p256(), &sm2(), &hasty()})
        EXPECT_EQ(make(*holder), success) << holder->identity.handle;
    EXPECT_EQ(make(guest), success);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 6);
}

TEST_F(ForeignKeys, ProveNothingWhenTheyAreWrongOrAbsent) {
    start_asking();
    EXPECT_EQ(make(Credentials{guest.identity, "another secret"}), wrong);
    EXPECT_EQ(make(make_key_holder(rsa().identity, test::p521_key_pem)), wrong);
    EXPECT_EQ(make(make_key_holder(p256().identity, test::p521_key_pem)), wrong);
    EXPECT_EQ(make(make_key_holder({"99.1/NOBODY", 300}, test::p256_key_pem)), invalid_admin);
    EXPECT_EQ(make(make_key_holder({"99.1/SM2", 301}, test::sm2_key_pem)), invalid_admin);
    EXPECT_EQ(make(Credentials{{"99.1/NOBODY", 300}, "x"}), wrong);
    EXPECT_EQ(make(Credentials{{guest.identity.handle, 0}, guest.secret}), invalid_admin);
    EXPECT_EQ(make(make_key_holder({"99.2/RSA", 300}, test::p256_key_pem)), invalid_admin);
    EXPECT_EQ(make(owner), success);
}

TEST_F(ForeignKeys, AreKeptForAsLongAsTheirValuesAllow) {
    start_asking();
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(make(hasty()), success);
    EXPECT_EQ(here_.metric("idnode_key_cache_handles"), 2);
    EXPECT_EQ(there_.stop(), 0);
    std::this_thread::sleep_for(milliseconds{1100});
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(here_.metric("idnode_key_cache_hits_total"), 1);
    EXPECT_EQ(make(hasty()), unable);
    EXPECT_EQ(make(guest), unable);
    EXPECT_EQ(here_.metric("idnode_key_questions_unanswered_total"), 2);
}

TEST_F(ForeignKeys, ProveASessionForAsLongAsTheyMayBeKept) {
    start_asking(", cached_seconds: 2");
    TcpStream stream{here_.handle()};
    const Say say = over(stream);
    for (const bool secret : {true, false}) {
        const protocol::Reference& identity = secret ? guest.identity : sm2().identity;
        Session session{say, identity};
        const auto next = [&] {
            return session.guard(
                encode_operation(create, new_body(), usual_flags, 7, session.id()));
        };
        const std::string first = next();
        const Answer challenged = say(first);
        ASSERT_EQ(challenged.code(), 402U);
        EXPECT_EQ(say(secret ? answer_to_challenge(first, challenged, guest, 8)
                             : answer_to_challenge(first, challenged, sm2(), 8))
                      .code(),
                  success);
        EXPECT_EQ(say(next()).code(), success);
        std::this_thread::sleep_for(milliseconds{2100});
        EXPECT_EQ(say(next()).code(), 402U);
    }
}

TEST_F(ForeignKeys, AreKeptNoLongerThanTheOperatorAllows) {
    start_asking(", cached_seconds: 1");
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(there_.stop(), 0);
    std::this_thread::sleep_for(milliseconds{1100});
    EXPECT_EQ(make(sm2()), unable);
    EXPECT_EQ(here_.metric("idnode_key_cache_handles"), 0);
}

TEST_F(ForeignKeys, AreAskedForEachTimeWhenNoneMayBeKept) {
    start_asking(", cached_max: 0");
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 2);
}

TEST_F(ForeignKeys, OfANodeThatIsSilentHoldUpNobodyElse) {
    const milliseconds timeout{1500 * patience};
    start_asking(", timeout_ms: " + std::to_string(timeout.count()));
    there_.signal(SIGSTOP);
    const auto began = Clock::now();
    std::vector<std::future<std::uint32_t>> waiting;
    for (int each = 0; each < 8; ++each)
        waiting.push_back(std::async(std::launch::async, [&] { return make(guest); }));
    ASSERT_TRUE(here_.wait_for_metric("idnode_key_questions_total", 8));
    for (int each = 0; each < 20; ++each) EXPECT_EQ(make(owner), success);
    EXPECT_EQ(waiting.front().wait_for(milliseconds{0}), std::future_status::timeout);
    for (auto& each : waiting) EXPECT_EQ(each.get(), unable);
    EXPECT_LT(Clock::now() - began, timeout + milliseconds{1000 * patience});
    there_.signal(SIGCONT);
    EXPECT_EQ(make(guest), success);
}

TEST_F(ForeignKeys, AreAskedForByAFewAtOnceOnly) {
    start_asking(", questions_max: 8, timeout_ms: 1500");
    there_.signal(SIGSTOP);
    std::vector<std::future<std::uint32_t>> waiting;
    for (int each = 0; each < 5; ++each)
        waiting.push_back(std::async(std::launch::async, [&] { return make(guest); }));
    std::multiset<std::uint32_t> codes;
    for (auto& each : waiting) codes.insert(each.get());
    EXPECT_EQ(codes.count(busy), 3U);
    EXPECT_EQ(codes.count(unable), 2U);
    EXPECT_EQ(here_.metric("idnode_key_questions_refused_total"), 3);
    there_.signal(SIGCONT);
    EXPECT_EQ(make(guest), success);
}

TEST_F(ForeignKeys, AreAskedForOnceWhenManyWaitForOne) {
    start_asking(", questions_max: 4, timeout_ms: 20000");
    there_.signal(SIGSTOP);
    std::vector<std::future<std::uint32_t>> waiting;
    for (int each = 0; each < 6; ++each)
        waiting.push_back(std::async(std::launch::async, [&] { return make(sm2()); }));
    EXPECT_TRUE(here_.wait_for_metric("idnode_key_questions_total", 1));
    there_.signal(SIGCONT);
    for (auto& each : waiting) EXPECT_EQ(each.get(), success);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 1);
}

TEST_F(ForeignKeys, AreFoundByTheDelegationsOfTheRegistry) {
    here_.do_run({"prefix", "delegate", "99.1", "--to", format(there_.handle())});
    start_here("");
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(make(guest), success);
    // The record of the prefix itself is kept here, and holds no key.
    EXPECT_EQ(make(p256()), invalid_admin);
}

TEST_F(ForeignKeys, OfADelegationWithAKeyAreBelievedOnlyWhenTheAnswerIsSignedWithIt) {
    const std::string own = here_.directory().write("site.json", site_of(there_));
    here_.do_run({"prefix", "delegate", "99.1", "--site", own});
    start_here("");
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(make(guest), success);
    EXPECT_EQ(here_.stop(), 0);

    Node stranger;  // has another key, and says that it sits at the same place
    stranger.start();
    std::string strange = site_of(stranger);
    const auto replace_port = [&](std::uint16_t from, std::uint16_t to) {
        const std::string text = "\"port\":" + std::to_string(from);
        for (auto at = strange.find(text); at != std::string::npos; at = strange.find(text))
            strange.replace(at, text.size(), "\"port\":" + std::to_string(to));
    };
    replace_port(stranger.handle().port, there_.handle().port);
    const std::string other = here_.directory().write("other.json", strange);
    here_.do_run({"prefix", "delegate", "99.1", "--site", other});
    here_.start();
    EXPECT_EQ(make(sm2()), unable);
    EXPECT_EQ(make(guest), unable);
}

TEST_F(ForeignKeys, AndGroupsOfOtherNodesMakeAdministrators) {
    constexpr std::uint32_t list = 105;
    const KeyHolder member = make_key_holder({"99.1/MEMBER", 300}, test::p521_key_pem);
    const auto group = [](std::uint32_t index, const protocol::ReferenceList& members) {
        return Value{.index = index,
                     .type = "HS_VLIST",
                     .data = protocol::encode_reference_list(members),
                     .references = {}};
    };
    EXPECT_EQ(there_.stop(), 0);
    there_.import(to_line("99.1/MEMBER", {public_key_of(member)}) +
                  to_line("99.1/INNER", {group(200, {member.identity})}) +
                  to_line("99.1/OUTER", {group(200, {{"99.1/INNER", 200}})}));
    there_.start();
    here_.import(
        to_line("0.NA/88.118.8", {admin_value(100, owner.identity),
                                  admin_value(101, {"99.1/OUTER", 200}), secret_of(owner)}));
    start_asking();
    EXPECT_EQ(make(member), success);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 3);
    TcpStream stream{here_.handle()};
    const std::string prefix = handle_body("0.NA/88.118.8");
    EXPECT_EQ(operate(over(stream), list, prefix, member).code(), success);
    EXPECT_EQ(make(sm2()), 401U);
    EXPECT_EQ(there_.stop(), 0);
    EXPECT_EQ(make(member), success);  // all is kept
}

TEST_F(ForeignKeys, AreFoundByOneReferral) {
    Node upper;
    upper.do_run({"prefix", "delegate", "99.1", "--to", format(there_.handle())});
    upper.start();
    start_here("servers: [\"*=" + format(upper.handle()) + "\"]");
    EXPECT_EQ(make(sm2()), success);
    EXPECT_EQ(here_.stop(), 0);

    Node above;
    above.do_run({"prefix", "delegate", "99.1", "--to", format(upper.handle())});
    above.start();
    start_here("servers: [\"*=" + format(above.handle()) + "\"]");
    EXPECT_EQ(make(sm2()), invalid_admin);
}

TEST_F(ForeignKeys, AreNeverAskedOfTheNodeItself) {
    start_here("");
    const std::string self = format(here_.handle());
    EXPECT_EQ(here_.stop(), 0);
    here_.write_config("keys: {servers: [\"*=" + self + "\"]}\n");
    here_.start({.handle = {self}});
    EXPECT_EQ(make(sm2()), invalid_admin);
    EXPECT_EQ(make(guest), invalid_admin);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 0);
}

TEST_F(ForeignKeys, AreAskedForByNobodyWhoIsAskedHimself) {
    start_asking();
    const std::string nonce(protocol::nonce_size, 'n');
    const std::string digest(32, 'd');
    protocol::WireString body;
    body.text(guest.identity.handle);
    body.integer(guest.identity.index);
    body.text(nonce);
    body.integer(static_cast<std::uint8_t>(protocol::DigestAlgorithm::sha256));
    body.raw(protocol::bytes_of(digest));
    body.text("\x03" + std::string(32, 's'));
    TcpStream stream{here_.handle()};
    constexpr std::uint32_t verify_challenge = 201;
    const Answer answer =
        over(stream)(encode_operation(verify_challenge, body.take(), usual_flags, 1));
    EXPECT_EQ(answer.code(), success);
    EXPECT_EQ(answer.body, std::string(1, '\0'));
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
