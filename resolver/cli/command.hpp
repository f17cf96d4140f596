#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "registry/writer.hpp"

namespace idnode::resolver {

/// What the program says to the shell when it ends. Scripts rely on these numbers.
enum class ExitCode : int {
    success = 0,
    failure = 1,    ///< the store, the network or the system did not do what was asked
    usage = 2,      ///< the command line or the configuration is wrong
    not_found = 3,  ///< the handle, prefix or value does not exist
    partial = 4,    ///< some rows were rejected; the others are in
    refused = 5,    ///< the server answered, but with no success
};

/// What a subcommand does once its options are read. Throws what `run_command` explains.
using Action = std::function<ExitCode()>;

/// Each adds one subcommand to the program; `chosen` is set to what is to be done.
void add_serve_command(CLI::App& app, Action& chosen);
void add_prefix_command(CLI::App& app, Action& chosen);
void add_import_command(CLI::App& app, Action& chosen);
void add_export_command(CLI::App& app, Action& chosen);
void add_statistics_command(CLI::App& app, Action& chosen);
void add_sample_command(CLI::App& app, Action& chosen);
void add_resolve_command(CLI::App& app, Action& chosen);
void add_check_command(CLI::App& app, Action& chosen);
void add_log_command(CLI::App& app, Action& chosen);
void add_backup_command(CLI::App& app, Action& chosen);
void add_restore_command(CLI::App& app, Action& chosen);
void add_admin_command(CLI::App& app, Action& chosen);
void add_capture_command(CLI::App& app, Action& chosen);
void add_trace_command(CLI::App& app, Action& chosen);
void add_webhook_command(CLI::App& app, Action& chosen);
void add_enterprise_command(CLI::App& app, Action& chosen);

/// Adds `--data DIR`, where the registry is.
void add_data_option(CLI::App& command, std::string& directory);

/// A password: the first line of standard input. There is no other way: what stands on a command
/// line, or in the environment, others can read. Throws ConfigError when it cannot be one.
std::string read_password();

/// Adds `--json`, for output that programs read.
void add_json_option(CLI::App& command, bool& json);

/// What the change log says of the changes that a command makes: the user who runs it.
registry::Origin local_origin();

/// Has something decided and written at this second. Throws std::runtime_error with what it was
/// refused for, or what the decision or the store threw.
registry::Commit commit(const registry::Store& store, const registry::Decide& decide);

/// Runs the action and turns what it throws into one line on standard error and an exit code.
int run_command(const Action& action);

/// Text of somebody else, fit for a terminal and for one line: control characters and what is not
/// UTF-8 are written as `\\xNN`.
std::string escaped(std::string_view text);

/// Writes to standard output as a whole; throws std::runtime_error when that fails (a full disk,
/// a closed pipe).
void print(std::string_view text);

}  // namespace idnode::resolver
