#include "protocol/json/strict_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <boost/json/monotonic_resource.hpp>

namespace idnode::protocol {
namespace {

using testing::HasSubstr;

std::string fault_of(std::string_view text) {
    const auto read = parse_strict_json(text);
    return read ? "none" : read.error().message();
}

TEST(StrictJson, ReadsWhatOtherReadersRead) {
    for (const char* const text :
         {R"({"a":1,"b":[{"a":1},{"a":2.5e3}],"":{"":null}})", " [true, false]\n ", "\"\\u00e9\"",
          "-0", "18446744073709551615", R"({"a\u0062":1,"abc":2})"}) {
        const auto read = parse_strict_json(text);
        ASSERT_TRUE(read) << text << ": " << read.error().message();
        EXPECT_EQ(*read, boost::json::parse(text)) << text;
    }
}

TEST(StrictJson, RefusesAKeyThatStandsTwiceInOneObjectHoweverItIsWritten) {
    for (const char* const text :
         {R"({"a":1,"a":1})", R"([{"x":{"a":1,"b":2,"a":3}}])", R"({"a":{"a":1},"\u0061":2})",
          R"({"a":{"b":1,"c":2},"a":0})", R"({"a":1,"a":2,)"})
        EXPECT_EQ(fault_of(text), "expected every key once in an object, found \"a\" twice")
            << text;
    std::string many = "{";
    for (int at = 0; at < 1000; ++at) many += "\"k" + std::to_string(at) + "\":0,";
    EXPECT_EQ(fault_of(many + "\"k1000\":0}"), "none");
    EXPECT_THAT(fault_of(many + "\"k500\":0}"), HasSubstr("found \"k500\" twice"));
}

TEST(StrictJson, SaysWhereItIsNone) {
    EXPECT_THAT(fault_of("{\"a\":}"), HasSubstr("something else at octet"));
    EXPECT_THAT(fault_of(""), HasSubstr("expected JSON"));
    EXPECT_THAT(fault_of("{} {}"), HasSubstr("octet 3"));
    EXPECT_THAT(fault_of("[1,2"), HasSubstr("expected JSON"));
    EXPECT_THAT(fault_of("\"\xff\""), HasSubstr("expected JSON"));
    EXPECT_THAT(fault_of(std::string(33, '[') + std::string(33, ']')),
                HasSubstr("expected at most 32 levels"));
    EXPECT_EQ(fault_of(std::string(32, '[') + std::string(32, ']')), "none");
}

TEST(StrictJson, KeepsTheValueInTheStorageThatItIsGiven) {
    const auto storage = boost::json::make_shared_resource<boost::json::monotonic_resource>();
    const auto read = parse_strict_json(R"({"a":[1]})", json_depth_max, storage);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->storage().get(), storage.get());
    EXPECT_EQ(read->at("a").storage().get(), storage.get());
}

}  // namespace
}  // namespace idnode::protocol
