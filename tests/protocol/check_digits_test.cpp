#include "protocol/schemes/check_digits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace idnode::protocol {
namespace {

// The vectors without a source of their own stand in FIELD.md §3: codes seen in the field.

TEST(Gs1CheckDigit, IsTheOneThatGs1Prints) {
    EXPECT_EQ(gs1_check_digit("0691135420001"), '2');
    EXPECT_EQ(gs1_check_digit("690123456789"), '2');
    EXPECT_EQ(gs1_check_digit("629104150021"), '3');  // GS1's own worked example of a GTIN-13
    EXPECT_EQ(gs1_check_digit("0"), '0');
}

TEST(Gs1CheckDigit, IsAbsentForAnythingButDigits) {
    EXPECT_FALSE(gs1_check_digit(""));
    EXPECT_FALSE(gs1_check_digit("69012345678A"));
    EXPECT_FALSE(gs1_check_digit(" 6901234567"));
    EXPECT_FALSE(gs1_check_digit("６９"));
}

TEST(Gtin, IsValidInItsFourLengths) {
    for (const std::string_view gtin :
         {"06911354200012", "6901234567892", "96385074", "036000291452"})
        EXPECT_TRUE(is_valid_gtin(gtin)) << gtin;
}

TEST(Gtin, IsInvalidInAnyOtherLengthEvenWithARightCheckDigit) {
    std::string digits;
    for (std::size_t size = 1; size <= 20; ++size, digits += '0') {
        const bool a_gtin_length = size == 8 || size == 12 || size == 13 || size == 14;
        EXPECT_EQ(is_valid_gtin(digits + '0'), a_gtin_length) << size;
    }
    EXPECT_FALSE(is_valid_gtin(""));
}

TEST(Gtin, IsInvalidOnceAnyOneDigitIsMistyped) {
    const std::string gtin = "6901234567892";
    for (std::size_t place = 0; place < gtin.size(); ++place) {
        for (char digit = '0'; digit <= '9'; ++digit) {
            auto mistyped = gtin;
            mistyped[place] = digit;
            EXPECT_EQ(is_valid_gtin(mistyped), digit == gtin[place]) << mistyped;
        }
    }
}

TEST(Sscc, IsEighteenDigitsWithACheckDigit) {
    EXPECT_EQ(gs1_check_digit("00614141123456789"), '0');
    EXPECT_TRUE(is_valid_sscc("006141411234567890"));
    EXPECT_FALSE(is_valid_sscc("006141411234567891"));
    EXPECT_FALSE(is_valid_sscc("06911354200012"));
    EXPECT_FALSE(is_valid_sscc(""));
}

TEST(Vin, IsValidWithItsCheckDigitInTheNinthPlace) {
    for (const std::string_view vin :
         {"LATPAB071W1005301", "UU6JA69691D713820", "1M8GDM9AXKP042788", "11111111111111111"})
        EXPECT_TRUE(is_valid_vin(vin)) << vin;
}

TEST(Vin, CheckDigitIgnoresWhatStandsInItsPlace) {
    EXPECT_EQ(vin_check_digit("1M8GDM9A?KP042788"), 'X');
    EXPECT_EQ(vin_check_digit("LATPAB070W1005301"), '1');
}

TEST(Vin, IsInvalidWithAWrongCheckDigitAWrongLengthOrALetterThatVinsAvoid) {
    for (const std::string_view vin :
         {"LATPAB072W1005301", "1M8GDM9A1KP042788", "", "LATPAB071W100530", "LATPAB071W10053011",
          "IATPAB071W1005301", "LATPAB071WO005301", "LATPAB071Q1005301", "latpab071w1005301"})
        EXPECT_FALSE(is_valid_vin(vin)) << vin;
}

TEST(Uscc, IsValidWithItsCheckCharacterAtTheEnd) {
    EXPECT_TRUE(is_valid_uscc("91350200MA2YJ1XR9G"));
    EXPECT_EQ(uscc_check_character("91350200MA2YJ1XR9"), 'G');
}

TEST(Uscc, FailsForEarlyCodesThatAreLegalNonetheless) {
    EXPECT_FALSE(is_valid_uscc("91350100M0001TGQXM"));
    EXPECT_FALSE(is_valid_uscc("91350211M0000XUF46"));
}

TEST(Uscc, IsInvalidWithAWrongLengthOrALetterOutsideItsAlphabet) {
    for (const std::string_view uscc :
         {"", "91350200MA2YJ1XR9", "91350200MA2YJ1XR9GG", "91350200MA2YJ1SR9G",
          "91350200MA2YJ1XR9H", "91350200ma2yj1xr9g"})
        EXPECT_FALSE(is_valid_uscc(uscc)) << uscc;
    EXPECT_FALSE(uscc_check_character(""));
    EXPECT_FALSE(uscc_check_character("91350200MA2YJ1XR9G"));
}

}  // namespace
}  // namespace idnode::protocol
