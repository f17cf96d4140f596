#include "resolver/templates/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "resolver/templates/library.hpp"
#include "resolver/templates/validation.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver::templates {
namespace {

using ::testing::HasSubstr;

protocol::Value value(std::uint32_t index, std::string type, std::string data) {
    protocol::Value made;
    made.index = index;
    made.type = std::move(type);
    made.data = std::move(data);
    return made;
}

std::string item(std::string_view name, std::string_view more) {
    return R"({"name":")" + std::string{name} + R"(","idIndex":2000)" + std::string{more} + "}";
}

protocol::Parsed<Template> read(const std::string& items) {
    return parse_template(
        boost::json::parse(R"({"prefix":"88.1","version":"1.0","items":[)" + items + "]}"));
}

struct Value {
    std::string rule;  ///< of the item, as it stands in the template
    std::string good;
    std::string bad;
    std::string said;  ///< about the bad one
};

class Rules : public ::testing::TestWithParam<Value> {};

TEST_P(Rules, TakeWhatFitsAndNameItemRuleAndValueOtherwise) {
    const auto asked = read(item("x", "," + GetParam().rule));
    ASSERT_TRUE(asked) << asked.error().message();
    protocol::Record record{.handle = "88.1/a", .values = {value(2000, "X", GetParam().good)}};
    EXPECT_EQ(CompiledTemplate{*asked}.find_fault(record.values), std::nullopt);
    record.values[0].data = GetParam().bad;
    const auto fault = CompiledTemplate{*asked}.find_fault(record.values);
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("item 2000 \"x\""));
    EXPECT_THAT(*fault, HasSubstr(GetParam().said));
    EXPECT_THAT(*fault, HasSubstr(GetParam().bad.substr(0, 30)));
}

INSTANTIATE_TEST_SUITE_P(
    OfItems, Rules,
    ::testing::Values(
        Value{R"("metadata":{"minLength":2,"maxLength":3})", "钢卷号", "钢", "minLength"},
        Value{R"("metadata":{"minLength":2,"maxLength":3})", "ab", "钢卷号码", "maxLength"},
        Value{R"("metadata":{"pattern":"[A-Z]{2}[0-9]+"})", "AB12", "AB12 ", "pattern"},
        Value{R"x("metadata":{"pattern":"[a-f]{1,255}\\*(\\d|钢.){2}"})x", "ab*1钢卷", "ab*1",
              "pattern"},
        Value{R"("idType":"number","metadata":{"minimum":0,"maximum":"99.5"})", "99.5", "99.51",
              "maximum"},
        Value{R"("idType":2,"metadata":{"minimum":0})", "1e3", "-0.1", "minimum"},
        Value{R"("idType":"number")", "-1.5", "1,5", "a number"},
        Value{R"("idType":"number")", "0", "inf", "a number"},
        Value{R"("idType":"date")", "2026-02-28", "2026-02-30", "a date"},
        Value{R"("metadata":{"type":"date"})", "2026-02-28T23:59:59+08:00", "28.2.2026", "a date"},
        Value{R"("idType":"url")", "https://example.org/a?b=c", "example org", "a URL"},
        Value{R"("idType":"digest")", "sha256:" + std::string(64, 'a'),
              "sha256:" + std::string(63, 'a'), "64 hex digits"},
        Value{R"("idType":"reference")", "88.1/b", "88.1", "an identifier"},
        Value{R"("idType":"reference","metadata":{"maxLength":2})", R"(["88.1/b","88.1/a"])",
              R"(["88.1/b","88.1/c","88.1/d"])", "maxLength"},
        Value{R"("idType":5)", R"(["88.1/b"])", R"(["88.1/b",1])", "an identifier"}));

