#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/write_load.hpp"

namespace idnode::end_to_end {
namespace {

// The disk reports errors while clients write.

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t some = 5;

class BrokenDisk : public ::testing::Test {
protected:
    BrokenDisk() { prepare_for_load(node_); }

    void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "sanitizers want to be loaded before what breaks the disk";
#endif
    }

    /// A node whose disk can be broken. Its environment is that of this process.
    void start() {
        ::setenv("LD_PRELOAD", IDNODE_FAILING_WRITES, 1);
        ::setenv("IDNODE_BROKEN_DISK", node_.directory().file("broken").c_str(), 1);
        node_.start();
        ::unsetenv("LD_PRELOAD");
        ::unsetenv("IDNODE_BROKEN_DISK");
    }
    /// Has writes fail: those that sync, those of pages, or those of the root page, by which a
    /// transaction comes to be.
    void break_disk(const std::string& where) const {
        node_.directory().write("broken." + where, "broken");
    }
    void mend_disk(const std::string& where) const {
        std::filesystem::remove(node_.directory().file("broken." + where));
    }
    void begin_to_write() {
        load_.begin(node_.handle());
        ASSERT_TRUE(load_.await_acknowledged(some));
    }
    void write_again() {
        const std::uint64_t refused = load_.tally().refused;
        begin_to_write();
        load_.end();
        EXPECT_EQ(load_.tally().refused, refused);
    }
    void compare() {
        ASSERT_THAT(load_.faults(), IsEmpty());
        ASSERT_THAT(load_.compare(read_registry(node_.data())), IsEmpty());
        ASSERT_THAT(load_.compare(node_.handle()), IsEmpty());
        ASSERT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
    }

    Node node_;
    WriteLoad load_{choose_seed()};
};

class BrokenDiskUnderLoad : public BrokenDisk, public ::testing::WithParamInterface<const char*> {};

TEST_P(BrokenDiskUnderLoad, RefusesWhatCannotBeWrittenAndLosesNothingElse) {
    start();
    begin_to_write();
    break_disk(GetParam());
    ASSERT_TRUE(load_.await_refused(some));
    load_.end();
    EXPECT_EQ(load_.lost(), 0U);
    EXPECT_TRUE(node_.wait_for_log(" error a change was not written: cannot "));
    compare();
    mend_disk(GetParam());
    write_again();
    compare();
    EXPECT_EQ(node_.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Places, BrokenDiskUnderLoad, ::testing::Values("sync", "pages"));

using BrokenRootUnderLoad = BrokenDisk;

TEST_F(BrokenRootUnderLoad, EndsTheNodeWithOneLineAndTheNextStartGoesOn) {
    start();
    begin_to_write();
    break_disk("root");
    EXPECT_EQ(node_.server().wait(), 1);
    load_.end();
    EXPECT_THAT(node_.log(), HasSubstr("the disk has failed to take the root page of the store"));
    mend_disk("root");
    start();
    compare();
    write_again();
    compare();
    EXPECT_EQ(node_.stop(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
