#include "resolver/api/event_filter.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <charconv>
#include <functional>
#include <span>

#include "protocol/epcis/event.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace json = boost::json;
using protocol::epcis::Namespaces;
using Relation = EventFilter::Relation;
using Visit = std::function<bool(const json::value&)>;

struct RelationName {
    std::string_view stem;
    Relation relation;
};
constexpr std::array relations{
    RelationName{"EXISTS_", Relation::exists}, RelationName{"EQ_", Relation::equal},
    RelationName{"LT_", Relation::less},       RelationName{"LE_", Relation::at_most},
    RelationName{"GT_", Relation::greater},    RelationName{"GE_", Relation::at_least}};

/// What the values of a field are, and so which relations it knows.
enum class Kind : std::uint8_t { text, term, number, moment, presence };

/// Where the values of a field stand; a field may have several such rows. Lists on the way are
/// looked through.
struct Field {
    std::string_view name;
    Kind kind;
    std::array<std::string_view, 3> way;
};
constexpr std::array fields{
    Field{"errorDeclaration", Kind::presence, {"errorDeclaration"}},
    Field{"errorDeclarationTime", Kind::moment, {"errorDeclaration", "declarationTime"}},
    Field{"errorReason", Kind::term, {"errorDeclaration", "reason"}},
    Field{"correctiveEventID", Kind::text, {"errorDeclaration", "correctiveEventIDs"}},
    Field{"persistentDisposition_set", Kind::term, {"persistentDisposition", "set"}},
    Field{"persistentDisposition_unset", Kind::term, {"persistentDisposition", "unset"}},
    Field{"quantity", Kind::number, {"quantityList", "quantity"}},
    Field{"quantity", Kind::number, {"childQuantityList", "quantity"}},
    Field{"quantity", Kind::number, {"inputQuantityList", "quantity"}},
    Field{"quantity", Kind::number, {"outputQuantityList", "quantity"}},
    Field{"startTime", Kind::moment, {"sensorElementList", "sensorMetadata", "startTime"}},
    Field{"endTime", Kind::moment, {"sensorElementList", "sensorMetadata", "endTime"}},
    Field{"deviceID", Kind::text, {"sensorElementList", "sensorMetadata", "deviceID"}},
    Field{"deviceID", Kind::text, {"sensorElementList", "sensorReport", "deviceID"}},
    Field{"bizRules", Kind::text, {"sensorElementList", "sensorMetadata", "bizRules"}},
    Field{"bizRules", Kind::text, {"sensorElementList", "sensorReport", "bizRules"}},
    Field{"dataProcessingMethod",
          Kind::text,
          {"sensorElementList", "sensorMetadata", "dataProcessingMethod"}},
    Field{"dataProcessingMethod",
          Kind::text,
          {"sensorElementList", "sensorReport", "dataProcessingMethod"}},
    Field{"type", Kind::term, {"sensorElementList", "sensorReport", "type"}},
    Field{"microorganism", Kind::text, {"sensorElementList", "sensorReport", "microorganism"}},
    Field{"chemicalSubstance",
          Kind::text,
          {"sensorElementList", "sensorReport", "chemicalSubstance"}},
    Field{"stringValue", Kind::text, {"sensorElementList", "sensorReport", "stringValue"}},
    Field{"hexBinaryValue", Kind::text, {"sensorElementList", "sensorReport", "hexBinaryValue"}},
    Field{"uriValue", Kind::text, {"sensorElementList", "sensorReport", "uriValue"}},
    Field{"booleanValue", Kind::text, {"sensorElementList", "sensorReport", "booleanValue"}}};

/// Lists whose elements have a type: EQ_source_owning_party and the like.
struct TypedList {
    std::string_view stem;
    std::string_view list;
    std::string_view member;
};
constexpr std::array typed_lists{
    TypedList{"bizTransaction_", "bizTransactionList", "bizTransaction"},
    TypedList{"source_", "sourceList", "source"},
    TypedList{"destination_", "destinationList", "destination"}};

/// Where an extension is looked for, and its name.
struct Extension {
    bool in_master_data = false;
    bool inner = false;
    std::string_view name;
};

bool cut(std::string_view& text, std::string_view stem) {
    if (!text.starts_with(stem)) return false;
    text.remove_prefix(stem.size());
    return true;
}

