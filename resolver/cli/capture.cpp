#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <chrono>
#include <future>
#include <iostream>
#include <memory>

#include "protocol/epcis/event.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/strict_json.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/cli/progress.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"
#include "resolver/load/document_reader.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver {
namespace {

using registry::trace::StoredEvent;

struct CaptureArguments {
    std::string data_directory;
    std::string file;
    bool proceed = false;
    bool json = false;
};

struct CaptureSummary {
    std::uint64_t captured = 0;
    std::uint64_t known = 0;
    std::uint64_t wrong = 0;
};

/// Commits events in groups of one sync each. One group is written while the next is read. A group
/// is as large as can be written in `group_time`, since a running node waits meanwhile; a document
/// is never divided.
class CaptureWriter {
public:
    CaptureWriter(const std::string& directory, CaptureSummary& summary)
        : store_{directory, registry::Store::Access::write_or_create}, summary_{summary} {}

    void add(std::vector<StoredEvent> events) {
        std::ranges::move(events, std::back_inserter(waiting_));
        if (waiting_.size() >= group_size_) flush();
    }

    void finish() {
        flush();
        collect();
    }

private:
    using Outcomes = std::vector<registry::trace::Captured>;
    struct Written {
        Outcomes outcomes;
        std::chrono::nanoseconds took;
    };

    void collect() {
        if (!writing_.valid()) return;
        const auto [outcomes, took] = writing_.get();
        adapt(outcomes.size(), took);
        for (const registry::trace::Captured outcome : outcomes) {
            const auto refusal = registry::trace::find_refusal(outcome);
            if (refusal) std::cerr << "an event: " << *refusal << '\n';
            const bool known = outcome == registry::trace::Captured::known;
            ++(refusal ? summary_.wrong : known ? summary_.known : summary_.captured);
        }
    }

    void flush() {
        collect();
        if (waiting_.empty()) return;
        writing_ = std::async(std::launch::async, [this, events = std::exchange(waiting_, {})] {
            return write(events);
        });
    }

    /// The next group takes about as long as it should, if it goes on as it did.
    void adapt(std::size_t events, std::chrono::nanoseconds took) {
        const auto fitting = static_cast<std::size_t>(static_cast<double>(events) *
                                                      (group_time / std::max(took, least_time)));
        group_size_ =
            std::clamp(fitting, group_size_min, std::min(2 * group_size_, group_size_max));
    }

    Written write(const std::vector<StoredEvent>& events) const {
        const auto begun = std::chrono::steady_clock::now();
        Outcomes outcomes;
        const registry::Origin origin = local_origin();
        commit(store_, [&](const registry::WriteView& view) {
            registry::ChangeSet set{.changes = {}, .origin = origin};
            outcomes = registry::trace::capture(
                view, events,
                {.actor = origin.actor, .is_own = [](std::string_view) { return true; }},
                set.changes);
            return set;
        });
        return {std::move(outcomes), std::chrono::steady_clock::now() - begun};
    }

    static constexpr std::chrono::duration<double> group_time = std::chrono::milliseconds{40};
    static constexpr std::chrono::nanoseconds least_time = std::chrono::microseconds{1};
    static constexpr std::size_t group_size_min = 50;
    static constexpr std::size_t group_size_max = 5'000;

    const registry::Store store_;
    CaptureSummary& summary_;
    std::size_t group_size_ = 500;
    std::vector<StoredEvent> waiting_;
    std::future<Written> writing_;
};

/// The events of a document, and how many are none; what is wrong with those is said.
std::vector<StoredEvent> read_events(std::string_view text, const std::string& place,
                                     std::uint64_t& wrong) {
    auto json = protocol::parse_strict_json(
        text, protocol::json_depth_max,
        boost::json::make_shared_resource<boost::json::monotonic_resource>());
    if (!json) throw ConfigError{place + ": " + json.error().message()};
    auto document = protocol::epcis::read_document(std::move(*json));
    if (!document) throw ConfigError{place + ": " + document.error().message()};
    const auto complain = [&](std::size_t event, std::string_view message) {
        std::cerr << place << ": event " << event << ": " << escaped(message) << '\n';
        ++wrong;
    };
    for (const auto& fault : document->faults) complain(fault.event, fault.message);
    std::vector<StoredEvent> events;
    events.reserve(document->events.size());
    const std::int64_t now = std::int64_t{SystemClock{}.now()} * 1000;
    for (auto& [at, event] : document->events) {
        auto mapped = map_event(std::move(event), now);
        if (mapped)
            events.push_back(std::move(*mapped));
        else
            complain(at, mapped.error().message());
    }
    return events;
}

void print_summary(const CaptureSummary& summary, double seconds, bool json) {
    if (!json)
        return print(fmt::format(
            "Captured {} events; {} were known, {} were wrong; {:.0f} events a second\n",
            summary.captured, summary.known, summary.wrong,
            static_cast<double>(summary.captured + summary.known) / seconds));
    std::string text;
    protocol::JsonWriter{text}
        .begin_object()
        .key("captured")
        .number(summary.captured)
        .key("known")
        .number(summary.known)
        .key("wrong")
        .number(summary.wrong)
        .key("seconds")
        .decimal(seconds)
        .end_object();
    print(text + '\n');
}

ExitCode run(const CaptureArguments& arguments) {
    const auto source = open_source(arguments.file);
    DocumentReader documents{*source};
    CaptureSummary summary;
    CaptureWriter writer{arguments.data_directory, summary};
    Progress progress{"capturing", size_of(arguments.file)};
    const std::string name = arguments.file == "-" ? "standard input" : arguments.file;
    std::string text;
    std::uint64_t document = 0;
    bool stopped = false;
    while (!stopped && documents.next(text)) {
        const std::string place = name + ", document " + std::to_string(++document);
        const std::uint64_t wrong = summary.wrong;
        try {
            auto events = read_events(text, place, summary.wrong);
            stopped = summary.wrong > wrong && !arguments.proceed;
            if (!stopped) writer.add(std::move(events));
        } catch (const ConfigError&) {
            writer.finish();  // what came before it stays
            throw;
        }
        progress.update(source->position(), summary.captured + summary.known);
    }
    if (document == 0) throw ConfigError{name + ": expected an EPCIS document, found nothing"};
    writer.finish();
    if (stopped && document == 1) {
        print("Nothing was captured; with --proceed, what is right is\n");
        return ExitCode::usage;
    }
    print_summary(summary, progress.seconds(), arguments.json);
    if (!stopped) return summary.wrong > 0 ? ExitCode::partial : ExitCode::success;
    std::cerr << "idnode: nothing of document " << document
              << " and those behind it was captured; with --proceed, what is right is\n";
    return ExitCode::usage;
}

}  // namespace

void add_capture_command(CLI::App& app, Action& chosen) {
    auto* const command =
        app.add_subcommand("capture", "Take the events of EPCIS 2.0 documents into the registry");
    const auto arguments = std::make_shared<CaptureArguments>();
    add_data_option(*command, arguments->data_directory);
    command
        ->add_option("file", arguments->file,
                     "JSON or JSON-LD, also many documents, one a line, and zstd; "
                     "- for standard input")
        ->required();
    command->add_flag("--proceed", arguments->proceed, "Take the others where some are wrong");
    add_json_option(*command, arguments->json);
    command->footer(
        "Example:\n"
        "  idnode capture events.json --data data\n"
        "A document is taken whole or not at all; those before one that is wrong stay.\n"
        "A running node on the same registry answers with the events at once.");
    command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace idnode::resolver
