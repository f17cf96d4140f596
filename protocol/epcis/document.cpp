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

/// Reads the fields of an event whose values are identifiers, which may be compact URIs.
class Reader {
public:
    Reader(const json::object& event, const Namespaces& namespaces)
        : event_{event}, namespaces_{namespaces} {}

    std::string uri(std::string_view name) const { return uri_in(event_, name); }

    std::vector<std::string> uris(std::string_view name) const {
        std::vector<std::string> texts;
        const json::value* const list = event_.if_contains(name);
        if (!list) return texts;
        texts.reserve(list->as_array().size());
        for (const json::value& each : list->get_array())
            texts.push_back(expanded(each.as_string(), namespaces_));
        return texts;
    }
    std::vector<Quantity> quantities(std::string_view name) const {
        std::vector<Quantity> quantities;
        const json::value* const list = event_.if_contains(name);
        if (!list) return quantities;
        for (const json::value& each : list->as_array()) {
            const json::object& element = each.as_object();
            Quantity quantity{.epc_class = uri_in(element, "epcClass"),
                              .uom = text_at(element, "uom")};
            if (const json::value* const number = element.if_contains("quantity"))
                quantity.quantity = number->to_number<double>();
            quantities.push_back(std::move(quantity));
        }
        return quantities;
    }
    std::string id(std::string_view name) const {
        const json::value* const place = event_.if_contains(name);
        return place ? uri_in(place->as_object(), "id") : std::string{};
    }
    std::vector<std::string> transactions() const {
        std::vector<std::string> ids;
        if (const json::value* const list = event_.if_contains("bizTransactionList"))
            for (const json::value& each : list->as_array())
                ids.push_back(uri_in(each.as_object(), "bizTransaction"));
        return ids;
    }

private:
    std::string uri_in(const json::object& object, std::string_view name) const {
        const json::value* const found = object.if_contains(name);
        return found && found->is_string() ? expanded(found->get_string(), namespaces_)
                                           : std::string{};
    }

    const json::object& event_;
    const Namespaces& namespaces_;
};

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

/// The event has no faults; it is moved from.
Event read_event(json::object& object, const Namespaces& namespaces) {
    const Reader reader{object, namespaces};
    return {.type = *find_event_type(text_at(object, "type")),
            .action = action_of(text_at(object, "action")),
            .time = *parse_event_time(text_at(object, "eventTime")),
            .id = text_at(object, "eventID"),
            .epcs = reader.uris("epcList"),
            .parent = reader.uri("parentID"),
            .children = reader.uris("childEPCs"),
            .inputs = reader.uris("inputEPCList"),
            .outputs = reader.uris("outputEPCList"),
            .quantities = reader.quantities("quantityList"),
            .child_quantities = reader.quantities("childQuantityList"),
            .input_quantities = reader.quantities("inputQuantityList"),
            .output_quantities = reader.quantities("outputQuantityList"),
            .transformation = reader.uri("transformationID"),
            .biz_step = short_name_of(reader.uri("bizStep")),
            .disposition = short_name_of(reader.uri("disposition")),
            .read_point = reader.id("readPoint"),
            .biz_location = reader.id("bizLocation"),
            .biz_transactions = reader.transactions(),
            .lot = lot_of(object),
            .declares_error = object.contains("errorDeclaration"),
            .json = std::move(object)};
}

/// The prefixes of an event: those of its document, and its own over them.
std::optional<EventFault> read_own_prefixes(const json::object& event, Namespaces& namespaces) {
    for (auto& [prefix, uri] : namespaces_of(event))
        namespaces.insert_or_assign(prefix, std::move(uri));
    const std::string_view forbidden = find_forbidden_prefix(namespaces);
    if (forbidden.empty()) return std::nullopt;
    return EventFault{
        .field = "@context",
        .message = "@context: expected no other meaning for " + std::string{forbidden} + ':'};
}

/// Where the events of a document stand, or what the document lacks.
Parsed<json::array*> find_events(json::object& document) {
    const auto missing = [](std::string_view field, std::string_view expected) {
        return FormatError{std::string{field} + ": expected " + std::string{expected}};
    };
    const std::string type = text_at(document, "type");
    const bool query = type == "EPCISQueryDocument";
    if (!document.contains("@context")) return missing("@context", "the context of EPCIS 2.0");
    if (!query && !document.contains("schemaVersion")) return missing("schemaVersion", "2.0");
    if (!query && !document.contains("creationDate"))
        return missing("creationDate", "a date and time");
    json::value* const body = document.if_contains("epcisBody");
    if (!body || !body->is_object()) return missing("epcisBody", "an object");
    json::object* holder = &body->get_object();
    if (query) {
        json::value* const results = holder->if_contains("queryResults");
        json::value* const inner = results && results->is_object()
                                       ? results->get_object().if_contains("resultsBody")
                                       : nullptr;
        if (!inner || !inner->is_object())
            return missing("epcisBody.queryResults.resultsBody", "an object");
        holder = &inner->get_object();
    }
    json::value* const list = holder->if_contains("eventList");
    if (!list || !list->is_array()) return missing("epcisBody.eventList", "a list of events");
    return &list->get_array();
}

void take_event(json::value& json, std::size_t place, const Prefixes& prefixes,
                const Namespaces& namespaces, Document& document) {
    json::object* const object = json.if_object();
    auto fault = object ? find_event_fault(*object, prefixes)
                        : EventFault{.field = {}, .message = "expected an event"};
    std::optional<Namespaces> own;
    if (!fault && object->contains("@context"))
        fault = read_own_prefixes(*object, own.emplace(namespaces));
    if (fault) {
        fault->event = place;
        document.faults.push_back(std::move(*fault));
    } else {
        document.events.emplace_back(place, read_event(*object, own ? *own : namespaces));
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
    constexpr int offset_max = 14 * 60;
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > offset_max)
        return std::nullopt;
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

/// The years 1 to 9999 in UTC.
constexpr std::int64_t first_time = -62'135'596'800'000;
constexpr std::int64_t last_time = 253'402'300'799'999;

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
    const std::int64_t time = seconds * 1000 + milliseconds;
    if (time < first_time || time > last_time) return std::nullopt;
    return time;
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

std::size_t count_events(const json::value& json) {
    if (const auto* const list = json.if_array()) return list->size();
    for (const char* const place :
         {"/epcisBody/eventList", "/epcisBody/queryResults/resultsBody/eventList"}) {
        boost::system::error_code missing;
        const json::value* const found = json.find_pointer(place, missing);
        if (found && found->is_array()) return found->get_array().size();
    }
    return 1;
}

Parsed<Document> read_document(json::value json) {
    Document document;
    Prefixes prefixes = standard_prefixes();
    Namespaces namespaces;
    json::object* const object = json.if_object();
    json::array* events = json.if_array();
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
            if (const auto forbidden = find_forbidden_prefix(namespaces); !forbidden.empty())
                return FormatError{"@context: expected no other meaning for " +
                                   std::string{forbidden} + ':'};
        }
    }
    if (!object && !events)
        return FormatError{"expected an EPCISDocument, an event or a list of events"};
    document.count = events ? events->size() : 1;
    if (document.count > events_max)
        return FormatError{"eventList: expected at most " + std::to_string(events_max) +
                           " events, found " + std::to_string(document.count)};
    document.events.reserve(document.count);
    if (!events) {
        take_event(json, 0, prefixes, namespaces, document);
        return document;
    }
    for (std::size_t at = 0; at < events->size(); ++at)
        take_event((*events)[at], at, prefixes, namespaces, document);
    return document;
}

}  // namespace idnode::protocol::epcis
