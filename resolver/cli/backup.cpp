#include <cstdio>
#include <memory>

#include "protocol/json/json_writer.hpp"
#include "resolver/backup/backup_file.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"
#include "resolver/clock.hpp"

namespace idnode::resolver {
namespace {

struct BackupOptions {
    std::string file;
    std::string data_directory;
    std::string base_file;
    bool json = false;
};

std::string to_json(const BackupOptions& options, const registry::BackupCounts& counts,
                    std::uint64_t base, std::uint64_t sequence, std::uint64_t octets) {
    std::string text;
    protocol::JsonWriter writer{text};
    writer.begin_object()
        .key("file")
        .string(options.file)
        .key("kind")
        .string(options.base_file.empty() ? "full" : "increment");
    if (!options.base_file.empty()) writer.key("base").number(base);
    writer.key("sequence")
        .number(sequence)
        .key("records")
        .number(counts.records)
        .key("prefixes")
        .number(counts.prefixes)
        .key("changes")
        .number(counts.changes)
        .key("octets")
        .number(octets)
        .end_object();
    return text + '\n';
}

ExitCode back_up(const BackupOptions& options) {
    std::optional<registry::BackupHeader> base;
    if (!options.base_file.empty()) base = read_chain({options.base_file}, false).front();
    const registry::Store store{options.data_directory, registry::Store::Access::read};
    BackupFileWriter file{options.file};
    const registry::Snapshot snapshot{store};
    registry::BackupCounts counts;
    {
        const std::uint64_t from = registry::changes_from(snapshot);
        Progress progress{"backing up",
                          base ? snapshot.sequence() - std::min(base->sequence, snapshot.sequence())
                               : snapshot.record_count() + snapshot.sequence() + 1 - from};
        counts = write_backup(
            snapshot, SystemClock{}.now(), base,
            [&](protocol::Bytes octets) { file.write(octets); },
            [&](std::uint64_t items) { progress.update(items, items); });
        file.finish();
    }
    const std::uint64_t sequence = snapshot.sequence();
    if (options.json) {
        print(to_json(options, counts, base ? base->sequence : 0, sequence, file.size()));
        return ExitCode::success;
    }
    print(options.file + ": " +
          (base ? "the changes " + std::to_string(base->sequence + 1) + " to "
                : std::string{"everything up to change "}) +
          std::to_string(sequence) + ": " + std::to_string(counts.records) + " records, " +
          std::to_string(counts.prefixes) + " prefixes, " + std::to_string(counts.changes) +
          " changes, " + std::to_string(file.size()) + " octets\n");
    return ExitCode::success;
}

}  // namespace

void add_backup_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "backup", "Copy the registry as it is now into one file, also beside a running node");
    const auto options = std::make_shared<BackupOptions>();
    command->add_option("FILE", options->file, "File to write; one that exists is left alone")
        ->required();
    add_data_option(*command, options->data_directory);
    command->add_option(
        "--since-backup", options->base_file,
        "Only what has changed since this backup, full or itself such an increment");
    add_json_option(*command, options->json);
    command->footer(
        "In it: all records, secrets included, homed prefixes and the change log. Not in it: the\n"
        "server key (server-key.pem) and the configuration; keep copies of these yourself.\n"
        "An increment needs the change log to reach back to the backup that it continues.\n"
        "Verify with: idnode check FILE... Read back with: idnode restore FILE... --data DIR\n"
        "Example: idnode backup sunday.idnode --data data\n"
        "         idnode backup monday.idnode --since-backup sunday.idnode --data data");
    command->callback([&chosen, options] { chosen = [options] { return back_up(*options); }; });
}

}  // namespace idnode::resolver
