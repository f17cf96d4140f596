#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "protocol/epcis/event.hpp"
#include "protocol/json/strict_json.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver {
namespace {

struct CaptureArguments {
    std::string data_directory;
    std::string file;
    bool proceed = false;
};

std::string read_all(const std::string& file) {
    std::ostringstream text;
    if (file == "-") {
        text << std::cin.rdbuf();
    } else {
        const std::ifstream in{file, std::ios::binary};
        if (!in) throw std::runtime_error{"cannot read " + file};
        text << in.rdbuf();
    }
    return text.str();
}

void complain(std::size_t event, std::string_view message) {
    std::cerr << "event " << event << ": " << escaped(message) << '\n';
}

ExitCode run(const CaptureArguments& arguments) {
    const auto json = protocol::parse_strict_json(read_all(arguments.file));
    if (!json) throw ConfigError{arguments.file + ": " + json.error().message()};
    const auto document = protocol::epcis::read_document(*json);
    if (!document) throw ConfigError{arguments.file + ": " + document.error().message()};
    const std::uint32_t now = SystemClock{}.now();
    std::vector<registry::trace::StoredEvent> events;
    std::size_t wrong = document->faults.size();
    for (const auto& fault : document->faults) complain(fault.event, fault.message);
    for (const auto& [place, event] : document->events) {
        auto mapped = map_event(event, std::int64_t{now} * 1000);
        if (mapped) {
            events.push_back(std::move(*mapped));
        } else {
            complain(place, mapped.error().message());
            ++wrong;
        }
    }
    if (wrong > 0 && !arguments.proceed) {
        print("Nothing was captured; with --proceed, what is right is\n");
        return ExitCode::usage;
    }
    const registry::Store store{arguments.data_directory, registry::Store::Access::write_or_create};
    std::vector<registry::trace::Captured> outcomes;
    const registry::Origin origin = local_origin();
    const registry::Decide decide = [&](const registry::WriteView& view) -> registry::Decision {
        registry::ChangeSet set{.changes = {}, .origin = origin};
        outcomes = registry::trace::capture(view, events, origin.actor, set.changes);
        return set;
    };
    const std::array jobs{&decide};
    for (const auto& outcome : registry::Writer{store}.commit(jobs, now))
        if (const auto* const fault = std::get_if<std::exception_ptr>(&outcome))
            std::rethrow_exception(*fault);
    const auto known = std::ranges::count(outcomes, registry::trace::Captured::known);
    print(fmt::format("Captured {} events; {} were known, {} were wrong\n",
                      outcomes.size() - static_cast<std::size_t>(known), known, wrong));
    return wrong > 0 ? ExitCode::partial : ExitCode::success;
}

}  // namespace

void add_capture_command(CLI::App& app, Action& chosen) {
    auto* const command =
        app.add_subcommand("capture", "Take the events of an EPCIS 2.0 document into the registry");
    const auto arguments = std::make_shared<CaptureArguments>();
    add_data_option(*command, arguments->data_directory);
    command->add_option("file", arguments->file, "JSON or JSON-LD; - for standard input")
        ->required();
    command->add_flag("--proceed", arguments->proceed, "Take the others where some are wrong");
    command->footer(
        "Example:\n"
        "  idnode capture events.json --data data\n"
        "A running node on the same registry answers with the events at once.");
    command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace idnode::resolver
