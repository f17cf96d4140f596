#include "protocol/json/strict_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

namespace idnode::protocol {
namespace {

using ::testing::HasSubstr;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

/// An object of that many keys, each of them another one.
std::string many_keys(std::size_t count, std::string_view more = {}) {
    std::string text = "{";
    for (std::size_t at = 0; at < count; ++at)
        text += "\"k" + std::to_string(at) + "\":" + std::to_string(at) + ',';
    text.append(more);
    if (more.empty()) text.pop_back();
    return text + '}';
}

const std::vector<std::string>& good_texts() {
    static const std::vector<std::string> texts{
        "null",
        " true ",
        "-1.5e3",
        "18446744073709551615",
        "\"\"",
        R"("\u96f6\u4ef6 \ud83d\ude00 \"quoted\"")",
        "[]",
        "{}",
        R"({"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]})",
        R"({"":1,"a":2,"A":3})",
        R"({"\u0061b":1,"a":{"\u0061":2,"b\n":3}})",
        R"({"key with \"escapes\" and then some":[1,2,3],"零件":"零件"})",
        nested(32),
        many_keys(500),
        '"' + std::string(200'000, 'x') + '"',
        "{\"" + std::string(100'000, 'k') + "\":1}",
    };
    return texts;
}

TEST(StrictJson, ReadsWhatAnyReaderReads) {
    StrictJsonReader reader;
    for (const std::string& text : good_texts()) {
        const boost::json::value expected = boost::json::parse(text);
        const auto once = parse_strict_json(text);
        ASSERT_TRUE(once) << text << ": " << once.error().message();
        EXPECT_EQ(*once, expected) << text;
        const auto again = reader.read(text);
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(*again, expected) << text;
    }
}

struct Bad {
    const char* name;
    std::string text;
    const char* sentence;
};

std::vector<Bad> bad_texts() {
    return {
        {"a key twice", R"({"a":1,"b":2,"a":3})", "found \"a\" twice"},
        {"a key twice, once with an escape", R"({"a":1,"\u0061":2})", "found \"a\" twice"},
        {"a key twice, both with an escape", R"({"\u0061b":1,"\u0061b":2})", "found \"ab\" twice"},
        {"an empty key twice", R"({"":1,"":2})", "found \"\" twice"},
        {"a key twice inside", R"({"a":[{"b":{"c":1,"c":1}}]})", "found \"c\" twice"},
        {"a key again behind an object", R"({"a":{"b":1},"b":1,"a":2})", "found \"a\" twice"},
        {"a key twice among eight", many_keys(7, R"("k3":0)"), "found \"k3\" twice"},
        {"a key twice among nine", many_keys(8, R"("k7":0)"), "found \"k7\" twice"},
        {"a key twice among many", many_keys(300, R"("k7":0)"), "found \"k7\" twice"},
        {"too many levels", nested(33), "at most 32 levels"},
        {"very many levels", std::string(100'000, '['), "at most 32 levels"},
        {"levels of objects",
         [] {
             std::string text;
             for (int each = 0; each < 40; ++each) text += R"({"a":)";
             return text;
         }(),
         "at most 32 levels"},
        {"nothing", "", "expected JSON"},
        {"half of it", R"({"a":)", "expected JSON"},
        {"more behind it", "{} {}", "at octet 3"},
        {"a comma too many", "[1,]", "at octet 3"},
        {"a comment", "[/**/]", "expected JSON"},
        {"single quotes", "{'a':1}", "expected JSON"},
        {"an octet that is no UTF-8", "\"\xff\"", "expected JSON"},
        {"an overlong spelling", "\"\xc0\xaf\"", "expected JSON"},
        {"a surrogate in UTF-8", "\"\xed\xa0\x80\"", "expected JSON"},
        {"half of a pair", R"("\ud83d")", "expected JSON"},
        {"a mark of byte order", "\xef\xbb\xbf{}", "expected JSON"},
        {"UTF-16", std::string{"{\0}\0", 4}, "expected JSON"},
        {"a zero octet", std::string{"\"\0\"", 3}, "expected JSON"},
        {"not a number", "NaN", "expected JSON"},
        {"a leading zero", "01", "expected JSON"},
    };
}

TEST(StrictJson, SaysWhatIsWrongAndGoesOnWithTheNext) {
    StrictJsonReader reader;
    for (const Bad& bad : bad_texts()) {
        const auto once = parse_strict_json(bad.text);
        ASSERT_FALSE(once) << bad.name;
        EXPECT_THAT(once.error().message(), HasSubstr(bad.sentence)) << bad.name;
        const auto again = reader.read(bad.text);
        ASSERT_FALSE(again) << bad.name;
        EXPECT_EQ(again.error().message(), once.error().message()) << bad.name;
        const auto good = reader.read(R"({"a":["good"]})");
        ASSERT_TRUE(good) << "behind " << bad.name;
        EXPECT_EQ(good->at("a").at(0), "good") << bad.name;
    }
}

TEST(StrictJson, HasItsOwnLimitOfLevels) {
    EXPECT_TRUE(parse_strict_json(nested(3), 3));
    EXPECT_FALSE(parse_strict_json(nested(4), 3));
    EXPECT_TRUE(StrictJsonReader{40}.read(nested(40)));
    EXPECT_FALSE(StrictJsonReader{40}.read(nested(41)));
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
