#include "registry/entries.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "registry/writer.hpp"
#include "tests/support/backups.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

constexpr std::uint32_t now = 1'700'000'000;

class EntriesTest : public testing::Test {
protected:
    Commit commit(std::vector<Change> changes) { return Writer{store_}.commit(changes, now); }
    std::vector<std::string> keys(Area area, std::string_view from = {}) const {
        const Snapshot snapshot{store_};
        EntryCursor cursor{snapshot, area};
        std::vector<std::string> found;
        for (auto entry = cursor.seek(from); entry; entry = cursor.next())
            found.emplace_back(entry->key);
        return found;
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
};

TEST_F(EntriesTest, AnEntryIsFoundUnderItsAreaAndKeyAlone) {
    commit({PutEntry{Area::accounts, "alice", "1"}});
    const Snapshot snapshot{store_};
    EXPECT_EQ(find_entry(snapshot, Area::accounts, "alice"), "1");
    EXPECT_EQ(find_entry(snapshot, Area::accounts, "alic"), std::nullopt);
    EXPECT_EQ(find_entry(snapshot, Area::jobs, "alice"), std::nullopt);
}

TEST_F(EntriesTest, AnAreaIsWalkedInKeyOrderAndNotBeyondIt) {
    commit({PutEntry{Area::jobs, "b", ""}, PutEntry{Area::jobs, "a", ""},
            PutEntry{Area::job_results, "c", ""}, PutEntry{Area::accounts, "z", ""}});
    EXPECT_EQ(keys(Area::jobs), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(keys(Area::jobs, "aa"), (std::vector<std::string>{"b"}));
    EXPECT_EQ(keys(Area::statistics), std::vector<std::string>{});
}

TEST_F(EntriesTest, WhatPeopleAdministerStandsInTheChangeLogAndTheRestDoesNot) {
    const Commit done =
        commit({PutEntry{Area::accounts, "alice", "1"}, PutEntry{Area::jobs, "j", "1"},
                PutEntry{Area::jobs, "j", "1"}, RemoveEntry{Area::accounts, "alice"},
                RemoveEntry{Area::accounts, "alice"}});
    EXPECT_EQ(done.outcomes, (std::vector{Outcome::created, Outcome::created, Outcome::unchanged,
                                          Outcome::removed, Outcome::absent}));
    EXPECT_EQ(done.sequence, 2U);
    const Snapshot snapshot{store_};
    const auto put = find_change(snapshot, 1);
    ASSERT_TRUE(put);
    EXPECT_TRUE(put->of_entry);
    EXPECT_EQ(put->operation, Operation::put_entry);
    EXPECT_EQ(put->handle, "accounts/alice");
    EXPECT_EQ(find_change(snapshot, 2)->before.size(), sizeof(Digest));
    EXPECT_EQ(keys(Area::jobs), (std::vector<std::string>{"j"}));  // committed without a sequence
}

TEST_F(EntriesTest, AKeyThatIsTooLongIsRefusedAndChangesNothing) {
    commit({PutEntry{Area::jobs, std::string(entry_key_size_max, 'k'), ""}});
    EXPECT_THROW(commit({PutEntry{Area::jobs, std::string(entry_key_size_max + 1, 'k'), ""}}),
                 StoreError);
    EXPECT_EQ(keys(Area::jobs).size(), 1U);
}

TEST_F(EntriesTest, EveryBackupHasAllEntriesAndRestoresNoOthers) {
    commit({PutEntry{Area::accounts, "gone", "1"}, PutEntry{Area::jobs, "j", "1"}});
    const std::string full = test::backup_of(Snapshot{store_});
    const BackupHeader base = test::header_of(full);
    commit({RemoveEntry{Area::accounts, "gone"}, PutEntry{Area::accounts, "new", "2"}});
    const std::string increment = test::backup_of(Snapshot{store_}, base);

    test::TempDirectory other;
    const Store restored{other.path(), Store::Access::write_or_create};
    Restoration restoration{restored};
    for (const std::string& backup : {full, increment}) {
        BackupReader reader{test::source_of(backup)};
        restoration.apply(reader, [](std::uint64_t) {});
    }
    const Snapshot snapshot{restored};
    EXPECT_EQ(find_entry(snapshot, Area::accounts, "new"), "2");
    EXPECT_EQ(find_entry(snapshot, Area::accounts, "gone"), std::nullopt);
    EXPECT_EQ(find_entry(snapshot, Area::jobs, "j"), "1");
}

/// Changes are made in the order of their keys where that cannot be told from their own.
TEST_F(EntriesTest, ManyChangesAtOnceAreAsIfOneBehindTheOther) {
    std::mt19937 random{7};
    const auto below = [&](unsigned end) { return static_cast<std::size_t>(random() % end); };
    std::map<std::pair<Area, std::string>, std::string> expected;
    for (int round = 0; round < 20; ++round) {
        std::vector<Change> changes;
        std::vector<Outcome> outcomes;
        const bool with_logged = round % 4 == 3;
        for (std::size_t left = 10 + below(400); left > 0; --left) {
            const Area area = with_logged && below(9) == 0 ? Area::accounts
                              : below(2) == 0              ? Area::edges
                                                           : Area::event_index;
            const std::string key = std::to_string(below(150)) + std::string(below(3) * 40, 'x');
            const auto known = expected.find({area, key});
            const bool there = known != expected.end();
            if (below(3) == 0) {
                changes.emplace_back(RemoveEntry{area, key});
                outcomes.push_back(there ? Outcome::removed : Outcome::absent);
                if (there) expected.erase(known);
                continue;
            }
            const std::string value(below(4) * 700, static_cast<char>('a' + below(2)));
            outcomes.push_back(!there                   ? Outcome::created
                               : known->second == value ? Outcome::unchanged
                                                        : Outcome::replaced);
            changes.emplace_back(PutEntry{area, key, value});
            expected[{area, key}] = value;
        }
        const Decide decide = [&](const WriteView&) -> Decision {
            return ChangeSet{.changes = changes, .origin = {}};
        };
        const Decide* const jobs[]{&decide};
        const auto done = Writer{store_}.commit(jobs, now);
        EXPECT_EQ(std::get<Commit>(done.front()).outcomes, outcomes) << round;
        std::map<std::pair<Area, std::string>, std::string> found;
        const Snapshot snapshot{store_};
        for (const Area area : {Area::accounts, Area::edges, Area::event_index}) {
            EntryCursor cursor{snapshot, area};
            for (auto entry = cursor.seek({}); entry; entry = cursor.next())
                found[{area, std::string{entry->key}}] = entry->value;
        }
        EXPECT_EQ(found, expected) << round;
    }
}

}  // namespace
}  // namespace idnode::registry
