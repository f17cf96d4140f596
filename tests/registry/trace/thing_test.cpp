#include "registry/trace/thing.hpp"

#include <gtest/gtest.h>

#include "registry/store.hpp"
#include "registry/trace/trace_check.hpp"
#include "tests/registry/trace/committing.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry::trace {
namespace {

class NumberingTest : public testing::Test {
protected:
    template <class Use>
    void number(Use&& use) {
        test::commit_decided(store_, [&](const WriteView& view, std::vector<Change>& changes) {
            Numbering numbering{view};
            use(numbering);
            numbering.finish(changes);
        });
    }
    Thing number_of(std::string_view name) {
        return find_thing(Snapshot{store_}, name).value_or(no_thing);
    }
    void TearDown() override {
        check(Snapshot{store_}, [](const std::string& fault) { ADD_FAILURE() << fault; });
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
};

TEST_F(NumberingTest, GivesThingsOfOnePrefixNumbersOfOneGroup) {
    number([](Numbering& numbering) {
        const Thing first = numbering.thing("88.1/A");
        EXPECT_EQ(numbering.thing("88.1/A"), first);
        EXPECT_EQ(numbering.thing("88.1/B"), first + 1);
        EXPECT_NE(group_of(numbering.thing("88.2/A")), group_of(first));
        EXPECT_EQ(group_of(numbering.thing("01/04012345123456/10/L1")),
                  static_cast<ThingGroup>(protocol::Scheme::gs1));
    });
    const Thing first = number_of("88.1/A");
    number([&](Numbering& numbering) {
        EXPECT_EQ(numbering.thing("88.1/C"), first + 2);
        EXPECT_EQ(numbering.thing("88.1/A"), first);
    });
    EXPECT_EQ(number_of("88.1/C"), first + 2);
    EXPECT_EQ(number_of("88.1/D"), no_thing);
}

TEST_F(NumberingTest, KeepsTheFirstSpellingAlsoOfWhatHadANumberBefore) {
    number([](Numbering& numbering) { numbering.thing("88.1/A"); });
    EXPECT_FALSE(find_name(Snapshot{store_}, "88.1/A"));
    number([](Numbering& numbering) { numbering.thing("88.1/A", "88.1/a"); });
    number([](Numbering& numbering) { numbering.thing("88.1/A", "hdl:88.1/A"); });
    EXPECT_EQ(find_name(Snapshot{store_}, "88.1/A"), "88.1/a");
    EXPECT_EQ(find_thing(Snapshot{store_}, number_of("88.1/A"))->scheme, protocol::Scheme::handle);
}

TEST_F(NumberingTest, KeepsTextsApartFromThings) {
    TextNumber unit = no_text;
    number([&](Numbering& numbering) {
        unit = numbering.text("KGM");
        EXPECT_NE(unit, no_text);
        EXPECT_EQ(numbering.text("KGM"), unit);
        EXPECT_EQ(numbering.text(""), no_text);
        EXPECT_NE(numbering.thing("KGM"), unit);
    });
    number([&](Numbering& numbering) { EXPECT_EQ(numbering.text("KGM"), unit); });
    EXPECT_EQ(find_text(Snapshot{store_}, unit), "KGM");
    EXPECT_EQ(find_text(Snapshot{store_}, no_text), "");
}

TEST(NodeKey, KeepsLongIdentifiersApart) {
    const std::string stem(400, 'x');
    EXPECT_EQ(node_key("short"), "short");
    EXPECT_LE(node_key(stem + "1").size(), node_key_size_max);
    EXPECT_NE(node_key(stem + "1"), node_key(stem + "2"));
}

}  // namespace
}  // namespace idnode::registry::trace
