#include "resolver/webhooks/hook.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "resolver/webhooks/places.hpp"

namespace idnode::resolver::webhooks {
namespace {

TEST(Hook, ComesBackAsItWasStored) {
    Hook hook{.id = "id-1",
              .name = "my query",
              .account = "firm",
              .identity = "300:88.1/ADMIN",
              .dest = "https://example.org/x",
              .token = "some-token",
              .created = 1'700'000'000'123,
              .start = 17,
              .report_if_empty = true,
              .initial_record_time = -5};
    hook.schedule = Schedule::parse(boost::json::parse(R"({"hour":"1"})")).value();
    const std::string key = key_of(hook);
    const std::string value = "firm\n" + to_json(hook);
    const auto loaded = load_hook(area_of(hook), {key, value});
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(loaded->id, "id-1");
    EXPECT_EQ(loaded->name, "my query");
    EXPECT_EQ(loaded->actor, "firm");
    EXPECT_EQ(to_json(*loaded), to_json(hook));
    EXPECT_FALSE(load_hook(area_of(hook), {key, "firm"}).has_value());
    EXPECT_FALSE(load_hook(area_of(hook), {key, "firm\n{\"created\":\"x\"}"}).has_value());
}

TEST(HookState, ComesBackAsItWasStored) {
    HookState state{
        .position = 9,
        .sequence = 3,
        .delivery = {.id = "id-1.3", .events = {7, 9}, .attempts = 2, .first_attempt = 11},
        .next_attempt = 13,
        .next_run = 14,
        .run_until = 10,
        .run_has_told = true,
        .events_max = 2,
        .last_notified = 15,
        .delivered = 2,
        .failures = 2,
        .last_failure = "HTTP status 500",
        .given_up = true};
    const auto loaded = state_from_json(to_json(state));
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(loaded->delivery.events, state.delivery.events);
    EXPECT_EQ(to_json(*loaded), to_json(state));
    EXPECT_FALSE(state_from_json("{").has_value());
    EXPECT_FALSE(state_from_json(R"({"delivery":{}})").has_value());
}

TEST(HookState, GoesOnWithTheSameDeliveryWhenItIsResumed) {
    HookState state{
        .delivery = {.id = "id-1.3", .events = {7, 9}, .attempts = 2, .first_attempt = 11},
        .next_attempt = 13,
        .given_up = true};
    EXPECT_TRUE(resume(state));
    EXPECT_FALSE(state.given_up);
    EXPECT_EQ(state.next_attempt, 0U);
    EXPECT_EQ(state.delivery.id, "id-1.3");
    EXPECT_EQ(state.delivery.attempts, 0U);
    EXPECT_EQ(state.delivery.first_attempt, 0U) << "the time to give up begins anew";
    EXPECT_FALSE(resume(state));
}

TEST(HookState, GivesUpWhenTheFirstAttemptIsLongEnoughAgo) {
    const RetryLimits limits{.retry_seconds_max = 60, .give_up_hours = 2};
    HookState state{.delivery = {.id = "id-1.1", .events = {1}, .first_attempt = 1000}};
    note_failure(state, "HTTP status 500", 1000, limits);
    EXPECT_EQ(state.next_attempt, 1001U);
    EXPECT_EQ(state.last_failure, "HTTP status 500");
    for (int each = 0; each < 20; ++each) note_failure(state, "silence", 2000, limits);
    EXPECT_EQ(state.next_attempt, 2060U);
    EXPECT_EQ(state.failures, 21U);
    note_failure(state, "silence", 1000 + 7199, limits);
    EXPECT_FALSE(state.given_up);
    note_failure(state, "silence", 1000 + 7200, limits);
    EXPECT_TRUE(state.given_up);
    EXPECT_EQ(state.delivery.id, "id-1.1");  // and can be seen
}

TEST(HookState, HalvesADeliveryUntilOneEventIsLeft) {
    const Hook hook{.id = "id-1"};
    HookState state{.position = 9,
                    .sequence = 1,
                    .delivery = {.id = "id-1.1", .events = {2, 5, 9}, .first_attempt = 7}};
    EXPECT_TRUE(halve_delivery(hook, state));
    EXPECT_EQ(state.delivery.events, std::vector<std::uint64_t>{2});
    EXPECT_EQ(state.delivery.id, "id-1.2");
    EXPECT_EQ(state.delivery.first_attempt, 7U);  // it is given up no later for that
    EXPECT_EQ(state.position, 2U);
    EXPECT_EQ(state.events_max, 1U);
    EXPECT_FALSE(halve_delivery(hook, state));
    EXPECT_EQ(state.delivery.id, "id-1.2");
}

TEST(BackOff, DoublesUpToItsLimit) {
    EXPECT_EQ(back_off_seconds(1, 3600), 1U);
    EXPECT_EQ(back_off_seconds(2, 3600), 2U);
    EXPECT_EQ(back_off_seconds(12, 3600), 2048U);
    EXPECT_EQ(back_off_seconds(13, 3600), 3600U);
    EXPECT_EQ(back_off_seconds(4'000'000'000, 3600), 3600U);
    EXPECT_EQ(back_off_seconds(9, 1), 1U);
}

TEST(Places, LeaveThreeQuartersToOtherOwnersAndHosts) {
    Places places{8};
    auto first = places.take("owner", "a");
    {
        const auto second = places.take("owner", "b");
        EXPECT_TRUE(first && second);
        EXPECT_FALSE(places.take("owner", "c"));
        EXPECT_TRUE(places.take("other", "a"));  // and goes again
        EXPECT_EQ(places.taken(), 2U);
    }
    EXPECT_TRUE(places.take("owner", "c"));
    const auto third = places.take("other", "a");
    EXPECT_FALSE(places.take("another", "a"));
    EXPECT_FALSE(places.full());
    EXPECT_EQ(places.taken(), 2U);
}

TEST(Places, AreFullAtTheirNumber) {
    Places places{2};
    const auto first = places.take("a", "a");
    EXPECT_FALSE(places.take("a", "b"));
    const auto second = places.take("b", "b");
    EXPECT_TRUE(places.full());
    EXPECT_FALSE(places.take("c", "c"));
}

}  // namespace
}  // namespace idnode::resolver::webhooks
