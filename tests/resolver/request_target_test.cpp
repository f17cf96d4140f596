#include "resolver/http/request_target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocol/bytes.hpp"
#include "tests/support/exact_buffer.hpp"

namespace idnode::resolver {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Parses from memory of exactly the size of the text.
bool parse(RequestTarget& target, std::string_view text) {
    const test::ExactBuffer copy{protocol::bytes_of(text)};
    return target.parse(protocol::text_of(copy.bytes()));
}

/// The decoded path, or "refused".
std::string path_of(std::string_view text) {
    RequestTarget target;
    return parse(target, text) ? std::string{target.path()} : "refused";
}

Parameters parameters_of(std::string_view text) {
    RequestTarget target;
    EXPECT_TRUE(parse(target, text)) << text;
    Parameters parameters;
    for (const auto& each : target.parameters()) parameters.emplace_back(each.name, each.value);
    return parameters;
}

TEST(RequestTarget, DecodesThePathOnce) {
    EXPECT_EQ(path_of("/"), "/");
    EXPECT_EQ(path_of("/api/handles/88.1/a"), "/api/handles/88.1/a");
    EXPECT_EQ(path_of("/88.1%2Fa%2fb"), "/88.1/a/b");
    EXPECT_EQ(path_of("/%e9%9B%b6/%25/%2541"), "/零/%/%41");
    EXPECT_EQ(path_of("/a%20b%3Fc%23d"), "/a b?c#d");
    EXPECT_EQ(path_of("/a/../b/./c//d"), "/a/../b/./c//d");
}

TEST(RequestTarget, KeepsEveryOctetThatIsEscapedOrRaw) {
    EXPECT_EQ(path_of("/a%00b"), (std::string{"/a\0b", 4}));
    EXPECT_EQ(path_of("/%ff%0d%0a"), "/\xff\r\n");
    EXPECT_EQ(path_of("/零件\xff"), "/零件\xff");
    for (int octet = 0; octet < 256; ++octet) {
        constexpr const char* digits = "0123456789ABCDEF";
        const std::string text{'/', '%', digits[octet / 16], digits[octet % 16]};
        EXPECT_EQ(path_of(text), (std::string{'/', static_cast<char>(octet)}));
    }
}

TEST(RequestTarget, TakesAPlusForASpaceInTheQueryOnly) {
    EXPECT_EQ(path_of("/a+b?c"), "/a+b");
    EXPECT_EQ(parameters_of("/a?b+c=d+e%2Bf"), (Parameters{{"b c", "d e+f"}}));
}

TEST(RequestTarget, RefusesAPercentSignWithoutTwoHexDigits) {
    for (const char* text :
         {"/%",     "/%4",     "/a%",       "/a%4",         "/%zz",     "/%4z", "/%z4",
          "/%%41",  "/% 41",   "/%-1",      "/%+1",         "/%4%",     "/%0x", "/a?%",
          "/a?b=%", "/a?b=%4", "/a?%4&b=c", "/a?b=c&d=%gg", "/a?b=c%4", "/%2"})
        EXPECT_EQ(path_of(text), "refused") << text;
    EXPECT_EQ(path_of("/%41"), "/A");
    EXPECT_EQ(parameters_of("/?a=%41"), (Parameters{{"a", "A"}}));
}

TEST(RequestTarget, RefusesWhatIsNoPath) {
    for (const char* text :
         {"", "*", "a", "http://example.org", "ftp://example.org/a", "?a=b", "%2Fa", "//"}) {
        const bool path = std::string_view{text} == "//";
        EXPECT_EQ(path_of(text) != "refused", path) << text;
    }
    EXPECT_EQ(path_of("http://example.org/a"), "/a");
    EXPECT_EQ(path_of("https://example.org/a"), "/a");
}

TEST(RequestTarget, KeepsParametersInTheirOrderAndAsOftenAsTheyCome) {
    EXPECT_EQ(parameters_of("/a?type=URL&index=1&type=KEY&type=URL"),
              (Parameters{{"type", "URL"}, {"index", "1"}, {"type", "KEY"}, {"type", "URL"}}));
    RequestTarget target;
    ASSERT_TRUE(parse(target, "/a?b=1&b=2"));
    EXPECT_EQ(target.value("b"), "1");
}

TEST(RequestTarget, TakesAFlagWithAndWithoutAValue) {
    RequestTarget target;
    ASSERT_TRUE(parse(target, "/a?pretty&auth=&c=d=e&&=f&"));
    EXPECT_TRUE(target.has("pretty"));
    EXPECT_TRUE(target.has("auth"));
    EXPECT_FALSE(target.has("a"));
    EXPECT_FALSE(target.has("Pretty"));
    EXPECT_EQ(target.value("pretty"), "");
    EXPECT_EQ(target.value("auth"), "");
    EXPECT_EQ(target.value("c"), "d=e");
    EXPECT_EQ(target.value("none"), "");
    EXPECT_EQ(target.parameters().size(), 4U);
}

TEST(RequestTarget, SplitsBeforeItDecodes) {
    EXPECT_EQ(parameters_of("/a?b%3D1=c%26d&e"), (Parameters{{"b=1", "c&d"}, {"e", ""}}));
    EXPECT_EQ(parameters_of("/a?b=/?c"), (Parameters{{"b", "/?c"}}));
    EXPECT_EQ(path_of("/a?b?c"), "/a");
    EXPECT_EQ(parameters_of("/a?"), Parameters{});
}

TEST(RequestTarget, ForgetsTheTargetBefore) {
    RequestTarget target;
    ASSERT_TRUE(parse(target, "/long/path?a=b"));
    ASSERT_TRUE(parse(target, "/x"));
    EXPECT_EQ(target.path(), "/x");
    EXPECT_TRUE(target.parameters().empty());
}

}  // namespace
}  // namespace idnode::resolver