Extension extension_of(std::string_view field) {
    Extension extension;
    extension.inner = cut(field, "INNER_");
    extension.in_master_data = cut(field, "ILMD_");
    extension.name = field;
    return extension;
}

bool is_fixed(std::string_view field) {
    return std::ranges::find(fields, field, &Field::name) != fields.end();
}

const TypedList* find_typed_list(std::string_view field) {
    const auto* const found = std::ranges::find_if(
        typed_lists, [&](const TypedList& each) { return field.starts_with(each.stem); });
    return found == typed_lists.end() ? nullptr : found;
}

std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Calls `visit` for every value at the end of a way until it returns true; lists are looked
/// through.
bool any_at(const json::value& value, std::span<const std::string_view> way, const Visit& visit) {
    if (const auto* const list = value.if_array())
        return std::ranges::any_of(
            *list, [&](const json::value& each) { return any_at(each, way, visit); });
    if (way.empty() || way.front().empty()) return visit(value);
    const auto* const object = value.if_object();
    const auto* const next = object ? object->if_contains(way.front()) : nullptr;
    return next && any_at(*next, way.subspan(1), visit);
}

/// Looks at the members of that name of an object, and below where `deep`.
class ExtensionSearch {
public:
    ExtensionSearch(std::string_view name, const Namespaces& namespaces, const Visit& visit)
        : name_{name}, namespaces_{namespaces}, visit_{visit} {}

    bool any(const json::object& object) const {
        return std::ranges::any_of(object, [&](const auto& member) {
            return is_it(member.key()) && any_at(member.value(), {}, visit_);
        });
    }
    bool any_below(const json::object& object) const {
        return std::ranges::any_of(object, [&](const auto& member) {
            return std::string_view{member.key()}.find(':') != std::string_view::npos &&
                   any_inside(member.value());
        });
    }

private:
    bool is_it(std::string_view key) const {
        return key == name_ ||
               (key.find(':') != key.npos && protocol::epcis::expanded(key, namespaces_) == name_);
    }
    bool any_inside(const json::value& value) const {
        if (const auto* const list = value.if_array())
            return std::ranges::any_of(*list, [&](const auto& each) { return any_inside(each); });
        const auto* const object = value.if_object();
        return object && (any(*object) || std::ranges::any_of(*object, [&](const auto& member) {
                              return any_inside(member.value());
                          }));
    }

    const std::string_view name_;
    const Namespaces& namespaces_;
    const Visit& visit_;
};

bool any_extension(const json::object& event, std::string_view field, const Visit& visit) {
    const Extension extension = extension_of(field);
    const Namespaces namespaces = protocol::epcis::namespaces_of(event);
    const ExtensionSearch search{extension.name, namespaces, visit};
    const json::object* where = &event;
    if (extension.in_master_data) {
        const auto* const ilmd = event.if_contains("ilmd");
        where = ilmd ? ilmd->if_object() : nullptr;
    }
    return where && (extension.inner ? search.any_below(*where) : search.any(*where));
}

bool any_of_type(const json::object& event, const TypedList& typed, std::string_view type,
                 const Visit& visit) {
    const auto* const list = event.if_contains(typed.list);
    if (!list || !list->is_array()) return false;
    return std::ranges::any_of(list->get_array(), [&](const json::value& each) {
        const auto* const element = each.if_object();
        const auto* const own = element ? element->if_contains("type") : nullptr;
        const auto* const value = element ? element->if_contains(typed.member) : nullptr;
        return own && own->is_string() && value &&
               protocol::epcis::short_name_of(own->get_string()) == type && visit(*value);
    });
}

bool any_value(const json::object& event, std::string_view field, const Visit& visit) {
    if (is_fixed(field))
        return std::ranges::any_of(fields, [&](const Field& each) {
            if (each.name != field) return false;
            const auto* const first = event.if_contains(each.way.front());
            return first && any_at(*first, std::span{each.way}.subspan(1), visit);
        });
    if (const TypedList* const typed = find_typed_list(field))
        return any_of_type(event, *typed, field.substr(typed->stem.size()), visit);
    return any_extension(event, field, visit);
}

