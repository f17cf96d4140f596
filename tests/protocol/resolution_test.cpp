#include "protocol/handle/resolution.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/handle/message.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;
using test::number4;
using test::text4;

std::string encode(const ResolutionRequest& request) {
    return test::encoded([&](WireWriter& writer) { encode_resolution_request(writer, request); });
}

std::string body_of(const std::string& message) {
    return std::string{text_of(decode_message(bytes_of(message))->body)};
}

/// The bodies of every captured request for a resolution, with the name of the capture.
std::vector<std::pair<std::string, std::string>> request_bodies() {
    std::vector<std::pair<std::string, std::string>> bodies;
    for (const std::string& name : test::capture_names()) {
        const auto requests = test::read_capture(name).requests;
        if (test::envelope_of(requests.front()).truncated) {
            bodies.emplace_back(name, body_of(test::joined(requests)));
            continue;
        }
        for (const std::string& request : requests)
            if (decode_message(bytes_of(request))->header.op_code == OpCode::resolution)
                bodies.emplace_back(name, body_of(request));
    }
    return bodies;
}

bool has_authentication_field(const std::string& name) { return name.starts_with("teleinfo"); }

TEST(ResolutionRequest, OfEveryCaptureDecodesAndEncodesBackToTheSameOctets) {
    ASSERT_GT(request_bodies().size(), 30U);
    for (auto [name, body] : request_bodies()) {
        const ExactBuffer in{bytes_of(body)};
        const auto request = decode_resolution_request(in);
        ASSERT_TRUE(request) << name;
        if (has_authentication_field(name)) body.resize(body.size() - 4);
        EXPECT_EQ(encode(*request), body) << name;
    }
}

TEST(ResolutionRequest, OfEveryCaptureFailsInEachProperPrefix) {
    for (auto [name, body] : request_bodies()) {
        if (has_authentication_field(name)) body.resize(body.size() - 4);
        for (std::size_t size = 0; size < body.size(); ++size)
            EXPECT_FALSE(decode_resolution_request(ExactBuffer{bytes_of(body).first(size)}))
                << name << ", " << size;
    }
}

TEST(ResolutionRequest, HidesWhatStandsBehindItsTypes) {
    // The teleinfo SDK appends an authentication field of four octets.
    const std::string body = text4("88.111.1/x") + number4(0) + number4(0);
    for (const std::string& behind : {number4(0), std::string{"x"}, number4(0xffffffff) + "yz"}) {
        const std::string longer = body + behind;
        const ExactBuffer in{bytes_of(longer)};
        const auto request = decode_resolution_request(in);
        ASSERT_TRUE(request);
        EXPECT_EQ(encode(*request), body);
    }
}

TEST(ResolutionRequest, RefusesCountsOfFourBillion) {
    const std::string handle = text4("88.111.1/x");
    for (const std::uint32_t count : {2U, 0x40000000U, 0x7fffffffU, 0xffffffffU}) {
        const std::string indexes = handle + number4(count) + number4(1);
        EXPECT_FALSE(decode_resolution_request(ExactBuffer{bytes_of(indexes)})) << count;
        const std::string types = handle + number4(0) + number4(count) + text4("URL");
        EXPECT_FALSE(decode_resolution_request(ExactBuffer{bytes_of(types)})) << count;
    }
    const std::string handle_size = number4(0xffffffff) + "88.111.1/x" + number4(0) + number4(0);
    EXPECT_EQ(decode_resolution_request(ExactBuffer{bytes_of(handle_size)}).error(),
              errc::truncated);
}

ValueView value_of(std::uint32_t index, std::string_view type) {
    ValueView value;
    value.index = index;
    value.type = type;
    return value;
}

TEST(ValueFilter, SelectsAllWhenBothListsAreEmpty) {
    EXPECT_TRUE(ValueFilter{}.selects_all());
    EXPECT_TRUE(ValueFilter{}.selects(value_of(1, "URL")));
    EXPECT_EQ(test::hex_from_bytes(
                  test::encoded([](WireWriter& writer) { ValueFilter{}.encode(writer); })),
              "0000000000000000");
}

TEST(ValueFilter, SelectsByIndexOrByType) {
    // 009: index 100 or type URL.
    const std::string lists =
        number4(1) + number4(100) + number4(2) + text4("URL") + text4("HS_SITE.");
    WireReader reader{bytes_of(lists)};
    const ValueFilter filter = ValueFilter::decode(reader);
    ASSERT_FALSE(reader.end());
    EXPECT_FALSE(filter.selects_all());
    EXPECT_EQ(filter.index_count(), 1U);
    EXPECT_EQ(filter.type_count(), 2U);
    EXPECT_TRUE(filter.selects(value_of(100, "HS_ADMIN")));
    EXPECT_TRUE(filter.selects(value_of(7, "url")));
    EXPECT_TRUE(filter.selects(value_of(7, "HS_SITE.PREFIX")));
    EXPECT_FALSE(filter.selects(value_of(7, "URL.X")));
    EXPECT_FALSE(filter.selects(value_of(99, "EMAIL")));
}

