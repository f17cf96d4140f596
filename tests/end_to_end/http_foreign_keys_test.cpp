#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <thread>

#include "tests/end_to_end/http_identity.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using std::chrono::milliseconds;

const Credentials guest{{"99.1/GUEST", 301}, "a secret of the guest"};
const Credentials owner{{"0.NA/88.1", 301}, "a secret of the owner"};

/// Two nodes: `here_` takes administrators of 99.1 over HTTPS, whose keys `there_` holds.
class HttpForeignKeys : public ::testing::Test {
protected:
    HttpForeignKeys() {
        make_certificate("300:99.1/KEY", certificate_file(), key_file());
        there_.home("99.1");
        there_.import(to_line("99.1/KEY", {public_key_of(holder())}) +
                      to_line("99.1/GUEST", {secret_of(guest)}));
        there_.start();
        here_.home("88.1");
        here_.import(to_line("0.NA/88.1",
                             {admin_value(100, {"99.1/KEY", 300}), admin_value(101, guest.identity),
                              admin_value(102, owner.identity), secret_of(owner)}));
    }
    void TearDown() override { EXPECT_EQ(here_.stop(), 0); }

    void start(const std::string& more = {}) {
        here_.write_config(
            "listen: {https: ['127.0.0.1:0']}\nadministration: {threads: 1}\n"
            "stop_timeout_seconds: 1\n" +
            ("keys: {servers: [\"99.1=" + format(there_.handle()) + "\"]" + more) + "}\n");
        here_.start();
    }
    std::string certificate_file() const { return there_.directory().file("client.pem"); }
    std::string key_file() const { return there_.directory().file("client-key.pem"); }
    KeyHolder holder() const { return make_key_holder({"99.1/KEY", 300}, read_file(key_file())); }

    /// Makes a new handle over a connection of its own; the status.
    int make(const std::string& authorization) {
        HttpsConnection https{here_.https()};
        return put_url(https, new_handle(), authorization);
    }
    int make_by_key(const KeyHolder& holder) {
        HttpsConnection https{here_.https()};
        const HttpChallenge challenge = challenge_over(https);
        return put_url(https, new_handle(), by_public_key(challenge, holder));
    }
    int make_by_secret(const Credentials& who, std::string_view nonce = client_nonce) {
        HttpsConnection https{here_.https()};
        const HttpChallenge challenge = challenge_over(https);
        return put_url(https, new_handle(), by_secret_key(challenge, who, nonce));
    }
    int make_by_certificate() {
        HttpsConnection https{here_.https(),
                              {.certificate_file = certificate_file(), .key_file = key_file()}};
        return put_url(https, new_handle(), by_certificate);
    }
    std::string new_handle() { return "88.1/NEW-" + std::to_string(++number_); }

    Node there_;
    Node here_;
    std::atomic<int> number_{0};
};

TEST_F(HttpForeignKeys, ProveAnAdministratorWhicheverWayHeShowsThem) {
    start();
    EXPECT_EQ(make_by_key(holder()), 201);
    EXPECT_EQ(make_by_certificate(), 201);
    EXPECT_EQ(make(by_password(guest)), 201);
    EXPECT_EQ(make_by_secret(guest), 201);
    EXPECT_EQ(make_by_secret(guest, std::string(32, 'n')), 201);
    EXPECT_EQ(here_.metric("idnode_key_questions_total"), 4) << "the public key is kept";
    HttpsConnection https{here_.https()};
    const std::string rows =
        R"({"handle":"88.1/ROW","values":[{"index":1,"type":"URL","data":"u"}]})"
        "\n";
    const HttpsAnswer batch = https.ask({.method = "POST",
                                         .target = "/api/v1/identifiers:batch",
                                         .headers = {"Authorization: " + by_password(guest)},
                                         .body = rows});
    EXPECT_EQ(batch.status, 200);
    EXPECT_NE(batch.body.find(R"("status":"created")"), std::string::npos) << batch.body;
}

