#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registry/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using test::commit;
using test::url_record;
using testing::Test;
using Faults = std::vector<std::string>;

class CheckTest : public Test {
protected:
    CheckTest() {
        commit(store_, {test::home("88.1"), test::put(url_record("88.1/a", "one")),
                        test::put(url_record("88.1/b", "two")),
                        test::put(test::record_of("88.1/c", {test::hidden_value(1, "K", "s")}))});
    }

    std::string stored(std::string_view handle) const {
        const Snapshot snapshot{store_};
        return std::string{
            protocol::text_of(*snapshot.txn().get(store_.records(), HandleKey{handle}.bytes()))};
    }
    /// Writes past the writer, as a broken program or disk would.
    void write(MDB_dbi table, std::string_view key, std::string_view value) const {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(table, bytes_of(key), bytes_of(value));
        std::move(txn).commit();
    }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_F(CheckTest, FindsNothingInASoundStoreAndCountsItsRecords) {
    EXPECT_EQ(test::faults_of(store_), Faults{});
    const Snapshot snapshot{store_};
    std::vector<std::uint64_t> steps;
    const auto count = check(
        snapshot, [](const std::string& fault) { ADD_FAILURE() << fault; },
        [&](std::uint64_t done) { steps.push_back(done); });
    EXPECT_EQ(count, 3U);
    EXPECT_EQ(steps, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(CheckTest, NamesARecordWithARottenOctet) {
    std::string octets = stored("88.1/b");
    octets[octets.size() / 2] ^= 1;
    write(store_.records(), "88.1/B", octets);
    EXPECT_EQ(test::faults_of(store_), Faults{"88.1/B: checksum differs"});
}

TEST_F(CheckTest, NamesARecordThatWasCutOffAndGoesOnBehindIt) {
    write(store_.records(), "88.1/A", "");
    write(store_.records(), "88.1/B", stored("88.1/b").substr(0, 40));
    const Faults faults = test::faults_of(store_);
    ASSERT_EQ(faults.size(), 2U);
    EXPECT_TRUE(faults[0].starts_with("88.1/A: ")) << faults[0];
    EXPECT_TRUE(faults[1].starts_with("88.1/B: ")) << faults[1];
}

TEST_F(CheckTest, NamesARecordUnderTheKeyOfAnotherHandle) {
    write(store_.records(), "88.1/X", stored("88.1/b"));
    EXPECT_EQ(test::faults_of(store_), Faults{"88.1/X: stands under the key of another handle"});
}

TEST_F(CheckTest, NamesARecordOfAChangeThatWasNeverCounted) {
    EncodedRecord ahead{url_record("88.1/b", "two", 1)};
    write(store_.records(), "88.1/B", protocol::text_of(ahead.seal(99)));
    EXPECT_EQ(test::faults_of(store_), Faults{"88.1/B: its change was never counted"});
    write(store_.records(), "88.1/B", protocol::text_of(ahead.seal(0)));
    EXPECT_EQ(test::faults_of(store_), Faults{"88.1/B: its change was never counted"});
}

TEST_F(CheckTest, NamesADamagedPrefixEntry) {
    for (const std::string_view entry : {"",
                                         "\2"
                                         "88.1",
                                         "\1"
                                         "88.2",
                                         "\1"}) {
        write(store_.prefixes(), "88.1", entry);
        EXPECT_EQ(test::faults_of(store_), Faults{"prefix 88.1: its entry is damaged"});
    }
}

TEST_F(CheckTest, ReportsEveryFaultOnce) {
    write(store_.records(), "88.1/A", "rot");
    write(store_.records(), "88.1/X", stored("88.1/b"));
    write(store_.prefixes(), "88.1", "rot");
    EXPECT_EQ(test::faults_of(store_).size(), 3U);
}

}  // namespace
}  // namespace idnode::registry
