#include <memory>

#include "protocol/json/json_writer.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/enterprises/lifecycle.hpp"

namespace idnode::resolver {
namespace {

using enterprises::Enterprise;
using registry::Store;

struct EnterpriseOptions {
    std::string data_directory;
    std::string id;
    std::string state;
    std::string reason;
    std::vector<std::string> prefixes;
    std::vector<std::string> parents;
    std::string delegate_to;
    bool json = false;
};

std::string line_of(const Enterprise& enterprise, bool json) {
    if (json) return to_json(enterprise) + '\n';
    std::string text = enterprise.id;
    text.append("\t").append(name_of(enterprise.state)).append("\t");
    text.append(escaped(enterprise.entity[0])).append("\t");
    for (const std::string& prefix : enterprise.prefixes) text.append(prefix).append(" ");
    return text + '\n';
}

ExitCode list(const EnterpriseOptions& options) {
    const Store store{options.data_directory, Store::Access::read};
    const registry::Snapshot snapshot{store};
    registry::EntryCursor cursor{snapshot, registry::Area::enterprises};
    std::string text;
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto enterprise = enterprises::enterprise_from_json(entry->value);
        if (!enterprise) continue;
        if (options.state.empty() || name_of(enterprise->state) == options.state)
            text += line_of(*enterprise, options.json);
    }
    print(text);
    return ExitCode::success;
}

ExitCode show(const EnterpriseOptions& options) {
    const Store store{options.data_directory, Store::Access::read};
    const registry::Snapshot snapshot{store};
    const auto stored = find_entry(snapshot, registry::Area::enterprises, options.id);
    const auto enterprise = stored ? enterprises::enterprise_from_json(*stored) : std::nullopt;
    if (!enterprise) {
        print(options.id + ": there is no such enterprise\n");
        return ExitCode::not_found;
    }
    std::string text = line_of(*enterprise, options.json);
    for (const std::string& warning : find_warnings(*enterprise))
        if (!options.json) text.append("warning: ").append(escaped(warning)).append("\n");
    print(text);
    return ExitCode::success;
}

ExitCode act(const EnterpriseOptions& options, enterprises::Act act) {
    const Store store{options.data_directory, Store::Access::write};
    enterprises::Details details{.reason = options.reason};
    for (const std::string& prefix : options.prefixes)
        details.prefixes.push_back({.prefix = prefix, .delegate_to = options.delegate_to});
    for (const std::string& parent : options.parents)
        details.prefixes.push_back({.parent = parent, .delegate_to = options.delegate_to});
    const std::uint32_t now = SystemClock{}.now();
    Enterprise after;
    const registry::Decide decide = [&](const registry::WriteView& view) {
        return decide_act(view, act, options.id, details, now, local_origin(), after);
    };
    const registry::Decide* const jobs[]{&decide};
    const auto outcome = registry::Writer{store}.commit(jobs, now).front();
    if (const auto* const refusal = std::get_if<registry::Refusal>(&outcome))
        throw std::runtime_error{refusal->message};
    if (const auto* const fault = std::get_if<std::exception_ptr>(&outcome))
        std::rethrow_exception(*fault);
    print(line_of(after, options.json));
    return ExitCode::success;
}

}  // namespace

void add_enterprise_command(CLI::App& app, Action& chosen) {
    CLI::App* const enterprise =
        app.add_subcommand("enterprise", "Admit enterprises and allot prefixes to them");
    enterprise->require_subcommand(1);
    const auto options = std::make_shared<EnterpriseOptions>();
    const auto add = [&](const char* name, const char* help, auto run) {
        CLI::App* const command = enterprise->add_subcommand(name, help);
        add_data_option(*command, options->data_directory);
        add_json_option(*command, options->json);
        command->callback(
            [&chosen, options, run] { chosen = [options, run] { return run(*options); }; });
        return command;
    };
    add("list", "List enterprises", list)
        ->add_option("--state", options->state,
                     "Only those that are applied, reviewing, refused, active, suspended, closed");
    add("show", "Show one", show)->add_option("ID", options->id)->required();
    const std::pair<const char*, const char*> acts[]{
        {"review", "Take an application up"},
        {"approve", "Admit who applied, with prefixes"},
        {"refuse", "Refuse who applied"},
        {"suspend", "Answer for its prefixes no longer, and void the rights of its accounts"},
        {"resume", "Take that back"},
        {"close", "End it for good; its prefixes become free, records are kept"},
        {"allot", "Allot further prefixes"}};
    for (const auto& [name, help] : acts) {
        const auto chosen_act = *enterprises::find_act(name);
        CLI::App* const command = add(name, help, [chosen_act](const EnterpriseOptions& given) {
            return act(given, chosen_act);
        });
        command->add_option("ID", options->id)->required();
        command->add_option("--reason", options->reason, "What is kept as the reason");
        if (chosen_act != enterprises::Act::approve && chosen_act != enterprises::Act::allot)
            continue;
        command->add_option("--prefix", options->prefixes, "Allot this one; may be repeated");
        command->add_option("--under", options->parents,
                            "Allot the next free one of the ranges under PREFIX");
        command->add_option("--delegate-to", options->delegate_to,
                            "ADDR:PORT of the enterprise's own node, to which is referred");
    }
}

}  // namespace idnode::resolver
