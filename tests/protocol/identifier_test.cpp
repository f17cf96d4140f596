#include "protocol/schemes/identifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace idnode::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "scheme canonical" of everything that a text can be.
std::vector<std::string> readings_of(std::string_view text, const RecognitionRules& rules = {}) {
    std::vector<std::string> readings;
    for (const Identifier& each : recognise(text, rules))
        readings.push_back(std::string{name_of(each.scheme)} + ' ' + each.canonical);
    return readings;
}

// Codes without another source stand in FIELD.md §3.

TEST(Recognition, TellsLiteralPrefixesApart) {
    EXPECT_THAT(readings_of("urn:epc:id:sgtin:0614141.812345.6789"),
                ElementsAre("gs1 01/80614141123458/21/6789"));
    EXPECT_THAT(readings_of("(01)80614141123458(21)6789"),
                ElementsAre("gs1 01/80614141123458/21/6789"));
    EXPECT_THAT(readings_of("]C1010691135420001210AB\x1d"
                            "21S1"),
                ElementsAre("gs1 01/06911354200012/21/S1"));
    EXPECT_THAT(readings_of("https://id.example.com/01/80614141123458/21/6789"),
                ElementsAre("gs1 01/80614141123458/21/6789"));
    EXPECT_THAT(readings_of("did:bid:ef24NBA7au48UTZrUNRHj2p3bnRzF3YCH"),
                ElementsAre("did:bid did:bid:ef24NBA7au48UTZrUNRHj2p3bnRzF3YCH"));
    EXPECT_THAT(readings_of("MA.156.1003.1629/73.10000000.6/"),
                ElementsAre("ma MA.156.1003.1629/73.10000000.6/"));
    EXPECT_THAT(readings_of("URN:OID:1.2.156.3088"), ElementsAre("oid urn:oid:1.2.156.3088"));
    EXPECT_THAT(readings_of("hdl:88.118.8/jx1"), ElementsAre("handle 88.118.8/JX1"));
    EXPECT_THAT(readings_of("https://hdl.handle.net/88.118.8/jx%201"),
                ElementsAre("handle 88.118.8/JX 1"));
    EXPECT_THAT(readings_of("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                ElementsAre("uri urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
    EXPECT_THAT(readings_of("https://transaction.acme.com/po/12345678"),
                ElementsAre("uri https://transaction.acme.com/po/12345678"));
}

TEST(Recognition, TakesWhatHasASlashForAHandle) {
    EXPECT_THAT(readings_of("88.118.8/JXDY2106023"), ElementsAre("handle 88.118.8/JXDY2106023"));
    EXPECT_THAT(readings_of("88.101.0042/001"), ElementsAre("handle 88.101.0042/001"));
    EXPECT_THAT(readings_of("0.na/88.118.8"), ElementsAre("handle 0.NA/88.118.8"));
}

TEST(Recognition, ReadsAGs1PathAsGs1UnlessItsPrefixIsRegistered) {
    const std::string path = "01/06911354200012/10/L1";
    EXPECT_THAT(readings_of(path),
                ElementsAre("gs1 01/06911354200012/10/L1", "handle 01/06911354200012/10/L1"));
    RecognitionRules rules;
    rules.is_registered = [](std::string_view prefix) { return prefix == "01"; };
    EXPECT_THAT(readings_of(path, rules),
                ElementsAre("handle 01/06911354200012/10/L1", "gs1 01/06911354200012/10/L1"));
    EXPECT_THAT(readings_of("01/not-a-gtin"), ElementsAre("handle 01/NOT-A-GTIN"));
}

TEST(Recognition, KnowsShapesByTheirCheckDigits) {
    EXPECT_THAT(readings_of("LATPAB071W1005301"), ElementsAre("vin LATPAB071W1005301"));
    EXPECT_THAT(readings_of("latpab071w1005301"), ElementsAre("vin LATPAB071W1005301"));
    EXPECT_THAT(readings_of("06911354200012"), ElementsAre("gs1 01/06911354200012"));
    EXPECT_THAT(readings_of("036000291452"), ElementsAre("gs1 01/00036000291452"));
    EXPECT_THAT(readings_of("91350200MA2YJ1XR9G"), ElementsAre("uscc 91350200MA2YJ1XR9G"));
    EXPECT_THAT(readings_of("1.2.156.3088"), ElementsAre("oid urn:oid:1.2.156.3088"));
    EXPECT_THAT(readings_of("010691135420001221S1"), ElementsAre("gs1 01/06911354200012/21/S1"));
}

TEST(Recognition, GivesEveryReadingOfAnAmbiguousCode) {
    EXPECT_THAT(readings_of("6901234567892"),
                ElementsAre("gs1 01/06901234567892", "gs1 414/6901234567892"));
    EXPECT_THAT(readings_of("11111111111111111"), ElementsAre("vin 11111111111111111"));
}

TEST(Recognition, FindsNothingInOtherTexts) {
    for (const std::string_view text :
         {"", "88.996", "06911354200013", "LATPAB072W1005301", "hello", "1.40.1", "01.2", "3.1",
          "80041234", "did:", "MA.", "a b", "http:", "\xff", "(10)L1"})
        EXPECT_THAT(readings_of(text), IsEmpty()) << text;
    EXPECT_THAT(readings_of("88.1/" + std::string(2048, 'x')), IsEmpty());
}

TEST(Recognition, FallsBackToTheTextItself) {
    EXPECT_EQ(identify("urn:epc:id:sgtin:1.2.3").canonical, "urn:epc:id:sgtin:1.2.3");
    EXPECT_EQ(identify("hello").canonical, "hello");
    EXPECT_EQ(identify("https://example.com/01/06911354200013").canonical,
              "https://example.com/01/06911354200013");
}

TEST(Recognition, ReadsEcodesByTheTableItIsGiven) {
    constexpr std::array formats{
        EcodeFormat{.version = '1', .nsi_digits = 4, .least = 1, .most = 20},
        EcodeFormat{.version = '3', .nsi_digits = 5, .least = 1, .most = 39, .letters = true}};
    RecognitionRules rules;
    rules.ecode_formats = formats;
    EXPECT_THAT(readings_of("1001198765432101", rules),
                ElementsAre("ecode ecode:1001198765432101"));
    EXPECT_THAT(readings_of("ecode:300001Ab9", rules), ElementsAre("ecode ecode:300001Ab9"));
    EXPECT_THAT(readings_of("10011A", rules), IsEmpty());
    EXPECT_THAT(readings_of("10011" + std::string(21, '9'), rules), IsEmpty());
    EXPECT_THAT(readings_of("1001198765432101"), IsEmpty());
}

TEST(Recognition, ReadsItsTableOfEcodesFromText) {
    const auto plain = parse_ecode_format("1:4:1-20");
    ASSERT_TRUE(plain) << plain.error().message();
    EXPECT_EQ(plain->version, '1');
    EXPECT_EQ(plain->nsi_digits, 4);
    EXPECT_EQ(plain->least, 1);
    EXPECT_EQ(plain->most, 20);
    EXPECT_FALSE(plain->letters);
    EXPECT_TRUE(parse_ecode_format("3:16:200-200:letters")->letters);
    EXPECT_TRUE(parse_ecode_format("0:0:1-1"));
    for (const std::string_view text :
         {"", "1", "1:4", "1:4:20", "1:4:1-", "1:4:0-20", "1:4:21-20", "1:17:1-20", "1:4:1-201",
          "11:4:1-20", "a:4:1-20", "1:-4:1-20", "1:4:1-20:digits",
          "1:4:1-20:letters:", "1: 4:1-20"})
        EXPECT_FALSE(parse_ecode_format(text)) << text;
    EXPECT_EQ(parse_ecode_format("1:4").error().message(),
              "expected VERSION:NSI:LEAST-MOST such as 1:4:1-20 or 3:5:1-39:letters, found "
              "\"1:4\"");
}

TEST(Parsing, FollowsTheSchemeThatIsNamedAndWarnsOfCheckDigits) {
    const auto vin = parse_identifier("LATPAB072W1005301", Scheme::vin);
    ASSERT_TRUE(vin);
    EXPECT_FALSE(vin->check_digit_holds);
    const auto uscc = parse_identifier("91350100M0001TGQXM", Scheme::uscc);
    ASSERT_TRUE(uscc);
    EXPECT_FALSE(uscc->check_digit_holds);
    EXPECT_TRUE(parse_identifier("91350200MA2YJ1XR9G", Scheme::uscc)->check_digit_holds);
    EXPECT_EQ(parse_identifier("01/06911354200012", Scheme::handle)->canonical,
              "01/06911354200012");
    EXPECT_EQ(parse_identifier("hello", Scheme::gs1).error().message(),
              "element string: expected an application identifier, found \"hello\"");
    EXPECT_EQ(parse_identifier("1.40", Scheme::oid).error().message(),
              "identifier: expected one of scheme oid, found \"1.40\"");
    EXPECT_EQ(parse_identifier("", Scheme::oid).error().message(),
              "identifier: expected a text, found nothing");
}

TEST(Parsing, KnowsTheGrammarOfEachScheme) {
    const auto fits = [](Scheme scheme, const std::string& text) {
        return parse_identifier(text, scheme).has_value();
    };
    for (const char* oid : {"0.39", "1.0.8802", "2.999.1", "urn:oid:2.40"})
        EXPECT_TRUE(fits(Scheme::oid, oid)) << oid;
    for (const char* oid : {"1", "0.40", "3.1", "1.02", "1..2", "1.2.", ".1.2", "1.2.x", "2"})
        EXPECT_FALSE(fits(Scheme::oid, oid)) << oid;
    const std::string hash(24, '9');
    EXPECT_TRUE(fits(Scheme::did_bid, "did:bid:zf" + hash));
    EXPECT_TRUE(fits(Scheme::did_bid, "did:bid:ac01:sf" + hash));
    for (const std::string& text :
         {"did:bid:xf" + hash, "did:bid:ez" + hash, "did:bid:AC01:sf" + hash, "did:bid:ef0" + hash,
          "did:bid:ef" + std::string(21, '9'), "did:bid:ef" + std::string(48, '9'),
          "DID:bid:ef" + hash})
        EXPECT_FALSE(fits(Scheme::did_bid, text)) << text;
    for (const char* ma : {"MA.156.1003.1629/73.1", "ma.156/a", "MA.156"})
        EXPECT_TRUE(fits(Scheme::ma, ma)) << ma;
    for (const char* ma :
         {"MA.", "MA./1", "MA.156./1", "MA.156..2/1", "MA.x/1", "MA.156/ä", "156/1"})
        EXPECT_FALSE(fits(Scheme::ma, ma)) << ma;
    for (const char* vin : {"LATPAB07IW1005301", "LATPAB071W100530", "LATPAB07-W1005301"})
        EXPECT_FALSE(fits(Scheme::vin, vin)) << vin;
    for (const char* uri : {"http:", "1a:b", "a b:c", "urn:a b", "urn:<a>", "no-colon"})
        EXPECT_FALSE(fits(Scheme::uri, uri)) << uri;
}

TEST(Scheme, IsFoundByItsName) {
    for (int number = 1; number <= 9; ++number) {
        const auto scheme = static_cast<Scheme>(number);
        EXPECT_EQ(find_scheme(name_of(scheme)), scheme);
    }
    EXPECT_FALSE(find_scheme("ean"));
}

TEST(Gs1Forms, LeadBackToTheIdentifier) {
    const Identifier identifier = identify("(01)06911354200012(21)A/\\(1)");
    EXPECT_EQ(digital_link_of(identifier, "https://id.gs1.org"),
              "https://id.gs1.org/01/06911354200012/21/A%2F%281%29");
    EXPECT_EQ(element_string_of(identifier), "(01)06911354200012(21)A/\\(1)");
    EXPECT_EQ(identify(*digital_link_of(identifier, "https://example.com/")), identifier);
    EXPECT_EQ(identify(*element_string_of(identifier)), identifier);
    EXPECT_FALSE(digital_link_of(identify("88.1/x"), "https://id.gs1.org"));
    EXPECT_FALSE(element_string_of(identify("88.1/x")));
}

/// Texts put together from what schemes are made of, so that many are nearly well-formed.
std::string random_text(std::minstd_rand& random) {
    static const std::vector<std::string> pieces{"urn:epc:",   "id:",
                                                 "class:",     "idpat:",
                                                 "sgtin:",     "lgtin:",
                                                 "0614141",    ".",
                                                 "812345",     "%2F",
                                                 "01",         "00",
                                                 "10",         "21",
                                                 "414",        "8010",
                                                 "/",          "(",
                                                 ")",          "06911354200012",
                                                 "https://",   "a.b",
                                                 "did:bid:ef", "MA.",
                                                 "156",        "urn:oid:",
                                                 "1.2",        "hdl:",
                                                 "88.118",     "\x1d",
                                                 "]C1",        "*",
                                                 "%",          "LATPAB071W1005301",
                                                 "?",          "#",
                                                 "x",          "ä",
                                                 "\\(",        "^",
                                                 "9",          "ecode:"};
    std::string text;
    for (auto count = 1 + random() % 8; count > 0; --count)
        text += pieces[random() % pieces.size()];
    return text;
}

TEST(Recognition, OfACanonicalFormGivesItAgain) {
    std::minstd_rand random{20260722};
    int recognised = 0;
    for (int round = 0; round < 200'000; ++round) {
        const std::string text = random_text(random);
        const auto candidates = recognise(text);
        if (candidates.empty()) continue;
        ++recognised;
        const Identifier& first = candidates.front();
        EXPECT_EQ(identify(first.canonical).canonical, first.canonical) << text;
        for (const std::string& each : first.classes) {
            EXPECT_TRUE(identify(each).names_class) << text;
            EXPECT_EQ(identify(each).canonical, each) << text;
        }
    }
    EXPECT_GT(recognised, 10'000);
}

}  // namespace
}  // namespace idnode::protocol
