#include "registry/changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "registry/writer.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using protocol::text_of;
using test::commit;
using test::put;
using test::url_record;
using testing::ElementsAre;
using testing::IsEmpty;

/// A change of its own, so that it outlives its snapshot.
struct Entry {
    std::uint64_t sequence = 0;
    std::uint32_t time = 0;
    Transport transport = Transport::local;
    Operation operation = Operation::put_record;
    bool of_prefix = false;
    std::string actor;
    std::string handle;
    std::string before;
    std::string after;
};

Entry entry_of(const ChangeView& change) {
    return {change.sequence,
            change.time,
            change.transport,
            change.operation,
            change.of_prefix,
            std::string{change.actor},
            std::string{change.handle},
            std::string{text_of(change.before)},
            std::string{text_of(change.after)}};
}

std::string digest_of(std::string_view text) {
    return std::string{text_of(Sha256{}.of(bytes_of(text)))};
}

class ChangeLogTest : public testing::Test {
protected:
    std::vector<Entry> log(std::uint64_t first = 1) const {
        std::vector<Entry> entries;
        const Snapshot snapshot{store_};
        whole_ = for_each_change(snapshot, first, [&](const ChangeView& change) {
            entries.push_back(entry_of(change));
            return true;
        });
        return entries;
    }
    std::string digest_of_record(std::string_view handle) const {
        const Snapshot snapshot{store_};
        return digest_of(text_of(snapshot.find(handle)->values()));
    }
    /// Writes past the writer, as a broken program or disk would.
    void write(std::uint64_t sequence, std::string_view entry) const {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(*store_.change_log(), change_key(sequence), bytes_of(entry));
        std::move(txn).commit();
    }
    void drop(std::uint64_t sequence) const {
        lmdb::WriteTxn txn{store_.env()};
        txn.remove(*store_.change_log(), change_key(sequence));
        std::move(txn).commit();
    }
    std::string stored(std::uint64_t sequence) const {
        const Snapshot snapshot{store_};
        return std::string{
            text_of(*snapshot.txn().get(*store_.change_log(), change_key(sequence)))};
    }
    std::uint64_t from() const { return changes_from(Snapshot{store_}); }

    const test::TempDirectory directory_;
    const Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
    mutable bool whole_ = false;
};

TEST_F(ChangeLogTest, SaysOfEveryChangeWhoDidWhatWhenAndToWhich) {
    std::vector<Change> changes{test::home("88.Ab"), put(url_record("88.Ab/x", "one")),
                                test::remove("88.AB/X"), test::unhome("88.aB")};
    Writer{store_}.commit(
        changes, 1000, {.actor = "300:88.1/ADMIN", .transport = Transport::tls, .operation = {}});
    const auto entries = log();
    EXPECT_TRUE(whole_);
    ASSERT_EQ(entries.size(), 4U);
    const std::vector<Operation> operations{Operation::home_prefix, Operation::put_record,
                                            Operation::delete_handle, Operation::unhome_prefix};
    const std::vector<std::string> handles{"88.Ab", "88.Ab/x", "88.AB/X", "88.aB"};
    for (std::size_t at = 0; at < entries.size(); ++at) {
        EXPECT_EQ(entries[at].sequence, at + 1);
        EXPECT_EQ(entries[at].time, 1000U);
        EXPECT_EQ(entries[at].transport, Transport::tls);
        EXPECT_EQ(entries[at].operation, operations[at]);
        EXPECT_EQ(entries[at].of_prefix, at == 0 || at == 3);
        EXPECT_EQ(entries[at].actor, "300:88.1/ADMIN");
        EXPECT_EQ(entries[at].handle, handles[at]);
    }
    EXPECT_EQ(entries[0].after, digest_of("88.Ab"));
    EXPECT_EQ(entries[3].before, digest_of("88.Ab"));
}

