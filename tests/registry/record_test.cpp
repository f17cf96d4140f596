#include "registry/record.hpp"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "registry/lmdb.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/records.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using protocol::Record;
using test::bytes_from_hex;
using test::hex_from_bytes;
using test::hidden_value;
using test::open_value;
using test::record_of;

std::string stored(const Record& record, std::uint64_t sequence = 7) {
    EncodedRecord encoded{record};
    return std::string{protocol::text_of(encoded.seal(sequence))};
}

/// The record of FORMAT.md, "Worked example".
Record example() {
    return record_of("88.118.8/x", {open_value(1, "URL", "u", 1), hidden_value(2, "KEY", "s", 1)});
}

constexpr std::string_view example_hex =
    "01 00 000a 00000026 0000000000000007"
    "38382e3131382e382f78"
    "00000001"
    "00000001 00000001 00 00015180 0e 00000003 55524c 00000001 75 00000000"
    "00000000"
    "00000001"
    "00000001"
    "00000002 00000001 00 00015180 0c 00000003 4b4559 00000001 73 00000000"
    "c3e5d728";

/// The octets of the worked example as FORMAT.md prints them: the text of its block without what
/// stands behind three spaces.
std::string example_of_format_md() {
    std::ifstream file{IDNODE_SOURCE_DIR "/registry/FORMAT.md"};
    std::string hex;
    bool found = false;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == "### Worked example") found = true;
        if (found && line == "```") {
            if (inside) break;
            inside = true;
            continue;
        }
        if (!inside) continue;
        const std::size_t begin = line.find_first_not_of(' ');
        hex += line.substr(begin, line.find("   ", begin) - begin) + '\n';
    }
    return bytes_from_hex(hex);
}

/// Replaces the checksum of a record whose octets were changed by hand.
std::string sealed_again(std::string octets) {
    const auto sum = static_cast<std::uint32_t>(XXH3_64bits(octets.data(), octets.size() - 4));
    protocol::store_big(std::as_writable_bytes(std::span{octets}).last(4).data(), sum);
    return octets;
}

/// What reading the record from memory of exactly its size finds wrong, at whatever step.
std::optional<std::string> fault_of(std::string_view octets) {
    const test::ExactBuffer copy{bytes_of(octets)};
    try {
        return RecordView{copy.bytes()}.find_fault();
    } catch (const StoreError& error) {
        EXPECT_EQ(error.kind(), StoreError::Kind::corrupt);
        return error.what();
    }
}

TEST(EncodedRecord, IsTheWorkedExampleOctetForOctet) {
    EXPECT_EQ(hex_from_bytes(stored(example())), hex_from_bytes(bytes_from_hex(example_hex)));
}

TEST(EncodedRecord, IsTheExampleThatFormatMdPrints) {
    EXPECT_EQ(hex_from_bytes(stored(example())), hex_from_bytes(example_of_format_md()));
}

TEST(EncodedRecord, KeepsTheSpellingOfItsHandle) {
    const EncodedRecord encoded{test::url_record("88.118.8/aBc", "u")};
    EXPECT_EQ(encoded.handle(), "88.118.8/aBc");
}

TEST(EncodedRecord, GetsAnotherChecksumWithAnotherSequence) {
    const std::string seven = stored(example(), 7);
    const std::string eight = stored(example(), 8);
    EXPECT_NE(seven.substr(seven.size() - 4), eight.substr(eight.size() - 4));
    EXPECT_FALSE(fault_of(seven));
    EXPECT_FALSE(fault_of(eight));
    EXPECT_EQ(RecordView{bytes_of(eight)}.sequence(), 8U);
}

TEST(RecordView, ShowsTheWorkedExample) {
    const std::string octets = bytes_from_hex(example_hex);
    const RecordView record{bytes_of(octets)};
    EXPECT_EQ(record.handle(), "88.118.8/x");
    EXPECT_EQ(record.sequence(), 7U);
    EXPECT_EQ(record.public_values().count(), 1U);
    EXPECT_TRUE(record.has_public_values());
    EXPECT_TRUE(record.has_restricted_values());
    EXPECT_EQ(record.value_count(), 2U);
    EXPECT_EQ(test::to_record(record), example());
    EXPECT_EQ(record.find_fault(), std::nullopt);
}

TEST(RecordView, HasTheEndOfTheReplyReadyToBeSent) {
    const std::string octets = stored(example());
    EXPECT_EQ(hex_from_bytes(RecordView{bytes_of(octets)}.answer()),
              hex_from_bytes(bytes_from_hex(
                  "00000001"
                  "00000001 00000001 00 00015180 0e 00000003 55524c 00000001 75 00000000"
                  "00000000")));
}

TEST(RecordView, KnowsWhetherThereAreValuesOfEitherKind) {
    const std::string open = stored(record_of("88.1/a", {open_value(1, "A", "")}));
    const std::string hidden = stored(record_of("88.1/a", {hidden_value(1, "A", "")}));
    EXPECT_TRUE(RecordView{bytes_of(open)}.has_public_values());
    EXPECT_FALSE(RecordView{bytes_of(open)}.has_restricted_values());
    EXPECT_FALSE(RecordView{bytes_of(hidden)}.has_public_values());
    EXPECT_TRUE(RecordView{bytes_of(hidden)}.has_restricted_values());
    EXPECT_EQ(RecordView{bytes_of(hidden)}.public_values().count(), 0U);
}

