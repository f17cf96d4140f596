#include "registry/store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using test::commit;
using test::home;
using test::put;
using test::small_map;
using test::TempDirectory;
using test::url_record;
using Access = Store::Access;
using Kind = StoreError::Kind;

Store make_store(const TempDirectory& directory) {
    return Store{directory.path(), Access::write_or_create, small_map};
}

std::string url_of(const Snapshot& snapshot, std::string_view handle) {
    const auto record = snapshot.find(handle);
    return record ? test::to_record(*record).values.at(0).data : "absent";
}

std::string content_of(const std::filesystem::path& file) {
    std::ostringstream content;
    content << std::ifstream{file, std::ios::binary}.rdbuf();
    return content.str();
}

TEST(Store, IsMadeEmptyTogetherWithItsDirectory) {
    const TempDirectory directory;
    const Store store{directory / "data/node", Access::write_or_create, small_map};
    const Snapshot snapshot{store};
    EXPECT_EQ(snapshot.sequence(), 0U);
    EXPECT_EQ(snapshot.record_count(), 0U);
    EXPECT_TRUE(test::all_homed_prefixes(store).empty());
    EXPECT_TRUE(test::faults_of(store).empty());
    EXPECT_TRUE(std::filesystem::exists(directory / "data/node/registry.mdb"));
}

TEST(Store, HasKeptEverythingWhenItIsOpenedAgain) {
    const TempDirectory directory;
    {
        const Store store = make_store(directory);
        commit(store, {home("88.1"), put(url_record("88.1/a", "one", 1))});
    }
    for (const Access access : {Access::read, Access::write, Access::write_or_create}) {
        const Store store{directory.path(), access, small_map};
        EXPECT_EQ(test::all_records(store), std::vector{url_record("88.1/a", "one", 1)});
        EXPECT_EQ(Snapshot{store}.sequence(), 2U);
        EXPECT_TRUE(Snapshot{store}.is_homed("88.1"));
    }
}

/// Opens and expects to fail; returns the kind, and sees to it that the sentence is one line.
Kind kind_of_failure(const std::filesystem::path& directory, Access access) {
    try {
        const Store store{directory, access, small_map};
        ADD_FAILURE() << "opened";
    } catch (const StoreError& error) {
        const std::string sentence = error.what();
        EXPECT_GT(sentence.size(), 20U);
        EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
        return error.kind();
    }
    return Kind::fault;
}

