// Every operation, by everybody, with every permission at the handle and at its prefix, by every
// way: each combination is asked of the real node, and its answer compared with what the rules
// say, which are written down in authorization_rules.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/handle/administration.hpp"
#include "tests/end_to_end/authorization_rules.hpp"
#include "tests/end_to_end/authorization_world.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Readable, however many fail.
constexpr std::size_t failures_shown_max = 40;

class Authorization : public ::testing::TestWithParam<By> {
protected:
    void SetUp() override {
        prepare_authorization_world(node_);
        node_.start();
        before_ = node_.sequence();
    }

    /// Asks for all that somebody may want to do, with one set of permissions.
    void ask_for_all(Requester& requester, Combination combination) {
        for (const Doing doing : all_doings()) {
            combination.doing = doing;
            const AuthorizationRequest request = request_of(combination);
            const std::uint32_t expected = expected_code(combination);
            const std::uint32_t code =
                requester.ask(request.op_code, request.body, request.flags).code();
            ++asked_;
            if (expected == 1 && changes(doing)) ++changes_;
            if (code != expected && ++failed_ <= failures_shown_max)
                failures_.push_back(name_of(combination) + ", by " + name_of(GetParam()) +
                                    ": expected " + std::to_string(expected) + ", answered " +
                                    std::to_string(code));
        }
    }

    Node node_;
    std::uint64_t before_ = 0;
    std::uint64_t changes_ = 0;
    std::size_t asked_ = 0;
    std::size_t failed_ = 0;
    std::vector<std::string> failures_;
};

TEST_P(Authorization, IsWhatTheRulesSayForEveryCombination) {
    for (const Who who : everybody) {
        Requester requester{identity_of(who), GetParam(), node_};
        for (const At at : {At::handle, At::prefix})
            for (const std::uint16_t permissions : permission_sets())
                ask_for_all(requester,
                            {.doing = {}, .who = who, .at = at, .permissions = permissions});
    }
    EXPECT_THAT(failures_, IsEmpty()) << failed_ << " of " << asked_ << " combinations";
    EXPECT_EQ(asked_, 11U * 2U * 26U * 21U);
    // What was refused has changed nothing.
    EXPECT_EQ(node_.sequence() - before_, changes_);
    EXPECT_EQ(node_.stop(), 0);
    EXPECT_THAT(node_.do_run({"check"}), HasSubstr("no fault"));
}

INSTANTIATE_TEST_SUITE_P(By, Authorization, testing::ValuesIn(all_ways),
                         [](const auto& way) { return word_for(way.param); });

TEST(DerivedPrefixes, AreListedAtEveryDepthAndNoOthersAre) {
    Node node;
    node.home("88.1");
    node.home("88.4");
    std::string records = identity_records();
    for (const char* const prefix : {"88.4.1", "88.4.1.2", "88.44", "88"})
        records += R"({"handle":"0.NA/)" + std::string{prefix} +
                   R"(","values":[{"index":1,"type":"DESC","data":"a prefix"}]})" + '\n';
    node.import(records);
    node.start();
    Requester requester{identity_of(Who::of_other_prefix), By::tcp, node};
    const Answer answer = requester.ask(106, handle_body("0.NA/88.4"), usual_flags);
    ASSERT_EQ(answer.code(), 1U);
    std::vector<std::string> listed;
    const auto list = protocol::HandleList::decode(protocol::bytes_of(answer.body));
    list->for_each([&](std::string_view handle) { listed.emplace_back(handle); });
    EXPECT_THAT(listed, ElementsAre("0.NA/88.4.1", "0.NA/88.4.1.2"));
    EXPECT_EQ(requester.ask(106, handle_body("0.NA/88.44"), usual_flags).code(), 301U);
    EXPECT_EQ(requester.ask(106, handle_body("88.4"), usual_flags).code(), 102U);
}

}  // namespace
}  // namespace idnode::end_to_end
