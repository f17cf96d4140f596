#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/config.hpp"
#include "resolver/load/row_source.hpp"
#include "tests/support/records.hpp"
#include "tests/support/text_source.hpp"

namespace idnode::resolver {
namespace {

using protocol::Record;
using test::hidden_value;
using test::open_value;
using test::record_of;

std::vector<Row> rows_of(const std::string& text, const CsvMapping& mapping = {},
                         std::size_t step = 1 << 20) {
    test::TextSource source{text, step};
    const auto rows = make_csv_source(source, mapping);
    std::vector<Row> all;
    for (Row row; rows->next(row);) all.push_back(row);
    Row none;
    EXPECT_FALSE(rows->next(none));
    return all;
}

/// The only row behind the header.
Row row_of(const std::string& text, const CsvMapping& mapping = {}) {
    const auto rows = rows_of(text, mapping);
    EXPECT_EQ(rows.size(), 1U);
    return rows.empty() ? Row{} : rows.front();
}

/// Line and reason of each row that is no record, `line handle` of each that is one.
std::vector<std::string> outline(const std::string& text, std::size_t step = 1 << 20) {
    std::vector<std::string> lines;
    for (const Row& row : rows_of(text, {}, step))
        lines.push_back(std::to_string(row.line) + ' ' +
                        (row.record ? row.record->handle : row.record.error().message()));
    return lines;
}
using Outline = std::vector<std::string>;

/// What making the source throws.
std::string refusal(const std::string& text, const CsvMapping& mapping = {}) {
    test::TextSource source{text};
    try {
        make_csv_source(source, mapping);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "none";
}

TEST(CsvSource, NamesTheColumnWhoseFieldIsNotUtf8) {
    // 制动盘 in GBK, as a spreadsheet writes it unasked.
    const Row row = row_of("handle,1:NAME\n88.1/a,\xd6\xc6\xb6\xaf\xc5\xcc\n");
    ASSERT_FALSE(row.record);
    EXPECT_EQ(row.record.error().message(),
              "column \"1:NAME\": expected UTF-8, found other octets (save the file as \"CSV "
              "UTF-8\")");
    const CsvMapping without_x{.columns = {"x="}, .prefix = {}};
    EXPECT_TRUE(row_of("handle,x,1:URL\n88.1/a,\xff,u\n", without_x).record);
}

TEST(CsvSource, KeepsEveryFieldOfARowThatItRejects) {
    EXPECT_EQ(row_of("handle,1:URL,2:KEY\n,https://x,17\n").text, ",https://x,17");
    EXPECT_EQ(row_of("handle,1:URL,2:KEY\n,,\n").text, ",,");
}

TEST(CsvSource, RefusesAMappingOfAColumnThatIsNotThere) {
    EXPECT_EQ(refusal("handle,link\n", {.columns = {"link=1:URL", "lnik=2:URL"}, .prefix = {}}),
              "--map lnik=2:URL: the CSV file has no such column");
}

TEST(CsvSource, TakesIndexTypeAndPermissionsFromTheHeader) {
    const Row row = row_of(
        "handle,1:URL,2:KEY:1100,7:DESC:1111\n88.1/a,https://example.org/?a=b,secret,text\n");
    auto writable = open_value(7, "DESC", "text");
    writable.permissions = 0x0f;
    ASSERT_TRUE(row.record);
    EXPECT_EQ(*row.record, record_of("88.1/a", {open_value(1, "URL", "https://example.org/?a=b"),
                                                hidden_value(2, "KEY", "secret"), writable}));
    EXPECT_EQ(row.line, 2U);
    EXPECT_EQ(row.text, "88.1/a,https://example.org/?a=b,secret,text");
}

TEST(CsvSource, TakesColumnsWhereTheMappingSays) {
    const CsvMapping mapping{.handle_column = "Part No",
                             .columns = {"link=1:URL", "maker=2:KEY:1100", "colour=", "3:X=9:Y"},
                             .prefix = "88.1"};
    const Row row = row_of("maker,Part No,colour,link,3:X\nACME,P-7,blue,u,z\n", mapping);
    ASSERT_TRUE(row.record);
    EXPECT_EQ(*row.record,
              record_of("88.1/P-7", {hidden_value(2, "KEY", "ACME"), open_value(1, "URL", "u"),
                                     open_value(9, "Y", "z")}));
}

TEST(CsvSource, PutsThePrefixOnlyBeforeHandlesWithoutOne) {
    const CsvMapping mapping{.handle_column = "handle", .columns = {}, .prefix = "88.1"};
    EXPECT_EQ(row_of("handle,1:URL\na,u\n", mapping).record->handle, "88.1/a");
    EXPECT_EQ(row_of("handle,1:URL\n88.2/a,u\n", mapping).record->handle, "88.2/a");
    EXPECT_FALSE(row_of("handle,1:URL\na,u\n").record);
}

TEST(CsvSource, TakesATypeWithColonsInIt) {
    const Row row = row_of("1:urn:x:type:1100,handle\nu,88.1/a\n");
    EXPECT_EQ(*row.record, record_of("88.1/a", {hidden_value(1, "urn:x:type", "u")}));
}

TEST(CsvSource, MakesNoValueOfAnEmptyField) {
    const Row row = row_of("handle,1:A,2:B,3:C\n88.1/a,,\"\",c\n");
    EXPECT_EQ(*row.record, record_of("88.1/a", {open_value(3, "C", "c")}));
    EXPECT_EQ(row.text, "88.1/a,,,c");
    EXPECT_FALSE(row_of("handle,1:A\n88.1/a,\n").record);
}

TEST(CsvSource, KnowsQuotes) {
    const Row row =
        row_of("handle,1:A,2:B,3:C\r\n\"88.1/a\",\"x, y\",\"say \"\"so\"\"\",\" z \"\r\n");
    EXPECT_EQ(*row.record,
              record_of("88.1/a", {open_value(1, "A", "x, y"), open_value(2, "B", "say \"so\""),
                                   open_value(3, "C", " z ")}));
    EXPECT_EQ(row_of("\"handle\",\"1:A\"\n88.1/a,x\n").record->values[0].type, "A");
}

TEST(CsvSource, GoesOnOverLineEndsInsideQuotesAndNamesTheLineWhereARowBegins) {
    const std::string text =
        "handle,1:A\n88.1/a,\"one\n\ntwo\"\n88.1/b,x\n\n88.1/c,\"y\r\nz\"\n  \n\n88.1/d,x";
    for (const std::size_t step : {1U, 7U, 1000U})
        EXPECT_EQ(outline(text, step), (Outline{"2 88.1/a", "5 88.1/b", "7 88.1/c", "11 88.1/d"}));
    EXPECT_EQ(rows_of(text)[0].record->values[0].data, "one\n\ntwo");
    EXPECT_EQ(rows_of(text)[2].record->values[0].data, "y\nz");
}

TEST(CsvSource, TakesALoneCarriageReturnForALineEndAsOldSpreadsheetsDo) {
    const auto rows = rows_of("handle,1:A\r88.1/a,x\r88.1/b,y\r");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].record->handle, "88.1/b");
    EXPECT_EQ(rows[1].line, 1U);
}

TEST(CsvSource, PassesOverTheByteOrderMarkOfSpreadsheets) {
    EXPECT_EQ(row_of("\xef\xbb\xbfhandle,1:名称\n88.1/零件,螺栓\n").record->values[0],
              open_value(1, "名称", "螺栓"));
    EXPECT_EQ(row_of("\xef\xbb\xbf\"handle\",1:A\n88.1/a,x\n").record->handle, "88.1/a");
}

TEST(CsvSource, KeepsTheLineAndTheReasonOfABadRowAndGoesOnBehindIt) {
    EXPECT_EQ(outline("handle,1:A,2:B\n"
                      "88.1/a,x\n"
                      "88.1/b,x,y,z\n"
                      "no-slash,x,y\n"
                      "88.1/c,x\"y,z\n"
                      "88.1/d,\"x\"y,z\n"
                      "88.1/e,x,y\n"
                      ",x,y\n"
                      "88.1/f,,\n"),
              (Outline{"2 expected 3 fields, found 2", "3 expected 3 fields, found 4",
                       "4 handle: expected prefix/suffix, found no '/' in \"no-slash\"",
                       "5 not CSV: error parsing data while strict checking enabled",
                       "6 not CSV: error parsing data while strict checking enabled", "7 88.1/e",
                       "8 handle: expected prefix/suffix, found nothing",
                       "9 values: expected at least one, found none"}));
}

TEST(CsvSource, FindsAQuoteThatNeverEnds) {
    EXPECT_EQ(outline("handle,1:A\n88.1/a,x\n88.1/b,\"x\n88.1/c,y\n"),
              (Outline{"2 88.1/a", "3 not CSV: a quoted field never ends"}));
}

TEST(CsvSource, LimitsTheLengthOfARow) {
    const std::string line(1000, 'x');
    std::string endless = "handle,1:A\n88.1/a,\"";
    for (int count = 0; count < 4300; ++count) endless += line + '\n';
    const Outline lines = outline(endless + "\"\n88.1/b,y\n");
    ASSERT_GE(lines.size(), 2U);
    EXPECT_EQ(lines.front(), "2 not CSV: the row is longer than 4 MiB");
    const std::string wide = "88.1/c," + std::string(LineReader::line_size_max, 'x');
    EXPECT_EQ(outline("handle,1:A\n" + wide + "\n88.1/d,y\n"),
              (Outline{"2 not CSV: the row is longer than 4 MiB", "3 88.1/d"}));
}

TEST(CsvSource, RefusesAFileWithoutAUsableHeader) {
    EXPECT_EQ(refusal(""), "the CSV file has no header row");
    EXPECT_EQ(refusal("\n \n"), "the CSV file has no header row");
    EXPECT_EQ(refusal("\"handle,1:A\n"), "the CSV file has no header row");
    const std::string no_handle =
        "the CSV file needs one column \"handle\" with the handle; say which with --handle-column";
    EXPECT_EQ(refusal("1:A\n"), no_handle);
    EXPECT_EQ(refusal("handle,1:A,handle\n"), no_handle);
    EXPECT_EQ(refusal("handle,colour\n"),
              "the CSV column \"colour\" goes nowhere: --map 'colour=INDEX:TYPE' says where, --map "
              "'colour=' leaves it out");
    EXPECT_EQ(refusal("handle,1:A\n"), "none");
}

TEST(CsvSource, RefusesATargetThatIsNone) {
    for (const std::string target : {"A", ":A", "0:A", "-1:A", "1:", "1:A:", "1:A:111", "1:A:11111",
                                     "1:A:1112", "1x:A", "4294967296:A", "1::1110"}) {
        const CsvMapping mapping{.columns = {"x=" + target}, .prefix = ""};
        EXPECT_EQ(refusal("handle,x\n", mapping),
                  "--map x=" + target + ": expected COLUMN=INDEX:TYPE[:PERMISSIONS]");
        EXPECT_NE(refusal("handle," + target + '\n'), "none") << target;
    }
}

}  // namespace
}  // namespace idnode::resolver