TEST(Store, IsNotMadeUnasked) {
    const TempDirectory directory;
    for (const Access access : {Access::read, Access::write}) {
        EXPECT_EQ(kind_of_failure(directory.path(), access), Kind::absent);
        EXPECT_EQ(kind_of_failure(directory / "nowhere", access), Kind::absent);
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Store, TakesAnEmptyFileForNone) {
    const TempDirectory directory;
    std::ofstream{directory / Store::file_name};
    for (const Access access : {Access::read, Access::write})
        EXPECT_EQ(kind_of_failure(directory.path(), access), Kind::absent);
    EXPECT_TRUE(std::filesystem::is_empty(directory / Store::file_name));
    EXPECT_EQ(Snapshot{make_store(directory)}.record_count(), 0U);
}

TEST(Store, SaysWhenItsDirectoryCannotBeMade) {
    const TempDirectory directory;
    std::ofstream{directory / "file"} << "x";
    EXPECT_EQ(kind_of_failure(directory / "file", Access::write_or_create), Kind::fault);
    EXPECT_EQ(kind_of_failure(directory / "file/data", Access::write_or_create), Kind::fault);
}

void expect_foreign_and_unchanged(const TempDirectory& directory) {
    const std::filesystem::path file = directory / Store::file_name;
    const std::string before = content_of(file);
    for (const Access access : {Access::read, Access::write, Access::write_or_create}) {
        EXPECT_EQ(kind_of_failure(directory.path(), access), Kind::foreign)
            << static_cast<int>(access);
        EXPECT_TRUE(content_of(file) == before) << static_cast<int>(access);
    }
}

TEST(Store, RefusesAFileThatIsNoLmdbStore) {
    const TempDirectory directory;
    for (const std::string& content :
         {std::string{"handle,1:URL\n88.1/a,https://example.org\n"}, std::string(8192, '\0')}) {
        std::ofstream{directory / Store::file_name} << content;
        expect_foreign_and_unchanged(directory);
    }
}

/// Changes the tables of an LMDB file as another program might.
void tamper(const TempDirectory& directory, const std::function<void(lmdb::WriteTxn&)>& change) {
    const lmdb::Env env{directory / Store::file_name, lmdb::Env::Mode::read_write,
                        small_map.map_size_max, 16};
    lmdb::WriteTxn txn{env};
    change(txn);
    std::move(txn).commit();
}

TEST(Store, RefusesTheLmdbFileOfAnotherProgram) {
    const TempDirectory directory;
    tamper(directory, [](lmdb::WriteTxn& txn) {
        txn.put(txn.open_table("recipes"), bytes_of("soup"), bytes_of("water"));
    });
    expect_foreign_and_unchanged(directory);
}

TEST(Store, RefusesAnLmdbFileWhereATextHasTheNameOfATable) {
    const TempDirectory directory;
    tamper(directory, [](lmdb::WriteTxn& txn) {
        txn.put(txn.open_table(nullptr), bytes_of("meta"), bytes_of("a text"));
        txn.put(txn.open_table(nullptr), bytes_of("records"), bytes_of("a text"));
        txn.put(txn.open_table(nullptr), bytes_of("prefixes"), bytes_of("a text"));
    });
    expect_foreign_and_unchanged(directory);
}

TEST(Store, RefusesAnotherFormatVersionAndNamesBoth) {
    const TempDirectory directory;
    commit(make_store(directory), {put(url_record("88.1/a", "one"))});
    tamper(directory, [](lmdb::WriteTxn& txn) {
        txn.put(txn.open_table("meta"), bytes_of("format"), bytes_of({"\0\0\0\4", 4}));
    });
    expect_foreign_and_unchanged(directory);
    try {
        make_store(directory);
    } catch (const StoreError& error) {
        EXPECT_STREQ(error.what(),
                     "the registry has format 4, this program knows the formats 1 to 3");
    }
}

TEST(Store, IsKnownByANameOfItsOwnThatStays) {
    const TempDirectory directory;
    const TempDirectory other;
    const auto identity = Snapshot{make_store(directory)}.identity();
    ASSERT_TRUE(identity);
    EXPECT_EQ(Snapshot{make_store(directory)}.identity(), identity);
    EXPECT_NE(Snapshot{make_store(other)}.identity(), identity);
}

TEST(Store, RefusesARegistryWhoseFormatIsMissing) {
    const TempDirectory directory;
    commit(make_store(directory), {put(url_record("88.1/a", "one"))});
    tamper(directory,
           [](lmdb::WriteTxn& txn) { txn.remove(txn.open_table("meta"), bytes_of("format")); });
    expect_foreign_and_unchanged(directory);
}

TEST(Snapshot, ShowsOneStateWhileTheWriterGoesOn) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    commit(store, {put(url_record("88.1/a", "one")), put(url_record("88.1/b", "one"))});
    Snapshot snapshot{store};
    const auto before = snapshot.find("88.1/a");
    for (int round = 0; round < 50; ++round)
        commit(store, {put(url_record("88.1/a", "two" + std::to_string(round))),
                       test::remove("88.1/b"), home("88.1"), put(url_record("88.1/c", "x"))});
    EXPECT_EQ(url_of(snapshot, "88.1/a"), "one");
    EXPECT_EQ(test::to_record(*before).values.at(0).data, "one");
    EXPECT_EQ(url_of(snapshot, "88.1/b"), "one");
    EXPECT_EQ(url_of(snapshot, "88.1/c"), "absent");
    EXPECT_FALSE(snapshot.is_homed("88.1"));
    EXPECT_EQ(snapshot.sequence(), 2U);
    EXPECT_EQ(snapshot.record_count(), 2U);
    snapshot.renew();
    EXPECT_EQ(url_of(snapshot, "88.1/a"), "two49");
    EXPECT_EQ(url_of(snapshot, "88.1/b"), "absent");
    EXPECT_TRUE(snapshot.is_homed("88.1"));
    EXPECT_EQ(snapshot.sequence(), 2U + 3 + 49 + 1);
}

TEST(Snapshot, MayBeReleasedAndRenewedInAnyOrder) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    Snapshot snapshot{store};
    snapshot.release();
    snapshot.release();
    commit(store, {put(url_record("88.1/a", "one"))});
    snapshot.renew();
    snapshot.renew();
    EXPECT_EQ(url_of(snapshot, "88.1/a"), "one");
}

TEST(Store, IsSharedByProcesses) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    commit(store, {put(url_record("88.1/a", "one"))});
    Snapshot snapshot{store};
    const auto from_there = test::run_in_child([&] {
        const Store other{directory.path(), Access::write, small_map};
        const std::string seen = url_of(Snapshot{other}, "88.1/a");
        commit(other, {put(url_record("88.1/a", "two"))});
        return seen;
    });
    EXPECT_EQ(from_there, "one");
    EXPECT_EQ(url_of(snapshot, "88.1/a"), "one");
    snapshot.renew();
    EXPECT_EQ(url_of(snapshot, "88.1/a"), "two");
    EXPECT_EQ(commit(store, {put(url_record("88.1/b", "one"))}).sequence, 3U);
}

