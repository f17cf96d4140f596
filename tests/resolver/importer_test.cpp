#include "resolver/load/importer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "resolver/templates/validation.hpp"
#include "tests/support/test_node.hpp"
#include "tests/support/text_source.hpp"

namespace idnode::resolver {
namespace {

using protocol::Record;
using test::some_time;
using test::url_record;

/// Rows out of a list, and then, when there is a `fault`, an exception.
class ListSource final : public RowSource {
public:
    explicit ListSource(std::vector<Row> rows, std::string fault = {})
        : rows_{std::move(rows)}, fault_{std::move(fault)} {}

    bool next(Row& row) override {
        if (at_ == rows_.size() && !fault_.empty()) throw std::runtime_error{fault_};
        if (at_ == rows_.size()) return false;
        row = rows_[at_++];
        return true;
    }

private:
    std::vector<Row> rows_;
    std::string fault_;
    std::size_t at_ = 0;
};

std::vector<Row> rows_of(const std::vector<Record>& records) {
    std::vector<Row> rows;
    for (const Record& record : records)
        rows.push_back({.line = rows.size() + 1, .text = record.handle, .record = record});
    return rows;
}

Row bad_row(std::uint64_t line) {
    return {.line = line, .text = "bad", .record = protocol::FormatError{"no record"}};
}

class ImporterTest : public testing::Test {
protected:
    ImportSummary import(RowSource& source, std::uint32_t now = some_time) {
        const test::FixedClock clock{now};
        return import_records(
            source, store_, clock,
            {.reject = [&](const Row& row) { rejected_.push_back(row); },
             .progress = [&](const ImportSummary& summary) { steps_.push_back(summary.rows); }});
    }
    ImportSummary import(const std::vector<Record>& records, std::uint32_t now = some_time) {
        ListSource source{rows_of(records)};
        return import(source, now);
    }
    ImportSummary import_csv(const std::string& text) {
        test::TextSource source{text};
        return import(*make_csv_source(source, {}));
    }

    const test::TempDirectory directory_;
    const registry::Store store_{directory_.path(), registry::Store::Access::write_or_create,
                                 test::small_map};
    std::vector<Row> rejected_;
    std::vector<std::uint64_t> steps_;
};

std::vector<Record> numbered_records(int count) {
    std::vector<Record> records;
    for (int number = 0; number < count; ++number)
        records.push_back(url_record("88.1/" + std::to_string(1000 + number),
                                     "u" + std::to_string(number), some_time));
    return records;
}

void expect_counts(const ImportSummary& summary, const ImportSummary& expected) {
    EXPECT_EQ(summary.rows, expected.rows);
    EXPECT_EQ(summary.created, expected.created);
    EXPECT_EQ(summary.replaced, expected.replaced);
    EXPECT_EQ(summary.unchanged, expected.unchanged);
    EXPECT_EQ(summary.rejected, expected.rejected);
    EXPECT_EQ(summary.sequence, expected.sequence);
}

ImportSummary counts(std::uint64_t rows, std::uint64_t created, std::uint64_t replaced,
                     std::uint64_t unchanged, std::uint64_t rejected, std::uint64_t sequence) {
    ImportSummary summary;
    summary.rows = rows;
    summary.created = created;
    summary.replaced = replaced;
    summary.unchanged = unchanged;
    summary.rejected = rejected;
    summary.sequence = sequence;
    return summary;
}

TEST_F(ImporterTest, LoadsTheSameWhetherRowsAreSortedOrNot) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto records = numbered_records(500);
    const auto sorted = records;
    std::shuffle(records.begin(), records.end(), std::mt19937{seed});
    expect_counts(import(records), counts(500, 500, 0, 0, 0, 500));
    EXPECT_EQ(test::all_records(store_), sorted);
    expect_counts(import(sorted), counts(500, 0, 0, 500, 0, 500));
    EXPECT_EQ(test::faults_of(store_), std::vector<std::string>{});
}

/// A record that names version 1 of a template whose only item is a number.
Record weighed(const std::string& handle, const std::string& weight) {
    Record record = url_record(handle, "u", some_time);
    protocol::Value named;
    named.index = templates::template_index;
    named.type = templates::template_type;
    named.data = "1";
    protocol::Value item;
    item.index = 2000;
    item.type = "weight";
    item.data = weight;
    record.values.push_back(named);
    record.values.push_back(item);
    return record;
}

void publish_weights(const registry::Store& store) {
    const auto asked = templates::parse_template(boost::json::parse(
        R"({"prefix":"88.1","version":"1","items":[{"name":"weight","idType":"number",)"
        R"("idIndex":2000,"visibility":"own"}]})"));
    std::vector<registry::Change> changes;
    templates::publish(*asked, changes);
    registry::Writer{store}.commit(changes, some_time);
}

TEST_F(ImporterTest, HoldsRowsToTheTemplatesThatTheyName) {
    publish_weights(store_);
    ListSource source{[] {
        auto rows = rows_of({weighed("88.1/c", "3"), weighed("88.1/a", "heavy"),
                             url_record("88.1/b", "u", some_time), weighed("88.2/a", "1"),
                             weighed("88.1/d", "4"), weighed("88.1/D", "much")});
        rows.insert(rows.begin() + 2, bad_row(0));
        for (std::size_t at = 0; at < rows.size(); ++at) rows[at].line = at + 1;
        return rows;
    }()};
    // What the last row would have replaced stays, since the last row is none.
    expect_counts(import(source), counts(7, 3, 0, 0, 4, 4));
    std::vector<std::string> said;
    for (const Row& row : rejected_)
        said.push_back(std::to_string(row.line) + " " + row.record.error().message());
    EXPECT_EQ(said,
              (std::vector<std::string>{
                  "2 item 2000 \"weight\": type: expected a number, found \"heavy\"", "3 no record",
                  "5 template: expected the version of a template of the prefix, found \"1\"",
                  "7 item 2000 \"weight\": type: expected a number, found \"much\""}));
    const auto records = test::all_records(store_);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[1].handle, "88.1/c");
    EXPECT_FALSE(records[1].values[2].permissions & protocol::permission::public_read);
}

