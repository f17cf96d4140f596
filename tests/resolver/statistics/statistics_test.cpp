#include "resolver/statistics/statistics.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "resolver/statistics/report.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::statistics {
namespace {

using namespace std::chrono_literals;

/// 2023-11-14T22:13:20Z, which in China is the 15th.
constexpr std::uint32_t now = 1'700'000'000;

/// A clock that is set by hand.
class SetClock final : public Clock {
public:
    std::uint32_t now() const noexcept override { return seconds; }
    std::uint32_t seconds = statistics::now;
};

Address ipv4(const char* text) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, text, &address.sin_addr);
    return address_of(std::as_bytes(std::span{&address, 1}));
}

class StatisticsTest : public testing::Test {
protected:
    void SetUp() override {
        test::commit(store_, {test::home("88.1"), test::home("88.2")});
        lookup_.renew();
        open();
    }
    /// As after a restart.
    void open(const Settings& settings = {.utc_offset_hours = 8}) {
        statistics_.reset();
        statistics_ = std::make_unique<Statistics>(store_, clock_, settings);
        statistics_->refresh();  // which makes room for workers to go on in
    }
    std::vector<Row> report(const ReportQuery& query = {}) {
        clock_.seconds += 10;  // whatever workers may still tell of is over
        statistics_->refresh();
        clock_.seconds -= 10;
        return make_report(registry::Snapshot{store_}, query).value();
    }
    Figures figures(const std::string& prefix) {
        for (const Row& row : report())
            if (row.prefix == prefix) return row.figures;
        return {};
    }
    /// What a worker tells of these answers.
    void answer(Tally& tally, const std::string& prefix, const char* source, int count,
                bool success = true) {
        tally.begin(lookup_);
        tally.set_source(ipv4(source));
        for (int each = 0; each < count; ++each)
            tally.count(lookup_.prefix_number(prefix), success);
        tally.settle();
    }
    void hand_over(Tally& tally) { tally.go_on_in(statistics_->exchange(tally.take())); }

    SetClock clock_;
    const test::TempDirectory directory_;
    const registry::Store store_{directory_.path(), registry::Store::Access::write_or_create,
                                 test::small_map};
    registry::Lookup lookup_{store_};
    std::unique_ptr<Statistics> statistics_;
};

TEST_F(StatisticsTest, AddsUpWhatWorkersCountByPrefixAndSource) {
    Tally first{true};
    Tally second{true};
    answer(first, "88.1", "192.0.2.1", 3);
    answer(first, "88.2", "192.0.2.1", 1, false);
    answer(second, "88.1", "192.0.2.2", 2, false);
    answer(second, "88.9", "192.0.2.2", 4, false);
    hand_over(first);
    hand_over(second);

    const Figures figures = this->figures("88.1");
    EXPECT_EQ(figures.resolutions.requests, 5U);
    EXPECT_EQ(figures.resolutions.successes, 3U);
    EXPECT_EQ(figures.sources, 2U);
    EXPECT_EQ(this->figures("88.2").resolutions.requests, 1U);
    EXPECT_EQ(this->figures("").resolutions.requests, 4U) << "prefixes of other nodes";
    const auto sources = list_sources(registry::Snapshot{store_}, 20'231'115, "88.1");
    ASSERT_EQ(sources.size(), 2U);
    EXPECT_EQ(sources[0].address, "192.0.2.1");
    EXPECT_EQ(sources[0].requests, 3U);
    EXPECT_EQ(sources[1].requests, 2U);
}

TEST_F(StatisticsTest, KeepsTheFastestAndSlowestAnswerAndTheSecondOfTheSlowest) {
    statistics_->count_resolutions("88.1", {}, 1, 1, 5us);
    ++clock_.seconds;
    statistics_->count_resolutions("88.1", {}, 1, 1, 9us);
    ++clock_.seconds;
    statistics_->count_resolutions("88.1", {}, 2, 2, 2us);
    const Latency latency = figures("88.1").resolutions.latency;
    EXPECT_EQ(latency.min, 2000U);
    EXPECT_EQ(latency.max, 9000U);
    EXPECT_EQ(latency.max_at, now + 1);
    EXPECT_EQ(latency.sum / latency.count, 4500U);
}

