#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>

#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string sample(const char* industry, unsigned count, unsigned seed = 1) {
    const Outcome outcome = run_idnode({"sample", "--industry", industry, "--count",
                                        std::to_string(count), "--seed", std::to_string(seed)});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
}

/// One zstd frame; or several, as `cat a.zst b.zst` and parallel compressors make them.
std::string compress(const std::string& text, std::size_t frame_size) {
    std::string all;
    for (std::size_t at = 0; at < text.size(); at += frame_size) {
        const std::string piece = text.substr(at, frame_size);
        std::string frame(ZSTD_compressBound(piece.size()), '\0');
        const std::size_t size =
            ZSTD_compress(frame.data(), frame.size(), piece.data(), piece.size(), 3);
        EXPECT_FALSE(ZSTD_isError(size));
        all += frame.substr(0, size);
    }
    return all;
}

boost::json::value import_summary(const Node& node, const Arguments& arguments,
                                  std::string_view input = {}, int exit_code = 0) {
    Arguments all{"import"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"--json", "--templates", sample_templates});
    const Outcome outcome = node.run(all, input);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    return boost::json::parse(outcome.out);
}

TEST(Sample, IsTheSameForTheSameSeedAndTheBeginningOfALargerOne) {
    for (const char* const industry : {"automotive", "steel", "food"}) {
        const std::string records = sample(industry, 300);
        EXPECT_EQ(std::count(records.begin(), records.end(), '\n'), 300) << industry;
        EXPECT_EQ(sample(industry, 300), records) << industry;
        EXPECT_NE(sample(industry, 300, 2), records) << industry;
        EXPECT_THAT(sample(industry, 500), StartsWith(records)) << industry;
    }
    EXPECT_THAT(sample("steel", 0), IsEmpty());
}

