#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"
#include "registry/audit.hpp"
#include "registry/changes.hpp"
#include "resolver/cli/command.hpp"

namespace idnode::resolver {
namespace {

using registry::ChangeView;

struct LogOptions {
    std::string data_directory;
    std::string handle;
    std::string prefix;
    std::string actor;
    std::vector<std::string> operations;
    std::vector<std::string> transports;
    std::string since;
    std::string until;
    std::uint64_t from = 0;
    std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t last = 0;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    bool follow = false;
    bool json = false;
};

constexpr std::size_t chunk_octets = std::size_t{1} << 16;
constexpr std::uint64_t chunk_changes = 100'000;
constexpr std::chrono::milliseconds between_looks{200};

std::uint32_t parse_moment(const char* option, const std::string& text) {
    const auto time = protocol::parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (!time)
        throw CLI::ValidationError{
            option, "expected 2026-01-31 or 2026-01-31T08:00:00+08:00, found " + text};
    return *time;
}

/// Which changes are wanted.
class Filter {
public:
    explicit Filter(const LogOptions& options) : options_{options} {
        if (!options.since.empty()) since_ = parse_moment("--since", options.since);
        if (!options.until.empty()) until_ = parse_moment("--until", options.until);
    }

    bool takes(const ChangeView& change) const {
        return change.time >= since_ && change.time < until_ && change.sequence <= options_.to &&
               (options_.actor.empty() || change.actor == options_.actor) &&
               (options_.handle.empty() ||
                (change.of_record() && protocol::equal_folded(change.handle, options_.handle))) &&
               (options_.prefix.empty() ||
                protocol::equal_folded(protocol::prefix_of(change.handle), options_.prefix)) &&
               is_among(options_.operations, name_of(change.operation)) &&
               is_among(options_.transports, name_of(change.transport));
    }

private:
    static bool is_among(const std::vector<std::string>& wanted, std::string_view name) {
        return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
    }

    const LogOptions& options_;
    std::uint64_t since_ = 0;
    std::uint64_t until_ = std::numeric_limits<std::uint64_t>::max();
};

std::string_view effect_of(const ChangeView& change) {
    if (change.before.empty()) return "created";
    return change.after.empty() ? "removed" : "changed";
}

std::string hex(protocol::Bytes octets) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte octet : octets) {
        text.push_back(digits[std::to_integer<unsigned>(octet) >> 4]);
        text.push_back(digits[std::to_integer<unsigned>(octet) & 0x0f]);
    }
    return text;
}

void write_line(std::string& text, const ChangeView& change) {
    text += std::to_string(change.sequence) + '\t' + protocol::format_time(change.time) + '\t' +
            (change.actor.empty() ? "-" : escaped(change.actor)) + '\t';
    text.append(name_of(change.transport)).append("\t").append(name_of(change.operation));
    text += '\t' + escaped(change.handle) + '\t';
    text.append(effect_of(change)).append("\n");
}

void write_json(std::string& text, const ChangeView& change,
                std::optional<std::string_view> detail) {
    const auto utf8 = [](std::string_view octets) {
        return protocol::is_utf8(octets) ? std::string{octets} : escaped(octets);
    };
    protocol::JsonWriter writer{text};
    writer.begin_object()
        .key("sequence")
        .number(change.sequence)
        .key("time")
        .string(protocol::format_time(change.time))
        .key("actor")
        .string(utf8(change.actor))
        .key("transport")
        .string(name_of(change.transport))
        .key("operation")
        .string(name_of(change.operation))
        .key(change.of_prefix ? "prefix" : change.of_entry ? "entry" : "handle")
        .string(utf8(change.handle))
        .key("effect")
        .string(effect_of(change));
    if (!change.before.empty()) writer.key("before").string(hex(change.before));
    if (!change.after.empty()) writer.key("after").string(hex(change.after));
    writer.end_object();
    if (detail) {
        text.pop_back();
        text.append(R"(,"content":)").append(*detail).append("}");
    }
    text.push_back('\n');
}

/// Reads the log piece by piece. Whoever reads what is written may take all day (a pager), and no
/// snapshot is held meanwhile, since the file would grow.
class LogReader {
public:
    explicit LogReader(const LogOptions& options)
        : options_{options},
          filter_{options},
          store_{options.data_directory, registry::Store::Access::read},
          snapshot_{store_},
          next_{std::max<std::uint64_t>(options.from, 1)} {
        if (!store_.change_log())
            throw std::runtime_error{
                "the registry has format 1, which has no change log; it gets one when it is first "
                "opened to write, by idnode serve for example"};
        const std::uint64_t from = registry::changes_from(snapshot_);
        if (options.from > 0 && options.from < from) tell_pruned(options.from, from);
        next_ = std::max(next_, from);
        if (options.last > 0 && snapshot_.sequence() >= options.last)
            next_ = std::max(next_, snapshot_.sequence() - options.last + 1);
        snapshot_.release();
    }

