#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "protocol/json/record_json.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

std::string json_of(const Record& record) {
    std::string text;
    JsonWriter writer{text};
    write_record(writer, record);
    return text;
}

TEST(RecordJson, OfAnyRecordParsesBackToItAndIsWrittenTheSameAgain) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 5000; ++round) {
        const Record record = random.record();
        ASSERT_FALSE(find_record_fault(record)) << find_record_fault(record)->message();
        const std::string text = json_of(record);
        const auto again = parse_record(boost::json::parse(text));
        ASSERT_TRUE(again) << again.error().message() << '\n' << text;
        ASSERT_EQ(*again, record) << text;
        ASSERT_EQ(json_of(*again), text);
    }
}

TEST(RecordJson, OfAnyValuesIsAlwaysJsonAlsoInTheReadableStyle) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 2000; ++round) {
        for (const Value& value : random.record().values) {
            const std::string wire =
                test::encoded([&](WireWriter& writer) { encode_value(writer, value); });
            WireReader reader{bytes_of(wire)};
            std::string text;
            JsonWriter writer{text, JsonWriter::Style::pretty};
            write_value(writer, decode_value(reader), DataStyle::readable);
            boost::system::error_code wrong;
            boost::json::parse(text, wrong);
            ASSERT_FALSE(wrong) << text;
        }
    }
}

TEST(RecordJson, OfEveryCapturedAnswerParsesBackToTheSameOctets) {
    std::size_t answers = 0;
    for (const std::string& name : test::capture_names()) {
        const test::Capture capture = test::read_capture(name);
        const std::string answer = test::joined(
            name.starts_with("teleinfo") ? std::vector{capture.answers[0]} : capture.answers);
        const auto message = decode_message(bytes_of(answer));
        if (message->header.response_code != ResponseCode::success ||
            message->header.op_code != OpCode::resolution ||
            message->header.op_flags & op_flag::request_digest)
            continue;
        const auto response = decode_resolution_response(message->body);
        ASSERT_TRUE(response) << name;
        std::string text;
        JsonWriter writer{text};
        write_record(writer, response->handle, response->values);
        const auto record = parse_record(boost::json::parse(text));
        ASSERT_TRUE(record) << name << ": " << record.error().message();
        std::string values = test::number4(static_cast<std::uint32_t>(record->values.size()));
        for (const Value& value : record->values)
            values += test::encoded([&](WireWriter& out) { encode_value(out, value); });
        EXPECT_EQ(values, text_of(response->values.wire())) << name;
        ++answers;
    }
    EXPECT_GT(answers, 15U);
}

}  // namespace
}  // namespace idnode::protocol
