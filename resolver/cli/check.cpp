#include "registry/check.hpp"

#include <memory>

#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/backup/backup_file.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"

namespace idnode::resolver {
namespace {

struct CheckOptions {
    std::vector<std::string> files;
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

/// Reads backups from their first octet to their last. Throws at the first fault.
ExitCode check_backups(const CheckOptions& options) {
    const auto headers = read_chain(options.files, false);
    std::string text;
    for (std::size_t at = 0; at < options.files.size(); ++at)
        read_backup(options.files[at], [&](registry::BackupReader& reader, BackupFile& file) {
            Progress progress{"checking", file.size()};
            std::uint64_t items = 0;
            while (reader.next()) progress.update(file.position(), ++items);
            const bool full = headers[at].kind == registry::BackupHeader::Kind::full;
            const registry::BackupCounts& counts = reader.counts();
            if (!options.json) {
                text += options.files[at] + ": " +
                        (full ? "everything up to change "
                              : "the changes " + std::to_string(headers[at].base + 1) + " to ") +
                        std::to_string(headers[at].sequence) + ", " +
                        protocol::format_time(headers[at].time) + ", " +
                        std::to_string(counts.records) + " records: no fault\n";
                return;
            }
            protocol::JsonWriter{text}
                .begin_object()
                .key("file")
                .string(options.files[at])
                .key("kind")
                .string(full ? "full" : "increment")
                .key("base")
                .number(headers[at].base)
                .key("sequence")
                .number(headers[at].sequence)
                .key("records")
                .number(counts.records)
                .key("prefixes")
                .number(counts.prefixes)
                .key("changes")
                .number(counts.changes)
                .end_object();
            text.push_back('\n');
        });
    print(text);
    return ExitCode::success;
}

}  // namespace

void add_check_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "check",
        "Read the whole registry, or backups, and verify them; a running node is not "
        "disturbed");
    const auto options = std::make_shared<CheckOptions>();
    auto* const files = command->add_option(
        "FILE", options->files,
        "Backups to verify instead; several are to continue each other in this order");
    command->add_option("--data", options->data_directory, "Directory that holds the registry")
        ->excludes(files);
    add_json_option(*command, options->json);
    command->callback([&chosen, options] {
        if (options->files.empty() && options->data_directory.empty())
            throw CLI::RequiredError{"--data or FILE"};
        chosen = [options] {
            return options->files.empty() ? check_store(*options) : check_backups(*options);
        };
    });
}

}  // namespace idnode::resolver
