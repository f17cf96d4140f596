#include "protocol/handle/handle.hpp"
#include "registry/store.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/statistics/report.hpp"

namespace idnode::resolver {
namespace {

struct StatisticsOptions {
    std::string data_directory;
    std::string from;
    std::string to;
    std::string prefix;
    std::string by = "prefix";
    bool json = false;
    bool sources = false;
};

std::uint32_t day_from(const char* option, const std::string& text, std::uint32_t otherwise) {
    if (text.empty()) return otherwise;
    const auto day = statistics::parse_day(text);
    if (!day)
        throw CLI::ValidationError{option, "expected a day such as 2026-11-25, found " + text};
    return *day;
}

template <class Rows>
void print_rows(const Rows& rows, bool json) {
    print(json ? format_json(rows) + '\n' : format_csv(rows));
}

ExitCode print_statistics(const StatisticsOptions& options) {
    statistics::ReportQuery query;
    query.from = day_from("--from", options.from, query.from);
    query.to = day_from("--to", options.to, query.to);
    query.by = options.by == "node"         ? statistics::Group::node
               : options.by == "enterprise" ? statistics::Group::enterprise
                                            : statistics::Group::prefix;
    const std::string wanted = protocol::folded(options.prefix);
    query.sees = [&](std::string_view prefix) { return wanted.empty() || prefix == wanted; };
    if (options.sources && (options.prefix.empty() || options.from.empty()))
        throw CLI::ValidationError{"--sources", "expected --prefix and the day in --from with it"};
    const registry::Store store{options.data_directory, registry::Store::Access::read};
    const registry::Snapshot snapshot{store};
    if (options.sources) {
        print_rows(statistics::list_sources(snapshot, query.from, wanted), options.json);
        return ExitCode::success;
    }
    const auto rows = make_report(snapshot, query);
    if (!rows)
        throw CLI::ValidationError{"--from", "expected days that come to at most " +
                                                 std::to_string(query.rows_max) +
                                                 " rows of single prefixes, found more"};
    print_rows(*rows, options.json);
    return ExitCode::success;
}

}  // namespace

void add_statistics_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "statistics", "Print what was resolved and registered, by prefix and day, as CSV");
    const auto options = std::make_shared<StatisticsOptions>();
    add_data_option(*command, options->data_directory);
    command->add_option("--from", options->from, "The first day, such as 2026-11-25");
    command->add_option("--to", options->to, "The last day");
    command->add_option("--prefix", options->prefix, "Only this prefix");
    command->add_option("--by", options->by, "Add up by prefix, enterprise or node")
        ->check(CLI::IsMember({"prefix", "enterprise", "node"}));
    command->add_flag("--sources", options->sources,
                      "The addresses that asked for --prefix on the day --from instead");
    command->add_flag("--json", options->json, "As JSON");
    command->footer(
        "A running node writes its figures every 10 seconds (statistics.write_seconds).\n"
        "Latencies are in nanoseconds; times are in UTC, days those of "
        "statistics.utc_offset_hours.");
    command->callback(
        [&chosen, options] { chosen = [options] { return print_statistics(*options); }; });
}

}  // namespace idnode::resolver
