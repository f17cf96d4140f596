#include "registry/trace/facts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "registry/trace/fact_writer.hpp"
#include "tests/registry/trace/committing.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry::trace {
namespace {

/// The worked example of FORMAT.md.
TEST(Fact, IsStoredAsTheFormatSays) {
    const StoredFact fact{.type = EdgeType::aggregation,
                          .fact = Fact::begins,
                          .from = make_thing(16, 1),
                          .to = make_thing(16, 2),
                          .time = 1'700'000'000'000,
                          .quantity = 2.5,
                          .unit = 3,
                          .source = 7};
    const FactOctets octets = fact_octets(Direction::down, fact);
    EXPECT_EQ(test::hex_from_bytes({octets.data(), octets.size()}),
              "02"
              "0000100000000002"
              "8000018bcfe56800"
              "01"
              "0000000000000007"
              "01"
              "4004000000000000"
              "0000000003");
    EXPECT_EQ(read_fact(Direction::down, fact.from, octets.data()), fact);
    EXPECT_EQ(read_whole_fact(whole_fact(fact)), fact);
}

class FactWriterTest : public testing::TestWithParam<unsigned> {
protected:
    int pick(int bound) { return std::uniform_int_distribution{0, bound - 1}(random_); }

    /// Few things with many facts, so that blocks are split, emptied and filled again.
    StoredFact draw() {
        StoredFact fact{.type = static_cast<EdgeType>(1 + pick(3)),
                        .fact = static_cast<Fact>(1 + pick(3)),
                        .from = make_thing(16, static_cast<std::uint64_t>(pick(3))),
                        .to = make_thing(17, static_cast<std::uint64_t>(pick(200))),
                        .time = pick(4),
                        .source = static_cast<std::uint64_t>(1 + pick(3))};
        if (pick(2) == 0) fact.quantity = pick(10);
        return fact;
    }

    test::TempDirectory directory_;
    Store store_{directory_.path(), Store::Access::write_or_create};
    std::mt19937 random_{GetParam()};
};

TEST_P(FactWriterTest, KeepsWhatAModelKeeps) {
    std::map<std::string, StoredFact> model;  // by the key at the end that it points from
    for (int round = 0; round < 60; ++round) {
        const int removals = pick(10);
        test::commit_decided(store_, [&](const WriteView& view, std::vector<Change>& changes) {
            FactWriter writer{view};
            for (int at = pick(400); at >= 0; --at) {
                const StoredFact fact = draw();
                const std::string key = whole_fact(fact).substr(0, sizeof(Thing) + fact_key_size);
                if (pick(10) < removals) {
                    writer.remove(fact);
                    model.erase(key);
                } else {
                    writer.put(fact);
                    model[key] = fact;
                }
            }
            writer.finish(changes);
        });
        const Snapshot snapshot{store_};
        std::vector<StoredFact> found;
        std::size_t up = 0;
        for_each_fact(snapshot, [&](Direction direction, const StoredFact& fact) {
            EXPECT_TRUE(has_counterpart(snapshot, direction, fact));
            direction == Direction::down ? found.push_back(fact) : void(++up);
            return true;
        });
        std::vector<StoredFact> expected;
        for (const auto& [key, fact] : model) expected.push_back(fact);
        ASSERT_EQ(found, expected) << "round " << round;
        ASSERT_EQ(up, expected.size());
    }
}

INSTANTIATE_TEST_SUITE_P(OfManySeeds, FactWriterTest, testing::Range(1U, 9U));

}  // namespace
}  // namespace idnode::registry::trace
