#include "registry/writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;

using protocol::Record;
using protocol::Value;
using test::commit;
using test::hidden_value;
using test::home;
using test::open_value;
using test::put;
using test::record_of;
using test::unhome;
using test::url_record;
using Outcomes = std::vector<Outcome>;

class WriterTest : public testing::Test {
protected:
    Record load(const std::string& handle) const {
        const Snapshot snapshot{store_};
        const auto record = snapshot.find(handle);
        return record ? test::to_record(*record) : Record{};
    }
    std::uint64_t sequence_of(const std::string& handle) const {
        return Snapshot{store_}.find(handle).value().sequence();
    }
    std::vector<std::uint32_t> times_of(const std::string& handle) const {
        std::vector<std::uint32_t> times;
        for (const Value& value : load(handle).values) times.push_back(value.timestamp);
        return times;
    }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_F(WriterTest, SaysWhatBecameOfEachChange) {
    commit(store_, {put(url_record("88.1/old", "one")), home("88.1")});
    const Commit done =
        commit(store_, {put(url_record("88.1/new", "one")), put(url_record("88.1/old", "two")),
                        put(url_record("88.1/old", "two")), test::remove("88.1/NEW"),
                        test::remove("88.1/new"), home("88.1"), home("88.2"), unhome("88.1"),
                        unhome("88.1")});
    EXPECT_EQ(done.outcomes, (Outcomes{Outcome::created, Outcome::replaced, Outcome::unchanged,
                                       Outcome::removed, Outcome::absent, Outcome::unchanged,
                                       Outcome::created, Outcome::removed, Outcome::absent}));
    EXPECT_EQ(test::all_records(store_).size(), 1U);
    EXPECT_EQ(test::all_homed_prefixes(store_), std::vector<std::string>{"88.2"});
}

TEST_F(WriterTest, RaisesTheSequenceByOneForEachChangeThatChangesSomething) {
    EXPECT_EQ(commit(store_, {home("88.1"), put(url_record("88.1/a", "one")),
                              put(url_record("88.1/b", "one"))})
                  .sequence,
              3U);
    EXPECT_EQ(sequence_of("88.1/a"), 2U);
    EXPECT_EQ(sequence_of("88.1/b"), 3U);
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "one")), test::remove("88.1/none"),
                              home("88.1"), unhome("88.9")})
                  .sequence,
              3U);
    EXPECT_EQ(sequence_of("88.1/a"), 2U);
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "one")), put(url_record("88.1/b", "two"))})
                  .sequence,
              4U);
    EXPECT_EQ(sequence_of("88.1/a"), 2U);
    EXPECT_EQ(sequence_of("88.1/b"), 4U);
    EXPECT_EQ(Snapshot{store_}.sequence(), 4U);
}

TEST_F(WriterTest, GivesTheSequenceForAnEmptyBatchAndChangesNothing) {
    EXPECT_EQ(commit(store_, {}).sequence, 0U);
    commit(store_, {home("88.1")});
    const auto before = Snapshot{store_}.txn().id();
    EXPECT_EQ(commit(store_, {}).sequence, 1U);
    EXPECT_EQ(commit(store_, {home("88.1")}).sequence, 1U);
    EXPECT_EQ(Snapshot{store_}.txn().id(), before);
}

TEST_F(WriterTest, FillsInTheTimeAndKeepsItWhenTheSameRecordComesAgain) {
    const Record record =
        record_of("88.1/a", {open_value(1, "URL", "u"), hidden_value(2, "KEY", "k")});
    commit(store_, {put(record)}, 100);
    EXPECT_EQ(times_of("88.1/a"), (std::vector<std::uint32_t>{100, 100}));
    EXPECT_EQ(commit(store_, {put(record)}, 200).outcomes, Outcomes{Outcome::unchanged});
    EXPECT_EQ(times_of("88.1/a"), (std::vector<std::uint32_t>{100, 100}));
}

TEST_F(WriterTest, GivesANewTimeOnlyToTheValuesThatChanged) {
    commit(store_,
           {put(record_of("88.1/a", {open_value(1, "A", "x"), hidden_value(2, "B", "y"),
                                     open_value(3, "C", "z")}))},
           100);
    const Record changed = record_of(
        "88.1/a", {open_value(1, "A", "x"), hidden_value(2, "B", "Y"), open_value(4, "C", "z")});
    EXPECT_EQ(commit(store_, {put(changed)}, 200).outcomes, Outcomes{Outcome::replaced});
    EXPECT_EQ(times_of("88.1/a"), (std::vector<std::uint32_t>{100, 200, 200}));
}