TEST(Template, WantsWhatIsRequiredAndNothingThatItDoesNotKnow) {
    const auto asked =
        read(item("a", R"(,"required":true)") + R"(,{"name":"b","idIndex":2001,"state":0})");
    ASSERT_TRUE(asked) << asked.error().message();
    protocol::Record record{.handle = "88.1/a", .values = {value(100, "HS_ADMIN", "any")}};
    EXPECT_EQ(CompiledTemplate{*asked}.find_fault(record.values),
              "item 2000 \"a\": required: expected a value, found none");
    record.values.push_back(value(2000, "a", "1"));
    EXPECT_EQ(CompiledTemplate{*asked}.find_fault(record.values), std::nullopt);
    record.values.push_back(value(2001, "b", "1"));
    EXPECT_THAT(CompiledTemplate{*asked}.find_fault(record.values).value_or(""),
                HasSubstr("disabled"));
    record.values.back() = value(2002, "c", "1");
    EXPECT_THAT(CompiledTemplate{*asked}.find_fault(record.values).value_or(""),
                HasSubstr("found none"));
    record.values.back() = value(2000, "z", "1");
    EXPECT_THAT(CompiledTemplate{*asked}.find_fault(record.values).value_or(""),
                HasSubstr("found \"z\""));
}

TEST(Template, SaysWhichFieldIsWrong) {
    struct Case {
        std::string items;
        std::string field;
    };
    std::string many;
    for (int at = 0; at < 201; ++at)
        many += (at > 0 ? "," : "") + std::string{R"({"name":"n)"} + std::to_string(at) +
                R"(","idIndex":)" + std::to_string(2000 + at) + "}";
    std::string large;
    for (int each = 0; each < 8; ++each) large += "[^x]{0,255}";
    for (const Case& each : std::vector<Case>{
             {"", "items"},
             {many, "items"},
             {R"({"name":"a","idIndex":1999})", "items[0].idIndex"},
             {R"({"name":"a","idIndex":10000})", "items[0].idIndex"},
             {R"({"name":"","idIndex":2000})", "items[0].name"},
             {item("a", {}) + "," + item("b", {}), "items[1]"},
             {item("a", {}) + R"(,{"name":"A","idIndex":2001})", "items[1]"},
             {item("a", R"(,"idType":"colour")"), "items[0].idType"},
             {item("a", R"(,"visibility":"nobody")"), "items[0].visibility"},
             {item("a", R"(,"state":2)"), "items[0].state"},
             {item("a", R"(,"metadata":{"minLength":3,"maxLength":2})"), "metadata.minLength"},
             {item("a", R"(,"metadata":{"minimum":1})"), "metadata.minimum"},
             {item("a", R"(,"metadata":{"pattern":"["})"), "metadata.pattern"},
             {item("a", R"x(,"metadata":{"pattern":"(a)\\1"})x"), "metadata.pattern"},
             {item("a", R"x(,"metadata":{"pattern":"(((a{11}){11}){11})"})x"), "metadata.pattern"},
             {item("a", R"x(,"metadata":{"pattern":"a{1,99999}"})x"), "metadata.pattern"},
             {item("a", R"x(,"metadata":{"pattern":")x" + large + R"x("})x"), "too large"},
             {item("a", R"(,"metadata":{"colour":1})"), "metadata.colour"}}) {
        const auto asked = read(each.items);
        ASSERT_FALSE(asked) << each.items;
        EXPECT_THAT(asked.error().message(), HasSubstr(each.field));
    }
}

TEST(Template, IsWrittenAsItIsRead) {
    const auto first = read(item(
        "a", R"(,"alias":"别名","idType":"number","required":true,"state":0,"unit":"kg",)"
             R"("visibility":"own","metadata":{"minLength":1,"maxLength":9,"pattern":"[0-9.]+",)"
             R"("minimum":0.5,"maximum":10}})"
             R"(,{"name":"b","idIndex":2001)"));
    ASSERT_TRUE(first) << first.error().message();
    const std::string text = to_json(*first);
    const auto second = parse_template(boost::json::parse(text));
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(to_json(*second), text);
    EXPECT_THAT(text, HasSubstr(R"("minimum":"0.5")"));
}

