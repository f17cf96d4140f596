#include <boost/json.hpp>
#include <memory>

#include "resolver/api/subscriptions.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/webhooks/hook.hpp"

namespace idnode::resolver {
namespace {

using registry::Area;
using registry::Store;
using webhooks::Hook;

struct WebhookOptions {
    std::string data_directory;
    std::string id;
    bool given_up = false;
    bool json = false;
};

std::string line_of(const Hook& hook, const webhooks::HookState& state, bool json) {
    boost::json::object stands = api::shown(state);
    if (json) {
        boost::json::object out{{"id", hook.id},
                                {hook.recall ? "recall" : "query", hook.name},
                                {"actor", hook.actor},
                                {"dest", hook.dest},
                                {"delivery", std::move(stands)}};
        return serialize(out) + '\n';
    }
    return hook.id + '\t' + (hook.recall ? "recall" : "query") + '\t' + escaped(hook.name) + '\t' +
           (state.given_up ? "given up" : "active") + '\t' + escaped(hook.dest) + '\t' +
           escaped(state.last_failure) + '\n';
}

ExitCode list(const WebhookOptions& options) {
    const Store store{options.data_directory, Store::Access::read};
    const registry::Snapshot snapshot{store};
    std::string text;
    for (const Area area : {Area::subscriptions, Area::recalls}) {
        registry::EntryCursor cursor{snapshot, area};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
            const auto hook = webhooks::load_hook(area, *entry);
            if (!hook) continue;
            const webhooks::HookState state = find_state(snapshot, *hook);
            if (!options.given_up || state.given_up) text += line_of(*hook, state, options.json);
        }
    }
    print(text);
    return ExitCode::success;
}

ExitCode resume(const WebhookOptions& options) {
    const Store store{options.data_directory, Store::Access::write};
    bool done = false;
    commit(store, [&](const registry::WriteView& view) {
        registry::ChangeSet set{.changes = {}, .origin = local_origin()};
        if (auto change = webhooks::resume(view, options.id))
            set.changes.push_back(*std::move(change));
        done = !set.changes.empty();
        return set;
    });
    print(options.id + (done ? ": goes on\n" : ": nothing of that id was given up\n"));
    return done ? ExitCode::success : ExitCode::not_found;
}

}  // namespace

void add_webhook_command(CLI::App& app, Action& chosen) {
    CLI::App* const webhook =
        app.add_subcommand("webhook", "Look after subscriptions and standing recalls");
    webhook->require_subcommand(1);
    const auto options = std::make_shared<WebhookOptions>();
    const auto add = [&](const char* name, const char* help, auto run) {
        CLI::App* const command = webhook->add_subcommand(name, help);
        add_data_option(*command, options->data_directory);
        command->callback(
            [&chosen, options, run] { chosen = [options, run] { return run(*options); }; });
        return command;
    };
    CLI::App* const listing = add("list", "List them, and how their deliveries stand", list);
    listing->add_flag("--given-up", options->given_up, "Only those that were given up");
    add_json_option(*listing, options->json);
    add("resume", "Have one go on that was given up; a running node does so at once", resume)
        ->add_option("ID", options->id)
        ->required();
}

}  // namespace idnode::resolver