    void run() {
        for (;;) {
            const bool at_end = read_piece();
            print(text_);
            if (std::fflush(stdout) != 0)
                throw std::runtime_error{"cannot write to standard output"};
            text_.clear();
            if (shown_ == options_.limit || next_ > options_.to) return;
            if (!at_end) continue;
            if (!options_.follow) return;
            std::this_thread::sleep_for(between_looks);
        }
    }

private:
    /// Whether the last change was read.
    bool read_piece() {
        snapshot_.renew();
        const std::uint64_t from = registry::changes_from(snapshot_);
        if (next_ < from) tell_pruned(next_, from);
        next_ = std::max(next_, from);
        std::uint64_t left = chunk_changes;
        const bool whole = for_each_change(snapshot_, next_, [&](const ChangeView& change) {
            next_ = change.sequence + 1;
            if (filter_.takes(change)) {
                if (options_.json)
                    write_json(text_, change,
                               change.of_entry ? find_audit_detail(snapshot_, change.sequence)
                                               : std::nullopt);
                else
                    write_line(text_, change);
                ++shown_;
            }
            return text_.size() < chunk_octets && --left > 0 && shown_ < options_.limit &&
                   next_ <= options_.to;
        });
        const bool at_end = next_ > snapshot_.sequence();
        snapshot_.release();
        if (whole) return at_end;
        print(text_);
        throw std::runtime_error{"the change log is damaged behind change " +
                                 std::to_string(next_ - 1) + "; idnode check names the damage"};
    }

    static void tell_pruned(std::uint64_t first, std::uint64_t from) {
        std::fprintf(stderr, "idnode: the changes %llu to %llu are not kept any more\n",
                     static_cast<unsigned long long>(first),
                     static_cast<unsigned long long>(from - 1));
    }

    const LogOptions& options_;
    const Filter filter_;
    const registry::Store store_;
    registry::Snapshot snapshot_;
    std::uint64_t next_;
    std::uint64_t shown_ = 0;
    std::string text_;
};

std::vector<std::string> names_of_operations() {
    std::vector<std::string> names;
    for (std::uint8_t number = 1;; ++number) {
        const auto name = name_of(static_cast<registry::Operation>(number));
        if (!registry::find_operation(name)) return names;
        names.emplace_back(name);
    }
}

std::vector<std::string> names_of_transports() {
    std::vector<std::string> names;
    for (std::uint8_t number = 1;; ++number) {
        const auto name = name_of(static_cast<registry::Transport>(number));
        if (!registry::find_transport(name)) return names;
        names.emplace_back(name);
    }
}

void add_filters(CLI::App& command, LogOptions& options) {
    command.add_option("--handle", options.handle, "Only changes of this handle");
    command.add_option("--prefix", options.prefix,
                       "Only changes of records under this prefix, and of its being homed");
    command.add_option("--actor", options.actor,
                       "Only changes by this user or INDEX:HANDLE, spelled so");
    command.add_option("--operation", options.operations, "Only this operation; may be repeated")
        ->check(CLI::IsMember(names_of_operations()))
        ->allow_extra_args(false);
    command.add_option("--transport", options.transports, "Only this transport; may be repeated")
        ->check(CLI::IsMember(names_of_transports()))
        ->allow_extra_args(false);
    command.add_option("--since", options.since,
                       "Only from this time on: 2026-01-31, or 2026-01-31T08:00:00+08:00");
    command.add_option("--until", options.until, "Only before this time");
    command.add_option("--from", options.from, "Only from the change with this number on")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--to", options.to, "Only up to the change with this number")
        ->check(CLI::NonNegativeNumber)
        ->default_str("the last");
    command.add_option("--last", options.last, "Look at so many of the last changes only")
        ->check(CLI::PositiveNumber);
    command.add_option("--limit", options.limit, "End after so many changes were written")
        ->check(CLI::PositiveNumber)
        ->default_str("none");
}

}  // namespace

void add_log_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "log", "Show who changed what, when and by which way, the oldest change first");
    const auto options = std::make_shared<LogOptions>();
    add_data_option(*command, options->data_directory);
    add_filters(*command, *options);
    command->add_flag("--follow", options->follow, "Go on and wait for further changes");
    add_json_option(*command, options->json);
    command->footer(
        "A line is: number, time (UTC), actor, transport, operation, handle or prefix, effect.\n"
        "The actor is a user for local commands, INDEX:HANDLE of a key for requests, - if "
        "unknown.\n"
        "--json adds SHA-256 digests of the values before and after; a change without \"before\"\n"
        "has created something, one without \"after\" has removed it. Of what people administer\n"
        "(accounts, enterprises, templates, grants ...) \"content\" has what it was and is,\n"
        "but for secrets.\n"
        "Changes older than change_log.retention_days are let go of by the running node.\n"
        "Example: idnode log --data data --prefix 88.118.8 --last 1000 --follow");
    command->callback([&chosen, options] {
        chosen = [options] {
            LogReader{*options}.run();
            return ExitCode::success;
        };
    });
}

}  // namespace idnode::resolver
