#include "protocol/schemes/gs1_elements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace idnode::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(std::string_view text) {
    const auto elements = parse_element_string(text);
    return elements ? "no error" : elements.error().message();
}

TEST(ElementString, OfAPartLabelIsReadInBrackets) {
    const auto elements = parse_element_string(
        "(01)06911354200012(10)P2501(21)S-0042(92)V1002(240)51-2(241)A/7(400)PO9(11)250131");
    ASSERT_TRUE(elements) << elements.error().message();
    EXPECT_THAT(*elements,
                ElementsAre(Gs1Element{"01", "06911354200012"}, Gs1Element{"10", "P2501"},
                            Gs1Element{"21", "S-0042"}, Gs1Element{"92", "V1002"},
                            Gs1Element{"240", "51-2"}, Gs1Element{"241", "A/7"},
                            Gs1Element{"400", "PO9"}, Gs1Element{"11", "250131"}));
}

TEST(ElementString, IsTheSameFromAScannerWithFnc1AsInBrackets) {
    const auto bracketed = parse_element_string("(01)06911354200012(10)AB(11)250131(21)S1");
    ASSERT_TRUE(bracketed);
    for (const std::string_view scanned : {"]C10106911354200012"
                                           "10AB\x1d"
                                           "11250131"
                                           "21S1",
                                           "]d20106911354200012"
                                           "10AB\x1d"
                                           "11250131"
                                           "21S1\x1d",
                                           "\x1d"
                                           "0106911354200012"
                                           "10AB\x1d"
                                           "11250131"
                                           "21S1",
                                           "^0106911354200012"
                                           "10AB^"
                                           "11250131"
                                           "21S1"}) {
        const auto elements = parse_element_string(scanned);
        ASSERT_TRUE(elements) << scanned << ": " << elements.error().message();
        EXPECT_EQ(*elements, *bracketed) << scanned;
    }
}

TEST(ElementString, KeepsBracketsOfAValueBehindABackslash) {
    const auto elements = parse_element_string("(01)06911354200012(21)A\\(1)");
    ASSERT_TRUE(elements);
    EXPECT_EQ(elements->back().value, "A(1)");
    EXPECT_EQ(write_element_string(*elements), "(01)06911354200012(21)A\\(1)");
}

TEST(ElementString, IsRefusedWithTheIdentifierWhatWasExpectedAndWhatWasFound) {
    EXPECT_EQ(error_of("(01)06911354200013"),
              "(01): expected the check digit 2, found \"06911354200013\"");
    EXPECT_EQ(error_of("(01)0691135420001"),
              "(01): expected 14 characters, found \"0691135420001\"");
    EXPECT_EQ(error_of("(10)"), "(10): expected 1 to 20 characters, found \"\"");
    EXPECT_EQ(error_of("(11)25O131"), "(11): expected digits, found \"25O131\"");
    EXPECT_EQ(error_of("(10)a b"), "(10): expected characters of the GS1 set 82, found \"a b\"");
    EXPECT_EQ(error_of("(8010)abc"),
              "(8010): expected digits, capital letters, '#', '-' and '/', found \"abc\"");
    EXPECT_EQ(error_of(""), "element string: expected elements, found nothing");
    EXPECT_EQ(error_of("]C1"), "element string: expected elements, found nothing");
    EXPECT_THAT(error_of("(05)1"), HasSubstr("expected one that GS1 has assigned, found \"05\""));
    EXPECT_THAT(error_of("(01"), HasSubstr("expected an application identifier in brackets"));
    EXPECT_THAT(error_of("()1"), HasSubstr("expected one that GS1 has assigned"));
    EXPECT_THAT(error_of("^05"), HasSubstr("expected an application identifier, found \"05\""));
    EXPECT_THAT(error_of("^0106911354"), HasSubstr("(01): expected 14 characters"));
}

TEST(ElementString, HasAtMost32Elements) {
    std::string text;
    for (int count = 0; count < 32; ++count) text += "(90)a";
    EXPECT_TRUE(parse_element_string(text));
    EXPECT_THAT(error_of(text + "(90)a"), HasSubstr("at most 32 elements"));
}

TEST(Gs1Element, HasTheLengthsAndCharactersOfItsIdentifier) {
    const auto fits = [](std::string_view ai, std::string_view value) {
        return !find_gs1_element_fault(ai, value);
    };
    EXPECT_TRUE(fits("00", "106141412345678908"));
    EXPECT_FALSE(fits("00", "106141412345678909"));
    EXPECT_TRUE(fits("253", "0614141123452400"));   // a document type and its serial
    EXPECT_TRUE(fits("253", "0614141123452"));      // the type alone
    EXPECT_FALSE(fits("253", "0614141123453400"));  // the check digit stands inside
    EXPECT_FALSE(fits("253", "061414112345A400"));
    EXPECT_TRUE(fits("8003", "00614141123452400"));
    EXPECT_TRUE(fits("8006", "040123451234560102"));
    EXPECT_FALSE(fits("8006", "04012345123456010"));
    EXPECT_TRUE(fits("3103", "000125"));
    EXPECT_FALSE(fits("3180", "000125"));  // 318n is not assigned
    EXPECT_TRUE(fits("99", std::string(90, 'x')));
    EXPECT_FALSE(fits("99", std::string(91, 'x')));
    EXPECT_TRUE(fits("21", "!\"%&'()*+,-./:;<=>?_"));
    EXPECT_FALSE(fits("21", "a#b"));
    EXPECT_FALSE(fits("21", "a\xc3\xa4"));
    EXPECT_FALSE(fits("1", "1"));
    EXPECT_FALSE(fits("", ""));
    EXPECT_FALSE(fits("0a", "1"));
}

}  // namespace
}  // namespace idnode::protocol