TEST_F(StatisticsTest, FindsThePeakOfAllWorkersTogether) {
    Tally first{true};
    Tally second{true};
    for (const int count : {3, 7, 2}) {
        answer(first, "88.1", "192.0.2.1", count);
        answer(second, "88.1", "192.0.2.1", count);
        answer(second, "88.2", "192.0.2.1", 1);
        hand_over(first);
        hand_over(second);
        statistics_->refresh();
        ++clock_.seconds;
    }
    EXPECT_EQ(figures("88.1").resolutions.peak, 14U);
    EXPECT_EQ(figures("88.1").resolutions.peak_at, now + 1);
    const auto node = report({.by = Group::node});
    ASSERT_EQ(node.size(), 1U);
    EXPECT_EQ(node[0].figures.resolutions.peak, 15U);
    EXPECT_EQ(node[0].figures.resolutions.requests, 27U);
    EXPECT_EQ(node[0].figures.sources, 1U);
}

TEST_F(StatisticsTest, IsExactAcrossRestarts) {
    for (int round = 0; round < 3; ++round) {
        statistics_->count_resolutions("88.1", ipv4("192.0.2.1"), 2, 1, 5us);
        statistics_->count_registrations("88.1", 3, 2, 70us);
        open();
    }
    const Figures figures = this->figures("88.1");
    EXPECT_EQ(figures.resolutions.requests, 6U);
    EXPECT_EQ(figures.resolutions.successes, 3U);
    EXPECT_EQ(figures.registrations.requests, 9U);
    EXPECT_EQ(figures.registrations.successes, 6U);
    EXPECT_EQ(figures.sources, 1U);
}

TEST_F(StatisticsTest, ReadsFromTheChangeLogWhatBecameOfIdentifiersWhoeverChangedThem) {
    test::commit(
        store_,
        {test::put(test::url_record("88.1/a", "u")), test::put(test::url_record("88.1/b", "u"))},
        now);
    EXPECT_EQ(figures("88.1").created, 2U);
    test::commit(store_, {test::put(test::url_record("88.1/a", "v")), test::remove("88.1/b")}, now);
    open();  // it does not count them twice
    const Figures figures = this->figures("88.1");
    EXPECT_EQ(figures.created, 2U);
    EXPECT_EQ(figures.modified, 1U);
    EXPECT_EQ(figures.deleted, 1U);
    EXPECT_EQ(figures.identifiers, 1U);
}

TEST_F(StatisticsTest, BeginsDaysWhereItIsTold) {
    const std::uint32_t midnight_in_china = 1'700'064'000;
    clock_.seconds = midnight_in_china - 1;
    statistics_->count_resolutions("88.1", {}, 1, 1, 1us);
    clock_.seconds = midnight_in_china;
    statistics_->count_resolutions("88.1", {}, 1, 1, 1us);
    const auto rows = report();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].day, 20'231'115U);
    EXPECT_EQ(rows[1].day, 20'231'116U);
    EXPECT_EQ(report({.from = 20'231'116}).size(), 1U);
    EXPECT_EQ(report({.to = 20'231'114}).size(), 0U);
}

TEST_F(StatisticsTest, CutsNoReportOffSilently) {
    for (const char* prefix : {"88.1", "88.2"})
        statistics_->count_resolutions(prefix, {}, 1, 1, 1us);
    for (const Group by : {Group::prefix, Group::enterprise, Group::node})
        EXPECT_FALSE(report({.by = by, .rows_max = 2}).empty());
    const registry::Snapshot snapshot{store_};
    for (const Group by : {Group::prefix, Group::enterprise, Group::node})
        EXPECT_FALSE(make_report(snapshot, {.by = by, .rows_max = 1}));
}

