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
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;

struct TraceArguments {
    std::string data_directory;
    std::string identifier;
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

std::string spelled(registry::Lookup& lookup, const std::string& id) {
    if (const auto name = trace::find_name(lookup.snapshot(), id)) return escaped(*name);
    if (const auto record = lookup.find(id)) return escaped(record->handle());
    return escaped(id);
}

/// Draws what was found as a tree; what was drawn before is named and not drawn again.
class Tree {
public:
    Tree(registry::Lookup& lookup, const Trace& found, bool down) : lookup_{lookup}, down_{down} {
        for (const trace::Edge& edge : found.edges)
            next_.emplace(down ? edge.from : edge.to, &edge);
    }

    void draw(const std::string& id, const std::string& indent) {
        const auto range = next_.equal_range(id);
        for (auto at = range.first; at != range.second; ++at) {
            const bool last = std::next(at) == range.second;
            const trace::Edge& edge = *at->second;
            const std::string& other = down_ ? edge.to : edge.from;
            const bool again = !drawn_.insert(other).second;
            print(fmt::format("{}{} {}  ({}{}){}\n", indent, last ? "└─" : "├─",
                              spelled(lookup_, other), name_of(edge.type), since(edge),
                              again ? "  … see above" : ""));
            if (!again) draw(other, indent + (last ? "   " : "│  "));
        }
    }

private:
    static std::string since(const trace::Edge& edge) {
        if (edge.type == trace::EdgeType::membership || edge.type == trace::EdgeType::reference)
            return {};
        std::string text = ", " + protocol::epcis::format_event_time(edge.valid_from).substr(0, 10);
        if (edge.valid_to)
            text += " to " + protocol::epcis::format_event_time(*edge.valid_to + 1).substr(0, 10);
        return text;
    }

    registry::Lookup& lookup_;
    const bool down_;
    std::multimap<std::string, const trace::Edge*> next_;
    std::set<std::string> drawn_;
};

void print_graph(registry::Lookup& lookup, const Trace& found, bool mermaid) {
    print(mermaid ? "graph TD\n" : "digraph trace {\n");
    std::map<std::string, std::size_t> numbers;
    const auto node = [&](const std::string& id) {
        const auto [place, fresh] = numbers.try_emplace(id, numbers.size());
        std::string label = spelled(lookup, id);
        std::ranges::replace(label, '"', '\'');
        if (fresh)
            print(mermaid ? fmt::format("  n{}[\"{}\"]\n", place->second, label)
                          : fmt::format("  n{} [label=\"{}\"];\n", place->second, label));
        return place->second;
    };
    for (const trace::Edge& edge : found.edges) {
        const std::size_t from = node(edge.from);
        const std::size_t to = node(edge.to);
        print(mermaid
                  ? fmt::format("  n{} -->|{}| n{}\n", from, name_of(edge.type), to)
                  : fmt::format("  n{} -> n{} [label=\"{}\"];\n", from, to, name_of(edge.type)));
    }
    if (!mermaid) print("}\n");
}

/// A field of CSV (RFC 4180).
std::string field(std::string text) {
    if (text.find_first_of(",\"\n") == text.npos) return text;
    for (std::size_t at = text.find('"'); at != text.npos; at = text.find('"', at + 2))
        text.insert(at, 1, '"');
    return '"' + text + '"';
}

/// A row for each edge, which a spreadsheet can sort: who asks for records within a day gets them.
void print_csv(registry::Lookup& lookup, const Trace& found) {
    print("from,to,type,quantity,unit,validFrom,validTo,eventID\n");
    for (const trace::Edge& edge : found.edges)
        print(fmt::format(
            "{},{},{},{},{},{},{},{}\n", field(spelled(lookup, edge.from)),
            field(spelled(lookup, edge.to)), name_of(edge.type),
            edge.quantity ? fmt::format("{}", *edge.quantity) : std::string{}, edge.unit,
            protocol::epcis::format_event_time(edge.valid_from),
            edge.valid_to ? protocol::epcis::format_event_time(*edge.valid_to + 1) : std::string{},
            field(edge.event)));
}

std::optional<std::int64_t> moment_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto time =
        protocol::epcis::parse_event_time(text.size() == 10 ? text + "T23:59:59.999Z" : text);
    if (!time) throw ConfigError{"--at: expected a date, or a date and time with an offset"};
    return time;
}

ExitCode run(const TraceArguments& arguments) {
    const registry::Store store{arguments.data_directory, registry::Store::Access::read};
    registry::Lookup lookup{store};
    TraceOptions options{.roots = {canonical(arguments.identifier)},
                         .up = arguments.up || !arguments.down,
                         .down = arguments.down,
                         .depth = arguments.depth,
                         .nodes_max = arguments.nodes_max,
                         .at = moment_of(arguments.at)};
    const Trace found = run_trace(lookup, options, operator_here());
    if (!found.known) {
        print("Nothing is known of " + escaped(arguments.identifier) + '\n');
        return ExitCode::not_found;
    }
    if (arguments.format == "json") {
        std::string out;
        write_trace(out, lookup, found,
                    {.from = 0, .count = arguments.nodes_max, .truncated = found.truncated},
                    options.at.value_or(std::int64_t{SystemClock{}.now()} * 1000));
        print(out + '\n');
    } else if (arguments.format == "csv") {
        print_csv(lookup, found);
    } else if (arguments.format != "tree") {
        print_graph(lookup, found, arguments.format == "mermaid");
    } else {
        print(spelled(lookup, found.root) + '\n');
        if (options.up) Tree{lookup, found, false}.draw(found.root, "");
        if (options.down) Tree{lookup, found, true}.draw(found.root, "");
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
        ->add_option("identifier", arguments->identifier,
                     "A handle, EPC URI, Digital Link, element string, VIN, …")
        ->required();
    command->add_flag("--up", arguments->up, "To what it came of (the default)");
    command->add_flag("--down", arguments->down, "To what it went into");
    command->add_option("--at", arguments->at,
                        "As of that day (2026-01-31) or moment; otherwise all that ever was");
    command->add_option("--depth", arguments->depth, "Hops at most")->capture_default_str();
    command->add_option("--nodes", arguments->nodes_max, "Things at most")->capture_default_str();
    command->add_option("--format", arguments->format, "How it is written")
        ->check(CLI::IsMember({"tree", "json", "csv", "dot", "mermaid"}))
        ->capture_default_str();
    command->footer(
        "Example:\n"
        "  idnode trace '(01)04012345123456(10)L1' --down --data data\n"
        "Only the registry in DIR is asked; a running node answers GET /api/v1/trace/ID.");
    command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace idnode::resolver
