#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::Record;
using protocol::Value;

/// The registry as one would explain it: a map.
class Model {
public:
    Outcome put(Record record, std::uint32_t now) {
        const auto found = records_.find(protocol::folded(record.handle));
        for (Value& value : record.values)
            if (value.timestamp == 0)
                value.timestamp =
                    found == records_.end() ? now : time_of(found->second, value, now);
        if (found != records_.end() && found->second == record) return Outcome::unchanged;
        ++sequence_;
        const bool fresh = found == records_.end();
        records_[protocol::folded(record.handle)] = std::move(record);
        return fresh ? Outcome::created : Outcome::replaced;
    }

    Outcome remove(const std::string& handle) {
        return count(records_.erase(protocol::folded(handle)), Outcome::removed, Outcome::absent);
    }
    Outcome home(const std::string& prefix) {
        return count(prefixes_.emplace(protocol::folded(prefix), prefix).second, Outcome::created,
                     Outcome::unchanged);
    }
    Outcome unhome(const std::string& prefix) {
        return count(prefixes_.erase(protocol::folded(prefix)), Outcome::removed, Outcome::absent);
    }

    std::uint64_t sequence() const { return sequence_; }
    std::vector<Record> records() const {
        std::vector<Record> all;
        for (const auto& [key, record] : records_) all.push_back(record);
        return all;
    }
    std::vector<std::string> prefixes() const {
        std::vector<std::string> all;
        for (const auto& [key, prefix] : prefixes_) all.push_back(prefix);
        return all;
    }

private:
    static std::uint32_t time_of(const Record& before, const Value& value, std::uint32_t now) {
        for (const Value& each : before.values) {
            Value timed = value;
            timed.timestamp = each.timestamp;
            if (timed == each) return each.timestamp;
        }
        return now;
    }
    Outcome count(bool changed, Outcome done, Outcome nothing) {
        sequence_ += changed ? 1 : 0;
        return changed ? done : nothing;
    }

    std::map<std::string, Record> records_;
    std::map<std::string, std::string> prefixes_;
    std::uint64_t sequence_ = 0;
};

/// Changes over so few handles, values and prefixes that they often meet.
class Changes {
public:
    explicit Changes(std::uint32_t seed) : random_{seed} {}

    std::uint32_t pick(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

    /// One change, and what becomes of it in the model.
    Change make(Model& model, std::uint32_t now, std::vector<Outcome>& expected) {
        const std::uint32_t kind = pick(20);
        if (kind < 13) {
            const Record record = make_record();
            expected.push_back(model.put(record, now));
            return test::put(record);
        }
        const std::string handle = make_handle();
        const std::string prefix =
            spelled("88." + std::string(1, static_cast<char>('a' + pick(5))));
        if (kind < 17) {
            expected.push_back(model.remove(handle));
            return test::remove(handle);
        }
        if (kind < 19) {
            expected.push_back(model.home(prefix));
            return test::home(prefix);
        }
        expected.push_back(model.unhome(prefix));
        return test::unhome(prefix);
    }

private:
    std::string spelled(std::string text) {
        if (pick(4) == 0) text = protocol::folded(text);
        return text;
    }

    std::string make_handle() {
        std::string handle = "88." + std::string(1, static_cast<char>('a' + pick(3))) + "/part-" +
                             std::to_string(pick(60));
        // Keys of long handles sort by their digest behind 479 octets; these differ before that.
        if (pick(10) == 0) handle.append(600, 'x');
        return spelled(handle);
    }

    Record make_record() {
        Record record{.handle = make_handle(), .values = {}};
        for (std::uint32_t index = 1; index <= 4; ++index) {
            if (pick(3) == 0) continue;
            Value value = test::open_value(index, "URL", std::string(pick(3), 'd'),
                                           pick(3) == 0 ? 1 + pick(3) : 0);
            if (pick(3) == 0) value.permissions = static_cast<std::uint8_t>(pick(16));
            if (pick(8) == 0) value.references.push_back({"88.a/part-1", pick(2)});
            record.values.push_back(std::move(value));
        }
        if (record.values.empty()) record.values.push_back(test::open_value(9, "NONE", ""));
        std::shuffle(record.values.begin(), record.values.end(), random_);
        return record;
    }

    std::mt19937 random_;
};

void expect_as_modelled(const Store& store, const Model& model) {
    ASSERT_EQ(test::all_records(store), model.records());
    ASSERT_EQ(test::all_homed_prefixes(store), model.prefixes());
    const Snapshot snapshot{store};
    ASSERT_EQ(snapshot.sequence(), model.sequence());
    ASSERT_EQ(snapshot.record_count(), model.records().size());
    for (const Record& record : model.records()) {
        const auto found = snapshot.find(protocol::folded(record.handle));
        ASSERT_TRUE(found) << record.handle;
        ASSERT_EQ(test::to_record(*found), record);
    }
    ASSERT_EQ(test::faults_of(store), std::vector<std::string>{});
}

TEST(Registry, IsAMapOfRecordsWhateverIsDoneToIt) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Changes changes{seed};
    Model model;
    const test::TempDirectory directory;
    std::optional<Store> store{std::in_place, directory.path(), Store::Access::write_or_create,
                               test::small_map};
    for (std::uint32_t now = 1000; now < 1250; ++now) {
        std::vector<Change> batch;
        std::vector<Outcome> expected;
        for (auto left = changes.pick(30); left > 0; --left)
            batch.push_back(changes.make(model, now, expected));
        const Commit done = test::commit(*store, std::move(batch), now);
        ASSERT_EQ(done.outcomes, expected) << now;
        ASSERT_EQ(done.sequence, model.sequence()) << now;
        expect_as_modelled(*store, model);
        if (HasFatalFailure()) return;
        if (changes.pick(10) != 0) continue;
        store.reset();
        store.emplace(directory.path(), Store::Access::write, test::small_map);
        expect_as_modelled(*store, model);
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(model.records().size(), 50U);
}

}  // namespace
}  // namespace idnode::registry
