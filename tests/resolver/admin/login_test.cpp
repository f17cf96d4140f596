#include "resolver/admin/login.hpp"

#include <gtest/gtest.h>

#include <future>

#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/admin/pool.hpp"
#include "resolver/client/handle_client.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::bytes_of;
using protocol::Reference;
using protocol::ResponseCode;

constexpr std::uint32_t lasts_seconds = 3600;
const Reference factory{"88.1/FACTORY", 300};

/// A login of somebody who may list the handles of 88.1, at any age, and what it is worth.
class LoginTest : public ::testing::Test {
protected:
    LoginTest() {
        const protocol::Record prefix{.handle = "0.NA/88.1",
                                      .values = {{.index = 100,
                                                  .type = "HS_ADMIN",
                                                  .data = protocol::encode_admin({0x0fff, factory}),
                                                  .references = {}}}};
        node_.change(
            {registry::HomePrefix{"88.1"}, registry::PutRecord{registry::EncodedRecord{prefix}}});
        put_key("a secret");
        config_.administration_session_seconds = lasts_seconds;
        config_.data_directory = directory_.path();
        pool_ = std::make_unique<Pool>(node_.store(), clock_, config_, statistics_);
        allow(true);
    }

    void put_key(std::string secret) {
        const protocol::Record record{.handle = factory.handle,
                                      .values = {{.index = factory.index,
                                                  .type = "HS_SECKEY",
                                                  .data = std::move(secret),
                                                  .references = {}}}};
        node_.change({registry::PutRecord{registry::EncodedRecord{record}}});
    }
    void allow(bool industrial_login) {
        pool_->set_context({.site = {},
                            .identity = {},
                            .administers = true,
                            .industrial_login = industrial_login});
    }
    ResponseCode list(const std::shared_ptr<Login>& login) {
        protocol::WireString body;
        body.text("0.NA/88.1");
        const auto request = encode_request(protocol::OpCode::list_handles, 0, body.take(), 1);
        std::promise<std::string> answer;
        pool_->submit(std::string{protocol::text_of(request)},
                      {.transport = registry::Transport::tcp, .source = {}, .login = login},
                      [&](Answers answers) { answer.set_value(answers.front()); });
        const std::string octets = answer.get_future().get();
        return protocol::decode_message(bytes_of(octets))->header.response_code;
    }
    static std::shared_ptr<Login> login_of_age(std::uint32_t seconds) {
        return std::make_shared<Login>(Login{
            .begun = true,
            .proof = auth::Proof{.identity = factory,
                                 .key = auth::digest_of_key("HS_SECKEY", bytes_of("a secret")),
                                 .time = test::some_time - seconds}});
    }

    test::TestNode node_;
    test::FixedClock clock_;
    test::TempDirectory directory_;
    Config config_;
    statistics::Statistics statistics_{node_.store(), clock_, {.enabled = false}};
    std::unique_ptr<Pool> pool_;
};

TEST_F(LoginTest, CountsForItsTimeAndIsAskedForAgainThen) {
    EXPECT_EQ(list(login_of_age(0)), ResponseCode::success);
    EXPECT_EQ(list(login_of_age(lasts_seconds - 1)), ResponseCode::success);
    EXPECT_EQ(list(login_of_age(lasts_seconds)), ResponseCode::login_again);
}

TEST_F(LoginTest, IsAskedForAgainWhenTheClockWasSetBack) {
    EXPECT_EQ(list(login_of_age(std::uint32_t(0) - 1)), ResponseCode::login_again);
}

TEST_F(LoginTest, IsAskedForAgainWhenTheKeyIsAnotherOrGone) {
    put_key("a new secret");
    EXPECT_EQ(list(login_of_age(0)), ResponseCode::login_again);
    put_key("a secret");
    EXPECT_EQ(list(login_of_age(0)), ResponseCode::success);
    node_.change({registry::RemoveRecord{factory.handle}});
    EXPECT_EQ(list(login_of_age(0)), ResponseCode::login_again);
}

TEST_F(LoginTest, IsAskedForFirstWhereItHasOnlyBegun) {
    EXPECT_EQ(list(std::make_shared<Login>(Login{.begun = true, .proof = {}})),
              ResponseCode::login_first);
    EXPECT_EQ(list(std::make_shared<Login>()), ResponseCode::authentication_needed);
    EXPECT_EQ(list(nullptr), ResponseCode::authentication_needed);
}

TEST_F(LoginTest, CountsForNothingOnceItIsForbidden) {
    allow(false);
    EXPECT_NE(list(login_of_age(0)), ResponseCode::success);
}

}  // namespace
}  // namespace idnode::resolver::admin
