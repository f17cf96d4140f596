#include <gmock/gmock.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "resolver/webhooks/signature.hpp"
#include "tests/end_to_end/capturing.hpp"
#include "tests/end_to_end/receiver.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* token = "some-shared-secret";

std::optional<unsigned> take(std::size_t, const Received&) { return 200; }

/// Whether a delivery bears the signature that the contract of `webhooks::sign` promises.
bool is_signed(const Received& received) {
    const std::string& header = received.headers.at("gs1-signature");
    const auto time = static_cast<std::uint32_t>(std::stoul(header.substr(2)));
    const auto now = static_cast<std::uint32_t>(std::time(nullptr));
    return time <= now && now - time < 60 &&
           header == resolver::webhooks::sign(token, time, received.headers.at("idnode-delivery"),
                                              received.body);
}

class Subscriptions : public Capturing {
protected:
    void SetUp() override { begin(); }
    void begin(const std::string& more = {}) {
        start("webhooks: {private_destinations: true, retry_seconds_max: 1" + more + "}\n");
        ASSERT_EQ(ask("POST", "/epcis/v2/queries",
                      R"({"name":"shipments","query":{"EQ_bizStep":"shipping"}})")
                      .status,
                  201);
    }
    HttpsAnswer subscribe(const std::string& dest, const std::string& more = R"("stream":true)",
                          const std::string& query = "shipments", const std::string& who = {}) {
        return ask("POST", "/epcis/v2/queries/" + query + "/subscriptions",
                   R"({"dest":")" + dest + R"(","signatureToken":")" + token + "\"," + more + '}',
                   who);
    }
    /// Where the subscription was made.
    std::string do_subscribe(const std::string& dest,
                             const std::string& more = R"("stream":true)") {
        const HttpsAnswer answer = subscribe(dest, more);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.header("location");
    }
    /// The state of a subscription, once `name` of its deliveries has that value at least.
    json::value wait_for(const std::string& location, const char* name, std::int64_t least) {
        const Deadline deadline = deadline_after();
        for (;;) {
            const json::value now = ask("GET", location).json().at("delivery");
            const auto* const value = now.as_object().if_contains(name);
            if ((value && value->to_number<std::int64_t>() >= least) || Clock::now() > deadline)
                return now;
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
    }
};

TEST_F(Subscriptions, TellEachNewEventThatTheQueryFinds) {
    Receiver receiver{take};
    capture(object_event("before"));
    const std::string location = do_subscribe(receiver.url());
    capture(object_event("1") + ',' + object_event("2", "receiving") + ',' + object_event("3"));
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].target, "/hook");
    EXPECT_EQ(received[0].headers.at("content-type"), "application/json");
    EXPECT_TRUE(is_signed(received[0])) << received[0].headers.at("gs1-signature");
    EXPECT_THAT(event_ids(received[0].body), ElementsAre("urn:event:1", "urn:event:3"));
    const json::value document = json::parse(received[0].body);
    EXPECT_EQ(document.at("type").as_string(), "EPCISQueryDocument");
    const json::value& results = document.at("epcisBody").at("queryResults");
    EXPECT_EQ(results.at("queryName").as_string(), "shipments");
    EXPECT_THAT(location, HasSubstr(results.at("subscriptionID").as_string()));
    EXPECT_EQ(wait_for(location, "delivered", 1).at("delivered"), 1);
    EXPECT_TRUE(
        node_.wait_for_metric(R"(idnode_webhook_deliveries_total{outcome="delivered"})", 1));
    EXPECT_EQ(ask("DELETE", location).status, 204);
    EXPECT_EQ(ask("GET", location).status, 404);
    capture(object_event("4"));
    EXPECT_EQ(receiver.wait_for(2, std::chrono::milliseconds{500}).size(), 1U);
}

TEST_F(Subscriptions, GoBackToTheRecordTimeThatIsAskedFor) {
    Receiver receiver{take};
    capture(object_event("before"));
    do_subscribe(receiver.url(), R"("stream":true,"initialRecordTime":"2020-01-01T00:00:00Z")");
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_THAT(event_ids(received[0].body), ElementsAre("urn:event:before"));
}