TEST_F(WriterTest, KeepsTimesWhenValuesAreReordered) {
    const Value a = open_value(1, "A", "x");
    const Value b = hidden_value(2, "B", "y");
    const Value c = open_value(3, "C", "z");
    commit(store_, {put(record_of("88.1/a", {a}))}, 100);
    commit(store_, {put(record_of("88.1/a", {a, b}))}, 200);
    commit(store_, {put(record_of("88.1/a", {a, b, c}))}, 300);
    EXPECT_EQ(commit(store_, {put(record_of("88.1/a", {c, b, a}))}, 400).outcomes,
              Outcomes{Outcome::replaced});
    EXPECT_EQ(times_of("88.1/a"), (std::vector<std::uint32_t>{300, 200, 100}));
    EXPECT_EQ(load("88.1/a").values[0].data, "z");
}

TEST_F(WriterTest, TakesATimeThatIsGivenAndSeesWhenItIsAnother) {
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "u", 50))}, 100).outcomes,
              Outcomes{Outcome::created});
    EXPECT_EQ(times_of("88.1/a"), std::vector<std::uint32_t>{50});
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "u", 50))}, 200).outcomes,
              Outcomes{Outcome::unchanged});
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "u"))}, 200).outcomes,
              Outcomes{Outcome::unchanged});
    EXPECT_EQ(commit(store_, {put(url_record("88.1/a", "u", 51))}, 200).outcomes,
              Outcomes{Outcome::replaced});
    EXPECT_EQ(times_of("88.1/a"), std::vector<std::uint32_t>{51});
}

TEST_F(WriterTest, TakesANewSpellingOfAHandleForAChange) {
    commit(store_, {put(url_record("88.1/part", "u"))}, 100);
    EXPECT_EQ(commit(store_, {put(url_record("88.1/Part", "u"))}, 200).outcomes,
              Outcomes{Outcome::replaced});
    EXPECT_EQ(load("88.1/part").handle, "88.1/Part");
    EXPECT_EQ(times_of("88.1/part"), std::vector<std::uint32_t>{100});
    EXPECT_EQ(Snapshot{store_}.record_count(), 1U);
}

TEST_F(WriterTest, AppliesChangesOfOneHandleInTheirOrder) {
    const Commit done = commit(store_, {put(url_record("88.1/a", "one")), test::remove("88.1/a"),
                                        put(url_record("88.1/A", "two"))});
    EXPECT_EQ(done.outcomes, (Outcomes{Outcome::created, Outcome::removed, Outcome::created}));
    EXPECT_EQ(done.sequence, 3U);
    EXPECT_EQ(load("88.1/a").values.at(0).data, "two");
}

TEST_F(WriterTest, FindsNothingToRemoveUnderAnEmptyName) {
    EXPECT_EQ(commit(store_, {test::remove(""), unhome("")}).outcomes,
              (Outcomes{Outcome::absent, Outcome::absent}));
}

/// Records whose handles rise, some of them so long that their keys are hashed.
std::vector<Record> many_records() {
    std::vector<Record> records;
    for (int number = 1000; number < 3000; ++number) {
        std::string handle = "88.1/" + std::to_string(number);
        if (number % 100 == 0) handle.append(600, 'x');
        records.push_back(record_of(handle, {open_value(1, "A", std::to_string(number)),
                                             hidden_value(2, "B", std::string(100, 'y'))}));
    }
    return records;
}

TEST_F(WriterTest, StoresTheSameWhetherItAppendsOrPutsInPlace) {
    const test::TempDirectory other_directory;
    const Store other{other_directory.path(), Store::Access::write_or_create, test::small_map};
    const auto records = many_records();
    std::vector<Change> rising;
    std::vector<Change> falling;
    for (const Record& record : records) rising.push_back(put(record));
    for (auto each = records.rbegin(); each != records.rend(); ++each)
        falling.push_back(put(*each));
    commit(store_, std::move(rising));
    commit(other, std::move(falling));
    EXPECT_EQ(test::all_records(store_), test::all_records(other));
    EXPECT_EQ(test::all_records(store_).size(), records.size());
    EXPECT_TRUE(test::faults_of(store_).empty());
    EXPECT_TRUE(test::faults_of(other).empty());
}

TEST_F(WriterTest, AppendsBehindWhatIsThereEvenAfterTheLastRecordWasRemoved) {
    commit(store_, {put(url_record("88.1/b", "x")), put(url_record("88.1/d", "x"))});
    const Commit done =
        commit(store_, {test::remove("88.1/d"), put(url_record("88.1/c", "x")),
                        put(url_record("88.1/e", "x")), put(url_record("88.1/a", "x"))});
    EXPECT_EQ(done.outcomes,
              (Outcomes{Outcome::removed, Outcome::created, Outcome::created, Outcome::created}));
    std::string order;
    for (const Record& record : test::all_records(store_)) order += record.handle.back();
    EXPECT_EQ(order, "abce");
}

