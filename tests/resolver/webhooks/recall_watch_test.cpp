#include "resolver/webhooks/recall_watch.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>

#include "protocol/epcis/event.hpp"
#include "resolver/trace/event_mapping.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver::webhooks {
namespace {

/// A registry that events come into, and a standing recall of urn:x:0.
class Watching {
public:
    Watching() {
        recall_.id = "00000000-0000-0000-0000-000000000001";
        recall_.query = std::get<RecallQuery>(
            read_recall(boost::json::parse(R"({"identifiers":["urn:x:0"]})")));
        test::commit(store_, {test::home("88.1")});
        recall_.caller.account = api::Account{.name = "boss", .role = api::Role::operator_};
    }

    void capture(const std::string& json) {
        auto document = protocol::epcis::read_document(boost::json::parse(json));
        ASSERT_TRUE(document && document->faults.empty()) << json;
        std::vector<registry::trace::StoredEvent> events;
        for (auto& [place, event] : document->events)
            events.push_back(*map_event(std::move(event), 1'800'000'000'000));
        const registry::Decide decide = [&](const registry::WriteView& view) -> registry::Decision {
            registry::ChangeSet set{.changes = {}, .origin = {}};
            registry::trace::capture(view, events, {.actor = "boss"}, set.changes);
            return set;
        };
        const registry::Decide* const job = &decide;
        registry::Writer{store_}.commit(std::span{&job, 1}, 1);
    }
    /// Registers a record that refers to something.
    void refer(const std::string& handle, const std::string& to) {
        test::commit(
            store_,
            {test::put(
                {.handle = handle,
                 .values = {{.index = 1, .type = "REF.HEAT", .data = to, .references = {}}}})});
    }
    /// What joined since the last look, which is told and so kept.
    std::vector<std::string> look() {
        std::vector<std::string> told;
        Joined joined;
        do {
            lookup_.renew();
            joined = watch_.look(lookup_, recall_, position_, joined.more);
            position_ = joined.through;
            walks_ += joined.walked;
            for (const JoinedThing& each : joined.things) told.push_back(each.id);
            records_.insert(joined.records.begin(), joined.records.end());
            if (!joined.members.empty()) registry::Writer{store_}.commit(joined.members, 1);
        } while (joined.more);
        return told;
    }
    /// What `POST /api/v1/recall` would answer now.
    std::set<std::string> affected() {
        lookup_.renew();
        std::set<std::string> ids;
        const Trace reached = run_trace(lookup_, recall_.query.options, recall_.caller);
        for_each_named(
            lookup_, reached, find_affected(lookup_, recall_.query, reached, recall_.caller),
            [&](const TraceNode&, const NamedThing& thing) { ids.emplace(thing.canonical); });
        return ids;
    }
    int walks() const noexcept { return walks_; }
    /// The records by which anything has joined so far.
    const std::set<std::string>& records() const noexcept { return records_; }
    void forget_changes() { registry::Writer{store_}.prune_changes(UINT32_MAX, UINT64_MAX); }

private:
    test::TempDirectory directory_;
    registry::Store store_{directory_.path(), registry::Store::Access::write_or_create};
    registry::Lookup lookup_{store_};
    RecallWatch watch_;
    WatchedRecall recall_;
    Seen position_;
    std::set<std::string> records_;
    int walks_ = 0;
};

std::string thing(unsigned number) { return "\"urn:x:" + std::to_string(number) + '"'; }

std::string event(const std::string& type, unsigned day, const std::string& rest) {
    const std::string two = (day < 10 ? "0" : "") + std::to_string(day);
    return R"({"type":")" + type + R"(","eventTime":"2026-01-)" + two +
           R"(T00:00:00Z","eventTimeZoneOffset":"+00:00",)" + rest + '}';
}

std::string made(unsigned day, unsigned from, unsigned to) {
    return event("TransformationEvent", day,
                 R"("inputEPCList":[)" + thing(from) + R"(],"outputEPCList":[)" + thing(to) + ']');
}

TEST(RecallWatch, WalksOnlyWhenWhatWasReachedIsTouched) {
    Watching watching;
    watching.capture(made(1, 5, 6));
    EXPECT_TRUE(watching.look().empty());
    EXPECT_EQ(watching.walks(), 0);
    watching.capture(made(1, 0, 5));
    EXPECT_EQ(watching.look(), (std::vector<std::string>{"urn:x:5", "urn:x:6"}));
    watching.capture(made(2, 7, 8));
    EXPECT_TRUE(watching.look().empty());
    EXPECT_EQ(watching.walks(), 1);
    watching.capture(made(2, 6, 7));
    EXPECT_EQ(watching.look(), (std::vector<std::string>{"urn:x:7", "urn:x:8"}));
}

