#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "protocol/epcis/event.hpp"
#include "protocol/epcis/event_rules.hpp"
#include "protocol/epcis/namespaces.hpp"
#include "protocol/json/fields.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;

struct TypeName {
    EventType type;
    std::string_view name;
};
constexpr std::array types{TypeName{EventType::object, "ObjectEvent"},
                           TypeName{EventType::aggregation, "AggregationEvent"},
                           TypeName{EventType::transaction, "TransactionEvent"},
                           TypeName{EventType::transformation, "TransformationEvent"},
                           TypeName{EventType::association, "AssociationEvent"}};

/// The prefixes that the standard's own context declares.
Prefixes standard_prefixes() {
    return {"gs1", "cbv", "cbvmda", "epcis", "rdfs", "owl", "xsd", "dcterms", "rdf"};
}

std::string text_at(const json::object& object, std::string_view name) {
    const json::value* const found = object.if_contains(name);
    return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    if (const json::value* const list = object.if_contains(name))
        for (const json::value& each : list->as_array()) texts.emplace_back(each.as_string());
    return texts;
}

std::vector<Quantity> quantities_at(const json::object& object, std::string_view name) {
    std::vector<Quantity> quantities;
    const json::value* const list = object.if_contains(name);
    if (!list) return quantities;
    for (const json::value& each : list->as_array()) {
        const json::object& element = each.as_object();
        Quantity quantity{.epc_class = text_at(element, "epcClass"),
                          .uom = text_at(element, "uom")};
        if (const json::value* const number = element.if_contains("quantity"))
            quantity.quantity = number->to_number<double>();
        quantities.push_back(std::move(quantity));
    }
    return quantities;
}

std::string id_at(const json::object& object, std::string_view name) {
    const json::value* const place = object.if_contains(name);
    return place ? text_at(place->as_object(), "id") : std::string{};
}

/// The lot number of the master data, whatever prefix its vocabulary has.
std::string lot_of(const json::object& event) {
    const json::value* const ilmd = event.if_contains("ilmd");
    if (!ilmd) return {};
    for (const auto& [name, value] : ilmd->as_object()) {
        const std::string_view text{name};
        if (value.is_string() && (text.ends_with("lotNumber") || text.ends_with("LotNumber")))
            return std::string{value.get_string()};
    }
    return {};
}

Action action_of(std::string_view text) {
    return text == "ADD"       ? Action::add
           : text == "OBSERVE" ? Action::observe
           : text == "DELETE"  ? Action::delete_
                               : Action::none;
}

/// The event has no faults.
Event read_event(const json::object& object) {
    Event event{.type = *find_event_type(text_at(object, "type")),
                .action = action_of(text_at(object, "action")),
                .time = *parse_event_time(text_at(object, "eventTime")),
                .id = text_at(object, "eventID"),
                .epcs = texts_at(object, "epcList"),
                .parent = text_at(object, "parentID"),
                .children = texts_at(object, "childEPCs"),
                .inputs = texts_at(object, "inputEPCList"),
                .outputs = texts_at(object, "outputEPCList"),
                .quantities = quantities_at(object, "quantityList"),
                .child_quantities = quantities_at(object, "childQuantityList"),
                .input_quantities = quantities_at(object, "inputQuantityList"),
                .output_quantities = quantities_at(object, "outputQuantityList"),
                .transformation = text_at(object, "transformationID"),
                .biz_step = short_name_of(text_at(object, "bizStep")),
                .disposition = short_name_of(text_at(object, "disposition")),
                .read_point = id_at(object, "readPoint"),
                .biz_location = id_at(object, "bizLocation"),
                .lot = lot_of(object),
                .declares_error = object.contains("errorDeclaration"),
                .json = object};
    if (const json::value* const list = object.if_contains("bizTransactionList"))
        for (const json::value& each : list->as_array())
            event.biz_transactions.push_back(text_at(each.as_object(), "bizTransaction"));
    return event;
}

/// Where the events of a document stand, or what the document lacks.
Parsed<const json::array*> find_events(const json::object& document) {
    const auto missing = [](std::string_view field, std::string_view expected) {
        return FormatError{std::string{field} + ": expected " + std::string{expected}};
    };
    const std::string type = text_at(document, "type");
    const bool query = type == "EPCISQueryDocument";
    if (!document.contains("@context")) return missing("@context", "the context of EPCIS 2.0");
    if (!query && !document.contains("schemaVersion")) return missing("schemaVersion", "2.0");
    if (!query && !document.contains("creationDate"))
        return missing("creationDate", "a date and time");
    const json::value* const body = document.if_contains("epcisBody");
    if (!body || !body->is_object()) return missing("epcisBody", "an object");
    const json::object* holder = &body->get_object();
    if (query) {
        const json::value* const results = holder->if_contains("queryResults");
        const json::value* const inner = results && results->is_object()
                                             ? results->get_object().if_contains("resultsBody")
                                             : nullptr;
        if (!inner || !inner->is_object())
            return missing("epcisBody.queryResults.resultsBody", "an object");
        holder = &inner->get_object();
    }
    const json::value* const list = holder->if_contains("eventList");
    if (!list || !list->is_array()) return missing("epcisBody.eventList", "a list of events");
    return &list->get_array();
}

