#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "registry/trace/event_store.hpp"
#include "registry/trace/trace_check.hpp"
#include "registry/writer.hpp"
#include "tests/registry/trace/named_walk.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry::trace {

/// An event that says these facts, under an id of its own.
inline StoredEvent event_of(std::string id, std::int64_t time, std::vector<EdgeFact> facts) {
    StoredEvent event{.id = std::move(id), .time = time, .record_time = time, .json = "{}"};
    for (EdgeFact& fact : facts) {
        fact.time = time;
        fact.event = event.id;
    }
    event.facts = std::move(facts);
    return event;
}
inline EdgeFact made(std::string from, std::string to) {
    return {.type = EdgeType::transformation, .from = std::move(from), .to = std::move(to)};
}
inline EdgeFact packed(Fact fact, std::string from, std::string to) {
    return {
        .type = EdgeType::aggregation, .fact = fact, .from = std::move(from), .to = std::move(to)};
}

class WalkTest : public testing::Test {
protected:
    void capture_all(const std::vector<StoredEvent>& events,
                     const Capturer& by = {.actor = "somebody"}) {
        const Decide decide = [&](const WriteView& view) -> Decision {
            ChangeSet set{.changes = {}, .origin = {}};
            outcomes_ = capture(view, events, by, set.changes);
            return set;
        };
        const std::array jobs{&decide};
        for (const JobOutcome& outcome : Writer{store_}.commit(jobs, 1))
            ASSERT_TRUE(std::holds_alternative<Commit>(outcome));
    }
    std::vector<std::string> ids(const NamedQuery& query, const NamedLook& look = shown) {
        last_ = walk(Snapshot{store_}, query, look);
        std::vector<std::string> found;
        for (const NamedNode& node : last_.nodes) found.push_back(node.id);
        return found;
    }
    static Sight shown(const std::string&) { return Sight::shown; }
    void expect_both_ends() {
        check(Snapshot{store_}, [](const std::string& fault) { ADD_FAILURE() << fault; });
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
    std::vector<Captured> outcomes_;
    NamedResult last_;
};

}  // namespace idnode::registry::trace
