#include "resolver/trace/trace.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <set>

#include "protocol/epcis/event.hpp"
#include "registry/lookup.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"
#include "resolver/trace/csv.hpp"
#include "resolver/trace/event_mapping.hpp"
#include "resolver/trace/fsma.hpp"
#include "resolver/trace/recall_report.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;

struct TraceArguments {
    std::string data_directory;
    std::vector<std::string> identifiers;
    bool up = false;
    bool down = false;
    std::string at;
    std::uint32_t depth = 100;
    std::uint64_t nodes_max = 100'000;
    std::string format = "tree";
};

/// Whoever may read the registry's file sees everything.
api::Caller operator_here() {
    return {.identity = {}, .account = api::Account{.name = "local", .role = api::Role::operator_}};
}

/// Fit for a terminal.
std::string shown(ThingNames& names, trace::Thing thing) {
    return escaped(names.find(thing).spelled);
}

/// Lots and their pieces, records and what they refer to: that holds at any time.
bool is_timed(const trace::Edge& edge) {
    return edge.type != trace::EdgeType::membership && edge.type != trace::EdgeType::reference;
}

/// Draws what was found as a tree; what was drawn before is named and not drawn again.
class Tree {
public:
    Tree(registry::Lookup& lookup, const Trace& found, bool down)
        : names_{lookup, found.strangers}, down_{down} {
        for (const auto& [edge, from, to] : found.edges)
            next_.emplace(down ? edge.from : edge.to, &edge);
    }

    void draw(trace::Thing thing, const std::string& indent) {
        const auto range = next_.equal_range(thing);
        for (auto at = range.first; at != range.second; ++at) {
            const bool last = std::next(at) == range.second;
            const trace::Edge& edge = *at->second;
            const trace::Thing other = down_ ? edge.to : edge.from;
            const bool again = !drawn_.insert(other).second;
            print(fmt::format("{}{} {}  ({}{}){}\n", indent, last ? "└─" : "├─",
                              shown(names_, other), name_of(edge.type), since(edge),
                              again ? "  … see above" : ""));
            if (!again) draw(other, indent + (last ? "   " : "│  "));
        }
    }

private:
    static std::string since(const trace::Edge& edge) {
        if (!is_timed(edge)) return {};
        std::string text = ", " + protocol::epcis::format_event_time(edge.valid_from).substr(0, 10);
        if (edge.valid_to)
            text += " to " + protocol::epcis::format_event_time(*edge.valid_to + 1).substr(0, 10);
        return text;
    }

    ThingNames names_;
    const bool down_;
    std::multimap<trace::Thing, const trace::Edge*> next_;
    std::set<trace::Thing> drawn_;
};

void print_graph(registry::Lookup& lookup, const Trace& found, bool mermaid) {
    print(mermaid ? "graph TD\n" : "digraph trace {\n");
    ThingNames names{lookup, found.strangers};
    std::map<trace::Thing, std::size_t> numbers;
    const auto node = [&](trace::Thing thing) {
        const auto [place, fresh] = numbers.try_emplace(thing, numbers.size());
        std::string label = shown(names, thing);
        std::ranges::replace(label, '"', '\'');
        if (fresh)
            print(mermaid ? fmt::format("  n{}[\"{}\"]\n", place->second, label)
                          : fmt::format("  n{} [label=\"{}\"];\n", place->second, label));
        return place->second;
    };
    for (const TraceEdge& told : found.edges) {
        const trace::Edge& edge = told.edge;
        const std::size_t from = node(edge.from);
        const std::size_t to = node(edge.to);
        print(mermaid
                  ? fmt::format("  n{} -->|{}| n{}\n", from, name_of(edge.type), to)
                  : fmt::format("  n{} -> n{} [label=\"{}\"];\n", from, to, name_of(edge.type)));
    }
    if (!mermaid) print("}\n");
}

/// A row for each edge, which a spreadsheet can sort: who asks for records within a day gets them.
void print_csv(registry::Lookup& lookup, const Trace& found) {
    print("from,to,type,quantity,unit,validFrom,validTo,eventID\n");
    const registry::Snapshot& snapshot = lookup.snapshot();
    ThingNames names{lookup, found.strangers};
    for (const auto& [edge, from, to] : found.edges)
        print(fmt::format(
            "{},{},{},{},{},{},{},{}\n", csv_field(names.find(edge.from).spelled),
            csv_field(names.find(edge.to).spelled), name_of(edge.type),
            edge.quantity ? fmt::format("{}", *edge.quantity) : std::string{},
            csv_field(trace::find_text(snapshot, edge.unit)),
            is_timed(edge) ? protocol::epcis::format_event_time(edge.valid_from) : std::string{},
            edge.valid_to ? protocol::epcis::format_event_time(*edge.valid_to + 1) : std::string{},
            csv_field(edge.type == trace::EdgeType::reference
                          ? trace::find_text(snapshot, edge.source)
                          : trace::find_event_id(snapshot, edge.source))));
}