void take_event(const json::value& json, std::size_t place, const Prefixes& prefixes,
                const Namespaces& namespaces, Document& document) {
    const json::object* const object = json.if_object();
    auto fault = object ? find_event_fault(*object, prefixes)
                        : EventFault{.field = {}, .message = "expected an event"};
    if (fault) {
        fault->event = place;
        document.faults.push_back(std::move(*fault));
    } else {
        document.events.emplace_back(place, read_event(*object));
        add_namespaces(document.events.back().second.json, namespaces);
    }
}

/// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    int number = 0;
    if (at + count > text.size()) return -1;
    for (std::size_t each = at; each < at + count; ++each) {
        if (text[each] < '0' || text[each] > '9') return -1;
        number = number * 10 + (text[each] - '0');
    }
    return number;
}

/// The offset in minutes of "Z" or "+08:00".
std::optional<int> parse_offset(std::string_view text) {
    if (text == "Z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return std::nullopt;
    const int hours = digits(text, 1, 2);
    const int minutes = digits(text, 4, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
    return (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
}

}  // namespace

std::string_view name_of(EventType type) noexcept {
    return std::ranges::find(types, type, &TypeName::type)->name;
}

std::optional<EventType> find_event_type(std::string_view name) noexcept {
    const auto found = std::ranges::find(types, name, &TypeName::name);
    if (found == types.end()) return std::nullopt;
    return found->type;
}

std::string short_name_of(std::string_view term) {
    constexpr std::string_view urn = "urn:epcglobal:cbv:";
    if (term.starts_with(urn)) return std::string{term.substr(term.rfind(':') + 1)};
    for (const std::string_view root :
         {"https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "cbv:"})
        if (term.starts_with(root)) return std::string{term.substr(term.rfind('-') + 1)};
    return std::string{term};
}

std::optional<std::int64_t> parse_event_time(std::string_view text) {
    using namespace std::chrono;
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const year_month_day date{year{digits(text, 0, 4)},
                              month{static_cast<unsigned>(std::max(0, digits(text, 5, 2)))},
                              day{static_cast<unsigned>(std::max(0, digits(text, 8, 2)))}};
    const int hour = digits(text, 11, 2);
    const int minute = digits(text, 14, 2);
    const int second = digits(text, 17, 2);
    if (digits(text, 0, 4) < 1 || !date.ok() || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    std::int64_t milliseconds = 0;
    std::size_t at = 19;
    if (text[at] == '.') {
        std::int64_t scale = 100;
        const std::size_t start = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
            milliseconds += scale * (text[at] - '0');
        if (at == start) return std::nullopt;
    }
    const auto offset = parse_offset(text.substr(at));
    if (!offset) return std::nullopt;
    const std::int64_t seconds = sys_days{date}.time_since_epoch().count() * 86'400 + hour * 3600 +
                                 minute * 60 + second - *offset * 60;
    return seconds * 1000 + milliseconds;
}

std::string format_event_time(std::int64_t milliseconds) {
    using namespace std::chrono;
    const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{milliseconds}};
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss rest{time - midnight};
    std::array<char, 40> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(rest.hours().count()),
        static_cast<int>(rest.minutes().count()), static_cast<int>(rest.seconds().count()),
        static_cast<int>(rest.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

Parsed<Document> read_document(const json::value& json) {
    Document document;
    Prefixes prefixes = standard_prefixes();
    Namespaces namespaces;
    const json::object* const object = json.if_object();
    const json::array* events = json.if_array();
    if (object) {
        if (const json::value* const context = object->if_contains("@context"))
            add_prefixes(*context, prefixes);
        const std::string type = text_at(*object, "type");
        if (type == "EPCISDocument" || type == "EPCISQueryDocument") {
            const auto found = find_events(*object);
            if (!found) return found.error();
            events = *found;
            namespaces = namespaces_of(*object);
            for (const auto& [prefix, uri] : namespaces)
                if (uri.size() > namespace_size_max)
                    return FormatError{
                        "@context: expected at most " + std::to_string(namespace_size_max) +
                        " octets behind each prefix, found " + std::to_string(uri.size())};
        }
    }
    if (!object && !events)
        return FormatError{"expected an EPCISDocument, an event or a list of events"};
    document.count = events ? events->size() : 1;
    if (document.count > events_max)
        return FormatError{"eventList: expected at most " + std::to_string(events_max) +
                           " events, found " + std::to_string(document.count)};
    if (!events) {
        take_event(json, 0, prefixes, namespaces, document);
        return document;
    }
    for (std::size_t at = 0; at < events->size(); ++at)
        take_event((*events)[at], at, prefixes, namespaces, document);
    return document;
}

}  // namespace idnode::protocol::epcis
