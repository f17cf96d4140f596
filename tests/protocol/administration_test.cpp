#include "protocol/handle/administration.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;
using test::number4;
using test::text4;

/// The smallest value there is: everything empty.
const std::string empty_value(value_wire_size_min, '\0');

std::string values_body(std::uint32_t count) {
    std::string body = text4("88.1/a") + number4(count);
    for (auto left = count; left > 0; --left) body += empty_value;
    return body;
}

std::string indexes_body(std::uint32_t count) {
    return text4("88.1/a") + number4(count) + std::string(4 * std::size_t{count}, '\1');
}

TEST(ValuesRequest, TakesTwoThousandAndFortyEightValuesAndNotOneMore) {
    const ExactBuffer most{bytes_of(values_body(2048))};
    const auto request = decode_values_request(most);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->handle, "88.1/a");
    EXPECT_EQ(request->values.count(), 2048U);
    const std::string more = values_body(2049);
    EXPECT_EQ(decode_values_request(ExactBuffer{bytes_of(more)}).error(), errc::too_many);
}

TEST(ValuesRequest, RefusesACountThatLies) {
    for (const std::uint32_t count : {2U, 0x10000000U, 0x7fffffffU, 0xffffffffU}) {
        const std::string body = test::patched(values_body(1), 10, count);
        EXPECT_EQ(decode_values_request(ExactBuffer{bytes_of(body)}).error(), errc::bad_count)
            << count;
    }
}

TEST(RemoveValuesRequest, TakesTwoThousandAndFortyEightIndexesAndNotOneMore) {
    const ExactBuffer most{bytes_of(indexes_body(2048))};
    const auto request = decode_remove_values_request(most);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->indexes.count(), 2048U);
    std::size_t visited = 0;
    request->indexes.for_each([&](std::uint32_t index) {
        EXPECT_EQ(index, 0x01010101U);
        ++visited;
    });
    EXPECT_EQ(visited, 2048U);
    const std::string more = indexes_body(2049);
    EXPECT_EQ(decode_remove_values_request(ExactBuffer{bytes_of(more)}).error(), errc::too_many);
}

TEST(RemoveValuesRequest, RefusesACountThatLies) {
    for (const std::uint32_t count : {2U, 0x40000001U, 0xffffffffU}) {
        const std::string body = test::patched(indexes_body(1), 10, count);
        EXPECT_EQ(decode_remove_values_request(ExactBuffer{bytes_of(body)}).error(),
                  errc::bad_count)
            << count;
    }
}

TEST(Bodies, OfAdministrationAreReadAlthoughMoreStandsBehindThem) {
    const std::string more(4, '\0');  // industrial clients put an authentication field there
    EXPECT_TRUE(decode_values_request(bytes_of(values_body(1) + more)));
    EXPECT_TRUE(decode_remove_values_request(bytes_of(indexes_body(1) + more)));
    EXPECT_EQ(*decode_handle_request(bytes_of(text4("0.NA/88.1") + more)), "0.NA/88.1");
}

TEST(CreateResponse, MayBeEmpty) {
    EXPECT_EQ(*decode_create_response({}), std::nullopt);
    EXPECT_EQ(**decode_create_response(bytes_of(text4("88.1/minted"))), "88.1/minted");
    for (std::size_t size = 1; size < 15; ++size)
        EXPECT_EQ(
            decode_create_response(ExactBuffer{bytes_of(text4("88.1/minted")).first(size)}).error(),
            errc::truncated)
            << size;
}

TEST(HandleList, DecodesAndEncodesBackToTheSameOctets) {
    const std::array<std::string_view, 3> handles{"88.1/A", "", "88.1/B"};
    const std::string body =
        test::encoded([&](WireWriter& writer) { encode_handle_list(writer, handles); });
    EXPECT_EQ(body, number4(3) + text4("88.1/A") + text4("") + text4("88.1/B"));
    const ExactBuffer in{bytes_of(body)};
    const auto list = HandleList::decode(in);
    ASSERT_TRUE(list);
    std::vector<std::string_view> decoded;
    list->for_each([&](std::string_view handle) { decoded.push_back(handle); });
    EXPECT_EQ(decoded, (std::vector<std::string_view>{"88.1/A", "", "88.1/B"}));
    EXPECT_EQ(test::encoded([&](WireWriter& writer) { list->encode(writer); }), body);
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(HandleList::decode(ExactBuffer{bytes_of(body).first(size)})) << size;
}

TEST(HandleList, RefusesACountThatLies) {
    for (const std::uint32_t count : {2U, 0x40000000U, 0xffffffffU})
        EXPECT_EQ(HandleList::decode(bytes_of(number4(count) + text4(""))).error(), errc::bad_count)
            << count;
}

}  // namespace
}  // namespace idnode::protocol
