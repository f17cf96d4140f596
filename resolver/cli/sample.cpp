#include "resolver/sample/sample.hpp"

#include <map>
#include <memory>

#include "protocol/json/record_json.hpp"
#include "resolver/cli/command.hpp"

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

}  // namespace

void add_sample_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "sample", "Write realistic records as NDJSON, the same for the same seed");
    const auto options = std::make_shared<SampleOptions>(
        SampleOptions{.industry = Industry::automotive, .count = 1000, .seed = 1});
    const std::map<std::string, Industry> industries{
        {"automotive", Industry::automotive}, {"steel", Industry::steel}, {"food", Industry::food}};
    command->add_option("--industry", options->industry, "automotive, steel or food")
        ->required()
        ->transform(CLI::CheckedTransformer(industries));
    command->add_option("--count", options->count, "Number of records")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Which sample")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->footer(
        "Prefixes: automotive 88.118.8, steel 88.112.6, food 88.130.2.\n"
        "Example: idnode sample --industry steel --count 1000 | "
        "idnode import - --data data");
    command->callback([&chosen, options] { chosen = [options] { return sample(*options); }; });
}

}  // namespace idnode::resolver
