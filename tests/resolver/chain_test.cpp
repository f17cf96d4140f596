#include "resolver/sample/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "protocol/epcis/event.hpp"
#include "protocol/json/strict_json.hpp"
#include "resolver/sample/genealogy.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver {
namespace {

using protocol::epcis::EventType;
using ::testing::ElementsAre;

std::vector<std::string> chain_of(Industry industry, std::uint64_t scale, std::uint64_t seed,
                                  Genealogy* genealogy = nullptr) {
    std::vector<std::string> lines;
    generate_chain(
        {.industry = industry, .scale = scale, .seed = seed},
        [&](std::string_view line) { lines.emplace_back(line); }, genealogy, [](std::uint64_t) {});
    return lines;
}

class Chain : public testing::TestWithParam<Industry> {};

TEST_P(Chain, IsTheSameForTheSameSeedAndAnotherForAnother) {
    EXPECT_EQ(chain_of(GetParam(), 5'000, 1), chain_of(GetParam(), 5'000, 1));
    EXPECT_NE(chain_of(GetParam(), 5'000, 1), chain_of(GetParam(), 5'000, 2));
}

TEST_P(Chain, IsToldInDocumentsWithoutAnyFault) {
    std::set<std::string> ids;
    std::size_t events = 0;
    std::size_t wrong = 0;
    for (const std::string& line : chain_of(GetParam(), 20'000, 1)) {
        EXPECT_EQ(line.back(), '\n');
        const auto json = protocol::parse_strict_json(line);
        ASSERT_TRUE(json) << json.error().message();
        const auto document = protocol::epcis::read_document(*json);
        ASSERT_TRUE(document) << document.error().message();
        for (const auto& fault : document->faults) ADD_FAILURE() << fault.message;
        for (const auto& [place, event] : document->events) {
            ++events;
            if (event.declares_error)
                EXPECT_TRUE(ids.contains(event.id)) << ++wrong;
            else
                EXPECT_TRUE(ids.insert(event.id).second) << event.id;
            EXPECT_TRUE(map_event(event, 0));
        }
    }
    EXPECT_GT(events, 500U);
}

TEST_P(Chain, HasAboutAsManyEdgesAsWereAskedForAndEachThingOneName) {
    Genealogy genealogy;
    chain_of(GetParam(), 30'000, 1, &genealogy);
    EXPECT_GE(genealogy.edge_count(), 30'000U);
    EXPECT_LE(genealogy.edge_count(), 31'000U);
    std::set<std::string> ids;
    std::set<std::string> forms;
    for (Genealogy::Thing thing = 0; thing < genealogy.count(); ++thing) {
        EXPECT_TRUE(ids.insert(genealogy.id_of(thing)).second) << genealogy.id_of(thing);
        EXPECT_TRUE(forms.insert(canonical(genealogy.id_of(thing))).second);
    }
}

TEST_P(Chain, IsAskedOfWithAnswersThatContainTheQuestion) {
    Genealogy genealogy;
    chain_of(GetParam(), 10'000, 1, &genealogy);
    std::size_t lines = 0;
    std::size_t largest = 0;
    write_expected(genealogy, 1, [&](std::string_view line) {
        ++lines;
        const auto json = boost::json::parse({line.data(), line.size()});
        const auto& nodes = json.at("nodes").as_array();
        EXPECT_EQ(json.at("count").to_number<std::size_t>(), nodes.size());
        if (json.as_object().contains("id")) {
            EXPECT_NE(std::ranges::find(nodes, json.at("id")), nodes.end());
        }
        largest = std::max(largest, nodes.size());
    });
    EXPECT_EQ(lines, expected_lines);
    EXPECT_GT(largest, 500U);
}

std::string name_of_industry(const testing::TestParamInfo<Industry>& info) {
    switch (info.param) {
        case Industry::automotive: return "automotive";
        case Industry::steel: return "steel";
        case Industry::food: return "food";
    }
    return {};
}

INSTANTIATE_TEST_SUITE_P(OfAllIndustries, Chain,
                         testing::Values(Industry::automotive, Industry::steel, Industry::food),
                         name_of_industry);

TEST(GenealogyOfAFew, KnowsWhatLayWhereWhen) {
    Genealogy genealogy;
    const auto lot = genealogy.add("lot", true);
    const auto carton = genealogy.add("carton", false);
    const auto pallet = genealogy.add("pallet", false);
    const auto lorry = genealogy.add("lorry", false);
    genealogy.belongs(carton, lot);
    genealogy.put_in(carton, pallet, 10);
    genealogy.put_in(pallet, lorry, 20);
    genealogy.empty(pallet, 30);
    const auto ask = [&](Genealogy::Thing root, bool up, std::optional<std::int64_t> at = {}) {
        return genealogy.answer({.roots = {root}, .up = up, .down = !up, .at = at});
    };
    EXPECT_THAT(ask(lot, false), ElementsAre("carton", "lorry", "lot", "pallet"));
    EXPECT_THAT(ask(lot, false, 15), ElementsAre("carton", "lot", "pallet"));
    EXPECT_THAT(ask(lot, false, 29), ElementsAre("carton", "lorry", "lot", "pallet"));
    EXPECT_THAT(ask(lot, false, 30), ElementsAre("carton", "lot"));
    EXPECT_THAT(ask(lorry, true), ElementsAre("carton", "lorry", "lot", "pallet"));
    EXPECT_THAT(ask(lorry, true, 35), ElementsAre("lorry", "pallet"));
}

TEST(GenealogyOfAFew, KnowsThatWhatWasPouredInLaterIsNotInWhatWasDrawnBefore) {
    Genealogy genealogy;
    const auto early = genealogy.add("early", true);
    const auto late = genealogy.add("late", true);
    const auto tank = genealogy.add("tank", true);
    const auto cup = genealogy.add("cup", true);
    genealogy.made(early, tank, 10);
    genealogy.made(tank, cup, 20);
    genealogy.made(late, tank, 30);
    EXPECT_THAT(genealogy.answer({.roots = {cup}, .up = true}),
                ElementsAre("cup", "early", "tank"));
    EXPECT_THAT(genealogy.answer({.roots = {late}, .down = true}), ElementsAre("late", "tank"));
    EXPECT_THAT(genealogy.answer({.roots = {early}, .down = true, .depth = 1}),
                ElementsAre("early", "tank"));
}

}  // namespace
}  // namespace idnode::resolver
