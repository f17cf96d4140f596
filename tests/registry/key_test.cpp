#include "registry/key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/hex.hpp"

namespace idnode::registry {
namespace {

std::string key_of(std::string_view handle) {
    const HandleKey key{handle};
    return std::string{protocol::text_of(key.bytes())};
}

/// A handle of `size` octets that ends in `end`.
std::string long_handle(std::size_t size, std::string_view end = "") {
    std::string handle = "88.118.8/";
    handle.append(size - handle.size() - end.size(), 'x').append(end);
    return handle;
}

TEST(HandleKey, FoldsAsciiLettersAndNothingElse) {
    EXPECT_EQ(key_of("88.118.8/Part-7z"), "88.118.8/PART-7Z");
    EXPECT_EQ(key_of("88.118.8/ä[`{@ ş"), "88.118.8/ä[`{@ ş");
    EXPECT_EQ(key_of("20.500/零件Å"), "20.500/零件Å");
}

TEST(HandleKey, KeepsOctetsThatAreNoText) {
    const std::string handle{"88.1/a\0b\xff", 9};
    EXPECT_EQ(key_of(handle), (std::string{"88.1/A\0B\xff", 9}));
    EXPECT_EQ(key_of(""), "");
}

TEST(HandleKey, IsTheFoldedHandleUpTo510Octets) {
    for (const std::size_t size : {10U, 509U, 510U}) {
        std::string folded = long_handle(size);
        std::replace(folded.begin(), folded.end(), 'x', 'X');
        EXPECT_EQ(key_of(long_handle(size)), folded) << size;
    }
}

TEST(HandleKey, IsTheStartAndADigestFrom511OctetsOn) {
    // The digests were computed with Python's hashlib over the folded handles.
    const std::string stem = "88.118.8/" + std::string(479 - 9, 'X');
    EXPECT_EQ(key_of(long_handle(511)),
              stem + test::bytes_from_hex(
                         "4af29498d2893d9042b1eb1e5993ab84ff0f4c3b9d216c238ae23a56de94a5bd"));
    EXPECT_EQ(key_of(long_handle(2048)),
              stem + test::bytes_from_hex(
                         "8940e6a2123a1559b0483f2e577fd2268360dc59b4a7c58545eaa445f98536c1"));
}

TEST(HandleKey, OfALongHandleHasTheSizeThatNoShortOneHas) {
    EXPECT_EQ(key_of(long_handle(510)).size(), 510U);
    for (const std::size_t size : {511U, 512U, 2048U, 2053U})
        EXPECT_EQ(key_of(long_handle(size)).size(), HandleKey::size_max) << size;
}

TEST(HandleKey, DiffersForHandlesThatDifferOnlyAtTheEnd) {
    for (const std::size_t size : {510U, 511U, 512U, 2048U})
        EXPECT_NE(key_of(long_handle(size, "1")), key_of(long_handle(size, "2"))) << size;
}

TEST(HandleKey, OfALongHandleIgnoresAsciiCaseToo) {
    for (const std::size_t size : {510U, 511U, 2048U})
        EXPECT_EQ(key_of(long_handle(size, "ab")), key_of(long_handle(size, "Ab"))) << size;
}

TEST(HandleKey, SortsAsFoldedHandlesDo) {
    std::vector<std::string> handles{"88.118/b", "88.118.8/A",  "88.118.8/a0",
                                     "88.118/~", "0.NA/88.118", "88.118/B1"};
    std::sort(handles.begin(), handles.end(), [](const auto& left, const auto& right) {
        return std::ranges::lexicographical_compare(HandleKey{left}.bytes(),
                                                    HandleKey{right}.bytes());
    });
    EXPECT_EQ(handles, (std::vector<std::string>{"0.NA/88.118", "88.118.8/A", "88.118.8/a0",
                                                 "88.118/b", "88.118/B1", "88.118/~"}));
}

}  // namespace
}  // namespace idnode::registry
