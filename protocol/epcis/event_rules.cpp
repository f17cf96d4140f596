#include "protocol/epcis/event_rules.hpp"

#include <algorithm>
#include <array>

#include "protocol/epcis/field_rules.hpp"
#include "protocol/epcis/vocabulary.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;

/// Whether the field is there and a list with `least` elements.
bool has_list(const json::object& event, std::string_view name, std::size_t least) {
    const json::value* const found = event.if_contains(name);
    return found && found->is_array() && found->get_array().size() >= least;
}

Rules common_rules() {
    return {{"@context", is_context, "a context"},
            {"type", is_text, "the type of an event", true},
            {"eventTime", is_time, a_time, true},
            {"eventTimeZoneOffset", is_offset, "an offset such as +08:00", true},
            {"recordTime", is_time, a_time},
            {"eventID", is_uri_value, a_uri},
            {"certificationInfo", is_certification, "a URI or a list of URIs"},
            {"errorDeclaration"},
            {"bizStep", is_term_or_uri<is_biz_step>, "a business step of CBV, or a URI"},
            {"disposition", is_term_or_uri<is_disposition>, "a disposition of CBV, or a URI"},
            {"persistentDisposition"},
            {"readPoint"},
            {"bizLocation"},
            {"bizTransactionList"},
            {"sourceList"},
            {"destinationList"},
            {"sensorElementList"}};
}

/// The fields of a type of event beside the common ones.
Rules make_own_rules(EventType type) {
    const Rule action{"action", is_action, "ADD, OBSERVE or DELETE", true};
    switch (type) {
        case EventType::object:
            return {action, {"epcList", is_uri_list, uris}, {"quantityList"}, {"ilmd"}};
        case EventType::aggregation:
            return {action,
                    {"parentID", is_uri_value, a_uri},
                    {"childEPCs", is_uri_list, uris},
                    {"childQuantityList"}};
        case EventType::association:
            return {action,
                    {"parentID", is_uri_value, a_uri, true},
                    {"childEPCs", is_uri_list, uris},
                    {"childQuantityList"}};
        case EventType::transaction:
            return {action,
                    {"parentID", is_uri_value, a_uri},
                    {"epcList", is_uri_list, uris},
                    {"quantityList"}};
        case EventType::transformation:
            return {{"inputEPCList", is_uri_list, uris},
                    {"outputEPCList", is_uri_list, uris},
                    {"inputQuantityList"},
                    {"outputQuantityList"},
                    {"transformationID", is_uri_value, a_uri},
                    {"ilmd"}};
    }
    return {};
}

/// All fields of a type of event.
const Rules& rules_of(EventType type) {
    static const std::array<Rules, 6> all = [] {
        std::array<Rules, 6> made;
        for (std::uint8_t each = 1; each < made.size(); ++each) {
            made[each] = common_rules();
            std::ranges::copy(make_own_rules(EventType{each}), std::back_inserter(made[each]));
        }
        return made;
    }();
    return all[static_cast<std::size_t>(type)];
}

