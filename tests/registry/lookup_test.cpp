#include "registry/lookup.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>

#include "protocol/handle/handle.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using test::commit;
using test::put;
using test::record_of;
using test::some_time;

constexpr std::size_t small_front = std::size_t{4} << 20;

std::string handle_number(std::uint64_t number) { return "88.1/part-" + std::to_string(number); }

std::string url_in(const RecordView& record) {
    std::string url;
    record.for_each_value([&](const protocol::ValueView& value) {
        if (value.type == "URL") url = protocol::text_of(value.data);
    });
    return url;
}

/// The URL that a lookup gives for a handle; empty when there is no record.
std::string url_of(Lookup& lookup, const std::string& handle) {
    const auto record = lookup.find(handle);
    return record ? url_in(*record) : std::string{};
}

void warm_up(Lookup& lookup) {
    while (lookup.warm()) {}
    lookup.renew();
}

/// Records of which some are so long that LMDB keeps their values in pages of their own.
std::vector<Change> many_records(std::uint64_t count) {
    std::vector<Change> changes{test::home("88.1")};
    for (std::uint64_t number = 0; number < count; ++number)
        changes.push_back(put(
            record_of(handle_number(number),
                      {test::open_value(1, "URL", "u" + std::to_string(number)),
                       test::open_value(
                           2, "DATA", std::string(number % 50 == 0 ? 6000 : number % 97, 'x'))})));
    return changes;
}

