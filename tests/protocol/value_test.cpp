#include "protocol/handle/value.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

struct ValueVector {
    const char* source;
    const char* hex;
    Value value;
};

const std::vector<ValueVector>& vectors() {
    static const std::vector<ValueVector> all{
        {"codec.tsv, hdllib 9.3.1: every field, a reference",
         "000000071122334401123456780b000000044445534300000006e6a087e8af8600000001"
         "00000003612f6200000003",
         {.index = 7,
          .timestamp = 0x11223344,
          .ttl_type = TtlType::absolute,
          .ttl = 0x12345678,
          .permissions =
              permission::admin_read | permission::public_read | permission::public_write,
          .type = "DESC",
          .data = "标识",
          .references = {{"a/b", 3}}}},
        {"capture 001, value 1",
         "000000016b03d2a400000151800e0000000355524c00000020"
         "68747470733a2f2f6578616d706c652e6f72672f6f626a2f303030303030303100000000",
         {.index = 1,
          .timestamp = 0x6b03d2a4,
          .type = "URL",
          .data = "https://example.org/obj/00000001",
          .references = {}}},
        {"FORMAT.md, worked example, value 2",
         "000000020000000100000151800c000000034b455900000001 7300000000",
         {.index = 2,
          .timestamp = 1,
          .permissions = permission::admin_read | permission::admin_write,
          .type = "KEY",
          .data = "s",
          .references = {}}},
        {"the fewest octets of a value",
         "0000000000000000000000000000000000000000000000000000",
         {.index = 0, .ttl = 0, .permissions = 0, .type = "", .data = "", .references = {}}},
    };
    return all;
}

std::string encode(const Value& value) {
    return test::encoded([&](WireWriter& writer) { encode_value(writer, value); });
}

/// The value, when the octets are one and nothing else.
std::optional<Value> decode(std::string_view octets) {
    const ExactBuffer in{bytes_of(octets)};
    WireReader reader{in};
    const ValueView view = decode_value(reader);
    if (reader.end()) return std::nullopt;
    EXPECT_EQ(text_of(view.wire), octets);
    return to_value(view);
}

TEST(Value, DecodesAndEncodesBackToTheSameOctets) {
    for (const ValueVector& each : vectors()) {
        const std::string wire = test::bytes_from_hex(each.hex);
        const auto value = decode(wire);
        ASSERT_TRUE(value) << each.source;
        EXPECT_EQ(*value, each.value) << each.source;
        EXPECT_EQ(test::hex_from_bytes(encode(*value)), test::hex_from_bytes(wire)) << each.source;
        EXPECT_EQ(wire_size(*value), wire.size()) << each.source;
    }
}

TEST(Value, FailsInEachProperPrefixAndWithOneOctetMore) {
    for (const ValueVector& each : vectors()) {
        const std::string wire = test::bytes_from_hex(each.hex);
        for (std::size_t size = 0; size < wire.size(); ++size)
            EXPECT_FALSE(decode(std::string_view{wire}.substr(0, size))) << each.source << size;
        EXPECT_FALSE(decode(wire + '\0')) << each.source;
    }
}

TEST(Value, FailsWhereALengthOrCountLies) {
    const std::string wire = test::bytes_from_hex(vectors()[0].hex);
    const std::size_t type_size = 14, data_size = 22, count = 32, reference_size = 36;
    for (const std::size_t place : {type_size, data_size, count, reference_size})
        for (const std::uint32_t lie : {0x100U, 0x7fffffffU, 0x80000000U, 0xffffffffU})
            EXPECT_FALSE(decode(test::patched(wire, place, lie))) << place << ", " << lie;
    EXPECT_FALSE(decode(test::patched(wire, count, 2)));
}

TEST(Value, RefusesATtlThatIsNeitherRelativeNorAbsolute) {
    std::string wire = test::bytes_from_hex(vectors()[1].hex);
    wire[8] = 2;
    const ExactBuffer in{bytes_of(wire)};
    WireReader reader{in};
    decode_value(reader);
    EXPECT_EQ(reader.error(), errc::bad_value);
}

TEST(Value, KeepsPermissionBitsThatNobodyKnows) {
    std::string wire = test::bytes_from_hex(vectors()[1].hex);
    wire[13] = '\xff';
    const auto value = decode(wire);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->permissions, 0xff);
    EXPECT_EQ(encode(*value), wire);
}

TEST(Value, IsPubliclyReadableByOneBitOnly) {
    for (unsigned permissions = 0; permissions < 16; ++permissions) {
        ValueView view;
        view.permissions = static_cast<std::uint8_t>(permissions);
        EXPECT_EQ(view.publicly_readable(), (permissions & 2) != 0) << permissions;
    }
}

TEST(Value, OfAnyContentDecodesToWhatWasEncoded) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 2000; ++round) {
        const Value value = random.wire_value();
        const std::string wire = encode(value);
        const auto again = decode(wire);
        ASSERT_TRUE(again) << test::hex_from_bytes(wire);
        ASSERT_EQ(*again, value) << test::hex_from_bytes(wire);
    }
}

TEST(Value, OfRandomOctetsNeverReadsPastThem) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 5000; ++round) {
        std::string wire = encode(random.wire_value());
        for (auto flips = random.below(4) + 1; flips > 0; --flips)
            wire[random.below(wire.size())] = static_cast<char>(random.below(256));
        const auto value = decode(wire);
        EXPECT_TRUE(!value || encode(*value) == wire) << test::hex_from_bytes(wire);
    }
}

TEST(TypeMatch, IgnoresAsciiCaseAndNothingElse) {
    struct Case {
        const char* type;
        const char* requested;
        bool matches;
    };
    for (const auto& [type, requested, matches] :
         {Case{"URL", "URL", true}, Case{"URL", "url", true}, Case{"url", "URL", true},
          Case{"URL", "UR", false}, Case{"URL", "URLX", false}, Case{"URL.X", "URL", false},
          Case{"À", "à", false}, Case{"", "", true}, Case{"URL", "", false}})
        EXPECT_EQ(type_matches(type, requested), matches) << type << " by " << requested;
}

TEST(TypeMatch, WithADotAtTheEndMeansTheStemAndAllBelow) {
    struct Case {
        const char* type;
        const char* requested;
        bool matches;
    };
    for (const auto& [type, requested, matches] :
         {Case{"URL", "URL.", true}, Case{"URL.X", "URL.", true}, Case{"url.x.y", "URL.", true},
          Case{"URLX", "URL.", false}, Case{"URL.", "URL.", false}, Case{"UR", "URL.", false},
          Case{"X.URL", "URL.", false}, Case{"HS_SITE.PREFIX", "hs_site.", true},
          Case{"URL.X.Y", "URL.X.", true}, Case{"", ".", true}, Case{".X", ".", true}})
        EXPECT_EQ(type_matches(type, requested), matches) << type << " by " << requested;
}

}  // namespace
}  // namespace idnode::protocol