Record random_record(std::mt19937& random) {
    const auto pick = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    Record record{.handle = "88.1/" + std::string(pick(40), 'h'), .values = {}};
    for (std::uint32_t index = 1 + pick(3); index < 20; index += 1 + pick(6)) {
        protocol::Value value;
        value.index = index;
        value.timestamp = 1 + pick(1000);
        value.ttl_type = pick(4) == 0 ? protocol::TtlType::absolute : protocol::TtlType::relative;
        value.ttl = pick(100'000);
        value.permissions = static_cast<std::uint8_t>(pick(16));
        value.type = std::string(1 + pick(5), 'T');
        value.data = std::string(pick(30), static_cast<char>(pick(256)));
        for (auto left = pick(3); left > 0; --left)
            value.references.push_back({"88.1/" + std::string(pick(9), 'r'), pick(300)});
        record.values.push_back(std::move(value));
    }
    return record;
}

TEST(RecordView, GivesBackEveryRecordInItsOrder) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    for (int round = 0; round < 2000; ++round) {
        const Record record = random_record(random);
        const std::string octets = stored(record, random());
        const test::ExactBuffer copy{bytes_of(octets)};
        const RecordView view{copy.bytes()};
        ASSERT_EQ(test::to_record(view), record);
        ASSERT_EQ(view.find_fault(), std::nullopt);
    }
}

TEST(RecordView, FindsEveryMissingEnd) {
    const std::string octets = stored(example());
    for (std::size_t size = 0; size < octets.size(); ++size)
        EXPECT_TRUE(fault_of(std::string_view{octets}.substr(0, size))) << size;
}

TEST(RecordView, FindsEveryFlippedBit) {
    const std::string octets = stored(example());
    for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
        std::string damaged = octets;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        EXPECT_TRUE(fault_of(damaged)) << bit;
    }
}

// Places in the worked example.
constexpr std::size_t at_answer = 16 + 10;
constexpr std::size_t value_size = 30;
constexpr std::size_t at_restricted = at_answer + 4 + value_size + 4;

TEST(RecordView, FindsWhatAWrongWriterWouldDoUnderARightChecksum) {
    struct Case {
        const char* what;
        std::size_t place;
        char octet;
    };
    for (const Case& each :
         {Case{"more public values than there are", at_answer + 3, 2},
          Case{"fewer public values than there are", at_answer + 3, 0},
          Case{"a restricted value among the public", at_answer + 4 + 13, 0x0c},
          Case{"a credential in the answer", at_restricted - 1, 1},
          Case{"more restricted values than there are", at_restricted + 3, 2},
          Case{"fewer restricted values than there are", at_restricted + 3, 0},
          Case{"a position behind all values", at_restricted + 7, 2},
          Case{"a public value among the restricted", at_restricted + 8 + 13, 0x0e},
          Case{"an unknown kind of ttl", at_answer + 4 + 8, 2}, Case{"an unknown layout", 0, 2}}) {
        std::string octets = stored(example());
        octets[each.place] = each.octet;
        EXPECT_TRUE(fault_of(sealed_again(octets))) << each.what;
    }
}

TEST(RecordView, FindsPositionsThatDoNotRise) {
    const Record record =
        record_of("88.1/a", {hidden_value(1, "A", "", 1), hidden_value(2, "A", "", 1)});
    std::string octets = stored(record);
    const std::size_t second = octets.size() - 4 - (protocol::value_wire_size_min + 1) - 1;
    ASSERT_EQ(octets[second], 1);
    octets[second] = 0;
    EXPECT_TRUE(fault_of(sealed_again(octets)));
}

TEST(RecordView, EndsItsWalkWithTheOctetsOfADamagedRecord) {
    for (const std::size_t place : {at_answer, at_restricted}) {
        std::string octets = stored(example());
        octets[place] = '\x7f';  // a count of two thousand million
        const test::ExactBuffer copy{bytes_of(octets)};
        const RecordView record{copy.bytes()};
        int visits = 0;
        EXPECT_NO_THROW(record.for_each_value([&](const protocol::ValueView&) {
            if (++visits > 10) throw std::runtime_error{"the walk does not end"};
        })) << place;
    }
}

TEST(EncodedRecord, FillsInTheTimeOfNewValuesOnly) {
    EncodedRecord encoded{
        record_of("88.1/a", {open_value(1, "A", "x"), open_value(2, "A", "y", 50)})};
    EXPECT_TRUE(encoded.settle(std::nullopt, 99));
    const std::string octets{protocol::text_of(encoded.seal(1))};
    const Record record = test::to_record(RecordView{bytes_of(octets)});
    EXPECT_EQ(record.values[0].timestamp, 99U);
    EXPECT_EQ(record.values[1].timestamp, 50U);
}

TEST(EncodedRecord, SeesNoDifferenceInEqualRecordsButSeesTheSmallestOne) {
    const std::string before = stored(example());
    const RecordView earlier{bytes_of(before)};
    EXPECT_FALSE(EncodedRecord{example()}.settle(earlier, 99));
    const auto differs = [&](auto change) {
        Record record = example();
        change(record);
        return EncodedRecord{record}.settle(earlier, 99);
    };
    EXPECT_TRUE(differs([](Record& record) { record.handle = "88.118.8/X"; }));
    EXPECT_TRUE(differs([](Record& record) { record.values.pop_back(); }));
    EXPECT_TRUE(differs([](Record& record) { std::swap(record.values[0], record.values[1]); }));
    EXPECT_TRUE(differs([](Record& record) { record.values[0].timestamp = 2; }));
    EXPECT_TRUE(differs([](Record& record) { record.values[0].permissions = 0x0f; }));
    EXPECT_TRUE(differs([](Record& record) { record.values[1].data = "S"; }));
    EXPECT_TRUE(differs([](Record& record) { record.values[0].type = "url"; }));
    EXPECT_FALSE(differs([](Record& record) { record.values[1].timestamp = 0; }));
}

}  // namespace
}  // namespace idnode::registry
