#include "registry/check.hpp"

#include <memory>

#include "protocol/json/json_writer.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"

namespace idnode::resolver {
namespace {

struct CheckOptions {
    std::string data_directory;
    bool json = false;
};

ExitCode check_store(const CheckOptions& options) {
    const registry::Store store{options.data_directory, registry::Store::Access::read};
    const registry::Snapshot snapshot{store};
    std::uint64_t faults = 0;
    std::uint64_t records = 0;
    {
        Progress progress{"checking", snapshot.record_count()};
        records = registry::check(
            snapshot,
            [&](const std::string& fault) {
                ++faults;
                std::fprintf(stderr, "idnode: %s\n", fault.c_str());
            },
            [&](std::uint64_t done) { progress.update(done, done); });
    }
    if (options.json) {
        std::string text;
        protocol::JsonWriter{text}
            .begin_object()
            .key("records")
            .number(records)
            .key("sequence")
            .number(snapshot.sequence())
            .key("faults")
            .number(faults)
            .end_object();
        print(text + '\n');
    } else {
        print(std::to_string(records) + " records, last change " +
              std::to_string(snapshot.sequence()) + ": " +
              (faults == 0 ? "no fault" : std::to_string(faults) + " faults") + '\n');
    }
    return faults == 0 ? ExitCode::success : ExitCode::failure;
}

}  // namespace

void add_check_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "check", "Read the whole registry and verify it; a running node is not disturbed");
    const auto options = std::make_shared<CheckOptions>();
    add_data_option(*command, options->data_directory);
    add_json_option(*command, options->json);
    command->callback([&chosen, options] { chosen = [options] { return check_store(*options); }; });
}

}  // namespace idnode::resolver
