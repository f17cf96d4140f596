#include <cstdio>
#include <memory>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "registry/store.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"

namespace idnode::resolver {
namespace {

struct ExportOptions {
    std::string data_directory;
    std::string prefix;
};

void write_line(std::string& text, const registry::RecordView& record) {
    protocol::JsonWriter writer{text};
    writer.begin_object().key("handle").string(record.handle()).key("values").begin_array();
    record.for_each_value([&](const protocol::ValueView& value) {
        write_value(writer, value, protocol::DataStyle::exact);
    });
    writer.end_array().end_object();
    text.push_back('\n');
}

ExitCode export_records(const ExportOptions& options) {
    constexpr std::size_t chunk = std::size_t{1} << 16;
    if (!options.prefix.empty())
        if (const auto fault = protocol::find_prefix_fault(options.prefix))
            throw CLI::ValidationError{"--prefix", fault->message()};
    const registry::Store store{options.data_directory, registry::Store::Access::read};
    const registry::Snapshot snapshot{store};
    const std::string from =
        options.prefix.empty() ? std::string{} : protocol::folded(options.prefix) + '/';
    Progress progress{"exporting", options.prefix.empty() ? snapshot.record_count() : 0};
    std::uint64_t rows = 0;
    std::uint64_t damaged = 0;
    std::string text;
    const auto write = [&](const registry::RecordView& record) {
        if (!protocol::folded(record.handle().substr(0, from.size())).starts_with(from))
            return false;
        write_line(text, record);
        ++rows;
        progress.update(rows, rows);
        if (text.size() >= chunk) {
            print(text);
            text.clear();
        }
        return true;
    };
    const auto pass_over = [&](std::string_view key) {
        if (!key.starts_with(from)) return;
        ++damaged;
        std::fprintf(stderr, "idnode: %s: the record is damaged and left out; import it anew\n",
                     escaped(key).c_str());
    };
    for_each_record(snapshot, from, write, pass_over);
    print(text);
    return damaged == 0 ? ExitCode::success : ExitCode::partial;
}

}  // namespace

void add_export_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "export", "Write all records as NDJSON in the order of their handles, secrets included");
    const auto options = std::make_shared<ExportOptions>();
    add_data_option(*command, options->data_directory);
    command->add_option("--prefix", options->prefix, "Only the records under this prefix");
    command->footer(
        "A damaged record is named and left out (exit code 4).\n"
        "The same registry gives the same octets; `idnode import` reads them back.");
    command->callback(
        [&chosen, options] { chosen = [options] { return export_records(*options); }; });
}

}  // namespace idnode::resolver