TEST_F(ImporterTest, SaysOfATemplateThatItIsInUse) {
    publish_weights(store_);
    const auto unused = [&] {
        const registry::Snapshot snapshot{store_};
        return find_entry(snapshot, registry::Area::idle_templates,
                          templates::template_key("88.1", "1"))
            .has_value();
    };
    import({weighed("88.1/a", "heavy"), url_record("88.1/b", "u")});
    EXPECT_TRUE(unused());
    expect_counts(import({weighed("88.1/a", "1")}), counts(1, 1, 0, 0, 0, 3));
    EXPECT_FALSE(unused());
    expect_counts(import({weighed("88.1/a", "1")}), counts(1, 0, 0, 1, 0, 3));
}

TEST_F(ImporterTest, TakesTheLaterOfTwoRowsWithOneHandle) {
    const auto summary = import({url_record("88.1/b", "one"), url_record("88.1/a", "x"),
                                 url_record("88.1/B", "two"), url_record("88.1/b", "three")});
    expect_counts(summary, counts(4, 2, 0, 2, 0, 2));
    const auto records = test::all_records(store_);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1], url_record("88.1/b", "three", some_time));
}

TEST_F(ImporterTest, TellsNewChangedAndEqualRecordsApart) {
    import({url_record("88.1/a", "a"), url_record("88.1/b", "b"), url_record("88.1/c", "c")}, 100);
    const auto summary = import(
        {url_record("88.1/a", "a"), url_record("88.1/b", "other"), url_record("88.1/d", "d")}, 200);
    expect_counts(summary, counts(3, 1, 1, 1, 0, 5));
    std::vector<std::uint32_t> times;
    for (const Record& record : test::all_records(store_))
        times.push_back(record.values[0].timestamp);
    EXPECT_EQ(times, (std::vector<std::uint32_t>{100, 200, 100, 200}));
}

TEST_F(ImporterTest, ChangesNothingWhenAFileIsLoadedAgain) {
    const std::string csv = "handle,1:URL,2:KEY:1100\n88.1/a,u,s\n88.1/b,v,\n88.1/c,,t\n";
    expect_counts(import_csv(csv), counts(3, 3, 0, 0, 0, 3));
    const auto before = test::all_records(store_);
    expect_counts(import_csv(csv), counts(3, 0, 0, 3, 0, 3));
    EXPECT_EQ(test::all_records(store_), before);
    EXPECT_EQ(before[0], test::record_of("88.1/a", {test::open_value(1, "URL", "u", some_time),
                                                    test::hidden_value(2, "KEY", "s", some_time)}));
}

