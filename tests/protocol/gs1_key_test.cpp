#include "protocol/schemes/gs1_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "protocol/schemes/check_digits.hpp"
#include "protocol/schemes/percent.hpp"

namespace idnode::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Gs1Identity identity_of(const Parsed<Gs1Elements>& elements) {
    if (!elements) return {elements.error().message(), {}, false};
    const auto identity = gs1_identity(*elements);
    return identity ? *identity : Gs1Identity{identity.error().message(), {}, false};
}

std::string error_of(const Parsed<std::optional<Gs1Elements>>& elements) {
    return elements ? "no error" : elements.error().message();
}

std::string epc_error(std::string_view uri) { return error_of(parse_epc_uri(uri)); }

struct EpcVector {
    const char* uri;
    const char* elements;
    const char* canonical;
};

// The examples of the EPC Tag Data Standard, §6.3 and §7.
const std::vector<EpcVector> epc_vectors{
    {"urn:epc:id:sgtin:0614141.812345.6789", "(01)80614141123458(21)6789",
     "01/80614141123458/21/6789"},
    {"urn:epc:id:sgtin:0614141.812345.a.b%2F%25", "(01)80614141123458(21)a.b/%",
     "01/80614141123458/21/a.b%2F%25"},
    {"urn:epc:id:sscc:0614141.1234567890", "(00)106141412345678908", "00/106141412345678908"},
    {"urn:epc:id:sgln:0614141.12345.400", "(414)0614141123452(254)400",
     "414/0614141123452/254/400"},
    {"urn:epc:id:sgln:0614141.12345.0", "(414)0614141123452", "414/0614141123452"},
    {"urn:epc:id:pgln:1234567.89012", "(417)1234567890128", "417/1234567890128"},
    {"urn:epc:id:grai:0614141.12345.400", "(8003)00614141123452400", "8003/00614141123452400"},
    {"urn:epc:id:giai:0614141.12345400", "(8004)061414112345400", "8004/061414112345400"},
    {"urn:epc:id:giai:0614141.1.2%2F3", "(8004)06141411.2/3", "8004/06141411.2%2F3"},
    {"urn:epc:id:gsrn:0614141.1234567890", "(8018)061414112345678902", "8018/061414112345678902"},
    {"urn:epc:id:gsrnp:0614141.1234567890", "(8017)061414112345678902", "8017/061414112345678902"},
    {"urn:epc:id:gdti:0614141.12345.400", "(253)0614141123452400", "253/0614141123452400"},
    {"urn:epc:id:cpi:0614141.123ABC.123456789", "(8010)0614141123ABC(8011)123456789",
     "8010/0614141123ABC/8011/123456789"},
    {"urn:epc:id:cpi:0614141.11A%2FB.5", "(8010)061414111A/B(8011)5", "8010/061414111A%2FB/8011/5"},
    {"urn:epc:id:sgcn:4012345.67890.04711", "(255)401234567890104711", "255/401234567890104711"},
    {"urn:epc:id:ginc:0614141.xyz47%2F11", "(401)0614141xyz47/11", "401/0614141xyz47%2F11"},
    {"urn:epc:id:gsin:0614141.123456789", "(402)06141411234567890", "402/06141411234567890"},
    {"urn:epc:id:itip:4012345.012345.01.02.987", "(8006)040123451234560102(21)987",
     "8006/040123451234560102/21/987"},
    {"urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7'SDB",
     "(01)01234567894560(235)51qIgY)<&Jp3*j7'SDB",
     "01/01234567894560/235/51qIgY%29%3C%26Jp3%2Aj7%27SDB"},
    {"urn:epc:class:lgtin:4012345.012345.998877", "(01)04012345123456(10)998877",
     "01/04012345123456/10/998877"},
    {"urn:epc:idpat:sgtin:4012345.012345.*", "(01)04012345123456", "01/04012345123456"},
    {"urn:epc:idpat:grai:0614141.12345.*", "(8003)00614141123452", "8003/00614141123452"},
    {"urn:epc:idpat:gdti:0614141.12345.*", "(253)0614141123452", "253/0614141123452"},
    {"urn:epc:idpat:cpi:0614141.123ABC.*", "(8010)0614141123ABC", "8010/0614141123ABC"},
    {"urn:epc:idpat:itip:4012345.012345.01.02.*", "(8006)040123451234560102",
     "8006/040123451234560102"},
};

TEST(EpcUri, ElementStringAndDigitalLinkOfTheSameThingAreEqual) {
    for (const EpcVector& each : epc_vectors) {
        const auto from_uri = parse_epc_uri(each.uri);
        ASSERT_TRUE(from_uri) << each.uri << ": " << from_uri.error().message();
        ASSERT_TRUE(*from_uri) << each.uri;
        EXPECT_EQ(write_element_string(**from_uri), each.elements) << each.uri;
        const auto from_elements = parse_element_string(each.elements);
        EXPECT_EQ(identity_of(from_elements).canonical, each.canonical);
        EXPECT_EQ(identity_of(**from_uri).canonical, each.canonical);
        const auto link = parse_digital_link("https://example.org/a/" +
                                             std::string{each.canonical} + "?17=261231");
        ASSERT_TRUE(link && *link) << each.canonical;
        EXPECT_EQ(identity_of(**link), identity_of(**from_uri)) << each.uri;
        EXPECT_EQ(identity_of(parse_gs1_path(each.canonical)), identity_of(**from_uri));
    }
}

