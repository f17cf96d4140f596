#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using test::put;
using test::url_record;

constexpr std::string_view not_permitted = "not permitted: ";

/// Gives the process a view of the file system of its own, with a small one mounted at `place`.
/// Returns what of it the system refused, or nothing.
std::string mount_small(const std::filesystem::path& place, const char* options) {
    const auto refusal = [](const char* what) {
        return std::string{not_permitted} + what + ": " + std::strerror(errno);
    };
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return refusal("unshare");
    std::ofstream{"/proc/self/setgroups"} << "deny";
    std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1";
    std::ofstream{"/proc/self/gid_map"} << "0 " << group << " 1";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refusal("mount");
    if (::mount("none", place.c_str(), "tmpfs", 0, options) != 0) return refusal("mount");
    return {};
}

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

class FullDisk : public testing::TestWithParam<const char*> {};

// LMDB writes pages together where they lie together, so whether the last write fails as a whole
// or in its middle depends on the size.
TEST_P(FullDisk, IsReportedAsSuchAndHarmsNothing) {
    const test::TempDirectory directory;
    const std::string said = test::run_in_child([&] {
        const std::string refusal = mount_small(directory.path(), GetParam());
        return refusal.empty() ? fill_up(directory.path()) : refusal;
    });
    if (said.starts_with(not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, full_sentence);
}

INSTANTIATE_TEST_SUITE_P(Sizes, FullDisk,
                         testing::Values("size=1m", "size=1028k", "size=1500k", "size=2m"));

TEST(FullDisk, LeavesTheStoreWritableOnceThereIsRoom) {
    const test::TempDirectory directory;
    const std::string said = test::run_in_child([&]() -> std::string {
        const std::string refusal = mount_small(directory.path(), "size=1m");
        if (!refusal.empty()) return refusal;
        const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
        test::commit(store, {put(url_record("88.1/a", "one", 1))});
        try {
            test::commit(store, large_batch());
        } catch (const StoreError&) {
            test::commit(store, {put(url_record("88.1/b", "two"))});
            if (::mount("none", directory.path().c_str(), nullptr, MS_REMOUNT, "size=32m") != 0)
                return std::string{not_permitted} + "remount";
            test::commit(store, large_batch());
        }
        const auto faults = test::faults_of(store);
        return faults.empty() ? std::to_string(Snapshot{store}.sequence()) : faults.front();
    });
    if (said.starts_with(not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, "1003");
}

TEST(FileSizeLimit, IsReportedAsAFullDiskAndHarmsNothing) {
    const test::TempDirectory directory;
    const std::string said = test::run_in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);  // so that a write fails rather than the process
        const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
        return ::setrlimit(RLIMIT_FSIZE, &limit) == 0 ? fill_up(directory.path())
                                                      : std::string{not_permitted} + "setrlimit";
    });
    if (said.starts_with(not_permitted))
        GTEST_SKIP() << "this needs a limit on the size of files, which is " << said;
    EXPECT_EQ(said,
              "cannot commit to the store: the file may not grow any further; nothing of this "
              "batch was kept, earlier changes are safe and the store stays readable");
}

}  // namespace
}  // namespace idnode::registry