/// A batch too large for a store of one MiB.
std::vector<Change> too_much() {
    std::vector<Change> changes{home("88.9")};
    for (int number = 1000; number < 2000; ++number)
        changes.push_back(
            put(url_record("88.1/" + std::to_string(number), std::string(4000, 'x'))));
    return changes;
}

class FullMap : public testing::Test {
protected:
    void fill() {
        try {
            commit(store_, too_much());
            ADD_FAILURE() << "there was room";
        } catch (const StoreError& error) {
            EXPECT_EQ(error.kind(), StoreError::Kind::full_map);
            EXPECT_NE(std::string{error.what()}.find("registry.map_size_gib"), std::string::npos);
        }
    }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(),
                       Store::Access::write_or_create,
                       {.map_size_max = std::uint64_t{1} << 20}};
};

TEST_F(FullMap, KeepsNothingOfTheBatch) {
    commit(store_, {put(url_record("88.1/a", "one", 1))});
    fill();
    EXPECT_EQ(test::all_records(store_), std::vector{url_record("88.1/a", "one", 1)});
    EXPECT_TRUE(test::all_homed_prefixes(store_).empty());
    EXPECT_EQ(Snapshot{store_}.sequence(), 1U);
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(FullMap, LeavesTheStoreReadableAndOpenForSmallerBatches) {
    commit(store_, {put(url_record("88.1/a", "one", 1))});
    for (std::uint64_t round = 0; round < 10; ++round) {
        fill();
        EXPECT_EQ(commit(store_, {put(url_record("88.1/a", std::to_string(round)))}).sequence,
                  round + 2);
    }
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(FullMap, GetsRoomAgainOnceRecordsAreRemoved) {
    const auto handle = [](int number) { return "88.1/" + std::to_string(number); };
    int number = 1000;
    try {
        for (; number < 2000; ++number)
            commit(store_, {put(url_record(handle(number), std::string(4000, 'x')))});
    } catch (const StoreError& error) {
        EXPECT_EQ(error.kind(), StoreError::Kind::full_map);
    }
    ASSERT_LT(number, 2000);
    ASSERT_GT(number, 1020);
    EXPECT_EQ(test::all_records(store_).size(), static_cast<std::size_t>(number - 1000));
    for (int removed = 1000; removed < 1020; ++removed)
        EXPECT_EQ(commit(store_, {test::remove(handle(removed))}).outcomes,
                  Outcomes{Outcome::removed});
    for (int added = 3000; added < 3010; ++added)
        commit(store_, {put(url_record(handle(added), std::string(4000, 'x')))});
    EXPECT_EQ(test::all_records(store_).size(), static_cast<std::size_t>(number - 1010));
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(FullMap, OpensAgainWithMoreRoom) {
    const test::TempDirectory directory;
    {
        const Store store{directory.path(),
                          Store::Access::write_or_create,
                          {.map_size_max = std::uint64_t{1} << 20}};
        EXPECT_THROW(commit(store, too_much()), StoreError);
    }
    const Store store{directory.path(), Store::Access::write, test::small_map};
    EXPECT_EQ(commit(store, too_much()).sequence, 1001U);
}

TEST_F(WriterTest, PutsASoundRecordInPlaceOfADamagedOne) {
    commit(store_, {put(url_record("88.1/a", "one", 1)), put(url_record("88.1/m", "one", 1))});
    {
        lmdb::WriteTxn txn{store_.env()};
        std::string rotten{protocol::text_of(*txn.get(store_.records(), bytes_of("88.1/A")))};
        rotten[rotten.size() / 2] ^= 1;
        txn.put(store_.records(), bytes_of("88.1/A"), bytes_of(rotten));
        txn.put(store_.records(), bytes_of("88.1/M"), bytes_of("rot"));
        std::move(txn).commit();
    }
    EXPECT_EQ(test::faults_of(store_).size(), 2U);
    EXPECT_EQ(
        commit(store_, {put(url_record("88.1/a", "one", 1)), put(url_record("88.1/m", "new"))})
            .outcomes,
        (Outcomes{Outcome::replaced, Outcome::replaced}));
    EXPECT_TRUE(test::faults_of(store_).empty());
    EXPECT_EQ(load("88.1/a"), url_record("88.1/a", "one", 1));
}

}  // namespace
}  // namespace idnode::registry