TEST_F(HttpForeignKeys, ProveNothingWhenTheyAreWrongOrAbsent) {
    start();
    EXPECT_EQ(make(by_password({guest.identity, "another secret"})), 401);
    EXPECT_EQ(make(by_password({{"99.1/NOBODY", 301}, "x"})), 401);
    EXPECT_EQ(make(by_password({{"99.2/GUEST", 301}, "x"})), 401);
    EXPECT_EQ(make_by_secret({guest.identity, "another secret"}), 401);
    EXPECT_EQ(make_by_secret(guest, "a nonce that is no digest"), 401);
    const KeyHolder before = holder();
    const KeyHolder elsewhere = make_key_holder({"99.1/KEY", 7}, read_file(key_file()));
    make_certificate("300:99.1/KEY", certificate_file(), key_file());  // with another key
    EXPECT_EQ(make_by_key(holder()), 401);
    EXPECT_EQ(make_by_certificate(), 401);
    EXPECT_EQ(make_by_key(elsewhere), 401);
    EXPECT_EQ(make_by_key(before), 201);
    EXPECT_EQ(make(by_password(owner)), 201);
}

TEST_F(HttpForeignKeys, ProveASessionForAsLongAsTheyMayBeKept) {
    start(", cached_seconds: 2");
    HttpsConnection https{here_.https()};
    const HttpChallenge session = challenge_over(https);
    EXPECT_EQ(put_url(https, new_handle(), by_public_key(session, holder())), 201);
    EXPECT_EQ(put_url(https, new_handle(), in_session(session)), 201);
    std::this_thread::sleep_for(milliseconds{2100});
    EXPECT_EQ(put_url(https, new_handle(), in_session(session)), 401);
}

TEST_F(HttpForeignKeys, OfANodeThatIsSilentHoldUpNobodyElse) {
    const milliseconds timeout{1500 * patience};
    start(", questions_max: 8, timeout_ms: " + std::to_string(timeout.count()));
    there_.signal(SIGSTOP);
    std::vector<std::future<int>> waiting;
    for (int each = 0; each < 2; ++each)
        waiting.push_back(std::async(std::launch::async, [&] { return make(by_password(guest)); }));
    ASSERT_TRUE(here_.wait_for_metric("idnode_key_questions_total", 2));
    EXPECT_EQ(make(by_password(guest)), 503) << "no more than a quarter of them to one server";
    for (int each = 0; each < 20; ++each) EXPECT_EQ(make(by_password(owner)), 201);
    HttpsConnection https{here_.https()};
    EXPECT_EQ(https.ask({.target = "/api/handles/0.NA/88.1"}).status, 200);
    EXPECT_EQ(waiting.front().wait_for(milliseconds{0}), std::future_status::timeout);
    for (auto& each : waiting) EXPECT_EQ(each.get(), 503);
    there_.signal(SIGCONT);
    EXPECT_EQ(make(by_password(guest)), 201);
}

TEST_F(HttpForeignKeys, ThatAreWaitedForHoldUpNeitherTheEndOfTheNodeNorOfTheConnection) {
    start(", timeout_ms: 20000");
    there_.signal(SIGSTOP);
    {
        HttpsConnection leaver{here_.https()};
        leaver.stream().send("PUT /api/handles/88.1/X HTTP/1.1\r\nHost: a\r\nAuthorization: " +
                             by_password(guest) + "\r\nContent-Length: 0\r\n\r\n");
        ASSERT_TRUE(here_.wait_for_metric("idnode_key_questions_total", 1));
    }
    EXPECT_EQ(make(by_password(owner)), 201);
    const auto begun = Clock::now();
    EXPECT_EQ(here_.stop(), 0);
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds{10} * patience);
    there_.signal(SIGCONT);
    here_.start();
}

}  // namespace
}  // namespace idnode::end_to_end
