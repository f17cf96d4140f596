#include <gmock/gmock.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <ctime>
#include <set>
#include <thread>

#include "protocol/json/time_text.hpp"
#include "registry/entries.hpp"
#include "tests/end_to_end/capturing.hpp"
#include "tests/end_to_end/patience.hpp"
#include "tests/end_to_end/receiver.hpp"
#include "tests/end_to_end/registry_state.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::optional<unsigned> take(std::size_t, const Received&) { return 200; }

std::vector<std::string> joined_in(const Received& received) {
    std::vector<std::string> ids;
    const json::value body = json::parse(received.body);
    for (const json::value& each : body.at("joined").as_array())
        ids.emplace_back(each.at("id").as_string());
    return ids;
}

class StandingRecalls : public Capturing {
protected:
    void SetUp() override {
        start(
            "webhooks: {private_destinations: true, retry_seconds_max: 1}\n"
            "recalls: {things_max: 3000}\n");
    }
    HttpsAnswer make(const std::string& dest, const std::string& more = {},
                     const std::string& who = {}) {
        return ask("POST", "/api/v1/recalls",
                   R"({"name":"bad heat","identifiers":["urn:x:heat"],"signatureToken":)"
                   R"("some-shared-secret","dest":")" +
                       dest + '"' + more + '}',
                   who);
    }
    std::int64_t count_of(const HttpsAnswer& answer) {
        return answer.json().at("count").to_number<std::int64_t>();
    }
};

TEST_F(StandingRecalls, TellWhatALaterEventBringsIn) {
    Receiver receiver{take};
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"));
    const HttpsAnswer made = make(receiver.url("/recall"));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(count_of(made), 1);
    EXPECT_THAT(made.body, Not(HasSubstr("some-shared-secret")));
    capture(transformation("of-others", R"("urn:x:a")", R"("urn:x:b")"));
    capture(transformation("2", R"("urn:x:coil")", R"("urn:x:part1","urn:x:part2")"));
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].target, "/recall");
    EXPECT_THAT(joined_in(received[0]), UnorderedElementsAre("urn:x:part1", "urn:x:part2"));
    const json::value body = json::parse(received[0].body);
    EXPECT_EQ(body.at("name").as_string(), "bad heat");
    EXPECT_EQ(body.at("eventIDs"), json::parse(R"(["urn:event:2"])"));
    EXPECT_THAT(received[0].headers.at("gs1-signature"), HasSubstr("v1="));
    const std::string location = made.header("location");
    EXPECT_EQ(count_of(ask("GET", location)), 3);
    EXPECT_EQ(ask("GET", "/api/v1/recalls").json().at("recalls").as_array().size(), 1U);
    EXPECT_EQ(ask("DELETE", location).status, 204);
    EXPECT_EQ(ask("GET", location).status, 404);
}

TEST_F(StandingRecalls, TellWhatWasConnectedBeforeAndIsReachedOnlyNow) {
    Receiver receiver{take};
    capture(transformation("1", R"("urn:x:coil")", R"("urn:x:part")") + ',' +
            transformation("2", R"("urn:x:part")", R"("urn:x:car")"));
    ASSERT_EQ(count_of(make(receiver.url())), 0);  // the heat is not known yet
    capture(transformation("3", R"("urn:x:heat")", R"("urn:x:coil")"));
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    // The parts were made at the moment at which the coil was: they have something of it.
    EXPECT_THAT(joined_in(received[0]),
                UnorderedElementsAre("urn:x:coil", "urn:x:part", "urn:x:car"));
    EXPECT_EQ(json::parse(received[0].body).at("eventIDs"), json::parse(R"(["urn:event:3"])"));
}

