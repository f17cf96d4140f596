#include "resolver/trace/event_mapping.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <map>
#include <unordered_map>

#include "protocol/epcis/event_hash.hpp"
#include "protocol/schemes/identifier.hpp"
#include "protocol/schemes/percent.hpp"

namespace idnode::resolver {
namespace {

namespace json = boost::json;
using protocol::epcis::Action;
using protocol::epcis::Event;
using protocol::epcis::EventType;
using protocol::epcis::Quantity;
using registry::trace::EdgeFact;
using registry::trace::EdgeType;
using registry::trace::Fact;
using registry::trace::IndexKind;
using registry::trace::StoredEvent;

/// What the texts of one event identify. Each stands in several places, and is looked at once.
class Identifiers {
public:
    const protocol::Identifier& of(std::string_view text) {
        const auto [place, fresh] = known_.try_emplace(std::string{text});
        if (fresh && !text.empty())
            place->second = protocol::identify(text.substr(0, protocol::identifier_size_max));
        return place->second;
    }

    /// The Digital Link of what a text identifies, if that is a GS1 key; else the text.
    std::string digital_link_or(std::string_view text) {
        if (text.size() <= protocol::identifier_size_max &&
            (text.starts_with("urn:epc:") || text.starts_with("http")))
            if (auto link = digital_link_of(of(text), "https://id.gs1.org"))
                return *std::move(link);
        return std::string{text};
    }

private:
    std::unordered_map<std::string, protocol::Identifier> known_;
};

/// One thing in an event, with how much of it there is.
struct Item {
    std::string id;  ///< canonical
    std::optional<double> quantity{};
    std::string unit{};
};

class Mapping {
public:
    Mapping(Event event, std::int64_t record_time) : event_{std::move(event)} {
        const auto link = [this](std::string_view text) { return known_.digital_link_or(text); };
        stored_.id = event_.id.empty() ? protocol::epcis::event_hash(event_.json, link) : event_.id;
        stored_.time = event_.time;
        stored_.record_time = record_time;
        stored_.declares_error = event_.declares_error;
        stored_.transformation = event_.transformation;
    }

    protocol::Parsed<StoredEvent> run() {
        add_terms();
        add_identifiers();
        switch (event_.type) {
            case EventType::aggregation: contain(EdgeType::aggregation); break;
            case EventType::association: contain(EdgeType::association); break;
            case EventType::transformation:
                if (const auto fault = transform()) return *fault;
                break;
            default: break;
        }
        add_memberships();
        json::object& json = event_.json;
        json["eventID"] = stored_.id;
        json["recordTime"] = protocol::epcis::format_event_time(stored_.record_time);
        stored_.json = serialize(json);
        stored_.names.assign(names_.begin(), names_.end());
        return std::move(stored_);
    }

private:
    const std::string& form_of(std::string_view text) { return known_.of(text).canonical; }

    const std::string& name(const std::string& spelled) {
        const std::string& form = form_of(spelled);
        names_.try_emplace(form, spelled);
        return form;
    }

    void term(IndexKind kind, std::string value) {
        if (!value.empty()) stored_.terms.push_back({kind, std::move(value)});
    }

    void add_terms() {
        auto& terms = stored_.terms;
        terms.push_back({IndexKind::event_time, {}});
        terms.push_back({IndexKind::record_time, {}});
        term(IndexKind::type, std::string{name_of(event_.type)});
        constexpr std::array actions{"", "OBSERVE", "ADD", "DELETE"};
        term(IndexKind::action, actions[static_cast<std::size_t>(event_.action)]);
        term(IndexKind::biz_step, event_.biz_step);
        term(IndexKind::disposition, event_.disposition);
        term(IndexKind::read_point, form_of(event_.read_point));
        term(IndexKind::biz_location, form_of(event_.biz_location));
        term(IndexKind::transformation, event_.transformation);
        for (const std::string& each : event_.biz_transactions)
            term(IndexKind::biz_transaction, each);
    }

    void add_identifiers() {
        const auto instances = [&](const std::vector<std::string>& list, IndexKind kind) {
            for (const std::string& each : list) term(kind, name(each));
        };
        const auto classes = [&](const std::vector<Quantity>& list, IndexKind kind) {
            for (const Quantity& each : list) term(kind, name(each.epc_class));
        };
        instances(event_.epcs, IndexKind::epc);
        instances(event_.children, IndexKind::epc);
        instances(event_.inputs, IndexKind::input);
        instances(event_.outputs, IndexKind::output);
        if (!event_.parent.empty()) instances({event_.parent}, IndexKind::parent);
        classes(event_.quantities, IndexKind::epc_class);
        classes(event_.child_quantities, IndexKind::epc_class);
        classes(event_.input_quantities, IndexKind::input_class);
        classes(event_.output_quantities, IndexKind::output_class);
    }