TEST(RecallWatch, FindsWhatATransformationIdJoins) {
    Watching watching;
    const std::string id = R"("transformationID":"urn:x:t",)";
    watching.capture(event("TransformationEvent", 1, id + R"("outputEPCList":[)" + thing(3) + ']'));
    EXPECT_TRUE(watching.look().empty());
    watching.capture(event("TransformationEvent", 1, id + R"("inputEPCList":[)" + thing(0) + ']'));
    EXPECT_EQ(watching.look(), std::vector<std::string>{"urn:x:3"});
    watching.capture(event("TransformationEvent", 2, id + R"("outputEPCList":[)" + thing(4) + ']'));
    EXPECT_EQ(watching.look(), std::vector<std::string>{"urn:x:4"});
}

TEST(RecallWatch, FindsRecordsThatReferToWhatIsAffectedOnce) {
    Watching watching;
    watching.capture(made(1, 0, 5));
    EXPECT_EQ(watching.look(), std::vector<std::string>{"urn:x:5"});
    watching.refer("88.1/of-others", "urn:x:6");
    EXPECT_TRUE(watching.look().empty());
    EXPECT_EQ(watching.walks(), 1);
    watching.refer("88.1/part", "urn:x:5");
    EXPECT_EQ(watching.look(), std::vector<std::string>{"88.1/PART"});
    EXPECT_EQ(watching.records(), std::set<std::string>{"88.1/part"});
    EXPECT_TRUE(watching.look().empty());
    EXPECT_EQ(watching.walks(), 2);
    watching.refer("88.1/part", "urn:x:6");
    watching.refer("88.1/part", "urn:x:0");
    EXPECT_TRUE(watching.look().empty()) << "it was told before";
    watching.refer("88.1/car", "88.1/part");
    EXPECT_EQ(watching.look(), std::vector<std::string>{"88.1/CAR"});
}

TEST(RecallWatch, WalksAnewWhereTheChangeLogHasForgottenWhatItHasNotSeen) {
    Watching watching;
    watching.refer("88.1/part", "urn:x:0");
    watching.forget_changes();
    EXPECT_EQ(watching.look(), std::vector<std::string>{"88.1/PART"});
    EXPECT_EQ(watching.walks(), 1);
    EXPECT_TRUE(watching.look().empty());
    EXPECT_EQ(watching.walks(), 1);
}

/// Whatever comes in whatever order: behind each look, everything that is affected has been told.
TEST(RecallWatch, MissesNothingThatTheWholeWalkFinds) {
    std::size_t news_of_all = 0;
    for (unsigned seed = 1; seed <= 12; ++seed) {
        std::mt19937 random{seed};
        const auto pick = [&](unsigned least, unsigned most) {
            return std::uniform_int_distribution<unsigned>{least, most}(random);
        };
        Watching watching;
        std::set<std::string> told;
        std::size_t news = 0;
        for (int step = 0; step < 60; ++step) {
            const unsigned from = pick(0, 5) == 0 ? 0 : pick(0, 20);
            const unsigned to = (from + pick(1, 20)) % 21;
            const unsigned day = pick(1, 28);
            const bool contains = pick(0, 2) > 0;
            const std::string action = pick(0, 3) == 0 ? "DELETE" : "ADD";
            watching.capture(contains
                                 ? event("AggregationEvent", day,
                                         R"("action":")" + action + R"(","parentID":)" + thing(to) +
                                             R"(,"childEPCs":[)" + thing(from) + ']')
                                 : made(day, from, to));
            if (pick(0, 2) == 0) continue;  // several events for one look
            for (std::string& each : watching.look()) {
                ++news;
                told.insert(std::move(each));
            }
            for (const std::string& each : watching.affected())
                ASSERT_TRUE(told.contains(each))
                    << each << " at step " << step << ", seed " << seed;
        }
        EXPECT_EQ(news, told.size()) << "told twice, seed " << seed;
        news_of_all += news;
    }
    EXPECT_GT(news_of_all, 50U);
}

}  // namespace
}  // namespace idnode::resolver::webhooks
