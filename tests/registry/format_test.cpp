#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "registry/changes.hpp"
#include "registry/store.hpp"
#include "registry/trace/event_store.hpp"
#include "tests/registry/trace/committing.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::registry {
namespace {

using protocol::Record;

// The text form of a file: its size, then "place: octets", 32 octets a line, all in hex; lines of
// zeros are left out.
constexpr std::size_t line_octets = 32;

std::string to_dump(const std::string& octets) {
    std::ostringstream dump;
    dump << "size " << octets.size() << '\n' << std::hex;
    for (std::size_t place = 0; place < octets.size(); place += line_octets) {
        const std::string line = octets.substr(place, line_octets);
        if (std::all_of(line.begin(), line.end(), [](char octet) { return octet == 0; })) continue;
        dump << place << ": " << test::hex_from_bytes(line) << '\n';
    }
    return dump.str();
}

std::string from_dump(std::istream& dump) {
    std::string octets;
    for (std::string line; std::getline(dump, line);) {
        if (line.starts_with('#')) continue;
        if (line.starts_with("size ")) {
            octets.resize(std::stoul(line.substr(5)));
            continue;
        }
        const std::size_t colon = line.find(": ");
        const std::string content = test::bytes_from_hex(line.substr(colon + 2));
        octets.replace(std::stoul(line.substr(0, colon), nullptr, 16), content.size(), content);
    }
    return octets;
}

/// What the dumps of all formats hold.
std::vector<Record> expected_records() {
    auto lasting = test::hidden_value(3, "HS_SECKEY", "secret", 1'700'000'002);
    lasting.ttl_type = protocol::TtlType::absolute;
    lasting.ttl = 2'000'000'000;
    auto referring = test::open_value(5, "10320/loc", std::string{"\0\xff", 2}, 1'700'000'003);
    referring.references = {{"88.118.8/x", 1}, {"88.118.8/ADMIN", 200}};
    referring.permissions = 0x0f;
    const std::string long_handle = "88.118.8/零件-" + std::string(600, 'z');
    return {test::record_of("88.118.8/x", {test::open_value(1, "URL", "u", 1),
                                           test::hidden_value(2, "KEY", "s", 1)}),
            test::record_of("88.118.8/Y", {lasting, referring}),
            test::url_record(long_handle, "https://example.org/z", 1'700'000'004)};
}

const std::vector<std::string> expected_prefixes{"88.118.8", "88.Ab"};

void fill(const Store& store) {
    std::vector<Change> changes;
    for (const std::string& prefix : expected_prefixes) changes.push_back(test::home(prefix));
    for (const Record& record : expected_records()) changes.push_back(test::put(record));
    test::commit(store, std::move(changes));
}

void expect_everything(const Store& store) {
    EXPECT_EQ(test::all_records(store), expected_records());
    EXPECT_EQ(test::all_homed_prefixes(store), expected_prefixes);
    EXPECT_EQ(test::faults_of(store), std::vector<std::string>{});
    const Snapshot snapshot{store};
    EXPECT_EQ(snapshot.sequence(), 5U);
    for (const Record& record : expected_records())
        EXPECT_TRUE(snapshot.find(record.handle)) << record.handle;
    EXPECT_EQ(snapshot.find("88.118.8/X")->sequence(), 3U);
}

void restore(const std::string& name, const test::TempDirectory& directory) {
    std::ifstream dump{std::filesystem::path{IDNODE_SOURCE_DIR} / "tests/vectors" / name};
    ASSERT_TRUE(dump) << name;
    std::ofstream{directory / Store::file_name, std::ios::binary} << from_dump(dump);
}

void restore(std::uint32_t version, const test::TempDirectory& directory) {
    restore("registry-format-" + std::to_string(version) + ".hex", directory);
}

/// Whether a store that holds a whole change log has it from the number `from` on.
void expect_log_from(const Store& store, std::uint64_t from) {
    const Snapshot snapshot{store};
    EXPECT_EQ(changes_from(snapshot), from);
    const auto ignore = [](const ChangeView&) { return true; };
    EXPECT_TRUE(for_each_change(snapshot, from, ignore));
    EXPECT_FALSE(from > 1 && for_each_change(snapshot, from - 1, ignore));
}

TEST(RegistryFormat, OfEachReleaseStillOpens) {
    for (std::uint32_t version = 1; version <= Store::format_version; ++version) {
        SCOPED_TRACE(version);
        const test::TempDirectory directory;
        restore(version, directory);
        const Store store{directory.path(), Store::Access::read, test::small_map};
        expect_everything(store);
        expect_log_from(store, version == 1 ? 6 : 1);
    }
}

TEST(RegistryFormat, OneIsCarriedOverWithoutItsChangesWhenItIsOpenedToWrite) {
    for (const auto access : {Store::Access::write, Store::Access::write_or_create}) {
        const test::TempDirectory directory;
        restore(1, directory);
        EXPECT_FALSE(
            Snapshot{Store(directory.path(), Store::Access::read, test::small_map)}.identity())
            << "reading changes nothing";
        const Store store{directory.path(), access, test::small_map};
        expect_everything(store);
        expect_log_from(store, 6);
        EXPECT_TRUE(Snapshot{store}.identity());
        test::commit(store, {test::put(test::url_record("88.118.8/new", "n"))});
        expect_log_from(store, 6);
        EXPECT_EQ(find_change(Snapshot{store}, 6)->handle, "88.118.8/new");
        // What a program of format 1 would look into, should it still run.
        lmdb::WriteTxn txn{store.env()};
        EXPECT_FALSE(txn.first(txn.open_table("changes")));
    }
}

/// Every edge as FROM TO TYPE SINCE-UNTIL QUANTITY UNIT SOURCE, times in days of January 2026.
std::vector<std::string> edges_of(const Store& store) {
    const Snapshot snapshot{store};
    const auto day_of = [](std::int64_t time) {
        return std::to_string((time - 1'767'225'600'000) / 86'400'000 + 1);
    };
    const auto called = [&](trace::Thing thing) {
        return std::string{trace::find_thing(snapshot, thing)->canonical};
    };
    std::vector<std::string> edges;
    EntryCursor names{snapshot, Area::thing_names};
    for (auto entry = names.seek({}); entry; entry = names.next()) {
        const auto number =
            protocol::load_big<std::uint64_t>(protocol::bytes_of(entry->key).data());
        trace::for_each_edge(
            snapshot, trace::Direction::down, number, [&](const trace::Edge& edge) {
                const bool by_record = edge.type == trace::EdgeType::reference;
                const bool timed = edge.valid_from > trace::time_min && !by_record;
                std::ostringstream text;
                text << called(edge.from) << ' ' << called(edge.to) << ' '
                     << trace::name_of(edge.type) << ' ' << (timed ? day_of(edge.valid_from) : "")
                     << '-' << (edge.valid_to ? day_of(*edge.valid_to + 1) : "") << ' '
                     << edge.quantity.value_or(0) << ' ' << trace::find_text(snapshot, edge.unit)
                     << ' '
                     << (by_record ? trace::find_text(snapshot, edge.source)
                                   : trace::find_event_id(snapshot, edge.source));
                edges.push_back(text.str());
                return true;
            });
    }
    std::ranges::sort(edges);
    return edges;
}

TEST(RegistryFormat, TwoWithEventsIsCarriedOverWhenItIsOpenedToWrite) {
    const test::TempDirectory directory;
    restore("registry-format-2-traces.hex", directory);
    try {
        const Store store{directory.path(), Store::Access::read, test::small_map};
        ADD_FAILURE() << "it was opened";
    } catch (const StoreError& error) {
        EXPECT_EQ(error.kind(), StoreError::Kind::foreign);
        EXPECT_NE(std::string{error.what()}.find("carries them over"), std::string::npos);
    }
    const Store store{directory.path(), Store::Access::write, test::small_map};
    EXPECT_EQ(test::faults_of(store), std::vector<std::string>{});
    const std::string lot = "01/04012345123456/10/L1";
    std::vector<std::string> expected{
        "88.1/HEAT " + lot + " transformation 1- 5.5 KGM urn:e:1",
        "88.1/HEAT 88.1/COIL reference - 0  88.1/COIL",
        lot + " 01/04012345123456/21/S1 membership - 0  ",
        "01/04012345123456/21/S1 00/106141412345678908 aggregation 2-4 0  urn:e:2",
        "urn:x:a urn:x:b transformation 6- 0  urn:e:5"};
    std::ranges::sort(expected);
    EXPECT_EQ(edges_of(store), expected);
    const Snapshot snapshot{store};
    EXPECT_EQ(trace::find_name(snapshot, "88.1/HEAT"), "hdl:88.1/heat");
    EXPECT_EQ(trace::count_events(snapshot), 7U);
    EXPECT_EQ(trace::find_event(snapshot, "urn:e:1")->number, 1U);
    EXPECT_NE(trace::find_event(snapshot, "urn:e:1")->json.find("KGM"), std::string_view::npos);
}

/// What comes later meets what was carried over: an emptied box, a transformation that several
/// events tell, an event that is declared wrong.
TEST(RegistryFormat, TwoWithEventsGoesOnAsIfItHadBeenThree) {
    const test::TempDirectory directory;
    restore("registry-format-2-traces.hex", directory);
    const Store store{directory.path(), Store::Access::write, test::small_map};
    constexpr std::int64_t day = 86'400'000;
    constexpr std::int64_t first = 1'767'225'600'000;
    trace::StoredEvent packs{.id = "late", .time = first + 2 * day, .json = "{}"};
    packs.facts = {{.type = trace::EdgeType::aggregation,
                    .from = "urn:x:late",
                    .to = "00/106141412345678908",
                    .time = packs.time,
                    .event = packs.id}};
    trace::StoredEvent joins{.id = "joins", .time = first + 8 * day, .json = "{}"};
    joins.transformation = "urn:t:1";
    joins.outputs = {{.to = "urn:x:e", .time = joins.time, .event = joins.id}};
    const trace::StoredEvent wrong{.id = "urn:e:1", .declares_error = true, .json = "{}"};
    test::commit_decided(store, [&](const WriteView& view, std::vector<Change>& changes) {
        trace::capture(view, {packs, joins, wrong},
                       {.actor = "somebody", .is_own = [](std::string_view) { return true; }},
                       changes);
    });
    EXPECT_EQ(test::faults_of(store), std::vector<std::string>{});
    const auto edges = edges_of(store);
    const auto has = [&](const std::string& edge) { return std::ranges::count(edges, edge) == 1; };
    EXPECT_EQ(edges.size(), 6U);
    EXPECT_TRUE(has("urn:x:late 00/106141412345678908 aggregation 3-4 0  late"));
    EXPECT_TRUE(has("urn:x:a urn:x:e transformation 9- 0  joins"));
}

TEST(RegistryFormat, OfEachReleaseCanBeWrittenOn) {
    for (std::uint32_t version = 1; version <= Store::format_version; ++version) {
        SCOPED_TRACE(version);
        const test::TempDirectory directory;
        restore(version, directory);
        const Store store{directory.path(), Store::Access::write, test::small_map};
        const auto again = test::commit(store, {test::put(expected_records()[0])});
        EXPECT_EQ(again.outcomes, std::vector{Outcome::unchanged});
        EXPECT_EQ(test::commit(store, {test::put(test::url_record("88.118.8/new", "n"))}).sequence,
                  6U);
        EXPECT_EQ(test::all_records(store).size(), 4U);
        EXPECT_EQ(test::faults_of(store), std::vector<std::string>{});
    }
}

TEST(RegistryFormat, IsNotChangedByTheTextFormOfTheDumps) {
    const test::TempDirectory directory;
    {
        const Store store{directory.path(), Store::Access::write_or_create, test::small_map};
        fill(store);
        expect_everything(store);
    }
    std::ostringstream octets;
    octets << std::ifstream{directory / Store::file_name, std::ios::binary}.rdbuf();
    std::istringstream dump{to_dump(octets.str())};
    EXPECT_TRUE(from_dump(dump) == octets.str());
}

/// Not a test: prints the dump of a new format, for tests/vectors. Run it with
/// --gtest_also_run_disabled_tests --gtest_filter=*PrintsADump*.
TEST(RegistryFormat, DISABLED_PrintsADump) {
    const test::TempDirectory directory;
    fill({directory.path(), Store::Access::write_or_create, test::small_map});
    std::ostringstream octets;
    octets << std::ifstream{directory / Store::file_name, std::ios::binary}.rdbuf();
    std::cout << to_dump(octets.str());
}

}  // namespace
}  // namespace idnode::registry
