#include "resolver/trace/visibility.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "registry/writer.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver {
namespace {

class Policies : public ::testing::Test {
protected:
    void set(std::string_view scope, const Visibility& visibility) {
        std::vector<registry::Change> changes{registry::PutEntry{
            registry::Area::visibility, visibility_key(scope), to_json(visibility)}};
        registry::Writer{store_}.commit(changes, 1);
    }
    Visibility of(std::string_view thing) {
        return find_visibility(registry::Snapshot{store_}, protocol::identify(thing));
    }

    test::TempDirectory directory_;
    registry::Store store_{directory_.path(), registry::Store::Access::write_or_create};
};

constexpr Visibility open_policy{.one_up_one_down = true};
constexpr Visibility cut_policy{.cut = true};

TEST_F(Policies, AreThoseOfTheLongestCompanyPrefixThatFits) {
    set("gs1:4012", cut_policy);
    set("gs1:4012345", open_policy);
    // The company prefix begins behind the indicator of a trade item or the extension of an SSCC.
    EXPECT_EQ(of("(01)04012345123456(21)1"), open_policy);
    EXPECT_EQ(of("(01)14012345123453(10)L"), open_policy);
    EXPECT_EQ(of("urn:epc:id:sscc:4012345.1111111111"), open_policy);
    EXPECT_EQ(of("urn:epc:id:sgln:4012345.11111.0"), open_policy);
    // A returnable asset begins with a zero that is no part of it, a piece with its trade item.
    EXPECT_EQ(of("urn:epc:id:grai:4012345.12345.1"), open_policy);
    EXPECT_EQ(of("urn:epc:id:itip:4012345.012345.01.02.1"), open_policy);
    EXPECT_EQ(of("urn:epc:id:giai:4012345.1"), open_policy);
    EXPECT_EQ(of("urn:epc:id:sgtin:4012999.012345.1"), cut_policy);
    EXPECT_EQ(of("urn:epc:id:sgtin:4099999.012345.1"), Visibility{});
    set("*", cut_policy);
    EXPECT_EQ(of("urn:epc:id:sgtin:4099999.012345.1"), cut_policy);
    EXPECT_EQ(of("urn:x:y"), cut_policy);
}

TEST_F(Policies, OfHandlesAreThoseOfTheirPrefixInAnyCase) {
    set("88.Ab", open_policy);
    EXPECT_EQ(of("88.aB/x"), open_policy);
    EXPECT_EQ(of("88.ab.c/x"), Visibility{});
    EXPECT_EQ(of("88.a/x"), Visibility{});
}

TEST(Visibility, ComesBackAsItWasStored) {
    for (const Visibility each : {Visibility{}, open_policy, cut_policy, Visibility{true, true}})
        EXPECT_EQ(*read_visibility(boost::json::parse(to_json(each))), each);
}

TEST(Visibility, KnowsWhatItMayBeSetFor) {
    for (const char* const scope : {"*", "88.118.8", "gs1:4012", "gs1:401234512345"})
        EXPECT_TRUE(is_visibility_scope(scope)) << scope;
    for (const char* const scope : {"", "gs1:", "gs1:401", "gs1:4012345123456", "gs1:40a2", "a/b"})
        EXPECT_FALSE(is_visibility_scope(scope)) << scope;
}

TEST(CompanyScope, FitsTheThingsOfItsCompanyAndNothingElse) {
    for (const char* const scope : {"gs1:4012", "gs1:4012345", "gs1:401234512345"})
        EXPECT_TRUE(is_company_scope(scope)) << scope;
    for (const char* const scope :
         {"gs1:", "gs1:401", "gs1:4012345678901", "gs1:40123x", "4012345"})
        EXPECT_FALSE(is_company_scope(scope)) << scope;
    EXPECT_TRUE(is_of_company("01/04012345123456/21/1", "gs1:4012345"));
    EXPECT_TRUE(is_of_company("00/140123451111111118", "gs1:4012345"));
    EXPECT_TRUE(is_of_company("417/4012345000016", "gs1:4012345"));
    EXPECT_FALSE(is_of_company("01/04012345123456/21/1", "gs1:40123456"));
    EXPECT_FALSE(is_of_company("01/04012345123456/21/1", "4012345"));
    EXPECT_EQ(company_scopes_of(protocol::identify("(01)04012345123456")).size(), 9U);
    EXPECT_EQ(company_scopes_of(protocol::identify("(01)04012345123456")).front(),
              "gs1:401234512345");
    EXPECT_TRUE(company_scopes_of(protocol::identify("hdl:88.1/4012345123456")).empty());
}

}  // namespace
}  // namespace idnode::resolver