TEST(Import, ReadsTheSameFromAFileStandardInputAndZstd) {
    const std::string records = sample("steel", 1000);
    const Node first;
    const std::string file = first.directory().write("records.ndjson", records);
    EXPECT_EQ(import_summary(first, {file}).at("created"), 1000);
    const std::string exported = first.do_run({"export"});
    EXPECT_EQ(std::count(exported.begin(), exported.end(), '\n'), 1000);

    const Node second;
    EXPECT_EQ(import_summary(second, {"-"}, records).at("created"), 1000);
    EXPECT_EQ(second.do_run({"export"}), exported);

    for (const std::size_t frame_size : {records.size(), std::size_t{10'000}}) {
        const Node third;
        const std::string compressed = compress(records, frame_size);
        const std::string packed = third.directory().write("records.ndjson.zst", compressed);
        EXPECT_EQ(import_summary(third, {packed}).at("created"), 1000);
        EXPECT_EQ(third.do_run({"export"}), exported);
        const Node fourth;
        EXPECT_EQ(import_summary(fourth, {"-"}, compressed).at("created"), 1000);
        EXPECT_EQ(fourth.do_run({"export"}), exported);
    }
}

TEST(Import, RefusesACompressedFileThatWasCutShort) {
    const std::string compressed = compress(sample("steel", 1000), 1 << 30);
    const Node node;
    const std::string file =
        node.directory().write("cut.ndjson.zst", compressed.substr(0, compressed.size() / 2));
    const Outcome outcome = node.run({"import", file});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("zstd"));
}

TEST(Import, ReadsTheLastLineWithoutItsLineBreakAndSkipsEmptyLines) {
    const Node node;
    const std::string one = sample("steel", 1);
    std::string two = sample("food", 1);
    two.pop_back();
    EXPECT_EQ(import_summary(node, {"-"}, "\n" + one + "\r\n  \n" + two).at("created"), 2);
}

TEST(Import, ReadsCsvByAMapping) {
    const Node node;
    const std::string csv =
        "\xef\xbb\xbf"
        "part,Page,name,cost,note,7:SUPPLIER\r\n"
        "A-1,https://example.org/1,\"Bracket, \"\"left\"\"\",12.50,x,JXDY\r\n"
        "88.112.6/B,https://example.org/2,\"two\nlines\",,y,\r\n";
    const std::string file = node.directory().write("parts.csv", csv);
    const Arguments mapping{
        "--handle-column", "part",        "--prefix", "88.118.8",         "--map", "Page=1:URL",
        "--map",           "name=2:NAME", "--map",    "cost=3:COST:1100", "--map", "note="};
    Arguments arguments{file};
    arguments.insert(arguments.end(), mapping.begin(), mapping.end());
    EXPECT_EQ(import_summary(node, arguments).at("created"), 2);

    const std::string exported = node.do_run({"export"});
    const auto second = boost::json::parse(exported.substr(0, exported.find('\n')));
    EXPECT_EQ(second.at("handle"), "88.112.6/B");
    EXPECT_EQ(second.at("values").as_array().size(), 2U) << "empty fields are no values";
    EXPECT_EQ(second.at("values").at(1).at("data").at("value"), "two\nlines");
    const auto first = boost::json::parse(exported.substr(exported.find('\n') + 1));
    EXPECT_EQ(first.at("handle"), "88.118.8/A-1");
    const auto& values = first.at("values").as_array();
    ASSERT_EQ(values.size(), 4U);
    EXPECT_EQ(values[0].at("data").at("value"), "https://example.org/1");
    EXPECT_EQ(values[1].at("data").at("value"), "Bracket, \"left\"");
    EXPECT_EQ(values[2].at("permissions"), "1100");
    EXPECT_EQ(values[3].at("index"), 7);
    EXPECT_EQ(values[3].at("type"), "SUPPLIER");

    // The same through standard input, where no name says that it is CSV, and compressed.
    const Node other;
    arguments[0] = "-";
    arguments.insert(arguments.end(), {"--format", "csv"});
    EXPECT_EQ(import_summary(other, arguments, compress(csv, csv.size())).at("created"), 2);
}

TEST(Import, RefusesACsvFileWhoseColumnsGoNowhere) {
    const Node node;
    const std::string csv = "handle,colour\n88.118.8/A,red\n";
    const Outcome unmapped = node.run({"import", "-", "--format", "csv"}, csv);
    EXPECT_EQ(unmapped.exit_code, 2);
    EXPECT_THAT(unmapped.err, HasSubstr("colour"));
    const Outcome malformed =
        node.run({"import", "-", "--format", "csv", "--map", "colour=red"}, csv);
    EXPECT_EQ(malformed.exit_code, 2);
    EXPECT_THAT(malformed.err, HasSubstr("colour=red"));
    const Outcome no_handle =
        node.run({"import", "-", "--format", "csv", "--handle-column", "id"}, "1:URL\nx\n");
    EXPECT_EQ(no_handle.exit_code, 2);
    EXPECT_THAT(no_handle.err, HasSubstr("--handle-column"));
}

TEST(Import, KeepsBadRowsAsideWithLineAndReasonAndLoadsTheRest) {
    const Node node;
    const std::string good = sample("steel", 3);
    const auto second = good.find('\n') + 1;
    const std::string text = good.substr(0, second) + "{\"handle\":\"88.112.6/X\"}\n" +
                             "not JSON\n" + good.substr(second) +
                             R"({"handle":"88.112.6/Y","values":[{"index":0,"type":"URL",)"
                             R"("data":"x"}]})" +
                             "\n";
    const std::string file = node.directory().write("records.ndjson", text);
    const Outcome outcome = node.run({"import", file, "--templates", sample_templates});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_THAT(outcome.out, HasSubstr("6 rows: 3 created, 0 replaced, 0 unchanged, 3 rejected"));
    for (const char* const line : {"line 2: ", "line 3: ", "line 6: "})
        EXPECT_THAT(outcome.err, HasSubstr(line));
    EXPECT_EQ(node.do_run({"export"}).size(), good.size());

    std::ifstream rejects{file + ".rejects.ndjson"};
    std::vector<std::uint64_t> lines;
    std::vector<std::string> rows;
    for (std::string line; std::getline(rejects, line);) {
        const auto reject = boost::json::parse(line);
        lines.push_back(reject.at("line").to_number<std::uint64_t>());
        rows.emplace_back(reject.at("row").as_string());
        EXPECT_THAT(std::string{reject.at("reason").as_string()}, Not(IsEmpty()));
    }
    EXPECT_THAT(lines, ElementsAre(2, 3, 6));
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1], "not JSON");
    EXPECT_THAT(rows[2], EndsWith("}]}"));
}

TEST(Import, KeepsBadCsvRowsAsideInTheFileThatWasNamed) {
    const Node node;
    const std::string rejects = node.directory().file("bad.ndjson");
    const auto summary =
        import_summary(node, {"-", "--format", "csv", "--rejects", rejects},
                       "handle,1:URL\n88.118.8/A,https://a.example\n88.118.8/B\nno-prefix,x\n", 4);
    EXPECT_EQ(summary.at("created"), 1);
    EXPECT_EQ(summary.at("rejected"), 2);
    EXPECT_EQ(summary.at("rejects"), rejects.c_str());
    const std::string text = read_file(rejects);
    const auto first = boost::json::parse(text.substr(0, text.find('\n')));
    EXPECT_EQ(first.at("line"), 3);
    EXPECT_THAT(std::string{first.at("reason").as_string()}, HasSubstr("2 fields, found 1"));
    EXPECT_EQ(boost::json::parse(text.substr(text.find('\n') + 1)).at("line"), 4);
}

