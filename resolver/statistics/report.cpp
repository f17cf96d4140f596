#include "resolver/statistics/report.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <set>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"
#include "registry/entries.hpp"
#include "resolver/enterprises/enterprise.hpp"
#include "resolver/statistics/statistics.hpp"

namespace idnode::resolver::statistics {
namespace {

using protocol::JsonWriter;
using registry::Area;
using registry::Snapshot;

std::string find_enterprise(const Snapshot& snapshot, std::string_view prefix) {
    const auto stored = registry::find_entry(snapshot, Area::allotments, prefix);
    const auto allotment = stored ? enterprises::allotment_from_json(*stored) : std::nullopt;
    return allotment ? allotment->enterprise : std::string{};
}

/// Distinct sources of several prefixes together.
class SourceSets {
public:
    void add(const Snapshot& snapshot, const Row& group, const Row& row) {
        for (auto& source : list_sources(snapshot, row.day, row.prefix))
            sets_[{group.day, group.enterprise}].insert(std::move(source.address));
    }
    std::uint64_t count(const Row& group) const {
        const auto set = sets_.find({group.day, group.enterprise});
        return set == sets_.end() ? 0 : set->second.size();
    }

private:
    std::map<std::pair<std::uint32_t, std::string>, std::set<std::string>> sets_;
};

/// Adds up the rows of single prefixes.
std::vector<Row> group_rows(const Snapshot& snapshot, const std::vector<Row>& rows, Group by) {
    std::map<std::pair<std::uint32_t, std::string>, Row> groups;
    SourceSets sources;
    for (const Row& row : rows) {
        const std::string key = by == Group::enterprise ? row.enterprise : std::string{};
        Row& group = groups[{row.day, key}];
        group.day = row.day;
        group.enterprise = key;
        const std::uint64_t identifiers = group.figures.identifiers + row.figures.identifiers;
        merge(group.figures, row.figures);
        group.figures.identifiers = identifiers;
        sources.add(snapshot, group, row);
    }
    std::vector<Row> all;
    for (auto& [key, group] : groups) {
        group.figures.sources = sources.count(group);
        all.push_back(std::move(group));
    }
    return all;
}

/// The peaks of the node as a whole, which no sum of others gives.
void take_peaks_of_node(const Snapshot& snapshot, std::vector<Row>& rows) {
    for (Row& row : rows) {
        const auto stored =
            registry::find_entry(snapshot, Area::statistics, figures_key(row.day, whole_node));
        const auto figures = stored ? figures_from_json(*stored) : std::nullopt;
        if (!figures) continue;
        merge(row.figures.resolutions, figures->resolutions);
        merge(row.figures.registrations, figures->registrations);
    }
}

std::string second_text(std::uint32_t second) {
    return second == 0 ? std::string{} : protocol::format_time(second);
}

std::uint64_t average(const Latency& latency) {
    return latency.sum / std::max<std::uint64_t>(latency.count, 1);
}

void write_requests(JsonWriter& writer, const Requests& all) {
    const Latency& latency = all.latency;
    writer.key("requests").number(all.requests).key("successes").number(all.successes);
    if (latency.count > 0) {
        writer.key("latency").begin_object().key("min").number(latency.min);
        writer.key("average").number(average(latency)).key("max").number(latency.max);
        writer.key("maxAt").string(second_text(latency.max_at)).end_object();
    }
    writer.key("peak").number(all.peak);
    if (all.peak > 0) writer.key("peakAt").string(second_text(all.peak_at));
}

std::string requests_csv(const Requests& all) {
    const Latency& latency = all.latency;
    return fmt::format("{},{},{},{},{},{},{},{}", all.requests, all.successes, latency.min,
                       average(latency), latency.max, second_text(latency.max_at), all.peak,
                       second_text(all.peak_at));
}

/// A field of CSV: prefixes may hold what would end one.
std::string csv_quoted(std::string_view text) {
    std::string out{"\""};
    for (const char each : text) {
        if (each == '"') out += '"';
        out += each;
    }
    return out += '"';
}

}  // namespace

std::optional<std::vector<Row>> make_report(const Snapshot& snapshot, const ReportQuery& query) {
    std::vector<Row> rows;
    const std::string begin = figures_key(query.from, {});
    const std::string end = figures_key(query.to + 1, {});
    registry::EntryCursor cursor{snapshot, Area::statistics};
    for (auto entry = cursor.seek(begin); entry && entry->key < end; entry = cursor.next()) {
        Row row;
        const std::string_view place = entry->key.substr(begin.size() - day_size - 1);
        std::from_chars(place.data(), place.data() + day_size, row.day);
        row.prefix = place.substr(day_size + 1);
        const auto figures = figures_from_json(entry->value);
        if (row.prefix == whole_node || !figures) continue;
        if (query.sees && !query.sees(row.prefix)) continue;
        row.enterprise = find_enterprise(snapshot, row.prefix);
        if (!query.enterprise.empty() && row.enterprise != query.enterprise) continue;
        row.figures = *figures;
        if (rows.size() == query.rows_max) return std::nullopt;
        rows.push_back(std::move(row));
    }
    if (query.by == Group::prefix) return rows;
    rows = group_rows(snapshot, rows, query.by);
    if (query.by == Group::node) take_peaks_of_node(snapshot, rows);
    return rows;
}

std::string format_json(const std::vector<Row>& rows) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object().key("rows").begin_array();
    for (const Row& row : rows) {
        const Figures& figures = row.figures;
        writer.begin_object().key("day").string(format_day(row.day));
        writer.key("prefix").string(row.prefix).key("enterprise").string(row.enterprise);
        writer.key("identifiers").number(figures.identifiers);
        writer.key("created").number(figures.created).key("modified").number(figures.modified);
        writer.key("deleted").number(figures.deleted).key("resolutions").begin_object();
        write_requests(writer, figures.resolutions);
        writer.key("sources").number(figures.sources);
        writer.key("otherSources").number(figures.other_sources).end_object();
        writer.key("registrations").begin_object();
        write_requests(writer, figures.registrations);
        writer.end_object().end_object();
    }
    writer.end_array().end_object();
    return text;
}