TEST_F(StandingRecalls, KeepToTheirFiltersAndTellNothingTwice) {
    Receiver receiver{take};
    ASSERT_EQ(make(receiver.url(), R"(,"product":"(01)04012345123456")").status, 201);
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"));
    const std::string part = R"("https://id.gs1.org/01/04012345123456/21/S1")";
    capture(transformation("2", R"("urn:x:coil")", part));
    ASSERT_EQ(receiver.wait_for(1).size(), 1U);
    capture(transformation("3", R"("urn:x:heat")", part));
    capture(
        transformation("4", R"("urn:x:coil")", R"("https://id.gs1.org/01/04012345123456/21/S2")"));
    const auto received = receiver.wait_for(2);
    ASSERT_EQ(received.size(), 2U);
    EXPECT_THAT(joined_in(received[0]), ElementsAre(HasSubstr("S1")));
    EXPECT_THAT(joined_in(received[1]), ElementsAre(HasSubstr("S2")));
}

TEST_F(StandingRecalls, SurviveAReceiverThatIsDownAndANodeThatIsKilled) {
    std::atomic<bool> well{false};
    Receiver receiver{[&](std::size_t, const Received&) { return well ? 200U : 500U; }};
    ASSERT_EQ(make(receiver.url()).status, 201);
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"));
    const auto before = receiver.wait_for(1);
    ASSERT_FALSE(before.empty());
    capture(transformation("2", R"("urn:x:coil")", R"("urn:x:part")"));
    node_.kill();
    const std::size_t tried = receiver.wait_for(0).size();
    well = true;
    restart();
    const auto received = receiver.wait_for(tried + 2);
    ASSERT_GE(received.size(), tried + 2);
    EXPECT_EQ(received[tried].headers.at("idnode-delivery"),
              before[0].headers.at("idnode-delivery"));
    EXPECT_THAT(joined_in(received[tried]), ElementsAre("urn:x:coil"));
    EXPECT_THAT(joined_in(received[tried + 1]), ElementsAre("urn:x:part"));
}

TEST_F(StandingRecalls, TellOnceOfRecordsThatReferToWhatIsAffected) {
    const auto refer = [&](const std::string& handle, const std::string& to) {
        node_.import(R"({"handle":")" + handle + R"(","values":[{"index":1,"type":"REF.HEAT",)" +
                     R"("data":{"format":"string","value":")" + to + R"("}}]})" + '\n');
    };
    Receiver receiver{take};
    refer("88.1/before", "urn:x:heat");
    ASSERT_EQ(make(receiver.url()).status, 201);
    refer("88.1/of-others", "urn:x:other");
    refer("88.1/part", "urn:x:heat");
    const auto first = receiver.wait_for(1);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_THAT(joined_in(first[0]), ElementsAre("88.1/part"));
    EXPECT_EQ(json::parse(first[0].body).at("recordIDs"), json::parse(R"(["88.1/part"])"));
    node_.kill();
    refer("88.1/part", "urn:x:other");
    refer("88.1/part", "urn:x:heat");
    refer("88.1/car", "88.1/part");
    restart();
    const auto received = receiver.wait_for(2);
    ASSERT_GE(received.size(), 2U);
    EXPECT_THAT(joined_in(received.back()), ElementsAre("88.1/car"));
    EXPECT_EQ(receiver.wait_for(received.size() + 1, std::chrono::milliseconds{1000}).size(),
              received.size());
}

TEST_F(StandingRecalls, TellMoreThanOneDeliveryHoldsInSeveral) {
    Receiver receiver{take};
    ASSERT_EQ(make(receiver.url()).status, 201);
    std::string parts;
    for (int at = 0; at < 2500; ++at)
        parts += (at ? ",\"" : "\"") + std::string{"urn:x:part"} + std::to_string(at) + '"';
    capture(transformation("1", R"("urn:x:heat")", parts));
    std::set<std::string> told;
    std::size_t in_all = 0;
    for (const Received& each : receiver.wait_for(3))
        for (std::string& id : joined_in(each)) {
            told.insert(std::move(id));
            ++in_all;
        }
    EXPECT_EQ(told.size(), 2500U);
    EXPECT_EQ(in_all, 2500U);
}

TEST_F(StandingRecalls, AreRefusedWhereTheyAreWrongOrTooLarge) {
    EXPECT_EQ(make("ftp://x/").status, 400);
    EXPECT_THAT(make("http://x/", R"(,"direction":"left")").body, HasSubstr("direction"));
    EXPECT_THAT(make("http://x/", R"(,"more":1)").body, HasSubstr("more"));
    EXPECT_EQ(ask("POST", "/api/v1/recalls", R"({"name":"x","dest":"http://x/"})").status, 400);
    EXPECT_EQ(ask("POST", "/api/v1/recalls", "[]").status, 400);
    const std::string auditor = account("auditor", "auditor");
    EXPECT_EQ(make("http://x/", {}, auditor).status, 403);
    std::string parts;
    for (int at = 0; at < 3100; ++at)
        parts += (at ? ",\"" : "\"") + std::string{"urn:x:part"} + std::to_string(at) + '"';
    capture(transformation("1", R"("urn:x:heat")", parts));
    EXPECT_EQ(make("http://x/").status, 413);
}

TEST_F(StandingRecalls, ShowTheirOwnerOnlyWhatHeMaySee) {
    Receiver receiver{take};
    const std::string firm = account("firm");
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"), firm);
    const HttpsAnswer made = make(receiver.url(), {}, firm);
    ASSERT_EQ(made.status, 201) << made.body;
    capture(transformation("2", R"("urn:x:coil")", R"("urn:x:secret")"));
    const auto received = receiver.wait_for(1);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_THAT(joined_in(received[0]), ElementsAre(HasSubstr("hidden:")));
    EXPECT_THAT(received[0].body, Not(HasSubstr("secret")));
    EXPECT_EQ(json::parse(received[0].body).at("eventIDs"), json::array{});
    EXPECT_EQ(ask("GET", made.header("location"), {}, account("other")).status, 404);
}

/// What was seen when it joined may not be any more when the receiver is there at last.
TEST_F(StandingRecalls, NameNothingThatWasCutBeforeItWasDelivered) {
    std::atomic<bool> well{false};
    Receiver receiver{[&](std::size_t, const Received&) { return well ? 200U : 500U; }};
    const std::string firm = account("firm");
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"), firm);
    ASSERT_EQ(make(receiver.url(), {}, firm).status, 201);
    capture(transformation("2", R"("urn:x:coil")", R"("urn:x:secret")"));
    ASSERT_FALSE(receiver.wait_for(1).empty());
    ASSERT_EQ(ask("PUT", "/api/v1/visibility/*", R"({"hidden":"cut"})").status, 200);
    const std::size_t before = receiver.wait_for(0).size();
    well = true;
    capture(transformation("3", R"("urn:x:coil")", R"("urn:x:own")"), firm);
    const auto received = receiver.wait_for(before + 1);
    ASSERT_GT(received.size(), before);
    EXPECT_THAT(joined_in(received.back()), ElementsAre("urn:x:own"));
    for (const Received& each : received) EXPECT_THAT(each.body, Not(HasSubstr("secret")));
}

TEST_F(StandingRecalls, ShowNothingMoreByAGrantThatHasExpired) {
    Receiver receiver{take};
    node_.home("88.2");
    const std::string firm = account("firm");
    const auto until = protocol::format_time(static_cast<std::uint32_t>(std::time(nullptr)) + 4);
    ASSERT_EQ(ask("POST", "/api/v1/grants",
                  R"({"prefix":"88.2","grantee":"account:firm","item":"TRACE","right":"view",)"
                  R"("expires":")" +
                      until + R"("})")
                  .status,
              201);
    capture(transformation("1", R"("urn:x:heat")", R"("hdl:88.2/first")"));
    ASSERT_EQ(make(receiver.url(), {}, firm).status, 201);
    capture(transformation("2", R"("hdl:88.2/first")", R"("hdl:88.2/granted")"));
    ASSERT_THAT(joined_in(receiver.wait_for(1).at(0)), ElementsAre("hdl:88.2/granted"));
    std::this_thread::sleep_for(std::chrono::seconds{6});
    capture(transformation("3", R"("hdl:88.2/first")", R"("hdl:88.2/late")"));
    const auto received = receiver.wait_for(2);
    ASSERT_EQ(received.size(), 2U);
    EXPECT_THAT(joined_in(received[1]), ElementsAre(HasSubstr("hidden:")));
}

/// Recalls of which something is kept.
std::set<std::string> recalls_with_members(const Node& node) {
    constexpr std::size_t id_size = 36;
    const registry::Store store{node.data(), registry::Store::Access::read, map_of_tests};
    const registry::Snapshot snapshot{store};
    std::set<std::string> recalls;
    registry::EntryCursor cursor{snapshot, registry::Area::recall_members};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next())
        recalls.emplace(entry->key.substr(0, id_size));
    return recalls;
}

class FewRecalls : public StandingRecalls {
protected:
    void SetUp() override { start("webhooks: {private_destinations: true, per_owner_max: 1}\n"); }
};

/// Nor do those that were written before it was seen that another had come first.
TEST_F(FewRecalls, LeaveNothingInTheRegistryWhenTheyAreTooMany) {
    capture(transformation("1", R"("urn:x:heat")", R"("urn:x:coil")"));
    std::atomic<int> made{0};
    {
        std::vector<std::jthread> clients;
        for (int each = 0; each < 8; ++each)
            clients.emplace_back([&] {
                const int status = make("http://127.0.0.1:1/").status;
                EXPECT_TRUE(status == 201 || status == 403) << status;
                made += status == 201 ? 1 : 0;
            });
    }
    EXPECT_EQ(made, 1);
    const auto deadline = deadline_after();
    while (recalls_with_members(node_).size() > 1 && milliseconds_until(deadline) > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    EXPECT_EQ(recalls_with_members(node_).size(), 1U);
    EXPECT_EQ(make("http://127.0.0.1:1/").status, 403);
    EXPECT_EQ(recalls_with_members(node_).size(), 1U);
}

}  // namespace
}  // namespace idnode::end_to_end
