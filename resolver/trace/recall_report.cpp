#include "resolver/trace/recall_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <vector>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_store.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;

constexpr std::string_view nowhere = "(no event says where)";

/// The event that named a thing last.
struct LastSeen {
    std::int64_t time = trace::time_min;
    std::string place{nowhere};
};

std::string day_of(std::int64_t time) {
    return protocol::epcis::format_event_time(time).substr(0, 10);
}

std::string place_in(std::string_view text) {
    boost::system::error_code wrong;
    const auto json = boost::json::parse({text.data(), text.size()}, wrong);
    if (wrong || !json.is_object()) return {};
    for (const std::string_view name : {"bizLocation", "readPoint"}) {
        const auto* const place = json.get_object().if_contains(name);
        const auto* const object = place ? place->if_object() : nullptr;
        const auto* const id = object ? object->if_contains("id") : nullptr;
        if (id && id->is_string()) return std::string{id->get_string()};
    }
    return {};
}

/// The place of the last event that states one.
LastSeen last_seen(const registry::Snapshot& snapshot, const std::string& id) {
    LastSeen seen;
    for (const auto kind : {trace::IndexKind::any_epc, trace::IndexKind::any_class})
        trace::for_each_event(snapshot, {kind, id}, true, {}, [&](const trace::EventPlace& at) {
            if (at.time < seen.time) return false;
            const auto event = trace::find_event(snapshot, at.number);
            std::string place = event ? place_in(event->json) : std::string{};
            if (place.empty()) return true;
            seen = {at.time, std::move(place)};
            return false;
        });
    return seen;
}

/// What a thing is one of: its trade item, or who names such things.
std::string product_of(const protocol::Identifier& thing) {
    if (thing.scheme == protocol::Scheme::handle)
        return "handles of " + std::string{protocol::prefix_of(thing.canonical)};
    if (thing.scheme != protocol::Scheme::gs1) return std::string{name_of(thing.scheme)};
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> keys{
        {{"00", "logistic units"}, {"414", "places"}, {"8003", "assets"}, {"8004", "assets"}}};
    const std::string_view key{thing.canonical.data(), thing.canonical.find('/')};
    for (const auto& [name, words] : keys)
        if (key == name) return std::string{words};
    return thing.classes.empty() ? thing.canonical : thing.classes.back();
}

/// Lots and their pieces have no moment from which on they belong together.
bool is_timed(std::int64_t time) { return time > trace::time_min && time < trace::time_max; }

struct Product {
    std::size_t things = 0;
    std::size_t lots = 0;
    std::int64_t first = trace::time_max;
    std::int64_t last = trace::time_min;
};

struct Line {
    std::string thing;
    std::int64_t since = 0;
    LastSeen seen;
};

class Report {
public:
    Report(registry::Lookup& lookup, const Trace& found) {
        ThingNames names{lookup, found.strangers};
        for (const TraceNode& node : found.nodes) {
            if (node.depth == 0) continue;
            ++affected_;
            if (node.sight != trace::Sight::shown) continue;
            const NamedThing name = names.find(node.thing);
            const std::string id{name.canonical};
            const protocol::Identifier thing = protocol::identify(id);
            Product& product = products_[product_of(thing)];
            ++(thing.names_class ? product.lots : product.things);
            if (is_timed(node.reached_at)) {
                product.first = std::min(product.first, node.reached_at);
                product.last = std::max(product.last, node.reached_at);
            }
            lines_.push_back(
                {std::string{name.spelled}, node.reached_at, last_seen(lookup.snapshot(), id)});
            ++places_[lines_.back().seen.place];
        }
        std::ranges::sort(lines_, {},
                          [](const Line& line) { return std::tie(line.seen.place, line.thing); });
    }

    void write(std::span<const std::string> suspects, std::int64_t as_of, bool truncated,
               const std::function<void(std::string_view)>& sink) const {
        sink("# Recall report\n\n");
        for (const std::string& suspect : suspects) sink("Suspect: " + suspect + "  \n");
        sink(fmt::format("As of: {}  \nAffected: {}{}\n", protocol::epcis::format_event_time(as_of),
                         affected_, truncated ? " at least: a limit ended the walk" : ""));
        sink(
            "\n## Products\n\n| product | things | lots | first | last |\n"
            "|---|---|---|---|---|\n");
        for (const auto& [name, product] : products_)
            sink(fmt::format("| {} | {} | {} | {} | {} |\n", name, product.things, product.lots,
                             since(product.first), since(product.last)));
        sink("\n## Where they were seen last\n\n| place | affected |\n|---|---|\n");
        for (const auto& [place, count] : places_) sink(fmt::format("| {} | {} |\n", place, count));
        sink("\n## What is affected\n\n| thing | since | seen last | there |\n|---|---|---|---|\n");
        for (const Line& line : lines_)
            sink(fmt::format("| {} | {} | {} | {} |\n", line.thing, since(line.since),
                             line.seen.place == nowhere ? "" : day_of(line.seen.time),
                             line.seen.place));
    }

private:
    static std::string since(std::int64_t time) {
        return is_timed(time) ? day_of(time) : std::string{};
    }

    std::size_t affected_ = 0;
    std::map<std::string, Product> products_;
    std::map<std::string, std::size_t> places_;
    std::vector<Line> lines_;
};

}  // namespace

void write_recall_report(registry::Lookup& lookup, const Trace& found,
                         std::span<const std::string> suspects, std::int64_t as_of,
                         const std::function<void(std::string_view)>& sink) {
    Report{lookup, found}.write(suspects, as_of, found.truncated, sink);
}

}  // namespace idnode::resolver
