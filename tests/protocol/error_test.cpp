#include "protocol/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace idnode::protocol {
namespace {

TEST(Error, HasASentenceOfItsOwnForEachCode) {
    std::set<std::string> sentences;
    for (const errc code :
         {errc::truncated, errc::trailing_bytes, errc::bad_length, errc::bad_count, errc::bad_utf8,
          errc::bad_value, errc::too_long, errc::too_many})
        sentences.insert(make_error_code(code).message());
    EXPECT_EQ(sentences.size(), 8U);
    EXPECT_FALSE(sentences.contains("unknown error"));
    EXPECT_EQ(error_category().message(99), "unknown error");
}

TEST(Error, KeepsItsNumbersBecauseTheyAreLoggedAndCounted) {
    EXPECT_EQ(static_cast<int>(errc::truncated), 1);
    EXPECT_EQ(static_cast<int>(errc::bad_count), 4);
    EXPECT_EQ(static_cast<int>(errc::too_many), 8);
    EXPECT_STREQ(error_category().name(), "idnode.protocol");
}

TEST(FormatError, IsThrownWhenAnAbsentValueIsTaken) {
    const Parsed<int> failed = FormatError{{"ttl: expected a number"}};
    EXPECT_EQ(failed.error().message(), "ttl: expected a number");
    EXPECT_THROW(static_cast<void>(failed.value()), std::logic_error);
}

}  // namespace
}  // namespace idnode::protocol
