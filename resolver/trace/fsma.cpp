#include "resolver/trace/fsma.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <unordered_set>

#include "protocol/epcis/event.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/trace/csv.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver {
namespace {

namespace trace = registry::trace;
using protocol::epcis::Event;
using protocol::epcis::EventType;

constexpr std::string_view header =
    "Critical tracking event,Date,Traceability lot code,Quantity,Unit of measure,Location,"
    "Ship from,Ship to,Reference documents,Event\n";

/// How much of a lot an event is about.
struct Share {
    double quantity = 0;
    std::string unit{};
};
using Shares = std::map<std::string, Share>;  ///< by lot

bool names_lot(const protocol::Identifier& thing) {
    return thing.names_class && thing.canonical.find("/10/") != thing.canonical.npos;
}

std::string last_word(std::string_view term) {
    return std::string{term.substr(term.find_last_of("-:/#") + 1)};
}

std::string id_at(const boost::json::object& event, std::string_view name) {
    const auto* const place = event.if_contains(name);
    const auto* const object = place ? place->if_object() : nullptr;
    const auto* const id = object ? object->if_contains("id") : nullptr;
    return id && id->is_string() ? std::string{id->get_string()} : std::string{};
}

/// The first of a list of parties or places.
std::string party_at(const boost::json::object& event, std::string_view list,
                     std::string_view name) {
    const auto* const parties = event.if_contains(list);
    if (!parties || !parties->is_array() || parties->get_array().empty()) return {};
    const auto* const first = parties->get_array().front().if_object();
    const auto* const id = first ? first->if_contains(name) : nullptr;
    return id && id->is_string() ? std::string{id->get_string()} : std::string{};
}

class Sheet {
public:
    Sheet(registry::Lookup& lookup, const Trace& found,
          const std::function<void(std::string_view)>& sink)
        : lookup_{lookup}, sink_{sink} {
        ThingNames names{lookup, found.strangers};
        for (const TraceNode& node : found.nodes)
            if (node.sight == trace::Sight::shown) things_.emplace(names.canonical(node.thing));
    }

    void write() {
        sink_(header);
        std::set<std::pair<std::int64_t, std::uint64_t>> events;
        for (const std::string& thing : things_)
            for (const auto kind : {trace::IndexKind::any_epc, trace::IndexKind::any_class})
                trace::for_each_event(lookup_.snapshot(), {kind, thing}, false, {},
                                      [&](const trace::EventPlace& place) {
                                          events.emplace(place.time, place.number);
                                          return true;
                                      });
        for (const auto& [time, number] : events) {
            const auto view = trace::find_event(lookup_.snapshot(), number);
            boost::system::error_code wrong;
            const auto json = boost::json::parse(view ? view->json : std::string_view{}, wrong);
            if (wrong) continue;
            const auto document = protocol::epcis::read_document(json);
            if (!document || document->events.empty()) continue;
            const Event& event = document->events.front().second;
            // Of an event that was declared wrong, the declaration stands under its id.
            const auto now = trace::find_event(lookup_.snapshot(), event.id);
            if (!event.declares_error && now && now->number == number) add_rows(event);
        }
    }

private:
    void add_rows(const Event& event) {
        const std::string step = last_word(event.biz_step);
        if (event.type == EventType::transformation) {
            add_rows(event, "Transformation (input)",
                     shares(event.inputs, event.input_quantities, event.time));
            add_rows(event, "Transformation (output)",
                     shares(event.outputs, event.output_quantities, event.time));
        } else if (event.type == EventType::object) {
            constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names{
                {{"harvesting", "Harvesting"},
                 {"cooling", "Cooling"},
                 {"landing", "First land-based receiving"},
                 {"shipping", "Shipping"},
                 {"receiving", "Receiving"}}};
            for (const auto& [word, name] : names)
                if (step == word)
                    add_rows(event, name, shares(event.epcs, event.quantities, event.time));
        } else if (step == "packing" && event.action == protocol::epcis::Action::add) {
            Shares packed = shares(event.children, event.child_quantities, event.time);
            std::erase_if(packed,
                          [&](const auto& each) { return !packed_.insert(each.first).second; });
            add_rows(event, "Initial packing", packed);
        }
    }

    void add_rows(const Event& event, std::string_view name, const Shares& lots) {
        const std::string place = id_at(event.json, "readPoint");
        const bool ships = name == "Shipping";
        const bool receives = name == "Receiving";
        const std::string from = ships      ? place
                                 : receives ? party_at(event.json, "sourceList", "source")
                                            : "";
        const std::string to = ships      ? party_at(event.json, "destinationList", "destination")
                               : receives ? place
                                          : "";
        std::string documents;
        for (const std::string& each : event.biz_transactions)
            documents += (documents.empty() ? "" : " ") + each;
        for (const auto& [lot, share] : lots)
            sink_(fmt::format("{},{},{},{},{},{},{},{},{},{}\n", name,
                              protocol::epcis::format_event_time(event.time),
                              csv_field(spelled(lookup_, lot)), share.quantity, share.unit,
                              csv_field(place), csv_field(from), csv_field(to),
                              csv_field(documents), csv_field(event.id)));
    }

    /// The lots of the trace among what an event names, or in it at that moment.
    Shares shares(const std::vector<std::string>& instances,
                  const std::vector<protocol::epcis::Quantity>& quantities, std::int64_t time) {
        Shares lots;
        for (const auto& each : quantities) {
            Share& share = lots[canonical(each.epc_class)];
            share.quantity += each.quantity.value_or(0);
            share.unit = each.uom;
        }
        for (const std::string& each : instances) add_content(canonical(each), time, lots);
        std::erase_if(lots, [&](const auto& each) { return !things_.contains(each.first); });
        return lots;
    }

    void add_content(const std::string& thing, std::int64_t time, Shares& lots) {
        Strangers strangers;
        ThingNames names{lookup_, strangers};
        const trace::WalkQuery query{
            .roots = {number_of(lookup_.snapshot(), thing, strangers)},
            .direction = trace::Direction::up,
            .at = time,
            .types = {trace::EdgeType::aggregation, trace::EdgeType::membership}};
        const auto inside = trace::walk(lookup_.snapshot(), query,
                                        [](trace::Thing) { return trace::Sight::shown; });
        bool any = false;
        for (const TraceEdge& told : inside.edges) {
            if (told.edge.type != trace::EdgeType::membership) continue;
            const std::string lot{names.canonical(told.edge.from)};
            if (!names_lot(protocol::identify(lot))) continue;
            lots[lot].quantity += 1;
            any = true;
        }
        // What belongs to no lot is one by itself.
        if (!any) lots[thing].quantity += 1;
    }

    registry::Lookup& lookup_;
    const std::function<void(std::string_view)>& sink_;
    std::unordered_set<std::string> things_;
    std::set<std::string> packed_;  ///< lots whose first packing was written
};

}  // namespace

void write_fsma(registry::Lookup& lookup, const Trace& found,
                const std::function<void(std::string_view)>& sink) {
    Sheet{lookup, found, sink}.write();
}

}  // namespace idnode::resolver