class EveryFront : public testing::TestWithParam<std::size_t> {
protected:
    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_P(EveryFront, FindsWhatIsThereAndNothingElseInGroupsOfAnySize) {
    constexpr std::uint64_t count = 3000;
    commit(store_, many_records(count));
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    std::mt19937_64 random{7};
    for (std::size_t size = 0; size <= HandleGroup::static_capacity; ++size) {
        std::vector<std::string> handles;
        for (std::size_t at = 0; at < size; ++at) {
            handles.push_back(handle_number(random() % (2 * count)));
            if (random() % 2) handles.back() = protocol::folded(handles.back());
        }
        lookup.renew();
        HandleGroup group;
        for (const std::string& handle : handles) group.push_back(handle);
        lookup.look_ahead(group);
        for (const std::string& handle : handles) {
            const std::uint64_t number = std::stoull(handle.substr(10));
            EXPECT_EQ(url_of(lookup, handle), number < count ? "u" + std::to_string(number) : "")
                << handle;
        }
        lookup.release();
    }
}

TEST_P(EveryFront, FollowsChangesOfAnotherProcessFromTheNextRenewalOn) {
    commit(store_, many_records(10));
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    EXPECT_EQ(url_of(lookup, handle_number(3)), "u3");
    // A second environment on the same file within one process is what LMDB warns of, so the
    // other process is played by the same store.
    commit(store_, {put(test::url_record(handle_number(3), "new")), test::remove(handle_number(4)),
                    put(test::url_record("88.1/added", "added")), test::home("88.2")});
    EXPECT_EQ(url_of(lookup, handle_number(3)), "u3") << "the old snapshot still holds";
    lookup.renew();
    EXPECT_EQ(url_of(lookup, handle_number(3)), "new");
    EXPECT_EQ(url_of(lookup, handle_number(4)), "");
    EXPECT_EQ(url_of(lookup, "88.1/ADDED"), "added");
    EXPECT_TRUE(lookup.is_homed("88.2"));
    commit(store_, {test::unhome("88.2")});
    lookup.renew();
    EXPECT_FALSE(lookup.is_homed("88.2"));
}

TEST_P(EveryFront, StaysTrueWhenMoreHasChangedThanAnyoneRemembers) {
    commit(store_, many_records(10));
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    std::vector<Change> changes = many_records(Lookup::changes_max + 1);
    changes.push_back(put(test::url_record(handle_number(1), "late")));
    commit(store_, std::move(changes));
    lookup.renew();
    EXPECT_EQ(url_of(lookup, handle_number(1)), "late");
    EXPECT_EQ(url_of(lookup, handle_number(4999)), "u4999");
    warm_up(lookup);
    EXPECT_EQ(url_of(lookup, handle_number(1)), "late");
}

TEST(Lookup, LetsGoOfWhatHasChangedUntilItIsAskedFor) {
    const test::TempDirectory directory;
    const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
    constexpr std::uint64_t count = 100;
    commit(store, many_records(count));
    Lookup lookup{store, small_front};
    warm_up(lookup);
    EXPECT_EQ(lookup.front_records(), count);
    std::vector<Change> changes{test::remove(handle_number(0))};
    for (std::uint64_t number = 1; number < 70; ++number)
        changes.push_back(put(test::url_record(handle_number(number), "new")));
    commit(store, std::move(changes));
    lookup.renew();
    EXPECT_EQ(lookup.front_records(), count - 70);
    EXPECT_EQ(url_of(lookup, handle_number(0)), "");
    EXPECT_EQ(url_of(lookup, handle_number(69)), "new");
    EXPECT_EQ(url_of(lookup, handle_number(70)), "u70");
    lookup.release();
    EXPECT_EQ(lookup.front_records(), count - 69) << "the one that was asked for is back";
}

TEST_P(EveryFront, StaysTrueWhenTheChangesThatItHasNotSeenWerePruned) {
    commit(store_, many_records(10), 1000);
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    commit(store_, {put(test::url_record(handle_number(1), "late")), test::home("88.2")}, 1000);
    Writer{store_}.prune_changes(2000, 100);
    commit(store_, {put(test::url_record(handle_number(2), "later"))}, 3000);
    lookup.renew();
    EXPECT_EQ(url_of(lookup, handle_number(1)), "late");
    EXPECT_EQ(url_of(lookup, handle_number(2)), "later");
    EXPECT_TRUE(lookup.is_homed("88.2"));
}

TEST_P(EveryFront, LongHandlesThatDifferAtTheEndOnlyAreToldApart) {
    const std::string stem = "88.1/" + std::string(600, 'l');
    commit(store_,
           {put(test::url_record(stem + "1", "one")), put(test::url_record(stem + "2", "two"))});
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    EXPECT_EQ(url_of(lookup, stem + "1"), "one");
    EXPECT_EQ(url_of(lookup, stem + "2"), "two");
    EXPECT_EQ(url_of(lookup, stem + "3"), "");
    commit(store_, {put(test::url_record(stem + "1", "changed"))});
    lookup.renew();
    EXPECT_EQ(url_of(lookup, stem + "1"), "changed");
}

TEST_P(EveryFront, AgreesWithTheStoreAfterRandomChanges) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random{seed};
    constexpr std::uint64_t handles = 400;
    Lookup lookup{store_, GetParam()};
    for (int round = 0; round < 300; ++round) {
        std::vector<Change> changes;
        for (auto left = random() % 20; left > 0; --left) {
            const std::string handle = handle_number(random() % handles);
            if (random() % 4 == 0)
                changes.push_back(test::remove(handle));
            else
                changes.push_back(put(record_of(
                    handle, {test::open_value(1, "URL", std::to_string(random())),
                             test::open_value(2, "DATA", std::string(random() % 20'000, 'd'))})));
        }
        commit(store_, std::move(changes));
        if (random() % 3 == 0) lookup.warm();
        lookup.renew();
        const Snapshot truth{store_};
        for (int ask = 0; ask < 50; ++ask) {
            const std::string handle = handle_number(random() % handles);
            const auto expected = truth.find(handle);
            ASSERT_EQ(url_of(lookup, handle), expected ? url_in(*expected) : "") << handle;
        }
        lookup.release();
    }
}

TEST_P(EveryFront, FindsARecordThatIsTooLargeToBeHeld) {
    const std::string large(200'000, 'x');
    commit(store_, {test::home("88.1"),
                    put(record_of(handle_number(1), {test::open_value(1, "URL", large)})),
                    put(record_of(handle_number(2), {test::open_value(1, "URL", "u2")}))});
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    EXPECT_EQ(url_of(lookup, handle_number(1)), large);
    EXPECT_EQ(url_of(lookup, handle_number(2)), "u2");
}

/// Only who asks for it is told; nobody else is hurt, and it is not said to be absent.
TEST_P(EveryFront, ADamagedRecordHurtsNobodyElse) {
    commit(store_, many_records(10));
    {
        lmdb::WriteTxn txn{store_.env()};
        txn.put(store_.records(), HandleKey{handle_number(4)}.bytes(),
                protocol::bytes_of("no record at all"));
        std::move(txn).commit();
    }
    Lookup lookup{store_, GetParam()};
    warm_up(lookup);
    const std::vector<std::string> handles{handle_number(3), handle_number(4), handle_number(5)};
    lookup.look_ahead({handles.begin(), handles.end()});
    EXPECT_EQ(url_of(lookup, handles[0]), "u3");
    EXPECT_THROW(lookup.find(handles[1]), StoreError);
    EXPECT_EQ(url_of(lookup, handles[2]), "u5");
    // Mended while the lookup looks on.
    commit(store_, {put(record_of(handle_number(5), {test::open_value(1, "URL", "new")}))});
    lookup.renew();
    EXPECT_EQ(url_of(lookup, handles[2]), "new");
    EXPECT_THROW(lookup.find(handles[1]), StoreError);
}

INSTANTIATE_TEST_SUITE_P(Sizes, EveryFront,
                         testing::Values(std::size_t{0}, small_front, std::size_t{64} << 20),
                         [](const auto& each) { return std::to_string(each.param >> 20) + "MiB"; });

void expect_what_lmdb_gives(const Store& store, const lmdb::ReadTxn& txn,
                            std::vector<TreeWalk::Search>& searches) {
    TreeWalk walk{"records"};
    walk.follow(txn);
    walk.find(searches);
    for (const TreeWalk::Search& search : searches) {
        const auto expected = txn.get(store.records(), search.key);
        ASSERT_EQ(search.value.has_value(), expected.has_value()) << protocol::text_of(search.key);
        if (!expected) continue;
        EXPECT_EQ(search.value->data(), expected->data());
        EXPECT_EQ(search.value->size(), expected->size());
    }
}

class TreeWalkTest : public testing::TestWithParam<std::uint64_t> {
protected:
    /// Registers as many records as the parameter says; returns their keys and others between.
    std::vector<std::string> fill() {
        commit(store_, many_records(GetParam()));
        std::set<std::string> keys;
        for (std::uint64_t number = 0; number < GetParam() + 2; ++number)
            for (const char* end : {"", "0", " "})
                keys.insert(protocol::folded(handle_number(number)) + end);
        return {keys.begin(), keys.end()};
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create, test::small_map};
};

TEST_P(TreeWalkTest, GivesWhatLmdbGivesForEveryKeyAndForNeighboursOfKeys) {
    const auto keys = fill();
    const lmdb::ReadTxn txn{store_.env()};
    for (std::size_t begin = 0; begin < keys.size(); begin += TreeWalk::batch_max) {
        std::vector<TreeWalk::Search> searches;
        for (std::size_t at = begin; at < std::min(begin + TreeWalk::batch_max, keys.size()); ++at)
            searches.push_back({.key = protocol::bytes_of(keys[at])});
        expect_what_lmdb_gives(store_, txn, searches);
    }
}

TEST_P(TreeWalkTest, FindsKeysFromTheOnesBeforeThemHoweverManyLieBetween) {
    const auto keys = fill();
    const lmdb::ReadTxn txn{store_.env()};
    for (std::size_t begin = 0; begin < keys.size(); begin += 7) {
        std::vector<TreeWalk::Search> searches;
        const std::size_t step = 1 + begin % 40;
        for (std::size_t at = begin; at < keys.size() && searches.size() < TreeWalk::batch_max;
             at += step)
            searches.push_back(
                {.key = protocol::bytes_of(keys[at]), .is_near = searches.size() % 4 != 0});
        expect_what_lmdb_gives(store_, txn, searches);
    }
}

INSTANTIATE_TEST_SUITE_P(OfRegistries, TreeWalkTest, testing::Values(0U, 1U, 5U, 500U, 4000U));

}  // namespace
}  // namespace idnode::registry