TEST_F(Subscriptions, TryAgainUntilTheReceiverTakesIt) {
    Receiver receiver{[](std::size_t number, const Received&) { return number < 2 ? 500U : 204U; }};
    const std::string location = do_subscribe(receiver.url());
    capture(object_event("1"));
    const json::value failed = wait_for(location, "failures", 1);
    EXPECT_EQ(failed.at("lastFailure").as_string(), "HTTP status 500");
    capture(object_event("2"));
    const auto received = receiver.wait_for(4);
    ASSERT_EQ(received.size(), 4U);
    for (const std::size_t again : {1U, 2U}) {
        EXPECT_EQ(received[again].headers.at("idnode-delivery"),
                  received[0].headers.at("idnode-delivery"));
        EXPECT_THAT(event_ids(received[again].body), ElementsAre("urn:event:1"));
        EXPECT_TRUE(is_signed(received[again]));
    }
    EXPECT_NE(received[3].headers.at("idnode-delivery"), received[0].headers.at("idnode-delivery"));
    EXPECT_THAT(event_ids(received[3].body), ElementsAre("urn:event:2"));
    EXPECT_EQ(wait_for(location, "delivered", 2).at("failures"), 2);
}

TEST_F(Subscriptions, AreHeldUpByNoReceiverThatNeverAnswers) {
    Receiver silent{[](std::size_t, const Received&) { return std::nullopt; }};
    Receiver prompt{take};
    for (int each = 0; each < 20; ++each) do_subscribe(silent.url());
    const std::string location = do_subscribe(prompt.url());
    capture(object_event("1"));
    EXPECT_FALSE(silent.wait_for(1).empty());
    // All are the operator's, and 127.0.0.1: the silent ones have all of that quarter's places.
    capture(object_event("2"));
    const std::string other = account("other");
    ASSERT_EQ(ask("POST", "/epcis/v2/queries", R"({"name":"other","query":{}})", other).status,
              201);
    Receiver elsewhere{take};
    EXPECT_EQ(subscribe(elsewhere.url("/", "localhost"), R"("stream":true)", "other", other).status,
              201);
    const auto begun = Clock::now();
    capture(object_event("3"), other);
    ASSERT_EQ(elsewhere.wait_for(1).size(), 1U);
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds{5} * patience);
    EXPECT_LE(node_.metric("idnode_webhook_in_flight"), 9);
    EXPECT_GE(node_.metric("idnode_webhook_waiting"), 20);
}

TEST_F(Subscriptions, LoseNothingWhenTheNodeIsKilledInBetween) {
    std::atomic<bool> well{false};
    Receiver receiver{[&](std::size_t, const Received&) { return well ? 200U : 503U; }};
    const std::string location = do_subscribe(receiver.url());
    capture(object_event("1") + ',' + object_event("2"));
    const auto before = receiver.wait_for(1);
    ASSERT_FALSE(before.empty());
    capture(object_event("3"));
    node_.kill();
    const std::size_t tried = receiver.wait_for(0).size();
    well = true;
    restart();
    const auto received = receiver.wait_for(tried + 2);
    ASSERT_GE(received.size(), tried + 2);
    EXPECT_EQ(received[tried].headers.at("idnode-delivery"),
              before[0].headers.at("idnode-delivery"));
    EXPECT_THAT(event_ids(received[tried].body), ElementsAre("urn:event:1", "urn:event:2"));
    EXPECT_THAT(event_ids(received[tried + 1].body), ElementsAre("urn:event:3"));
    wait_for(location, "delivered", 2);
    node_.kill();
    restart();
    EXPECT_EQ(receiver.wait_for(tried + 3, std::chrono::milliseconds{1500}).size(), tried + 2);
}

TEST_F(Subscriptions, SendLessAtOnceToWhomItIsTooMuch) {
    Receiver receiver{[](std::size_t, const Received& received) {
        return event_ids(received.body).size() > 1 ? 413U : 200U;
    }};
    do_subscribe(receiver.url());
    capture(object_event("1") + ',' + object_event("2") + ',' + object_event("3"));
    std::vector<std::string> taken;
    for (const Received& each : receiver.wait_for(4)) {
        const auto ids = event_ids(each.body);
        if (ids.size() == 1) taken.push_back(ids.front());
    }
    EXPECT_THAT(taken, ElementsAre("urn:event:1", "urn:event:2", "urn:event:3"));
}

TEST_F(Subscriptions, RunByScheduleAndReportNothingOnlyWhenAsked) {
    Receiver receiver{take};
    Receiver quiet{take};
    do_subscribe(receiver.url(), R"("schedule":{"second":"[0-59]"},"reportIfEmpty":true)");
    const std::string location =
        do_subscribe(quiet.url(), R"("schedule":{"second":"[0-59]"},"reportIfEmpty":false)");
    const auto empty = receiver.wait_for(2);
    ASSERT_GE(empty.size(), 2U);
    EXPECT_TRUE(event_ids(empty[0].body).empty());
    EXPECT_TRUE(is_signed(empty[0]));
    capture(object_event("1"));
    const auto received = quiet.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_THAT(event_ids(received[0].body), ElementsAre("urn:event:1"));
    EXPECT_THAT(ask("GET", location).body, HasSubstr("nextRunAt"));
}

