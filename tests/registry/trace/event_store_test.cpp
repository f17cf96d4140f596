#include "registry/trace/event_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/store.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry::trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EventStoreTest : public testing::Test {
protected:
    void SetUp() override {
        std::vector<StoredEvent> events;
        const auto add = [&](std::int64_t time, std::vector<IndexTerm> terms) {
            terms.push_back({IndexKind::event_time, {}});
            events.push_back({.id = "e" + std::to_string(events.size() + 1),
                              .time = time,
                              .record_time = 0,
                              .json = "{}",
                              .terms = std::move(terms)});
        };
        add(30, {{IndexKind::epc, "a"}, {IndexKind::parent, "a"}, {IndexKind::input, "b"}});
        add(10, {{IndexKind::output, "a"}, {IndexKind::epc_class, "l"}});
        add(20, {{IndexKind::input, "a"}, {IndexKind::output, "c"}, {IndexKind::input_class, "l"}});
        add(20, {{IndexKind::epc, "aa"}, {IndexKind::parent, "ab"}});
        const Decide decide = [&](const WriteView& view) -> Decision {
            ChangeSet set{.changes = {}, .origin = {}};
            capture(view, events, {.actor = "boss"}, set.changes);
            return set;
        };
        const Decide* const jobs[]{&decide};
        Writer{store_}.commit(jobs, 1);
    }

    std::vector<std::uint64_t> found(const IndexTerm& term, bool descending = false,
                                     std::optional<EventPlace> after = {},
                                     std::size_t most = 100) const {
        std::vector<std::uint64_t> numbers;
        for_each_event(Snapshot{store_}, term, descending, after, [&](const EventPlace& place) {
            numbers.push_back(place.number);
            return numbers.size() < most;
        });
        return numbers;
    }
    std::vector<std::string> values(IndexKind kind, std::string_view first = {}) const {
        std::vector<std::string> all;
        for_each_value(Snapshot{store_}, kind, first, [&](std::string_view value) {
            all.emplace_back(value);
            return true;
        });
        return all;
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
};

TEST_F(EventStoreTest, FindsEventsOnceUnderAllKindsOfAnEpcInTheOrderOfTime) {
    EXPECT_THAT(found({IndexKind::epc, "a"}), ElementsAre(1));
    EXPECT_THAT(found({IndexKind::any_epc, "a"}), ElementsAre(2, 3, 1));
    EXPECT_THAT(found({IndexKind::any_epc, "a"}, true), ElementsAre(1, 3, 2));
    EXPECT_THAT(found({IndexKind::any_epc, "a"}, false, EventPlace{10, 2}), ElementsAre(3, 1));
    EXPECT_THAT(found({IndexKind::any_epc, "a"}, true, EventPlace{30, 1}), ElementsAre(3, 2));
    EXPECT_THAT(found({IndexKind::any_epc, "a"}, false, {}, 2), ElementsAre(2, 3));
    EXPECT_THAT(found({IndexKind::any_class, "l"}), ElementsAre(2, 3));
    EXPECT_THAT(found({IndexKind::any_epc, "none"}), IsEmpty());
    EXPECT_THAT(found({IndexKind::event_time, {}}), ElementsAre(2, 3, 4, 1));
}

TEST_F(EventStoreTest, ListsTheValuesOfAKindOnceFromOneOn) {
    EXPECT_THAT(values(IndexKind::epc), ElementsAre("a", "aa"));
    EXPECT_THAT(values(IndexKind::any_epc), ElementsAre("a", "aa", "ab", "b", "c"));
    EXPECT_THAT(values(IndexKind::any_epc, "aa"), ElementsAre("aa", "ab", "b", "c"));
    EXPECT_THAT(values(IndexKind::any_class), ElementsAre("l"));
    EXPECT_THAT(values(IndexKind::biz_step), IsEmpty());
}

}  // namespace
}  // namespace idnode::registry::trace
