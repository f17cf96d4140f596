#include "resolver/grants/grant.hpp"

#include <gtest/gtest.h>

#include <map>

namespace idnode::resolver::grants {
namespace {

/// What two grantees were granted under 88.1, at that second.
Granted granted(const std::vector<Grant>& of_friend, std::uint32_t now,
                const std::vector<std::string>& grantees = {"account:friend"}) {
    const std::map<std::string, std::string> entries{
        {grant_key("88.1", "account:FRIEND"), to_json(of_friend)},
        {grant_key("88.1", "group:chain"), to_json({{.item = "group-item"}})},
        {grant_key("88.2", "account:friend"), to_json({{.item = "*"}})}};
    const Reading registry{
        .find = [&](registry::Area area, std::string_view key) -> std::optional<std::string_view> {
            const auto found = entries.find(std::string{key});
            if (area != registry::Area::grants || found == entries.end()) return std::nullopt;
            return found->second;
        },
        .for_each =
            [](registry::Area area, std::string_view stem, const auto& visit) {
                if (area != registry::Area::own_items) return;
                visit({.key = stem, .value = stem == "88.1\n" ? "MARGIN" : "FORMULA"});
            }};
    return {registry, "88.1", grantees, now};
}

TEST(Granted, MayBeOfOneHandleAlone) {
    const Granted one = granted({{.item = "cost", .handle = "88.1/A"}}, 1);
    EXPECT_TRUE(one.allows(Right::view, "cost", "88.1/a"));
    EXPECT_FALSE(one.allows(Right::view, "cost", "88.1/B"));
    EXPECT_FALSE(one.allows(Right::view, "cost", {})) << "of all under the prefix";
}

TEST(Granted, AllIsNotWhatIsTheOwnersOwn) {
    const Granted all = granted({{.item = "*"}}, 1);
    EXPECT_TRUE(all.allows(Right::view, "cost", "88.1/A"));
    EXPECT_FALSE(all.allows(Right::view, "Margin", "88.1/A")) << "of a template of the prefix";
    EXPECT_FALSE(all.allows(Right::view, "formula", "88.1/A")) << "of a template of every prefix";
    EXPECT_TRUE(
        granted({{.item = "*"}, {.item = "margin"}}, 1).allows(Right::view, "margin", "88.1/A"))
        << "granted by its name";
}

TEST(Granted, EndsWithTheSecondThatWasNamed) {
    const std::vector<Grant> cost{{.item = "cost", .expires = 1000}};
    EXPECT_TRUE(granted(cost, 999).allows(Right::view, "COST", "88.1/A"));
    EXPECT_EQ(granted(cost, 999).until(), 1000U);
    EXPECT_FALSE(granted(cost, 1000).allows(Right::view, "cost", "88.1/A"));
    EXPECT_FALSE(granted(cost, 1001).allows(Right::view, "cost", "88.1/A"));
    EXPECT_TRUE(granted({{.item = "cost"}}, 0xffffffff).allows(Right::view, "cost", "88.1/A"));
}

TEST(Granted, IsForTheItemTheRightAndThePrefixThatWereNamed) {
    const Granted some = granted({{.item = "cost"}, {.item = "order", .right = Right::edit}}, 1);
    EXPECT_TRUE(some.allows(Right::view, "cost", "88.1/A"));
    EXPECT_FALSE(some.allows(Right::edit, "cost", "88.1/A"));
    EXPECT_TRUE(some.allows(Right::view, "order", "88.1/A"));
    EXPECT_TRUE(some.allows(Right::edit, "order", "88.1/A"));
    EXPECT_FALSE(some.allows(Right::view, "group-item", "88.1/A"));
    EXPECT_FALSE(some.allows(Right::view, "c\xd0\xbest", "88.1/A")) << "an o of Cyrillic";
    EXPECT_TRUE(granted({}, 1, {"account:friend", "group:chain"})
                    .allows(Right::view, "group-item", "88.1/A"));
    EXPECT_FALSE(granted({{.item = "*"}}, 1).allows(Right::view, "HS_SECKEY", "88.1/A"));
    EXPECT_FALSE(granted({{.item = "hs_admin"}}, 1).allows(Right::view, "hs_ADMIN", "88.1/A"));
}

}  // namespace
}  // namespace idnode::resolver::grants
