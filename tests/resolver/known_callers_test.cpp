#include "resolver/api/known_callers.hpp"

#include <gtest/gtest.h>

namespace idnode::resolver::api {
namespace {

constexpr std::uint32_t now = 1'700'000'000;

KnownCallers::Known partner(std::uint32_t until) {
    KnownCallers::Known known{.caller = {}, .granted = {}, .administered = 7};
    known.caller.account = Account{.name = "friend", .role = Role::partner};
    known.caller.until = until;
    return known;
}

TEST(KnownCallers, AreKnownUnderAPrefixInTheStateInWhichTheyWereSeen) {
    KnownCallers callers;
    callers.note("Bearer a", "88.1", partner(now + 10));
    ASSERT_TRUE(callers.find("Bearer a", "88.1", 7, now));
    EXPECT_EQ(callers.find("Bearer a", "88.1", 7, now)->caller.account->name, "friend");
    EXPECT_FALSE(callers.find("Bearer a", "88.2", 7, now));
    EXPECT_FALSE(callers.find("Bearer b", "88.1", 7, now));
    EXPECT_FALSE(callers.find("Bearer a", "88.1", 8, now));
}

TEST(KnownCallers, AreForgottenAtTheSecondInWhichTheirTokenExpires) {
    KnownCallers callers;
    callers.note("Bearer a", "88.1", partner(now + 10));
    EXPECT_TRUE(callers.find("Bearer a", "88.1", 7, now + 9));
    EXPECT_FALSE(callers.find("Bearer a", "88.1", 7, now + 10));
}

TEST(KnownCallers, AreOnlyAccountsWithoutAKeyOfAHandle) {
    KnownCallers callers;
    auto known = partner(now + 10);
    known.caller.identity = protocol::Reference{.handle = "88.1/ADM", .index = 300};
    callers.note("Bearer a", "88.1", known);
    callers.note("Bearer b", "88.1", {.caller = {}, .granted = {}, .administered = 7});
    EXPECT_FALSE(callers.find("Bearer a", "88.1", 7, now));
    EXPECT_FALSE(callers.find("Bearer b", "88.1", 7, now));
}

TEST(KnownCallers, BeginAnewWhenThereAreTooMany) {
    KnownCallers callers;
    for (std::size_t each = 0; each <= KnownCallers::known_max; ++each)
        callers.note("Bearer " + std::to_string(each), "88.1", partner(now + 10));
    EXPECT_FALSE(callers.find("Bearer 0", "88.1", 7, now));
    EXPECT_TRUE(callers.find("Bearer " + std::to_string(KnownCallers::known_max), "88.1", 7, now));
}

}  // namespace
}  // namespace idnode::resolver::api
