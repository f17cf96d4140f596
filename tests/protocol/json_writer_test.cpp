#include "protocol/json/json_writer.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "tests/support/random_record.hpp"

namespace idnode::protocol {
namespace {

using namespace std::string_literals;

constexpr auto pretty = JsonWriter::Style::pretty;

template <class Write>
std::string written(JsonWriter::Style style, Write&& write) {
    std::string out;
    JsonWriter writer{out, style};
    write(writer);
    return out;
}

void write_sample(JsonWriter& writer) {
    writer.begin_object().key("a").number(1).key("b").begin_array();
    writer.string("x").boolean(true).begin_object().key("c").boolean(false).end_object();
    writer.end_array().key("d").begin_array().end_array().key("e").begin_object().end_object();
    writer.end_object();
}

TEST(JsonWriter, WritesNoWhiteSpaceWhenCompact) {
    EXPECT_EQ(written(JsonWriter::Style::compact, write_sample),
              R"({"a":1,"b":["x",true,{"c":false}],"d":[],"e":{}})");
}

TEST(JsonWriter, WritesALineForEachFieldWhenPretty) {
    EXPECT_EQ(written(pretty, write_sample),
              "{\n"
              "  \"a\": 1,\n"
              "  \"b\": [\n"
              "    \"x\",\n"
              "    true,\n"
              "    {\n"
              "      \"c\": false\n"
              "    }\n"
              "  ],\n"
              "  \"d\": [],\n"
              "  \"e\": {}\n"
              "}");
}

TEST(JsonWriter, WritesASingleValueWithoutALine) {
    EXPECT_EQ(written(pretty, [](JsonWriter& writer) { writer.string("x"); }), "\"x\"");
    EXPECT_EQ(written(pretty, [](JsonWriter& writer) { writer.begin_array().end_array(); }), "[]");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
    std::string out = "callback(";
    JsonWriter{out}.begin_object().end_object();
    EXPECT_EQ(out, "callback({}");
}

TEST(JsonWriter, EscapesWhatMayNotStandInAString) {
    // RFC 8259 §7.
    EXPECT_EQ(written(pretty, [](JsonWriter& writer) { writer.string("\"\\\b\f\n\r\t/"); }),
              R"("\"\\\b\f\n\r\t/")");
    EXPECT_EQ(written(pretty, [](JsonWriter& writer) { writer.string("\0\x01\x1f\x7f"s); }),
              "\"\\u0000\\u0001\\u001f\x7f\"");
    EXPECT_EQ(written(pretty, [](JsonWriter& writer) { writer.string("标识🏭é"); }), "\"标识🏭é\"");
    EXPECT_EQ(
        written(pretty,
                [](JsonWriter& writer) { writer.begin_object().key("\"").number(0).end_object(); }),
        "{\n  \"\\\"\": 0\n}");
}

TEST(JsonWriter, WritesNumbersInFull) {
    for (const std::uint64_t number :
         {0ULL, 9ULL, 10ULL, 4'294'967'295ULL, 18'446'744'073'709'551'615ULL})
        EXPECT_EQ(written(pretty, [&](JsonWriter& writer) { writer.number(number); }),
                  std::to_string(number));
}

TEST(JsonWriter, WritesAnyTextSoThatItIsReadBack) {
    test::Random random = test::seeded_random();
    for (int round = 0; round < 2000; ++round) {
        std::string text = random.text(40);
        for (auto controls = random.below(3); controls > 0; --controls)
            text += static_cast<char>(random.below(0x20));
        const std::string json = written(pretty, [&](JsonWriter& writer) { writer.string(text); });
        ASSERT_EQ(boost::json::parse(json).as_string(), text) << json;
    }
}

}  // namespace
}  // namespace idnode::protocol