    /// What one event says of a lot more than once, in the same unit, is one amount of it.
    std::vector<Item> items(const std::vector<std::string>& instances,
                            const std::vector<Quantity>& quantities) {
        std::unordered_map<std::string, std::size_t> places;
        std::vector<Item> all;
        all.reserve(instances.size() + quantities.size());
        for (const std::string& each : instances) all.push_back({form_of(each)});
        for (const Quantity& each : quantities) {
            const std::string& form = form_of(each.epc_class);
            const auto [place, fresh] = places.try_emplace(form + '\n' + each.uom, all.size());
            if (fresh) {
                all.push_back({form, each.quantity, each.uom});
                continue;
            }
            std::optional<double>& sum = all[place->second].quantity;
            if (sum && each.quantity)
                *sum += *each.quantity;
            else
                sum.reset();
        }
        return all;
    }

    void contain(EdgeType type) {
        if (event_.parent.empty()) return;
        const std::string parent = form_of(event_.parent);
        const auto children = items(event_.children, event_.child_quantities);
        if (children.empty()) {
            if (event_.action == Action::delete_) stored_.ends_all_of.emplace_back(type, parent);
            return;
        }
        const Fact fact = event_.action == Action::add       ? Fact::begins
                          : event_.action == Action::delete_ ? Fact::ends
                                                             : Fact::seen;
        for (const Item& child : children) fact_of(type, fact, child, parent);
    }

    void fact_of(EdgeType type, Fact fact, const Item& from, const std::string& to) {
        stored_.facts.push_back({.type = type,
                                 .fact = fact,
                                 .from = from.id,
                                 .to = to,
                                 .time = event_.time,
                                 .quantity = from.quantity,
                                 .unit = from.unit,
                                 .event = stored_.id});
    }

    std::optional<protocol::FormatError> transform() {
        const auto inputs = items(event_.inputs, event_.input_quantities);
        const auto outputs = items(event_.outputs, event_.output_quantities);
        if (inputs.size() * outputs.size() > registry::trace::pairs_max)
            return protocol::FormatError{"inputEPCList: expected at most " +
                                         std::to_string(registry::trace::pairs_max) +
                                         " pairs of input and output, found " +
                                         std::to_string(inputs.size() * outputs.size())};
        for (const Item& input : inputs)
            for (const Item& output : outputs)
                fact_of(EdgeType::transformation, Fact::begins,
                        input.quantity ? input : Item{input.id, output.quantity, output.unit},
                        output.id);
        if (event_.transformation.empty()) return std::nullopt;
        for (const Item& input : inputs) stored_.inputs.push_back(fact_to_join(input, true));
        for (const Item& output : outputs) stored_.outputs.push_back(fact_to_join(output, false));
        return std::nullopt;
    }

    /// What joins a thing with the others of the same transformationID, in other events.
    EdgeFact fact_to_join(const Item& item, bool input) const {
        return {.type = EdgeType::transformation,
                .from = input ? item.id : std::string{},
                .to = input ? std::string{} : item.id,
                .time = event_.time,
                .quantity = item.quantity,
                .unit = item.unit,
                .event = stored_.id};
    }

    /// An instance belongs to the lot that its identifier, or the master data, names.
    void add_memberships() {
        const auto join = [&](const std::string& lot, const std::string& instance,
                              std::string event) {
            stored_.facts.push_back({.type = EdgeType::membership,
                                     .from = lot,
                                     .to = instance,
                                     .time = registry::trace::time_min,
                                     .event = std::move(event)});
        };
        for (const auto* const list :
             {&event_.epcs, &event_.children, &event_.inputs, &event_.outputs}) {
            const bool is_made = event_.type == EventType::transformation
                                     ? list == &event_.outputs
                                     : event_.action == Action::add;
            for (const std::string& each : *list) {
                const protocol::Identifier& thing = known_.of(each);
                for (const std::string& wider : thing.classes)
                    if (wider.find("/10/") != wider.npos) join(wider, thing.canonical, {});
                if (!is_made || event_.lot.empty() || thing.classes.empty()) continue;
                const std::string lot =
                    thing.classes.back() + "/10/" + protocol::percent_encoded(event_.lot);
                if (lot != thing.canonical) join(lot, thing.canonical, stored_.id);
            }
        }
    }

    Event event_;
    Identifiers known_;
    StoredEvent stored_;
    std::map<std::string, std::string> names_;
};

}  // namespace

std::string canonical(std::string_view identifier) {
    if (identifier.empty()) return {};
    return protocol::identify(identifier.substr(0, protocol::identifier_size_max)).canonical;
}

protocol::Parsed<StoredEvent> map_event(Event event, std::int64_t record_time) {
    return Mapping{std::move(event), record_time}.run();
}

}  // namespace idnode::resolver