TEST(Store, OpenedToReadDoesNotWrite) {
    const TempDirectory directory;
    make_store(directory);
    const Store store{directory.path(), Access::read, small_map};
    EXPECT_THROW(commit(store, {home("88.1")}), StoreError);
    EXPECT_TRUE(test::all_homed_prefixes(store).empty());
}

TEST(Store, TellsLongHandlesApartThatDifferOnlyAtTheEnd) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    std::vector<std::string> handles;
    for (const std::size_t size : {510U, 511U, 512U, 2048U})
        for (const char last : {'1', '2'}) {
            std::string handle = "88.1/" + std::string(size - 5, 'x');
            handle.back() = last;
            handles.push_back(handle);
        }
    for (const auto& handle : handles) commit(store, {put(url_record(handle, "of " + handle))});
    const Snapshot snapshot{store};
    EXPECT_EQ(snapshot.record_count(), handles.size());
    for (const auto& handle : handles) {
        EXPECT_EQ(url_of(snapshot, handle), "of " + handle);
        EXPECT_EQ(url_of(snapshot, protocol::folded(handle)), "of " + handle);
        EXPECT_FALSE(snapshot.find(handle + '3'));
    }
    EXPECT_TRUE(test::faults_of(store).empty());
}

TEST(Store, FindsAHandleInAnyAsciiCaseAndShowsItAsItWasRegistered) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    commit(store, {put(url_record("88.Ab/cDé", "one"))});
    const Snapshot snapshot{store};
    for (const std::string_view handle : {"88.Ab/cDé", "88.AB/CDé", "88.ab/cdé"})
        EXPECT_EQ(snapshot.find(handle)->handle(), "88.Ab/cDé") << handle;
    EXPECT_FALSE(snapshot.find("88.Ab/cDÉ"));
    EXPECT_FALSE(snapshot.find("88.Ab/cD"));
    EXPECT_FALSE(snapshot.find(""));
}

std::vector<std::string> handles_from(const Store& store, std::string_view from,
                                      std::size_t most = 100) {
    std::vector<std::string> handles;
    for_each_record(Snapshot{store}, from, [&](const RecordView& record) {
        handles.emplace_back(record.handle());
        return handles.size() < most;
    });
    return handles;
}

TEST(ForEachRecord, GoesInKeyOrderFromWhereItIsToldAndStopsWhenItIsTold) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    EXPECT_TRUE(handles_from(store, "").empty());
    for (const char* handle : {"88.2/a", "88.1/b", "88.1.1/a", "88.1/A", "0.NA/88.1"})
        commit(store, {put(url_record(handle, "x"))});
    using Handles = std::vector<std::string>;
    EXPECT_EQ(handles_from(store, ""),
              (Handles{"0.NA/88.1", "88.1.1/a", "88.1/A", "88.1/b", "88.2/a"}));
    EXPECT_EQ(handles_from(store, "88.1/"), (Handles{"88.1/A", "88.1/b", "88.2/a"}));
    EXPECT_EQ(handles_from(store, "88.1/B"), (Handles{"88.1/b", "88.2/a"}));
    EXPECT_EQ(handles_from(store, "88.1/AA", 1), (Handles{"88.1/b"}));
    EXPECT_EQ(handles_from(store, "99"), Handles{});
}

TEST(HomedPrefixes, AreFoundInAnyCaseAndListedAsTheyWereSpelled) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    commit(store, {home("88.b"), home("88.A"), home("20.500.12"), home("88.B")});
    EXPECT_EQ(test::all_homed_prefixes(store),
              (std::vector<std::string>{"20.500.12", "88.A", "88.b"}));
    const Snapshot snapshot{store};
    EXPECT_TRUE(snapshot.is_homed("88.a"));
    EXPECT_TRUE(snapshot.is_homed("88.B"));
    for (const std::string_view other : {"88", "88.", "88.AA", "88.A/", "0.NA", ""})
        EXPECT_FALSE(snapshot.is_homed(other)) << other;
}

TEST(HomedPrefixes, AreHomeNoLongerAfterTheyWereUnhomed) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    commit(store, {home("88.A"), put(url_record("88.A/x", "one")), test::unhome("88.a")});
    EXPECT_FALSE(Snapshot{store}.is_homed("88.A"));
    EXPECT_EQ(url_of(Snapshot{store}, "88.A/x"), "one");
}

TEST(HomedPrefixes, MayBeAsLongAsAPrefixMayBeAndNoLonger) {
    const TempDirectory directory;
    const Store store = make_store(directory);
    const std::string longest(protocol::prefix_size_max, 'p');
    commit(store, {home(longest)});
    EXPECT_TRUE(Snapshot{store}.is_homed(longest));
    EXPECT_FALSE(Snapshot{store}.is_homed(longest + 'p'));
    EXPECT_FALSE(Snapshot{store}.is_homed(std::string(2048, 'p')));
}

}  // namespace
}  // namespace idnode::registry
