#include "resolver/api/authenticator.hpp"

#include <gtest/gtest.h>

#include "protocol/codes/value_type.hpp"
#include "protocol/json/base64.hpp"
#include "tests/resolver/auth/moving_clock.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::api {
namespace {

constexpr std::uint32_t token_seconds = 3600;
const protocol::Reference keeper{.handle = "88.1/KEEPER", .index = 301};

protocol::Record keeper_with(const std::string& secret) {
    return {.handle = keeper.handle,
            .values = {{.index = keeper.index,
                        .permissions = 0b1100,
                        .type = std::string{protocol::value_type::hs_seckey},
                        .data = secret,
                        .references = {}}}};
}

/// Somebody asks over TLS, with what he has put into "Authorization".
class AuthenticatorTest : public ::testing::Test {
protected:
    AuthenticatorTest() {
        keep(account_);
        node_.change({registry::HomePrefix{"88.1"},
                      registry::PutRecord{registry::EncodedRecord{keeper_with("a secret")}}});
    }

    void keep(const Account& account) {
        node_.change(changes_to_keep(account, find_account(snapshot(), account.name)));
    }
    const registry::Snapshot& snapshot() {
        node_.lookup().renew();
        return node_.lookup().snapshot();
    }
    /// 0 when that shows somebody, or asks for nobody; else the status of the refusal.
    unsigned show(const std::string& authorization) {
        call_ = std::make_shared<Call>();
        call_->request.encrypted = true;
        call_->request.add_field("Authorization", authorization);
        unsigned status = 1;
        node_.lookup().renew();
        authenticator_.authenticate(node_.lookup(), call_,
                                    [&](registry::Lookup&, const std::optional<Fault>& fault) {
                                        status = fault ? fault->status : 0;
                                    });
        return status;
    }
    std::string token() { return authenticator_.make_token(account_, token_seconds); }

    Account account_{.name = "firm", .role = Role::enterprise_administrator};
    test::TestNode node_;
    auth::MovingClock clock_;
    test::TempDirectory directory_;
    HttpSessions sessions_{{}, clock_};
    admin::ForeignKeys keys_{{}, clock_};
    admin::Gate gate_{{}, clock_};
    Authenticator authenticator_{TokenKey::load_or_make(directory_.path()),
                                 sessions_,
                                 keys_,
                                 gate_,
                                 clock_,
                                 [](auto) {},
                                 false};
    Pending call_;
};

TEST_F(AuthenticatorTest, TakesATokenUntilTheSecondInWhichItExpires) {
    const std::string bearer = "Bearer " + token();
    EXPECT_EQ(show(bearer), 0U);
    EXPECT_EQ(call_->caller.account->name, "firm");
    EXPECT_FALSE(call_->proof);
    clock_.time += token_seconds - 1;
    EXPECT_EQ(show(bearer), 0U);
    ++clock_.time;
    EXPECT_EQ(show(bearer), 401U);
    EXPECT_FALSE(call_->caller.known());
}

TEST_F(AuthenticatorTest, TakesNoTokenOfAnotherNodeOrOfNoAlgorithm) {
    const test::TempDirectory elsewhere;
    const TokenKey another = TokenKey::load_or_make(elsewhere.path());
    const TokenClaims claims{.user = "firm",
                             .id = "0",
                             .issued = clock_.time,
                             .epoch = account_.token_epoch,
                             .expires = clock_.time + 60};
    EXPECT_EQ(show("Bearer " + another.make(claims)), 401U);
    const std::string good = token();
    const std::string payload = good.substr(good.find('.'), good.rfind('.') - good.find('.') + 1);
    for (const char* const header :
         {R"({"alg":"none","typ":"JWT"})", R"({"alg":"None"})", R"({"alg":"HS512","typ":"JWT"})",
          R"({"typ":"JWT","alg":"HS256"})", "{}", ""})
        for (const std::string& signature : {std::string{}, good.substr(good.rfind('.') + 1)})
            EXPECT_EQ(show("Bearer " + protocol::to_base64url(header) + payload + signature), 401U)
                << header;
    EXPECT_EQ(show("Bearer " + good), 0U);
}

TEST_F(AuthenticatorTest, TakesNoTokenOfAnAccountThatIsClosed) {
    const std::string bearer = "Bearer " + token();
    account_.enabled = false;
    keep(account_);
    EXPECT_EQ(show(bearer), 401U);
}

TEST_F(AuthenticatorTest, KnowsASessionForAsLongAsTheKeyThatProvedIt) {
    const auto with = [](const std::string& secret) {
        return "Basic " + protocol::to_base64("301%3A88.1%2FKEEPER:" + secret);
    };
    EXPECT_EQ(show(with("another")), 401U);
    EXPECT_EQ(show(with("a secret")), 0U);
    ASSERT_TRUE(call_->proof);
    EXPECT_EQ(call_->proof->identity, keeper);
    const HttpSession session = sessions_.open();
    sessions_.prove(session.id, *call_->proof);
    const std::string in_session = R"(Handle version="0", sessionId=")" + session.id + '"';
    EXPECT_EQ(show(in_session), 0U);
    EXPECT_EQ(call_->caller.identity, keeper);
    node_.change({registry::PutRecord{registry::EncodedRecord{keeper_with("a new secret")}}});
    EXPECT_EQ(show(in_session), 0U);
    EXPECT_FALSE(call_->caller.known()) << "he has to prove himself anew";
}

TEST_F(AuthenticatorTest, KnowsNobodyInASessionWhoseAccountIsClosed) {
    account_.identity = keeper;
    keep(account_);
    const HttpSession session = sessions_.open();
    EXPECT_EQ(show("Basic " + protocol::to_base64("301%3A88.1%2FKEEPER:a secret")), 0U);
    EXPECT_EQ(call_->caller.account->name, "firm");
    sessions_.prove(session.id, *call_->proof);
    account_.enabled = false;
    keep(account_);
    EXPECT_EQ(show(R"(Handle version="0", sessionId=")" + session.id + '"'), 401U);
}

}  // namespace
}  // namespace idnode::resolver::api
