#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "protocol/handle/handle.hpp"
#include "resolver/admin/change_request.hpp"
#include "resolver/api/account.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"
#include "resolver/enterprises/delegation.hpp"
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
    bool with_records = false;
    std::string user;
    bool password_from_input = false;
    std::string name;
    std::string credit_code;
    std::vector<std::string> fields;
    std::string range_parent;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t width = 0;
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

void warn(const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings)
        std::fprintf(stderr, "warning: %s\n", escaped(warning).c_str());
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
    print(line_of(*enterprise, options.json));
    warn(find_warnings(*enterprise));
    return ExitCode::success;
}

ExitCode apply(const EnterpriseOptions& options) {
    boost::json::object entity{{"name", options.name}, {"creditCode", options.credit_code}};
    for (const std::string& field : options.fields) {
        const std::size_t equals = field.find('=');
        if (equals == field.npos)
            throw ConfigError{"--set: expected FIELD=TEXT, found " + escaped(field)};
        entity[field.substr(0, equals)] = field.substr(equals + 1);
    }
    auto application = enterprises::parse_application(entity);
    if (!application) throw ConfigError{application.error().message()};
    application->id = admin::make_suffix();
    application->applied = SystemClock{}.now();
    const Store store{options.data_directory, Store::Access::write_or_create};
    commit(store, [&](const registry::WriteView& view) {
        return decide_application(view, *application, local_origin());
    });
    print(line_of(*application, options.json));
    warn(find_warnings(*application));
    return ExitCode::success;
}

ExitCode ranges(const EnterpriseOptions& options) {
    const Store store{options.data_directory, Store::Access::read};
    const registry::Snapshot snapshot{store};
    const auto stored = find_entry(snapshot, registry::Area::ranges, enterprises::ranges_key);
    std::string text;
    for (const auto& range : enterprises::ranges_from_json(stored.value_or("[]"))) {
        const std::string json = to_json(std::vector{range});
        text += options.json ? json.substr(1, json.size() - 2)
                             : range.prefix_at(range.from) + '\t' + range.prefix_at(range.to);
        text += '\n';
    }
    print(text);
    return ExitCode::success;
}

ExitCode add_range(const EnterpriseOptions& options) {
    const auto range =
        enterprises::parse_range(boost::json::object{{"parent", options.range_parent},
                                                     {"from", options.from},
                                                     {"to", options.to},
                                                     {"width", options.width}});
    if (!range) throw ConfigError{range.error().message()};
    const Store store{options.data_directory, Store::Access::write_or_create};
    commit(store, [&](const registry::WriteView& view) {
        return decide_range(view, *range, local_origin());
    });
    print(range->prefix_at(range->from) + '\t' + range->prefix_at(range->to) + '\n');
    return ExitCode::success;
}

/// The account that is made with an approval, if one is wanted.
std::vector<registry::Change> account_for(const EnterpriseOptions& options) {
    if (options.user.empty()) return {};
    if (const auto fault = api::find_account_name_fault(options.user))
        throw ConfigError{"--user: " + fault->message()};
    if (!options.password_from_input)
        throw ConfigError{"--user: expected --password-stdin with it"};
    return changes_to_keep(api::make_enterprise_account(options.id, options.user, read_password()),
                           std::nullopt);
}

ExitCode act(const EnterpriseOptions& options, enterprises::Act act) {
    enterprises::Details details{.reason = options.reason, .further = account_for(options)};
    const auto want = [&](std::string prefix, std::string parent) {
        details.prefixes.push_back({.prefix = std::move(prefix),
                                    .parent = std::move(parent),
                                    .delegate_to = options.delegate_to,
                                    .with_records = options.with_records});
    };
    for (const std::string& prefix : options.prefixes) want(prefix, {});
    for (const std::string& parent : options.parents) want({}, parent);
    const Store store{options.data_directory, Store::Access::write};
    Enterprise after;
    commit(store, [&](const registry::WriteView& view) -> registry::Decision {
        if (view.entry(registry::Area::accounts, protocol::folded(options.user)))
            return registry::Refusal{.message = "--user: there is such an account already"};
        return decide_act(view, act, options.id, details, SystemClock{}.now(), local_origin(),
                          after);
    });
    print(line_of(after, options.json));
    if (!options.delegate_to.empty())
        for (const std::string& endpoint : enterprises::find_unreachable({options.delegate_to}))
            warn({"--delegate-to: nothing answers at " + endpoint});
    return ExitCode::success;
}

/// What is decided on one enterprise, a command for each act. `add` adds a command.
template <class Add>
void add_acts(EnterpriseOptions& options, const Add& add) {
    const std::pair<const char*, const char*> acts[]{
        {"review", "Take an application up"},
        {"approve", "Admit who applied, with prefixes"},
        {"refuse", "Refuse who applied"},
        {"suspend", "Answer for its prefixes no longer, and void the rights of its accounts"},
        {"resume", "Take that back"},
        {"close", "End it for good; its prefixes become free, but for those with records"},
        {"allot", "Allot further prefixes"}};
    for (const auto& [name, help] : acts) {
        const auto chosen_act = *enterprises::find_act(name);
        CLI::App* const command = add(name, help, [chosen_act](const EnterpriseOptions& given) {
            return act(given, chosen_act);
        });
        command->add_option("ID", options.id)->required();
        command->add_option("--reason", options.reason, "What is kept as the reason");
        if (chosen_act != enterprises::Act::approve && chosen_act != enterprises::Act::allot)
            continue;
        command->add_option("--prefix", options.prefixes, "Allot this one; may be repeated");
        command->add_option("--under", options.parents,
                            "Allot the next free one of the ranges under PREFIX");
        command->add_option("--delegate-to", options.delegate_to,
                            "ADDR:PORT of the enterprise's own node, to which is referred");
        command->add_flag("--with-records", options.with_records,
                          "Hand over the records that stand under the prefix already");
        if (chosen_act != enterprises::Act::approve) continue;
        command->add_option("--user", options.user,
                            "Make this account, its administrator's (no login by daily hash until "
                            "its password is set over HTTP)");
        command->add_flag("--password-stdin", options.password_from_input,
                          "Read the account's password from standard input, one line");
    }
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
    CLI::App* const applying = add("apply", "Apply for one", apply);
    applying->add_option("--name", options->name, "Its name")->required();
    applying->add_option("--credit-code", options->credit_code, "Unified social credit code")
        ->required();
    applying->add_option("--set", options->fields,
                         "FIELD=TEXT, such as contactName=Lin; may be repeated");
    add("ranges", "List the ranges that prefixes are allotted from", ranges);
    CLI::App* const range = add("add-range", "Add such a range", add_range);
    range->add_option("PARENT", options->range_parent, "The prefix that they stand under")
        ->required();
    range->add_option("FROM", options->from, "The first number")->required();
    range->add_option("TO", options->to, "The last number")->required();
    range->add_option("--width", options->width, "So many digits at least, with zeros in front");
    add_acts(*options, add);
}

}  // namespace idnode::resolver
