#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/store.hpp"
#include "resolver/statistics/figures.hpp"

namespace idnode::resolver::statistics {

/// By what figures are added up.
enum class Group { prefix, enterprise, node };

inline constexpr std::size_t rows_max = 100'000;

/// What is asked for.
struct ReportQuery {
    std::uint32_t from = 0;         ///< a day as YYYYMMDD
    std::uint32_t to = 99'991'231;  ///< the last one
    Group by = Group::prefix;
    std::string enterprise{};  ///< the id of one; empty: of all
    std::function<bool(std::string_view folded_prefix)>
        sees{};  ///< whether a prefix may be told of
    /// Of days and prefixes that are told of or added up.
    std::size_t rows_max = statistics::rows_max;
};

/// One line of a report. The prefix is empty for what was asked of other nodes' prefixes, and in
/// rows of enterprises and the node. In those, `peak` is the highest of a single prefix, but for
/// the node as a whole it is that of all together; and sources are distinct among all.
struct Row {
    std::uint32_t day = 0;
    std::string prefix;
    std::string enterprise;
    Figures figures;
};

/// The rows in the order of their days. What was counted in the last seconds may not be there yet
/// (`Statistics::refresh`). Nothing where there are more than `rows_max`: sums that were cut off
/// would pass for whole ones.
std::optional<std::vector<Row>> make_report(const registry::Snapshot& snapshot,
                                            const ReportQuery& query);

/// `{"rows":[{"day","prefix","enterprise","identifiers","created","modified","deleted",
/// "resolutions":{"requests","successes","latency":{"min","average","max","maxAt"},"peak",
/// "peakAt","sources","otherSources"},"registrations":{…}}]}`; latencies are in nanoseconds, and
/// absent where nothing was timed.
std::string format_json(const std::vector<Row>& rows);
/// The same figures, a line for each row, with a head (RFC 4180).
std::string format_csv(const std::vector<Row>& rows);

/// One address from where a prefix was asked for.
struct SourceRow {
    std::string address;
    std::uint64_t requests = 0;
};

/// Where the requests for a prefix came from on a day, in the order of the addresses' texts.
std::vector<SourceRow> list_sources(const registry::Snapshot& snapshot, std::uint32_t day,
                                    std::string_view prefix);

std::string format_json(const std::vector<SourceRow>& rows);
std::string format_csv(const std::vector<SourceRow>& rows);

}  // namespace idnode::resolver::statistics
