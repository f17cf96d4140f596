#include <boost/json/parse.hpp>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/record_json.hpp"
#include "registry/writer.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/enterprises/delegation.hpp"
#include "resolver/enterprises/occupancy.hpp"

namespace idnode::resolver {
namespace {

using registry::Store;

struct PrefixOptions {
    std::string prefix;
    std::string data_directory;
    std::string to;
    std::string site_file;
    bool json = false;
};

/// What is wrong with what somebody typed.
[[noreturn]] void throw_usage(const protocol::FormatError& fault) {
    throw CLI::ValidationError{"prefix", fault.message()};
}

/// Writes what is to be done as things stand then. Throws when the prefix is an enterprise's.
registry::Outcome change(
    const Store& store, const std::string& prefix,
    const std::function<std::vector<registry::Change>(const registry::WriteView&)>& changes) {
    const auto decide = [&](const registry::WriteView& view) -> registry::Decision {
        if (const auto whose = enterprises::find_enterprise_of(view, prefix))
            return registry::Refusal{.message = prefix +
                                                ": expected a prefix of no enterprise, "
                                                "found one " +
                                                *whose + ": idnode enterprise sees to those"};
        return registry::ChangeSet{.changes = changes(view), .origin = local_origin()};
    };
    return commit(store, decide).outcomes.back();
}

ExitCode report(const PrefixOptions& options, std::string_view done) {
    std::string text;
    if (options.json) {
        protocol::JsonWriter{text}
            .begin_object()
            .key("prefix")
            .string(options.prefix)
            .key("result")
            .string(done)
            .end_object();
        print(text + '\n');
    } else {
        print(options.prefix + ": " + std::string{done} + '\n');
    }
    return ExitCode::success;
}

ExitCode home(const PrefixOptions& options) {
    const Store store{options.data_directory, Store::Access::write_or_create};
    const auto outcome = change(store, options.prefix, [&](const auto&) {
        return std::vector<registry::Change>{registry::HomePrefix{options.prefix}};
    });
    return report(options, outcome == registry::Outcome::created ? "homed" : "was homed before");
}

ExitCode unhome(const PrefixOptions& options) {
    const Store store{options.data_directory, Store::Access::write};
    const auto outcome = change(store, options.prefix, [&](const auto&) {
        return std::vector<registry::Change>{registry::UnhomePrefix{options.prefix}};
    });
    if (outcome == registry::Outcome::removed)
        return report(options, "unhomed; its records are kept");
    report(options, "was not homed");
    return ExitCode::not_found;
}

protocol::Site read_site(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    boost::system::error_code wrong;
    const auto json = boost::json::parse(text.str(), wrong);
    if (wrong) throw_usage(protocol::FormatError{file + ": not JSON: " + wrong.message()});
    auto site = protocol::parse_site(json);
    if (!site) throw_usage(protocol::FormatError{file + ": " + site.error().message()});
    return std::move(*site);
}

protocol::Site make_site_at(const std::string& text) {
    auto site = enterprises::make_site_at(text);
    if (!site) throw_usage(protocol::FormatError{"--to: " + site.error().message()});
    return std::move(*site);
}

/// Delegating is keeping the HS_SITE of another node in the prefix's own record, and answering no
/// more for the prefix. Other values of the record stay.
ExitCode delegate(const PrefixOptions& options) {
    const protocol::Site site =
        options.site_file.empty() ? make_site_at(options.to) : read_site(options.site_file);
    const Store store{options.data_directory, Store::Access::write_or_create};
    change(store, options.prefix, [&](const registry::WriteView& view) {
        const auto record = enterprises::delegated_record(
            options.prefix, view.find(protocol::prefix_handle(options.prefix)), site);
        if (!record) throw_usage(record.error());
        return std::vector<registry::Change>{registry::UnhomePrefix{options.prefix},
                                             registry::PutRecord{registry::EncodedRecord{*record}}};
    });
    return report(options, "delegated");
}

/// Prefixes whose own record names a site, and that are not homed here.
std::vector<std::string> find_delegated(const registry::Snapshot& snapshot) {
    std::vector<std::string> prefixes;
    const std::string stem = protocol::prefix_handle("");
    for_each_record(snapshot, protocol::folded(stem), [&](const registry::RecordView& record) {
        const auto prefix = protocol::registered_prefix(record.handle());
        if (!prefix) return false;
        bool names_site = false;
        record.for_each_value([&](const protocol::ValueView& value) {
            names_site |= protocol::equal_folded(value.type, protocol::value_type::hs_site);
        });
        if (names_site && !snapshot.is_homed(*prefix)) prefixes.emplace_back(*prefix);
        return true;
    });
    return prefixes;
}

ExitCode list(const PrefixOptions& options) {
    const Store store{options.data_directory, Store::Access::read};
    const registry::Snapshot snapshot{store};
    std::string text;
    const auto write = [&](std::string_view prefix, std::string_view state) {
        if (options.json)
            protocol::JsonWriter{text}
                .begin_object()
                .key("prefix")
                .string(prefix)
                .key("state")
                .string(state)
                .end_object();
        else
            text.append(prefix).append("\t").append(state);
        text.push_back('\n');
    };
    for_each_homed_prefix(snapshot, [&](std::string_view prefix) { write(prefix, "homed"); });
    for (const std::string& prefix : find_delegated(snapshot)) write(prefix, "delegated");
    print(text);
    return ExitCode::success;
}

}  // namespace

void add_prefix_command(CLI::App& app, Action& chosen) {
    CLI::App* const prefix =
        app.add_subcommand("prefix", "Say for which prefixes this node answers");
    prefix->require_subcommand(1);
    const auto options = std::make_shared<PrefixOptions>();
    const auto add = [&](const char* name, const char* help, ExitCode (*run)(const PrefixOptions&),
                         bool takes_prefix) {
        CLI::App* const command = prefix->add_subcommand(name, help);
        if (takes_prefix)
            command->add_option("PREFIX", options->prefix, "Such as 88.118.8")
                ->required()
                ->check([](const std::string& text) {
                    const auto fault = protocol::find_prefix_fault(text);
                    return fault ? fault->message() : std::string{};
                });
        add_data_option(*command, options->data_directory);
        add_json_option(*command, options->json);
        command->callback(
            [&chosen, options, run] { chosen = [options, run] { return run(*options); }; });
        return command;
    };
    add("home", "Answer for a prefix from now on (makes the registry when there is none)", home,
        true);
    add("unhome", "Answer for a prefix no longer; its records are kept", unhome, true);
    CLI::App* const delegated =
        add("delegate", "Refer those who ask for a prefix to another node", delegate, true);
    auto* const to = delegated->add_option(
        "--to", options->to, "ADDR:PORT at which the other node answers over UDP and TCP");
    auto* const site = delegated->add_option("--site", options->site_file,
                                             "File with the other node's site as JSON");
    site->check(CLI::ExistingFile)->excludes(to);
    delegated->callback([&chosen, options] {
        if (options->to.empty() && options->site_file.empty())
            throw CLI::RequiredError{"--to or --site"};
        chosen = [options] { return delegate(*options); };
    });
    add("list", "List homed and delegated prefixes", list, false);
}

}  // namespace idnode::resolver