TEST_F(ChangeLogTest, NamesTheOperationThatWasAskedForWhateverItMadeOfTheRecord) {
    std::vector<Change> changes{put(url_record("88.1/a", "one"))};
    Writer{store_}.commit(
        changes, 1000,
        {.actor = {}, .transport = Transport::udp, .operation = Operation::create_handle});
    EXPECT_EQ(log().at(0).operation, Operation::create_handle);
    EXPECT_THAT(log().at(0).actor, IsEmpty());
}

TEST_F(ChangeLogTest, LinksTheStatesOfARecordByTheirDigests) {
    commit(store_, {put(url_record("88.1/a", "one", 1))});
    const std::string first = digest_of_record("88.1/a");
    commit(store_, {put(url_record("88.1/a", "two", 1))});
    const std::string second = digest_of_record("88.1/a");
    commit(store_, {test::remove("88.1/a")});
    const auto entries = log();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_THAT(entries[0].before, IsEmpty());
    EXPECT_EQ(entries[0].after, first);
    EXPECT_EQ(entries[1].before, first);
    EXPECT_EQ(entries[1].after, second);
    EXPECT_EQ(entries[2].before, second);
    EXPECT_THAT(entries[2].after, IsEmpty());
}

TEST_F(ChangeLogTest, GivesEqualValuesEqualDigestsWhereverTheyStand) {
    commit(store_, {put(url_record("88.1/a", "one", 1)), put(url_record("88.1/b", "one", 1)),
                    put(url_record("88.1/A", "one", 1))});
    const auto entries = log();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].after, entries[1].after);
    EXPECT_EQ(entries[2].handle, "88.1/A") << "a new spelling is a change";
    EXPECT_EQ(entries[2].before, entries[2].after);
}

TEST_F(ChangeLogTest, HasNoEntryForWhatChangedNothing) {
    commit(store_, {test::home("88.1"), put(url_record("88.1/a", "one"))});
    commit(store_, {test::home("88.1"), put(url_record("88.1/a", "one")), test::remove("88.1/b"),
                    test::unhome("88.2")});
    EXPECT_EQ(log().size(), 2U);
}