TEST_F(ImporterTest, HandsOnBadRowsWithTheirLineAndReasonInTheOrderOfTheFile) {
    const auto summary =
        import_csv("handle,1:URL\n88.1/z,u\nbroken\n88.1/a,u\nno-slash,u\n88.1/m,\n");
    expect_counts(summary, counts(5, 2, 0, 0, 3, 2));
    ASSERT_EQ(rejected_.size(), 3U);
    EXPECT_EQ(rejected_[0].line, 3U);
    EXPECT_EQ(rejected_[0].text, "broken");
    EXPECT_EQ(rejected_[0].record.error().message(), "expected 2 fields, found 1");
    EXPECT_EQ(rejected_[1].line, 5U);
    EXPECT_EQ(rejected_[1].text, "no-slash,u");
    EXPECT_EQ(rejected_[2].line, 6U);
    EXPECT_EQ(test::all_records(store_).size(), 2U);
}

TEST_F(ImporterTest, LoadsAnEmptyFileAndOneOfBadRowsOnly) {
    expect_counts(import(std::vector<Record>{}), counts(0, 0, 0, 0, 0, 0));
    ListSource source{{bad_row(1), bad_row(2)}};
    expect_counts(import(source), counts(2, 0, 0, 0, 2, 0));
    EXPECT_EQ(rejected_.size(), 2U);
}

TEST_F(ImporterTest, NamesPrefixesThatAreNotHomedHere) {
    test::commit(store_, {test::home("88.1")});
    const auto summary =
        import({url_record("88.1/a", "u"), url_record("88.b/a", "u"), url_record("88.B/b", "u"),
                url_record("0.NA/88.3", "u"), url_record("88.3/a", "u")});
    EXPECT_EQ(summary.unhomed_prefixes, (std::set<std::string>{"88.3", "88.B"}));
    EXPECT_EQ(summary.created, 5U);
}

TEST_F(ImporterTest, NamesOnlySomeOfManyPrefixesThatAreNotHomedHere) {
    std::vector<Record> records;
    for (int number = 0; number < 100; ++number)
        records.push_back(url_record("88." + std::to_string(number) + "/a", "u"));
    EXPECT_EQ(import(records).unhomed_prefixes.size(), unhomed_prefixes_max);
}

TEST_F(ImporterTest, CommitsInBatchesAndKeepsTheOrderOfRowsAcrossThem) {
    constexpr std::size_t batch_rows = 100'000;
    std::vector<Row> rows;
    for (std::size_t line = 1; line <= batch_rows + 3; ++line)
        rows.push_back({.line = line,
                        .text = "x",
                        .record = url_record("88.1/" + std::to_string(line % 50), "old")});
    rows.back().record->values[0].data = "new";
    ListSource source{std::move(rows)};
    expect_counts(import(source), counts(batch_rows + 3, 50, 1, batch_rows - 48, 0, 51));
    EXPECT_EQ(steps_, (std::vector<std::uint64_t>{batch_rows, batch_rows + 3}));
    std::size_t changed = 0;
    for (const Record& record : test::all_records(store_))
        changed += record.values[0].data == "new";
    EXPECT_EQ(changed, 1U);
}

TEST_F(ImporterTest, HandsOnWhatTheSourceThrowsWithoutWhatItReadOfThatBatch) {
    ListSource source{rows_of(numbered_records(10)), "the zstd file is damaged: x"};
    try {
        import(source);
        ADD_FAILURE() << "the fault was passed over";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "the zstd file is damaged: x");
    }
    EXPECT_TRUE(test::all_records(store_).empty());
}

TEST(Importer, HandsOnAFullStoreAndKeepsNothingOfThatBatch) {
    const test::TempDirectory directory;
    const registry::Store store{directory.path(),
                                registry::Store::Access::write_or_create,
                                {.map_size_max = std::uint64_t{1} << 20}};
    std::vector<Record> records;
    for (int number = 0; number < 1000; ++number)
        records.push_back(url_record("88.1/" + std::to_string(number), std::string(4000, 'x')));
    ListSource source{rows_of(records)};
    try {
        import_records(source, store, test::FixedClock{},
                       {.reject = [](const Row&) {}, .progress = [](const ImportSummary&) {}});
        ADD_FAILURE() << "there was room";
    } catch (const registry::StoreError& error) {
        EXPECT_EQ(error.kind(), registry::StoreError::Kind::full_map);
    }
    EXPECT_TRUE(test::all_records(store).empty());
}

}  // namespace
}  // namespace idnode::resolver