TEST_F(StatisticsTest, TellsNoMoreSourcesApartThanItMay) {
    open({.sources_max = 2});
    for (const char* source : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1", "192.0.2.4"})
        statistics_->count_resolutions("88.1", ipv4(source), 1, 1, 1us);
    const Figures figures = this->figures("88.1");
    EXPECT_EQ(figures.sources, 2U);
    EXPECT_EQ(figures.other_sources, 2U);
    EXPECT_EQ(figures.resolutions.requests, 5U);
}

TEST_F(StatisticsTest, CountsSourcesThatFindNoPlaceInAWorkersTable) {
    Tally tally{true};
    const auto more = static_cast<int>(Interval::source_places);
    for (int each = 0; each < more; ++each) {
        const std::string source =
            "10.1." + std::to_string(each / 256) + '.' + std::to_string(each % 256);
        answer(tally, "88.1", source.c_str(), 1);
    }
    hand_over(tally);
    const Figures figures = this->figures("88.1");
    EXPECT_EQ(figures.resolutions.requests, Interval::source_places);
    EXPECT_EQ(figures.sources + figures.other_sources, Interval::source_places);
    EXPECT_GT(figures.sources, Interval::source_places / 2);
}

TEST_F(StatisticsTest, LetsGoOfDaysThatAreOldEnough) {
    statistics_->count_resolutions("88.1", ipv4("192.0.2.1"), 1, 1, 1us);
    ASSERT_EQ(report().size(), 1U);
    clock_.seconds += 401 * 86'400;
    const std::jthread thread{[&](const std::stop_token& stop) { statistics_->run(stop); }};
    for (int tries = 0; tries < 500; ++tries) {
        if (list_sources(registry::Snapshot{store_}, 20'231'115, "88.1").empty()) break;
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_TRUE(make_report(registry::Snapshot{store_}, {})->empty());
    EXPECT_TRUE(list_sources(registry::Snapshot{store_}, 20'231'115, "88.1").empty());
}

TEST_F(StatisticsTest, WritesWhatSpreadsheetsRead) {
    statistics_->count_resolutions("88.1", ipv4("192.0.2.1"), 2, 1, 3us);
    EXPECT_EQ(format_csv(report()),
              "day,prefix,enterprise,identifiers,created,modified,deleted,"
              "resolution_requests,resolution_successes,resolution_min_ns,resolution_average_ns,"
              "resolution_max_ns,resolution_max_at,resolution_peak,resolution_peak_at,"
              "registration_requests,registration_successes,registration_min_ns,"
              "registration_average_ns,registration_max_ns,registration_max_at,registration_peak,"
              "registration_peak_at,sources,other_sources\r\n"
              "2023-11-15,\"88.1\",\"\",0,0,0,0,2,1,3000,3000,3000,2023-11-14T22:13:20Z,2,"
              "2023-11-14T22:13:20Z,0,0,0,0,0,,0,,1,0\r\n");
}

TEST(Days, AreReadAndWritten) {
    EXPECT_EQ(parse_day("2026-11-25"), 20'261'125U);
    EXPECT_EQ(format_day(20'261'125), "2026-11-25");
    for (const char* wrong :
         {"", "2026-11-31", "2026-13-01", "20261125", "2026-11-2x", "2026/11/25"})
        EXPECT_FALSE(parse_day(wrong)) << wrong;
}

TEST(Figures, AreReadAsTheyWereWrittenAndNothingElseIs) {
    Figures figures{.created = 1, .modified = 2, .deleted = 3, .identifiers = 4, .sources = 5};
    figures.resolutions.requests = 1ULL << 60;
    figures.resolutions.latency.add(7, 9);
    figures.registrations.peak = 11;
    const auto read = figures_from_json(to_json(figures));
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json(*read), to_json(figures));
    for (const char* wrong : {"", "{}", "[]", R"({"resolutions":{}})"})
        EXPECT_FALSE(figures_from_json(wrong)) << wrong;
}

}  // namespace
}  // namespace idnode::resolver::statistics
