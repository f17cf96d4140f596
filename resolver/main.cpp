#include <CLI/CLI.hpp>
#include <csignal>

#include "resolver/cli/command.hpp"

int main(int argc, char** argv) {
    using namespace idnode::resolver;
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not of the program
    std::signal(SIGXFSZ, SIG_IGN);  // as is a file that may not grow any further

    CLI::App app{"idnode: a secondary node that resolves industrial identifiers (标识解析)",
                 "idnode"};
    app.set_version_flag("--version", IDNODE_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found,\n"
        "4 done but some rows were rejected, 5 the server refused.\n"
        "Every command explains itself: idnode COMMAND --help");

    Action chosen;
    add_serve_command(app, chosen);
    add_prefix_command(app, chosen);
    add_import_command(app, chosen);
    add_export_command(app, chosen);
    add_statistics_command(app, chosen);
    add_sample_command(app, chosen);
    add_resolve_command(app, chosen);
    add_check_command(app, chosen);
    add_log_command(app, chosen);
    add_backup_command(app, chosen);
    add_restore_command(app, chosen);
    add_admin_command(app, chosen);
    add_capture_command(app, chosen);
    add_trace_command(app, chosen);
    add_webhook_command(app, chosen);
    add_enterprise_command(app, chosen);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked_for_help = error.get_exit_code() == 0;
        app.exit(error);
        return static_cast<int>(asked_for_help ? ExitCode::success : ExitCode::usage);
    }
    return run_command(chosen);
}
