#include "resolver/sample/sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "protocol/handle/value.hpp"
#include "protocol/handle/wire.hpp"
#include "protocol/schemes/check_digits.hpp"
#include "resolver/sample/industries.hpp"

namespace idnode::resolver {
namespace {

using protocol::Record;
using protocol::Value;

std::vector<Record> sample_of(Industry industry, std::uint64_t count, std::uint64_t seed) {
    std::vector<Record> records;
    generate_sample({industry, count, seed},
                    [&](const Record& record) { records.push_back(record); });
    return records;
}

const Value* find_value(const Record& record, std::string_view type) {
    const auto found = std::ranges::find(record.values, type, &Value::type);
    return found == record.values.end() ? nullptr : &*found;
}

bool is_input(const Value& value) { return value.type.starts_with("REF."); }

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view suffix_of(const Record& record) {
    return std::string_view{record.handle}.substr(record.handle.find('/') + 1);
}

/// FNV-1a over everything in the records, to see that no octet changed.
class Digest {
public:
    void add(const Record& record) {
        add(record.handle);
        for (const auto& value : record.values) {
            add(value.index);
            add(value.timestamp);
            add(value.ttl);
            add(value.permissions);
            add(value.type);
            add(value.data);
        }
    }

    std::uint64_t value() const { return state_; }

private:
    void add(std::string_view text) {
        add(text.size());
        for (const char c : text) add_octet(static_cast<unsigned char>(c));
    }

    void add(std::uint64_t number) {
        for (int shift = 0; shift < 64; shift += 8) add_octet((number >> shift) & 0xff);
    }

    void add_octet(std::uint64_t octet) { state_ = (state_ ^ octet) * 0x100000001b3U; }

    std::uint64_t state_ = 0xcbf29ce484222325U;
};

struct Case {
    std::string_view name;
    Industry industry;
    std::string_view prefix;
    void (*build_record)(std::uint64_t seed, std::uint64_t number, RecordBuilder& record);
    std::uint64_t plant_size;  ///< records after which the dates begin again
    std::uint64_t digest;  ///< of the first 5000 records of seed 1; changes when the sample does
};

class Sample : public testing::TestWithParam<Case> {
protected:
    static constexpr std::uint64_t seed = 1;

