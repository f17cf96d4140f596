#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/load/row_source.hpp"
#include "tests/support/records.hpp"
#include "tests/support/text_source.hpp"

namespace idnode::resolver {
namespace {

std::vector<Row> rows_of(const std::string& text, std::size_t step = 1 << 20) {
    test::TextSource source{text, step};
    const auto rows = make_ndjson_source(source);
    std::vector<Row> all;
    for (Row row; rows->next(row);) all.push_back(row);
    Row none;
    EXPECT_FALSE(rows->next(none));
    return all;
}

std::string line_for(const std::string& handle) {
    return R"({"handle":")" + handle + R"(","values":[{"index":1,"type":"URL","data":"u"}]})";
}

TEST(NdjsonSource, ReadsARecordFromEachLine) {
    const auto rows = rows_of(line_for("88.1/a") + '\n' + line_for("88.1/零件") + "\r\n" + "  " +
                              line_for("88.1/c"));
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(*rows[0].record, test::url_record("88.1/a", "u"));
    EXPECT_EQ(rows[1].record->handle, "88.1/零件");
    EXPECT_EQ(rows[2].record->handle, "88.1/c");
    EXPECT_EQ(rows[1].text, line_for("88.1/零件"));
    EXPECT_EQ(rows[2].line, 3U);
}

TEST(NdjsonSource, PassesOverEmptyLinesButCountsThem) {
    const auto rows =
        rows_of("\n \t \n" + line_for("88.1/a") + "\n\r\n" + line_for("88.1/b") + "\n\n");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].line, 3U);
    EXPECT_EQ(rows[1].line, 5U);
    EXPECT_TRUE(rows_of("").empty());
    EXPECT_TRUE(rows_of("\n\n").empty());
}

TEST(NdjsonSource, KeepsTheTextAndTheReasonOfABadLineAndGoesOnBehindIt) {
    const std::string wrong_value =
        R"({"handle":"88.1/a","values":[{"index":0,"type":"URL","data":"u"}]})";
    for (const std::string& bad :
         {std::string{"{"}, std::string{"no json"}, std::string{"[]"}, std::string{"{}"},
          line_for("88.1/a") + ' ' + line_for("88.1/b"), line_for("no-slash"), wrong_value,
          std::string{"{\"handle\":\"88.1/\xff\",\"values\":[]}"}, std::string(5000, '['),
          std::string{R"({"handle":"88.1/a","values":[],"values":[]})"}, std::string{"\0", 1}}) {
        const auto rows = rows_of(bad + '\n' + line_for("88.1/good") + '\n');
        ASSERT_EQ(rows.size(), 2U) << bad;
        EXPECT_FALSE(rows[0].record) << bad;
        EXPECT_EQ(rows[0].text, bad);
        EXPECT_EQ(rows[0].line, 1U);
        EXPECT_GT(rows[0].record.error().message().size(), 10U);
        EXPECT_TRUE(rows[1].record);
    }
    EXPECT_TRUE(rows_of("{")[0].record.error().message().starts_with("expected JSON"));
}

TEST(NdjsonSource, TakesALineOfTheGreatestLengthAndRefusesALongerOne) {
    const std::string spaces(LineReader::line_size_max - line_for("88.1/a").size(), ' ');
    const auto rows = rows_of(line_for("88.1/a") + spaces + '\n' + line_for("88.1/b") + spaces +
                              " \n" + line_for("88.1/c") + '\n');
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_TRUE(rows[0].record);
    ASSERT_FALSE(rows[1].record);
    EXPECT_EQ(rows[1].record.error().message(), "the line is longer than 4 MiB");
    EXPECT_TRUE(rows[2].record);
}

TEST(NdjsonSource, ReadsTheSameRecordsInStepsOfAnySize) {
    std::string text;
    for (int number = 0; number < 300; ++number)
        text += line_for("88.1/" + std::to_string(number)) + '\n';
    for (const std::size_t step : {1U, 61U, 1000U}) {
        const auto rows = rows_of(text, step);
        ASSERT_EQ(rows.size(), 300U);
        for (std::size_t number = 0; number < rows.size(); ++number)
            EXPECT_EQ(rows[number].record->handle, "88.1/" + std::to_string(number));
    }
}

}  // namespace
}  // namespace idnode::resolver