TEST_F(Subscriptions, TellTheirOwnerOnlyWhatHeMaySee) {
    Receiver receiver{take};
    const std::string firm = account("firm");
    ASSERT_EQ(ask("POST", "/epcis/v2/queries", R"({"name":"mine","query":{}})", firm).status, 201);
    const HttpsAnswer made = subscribe(receiver.url(), R"("stream":true)", "mine", firm);
    ASSERT_EQ(made.status, 201);
    capture(object_event("of-boss"));
    capture(object_event("own"), firm);
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_THAT(event_ids(received[0].body), ElementsAre("urn:event:own"));
    EXPECT_THAT(made.body, Not(HasSubstr(token)));
    EXPECT_EQ(ask("GET", made.header("location"), {}, firm).status, 200);
    const std::string other = account("other");
    EXPECT_EQ(ask("GET", made.header("location"), {}, other).status, 404);
    EXPECT_EQ(ask("DELETE", made.header("location"), {}, other).status, 404);
    // While the account is closed nothing is sent; then everything is.
    EXPECT_EQ(ask("PUT", "/api/v1/accounts/firm",
                  R"({"role":"enterprise_application","prefixes":["88.1"],"enabled":false})")
                  .status,
              200);
    capture(object_event("later"));
    EXPECT_EQ(receiver.wait_for(2, std::chrono::milliseconds{500}).size(), 1U);
    EXPECT_EQ(ask("DELETE", "/epcis/v2/queries/mine").status, 204);
    EXPECT_EQ(ask("GET", made.header("location")).status, 404);
}

TEST_F(Subscriptions, AreRefusedWithTheFieldThatIsWrong) {
    const auto refusal = [&](const std::string& dest, const std::string& more) {
        const HttpsAnswer answer = subscribe(dest, more);
        EXPECT_EQ(answer.status, 400) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr("epcisException:SubscriptionControlsException"));
        return answer.body;
    };
    EXPECT_THAT(refusal("ftp://x/", R"("stream":true)"), HasSubstr("dest"));
    EXPECT_THAT(refusal("http://x/", R"("stream":false)"), HasSubstr("schedule"));
    EXPECT_THAT(refusal("http://x/", R"("stream":true,"schedule":{"hour":"1"})"),
                HasSubstr("schedule"));
    EXPECT_THAT(refusal("http://x/", R"("schedule":{"hour":"24"})"), HasSubstr("0 to 23"));
    EXPECT_THAT(refusal("http://x/", R"("stream":true,"initialRecordTime":"soon")"),
                HasSubstr("initialRecordTime"));
    EXPECT_THAT(refusal("http://x/", R"("stream":true,"more":1)"), HasSubstr("more"));
    EXPECT_EQ(subscribe("http://x/", R"("stream":true)", "nobody").status, 404);
    ask("POST", "/epcis/v2/queries", R"({"name":"few","query":{"maxEventCount":5}})");
    EXPECT_EQ(subscribe("http://x/", R"("stream":true)", "few").status, 400);
}

TEST_F(Subscriptions, SpeakTlsWithWhomTheyTrustAndToNobodyElse) {
    const std::string certificate = node_.directory().file("receiver.pem");
    const std::string key = node_.directory().file("receiver-key.pem");
    make_certificate("localhost", certificate, key);
    EXPECT_EQ(node_.stop(), 0);
    node_.write_config(
        "listen: {https: ['127.0.0.1:0']}\nwebhooks: {private_destinations: true, "
        "trusted_certificates: '" +
        certificate + "'}\n");
    restart();
    Receiver receiver{take, Receiver::Certificate{certificate, key}};
    do_subscribe(receiver.url("/named", "localhost"));
    const std::string misnamed = do_subscribe(receiver.url("/misnamed", "127.0.0.1"));
    capture(object_event("1"));
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].target, "/named");
    EXPECT_THAT(wait_for(misnamed, "failures", 1).at("lastFailure").as_string(),
                HasSubstr("certificate"));
}

class SubscriptionsGivenUpSoon : public Subscriptions {
protected:
    void SetUp() override { begin(", give_up_hours: 0"); }