std::optional<std::int64_t> moment_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto time =
        protocol::epcis::parse_event_time(text.size() == 10 ? text + "T23:59:59.999Z" : text);
    if (!time) throw ConfigError{"--at: expected a date, or a date and time with an offset"};
    return time;
}

/// The output formats besides the tree.
void write(registry::Lookup& lookup, const Trace& found, const TraceArguments& arguments,
           std::int64_t as_of) {
    const std::string& format = arguments.format;
    if (format == "json") {
        std::string out;
        write_trace(out, lookup, found,
                    {.from = 0, .count = arguments.nodes_max, .truncated = found.truncated}, as_of);
        print(out + '\n');
    } else if (format == "csv") {
        print_csv(lookup, found);
    } else if (format == "fsma") {
        write_fsma(lookup, found, print);
    } else if (format == "report") {
        std::vector<std::string> suspects;
        for (const std::string& each : arguments.identifiers) suspects.push_back(escaped(each));
        write_recall_report(lookup, found, suspects, as_of, print);
    } else {
        print_graph(lookup, found, format == "mermaid");
    }
}

ExitCode run(const TraceArguments& arguments) {
    const registry::Store store{arguments.data_directory, registry::Store::Access::read};
    registry::Lookup lookup{store, 0, registry::Lookup::Disk::wait};
    const bool recalls = arguments.format == "report";
    TraceOptions options{.roots = {},
                         .up = arguments.up || (!arguments.down && !recalls),
                         .down = arguments.down || (!arguments.up && recalls),
                         .depth = arguments.depth,
                         .nodes_max = arguments.nodes_max,
                         .at = moment_of(arguments.at)};
    for (const std::string& each : arguments.identifiers) options.roots.push_back(canonical(each));
    const Trace found = run_trace(lookup, options, operator_here());
    if (!found.known) {
        print("Nothing is known of " + escaped(arguments.identifiers.front()) + '\n');
        return ExitCode::not_found;
    }
    if (arguments.format != "tree") {
        write(lookup, found, arguments,
              options.at.value_or(std::int64_t{SystemClock{}.now()} * 1000));
    } else {
        Strangers strangers = found.strangers;
        ThingNames names{lookup, strangers};
        for (const std::string& each : options.roots) {
            const trace::Thing root = number_of(lookup.snapshot(), each, strangers);
            print(shown(names, root) + '\n');
            if (options.up) Tree{lookup, found, false}.draw(root, "");
            if (options.down) Tree{lookup, found, true}.draw(root, "");
        }
        if (found.truncated) print("… and more: raise --depth or --nodes\n");
    }
    return ExitCode::success;
}

}  // namespace

void add_trace_command(CLI::App& app, Action& chosen) {
    auto* const command =
        app.add_subcommand("trace", "Show where something came from, or what it went into");
    const auto arguments = std::make_shared<TraceArguments>();
    add_data_option(*command, arguments->data_directory);
    command
        ->add_option("identifier", arguments->identifiers,
                     "A handle, EPC URI, Digital Link, element string, VIN, …")
        ->required();
    command->add_flag("--up", arguments->up, "To what it came of (the default, but for a report)");
    command->add_flag("--down", arguments->down, "To what it went into");
    command->add_option("--at", arguments->at,
                        "As of that day (2026-01-31) or moment; otherwise all that ever was");
    command->add_option("--depth", arguments->depth, "Hops at most")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command->add_option("--nodes", arguments->nodes_max, "Things at most")->capture_default_str();
    command->add_option("--format", arguments->format, "How it is written")
        ->check(CLI::IsMember({"tree", "json", "csv", "dot", "mermaid", "fsma", "report"}))
        ->capture_default_str();
    command->footer(
        "Example:\n"
        "  idnode trace '(01)04012345123456(10)L1' --down --data data\n"
        "Formats: csv has a row for each edge; fsma one for each critical tracking event of the\n"
        "lots, as 21 CFR 1 subpart S asks for; report is a recall in Markdown.\n"
        "Only the registry in DIR is asked; a running node answers GET /api/v1/trace/ID.");
    command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace idnode::resolver