    static std::vector<Record> records(std::uint64_t count, std::uint64_t its_seed = seed) {
        return sample_of(GetParam().industry, count, its_seed);
    }
};

TEST_P(Sample, HasExactlyAsManyRecordsAsWereAskedFor) {
    for (const std::uint64_t count : {0U, 1U, 7U, 1000U}) {
        std::uint64_t calls = 0;
        generate_sample({GetParam().industry, count, seed}, [&](const Record&) { ++calls; });
        EXPECT_EQ(calls, count);
    }
}

TEST_P(Sample, IsTheSameForTheSameSeed) { EXPECT_EQ(records(3000), records(3000)); }

TEST_P(Sample, IsTheSameOnEveryMachine) {
    Digest digest;
    generate_sample({GetParam().industry, 5000, seed},
                    [&](const Record& record) { digest.add(record); });
    EXPECT_EQ(digest.value(), GetParam().digest);
}

TEST_P(Sample, DiffersForAnotherSeed) {
    const auto first = records(500);
    const auto second = records(500, seed + 1);
    std::size_t equal = 0;
    for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == second[i];
    EXPECT_EQ(equal, 0U);
}

TEST_P(Sample, OfASmallerCountIsTheBeginningOfALargerOne) {
    const auto large = records(1000);
    const auto small = records(123);
    EXPECT_TRUE(std::ranges::equal(small, std::span{large}.first(123)));
}

TEST_P(Sample, HasUniqueHandlesOfItsOwnPrefix) {
    std::unordered_set<std::string> handles;
    for (const auto& record : records(20'000)) {
        EXPECT_TRUE(handles.insert(record.handle).second) << record.handle;
        EXPECT_TRUE(record.handle.starts_with(std::string{GetParam().prefix} + '/'));
        EXPECT_FALSE(suffix_of(record).empty());
        EXPECT_LE(record.handle.size(), 255U);
        // Without lower-case letters, folding case cannot make two handles one.
        EXPECT_TRUE(std::ranges::none_of(record.handle, [](char c) {
            return c >= 'a' && c <= 'z';
        })) << record.handle;
    }
}

TEST_P(Sample, HasUniqueHandlesWhenTheDatesBeginAgainInAnotherPlant) {
    RecordBuilder builder{GetParam().prefix, "https://example.org"};
    std::unordered_set<std::string> handles;
    for (std::uint64_t plant = 0; plant < 1100; plant += plant < 10 ? 1 : 109) {
        for (std::uint64_t number = 0; number < 2000; ++number) {
            GetParam().build_record(seed, plant * GetParam().plant_size + number, builder);
            EXPECT_TRUE(handles.insert(builder.record().handle).second)
                << plant << ' ' << builder.record().handle;
        }
    }
}

TEST_P(Sample, NamesOnlyInputsThatCameEarlier) {
    std::unordered_map<std::string, std::uint32_t> timestamps;
    std::size_t inputs = 0;
    for (const auto& record : records(40'000)) {
        const auto timestamp = record.values.front().timestamp;
        for (const auto& value : record.values) {
            if (!is_input(value)) continue;
            ++inputs;
            const auto input = timestamps.find(value.data);
            ASSERT_NE(input, timestamps.end()) << record.handle << ' ' << value.data;
            EXPECT_LE(input->second, timestamp) << record.handle << ' ' << value.data;
        }
        timestamps.emplace(record.handle, timestamp);
    }
    EXPECT_GT(inputs, 20'000U);
}

TEST_P(Sample, NamesNoInputTwiceInOneRecord) {
    for (const auto& record : records(2000)) {
        std::set<std::string> inputs;
        for (const auto& value : record.values)
            if (is_input(value) && !inputs.insert(value.data).second)
                ADD_FAILURE() << record.handle << ' ' << value.data;
    }
}

TEST_P(Sample, HasUniqueIndexesFromOne) {
    for (const auto& record : records(2000)) {
        std::set<std::uint32_t> indexes;
        for (const auto& value : record.values) {
            EXPECT_GT(value.index, 0U);
            EXPECT_TRUE(indexes.insert(value.index).second) << record.handle << ' ' << value.index;
        }
    }
}

TEST_P(Sample, GivesAnItemTheSameIndexInEveryRecordOfItsTemplate) {
    std::map<std::string, std::map<std::uint32_t, std::string>> templates;
    for (const auto& record : records(5000)) {
        const auto* const version = find_value(record, "TEMPLATE");
        ASSERT_TRUE(version) << record.handle;
        for (const auto& value : record.values) {
            if (value.index < 2000) continue;
            const auto& item = templates[version->data].emplace(value.index, value.type);
            EXPECT_EQ(item.first->second, value.type) << record.handle;
        }
    }
}

TEST_P(Sample, SaysWhatEachThingIsInChineseAndInEnglish) {
    for (const auto& record : records(2000)) {
        const auto* const chinese = find_value(record, "NAME");
        const auto* const english = find_value(record, "NAME.EN");
        ASSERT_TRUE(chinese && english) << record.handle;
        EXPECT_FALSE(is_ascii(chinese->data)) << chinese->data;
        EXPECT_TRUE(is_ascii(english->data)) << english->data;
        EXPECT_EQ(chinese->index, 2000U);
        EXPECT_EQ(english->index, 2001U);
    }
}

TEST_P(Sample, NamesThePrefixAsTheAdministratorOfEachRecord) {
    for (const auto& record : records(200)) {
        const auto* const administrator = find_value(record, "HS_ADMIN");
        ASSERT_TRUE(administrator);
        EXPECT_EQ(administrator->index, 100U);
        EXPECT_EQ(administrator->permissions, protocol::permission::standard);
        protocol::WireReader reader{protocol::bytes_of(administrator->data)};
        EXPECT_EQ(reader.integer<std::uint16_t>(), 0x0fffU);
        EXPECT_EQ(reader.text(), "0.NA/" + std::string{GetParam().prefix});
        EXPECT_EQ(reader.integer<std::uint32_t>(), 200U);
        EXPECT_FALSE(reader.end());
    }
}

TEST_P(Sample, HidesSomeItemsFromThePublicButNeverAnInput) {
    std::size_t hidden = 0;
    const auto all = records(2000);
    for (const auto& record : all) {
        for (const auto& value : record.values) {
            if (value.permissions == protocol::permission::standard) continue;
            EXPECT_EQ(value.permissions, 0x0c) << record.handle << ' ' << value.type;
            EXPECT_FALSE(is_input(value));
            ++hidden;
        }
    }
    EXPECT_GT(hidden, all.size() / 20);
}

TEST_P(Sample, HasRecordsOfARealisticSize) {
    std::size_t octets = 0;
    const auto all = records(20'000);
    for (const auto& record : all) {
        octets += record.handle.size();
        for (const auto& value : record.values)
            octets += protocol::value_wire_size_min + value.type.size() + value.data.size();
    }
    EXPECT_GT(octets / all.size(), 300U);
    EXPECT_LT(octets / all.size(), 700U);
}

TEST_P(Sample, StopsWithTheExceptionOfItsSink) {
    int calls = 0;
    const auto fail_third = [&](const Record&) {
        if (++calls == 3) throw std::runtime_error{"disk full"};
    };
    EXPECT_THROW(generate_sample({GetParam().industry, 10, seed}, fail_third), std::runtime_error);
    EXPECT_EQ(calls, 3);
}

// Plant sizes are blocks per day times days, times the records of a block; for automotive, of a
// campaign of 32 blocks.
constexpr std::array cases{
    Case{.name = "automotive",
         .industry = Industry::automotive,
         .prefix = "88.118.8",
         .build_record = build_automotive_record,
         .plant_size = 8U * 1536 / 32 * (8 + 32 * 476),
         .digest = 2595537686222838235U},
    Case{.name = "steel",
         .industry = Industry::steel,
         .prefix = "88.112.6",
         .build_record = build_steel_record,
         .plant_size = 24U * 1500 * 45,
         .digest = 6708120048971744782U},
    Case{.name = "food",
         .industry = Industry::food,
         .prefix = "88.130.2",
         .build_record = build_food_record,
         .plant_size = 2U * 1500 * 134,
         .digest = 18269919640740209043U},
};

INSTANTIATE_TEST_SUITE_P(Industries, Sample, testing::ValuesIn(cases),
                         [](const auto& industry) { return std::string{industry.param.name}; });

/// The longest way from a record back to one without inputs, in steps.
std::size_t depth_of(const std::vector<Record>& records, const std::string& handle) {
    std::unordered_map<std::string, std::size_t> depths;
    for (const auto& record : records) {
        std::size_t depth = 0;
        for (const auto& value : record.values)
            if (is_input(value)) depth = std::max(depth, depths.at(value.data) + 1);
        depths.emplace(record.handle, depth);
    }
    return depths.at(handle);
}

TEST(AutomotiveSample, HasVehiclesNamedByAValidVin) {
    std::size_t vehicles = 0;
    for (const auto& record : sample_of(Industry::automotive, 5000, 7)) {
        const auto* const vin = find_value(record, "VIN");
        EXPECT_EQ(vin != nullptr, protocol::is_valid_vin(suffix_of(record))) << record.handle;
        if (!vin) continue;
        ++vehicles;
        EXPECT_EQ(vin->data, suffix_of(record));
    }
    EXPECT_GT(vehicles, 100U);
}

TEST(AutomotiveSample, LeadsFromAVehicleBackToAHeatInFiveSteps) {
    const auto records = sample_of(Industry::automotive, 1000, 7);
    const auto vehicle = std::ranges::find_if(
        records, [](const Record& record) { return find_value(record, "VIN") != nullptr; });
    ASSERT_NE(vehicle, records.end());
    EXPECT_EQ(depth_of(records, vehicle->handle), 5U);
}

TEST(SteelSample, MakesNothingHeavierThanWhatItIsMadeOf) {
    std::unordered_map<std::string, std::int64_t> left;  // kilograms of each piece not yet used
    for (const auto& record : sample_of(Industry::steel, 45 * 60, 7)) {
        auto weight = std::stoll(find_value(record, "WEIGHT.KG")->data);
        left[record.handle] = weight;
        std::vector<std::string> inputs;
        for (const auto& value : record.values)
            if (is_input(value)) inputs.push_back(value.data);
        // A slab between two heats counts as the first one's: the other's part is small.
        if (!inputs.empty() && inputs.front().starts_with("88.112.6/H")) inputs.resize(1);
        for (const auto& input : inputs) {
            const auto taken = std::min<std::int64_t>(weight, left.at(input));
            left[input] -= taken;
            weight -= taken;
        }
        const bool is_heat = inputs.empty();
        EXPECT_TRUE(is_heat || weight == 0) << record.handle << ' ' << weight;
    }
}

TEST(SteelSample, SometimesCastsOneSlabFromTwoHeats) {
    std::size_t mixed = 0;
    for (const auto& record : sample_of(Industry::steel, 45 * 12, 7))
        mixed += std::ranges::count(record.values, "REF.HEAT", &Value::type) == 2;
    EXPECT_EQ(mixed, 10U);  // of twelve heats in two sequences, all but the first of each
}

TEST(FoodSample, HasValidCheckDigitsInEachGtinAndSscc) {
    std::size_t cartons = 0;
    for (const auto& record : sample_of(Industry::food, 5000, 7)) {
        const auto* const gtin = find_value(record, "GTIN");
        EXPECT_TRUE(!gtin || protocol::is_valid_gtin(gtin->data)) << record.handle;
        if (find_value(record, "TEMPLATE")->data != "sample.food.carton/1") continue;
        ++cartons;
        EXPECT_TRUE(protocol::is_valid_sscc(suffix_of(record))) << record.handle;
        ASSERT_TRUE(gtin) << record.handle;
        EXPECT_EQ(gtin->data.size(), 14U);
    }
    EXPECT_GT(cartons, 3000U);
}

TEST(FoodSample, LeadsFromADealerBackToAFarmThroughTheSiloOfEarlierShifts) {
    const auto records = sample_of(Industry::food, 134 * 5, 7);
    EXPECT_EQ(depth_of(records, records[133].handle), 6U);
    EXPECT_EQ(depth_of(records, records.back().handle), 10U);
}

TEST(FoodSample, ExpiresAfterItWasProduced) {
    for (const auto& record : sample_of(Industry::food, 2000, 7)) {
        const auto* const expiry = find_value(record, "EXPIRY.DATE");
        if (!expiry) continue;
        EXPECT_LT(find_value(record, "PRODUCTION.DATE")->data, expiry->data) << record.handle;
    }
}

}  // namespace
}  // namespace idnode::resolver
