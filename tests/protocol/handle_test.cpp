#include "protocol/handle/handle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::string fault_of_handle(std::string_view handle) {
    const auto fault = find_handle_fault(handle);
    return fault ? fault->message() : "";
}

std::string fault_of_prefix(std::string_view prefix) {
    const auto fault = find_prefix_fault(prefix);
    return fault ? fault->message() : "";
}

TEST(Folding, TouchesTheAsciiLettersOnly) {
    // codec.tsv, hdllib 9.3.1: upperCase.
    EXPECT_EQ(test::hex_from_bytes(folded("abcÀéß标z")), "414243c380c3a9c39fe6a0875a");
    for (int octet = 0; octet < 256; ++octet) {
        const auto in = static_cast<char>(octet);
        const bool small = octet >= 'a' && octet <= 'z';
        EXPECT_EQ(fold(in), small ? static_cast<char>(octet - 32) : in) << octet;
    }
}

TEST(Folding, MakesTextsEqualThatDifferInAsciiCaseOnly) {
    EXPECT_TRUE(equal_folded("88.111.1/obj", "88.111.1/OBJ"));
    EXPECT_TRUE(equal_folded("", ""));
    EXPECT_FALSE(equal_folded("abc", "abcd"));
    EXPECT_FALSE(equal_folded("é", "É"));
    EXPECT_FALSE(equal_folded("[", "{")) << "their codes differ as those of letters do";
}

TEST(Prefix, IsWhatStandsBeforeTheFirstSlash) {
    EXPECT_EQ(prefix_of("88.111.1/OBJ"), "88.111.1");
    EXPECT_EQ(prefix_of("A/B/C"), "A");
    EXPECT_EQ(prefix_of("88.111.1"), "88.111.1");
    EXPECT_EQ(prefix_of("/x"), "");
    EXPECT_EQ(prefix_of(""), "");
}

TEST(Prefix, IsRegisteredUnderThePrefixOfPrefixes) {
    EXPECT_EQ(prefix_handle("88.111.1"), "0.NA/88.111.1");
    EXPECT_EQ(registered_prefix("0.NA/88.111.1"), "88.111.1");
    EXPECT_EQ(registered_prefix("0.na/88.111.1"), "88.111.1");
    for (const std::string_view other :
         {"0.NA/", "0.NA", "0.NAX/88", "00.NA/88", "88.111.1/0.NA", "", "0.NA.88"})
        EXPECT_FALSE(registered_prefix(other)) << other;
}

TEST(Utf8, IsRecognisedInItsShortestFormOnly) {
    struct Case {
        std::string_view name;
        std::string text;
        bool well_formed;
    };
    for (const Case& each :
         std::vector<Case>{{"nothing", "", true},
                           {"zero", "\0"s, true},
                           {"ASCII", "\x7f", true},
                           {"first of two octets", "\xc2\x80", true},
                           {"last of two octets", "\xdf\xbf", true},
                           {"first of three octets", "\xe0\xa0\x80", true},
                           {"before the surrogates", "\xed\x9f\xbf", true},
                           {"behind the surrogates", "\xee\x80\x80", true},
                           {"last of three octets", "\xef\xbf\xbf", true},
                           {"first of four octets", "\xf0\x90\x80\x80", true},
                           {"U+10FFFF", "\xf4\x8f\xbf\xbf", true},
                           {"a lone continuation", "\x80", false},
                           {"zero in two octets", "\xc0\x80", false},
                           {"ASCII in two octets", "\xc1\xbf", false},
                           {"two octets' worth in three", "\xe0\x9f\xbf", false},
                           {"first surrogate", "\xed\xa0\x80", false},
                           {"last surrogate", "\xed\xbf\xbf", false},
                           {"three octets' worth in four", "\xf0\x8f\xbf\xbf", false},
                           {"past U+10FFFF", "\xf4\x90\x80\x80", false},
                           {"five octets", "\xf8\x88\x80\x80\x80", false},
                           {"0xff", "\xff", false},
                           {"no continuation", "\xe6\xa0z", false}}) {
        // Before and behind each other, since eight octets of ASCII are passed over at once.
        for (const std::string& before : {""s, "1234567"s, "12345678"s, "123456789"s})
            for (const std::string& behind : {""s, "12345678"s})
                EXPECT_EQ(is_utf8(before + each.text + behind), each.well_formed) << each.name;
    }
}

