#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/write_load.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// So many that reading them all takes time in which others write.
constexpr const char* record_count = "30000";

class BackupUnderLoad : public ::testing::Test {
protected:
    BackupUnderLoad() {
        prepare_for_load(node_);
        const std::string records = node_.directory().file("records.ndjson");
        Process sample{{"sample", "--industry", "steel", "--count", record_count},
                       {.out = records}};
        EXPECT_EQ(sample.wait(3 * time_limit), 0);
        node_.import_sample(records);
        node_.start();
        load_.begin(node_.handle());
        EXPECT_TRUE(load_.await_acknowledged(5));
    }

    std::string file(const std::string& name) const { return node_.directory().file(name); }

    /// Backs up what has changed since the last one of the chain; everything at first. Returns the
    /// last change that is in it.
    std::uint64_t back_up(std::vector<std::string>& chain) {
        const std::string name = file("backup" + std::to_string(chain.size()));
        Arguments arguments{"backup", name, "--json"};
        if (!chain.empty()) arguments.insert(arguments.end(), {"--since-backup", chain.back()});
        chain.push_back(name);
        return boost::json::parse(node_.do_run(arguments))
            .at("sequence")
            .to_number<std::uint64_t>();
    }
    RegistryState restore(const std::vector<std::string>& chain) {
        const std::string directory = file("restored" + std::to_string(chain.size()));
        Arguments arguments{"restore"};
        arguments.insert(arguments.end(), chain.begin(), chain.end());
        arguments.insert(arguments.end(), {"--data", directory});
        const Outcome restored = run_idnode(arguments);
        EXPECT_EQ(restored.exit_code, 0) << restored.err;
        EXPECT_THAT(run_idnode({"check", "--data", directory}).out, HasSubstr("no fault"));
        return read_registry(directory);
    }

    Node node_;
    WriteLoad load_{choose_seed()};
};

TEST_F(BackupUnderLoad, GivesTheStateToWhichTheChangeLogLeadsUpToItsSequence) {
    std::vector<std::string> chain;
    std::vector<std::uint64_t> sequences;
    for (int each = 0; each < 3; ++each) {
        const std::uint64_t before = load_.tally().acknowledged;
        sequences.push_back(back_up(chain));
        EXPECT_GT(load_.tally().acknowledged, before) << "nobody wrote meanwhile";
        ASSERT_TRUE(load_.await_acknowledged(10 * chain.size()));
    }
    load_.end();
    EXPECT_EQ(load_.lost(), 0U);
    EXPECT_THAT(load_.faults(), IsEmpty());
    const RegistryState whole = read_registry(node_.data());
    EXPECT_THAT(load_.compare(whole), IsEmpty());
    EXPECT_GT(whole.sequence, sequences.back());
    for (std::size_t length = 1; length <= chain.size(); ++length) {
        const RegistryState restored =
            restore({chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(length)});
        EXPECT_EQ(restored.sequence, sequences[length - 1]);
        EXPECT_THAT(find_contradictions(restored), IsEmpty());
        ASSERT_LT(restored.log.size(), whole.log.size());
        EXPECT_TRUE(std::equal(restored.log.begin(), restored.log.end(), whole.log.begin()))
            << "no prefix of the change log";
    }
    EXPECT_EQ(node_.stop(), 0);
}

}  // namespace
}  // namespace idnode::end_to_end