std::string format_csv(const std::vector<Row>& rows) {
    std::string text{"day,prefix,enterprise,identifiers,created,modified,deleted"};
    for (const std::string_view kind : {"resolution", "registration"})
        for (const std::string_view what : {"requests", "successes", "min_ns", "average_ns",
                                            "max_ns", "max_at", "peak", "peak_at"})
            text.append(",").append(kind).append("_").append(what);
    text += ",sources,other_sources\r\n";
    for (const Row& row : rows) {
        const Figures& figures = row.figures;
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", format_day(row.day),
                            csv_quoted(row.prefix), csv_quoted(row.enterprise), figures.identifiers,
                            figures.created, figures.modified, figures.deleted,
                            requests_csv(figures.resolutions), requests_csv(figures.registrations),
                            figures.sources, figures.other_sources);
    }
    return text;
}

std::vector<SourceRow> list_sources(const Snapshot& snapshot, std::uint32_t day,
                                    std::string_view prefix) {
    std::vector<SourceRow> rows;
    const std::string stem = sources_stem(day, protocol::folded(prefix));
    registry::EntryCursor cursor{snapshot, Area::statistics};
    for (auto entry = cursor.seek(stem); entry && entry->key.starts_with(stem);
         entry = cursor.next()) {
        SourceRow row{.address = std::string{entry->key.substr(stem.size())}};
        std::from_chars(entry->value.data(), entry->value.data() + entry->value.size(),
                        row.requests);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string format_json(const std::vector<SourceRow>& rows) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object().key("sources").begin_array();
    for (const SourceRow& row : rows)
        writer.begin_object()
            .key("address")
            .string(row.address)
            .key("requests")
            .number(row.requests)
            .end_object();
    writer.end_array().end_object();
    return text;
}

std::string format_csv(const std::vector<SourceRow>& rows) {
    std::string text{"address,requests\r\n"};
    for (const SourceRow& row : rows) text += fmt::format("{},{}\r\n", row.address, row.requests);
    return text;
}

}  // namespace idnode::resolver::statistics
