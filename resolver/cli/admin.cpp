#include <CLI/CLI.hpp>
#include <memory>

#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "resolver/api/account.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"

namespace idnode::resolver {
namespace {

struct InitOptions {
    std::string data_directory;
    std::string user;
    bool password_from_input = false;
};

/// Makes an account of an operator, or gives an existing one this password and makes it an
/// operator's again: whoever may write the registry's file may do that anyway.
ExitCode init(const InitOptions& options) {
    if (const auto fault = api::find_account_name_fault(options.user))
        throw ConfigError{"--user: " + fault->message()};
    const std::string password = read_password();
    const registry::Store store{options.data_directory, registry::Store::Access::write_or_create};
    const auto before = api::find_account(registry::Snapshot{store}, options.user);
    const std::uint32_t now = SystemClock{}.now();
    api::Account account = before.value_or(api::Account{.name = options.user});
    account.role = api::Role::operator_;
    account.enabled = true;
    account.enterprise.clear();
    account.password = api::hash_password(password);
    account.daily.clear();
    void_tokens(account);
    auto changes = changes_to_keep(account, before);
    registry::Writer{store}.commit(changes, now, local_origin());
    print((before ? "The password of the operator " : "Made the operator ") + options.user +
          (before ? " was changed; older tokens are void\n" : "\n"));
    return ExitCode::success;
}

}  // namespace

void add_admin_command(CLI::App& app, Action& chosen) {
    auto* const admin = app.add_subcommand("admin", "Set up who runs the node");
    admin->require_subcommand(1);
    auto* const command = admin->add_subcommand(
        "init", "Make the first operator's account, also before the node's first start");
    const auto options = std::make_shared<InitOptions>();
    add_data_option(*command, options->data_directory);
    command->add_option("--user", options->user, "Name of the account: letters, digits, . _ - @")
        ->required();
    command
        ->add_flag("--password-stdin", options->password_from_input,
                   "Read the password from standard input, one line of 8 to 1024 octets")
        ->required();
    command->footer(
        "Example:\n"
        "  idnode admin init --data data --user alice --password-stdin < password-file\n"
        "Further accounts are made by an operator: PUT /api/v1/accounts/NAME.\n"
        "Run again, it sets a new password, and tokens of the account become void.");
    command->callback([options, &chosen] { chosen = [options] { return init(*options); }; });
}

}  // namespace idnode::resolver
