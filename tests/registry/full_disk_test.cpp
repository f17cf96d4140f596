#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/records.hpp"
#include "tests/support/small_file_system.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using test::put;
using test::url_record;

/// A batch of about four MiB.
std::vector<Change> large_batch() {
    std::vector<Change> changes{test::home("88.9")};
    for (int number = 1000; number < 2000; ++number)
        changes.push_back(
            put(url_record("88.1/" + std::to_string(number), std::string(4000, 'x'))));
    return changes;
}

/// What is wrong with a store that held one record when it filled up; nothing, when all is well.
std::string find_damage(const Store& store) {
    if (test::all_records(store) != std::vector{url_record("88.1/a", "one", 1)})
        return "other records than before";
    if (!test::all_homed_prefixes(store).empty()) return "a prefix of the batch that failed";
    if (Snapshot{store}.sequence() != 1) return "another sequence than before";
    for (const std::string& fault : test::faults_of(store)) return fault;
    return {};
}

/// Fills the store in `directory` until the system gives it no more room, and looks at what is
/// left, now and after opening it again. Returns the sentence of the failure.
std::string fill_up(const std::filesystem::path& directory) {
    std::string sentence = "there was room";
    {
        const Store store{directory, Store::Access::write_or_create, test::small_map};
        test::commit(store, {put(url_record("88.1/a", "one", 1))});
        for (int round = 0; round < 3; ++round) {
            try {
                test::commit(store, large_batch());
                return "there was room";
            } catch (const StoreError& error) {
                sentence = error.what();
                if (error.kind() != StoreError::Kind::full_disk)
                    return "of another kind: " + sentence;
            }
            if (const std::string damage = find_damage(store); !damage.empty()) return damage;
        }
    }
    const Store again{directory, Store::Access::read, test::small_map};
    const std::string damage = find_damage(again);
    return damage.empty() ? sentence : "after opening it again: " + damage;
}

constexpr const char* full_sentence =
    "cannot commit to the store: the disk is full; nothing of this batch was kept, earlier changes "
    "are safe and the store stays readable";

/// What `step` says, in a process of its own, of a file system of that size in `directory`; or why
/// there is none.
std::string say_on_small_disk(const std::filesystem::path& directory, const char* size,
                              const std::function<std::string()>& step) {
    return test::run_in_child([&] {
        const std::string refusal = test::mount_small(directory, size);
        return refusal.empty() ? step() : refusal;
    });
}

class FullDisk : public testing::TestWithParam<const char*> {};

// LMDB writes pages together where they lie together, so whether the last write fails as a whole
// or in its middle depends on the size.
TEST_P(FullDisk, IsReportedAsSuchAndHarmsNothing) {
    const test::TempDirectory directory;
    const std::string said =
        say_on_small_disk(directory.path(), GetParam(), [&] { return fill_up(directory.path()); });
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, full_sentence);
}

INSTANTIATE_TEST_SUITE_P(Sizes, FullDisk,
                         testing::Values("size=1m", "size=1028k", "size=1500k", "size=2m"));

TEST(FullDisk, LeavesTheStoreWritableOnceThereIsRoom) {
    const test::TempDirectory directory;
    const std::string said = say_on_small_disk(directory.path(), "size=1m", [&]() -> std::string {
        const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
        test::commit(store, {put(url_record("88.1/a", "one", 1))});
        try {
            test::commit(store, large_batch());
        } catch (const StoreError&) {
            test::commit(store, {put(url_record("88.1/b", "two"))});
            const std::string refused = test::remount(directory.path(), "size=32m");
            if (!refused.empty()) return refused;
            test::commit(store, large_batch());
        }
        const auto faults = test::faults_of(store);
        return faults.empty() ? std::to_string(Snapshot{store}.sequence()) : faults.front();
    });
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, "1003");
}

/// Takes all the room that there is.
void fill(const std::filesystem::path& directory) {
    std::ofstream file{directory / "filler", std::ios::binary | std::ios::app};
    const std::string page(4096, 'x');
    while (file.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {}
}

TEST(FullDisk, HasRoomForAllReadersOfAStoreThatIsOpen) {
    const test::TempDirectory directory;
    const std::string said = say_on_small_disk(directory.path(), "size=1m", [&]() -> std::string {
        const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
        test::commit(store, {put(url_record("88.1/a", "one", 1))});
        fill(directory.path());
        std::vector<std::unique_ptr<Snapshot>> readers;
        for (int number = 0; number < 500; ++number)
            readers.push_back(std::make_unique<Snapshot>(store));
        return readers.back()->find("88.1/a") ? "found" : "not found";
    });
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, "found");
}

TEST(FullDisk, WithoutRoomForTheLockFileIsSaidWhenTheStoreIsOpened) {
    const test::TempDirectory directory;
    const std::string said = say_on_small_disk(directory.path(), "size=1m", [&]() -> std::string {
        {
            const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
            test::commit(store, {put(url_record("88.1/a", "one", 1))});
        }
        std::filesystem::remove(directory.path() / "registry.mdb-lock");
        fill(directory.path());
        try {
            const Store store{directory.path(), Store::Access::read, test::small_map};
            return "it was opened";
        } catch (const StoreError& error) {
            return error.kind() == StoreError::Kind::full_disk ? "full disk" : error.what();
        }
    });
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, "full disk");
}

TEST(FileSizeLimit, IsReportedAsAFullDiskAndHarmsNothing) {
    const test::TempDirectory directory;
    const std::string said = test::run_in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);  // so that a write fails rather than the process
        const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
        return ::setrlimit(RLIMIT_FSIZE, &limit) == 0
                   ? fill_up(directory.path())
                   : std::string{test::not_permitted} + "setrlimit";
    });
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a limit on the size of files, which is " << said;
    EXPECT_EQ(said,
              "cannot commit to the store: the file may not grow any further; nothing of this "
              "batch was kept, earlier changes are safe and the store stays readable");
}

}  // namespace
}  // namespace idnode::registry
