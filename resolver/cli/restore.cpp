#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "protocol/json/json_writer.hpp"
#include "resolver/backup/backup_file.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"

namespace idnode::resolver {
namespace {

namespace fs = std::filesystem;

struct RestoreOptions {
    std::vector<std::string> files;
    std::string data_directory;
    bool json = false;
};

/// A directory within the one that is wanted, for as long as what is in it is not whole. Within, so
/// that it is on the same file system; gone with the object.
class Workshop {
public:
    explicit Workshop(const fs::path& directory) : path_{directory / "restoring"} {
        fs::create_directories(directory);
        for (const auto& entry : fs::directory_iterator{directory}) {
            if (entry.path() == path_)
                throw std::runtime_error{
                    path_.string() +
                    " is left over from a restore that was interrupted: remove "
                    "it, and start again"};
            if (entry.path().filename() != "lost+found")
                throw std::runtime_error{directory.string() +
                                         " is not empty: a registry is restored into an empty "
                                         "directory only"};
        }
        fs::create_directory(path_);
    }
    ~Workshop() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    const fs::path& path() const noexcept { return path_; }

    /// Puts the registry where it belongs, durably.
    void hand_over() const {
        const fs::path directory = path_.parent_path();
        fs::rename(path_ / registry::Store::file_name, directory / registry::Store::file_name);
        const Descriptor descriptor{::open(directory.c_str(), O_RDONLY | O_DIRECTORY)};
        if (descriptor.get() >= 0) ::fsync(descriptor.get());
    }

private:
    fs::path path_;
};

struct Restored {
    std::uint64_t sequence = 0;
    std::uint64_t records = 0;
};

Restored restore_into(const fs::path& directory, const RestoreOptions& options) {
    const registry::Store store{directory, registry::Store::Access::write_or_create};
    registry::Restoration restoration{store};
    std::uint64_t size = 0;
    for (const std::string& file : options.files) size += fs::file_size(file);
    Progress progress{"restoring", size};
    std::uint64_t octets = 0;
    std::uint64_t rows = 0;
    for (const std::string& file : options.files)
        read_backup(file, [&](registry::BackupReader& reader, BackupFile& source) {
            restoration.apply(reader, [&](std::uint64_t) {
                progress.update(octets + source.position(), ++rows);
            });
            octets += source.size();
        });
    const registry::Snapshot snapshot{store};
    return {.sequence = snapshot.sequence(), .records = snapshot.record_count()};
}

ExitCode restore(const RestoreOptions& options) {
    read_chain(options.files, true);  // before anything is made
    const Workshop workshop{options.data_directory};
    const Restored restored = restore_into(workshop.path(), options);
    workshop.hand_over();
    if (options.json) {
        std::string text;
        protocol::JsonWriter{text}
            .begin_object()
            .key("sequence")
            .number(restored.sequence)
            .key("records")
            .number(restored.records)
            .end_object();
        print(text + '\n');
    } else {
        print("restored up to change " + std::to_string(restored.sequence) + ": " +
              std::to_string(restored.records) + " records\n");
    }
    return ExitCode::success;
}

}  // namespace

void add_restore_command(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("restore", "Make a registry again from what idnode backup has written");
    const auto options = std::make_shared<RestoreOptions>();
    command->add_option("FILE", options->files, "A full backup, and its increments in their order")
        ->required();
    command
        ->add_option("--data", options->data_directory,
                     "Empty directory, made when absent, that is to hold the registry")
        ->required();
    add_json_option(*command, options->json);
    command->footer(
        "Every octet is verified on the way; a gap, damage, or a backup of another registry "
        "leaves\n"
        "no registry behind. The server key and the configuration are no part of a backup.\n"
        "Do not let the node that was backed up and the restored one both go on: the restored one\n"
        "takes its place.\n"
        "Example: idnode restore sunday.idnode monday.idnode --data data");
    command->callback([&chosen, options] { chosen = [options] { return restore(*options); }; });
}

}  // namespace idnode::resolver