TEST(ValueFilter, SelectsNothingByAnEmptyType) {
    const std::string lists = number4(0) + number4(1) + text4("");
    WireReader reader{bytes_of(lists)};
    const ValueFilter filter = ValueFilter::decode(reader);
    EXPECT_FALSE(filter.selects(value_of(1, "URL")));
}

TEST(ResolutionResponse, OfACaptureHoldsTheValuesInOrder) {
    const std::string body =
        body_of(test::read_capture("009-resolve-index-or-type").answers.front());
    const ExactBuffer in{bytes_of(body)};
    const auto response = decode_resolution_response(in);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->handle, "88.111.1/OBJ-00000001");
    EXPECT_EQ(response->values.count(), 2U);
    std::vector<std::uint32_t> indexes;
    response->values.for_each([&](const ValueView& value) { indexes.push_back(value.index); });
    EXPECT_EQ(indexes, (std::vector<std::uint32_t>{1, 100}));
    EXPECT_EQ(text4(response->handle).append(text_of(response->values.wire())), body);
}

TEST(ResolutionResponse, FailsInEachProperPrefixAndIgnoresWhatIsBehind) {
    const std::string body = body_of(test::read_capture("001-resolve-udp").answers.front());
    for (std::size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(decode_resolution_response(ExactBuffer{bytes_of(body).first(size)})) << size;
    EXPECT_TRUE(decode_resolution_response(ExactBuffer{bytes_of(body + "behind")}));
}

TEST(ResolutionResponse, RefusesCountsOfFourBillion) {
    const std::string body = body_of(test::read_capture("001-resolve-udp").answers.front());
    const std::size_t count_place = 4 + 21;
    for (const std::uint32_t count : {4U, 0x7fffffffU, 0xffffffffU})
        EXPECT_FALSE(decode_resolution_response(
            ExactBuffer{bytes_of(test::patched(body, count_place, count))}))
            << count;
}

TEST(ValueList, IsTheSameFromOctetsThatAreTrusted) {
    const std::string body = body_of(test::read_capture("001-resolve-udp").answers.front());
    const auto response = decode_resolution_response(bytes_of(body));
    const ValueList trusted = ValueList::trusted(response->values.wire());
    EXPECT_EQ(trusted.count(), 3U);
    std::size_t visited = 0;
    trusted.for_each([&](const ValueView& value) { visited += value.wire.size(); });
    EXPECT_EQ(visited + 4, trusted.wire().size());
    EXPECT_EQ(ValueList{}.count(), 0U);
}

TEST(Referral, MayNameAHandleOrCarryValuesOrBoth) {
    // WIRE.md §2: str referral handle, perhaps empty; then, if octets remain, the values.
    const std::string values =
        body_of(test::read_capture("001-resolve-udp").answers.front()).substr(4 + 21);
    const std::string both = text4("0.NA/88.118") + values;
    const auto referral = decode_referral(bytes_of(both));
    ASSERT_TRUE(referral);
    EXPECT_EQ(referral->handle, "0.NA/88.118");
    EXPECT_EQ(referral->values.count(), 3U);

    const std::string only_values = text4("") + values;
    EXPECT_EQ(decode_referral(bytes_of(only_values))->values.count(), 3U);
    const std::string only_handle = text4("0.NA/88.118");
    const auto bare = decode_referral(bytes_of(only_handle));
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->values.count(), 0U);
}

TEST(Referral, FailsInEachProperPrefixButTheOneWithoutValues) {
    const std::string values =
        body_of(test::read_capture("005-resolve-by-type").answers.front()).substr(4 + 21);
    const std::string both = text4("0.NA/88.118") + values;
    for (std::size_t size = 0; size < both.size(); ++size)
        EXPECT_EQ(decode_referral(ExactBuffer{bytes_of(both).first(size)}).has_value(), size == 15)
            << size;
    const std::string lying = text4("0.NA/88.118") + number4(0xffffffff) + "few octets";
    EXPECT_EQ(decode_referral(ExactBuffer{bytes_of(lying)}).error(), errc::bad_count);
}

TEST(ErrorMessage, MayBeAbsentEmptyOrFollowedByIndexes) {
    EXPECT_EQ(*decode_error_message({}), "");
    EXPECT_EQ(*decode_error_message(ExactBuffer{bytes_of(number4(0))}), "");
    const std::string body = body_of(test::read_capture("012-resolve-other-prefix").answers[0]);
    EXPECT_EQ(*decode_error_message(bytes_of(body)), "That prefix doesn't live here");
    const std::string with_indexes = body + number4(1) + number4(100);  // DO-IRP 3.0
    EXPECT_EQ(*decode_error_message(bytes_of(with_indexes)), "That prefix doesn't live here");
    for (std::size_t size = 1; size < body.size(); ++size)
        EXPECT_FALSE(decode_error_message(ExactBuffer{bytes_of(body).first(size)})) << size;
    const std::string lying = number4(0xffffffff) + "That";
    EXPECT_EQ(decode_error_message(ExactBuffer{bytes_of(lying)}).error(), errc::truncated);
}

}  // namespace
}  // namespace idnode::protocol