bool is_equal(const EventFilter& filter, const json::value& value) {
    if (const auto* const text = value.if_string()) {
        if (filter.values.contains(std::string{*text})) return true;
        return find_typed_list(filter.field)
                   ? filter.values.contains(canonical(*text))
                   : filter.values.contains(protocol::epcis::short_name_of(*text));
    }
    if (value.is_bool()) return filter.values.contains(value.get_bool() ? "true" : "false");
    return value.is_number() && std::ranges::any_of(filter.values, [&](const std::string& each) {
               return number_in(each) == value.to_number<double>();
           });
}

template <class Number>
bool is_ordered(Relation relation, Number left, Number right) {
    switch (relation) {
        case Relation::less: return left < right;
        case Relation::at_most: return left <= right;
        case Relation::greater: return left > right;
        case Relation::at_least: return left >= right;
        default: return false;
    }
}

bool is_met(const EventFilter& filter, const json::value& value) {
    if (filter.relation == Relation::exists) return true;
    if (filter.relation == Relation::equal) return is_equal(filter, value);
    if (filter.number)
        return value.is_number() &&
               is_ordered(filter.relation, value.to_number<double>(), *filter.number);
    const auto* const text = value.if_string();
    const auto moment = text ? protocol::epcis::parse_event_time(*text) : std::nullopt;
    return moment && is_ordered(filter.relation, *moment, *filter.moment);
}

Fault wrong(const EventFilter& filter, std::string_view expected) {
    return {.status = 400,
            .message = filter.parameter + ": expected " + std::string{expected},
            .field = filter.parameter,
            .title = "QueryParameterException"};
}

/// Which relations make sense for a field: those of extensions all.
bool knows(std::string_view field, Relation relation) {
    const auto* const fixed = std::ranges::find(fields, field, &Field::name);
    if (fixed != fields.end()) {
        if (fixed->kind == Kind::presence) return relation == Relation::exists;
        if (fixed->kind == Kind::moment)
            return relation != Relation::exists && relation != Relation::equal;
        if (fixed->kind == Kind::number) return relation != Relation::exists;
        return relation == Relation::equal;
    }
    if (find_typed_list(field)) return relation == Relation::equal;
    return extension_of(field).name.find(':') != std::string_view::npos;
}

std::optional<Fault> read_value(std::string_view text, EventFilter& filter) {
    if (filter.relation == Relation::exists) {
        if (!text.empty() && text != "true") return wrong(filter, "true, or nothing");
        return std::nullopt;
    }
    if (filter.relation == Relation::equal) {
        if (text.empty()) return wrong(filter, "at least one value");
        filter.texts.emplace(text);
        filter.values.insert(find_typed_list(filter.field) ? canonical(text)
                                                           : protocol::epcis::short_name_of(text));
        return std::nullopt;
    }
    filter.number = number_in(text);
    if (!filter.number) filter.moment = protocol::epcis::parse_event_time(text);
    const auto* const fixed = std::ranges::find(fields, filter.field, &Field::name);
    const bool of_times = fixed != fields.end() && fixed->kind == Kind::moment;
    const bool of_numbers = fixed != fields.end() && fixed->kind == Kind::number;
    if ((of_times && !filter.moment) || (!filter.moment && !filter.number))
        return wrong(filter, "a date and time with an offset");
    if (of_numbers && !filter.number) return wrong(filter, "a number");
    return std::nullopt;
}

}  // namespace

std::optional<std::variant<EventFilter, Fault>> read_filter(std::string_view name,
                                                            std::string_view text,
                                                            const Namespaces& namespaces) {
    const auto* const found = std::ranges::find_if(
        relations, [&](const RelationName& each) { return name.starts_with(each.stem); });
    if (found == relations.end()) return std::nullopt;
    EventFilter filter{.relation = found->relation,
                       .parameter = std::string{name},
                       .field = std::string{name.substr(found->stem.size())}};
    if (!knows(filter.field, filter.relation)) return std::nullopt;
    if (!is_fixed(filter.field) && !find_typed_list(filter.field)) {
        const std::string_view bare = extension_of(filter.field).name;
        const std::string stem = filter.field.substr(0, filter.field.size() - bare.size());
        filter.field = stem + protocol::epcis::expanded(bare, namespaces);
    }
    if (auto fault = read_value(text, filter)) return *std::move(fault);
    return filter;
}

bool meets(const EventFilter& filter, const json::object& event) {
    return any_value(event, filter.field,
                     [&](const json::value& value) { return is_met(filter, value); });
}

}  // namespace idnode::resolver::api