TEST_F(ChangeLogTest, HasEveryChangeOfALargeBatch) {
    std::vector<Change> changes;
    for (int number = 10'000; number < 30'000; ++number)
        changes.push_back(put(url_record("88.1/" + std::to_string(number), "u")));
    commit(store_, std::move(changes));
    EXPECT_EQ(log().size(), 20'000U);
    EXPECT_TRUE(whole_);
    EXPECT_EQ(log(20'001).size(), 0U);
    EXPECT_TRUE(whole_) << "nothing has happened since the last";
    EXPECT_EQ(log(20'000).at(0).handle, "88.1/29999");
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
}

TEST_F(ChangeLogTest, KeepsADigestOfARecordThatWasDamagedWhenItWasChanged) {
    commit(store_, {put(url_record("88.1/a", "one", 1))});
    {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(store_.records(), bytes_of("88.1/A"), bytes_of("rot"));
        std::move(txn).commit();
    }
    commit(store_, {put(url_record("88.1/a", "two", 1))});
    EXPECT_EQ(log().at(1).before, digest_of("rot"));
}

TEST_F(ChangeLogTest, GivesOneChangeByItsNumber) {
    commit(store_, {test::home("88.1"), put(url_record("88.1/a", "one"))});
    const Snapshot snapshot{store_};
    EXPECT_EQ(find_change(snapshot, 2)->handle, "88.1/a");
    EXPECT_FALSE(find_change(snapshot, 0));
    EXPECT_FALSE(find_change(snapshot, 3));
}

TEST_F(ChangeLogTest, CutsTheNameOfAnActorThatIsTooLongAndTakesTheLongestHandle) {
    const std::string handle = "88.1/" + std::string(protocol::handle_size_max - 5, 'h');
    for (const std::size_t size : {actor_size_max - 1, actor_size_max, actor_size_max + 1}) {
        std::vector<Change> changes{put(url_record(handle, "u" + std::to_string(size)))};
        Writer{store_}.commit(
            changes, 1,
            {.actor = std::string(size, 'a'), .transport = Transport::tcp, .operation = {}});
        EXPECT_EQ(log().back().actor.size(), std::min(size, actor_size_max));
        EXPECT_EQ(log().back().handle, handle);
    }
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
}

TEST_F(ChangeLogTest, IsPrunedUpToATimeAndNoFurther) {
    for (std::uint32_t time = 1000; time < 1010; ++time)
        commit(store_, {put(url_record("88.1/a", std::to_string(time)))}, time);
    Writer writer{store_};
    EXPECT_EQ(from(), 1U);
    EXPECT_EQ(writer.prune_changes(1000, 100), 0U);
    EXPECT_EQ(from(), 1U);
    EXPECT_EQ(writer.prune_changes(1001, 100), 1U);
    EXPECT_EQ(from(), 2U);
    EXPECT_EQ(writer.prune_changes(1009, 5), 5U) << "a step is as large as it may be";
    EXPECT_EQ(from(), 7U);
    EXPECT_EQ(writer.prune_changes(1009, 5), 3U);
    EXPECT_EQ(from(), 10U);
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
    EXPECT_EQ(log(10).size(), 1U);
    EXPECT_TRUE(whole_);
    log(9);
    EXPECT_FALSE(whole_) << "that one is gone";
    EXPECT_FALSE(find_change(Snapshot{store_}, 9));
    EXPECT_TRUE(find_change(Snapshot{store_}, 10));
}

TEST_F(ChangeLogTest, GoesOnAfterAllOfItWasPruned) {
    commit(store_, {test::home("88.1"), put(url_record("88.1/a", "one"))}, 1000);
    EXPECT_EQ(Writer{store_}.prune_changes(2000, 100), 2U);
    EXPECT_EQ(Writer{store_}.prune_changes(2000, 100), 0U);
    EXPECT_EQ(from(), 3U);
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
    commit(store_, {put(url_record("88.1/a", "two"))}, 3000);
    EXPECT_EQ(log(3).at(0).sequence, 3U);
    EXPECT_TRUE(whole_);
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
}

TEST_F(ChangeLogTest, DoesNotPruneBehindAClockThatWasSetBack) {
    for (const std::uint32_t time : {1000U, 5000U, 1001U})
        commit(store_, {put(url_record("88.1/a", std::to_string(time)))}, time);
    EXPECT_EQ(Writer{store_}.prune_changes(2000, 100), 1U) << "no gap is made in the middle";
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
}

TEST_F(ChangeLogTest, LosesADamagedEntryWithItsNeighboursWhenItIsPruned) {
    commit(store_, {put(url_record("88.1/a", "one")), put(url_record("88.1/b", "one"))}, 1000);
    commit(store_, {put(url_record("88.1/c", "one"))}, 2000);
    write(2, "rot");
    EXPECT_EQ(Writer{store_}.prune_changes(1500, 100), 2U);
    EXPECT_EQ(from(), 3U);
}

TEST_F(ChangeLogTest, IsCheckedForGapsAndDamage) {
    for (const char* each : {"1", "2", "3", "4", "5", "6"})
        commit(store_, {put(url_record("88.1/a", each))});
    const std::string entry = stored(3);
    drop(3);
    EXPECT_THAT(test::faults_of(store_), ElementsAre("change log: change 3 is missing"));
    log();
    EXPECT_FALSE(whole_);
    drop(4);
    EXPECT_THAT(test::faults_of(store_), ElementsAre("change log: the changes 3 to 4 are missing"));
    write(3, entry);
    write(4, entry.substr(1));
    EXPECT_THAT(test::faults_of(store_), ElementsAre("change log: change 4 is damaged"));
    log();
    EXPECT_FALSE(whole_);
    EXPECT_THROW(find_change(Snapshot{store_}, 4), StoreError);
    write(4, entry);
    drop(1);
    EXPECT_THAT(test::faults_of(store_), ElementsAre("change log: change 1 is missing"));
    write(1, entry);
    write(7, entry);
    EXPECT_THAT(
        test::faults_of(store_),
        ElementsAre("change log: change 7 is none of the changes that the log should have"));
    drop(7);
    EXPECT_THAT(test::faults_of(store_), IsEmpty());
}

TEST_F(ChangeLogTest, IsComparedWithTheRecordsThatItWroteOf) {
    commit(store_, {put(url_record("88.1/a", "one")), put(url_record("88.1/b", "two"))});
    const std::string other = stored(1);
    write(2, other);
    EXPECT_THAT(test::faults_of(store_),
                ElementsAre("88.1/B: its change in the change log is that of something else"));
    std::string wrong;
    ChangeView change{.sequence = 2, .handle = "88.1/b"};
    const Digest digest{};
    change.after = digest;
    store_change(change, wrong);
    write(2, wrong);
    EXPECT_THAT(
        test::faults_of(store_),
        ElementsAre("88.1/B: its values are not those that the change log has the digest of"));
}

// clang-format off
TEST(StoredChange, IsThatOfTheFormatDescription) {
    const Digest before = Sha256{}.of(bytes_of("before"));
    const Digest after = Sha256{}.of(bytes_of("after"));
    std::string out;
    store_change({.sequence = 7,
                  .time = 1'700'000'000,
                  .transport = Transport::tls,
                  .operation = Operation::modify_value,
                  .of_prefix = false,
                  .actor = "300:88.1/ADM",
                  .handle = "88.118.8/x",
                  .before = before,
                  .after = after},
                 out);
    EXPECT_EQ(test::hex_from_bytes(out),
              "6553f100" "04" "06" "03" "000c" "000a" "3330303a38382e312f41444d"
              "38382e3131382e382f78"
              "6db7d803e74f1ffa7d8f5adc0bf95b3e15bf4c8373fffadf546227cc6c6742cb"
              "f39592393ef0859cb196a52693d2cea00fb2df784b3c04ae54aa7cadb8e562f8"
              "30ecaa6a");
}
// clang-format on

TEST(StoredChange, IsRefusedWhenAnyBitOrOctetOfItDiffers) {
    const Digest digest = Sha256{}.of(bytes_of("x"));
    std::string whole;
    store_change({.sequence = 1,
                  .time = 5,
                  .transport = Transport::http,
                  .operation = Operation::put_record,
                  .of_prefix = false,
                  .actor = "who",
                  .handle = "88.1/a",
                  .before = {},
                  .after = digest},
                 whole);
    EXPECT_TRUE(load_change(1, bytes_of(whole)));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(load_change(1, test::ExactBuffer{bytes_of(whole).first(size)})) << size;
    EXPECT_FALSE(load_change(1, bytes_of(whole + '\0')));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(load_change(1, bytes_of(flipped))) << bit;
    }
}

TEST(ChangeLogWords, NameEveryNumberAndAreFoundAgain) {
    for (std::uint8_t number = 1; number <= 8; ++number) {
        const auto transport = static_cast<Transport>(number);
        EXPECT_EQ(find_transport(name_of(transport)), transport);
    }
    for (std::uint8_t number = 1; number <= 10; ++number) {
        const auto operation = static_cast<Operation>(number);
        EXPECT_EQ(find_operation(name_of(operation)), operation);
    }
    for (const std::uint8_t number : std::initializer_list<std::uint8_t>{0, 11, 255}) {
        EXPECT_EQ(name_of(static_cast<Transport>(number)), "unknown");
        EXPECT_EQ(name_of(static_cast<Operation>(number)), "unknown");
    }
    EXPECT_FALSE(find_transport("unknown"));
    EXPECT_FALSE(find_operation("put"));
}

}  // namespace
}  // namespace idnode::registry
