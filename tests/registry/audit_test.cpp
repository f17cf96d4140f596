#include "registry/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/writer.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string detail(std::optional<std::string_view> before, std::optional<std::string_view> after) {
    const auto octets = [](std::optional<std::string_view> text) {
        return text ? std::optional{protocol::bytes_of(*text)} : std::nullopt;
    };
    return make_audit_detail(octets(before), octets(after));
}

TEST(AuditDetail, HasBothSidesAsTheyStand) {
    EXPECT_EQ(detail(R"({"a":1})", R"([2])"), R"({"before":{"a":1},"after":[2]})");
    EXPECT_EQ(detail({}, "88.1/CAR"), R"({"after":"88.1/CAR"})");
    EXPECT_EQ(detail("1", {}), R"({"before":"1"})");
    EXPECT_EQ(detail({}, {}), "{}");
}

TEST(AuditDetail, NeverHasASecret) {
    EXPECT_EQ(detail({}, R"({"role":"auditor","password":"scrypt$x","daily":"h","enabled":true})"),
              R"x({"after":{"role":"auditor","password":"(secret)","daily":"(secret)",)x"
              R"("enabled":true}})");
    EXPECT_EQ(detail({}, R"([{"in":{"token":"t","dest":"https://a.example/b?key=k"}}])"),
              R"x({"after":[{"in":{"token":"(secret)","dest":"https://a.example/b?(secret)"}}]})x");
    EXPECT_EQ(detail({}, R"({"password":"half a do)"), R"({"after":{"octets":22}})");
    EXPECT_EQ(detail({}, "\xff"), R"({"after":{"octets":1}})");
}

TEST(AuditDetail, IsCutWhereItIsLongAndSaysHowLongItWas) {
    EXPECT_THAT(detail({}, std::string(audit_text_max, 'x')), Not(HasSubstr("cut")));
    const std::string longer = detail({}, std::string(audit_text_max - 1, 'x') + "钢");
    EXPECT_THAT(longer, HasSubstr(R"(x","octets":)" + std::to_string(audit_text_max + 2) + "}"));
    EXPECT_LT(longer.size(), audit_text_max + 100);
    const std::string array = "[\"" + std::string(audit_text_max, 'y') + "\"]";
    EXPECT_THAT(detail({}, array), HasSubstr(R"({"cut":"[\"yyy)"));
}

class AuditTest : public testing::Test {
protected:
    std::uint64_t commit(std::vector<Change> changes, std::uint32_t now = 1000) {
        return Writer{store_}.commit(changes, now).sequence;
    }
    std::optional<std::string> found(std::uint64_t sequence) const {
        const Snapshot snapshot{store_};
        const auto found = find_audit_detail(snapshot, sequence);
        return found ? std::optional{std::string{*found}} : std::nullopt;
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
};

TEST_F(AuditTest, KeepsWhatAnEntryWasAndIsBesideEachOfItsChanges) {
    commit({PutEntry{Area::grants, "g", R"([{"item":"a"}])"}, HomePrefix{"88.1"},
            PutEntry{Area::grants, "g", R"([{"item":"b"}])"}, PutEntry{Area::jobs, "j", "{}"},
            RemoveEntry{Area::grants, "g"}});
    EXPECT_EQ(found(1), R"({"after":[{"item":"a"}]})");
    EXPECT_EQ(found(2), std::nullopt);
    EXPECT_EQ(found(3), R"({"before":[{"item":"a"}],"after":[{"item":"b"}]})");
    EXPECT_EQ(found(4), R"({"before":[{"item":"b"}]})");
    EXPECT_EQ(found(5), std::nullopt);
}

TEST_F(AuditTest, IsLetGoOfWithItsChange) {
    commit({PutEntry{Area::groups, "a", "1"}}, 1000);
    commit({PutEntry{Area::groups, "b", "2"}}, 2000);
    EXPECT_EQ(Writer{store_}.prune_changes(2000, 100), 1U);
    EXPECT_EQ(found(1), std::nullopt);
    EXPECT_EQ(found(2), R"({"after":"2"})");
}

}  // namespace
}  // namespace idnode::registry
