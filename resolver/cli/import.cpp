#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"
#include "resolver/config.hpp"
#include "resolver/load/importer.hpp"
#include "resolver/templates/library.hpp"

namespace idnode::resolver {
namespace {

struct ImportOptions {
    std::string file;
    std::string data_directory;
    std::string format = "auto";
    std::string rejects_file;
    std::string templates_directory;
    CsvMapping mapping;
    bool json = false;
};

/// The file in which rejected rows are kept; made when the first one comes. What an earlier import
/// left there goes at once.
class Rejects {
public:
    /// Throws ConfigError when it could not be written: better now than half-way.
    explicit Rejects(std::string file) : file_{std::move(file)} {
        if (!std::ofstream{file_, std::ios::trunc})
            throw ConfigError{"rejected rows cannot be kept in " + file_ +
                              ": --rejects FILE says where else"};
        std::filesystem::remove(file_);
    }

    void add(const Row& row) {
        if (!out_.is_open()) out_.open(file_, std::ios::trunc);
        std::string text;
        protocol::JsonWriter{text}
            .begin_object()
            .key("line")
            .number(row.line)
            .key("reason")
            .string(row.record.error().message())
            .key("row")
            .string(protocol::is_utf8(row.text) ? row.text : "(not UTF-8)")
            .end_object();
        out_ << text << '\n' << std::flush;
        if (!out_) throw std::runtime_error{"cannot write the rejected rows to " + file_};
        if (++count_ > shown_max) return;
        std::fprintf(stderr, "idnode: line %llu: %s\n", static_cast<unsigned long long>(row.line),
                     row.record.error().message().c_str());
        if (count_ == shown_max)
            std::fprintf(stderr, "idnode: further rejected rows only in %s\n", file_.c_str());
    }

private:
    static constexpr unsigned shown_max = 10;
    std::string file_;
    std::ofstream out_;
    unsigned count_ = 0;
};

bool is_csv(const ImportOptions& options) {
    if (options.format != "auto") return options.format == "csv";
    return options.file.ends_with(".csv") || options.file.ends_with(".csv.zst");
}

std::string default_rejects(const std::string& file) {
    return (file == "-" ? "import" : file) + ".rejects.ndjson";
}

void print_summary(const ImportSummary& summary, double seconds, const ImportOptions& options,
                   const std::string& rejects) {
    std::string text;
    if (options.json) {
        protocol::JsonWriter writer{text};
        writer.begin_object()
            .key("rows")
            .number(summary.rows)
            .key("created")
            .number(summary.created)
            .key("replaced")
            .number(summary.replaced)
            .key("unchanged")
            .number(summary.unchanged)
            .key("rejected")
            .number(summary.rejected)
            .key("sequence")
            .number(summary.sequence);
        if (summary.rejected > 0) writer.key("rejects").string(rejects);
        writer.end_object();
        print(text + '\n');
    } else {
        text = std::to_string(summary.rows) + " rows: " + std::to_string(summary.created) +
               " created, " + std::to_string(summary.replaced) + " replaced, " +
               std::to_string(summary.unchanged) + " unchanged, " +
               std::to_string(summary.rejected) + " rejected; " +
               std::to_string(
                   static_cast<std::uint64_t>(static_cast<double>(summary.rows) / seconds)) +
               " rows a second\n";
        if (summary.rejected > 0) text += "Rejected rows and reasons: " + rejects + '\n';
        print(text);
    }
    for (const std::string& prefix : summary.unhomed_prefixes)
        std::fprintf(stderr,
                     "idnode: this node does not answer for prefix %s yet: "
                     "idnode prefix home %s --data %s\n",
                     prefix.c_str(), prefix.c_str(), options.data_directory.c_str());
}

ExitCode import_file(const ImportOptions& options) {
    const auto source = open_source(options.file);
    const auto rows =
        is_csv(options) ? make_csv_source(*source, options.mapping) : make_ndjson_source(*source);
    const std::string rejects_file =
        options.rejects_file.empty() ? default_rejects(options.file) : options.rejects_file;
    Rejects rejects{rejects_file};
    const registry::Store store{options.data_directory, registry::Store::Access::write_or_create};
    if (!options.templates_directory.empty())
        templates::publish(options.templates_directory, store, SystemClock{}.now());
    ImportSummary summary;
    double seconds = 0;
    {
        Progress progress{"importing", size_of(options.file)};
        const ImportHooks hooks{.reject = [&](const Row& row) { rejects.add(row); },
                                .progress =
                                    [&](const ImportSummary& so_far) {
                                        progress.update(source->position(), so_far.rows);
                                    }};
        summary = import_records(*rows, store, SystemClock{}, hooks, local_origin());
        seconds = progress.seconds();
    }
    print_summary(summary, seconds, options, rejects_file);
    return summary.rejected == 0 ? ExitCode::success : ExitCode::partial;
}

}  // namespace

void add_import_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "import", "Load records from NDJSON or CSV, plain or zstd, also beside a running node");
    const auto options = std::make_shared<ImportOptions>();
    command->add_option("FILE", options->file, "File to read; - for standard input")->required();
    add_data_option(*command, options->data_directory);
    command->add_option("--format", options->format, "ndjson, csv, or auto: by the file's name")
        ->check(CLI::IsMember({"auto", "ndjson", "csv"}))
        ->capture_default_str();
    command->add_option("--rejects", options->rejects_file,
                        "Where rejected rows go (FILE.rejects.ndjson)");
    command
        ->add_option("--templates", options->templates_directory,
                     "Publish the templates of DIR/*.json first, unless they are there")
        ->check(CLI::ExistingDirectory);
    command
        ->add_option("--handle-column", options->mapping.handle_column,
                     "CSV: the column with the handle")
        ->capture_default_str();
    command
        ->add_option("--map", options->mapping.columns,
                     "CSV: COLUMN=INDEX:TYPE[:PERMISSIONS], or COLUMN= to leave it out; "
                     "may be repeated")
        ->allow_extra_args(false);
    command->add_option("--prefix", options->mapping.prefix, "CSV: put before handles without '/'");
    add_json_option(*command, options->json);
    command->footer(
        "NDJSON has a record a line: {\"handle\":\"88.118.8/X\",\"values\":[{\"index\":1,"
        "\"type\":\"URL\",\"data\":{\"format\":\"string\",\"value\":\"https://…\"}}]}\n"
        "CSV has a header row; columns named INDEX:TYPE need no --map.\n"
        "A record that names a template (value 1001, TEMPLATE) is held to it.\n"
        "A bad row is kept in the rejects file and does not stop the rest (exit code 4).");
    command->callback([&chosen, options] { chosen = [options] { return import_file(*options); }; });
}

}  // namespace idnode::resolver