TEST(Import, TwiceChangesNothingTheSecondTime) {
    const Node node;
    const std::string records = sample("automotive", 500);
    const auto first = import_summary(node, {"-"}, records);
    const auto second = import_summary(node, {"-"}, records);
    EXPECT_EQ(second.at("unchanged"), 500);
    EXPECT_EQ(second.at("created"), 0);
    EXPECT_EQ(second.at("replaced"), 0);
    EXPECT_EQ(second.at("sequence"), first.at("sequence"));
    EXPECT_EQ(node.sequence(), first.at("sequence").to_number<std::uint64_t>());
}

TEST(Import, WithoutTimestampsTwiceChangesNothingTheSecondTime) {
    const Node node;
    const std::string text =
        R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"https://a"}]})";
    node.import(text);
    const std::string exported = node.do_run({"export"});
    const auto again = import_summary(node, {"-"}, text);
    EXPECT_EQ(again.at("unchanged"), 1);
    EXPECT_EQ(node.do_run({"export"}), exported);
}

TEST(Import, OfAChangedRecordReplacesItAlone) {
    const Node node;
    const std::string records = sample("food", 100);
    const auto first = import_summary(node, {"-"}, records);
    std::string changed = records;
    const auto at = changed.find("https://");
    changed.replace(at, 8, "HTTPS://");
    const auto second = import_summary(node, {"-"}, changed);
    EXPECT_EQ(second.at("replaced"), 1);
    EXPECT_EQ(second.at("unchanged"), 99);
    EXPECT_GT(second.at("sequence").to_number<std::uint64_t>(),
              first.at("sequence").to_number<std::uint64_t>());
    EXPECT_THAT(node.do_run({"export"}), HasSubstr("HTTPS://"));
}

TEST(Import, NamesPrefixesThatNobodyAnswersForYet) {
    const Node node;
    const Outcome outcome =
        node.run({"import", "-", "--templates", sample_templates}, sample("steel", 2));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("idnode prefix home 88.112.6 --data " + node.data()));
    node.home("88.112.6");
    EXPECT_THAT(node.run({"import", "-", "--templates", sample_templates}, sample("steel", 3)).err,
                IsEmpty());
}

TEST(Export, IsReadBackToTheSameOctets) {
    const Node first;
    for (const char* const industry : {"automotive", "steel", "food"})
        first.import_sample("-", sample(industry, 300));
    const std::string exported = first.do_run({"export"});
    EXPECT_EQ(first.do_run({"export"}), exported);

    const Node second;
    second.import_sample("-", exported);
    EXPECT_EQ(second.do_run({"export"}), exported);
}

TEST(Export, OfValuesOfEveryKindIsReadBackToTheSameOctets) {
    const std::string odd =
        R"({"handle":"88.118.8/Ünïcode 标识/#?%","values":[)"
        R"({"index":5,"type":"BINARY","data":{"format":"base64","value":"/wD+"}},)"
        R"({"index":3,"type":"EMPTY","data":""},)"
        R"({"index":2147483647,"type":"KEY","data":"s","permissions":"1100"},)"
        R"({"index":1,"type":"TIMED","data":"\u0001\"\\","ttl":"2030-01-01T00:00:00Z",)"
        R"("timestamp":"2021-01-01T00:00:00Z","permissions":"0000"},)"
        R"({"index":2,"type":"HS_VLIST","data":{"format":"vlist","value":)"
        R"([{"handle":"88.118.8/A","index":3}]},"references":[{"handle":"88/B","index":9}]}]})";
    const Node first;
    first.import(odd);
    const std::string exported = first.do_run({"export"});
    const Node second;
    second.import(exported);
    EXPECT_EQ(second.do_run({"export"}), exported);
    const auto values = boost::json::parse(exported).at("values");
    EXPECT_EQ(values.at(0).at("index"), 5) << "the order of the registration stays";
    EXPECT_EQ(values.at(0).at("data").at("value"), "/wD+");
    EXPECT_EQ(values.at(3).at("ttl"), "2030-01-01T00:00:00Z");
    EXPECT_EQ(values.at(4).at("references").at(0).at("index"), 9);
}

TEST(Export, OfOnePrefixHoldsItsRecordsAlone) {
    const Node node;
    for (const char* const industry : {"automotive", "steel", "food"})
        node.import_sample("-", sample(industry, 20));
    const Node alone;
    alone.import_sample("-", sample("steel", 20));
    EXPECT_EQ(node.do_run({"export", "--prefix", "88.112.6"}), alone.do_run({"export"}));
    EXPECT_EQ(node.do_run({"export", "--prefix", "88.112"}), "");
}

}  // namespace
}  // namespace idnode::end_to_end
