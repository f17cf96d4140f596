#include "registry/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "registry/writer.hpp"
#include "tests/support/backups.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::text_of;
using test::backup_of;
using test::commit;
using test::fault_of;
using test::header_of;
using test::put;
using test::read_all;
using test::source_of;
using test::url_record;
using testing::HasSubstr;
using testing::IsEmpty;

/// Everything that a registry holds, octet for octet.
std::vector<std::string> content_of(const Store& store) {
    std::vector<std::string> all;
    const Snapshot snapshot{store};
    for (const MDB_dbi table :
         {store.records(), store.prefixes(), *store.change_log(), store.meta()}) {
        lmdb::Cursor cursor{snapshot.txn(), table};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next())
            all.push_back(std::string{text_of(entry->key)} + '=' +
                          std::string{text_of(entry->value)});
    }
    return all;
}

/// A registry made again from backups.
class Restored {
public:
    explicit Restored(const std::vector<std::string>& backups) {
        Restoration restoration{store_};
        for (const std::string& each : backups) {
            BackupReader reader{source_of(each)};
            restoration.apply(reader, [](std::uint64_t) {});
        }
    }
    const Store& store() const { return store_; }

private:
    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

class BackupTest : public testing::Test {
protected:
    void fill() const {
        commit(store_, {test::home("88.1"), test::home("88.Ab"), put(url_record("88.1/a", "one")),
                        put(test::record_of("88.1/b", {test::hidden_value(1, "K", "secret")})),
                        put(url_record("88.1/" + std::string(600, 'z'), "long"))});
    }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_F(BackupTest, GivesTheSameRegistryAgain) {
    fill();
    commit(store_, {test::remove("88.1/a"), test::unhome("88.ab"), put(url_record("88.1/B", "x"))});
    const Restored restored{{backup_of(store_)}};
    EXPECT_EQ(content_of(restored.store()), content_of(store_));
    EXPECT_THAT(test::faults_of(restored.store()), IsEmpty());
    EXPECT_EQ(commit(restored.store(), {put(url_record("88.1/new", "x"))}).sequence, 9U);
}

TEST_F(BackupTest, OfAnEmptyRegistryIsOne) {
    const Restored restored{{backup_of(store_)}};
    EXPECT_EQ(content_of(restored.store()).size(), 5U)
        << "format, identity, two numbers and a mark";
    EXPECT_EQ(Snapshot{restored.store()}.identity(), Snapshot{store_}.identity());
}

TEST_F(BackupTest, IsReadInPiecesOfAnySize) {
    fill();
    const std::string backup = backup_of(store_);
    for (const std::size_t piece : {1U, 7U, 100'000U})
        EXPECT_EQ(read_all(backup, piece),
                  (BackupCounts{.records = 3, .prefixes = 2, .changes = 5, .entries = 1}));
}

TEST_F(BackupTest, CarriesAFullOneOnByIncrements) {
    fill();
    const std::string full = backup_of(store_);
    commit(store_, {put(url_record("88.1/a", "two")), put(url_record("88.1/a", "three")),
                    test::remove("88.1/b"), test::unhome("88.1"), test::home("88.2"),
                    put(url_record("88.1/c", "new")), test::remove("88.1/c")});
    const std::string first = backup_of(store_, header_of(full));
    commit(store_, {put(url_record("88.1/b", "again")), test::home("88.1"), test::unhome("88.2")});
    const std::string second = backup_of(store_, header_of(first));
    const std::string third = backup_of(store_, header_of(second));
    EXPECT_EQ(read_all(first),
              (BackupCounts{.records = 1, .prefixes = 0, .changes = 7, .entries = 1}));
    EXPECT_EQ(read_all(third), BackupCounts{.entries = 1});
    const Restored restored{{full, first, second, third}};
    EXPECT_EQ(content_of(restored.store()), content_of(store_));
    EXPECT_THAT(test::faults_of(restored.store()), IsEmpty());
    const Restored at_once{{full, backup_of(store_, header_of(full))}};
    EXPECT_EQ(content_of(at_once.store()), content_of(store_));
}

TEST_F(BackupTest, FollowsThePruningOfTheLog) {
    commit(store_, {put(url_record("88.1/a", "one"))}, 1000);
    commit(store_, {put(url_record("88.1/a", "two"))}, 2000);
    const std::string full = backup_of(store_);
    commit(store_, {put(url_record("88.1/a", "three"))}, 3000);
    EXPECT_EQ(Writer{store_}.prune_changes(2000, 100), 1U);
    const Restored restored{{full, backup_of(store_, header_of(full))}};
    EXPECT_EQ(content_of(restored.store()), content_of(store_));
    EXPECT_EQ(Writer{store_}.prune_changes(3000, 100), 1U);
    EXPECT_THAT(fault_of([&] { backup_of(store_, header_of(full)); }),
                HasSubstr("does not reach back"));
    EXPECT_EQ(content_of(Restored{{backup_of(store_)}}.store()), content_of(store_));
}

TEST_F(BackupTest, StartsAnewWhenTheLogWasEmptyAtTheTime) {
    commit(store_, {put(url_record("88.1/a", "one"))}, 1000);
    Writer{store_}.prune_changes(2000, 100);
    const std::string full = backup_of(store_);
    commit(store_, {put(url_record("88.1/a", "two"))}, 3000);
    const Restored restored{{full, backup_of(store_, header_of(full))}};
    EXPECT_EQ(content_of(restored.store()), content_of(store_));
}

TEST_F(BackupTest, RefusesAnIncrementBehindAnotherRegistryOrAnotherPast) {
    fill();
    const test::TempDirectory directory;
    const Store other{directory.path(), Store::Access::write_or_create, test::small_map};
    commit(other, {put(url_record("88.1/a", "one"))});
    EXPECT_THAT(fault_of([&] { backup_of(store_, header_of(backup_of(other))); }),
                HasSubstr("another registry"));
    const std::string full = backup_of(store_);
    const Restored twin{{full}};
    commit(store_, {put(url_record("88.1/a", "here"))});
    const std::string here = backup_of(store_);
    EXPECT_THAT(fault_of([&] { backup_of(twin.store(), header_of(here)); }),
                HasSubstr("changes that this registry does not have"));
    commit(twin.store(), {put(url_record("88.1/a", "there"))});
    EXPECT_THAT(fault_of([&] { backup_of(twin.store(), header_of(here)); }),
                HasSubstr("gone different ways"));
}

TEST_F(BackupTest, IsRestoredInItsOrderOnlyAndWithoutGaps) {
    fill();
    const std::string full = backup_of(store_);
    const Restored twin{{full}};
    commit(store_, {put(url_record("88.1/a", "two"))});
    const std::string first = backup_of(store_, header_of(full));
    commit(store_, {put(url_record("88.1/a", "three"))});
    const std::string second = backup_of(store_, header_of(first));
    commit(twin.store(), {put(url_record("88.1/a", "elsewhere"))});
    const std::string fork = backup_of(twin.store(), header_of(full));
    const auto fault = [](const std::vector<std::string>& backups) {
        return fault_of([&] { Restored{backups}; });
    };
    EXPECT_THAT(fault({first}), HasSubstr("the full one is missing"));
    EXPECT_THAT(fault({full, second}), HasSubstr("continues from change 6"));
    EXPECT_THAT(fault({full, first, first}), HasSubstr("continues from change 5"));
    EXPECT_THAT(fault({full, fork, second}), HasSubstr("another change 6"));
    EXPECT_THAT(fault({full, full}), HasSubstr("can only be the first"));
    EXPECT_EQ(fault({full, first, second}), "none");
}

TEST_F(BackupTest, IsNotMadeOfADamagedRegistry) {
    fill();
    lmdb::WriteTxn txn{store_.env()};
    std::string rotten{text_of(*txn.get(store_.records(), protocol::bytes_of("88.1/A")))};
    rotten[rotten.size() / 2] ^= 1;
    txn.put(store_.records(), protocol::bytes_of("88.1/A"), protocol::bytes_of(rotten));
    std::move(txn).commit();
    EXPECT_THAT(fault_of([&] { backup_of(store_); }), HasSubstr("88.1/a: the record is damaged"));
    commit(store_, {put(url_record("88.1/a", "mended"))});
    EXPECT_EQ(fault_of([&] { backup_of(store_); }), "none");
    lmdb::WriteTxn again{store_.env()};
    again.remove(*store_.change_log(), change_key(4));
    std::move(again).commit();
    EXPECT_THAT(fault_of([&] { backup_of(store_); }), HasSubstr("change 4"));
}

/// The compressed file has a seal over all of it; this is what the octets within say by themselves.
TEST_F(BackupTest, FindsEveryEndThatComesTooEarlyAndEveryOctetTooMany) {
    fill();
    const std::string full = backup_of(store_);
    commit(store_, {put(url_record("88.1/a", "two")), test::remove("88.1/b")});
    for (const std::string& backup : {full, backup_of(store_, header_of(full))}) {
        EXPECT_EQ(fault_of([&] { read_all(backup); }), "none");
        for (std::size_t size = 0; size < backup.size(); ++size)
            EXPECT_THAT(fault_of([&] { read_all(backup.substr(0, size)); }),
                        HasSubstr("ends too early"))
                << size;
        EXPECT_THAT(fault_of([&] { read_all(backup + 'x'); }), HasSubstr("behind its end"));
    }
}

TEST_F(BackupTest, SaysWhenAFileIsSomethingElseOrOfALaterVersion) {
    const std::string backup = backup_of(store_);
    EXPECT_THAT(fault_of([&] { read_all(std::string(1000, 'x')); }), HasSubstr("no backup"));
    std::string later = backup;
    later[11] = 4;
    EXPECT_THAT(fault_of([&] { read_all(later); }), HasSubstr("has version 4"));
    std::string wrong = backup;
    wrong[40] ^= 1;
    EXPECT_THAT(fault_of([&] { read_all(wrong); }), HasSubstr("checksum of its header"));
}

/// What is done to the registry while it is backed up, and what it should be at each number.
class Model {
public:
    explicit Model(std::uint32_t seed) : random_{seed} {}

    std::vector<Change> next() {
        std::vector<Change> changes;
        for (auto left = random_() % 20 + 1; left > 0; --left) {
            const std::string handle = "88.1/" + std::to_string(random_() % 200);
            if (random_() % 4 == 0) {
                changes.push_back(test::remove(handle));
                continue;
            }
            const std::string url(random_() % 600, static_cast<char>('a' + random_() % 26));
            changes.push_back(put(url_record(handle, url, 1)));
        }
        return changes;
    }

private:
    std::mt19937 random_;
};

/// The digests of all records, as the log alone says: played back from its first change on.
std::map<std::string, std::string> play_back(const Store& store, std::uint64_t last) {
    std::map<std::string, std::string> digests;
    const Snapshot snapshot{store};
    EXPECT_TRUE(for_each_change(snapshot, 1, [&](const ChangeView& change) {
        if (change.sequence > last) return false;
        const std::string handle = protocol::folded(change.handle);
        if (change.after.empty())
            digests.erase(handle);
        else
            digests[handle] = text_of(change.after);
        return true;
    }));
    return digests;
}

std::map<std::string, std::string> digests_of(const Store& store) {
    std::map<std::string, std::string> digests;
    for_each_record(Snapshot{store}, {}, [&](const RecordView& record) {
        digests[protocol::folded(record.handle())] = text_of(Sha256{}.of(record.values()));
        return true;
    });
    return digests;
}

TEST_F(BackupTest, UnderFullLoadIsTheStateOfTheChangeLogAtItsSequence) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::atomic<bool> enough{false};
    std::jthread writer{[&] {
        Model model{seed};
        while (!enough) commit(store_, model.next());
    }};
    std::vector<std::string> chain;
    for (int round = 0; round < 8; ++round) {
        const std::uint64_t begun = Snapshot{store_}.sequence();
        const auto base = chain.empty() ? std::nullopt : std::optional{header_of(chain.back())};
        chain.push_back(backup_of(store_, base));
        while (Snapshot{store_}.sequence() < begun + 200) std::this_thread::yield();
    }
    const std::string full = backup_of(store_);
    enough = true;
    writer.join();
    for (const auto& backups : {chain, std::vector{full}}) {
        const Restored restored{backups};
        const std::uint64_t sequence = Snapshot{restored.store()}.sequence();
        EXPECT_EQ(sequence, header_of(backups.back()).sequence);
        EXPECT_GT(sequence, 1000U);
        EXPECT_LT(sequence, Snapshot{store_}.sequence());
        EXPECT_EQ(digests_of(restored.store()), play_back(store_, sequence));
        EXPECT_THAT(test::faults_of(restored.store()), IsEmpty());
        EXPECT_TRUE(for_each_change(Snapshot{restored.store()}, 1, [&](const ChangeView& change) {
            EXPECT_EQ(text_of(*Snapshot{store_}.txn().get(*store_.change_log(),
                                                          change_key(change.sequence))),
                      text_of(*Snapshot{restored.store()}.txn().get(*restored.store().change_log(),
                                                                    change_key(change.sequence))));
            return true;
        }));
    }
}

}  // namespace
}  // namespace idnode::registry