TEST(EpcUri, OfOtherThingsThanGs1KeysIsLeftAsItIs) {
    for (const char* uri : {"urn:epc:id:gid:95100000.12345.400", "urn:epc:id:usdod:CAGEY.5678",
                            "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92", "urn:epc:id:bic:CSQU3054383",
                            "urn:epc:id:imovn:9176187", "urn:epc:idpat:sgtin:0614141.*.*",
                            "urn:epc:idpat:sgtin:*.*.*", "urn:epc:idpat:sscc:0614141.*"}) {
        const auto elements = parse_epc_uri(uri);
        ASSERT_TRUE(elements) << uri << ": " << elements.error().message();
        EXPECT_FALSE(*elements) << uri;
    }
}

TEST(EpcUri, ThatIsMalformedIsRefusedWithWhatWasExpected) {
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.812345"), HasSubstr("expected 3 fields"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.812345."), HasSubstr("a serial behind"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:06141.81234512.1"), HasSubstr("company prefix"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:061414A.812345.1"), HasSubstr("company prefix"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.81234.1"), HasSubstr("13 digits in the first"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.8A2345.1"), HasSubstr("13 digits"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.812345.%2"), HasSubstr("two hex digits"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.812345.%20"), HasSubstr("GS1 set 82"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin:0614141.812345." + std::string(21, '1')),
                HasSubstr("1 to 20 characters"));
    EXPECT_THAT(epc_error("urn:epc:id:sscc:061414112345.12345678"), HasSubstr("17 digits"));
    EXPECT_THAT(epc_error("urn:epc:id:itip:4012345.012345.1.102.987"), HasSubstr("two digits in"));
    EXPECT_THAT(epc_error("urn:epc:id:foo:0614141.1"), HasSubstr("a scheme of the EPC"));
    EXPECT_THAT(epc_error("urn:epc:class:sgtin:0614141.812345.1"), HasSubstr("a scheme of"));
    EXPECT_THAT(epc_error("urn:epc:id:sgtin"), HasSubstr("a scheme and a ':'"));
    EXPECT_THAT(epc_error("urn:epc:"), HasSubstr("urn:epc:id:"));
    EXPECT_THAT(epc_error("urn:epc:id"), HasSubstr("urn:epc:id:"));
}

TEST(DigitalLink, IsFoundOnAnyHostBehindAnyPath) {
    for (const char* uri :
         {"https://id.gs1.org/01/06911354200012/21/S1",
          "http://example.com/01/06911354200012/21/S1/",
          "https://brand.example/some/path/01/06911354200012/21/S1?linkType=gs1:pip#top",
          "https://example.com:8443/01/06911354200012/21/%531",
          "https://example.com/01/6911354200012/21/S1"}) {
        const auto elements = parse_digital_link(uri);
        ASSERT_TRUE(elements && *elements) << uri << ": " << error_of(elements);
        EXPECT_EQ(identity_of(**elements).canonical, "01/06911354200012/21/S1") << uri;
    }
}

TEST(DigitalLink, WithoutAKeyInItsPathIsNone) {
    for (const char* uri :
         {"https://example.com", "https://example.com/", "https://example.com/a/b", "https://01/x",
          "https://example.com/?01=06911354200012"}) {
        const auto elements = parse_digital_link(uri);
        ASSERT_TRUE(elements) << uri << ": " << error_of(elements);
        EXPECT_FALSE(*elements) << uri;
    }
}

TEST(DigitalLink, KeepsTheOrderOfQualifiersAndHasNothingElseInItsPath) {
    const auto error = [](const std::string& path) {
        return error_of(parse_digital_link("https://id.gs1.org/" + path));
    };
    EXPECT_EQ(error("01/06911354200012/22/V/10/L/21/S"), "no error");
    EXPECT_EQ(error("01/06911354200012/235/T"), "no error");
    EXPECT_EQ(error("01/06911354200012/21/S/10/L"),
              "Digital Link: expected behind key 01 22, 10, 21, in this order, found \"10\"");
    EXPECT_THAT(error("01/06911354200012/17/261231"), HasSubstr("found \"17\""));
    EXPECT_THAT(error("01/06911354200012/10/L/10/M"), HasSubstr("found \"10\""));
    EXPECT_THAT(error("01/06911354200012/10/L/235/T"), HasSubstr("found \"235\""));
    EXPECT_THAT(error("01/06911354200012/235/T/21/S"), HasSubstr("found \"21\""));
    EXPECT_THAT(error("00/106141412345678908/10/L"), HasSubstr("expected behind key 00 nothing"));
    EXPECT_THAT(error("01/06911354200012/foo"), HasSubstr("expected a value behind \"foo\""));
    EXPECT_THAT(error("01/06911354200013"), HasSubstr("expected the check digit 2"));
    EXPECT_THAT(error("01/069113542000"), HasSubstr("(01): expected"));
    EXPECT_THAT(error("01/06911354200012/21/%G1"), HasSubstr("two hex digits"));
}