/// Which lists an event of the type cannot do without.
std::optional<EventFault> check_what(const json::object& event, EventType type) {
    const auto missing = [](std::string field, std::string_view expected) {
        return fault(std::move(field), expected, nullptr);
    };
    const json::value* const action = event.if_contains("action");
    const bool deletes = action && text_in(*action) == "DELETE";
    switch (type) {
        case EventType::object:
            if (!has_list(event, "epcList", 0) && !has_list(event, "quantityList", 1) &&
                !(has_list(event, "sensorElementList", 1) && event.contains("readPoint")))
                return missing("epcList", "epcList, quantityList, or sensor data with a readPoint");
            if (event.contains("ilmd") && text_in(event.at("action")) != "ADD")
                return missing("ilmd", "master data with action ADD only");
            return std::nullopt;
        case EventType::aggregation:
        case EventType::association:
            if (!deletes && !has_list(event, "childEPCs", 1) &&
                !has_list(event, "childQuantityList", 1))
                return missing("childEPCs", "childEPCs or childQuantityList");
            if (type == EventType::aggregation && !event.contains("parentID") &&
                text_in(event.at("action")) != "OBSERVE")
                return missing("parentID", "the parent of what is added or deleted");
            return std::nullopt;
        case EventType::transaction:
            if (!has_list(event, "bizTransactionList", 1))
                return missing("bizTransactionList", "at least one business transaction");
            if (!deletes && !has_list(event, "epcList", 0) && !has_list(event, "quantityList", 1))
                return missing("epcList", "epcList or quantityList");
            return std::nullopt;
        case EventType::transformation: {
            const bool in =
                has_list(event, "inputEPCList", 1) || has_list(event, "inputQuantityList", 1);
            const bool out =
                has_list(event, "outputEPCList", 1) || has_list(event, "outputQuantityList", 1);
            if (!(in && out) && !((in || out) && event.contains("transformationID")))
                return missing("inputEPCList",
                               "inputs and outputs, or one of them and a transformationID");
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<EventFault> check_place(const json::object& event, std::string_view name,
                                      const Prefixes& prefixes) {
    const json::value* const found = event.if_contains(name);
    if (!found) return std::nullopt;
    const auto* const object = found->if_object();
    if (!object) return fault(std::string{name}, "an object with id", found);
    static const Rules rules{{"id", is_uri_value, a_uri, true}};
    return check_fields(*object, name, rules, Extensions::allowed, prefixes);
}

std::optional<EventFault> check_error_declaration(const json::object& event,
                                                  const Prefixes& prefixes) {
    const json::value* const found = event.if_contains("errorDeclaration");
    if (!found) return std::nullopt;
    const auto* const object = found->if_object();
    if (!object) return fault("errorDeclaration", "an object", found);
    static const Rules rules{
        {"declarationTime", is_time, a_time, true},
        {"reason", is_term_or_uri<is_error_reason>, "a reason of CBV, or a URI"},
        {"correctiveEventIDs", is_uri_list, uris}};
    return check_fields(*object, "errorDeclaration", rules, Extensions::allowed, prefixes);
}

bool is_term_list(const json::value& value) {
    const auto* const list = value.if_array();
    return list && !list->empty() && std::ranges::all_of(*list, is_term_or_uri<is_disposition>);
}

std::optional<EventFault> check_objects(const json::object& event, const Prefixes& prefixes) {
    if (const json::value* const found = event.if_contains("persistentDisposition")) {
        const auto* const object = found->if_object();
        if (!object || (!object->contains("set") && !object->contains("unset")))
            return fault("persistentDisposition", "an object with set or unset", found);
        static const Rules rules{{"set", is_term_list, "a list of dispositions"},
                                 {"unset", is_term_list, "a list of dispositions"}};
        if (auto wrong = check_fields(*object, "persistentDisposition", rules, Extensions::refused,
                                      prefixes))
            return wrong;
    }
    if (const json::value* const found = event.if_contains("ilmd")) {
        const auto* const object = found->if_object();
        if (!object) return fault("ilmd", "an object", found);
        return check_fields(*object, "ilmd", {}, Extensions::allowed, prefixes);
    }
    return std::nullopt;
}

std::optional<EventFault> check_quantities(const json::object& event, const Prefixes& prefixes) {
    static const Rules rules{{"epcClass", is_uri_value, a_uri, true},
                             {"quantity", is_number, a_number},
                             {"uom", is_uom, "a code of two or three characters"}};
    for (const std::string_view name :
         {"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
        if (auto wrong = check_list(event, name, 0, [&](const auto& object, auto place) {
                return check_fields(object, place, rules, Extensions::refused, prefixes);
            }))
            return wrong;
    return std::nullopt;
}

std::optional<EventFault> check_parties(const json::object& event, const Prefixes& prefixes) {
    static const Rules transactions{
        {"type", is_term_or_uri<is_biz_transaction_type>, "a type of CBV, or a URI"},
        {"bizTransaction", is_uri_value, a_uri, true}};
    const Rule party{"type", is_term_or_uri<is_source_destination_type>, "a type of CBV, or a URI",
                     true};
    static const Rules sources{party, {"source", is_uri_value, a_uri, true}};
    static const Rules destinations{party, {"destination", is_uri_value, a_uri, true}};
    for (const auto& [list, rules] : std::array<std::pair<std::string_view, const Rules&>, 3>{
             {{"bizTransactionList", transactions},
              {"sourceList", sources},
              {"destinationList", destinations}}})
        if (auto wrong =
                check_list(event, list, 0, [&, &each = rules](const auto& object, auto place) {
                    return check_fields(object, place, each, Extensions::refused, prefixes);
                }))
            return wrong;
    return std::nullopt;
}

const Rules& metadata_rules() {
    static const Rules rules{{"time", is_time, a_time},
                             {"startTime", is_time, a_time},
                             {"endTime", is_time, a_time},
                             {"deviceID", is_uri_value, a_uri},
                             {"deviceMetadata", is_uri_value, a_uri},
                             {"rawData", is_uri_value, a_uri},
                             {"dataProcessingMethod", is_uri_value, a_uri},
                             {"bizRules", is_uri_value, a_uri}};
    return rules;
}

const Rules& report_rules() {
    static const Rules rules{
        {"type", is_text, "a type of measurement, or a URI"},
        {"exception", is_term_or_uri<is_sensor_alert>, "an alert, or a URI"},
        {"deviceID", is_uri_value, a_uri},
        {"deviceMetadata", is_uri_value, a_uri},
        {"rawData", is_uri_value, a_uri},
        {"dataProcessingMethod", is_uri_value, a_uri},
        {"bizRules", is_uri_value, a_uri},
        {"time", is_time, a_time},
        {"microorganism", is_uri_value, a_uri},
        {"chemicalSubstance", is_uri_value, a_uri},
        {"coordinateReferenceSystem", is_uri_value, a_uri},
        {"value", is_number, a_number},
        {"component", is_term_or_uri<is_component>, "a component of CBV, or a URI"},
        {"stringValue", is_text, "a text"},
        {"booleanValue", is_boolean, "true or false"},
        {"hexBinaryValue", is_hex, "hexadecimal digits"},
        {"uriValue", is_uri_value, a_uri},
        {"minValue", is_number, a_number},
        {"maxValue", is_number, a_number},
        {"meanValue", is_number, a_number},
        {"sDev", is_number, a_number},
        {"percRank", is_number, a_number},
        {"percValue", is_number, a_number},
        {"uom", is_text, "a code of a unit"}};
    return rules;
}

std::optional<EventFault> check_sensors(const json::object& event, const Prefixes& prefixes) {
    return check_list(
        event, "sensorElementList", 1,
        [&](const json::object& element, std::string_view place) -> std::optional<EventFault> {
            static const Rules rules{{"sensorMetadata"},
                                     {"sensorReport", nullptr, "a list of reports", true}};
            if (auto wrong = check_fields(element, place, rules, Extensions::allowed, prefixes))
                return wrong;
            if (const json::value* const metadata = element.if_contains("sensorMetadata")) {
                const std::string there = joined(place, "sensorMetadata");
                if (!metadata->is_object()) return fault(there, "an object", metadata);
                if (auto wrong = check_fields(metadata->get_object(), there, metadata_rules(),
                                              Extensions::allowed, prefixes))
                    return wrong;
            }
            const auto* const reports = element.at("sensorReport").if_array();
            const std::string there = joined(place, "sensorReport");
            if (!reports || reports->empty())
                return fault(there, "a list of reports", &element.at("sensorReport"));
            for (const json::value& report : *reports) {
                if (!report.is_object()) return fault(there, "objects", &report);
                if (auto wrong = check_fields(report.get_object(), there, report_rules(),
                                              Extensions::allowed, prefixes))
                    return wrong;
            }
            return std::nullopt;
        });
}

/// Under the prefixes of the document and of the event's own context.
std::optional<EventFault> find_fault(const json::object& event, const Prefixes& prefixes) {
    const json::value* const name = event.if_contains("type");
    const auto type = name ? find_event_type(text_in(*name)) : std::nullopt;
    if (!type)
        return fault("type",
                     "ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent or "
                     "AssociationEvent",
                     name);
    if (auto wrong = check_fields(event, {}, rules_of(*type), Extensions::allowed, prefixes))
        return wrong;
    if (auto wrong = check_what(event, *type)) return wrong;
    for (const std::string_view place : {"readPoint", "bizLocation"})
        if (auto wrong = check_place(event, place, prefixes)) return wrong;
    if (auto wrong = check_error_declaration(event, prefixes)) return wrong;
    if (auto wrong = check_objects(event, prefixes)) return wrong;
    if (auto wrong = check_quantities(event, prefixes)) return wrong;
    if (auto wrong = check_parties(event, prefixes)) return wrong;
    return check_sensors(event, prefixes);
}

}  // namespace

void add_prefixes(const json::value& context, Prefixes& prefixes) {
    if (const auto* const list = context.if_array()) {
        for (const json::value& each : *list) add_prefixes(each, prefixes);
    } else if (const auto* const object = context.if_object()) {
        for (const auto& [name, value] : *object) prefixes.emplace(name);
    }
}

std::optional<EventFault> find_event_fault(const json::object& event, const Prefixes& declared) {
    if (const json::value* const context = event.if_contains("@context")) {
        Prefixes prefixes = declared;
        add_prefixes(*context, prefixes);
        return find_fault(event, prefixes);
    }
    return find_fault(event, declared);
}

}  // namespace idnode::protocol::epcis
