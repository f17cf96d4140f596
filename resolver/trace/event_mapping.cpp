#include "resolver/trace/event_mapping.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <map>

#include "protocol/json/base64.hpp"
#include "protocol/schemes/identifier.hpp"
#include "protocol/schemes/percent.hpp"
#include "registry/digest.hpp"

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

/// The same JSON with the fields of every object in order, so that equal events have one text.
json::value sorted(const json::value& value) {
    if (const auto* const list = value.if_array()) {
        json::array out;
        for (const json::value& each : *list) out.push_back(sorted(each));
        return out;
    }
    const auto* const object = value.if_object();
    if (!object) return value;
    std::map<std::string, json::value> fields;
    for (const auto& [name, field] : *object) fields.emplace(name, sorted(field));
    json::object out;
    for (auto& [name, field] : fields) out.emplace(name, std::move(field));
    return out;
}

/// An id for an event that came without: equal for equal events, whatever order their fields have.
std::string make_event_id(const Event& event) {
    json::object plain = event.json;
    plain.erase("recordTime");
    plain.erase("@context");
    const std::string text = serialize(sorted(plain));
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(text));
    const std::string hex = protocol::to_hex(protocol::text_of(protocol::Bytes{digest}));
    return "urn:uuid:" + hex.substr(0, 8) + '-' + hex.substr(8, 4) + "-8" + hex.substr(13, 3) +
           "-8" + hex.substr(17, 3) + '-' + hex.substr(20, 12);
}

/// One thing in an event, with how much of it there is.
struct Item {
    std::string id;  ///< canonical
    std::optional<double> quantity{};
    std::string unit{};
};

class Mapping {
public:
    Mapping(const Event& event, std::int64_t record_time) : event_{event} {
        stored_.id = event.id.empty() ? make_event_id(event) : event.id;
        stored_.time = event.time;
        stored_.record_time = record_time;
        stored_.declares_error = event.declares_error;
        stored_.transformation = event.transformation;
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
        json::object json = event_.json;
        json["eventID"] = stored_.id;
        json["recordTime"] = protocol::epcis::format_event_time(stored_.record_time);
        stored_.json = serialize(json);
        stored_.names.assign(names_.begin(), names_.end());
        return std::move(stored_);
    }

private:
    std::string name(const std::string& spelled) {
        std::string form = canonical(spelled);
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
        term(IndexKind::read_point, canonical(event_.read_point));
        term(IndexKind::biz_location, canonical(event_.biz_location));
        term(IndexKind::transformation, event_.transformation);
        for (const std::string& each : event_.biz_transactions)
            term(IndexKind::biz_transaction, each);
    }

    void add_identifiers() {
        const auto instances = [&](const std::vector<std::string>& list, IndexKind kind) {
            for (const std::string& each : list) {
                const std::string form = name(each);
                term(kind, form);
                term(IndexKind::any_epc, form);
            }
        };
        const auto classes = [&](const std::vector<Quantity>& list, IndexKind kind) {
            for (const Quantity& each : list) {
                const std::string form = name(each.epc_class);
                term(kind, form);
                term(IndexKind::any_class, form);
            }
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

    static std::vector<Item> items(const std::vector<std::string>& instances,
                                   const std::vector<Quantity>& quantities) {
        std::vector<Item> all;
        for (const std::string& each : instances) all.push_back({canonical(each)});
        for (const Quantity& each : quantities)
            all.push_back({canonical(each.epc_class), each.quantity, each.uom});
        return all;
    }

    void contain(EdgeType type) {
        if (event_.parent.empty()) return;
        const std::string parent = canonical(event_.parent);
        const auto children = items(event_.children, event_.child_quantities);
        if (children.empty()) {
            if (event_.action == Action::delete_) stored_.ends_all_of.push_back(parent);
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
        if (inputs.size() * outputs.size() > pairs_max)
            return protocol::FormatError{"inputEPCList: expected at most " +
                                         std::to_string(pairs_max) +
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
            for (const std::string& each : *list) {
                const protocol::Identifier thing = protocol::identify(each);
                for (const std::string& wider : thing.classes)
                    if (wider.find("/10/") != wider.npos) join(wider, thing.canonical, {});
                if (event_.lot.empty() || thing.classes.empty() || event_.action != Action::add)
                    continue;
                const std::string lot =
                    thing.classes.back() + "/10/" + protocol::percent_encoded(event_.lot);
                if (lot != thing.canonical) join(lot, thing.canonical, stored_.id);
            }
        }
    }

    const Event& event_;
    StoredEvent stored_;
    std::map<std::string, std::string> names_;
};

}  // namespace

std::string canonical(std::string_view identifier) {
    if (identifier.empty()) return {};
    return protocol::identify(identifier.substr(0, protocol::identifier_size_max)).canonical;
}

protocol::Parsed<StoredEvent> map_event(const Event& event, std::int64_t record_time) {
    return Mapping{event, record_time}.run();
}

}  // namespace idnode::resolver