TEST(Utf8, IsIncompleteWhenItsLastCharacterIsCut) {
    for (const std::string_view character : {"é", "标", "🏭"}) {
        for (std::size_t size = 1; size <= character.size(); ++size) {
            const test::ExactBuffer cut{bytes_of(character.substr(0, size))};
            EXPECT_EQ(is_utf8(text_of(cut)), size == character.size()) << character << size;
        }
    }
}

TEST(HandleFault, IsAbsentForHandlesThatCanBeRegistered) {
    for (const std::string_view handle :
         {"88.111.1/OBJ-00000001", "88.111.1/标识", "0.NA/88.111.1", "A/B/C", "10.1000/182",
          "88.118.8/with spaces and %20", "086.1/01234"})
        EXPECT_EQ(fault_of_handle(handle), "") << handle;
}

TEST(HandleFault, NamesWhatIsWrong) {
    EXPECT_EQ(fault_of_handle(""), "handle: expected prefix/suffix, found nothing");
    EXPECT_EQ(fault_of_handle("88.111.1"),
              "handle: expected prefix/suffix, found no '/' in \"88.111.1\"");
    EXPECT_EQ(fault_of_handle("88.111.1/\xff"), "handle: expected UTF-8, found other octets");
    for (const std::string& handle :
         {"88.111.1/a\nb"s, "88.111.1/\0"s, "88.111.1/\x7f"s, "88\t.1/a"s})
        EXPECT_EQ(fault_of_handle(handle), "handle: expected no control characters, found one");
    EXPECT_THAT(fault_of_handle("/suffix"), HasSubstr("prefix: expected dot-separated labels"));
    EXPECT_THAT(fault_of_handle("88..1/x"), HasSubstr("an empty label in \"88..1\""));
}

TEST(HandleFault, AppearsBehindTheLastOctetThatIsAllowed) {
    const std::string stem = "88.111.1/";
    EXPECT_EQ(fault_of_handle(stem + std::string(handle_size_max - stem.size(), 'x')), "");
    EXPECT_EQ(fault_of_handle(stem + std::string(handle_size_max + 1 - stem.size(), 'x')),
              "handle: expected at most 2048 octets, found 2049");
}

TEST(PrefixFault, IsAbsentForDotSeparatedLabels) {
    for (const std::string_view prefix : {"88", "88.111.1", "88.118.8", "0.NA", "a-b_c", "标识"})
        EXPECT_EQ(fault_of_prefix(prefix), "") << prefix;
}

TEST(PrefixFault, NamesWhatIsWrong) {
    EXPECT_THAT(fault_of_prefix(""), HasSubstr("found nothing"));
    for (const std::string_view prefix : {".88", "88.", "88..1", "."})
        EXPECT_THAT(fault_of_prefix(prefix), HasSubstr("an empty label")) << prefix;
    for (const std::string& prefix : {"88/1"s, "88 1"s, "88\n"s, "\0"s, "88\x7f"s})
        EXPECT_THAT(fault_of_prefix(prefix), HasSubstr("a '/', a space or a control character"));
    EXPECT_THAT(fault_of_prefix("88.\xff"), HasSubstr("not UTF-8"));
}

TEST(PrefixFault, AppearsBehindTheLastOctetThatIsAllowed) {
    EXPECT_EQ(fault_of_prefix(std::string(prefix_size_max, '8')), "");
    EXPECT_THAT(fault_of_prefix(std::string(prefix_size_max + 1, '8')),
                HasSubstr("256 octets, more than 255"));
}

}  // namespace
}  // namespace idnode::protocol