TEST(Gs1Identity, OfASerialBelongsToItsLotItsVariantAndItsTradeItem) {
    const auto identity =
        identity_of(parse_element_string("(01)06911354200012(22)V2(10)L/1(21)S1(11)250131"));
    EXPECT_EQ(identity.canonical, "01/06911354200012/21/S1");
    EXPECT_FALSE(identity.names_class);
    EXPECT_THAT(identity.classes, ElementsAre("01/06911354200012/10/L%2F1",
                                              "01/06911354200012/22/V2", "01/06911354200012"));
}

TEST(Gs1Identity, OfALotIsAClassOfItsTradeItem) {
    const auto lot = identity_of(parse_element_string("(01)06911354200012(10)L1"));
    EXPECT_TRUE(lot.names_class);
    EXPECT_THAT(lot.classes, ElementsAre("01/06911354200012"));
    const auto item = identity_of(parse_element_string("(01)06911354200012"));
    EXPECT_TRUE(item.names_class);
    EXPECT_THAT(item.classes, IsEmpty());
}

TEST(Gs1Identity, OfASerialisedAssetDocumentCouponOrPartBelongsToItsType) {
    for (const auto& [elements, type] :
         {std::pair{"(8003)00614141123452400", "8003/00614141123452"},
          std::pair{"(253)0614141123452400", "253/0614141123452"},
          std::pair{"(255)401234567890104711", "255/4012345678901"},
          std::pair{"(8010)0614141123ABC(8011)5", "8010/0614141123ABC"},
          std::pair{"(8006)040123451234560102(21)7", "8006/040123451234560102"}}) {
        const auto identity = identity_of(parse_element_string(elements));
        EXPECT_FALSE(identity.names_class) << elements;
        EXPECT_THAT(identity.classes, ElementsAre(type)) << elements;
        EXPECT_TRUE(identity_of(parse_gs1_path(type)).names_class) << type;
    }
}

TEST(Gs1Identity, NeedsAKeyAndNoContradiction) {
    EXPECT_THAT(identity_of(parse_element_string("(10)L1(21)S1")).canonical,
                HasSubstr("expected a key"));
    EXPECT_THAT(identity_of(parse_element_string("(02)06911354200012(37)5")).canonical,
                HasSubstr("expected a key"));
    EXPECT_THAT(identity_of(parse_element_string("(01)06911354200012(21)A(21)B")).canonical,
                HasSubstr("expected one value of (21), found two"));
    EXPECT_EQ(identity_of(parse_element_string("(01)06911354200012(21)A(21)A")).canonical,
              "01/06911354200012/21/A");
}

class RandomItem {
public:
    explicit RandomItem(std::uint32_t seed) : random_{seed} {
        for (int digit = 0; digit < 13; ++digit) digits_ += character("0123456789");
        const std::size_t size = 1 + random_() % 20;
        while (serial_.size() < size) serial_ += character(set_82);
    }
    std::string gtin() const { return digits_ + *gs1_check_digit(digits_); }
    const std::string& serial() const { return serial_; }
    std::string epc_uri(std::size_t company_size) const {
        return "urn:epc:id:sgtin:" + digits_.substr(1, company_size) + '.' + digits_[0] +
               digits_.substr(1 + company_size) + '.' + percent_encoded(serial_);
    }

private:
    static constexpr std::string_view set_82 =
        "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    char character(std::string_view set) { return set[random_() % set.size()]; }

    std::minstd_rand random_;
    std::string digits_;
    std::string serial_;
};

TEST(Gs1Identity, IsTheSameFromEverySpellingOfRandomTradeItems) {
    for (std::uint32_t seed = 1; seed <= 2000; ++seed) {
        const RandomItem item{seed};
        const Gs1Elements elements{{"01", item.gtin()}, {"21", item.serial()}};
        const auto identity = identity_of(elements);
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + identity.canonical);
        ASSERT_THAT(identity.classes, ElementsAre("01/" + item.gtin()));
        for (std::size_t company = 6; company <= 12; ++company) {
            const auto from_uri = parse_epc_uri(item.epc_uri(company));
            ASSERT_TRUE(from_uri) << from_uri.error().message();
            EXPECT_EQ(**from_uri, elements);
        }
        EXPECT_EQ(identity_of(parse_element_string(write_element_string(elements))), identity);
        const auto link = parse_digital_link("https://example.com/" + identity.canonical);
        ASSERT_TRUE(link) << link.error().message();
        EXPECT_EQ(**link, elements);
    }
}

}  // namespace
}  // namespace idnode::protocol