    /// A subscription to a receiver that is down, and has been told of an event that way.
    std::string make_one_that_is_given_up(const Receiver& receiver) {
        std::string location = do_subscribe(receiver.url());
        capture(object_event("1"));
        wait_for(location, "failures", 1);
        EXPECT_TRUE(node_.wait_for_metric("idnode_webhooks_given_up_total", 1));
        EXPECT_EQ(state_of(location), "given_up");
        capture(object_event("2"));
        return location;
    }
    std::string state_of(const std::string& location) {
        return std::string{ask("GET", location).json().at("delivery").at("state").as_string()};
    }
};

TEST_F(SubscriptionsGivenUpSoon, GoOnWhereTheyStandOnceTheyAreResumed) {
    std::atomic<bool> well{false};
    Receiver receiver{[&](std::size_t, const Received&) { return well ? 200U : 503U; }};
    const std::string location = make_one_that_is_given_up(receiver);
    EXPECT_EQ(node_.stop(), 0);
    restart();
    EXPECT_EQ(receiver.wait_for(2, std::chrono::milliseconds{1000}).size(), 1U);
    well = true;
    EXPECT_EQ(ask("POST", location + "/resume", {}, account("other")).status, 404);
    EXPECT_EQ(ask("POST", location + "/resume").status, 204);
    const auto received = receiver.wait_for(3);
    ASSERT_EQ(received.size(), 3U);
    EXPECT_EQ(received[1].headers.at("idnode-delivery"), received[0].headers.at("idnode-delivery"));
    EXPECT_THAT(event_ids(received[1].body), ElementsAre("urn:event:1"));
    EXPECT_THAT(event_ids(received[2].body), ElementsAre("urn:event:2"));
    wait_for(location, "delivered", 2);
    EXPECT_EQ(state_of(location), "active");
    EXPECT_EQ(ask("POST", location + "/resume").status, 409);
    EXPECT_EQ(ask("POST", "/epcis/v2/queries/shipments/subscriptions/none/resume").status, 404);
}

TEST_F(SubscriptionsGivenUpSoon, AreResumedFromTheCommandLineBesideARunningNode) {
    std::atomic<bool> well{false};
    Receiver receiver{[&](std::size_t, const Received&) { return well ? 200U : 503U; }};
    const std::string location = make_one_that_is_given_up(receiver);
    const std::string id = location.substr(location.rfind('/') + 1);
    EXPECT_THAT(
        node_.do_run({"webhook", "list", "--given-up"}),
        HasSubstr(id + "\tquery\tshipments\tgiven up\t" + receiver.url() + "\tHTTP status 503\n"));
    EXPECT_EQ(node_.run({"webhook", "resume", "none"}).exit_code, 3);
    well = true;
    EXPECT_THAT(node_.do_run({"webhook", "resume", id}), HasSubstr("goes on"));
    EXPECT_EQ(receiver.wait_for(3).size(), 3U);
    wait_for(location, "delivered", 2);
    EXPECT_EQ(node_.do_run({"webhook", "list", "--given-up"}), "");
    EXPECT_THAT(node_.do_run({"webhook", "list", "--json"}),
                HasSubstr(R"("delivery":{"state":"active","delivered":2,"failures":1)"));
    EXPECT_EQ(node_.run({"webhook", "resume", id}).exit_code, 3);
}

class PublicDestinations : public Capturing {
protected:
    void SetUp() override { start(); }
};

TEST_F(PublicDestinations, AreTheOnlyOnesUnlessTheOperatorAllowsOthers) {
    ask("POST", "/epcis/v2/queries", R"({"name":"all","query":{}})");
    const auto subscribe = [&](const std::string& dest) {
        return ask("POST", "/epcis/v2/queries/all/subscriptions",
                   R"({"stream":true,"dest":")" + dest + "\"}");
    };
    for (const char* const host : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"})
        EXPECT_EQ(subscribe("http://" + std::string{host} + "/").status, 400) << host;
    // Where a name leads shows only when something is to be sent there.
    Receiver receiver{take};
    EXPECT_EQ(subscribe(receiver.url("/", "localhost")).status, 201);
    capture(object_event("1"));
    EXPECT_TRUE(
        node_.wait_for_metric(R"(idnode_webhook_deliveries_total{outcome="forbidden"})", 1));
    EXPECT_TRUE(receiver.wait_for(1, std::chrono::milliseconds{100}).empty());
}

}  // namespace
}  // namespace idnode::end_to_end
