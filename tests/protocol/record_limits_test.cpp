#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"

namespace idnode::protocol {
namespace {

Value value_of(std::uint32_t index, std::string data = "u") {
    return {.index = index, .type = "URL", .data = std::move(data), .references = {}};
}

Record record_of(std::size_t values) {
    Record record{.handle = "88.118.8/x", .values = {}};
    for (std::uint32_t index = 1; index <= values; ++index)
        record.values.push_back(value_of(index));
    return record;
}

std::string fault_of(const Record& record) {
    const auto fault = find_record_fault(record);
    return fault ? fault->message() : "";
}

/// What the author of a record is told who has its JSON parsed.
std::string fault_in(const Record& record) {
    std::string text;
    JsonWriter writer{text};
    write_record(writer, record);
    const auto again = parse_record(boost::json::parse(text));
    return again ? "" : again.error().message();
}

std::string fault_in(std::string_view json) {
    const auto record = parse_record(boost::json::parse(json));
    return record ? "" : record.error().message();
}

TEST(RecordLimits, HoldAtMost2048Values) {
    EXPECT_EQ(fault_in(record_of(2048)), "");
    EXPECT_EQ(fault_in(record_of(2049)), "values: expected at most 2048, found 2049");
    EXPECT_EQ(fault_in(record_of(0)), "values: expected at least one, found none");
}

TEST(RecordLimits, HoldHandlesOf2048Octets) {
    Record record = record_of(1);
    record.handle.resize(handle_size_max, 'x');
    EXPECT_EQ(fault_in(record), "");
    record.handle += 'x';
    EXPECT_EQ(fault_in(record), "handle: expected at most 2048 octets, found 2049");
}

TEST(RecordLimits, HoldValuesThatFitIntoOneMessageTogether) {
    Record record = record_of(2);
    const std::size_t rest = wire_size(record.values[0]) + wire_size(value_of(2, ""));
    record.values[1].data.assign(record_values_size_max - rest, 'd');
    EXPECT_EQ(fault_in(record), "");
    record.values[1].data += 'd';
    EXPECT_EQ(fault_in(record),
              "values: expected at most " + std::to_string(record_values_size_max) +
                  " octets together, found " + std::to_string(record_values_size_max + 1));
    record.values[1].references = {{"", 1}};
    EXPECT_NE(fault_in(record), "") << "references count as well";
}

TEST(RecordLimits, LeaveRoomForTheLongestHandleADigestAndASignatureInTheMessage) {
    const std::size_t handle = 4 + handle_size_max, digest = 1 + 32, count = 4;
    const std::size_t credential = 4 + 12 + 4 + 9 + 4 + 4 + 7 + 4 + 1024;
    EXPECT_LE(record_values_size_max + handle + digest + count + Header::wire_size + credential,
              message_length_max);
}

TEST(RecordLimits, HoldEachIndexOnceFrom1To2147483647) {
    Record record = record_of(1);
    for (const std::uint32_t index : {1U, 0x7fffffffU}) {
        record.values[0].index = index;
        EXPECT_EQ(fault_of(record), "") << index;
    }
    for (const std::uint32_t index : {0U, 0x80000000U, 0xffffffffU}) {
        record.values[0].index = index;
        EXPECT_EQ(fault_of(record),
                  "index: expected 1 to 2147483647, found " + std::to_string(index));
    }
    record = record_of(3);
    record.values[2].index = 1;
    EXPECT_EQ(fault_in(record), "index: expected each once, found 1 twice");
}

TEST(RecordLimits, HoldTypesOf255Octets) {
    Record record = record_of(1);
    record.values[0].type.assign(255, 'T');
    EXPECT_EQ(fault_of(record), "");
    for (const std::string& type : {std::string(256, 'T'), std::string{}, std::string{"\xff"}}) {
        record.values[0].type = type;
        EXPECT_EQ(fault_of(record), "type of value 1: expected 1 to 255 octets of UTF-8");
    }
}

TEST(RecordLimits, HoldFourPermissionBits) {
    Record record = record_of(1);
    record.values[0].permissions = 0x0f;
    EXPECT_EQ(fault_of(record), "");
    record.values[0].permissions = 0x10;
    EXPECT_EQ(fault_of(record), "permissions of value 1: expected four bits");
}

TEST(RecordLimits, HoldReferencesThatJsonCanShow) {
    Record record = record_of(1);
    record.values[0].references = {{"标/识", 1}};
    EXPECT_EQ(fault_of(record), "");
    record.values[0].references = {{"a/b", 1}, {"\xff", 1}};
    EXPECT_EQ(fault_of(record), "references of value 1: expected UTF-8 handles");
}

TEST(RecordLimits, HoldDataOfAnyOctets) {
    Record record = record_of(1);
    record.values[0].data = std::string("\0\xff\xfe", 3);
    EXPECT_EQ(fault_in(record), "");
}

TEST(RecordParser, TellsTheAuthorOfARecordWhatToMend) {
    EXPECT_EQ(fault_in(R"([])"), "record: expected an object, found an array");
    EXPECT_EQ(fault_in(R"({"values":[]})"), "handle: expected a value, found nothing");
    EXPECT_EQ(fault_in(R"({"handle":"88.118.8/x"})"), "values: expected a value, found nothing");
    EXPECT_EQ(fault_in(R"({"handle":"88.118.8/x","values":{}})"),
              "values: expected an array, found an object");
    EXPECT_EQ(fault_in(R"({"handle":"88.118.8/x","value":[],"values":[]})"),
              "value: unknown field; expected one of handle values responseCode");
    EXPECT_EQ(fault_in(R"({"handle":"x","values":[{"index":1,"type":"URL","data":"u"}]})"),
              "handle: expected prefix/suffix, found no '/' in \"x\"");
    EXPECT_EQ(fault_in(R"({"handle":"88.118.8/x","values":[{"index":1,"type":"URL","data":"u"},)"
                       R"({"index":2,"type":"URL","data":{"format":"hex","value":"x"}}]})"),
              R"(values[1].data.value: expected pairs of hex digits, found "x")");
}

TEST(RecordParser, TakesAnAnswerOfTheHttpInterfaceAsItIs) {
    EXPECT_EQ(fault_in(R"({"responseCode":1,"handle":"88.118.8/x","values":[{"index":1,)"
                       R"("type":"URL","data":{"format":"string","value":"u"},"ttl":86400,)"
                       R"("timestamp":"2026-11-23T05:44:04Z"}]})"),
              "");
}

}  // namespace
}  // namespace idnode::protocol
