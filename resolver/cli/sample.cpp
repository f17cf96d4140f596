#include "resolver/sample/sample.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>

#include "protocol/json/record_json.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"
#include "resolver/config.hpp"
#include "resolver/sample/chain.hpp"

namespace idnode::resolver {
namespace {

ExitCode sample(const SampleOptions& options) {
    constexpr std::size_t chunk = std::size_t{1} << 16;
    std::string text;
    generate_sample(options, [&](const protocol::Record& record) {
        protocol::JsonWriter writer{text};
        write_record(writer, record);
        text.push_back('\n');
        if (text.size() < chunk) return;
        print(text);
        text.clear();
    });
    print(text);
    return ExitCode::success;
}

/// Where lines go: a file, or standard output where none is named.
class Lines {
public:
    explicit Lines(const std::string& file) : file_{file} {
        if (file_.empty()) return;
        out_.open(file_, std::ios::binary | std::ios::trunc);
        if (!out_) throw ConfigError{"cannot write " + file_};
    }

    void write(std::string_view text) {
        if (file_.empty()) return print(text);
        out_ << text;
        if (!out_) throw std::runtime_error{"cannot write " + file_};
    }

    void close() {
        if (file_.empty()) return;
        out_.close();
        if (!out_) throw std::runtime_error{"cannot write " + file_};
    }

private:
    const std::string file_;
    std::ofstream out_;
};

struct ChainArguments {
    ChainOptions chain;
    std::string events_file;
    std::string expected_file;
};

ExitCode chain(const ChainArguments& arguments) {
    std::optional<Genealogy> genealogy;
    if (!arguments.expected_file.empty()) genealogy.emplace();
    {
        Lines events{arguments.events_file};
        Progress progress{"writing", arguments.chain.scale};
        generate_chain(
            arguments.chain, [&](std::string_view line) { events.write(line); },
            genealogy ? &*genealogy : nullptr,
            [&](std::uint64_t edges) { progress.update(edges, edges); });
        events.close();
    }
    if (genealogy) {
        Lines expected{arguments.expected_file};
        std::uint64_t lines = 0;
        Progress progress{"answering", expected_lines};
        write_expected(*genealogy, arguments.chain.seed, [&](std::string_view line) {
            expected.write(line);
            ++lines;
            progress.update(lines, lines);
        });
        expected.close();
    }
    return ExitCode::success;
}

struct Arguments {
    SampleOptions records{.industry = Industry::automotive, .count = 1000, .seed = 1};
    ChainArguments events{.chain = {.industry = Industry::automotive, .scale = 10'000, .seed = 1},
                          .events_file = {},
                          .expected_file = {}};
    bool chain = false;
};

/// Its own description would show the numbers of the enumeration.
CLI::Validator by_name(const std::map<std::string, Industry>& industries) {
    return CLI::CheckedTransformer(industries).description("");
}

void add_chain_options(CLI::App& command, const std::shared_ptr<Arguments>& arguments,
                       const std::map<std::string, Industry>& industries) {
    auto* const chain =
        command
            .add_option_function<Industry>(
                "--chain",
                [arguments](const Industry& industry) {
                    arguments->chain = true;
                    arguments->events.chain.industry = industry;
                },
                "Events instead of records: the history of automotive, steel or food")
            ->transform(by_name(industries))
            ->type_name("INDUSTRY");
    command.add_option("--scale", arguments->events.chain.scale, "About how many edges")
        ->check(CLI::Range(1, 50'000'000))
        ->needs(chain)
        ->capture_default_str();
    command
        .add_option("--events", arguments->events.events_file,
                    "Where the events go, if not to standard output")
        ->needs(chain);
    command
        .add_option("--expected", arguments->events.expected_file,
                    "Where 1,000 traces and 20 recalls go, with the answers they should have")
        ->needs(chain);
}

}  // namespace

void add_sample_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "sample", "Write realistic records, or the events of a supply chain, from a seed");
    const auto arguments = std::make_shared<Arguments>();
    const std::map<std::string, Industry> industries{
        {"automotive", Industry::automotive}, {"steel", Industry::steel}, {"food", Industry::food}};
    command->add_option("--industry", arguments->records.industry, "automotive, steel or food")
        ->transform(by_name(industries))
        ->type_name("INDUSTRY");
    add_chain_options(*command, arguments, industries);
    command->add_option("--count", arguments->records.count, "Number of records")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--seed", arguments->records.seed, "Which sample")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->footer(
        "Prefixes: automotive 88.118.8, steel 88.112.6, food 88.130.2.\n"
        "Examples:\n"
        "  idnode sample --industry steel --count 1000 | idnode import - --data data\n"
        "  idnode sample --chain food --scale 100000 | idnode capture - --data data\n"
        "Documents of events are EPCIS 2.0, one a line. The same seed gives the same octets.");
    command->callback([&chosen, arguments, command] {
        const bool records = command->count("--industry") > 0;
        if (records == arguments->chain)
            throw CLI::ValidationError{"expected one of --industry and --chain"};
        arguments->events.chain.seed = arguments->records.seed;
        chosen = [arguments] {
            return arguments->chain ? chain(arguments->events) : sample(arguments->records);
        };
    });
}

}  // namespace idnode::resolver