TEST(Template, GrowsByItemsThatNobodyNeedsAndLosesNone) {
    const auto before = read(item("a", R"(,"required":true)"));
    ASSERT_TRUE(before);
    const auto grown = extend(*before, *read(R"({"name":"b","idIndex":2001})"));
    ASSERT_TRUE(grown);
    EXPECT_EQ(grown->items.size(), 2U);
    const auto disabled = extend(*grown, *read(item("a", R"(,"required":true,"state":0)")));
    ASSERT_TRUE(disabled);
    EXPECT_FALSE(disabled->items[0].enabled);
    EXPECT_FALSE(extend(*disabled, *read(item("a", R"(,"required":true)"))));
    EXPECT_FALSE(extend(*before, *read(item("a", R"(,"required":false)"))));
    EXPECT_FALSE(extend(*before, *read(R"({"name":"b","idIndex":2001,"required":true})")));
}

TEST(Validator, HoldsARecordToTheTemplateOfItsPrefixAndThenToThatOfAll) {
    const test::TempDirectory directory;
    const registry::Store store{directory / "data", registry::Store::Access::write_or_create};
    std::vector<registry::Change> changes;
    publish(*read(item("own", {})), changes);
    auto of_all = read(item("all", {}) + R"(,{"name":"n","idIndex":2001,"visibility":"own"})");
    of_all->prefix.clear();
    publish(*of_all, changes);
    registry::Writer{store}.commit(changes, 1);
    const registry::Decide decide = [](const registry::WriteView& view) -> registry::Decision {
        Validator validator{view};
        protocol::Record record{.handle = "88.1/a",
                                .values = {value(1001, "template", "1.0"), value(2000, "own", "")}};
        EXPECT_EQ(validator.apply(record), std::nullopt);
        record.values[1].type = "all";
        EXPECT_THAT(validator.apply(record).value_or(""), HasSubstr("item 2000 \"own\": name"));
        registry::ChangeSet set;
        validator.note_uses(set.changes);
        EXPECT_EQ(set.changes.size(), 1U);
        EXPECT_TRUE(is_in_use(view, template_key("88.1", "2.0"))) << "nobody knows better";
        EXPECT_FALSE(is_in_use(view, template_key("", "1.0")));
        record.handle = "88.2/a";
        record.values.push_back(value(2001, "n", "1"));
        EXPECT_EQ(validator.apply(record), std::nullopt);
        EXPECT_FALSE(record.values[2].permissions & protocol::permission::public_read);
        EXPECT_TRUE(record.values[1].permissions & protocol::permission::public_read);
        for (const std::string& version :
             {std::string{}, std::string(65, '1'), std::string{"2.0"}}) {
            record.values[0].data = version;
            EXPECT_THAT(validator.apply(record).value_or(""), HasSubstr("template: expected"));
        }
        record.values.erase(record.values.begin());
        EXPECT_EQ(validator.apply(record), std::nullopt) << "it names none";
        return set;
    };
    const registry::Decide* const jobs[]{&decide};
    registry::Writer{store}.commit(jobs, 2);
    const registry::Snapshot snapshot{store};
    EXPECT_FALSE(find_entry(snapshot, registry::Area::idle_templates, template_key("88.1", "1.0")));
    EXPECT_TRUE(find_entry(snapshot, registry::Area::idle_templates, template_key("", "1.0")));
}

TEST(TemplatesOfTheTree, AreAllPublishedOnce) {
    const test::TempDirectory directory;
    const registry::Store store{directory / "data", registry::Store::Access::write_or_create};
    const auto files = std::filesystem::path{IDNODE_SOURCE_DIR} / "conf" / "templates";
    EXPECT_EQ(publish(files, store, 1), 10U);
    EXPECT_EQ(publish(files, store, 2), 0U);
    EXPECT_TRUE(find_entry(registry::Snapshot{store}, registry::Area::templates,
                           template_key("", "steel.coil/1")));
}

}  // namespace
}  // namespace idnode::resolver::templates
