#include "resolver/api/list_marks.hpp"

#include <gtest/gtest.h>

#include "registry/listing.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver::api {
namespace {

constexpr std::uint32_t now = 1'700'000'000;
constexpr std::uint64_t far = ListMarks::counted_max;

TEST(ListMarks, FindTheNearestMarkBeforeAnOffset) {
    ListMarks marks;
    marks.note("88.1", {far, "88.1/a"}, now);
    marks.note("88.1", {far + 100, "88.1/b"}, now);
    marks.note("88.2", {far + 50, "88.2/c"}, now);
    EXPECT_EQ(marks.find("88.1", far + 99, now).handle, "88.1/a");
    EXPECT_EQ(marks.find("88.1", far + 100, now).handle, "88.1/b");
    EXPECT_EQ(marks.find("88.1", far + 5000, now).offset, far + 100);
    EXPECT_EQ(marks.find("88.1", far - 1, now).handle, "");
    EXPECT_EQ(marks.find("88.3", far, now).offset, 0U);
}

TEST(ListMarks, CountFromTheFirstHandleNearTheBeginningAndAfterSomeTime) {
    ListMarks marks;
    marks.note("88.1", {far - 1, "88.1/a"}, now);
    EXPECT_EQ(marks.find("88.1", far, now).offset, 0U);
    marks.note("88.1", {far, "88.1/b"}, now);
    EXPECT_EQ(marks.find("88.1", far, now + ListMarks::seconds_max).offset, far);
    EXPECT_EQ(marks.find("88.1", far, now + ListMarks::seconds_max + 1).offset, 0U);
}

TEST(ListMarks, LetTheOldestGoWhenThereAreTooMany) {
    ListMarks marks;
    for (std::uint64_t each = 0; each <= ListMarks::marks_max; ++each)
        marks.note("88.1", {far + each, "88.1/" + std::to_string(each)}, now);
    EXPECT_EQ(marks.find("88.1", far, now).offset, 0U);
    EXPECT_EQ(marks.find("88.1", far + 1, now).offset, far + 1);
}

TEST(Listing, GivesEveryHandleOnceWhereverItGoesOn) {
    const test::TempDirectory directory;
    const registry::Store store{directory.path(), registry::Store::Access::write_or_create,
                                test::small_map};
    std::vector<registry::Change> changes;
    for (const char* handle : {"88.1/a", "88.1/B", "88.1/c", "88.1/d", "88.10/x", "88.2/y"})
        changes.push_back(test::put(test::url_record(handle, "u")));
    test::commit(store, std::move(changes));
    const registry::Snapshot snapshot{store};
    const auto list = [&](const registry::Listed& listed) {
        std::string all;
        registry::for_each_handle(snapshot, "88.1", listed, [&](std::string_view handle) {
            all.append(handle.substr(handle.find('/') + 1));
        });
        return all;
    };
    EXPECT_EQ(list({.count = 10}), "aBcd");
    EXPECT_EQ(list({.skip = 1, .count = 2}), "Bc");
    EXPECT_EQ(list({.after = "88.1/b", .count = 10}), "cd");
    EXPECT_EQ(list({.after = "88.1/B", .skip = 1, .count = 10}), "d");
    EXPECT_EQ(list({.after = "88.1/bb", .count = 1}), "c") << "one that was deleted meanwhile";
    EXPECT_EQ(list({.count = 0}), "");
    EXPECT_EQ(registry::count_records(snapshot, "88.1"), 4U);
}

}  // namespace
}  // namespace idnode::resolver::api
