#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registry/changes.hpp"
#include "registry/writer.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::ResponseCode;
using test::put;
using test::url_record;

ChangeSet changes(std::vector<Change> all) {
    return {.changes = std::move(all),
            .origin = {.actor = "300:88.1/ADMIN",
                       .transport = Transport::tcp,
                       .operation = Operation::create_handle}};
}

/// Registers a handle unless it is there, as a create does.
Decide create(std::string handle, std::string url = "u") {
    return [=](const WriteView& view) -> Decision {
        if (view.find(handle))
            return Refusal{ResponseCode::handle_already_exists, handle + " is there"};
        return changes({put(url_record(handle, url))});
    };
}

class DecideTest : public testing::Test {
protected:
    std::vector<JobOutcome> run(const std::vector<Decide>& jobs) {
        std::vector<const Decide*> places;
        for (const Decide& job : jobs) places.push_back(&job);
        return Writer{store_}.commit(places, test::some_time);
    }
    std::uint64_t transaction() const { return lmdb::ReadTxn{store_.env()}.id(); }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_F(DecideTest, SeesWhatEarlierJobsOfTheGroupHaveDone) {
    const auto outcomes = run({create("88.1/a"), create("88.1/b"), create("88.1/A")});
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_EQ(std::get<Commit>(outcomes[0]).sequence, 1U);
    EXPECT_EQ(std::get<Commit>(outcomes[1]).sequence, 2U);
    EXPECT_EQ(std::get<Refusal>(outcomes[2]).code, ResponseCode::handle_already_exists);
    EXPECT_EQ(test::all_records(store_).size(), 2U);
}

TEST_F(DecideTest, SeesRecordsPrefixesNumbersAndTheLogAsTheyStand) {
    test::commit(store_, {test::home("88.Ab"), put(url_record("88.Ab/x", "one"))});
    std::string seen;
    run({[](const WriteView&) -> Decision { return changes({put(url_record("88.Ab/y", "two"))}); },
         [&](const WriteView& view) -> Decision {
             const auto record = view.find("88.AB/Y");
             const auto change = view.change(record->sequence());
             seen =
                 std::to_string(view.sequence()) + ' ' + std::string{record->handle()} + ' ' +
                 std::string{change->actor} + ' ' + std::string{name_of(change->operation)} +
                 (view.is_homed("88.aB") ? " homed" : "") +
                 (view.is_homed("88.ABC") ? " wrong" : "") + (view.find("88.ab/z") ? "?" : "") +
                 (view.change(4) ? "?" : "") +
                 (std::ranges::equal(change->after, Sha256{}.of(record->values())) ? " same" : "");
             return Refusal{};
         }});
    EXPECT_EQ(seen, "3 88.Ab/y 300:88.1/ADMIN create_handle homed same");
}

TEST_F(DecideTest, LeavesNoTraceWhenItRefusesAndHurtsNobody) {
    const auto outcomes = run({create("88.1/a"),
                               [](const WriteView&) -> Decision {
                                   return Refusal{ResponseCode::access_denied, "no"};
                               },
                               create("88.1/b")});
    EXPECT_EQ(std::get<Refusal>(outcomes[1]).message, "no");
    EXPECT_EQ(std::get<Commit>(outcomes[2]).sequence, 2U);
    EXPECT_EQ(Snapshot{store_}.sequence(), 2U);
    EXPECT_TRUE(test::faults_of(store_).empty());
}

TEST_F(DecideTest, KeepsAFaultToItself) {
    test::commit(store_, {put(url_record("88.1/rotten", "one"))});
    {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(store_.records(), protocol::bytes_of("88.1/ROTTEN"), protocol::bytes_of("rot"));
        std::move(txn).commit();
    }
    const auto outcomes = run(
        {create("88.1/a"), create("88.1/rotten"),
         [](const WriteView&) -> Decision { throw std::runtime_error{"mine"}; }, create("88.1/b")});
    EXPECT_THROW(std::rethrow_exception(std::get<std::exception_ptr>(outcomes[1])), StoreError);
    EXPECT_THROW(std::rethrow_exception(std::get<std::exception_ptr>(outcomes[2])),
                 std::runtime_error);
    EXPECT_EQ(std::get<Commit>(outcomes[0]).sequence, 2U);
    EXPECT_EQ(std::get<Commit>(outcomes[3]).sequence, 3U);
}

TEST_F(DecideTest, MakesSeveralChangesOrNoneAndSaysWhatBecameOfThem) {
    const auto outcomes =
        run({[](const WriteView&) -> Decision {
                 return changes({test::home("88.1"), put(url_record("88.1/a", "one")),
                                 test::remove("88.1/none")});
             },
             [](const WriteView&) -> Decision { return changes({}); }});
    EXPECT_EQ(std::get<Commit>(outcomes[0]).outcomes,
              (std::vector{Outcome::created, Outcome::created, Outcome::absent}));
    EXPECT_EQ(std::get<Commit>(outcomes[0]).sequence, 2U);
    EXPECT_EQ(std::get<Commit>(outcomes[1]).sequence, 2U);
    EXPECT_TRUE(std::get<Commit>(outcomes[1]).outcomes.empty());
}

TEST_F(DecideTest, WritesOneTransactionForAGroupAndNoneWhenNothingChanges) {
    const std::uint64_t before = transaction();
    run({create("88.1/a"), create("88.1/b"), create("88.1/c")});
    EXPECT_EQ(transaction(), before + 1);
    run({create("88.1/a"), create("88.1/b")});
    EXPECT_EQ(transaction(), before + 1);
    EXPECT_TRUE(run({}).empty());
}

/// Optimistic concurrency, as the callers build it: the sequence that was read has to stand.
Decide modify_if(std::uint64_t read, std::string url) {
    return [=](const WriteView& view) -> Decision {
        if (view.find("88.1/a")->sequence() != read) return Refusal{ResponseCode::error, "moved"};
        return changes({put(url_record("88.1/a", url))});
    };
}

TEST_F(DecideTest, LetsOneOfTwoWritersWinThatHaveReadTheSameState) {
    run({create("88.1/a", "zero")});
    const auto outcomes = run({modify_if(1, "one"), modify_if(1, "two"), modify_if(2, "three")});
    EXPECT_EQ(std::get<Commit>(outcomes[0]).sequence, 2U);
    EXPECT_EQ(std::get<Refusal>(outcomes[1]).message, "moved");
    EXPECT_EQ(std::get<Commit>(outcomes[2]).sequence, 3U);
    EXPECT_EQ(test::all_records(store_).at(0).values.at(0).data, "three");
}

}  // namespace
}  // namespace idnode::registry
