#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <functional>
#include <span>

#include "protocol/epcis/event.hpp"
#include "resolver/api/event_query.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using protocol::epcis::Namespaces;
using trace::IndexKind;
using Parameter = RequestTarget::Parameter;

enum class Form { term, identifier, type };

/// A parameter that an index serves.
struct Indexed {
    std::string_view name;
    IndexKind kind;
    Form form = Form::term;
    bool with_descendants = false;
};

constexpr std::array indexed{
    Indexed{"MATCH_epc", IndexKind::epc, Form::identifier},
    Indexed{"MATCH_parentID", IndexKind::parent, Form::identifier},
    Indexed{"MATCH_inputEPC", IndexKind::input, Form::identifier},
    Indexed{"MATCH_outputEPC", IndexKind::output, Form::identifier},
    Indexed{"MATCH_anyEPC", IndexKind::any_epc, Form::identifier},
    Indexed{"MATCH_epcClass", IndexKind::epc_class, Form::identifier},
    Indexed{"MATCH_inputEPCClass", IndexKind::input_class, Form::identifier},
    Indexed{"MATCH_outputEPCClass", IndexKind::output_class, Form::identifier},
    Indexed{"MATCH_anyEPCClass", IndexKind::any_class, Form::identifier},
    Indexed{"EQ_transformationID", IndexKind::transformation},
    Indexed{"EQ_bizTransaction", IndexKind::biz_transaction},
    Indexed{"EQ_readPoint", IndexKind::read_point, Form::identifier},
    Indexed{"WD_readPoint", IndexKind::read_point, Form::identifier, true},
    Indexed{"EQ_bizLocation", IndexKind::biz_location, Form::identifier},
    Indexed{"WD_bizLocation", IndexKind::biz_location, Form::identifier, true},
    Indexed{"EQ_bizStep", IndexKind::biz_step},
    Indexed{"EQ_disposition", IndexKind::disposition},
    Indexed{"eventType", IndexKind::type, Form::type},
    Indexed{"EQ_action", IndexKind::action, Form::type}};

Fault wrong(std::string field, std::string_view expected) {
    return {.status = 400,
            .message = field + ": expected " + std::string{expected},
            .field = field,
            .title = "QueryParameterException"};
}

Fault too_complex(std::string field, std::string_view expected) {
    Fault fault = wrong(std::move(field), expected);
    fault.status = 413;
    fault.title = "QueryTooComplexException";
    return fault;
}

std::string value_of(std::string_view text, Form form) {
    switch (form) {
        case Form::identifier: return canonical(text);
        case Form::term: return protocol::epcis::short_name_of(text);
        case Form::type: break;
    }
    return std::string{text};
}

/// Values of one parameter: several stand behind one another, with '|' or ',' between, or the
/// parameter comes again. A URI may hold a comma, so that only separates where no scheme follows.
void for_each_value(std::string_view text, bool of_uris,
                    const std::function<void(std::string_view)>& visit) {
    while (!text.empty()) {
        const std::size_t bar = text.find('|');
        std::string_view each = text.substr(0, bar);
        text.remove_prefix(std::min(each.size() + 1, text.size()));
        while (!each.empty()) {
            std::size_t end = each.find(',');
            if (of_uris && end != each.npos && each.find(':', end) == each.npos) end = each.npos;
            const std::string_view one = each.substr(0, end);
            each.remove_prefix(std::min(one.size() + 1, each.size()));
            if (!one.empty()) visit(one);
        }
    }
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
}

/// One of the four limits on times; nothing when the parameter is another.
std::optional<std::optional<Fault>> read_time(const Parameter& parameter, EventQuery& query) {
    struct Limit {
        std::string_view name;
        std::int64_t EventQuery::*place;
    };
    constexpr std::array limits{Limit{"GE_eventTime", &EventQuery::event_from},
                                Limit{"LT_eventTime", &EventQuery::event_before},
                                Limit{"GE_recordTime", &EventQuery::record_from},
                                Limit{"LT_recordTime", &EventQuery::record_before}};
    const auto limit = std::ranges::find(limits, parameter.name, &Limit::name);
    if (limit == limits.end()) return std::nullopt;
    const auto time = protocol::epcis::parse_event_time(parameter.value);
    if (!time) return wrong(parameter.name, "a date and time with an offset");
    query.*(limit->place) = *time;
    return std::optional<Fault>{};
}

/// TIME.NUMBER, of the last event of a page, and how many may still come behind it where there is
/// such a limit (`run`).
bool read_token(std::string_view token, EventQuery& query) {
    std::array<std::string_view, 3> parts;
    for (std::string_view& part : parts) {
        part = token.substr(0, token.find('.'));
        token.remove_prefix(std::min(part.size() + 1, token.size()));
    }
    trace::EventPlace place;
    const auto [end, failed] =
        std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), place.time);
    if (failed != std::errc{} || end != parts[0].data() + parts[0].size() ||
        !read_number(parts[1], place.number) || !token.empty())
        return false;
    query.after = place;
    return parts[2].empty() || (read_number(parts[2], query.most) && query.most > 0);
}

/// How the list is to be cut and ordered; nothing when the parameter is another.
std::optional<std::optional<Fault>> read_order(const Parameter& parameter, EventQuery& query) {
    const auto& [name, value] = parameter;
    const auto done = [] { return std::optional<Fault>{}; };
    if (name == "perPage") {
        if (!read_number(value, query.per_page) || query.per_page == 0 ||
            query.per_page > per_page_max)
            return wrong(name, "1 to 1000");
        return done();
    }
    if (name == "eventCountLimit" || name == "maxEventCount") {
        if (query.most > 0) return wrong(name, "eventCountLimit or maxEventCount, not both");
        if (!read_number(value, query.most) || query.most == 0) return wrong(name, "a number");
        query.most_is_a_limit = name == "maxEventCount";
        return done();
    }
    if (name == "orderBy") {
        if (value != "eventTime" && value != "recordTime")
            return wrong(name, "eventTime or recordTime");
        query.is_ordered = true;
        query.by_record_time = value == "recordTime";
        return done();
    }
    if (name == "orderDirection") {
        if (value != "ASC" && value != "DESC") return wrong(name, "ASC or DESC");
        query.descending = value == "DESC";
        return done();
    }
    return std::nullopt;
}

/// How the values of one parameter stand in it.
enum class Values {
    separated,  ///< several in one text
    whole,
};

void for_each_value(std::string_view text, Values values, bool of_uris,
                    const std::function<void(std::string_view)>& visit) {
    if (values == Values::separated) return for_each_value(text, of_uris, visit);
    if (!text.empty()) visit(text);
}

std::optional<Fault> read_condition(const Parameter& parameter, const Indexed& known, Values values,
                                    EventQuery& query) {
    auto condition = std::ranges::find_if(query.conditions, [&](const auto& each) {
        return each.kind == known.kind && each.with_descendants == known.with_descendants;
    });
    if (condition == query.conditions.end()) {
        query.conditions.push_back({known.kind, {}, known.with_descendants});
        condition = std::prev(query.conditions.end());
    }
    bool is_pattern = false;
    for_each_value(parameter.value, values, known.form == Form::identifier,
                   [&](std::string_view each) {
                       is_pattern |= each.starts_with("urn:epc:idpat:");
                       condition->values.insert(value_of(each, known.form));
                   });
    if (is_pattern)
        return too_complex(parameter.name, "identifiers, not patterns, which no index serves");
    if (condition->values.empty()) return wrong(parameter.name, "at least one value");
    constexpr std::array<std::string_view, 3> actions{"ADD", "OBSERVE", "DELETE"};
    const auto is_action = [&](const std::string& each) {
        return std::ranges::find(actions, each) != actions.end();
    };
    if (known.kind == IndexKind::action && !std::ranges::all_of(condition->values, is_action))
        return wrong(parameter.name, "ADD, OBSERVE or DELETE");
    return std::nullopt;
}

/// Whether the standard has a parameter that this node does not serve: of the master data of places
/// and parties, and of sensor values with their units (EPCIS 2.0 §8.2.7.1).
bool is_unserved(std::string_view name) {
    if (name.starts_with("HASATTR_") || name.starts_with("EQATTR_")) return true;
    constexpr std::array<std::string_view, 6> stems{"value_",     "minValue_",  "maxValue_",
                                                    "meanValue_", "percValue_", "sDev_"};
    const std::string_view rest = name.substr(std::min(name.find('_'), name.size() - 1) + 1);
    return std::ranges::any_of(stems,
                               [&](std::string_view stem) { return rest.starts_with(stem); });
}

/// Of a document by its type, beside the filter that looks at the type.
void add_transaction(const EventFilter& filter, EventQuery& query) {
    if (filter.field.starts_with("bizTransaction_"))
        query.conditions.push_back({IndexKind::biz_transaction, filter.texts, false});
}

/// A parameter that no index serves; nothing when it is none either.
std::optional<std::optional<Fault>> read_filters(const Parameter& parameter, Values values,
                                                 const Namespaces& namespaces, EventQuery& query) {
    const bool several = parameter.name.starts_with("EQ_");
    std::optional<EventFilter> whole;
    std::optional<Fault> fault;
    bool known = true;
    const auto take = [&](std::string_view text) {
        auto read = read_filter(parameter.name, text, namespaces);
        known = read.has_value();
        if (!known || fault) return;
        if (auto* const wrong_value = std::get_if<Fault>(&*read)) {
            fault = std::move(*wrong_value);
            return;
        }
        auto& filter = std::get<EventFilter>(*read);
        if (whole) {
            whole->values.merge(filter.values);
            whole->texts.merge(filter.texts);
        } else {
            whole = std::move(filter);
        }
    };
    if (several && !parameter.value.empty())
        for_each_value(parameter.value, values, true, take);
    else
        take(parameter.value);
    if (!known) return std::nullopt;
    if (!fault && whole) {
        add_transaction(*whole, query);
        query.filters.push_back(*std::move(whole));
    }
    return fault;
}

std::optional<Fault> read_parameter(const Parameter& parameter, Values values,
                                    const Namespaces& namespaces, EventQuery& query) {
    if (auto done = read_time(parameter, query)) return *done;
    if (auto done = read_order(parameter, query)) return *done;
    const auto known = std::ranges::find(indexed, parameter.name, &Indexed::name);
    if (known != indexed.end()) return read_condition(parameter, *known, values, query);
    if (parameter.name == "EQ_eventID") {
        for_each_value(parameter.value, values, true,
                       [&](std::string_view id) { query.ids.emplace(id); });
        if (query.ids.empty()) return wrong(parameter.name, "at least one value");
        return std::nullopt;
    }
    if (auto done = read_filters(parameter, values, namespaces, query)) return *done;
    constexpr std::string_view expected = "a parameter that this node serves";
    return is_unserved(parameter.name) ? too_complex(parameter.name, expected)
                                       : wrong(parameter.name, expected);
}

/// Filters are asked of what an index has found, and of nothing else.
std::optional<Fault> find_complexity_fault(const EventQuery& query) {
    const bool within =
        (query.event_from > trace::time_min && query.event_before < trace::time_max) ||
        (query.record_from > trace::time_min && query.record_before < trace::time_max);
    if (query.filters.empty() || !query.conditions.empty() || !query.ids.empty() || within)
        return std::nullopt;
    return too_complex(query.filters.front().parameter,
                       "a condition that an index serves beside it, or both limits of a time");
}

/// What was recorded lately is found by when it was recorded, where nothing else is asked for: no
/// order is promised then, and by event time all events would have to be looked at.
void choose_order(EventQuery& query) {
    const bool by_event =
        query.event_from > trace::time_min || query.event_before <= trace::time_max;
    const bool by_record =
        query.record_from > trace::time_min || query.record_before <= trace::time_max;
    if (by_record && !by_event && !query.is_ordered && query.conditions.empty())
        query.by_record_time = true;
}

}  // namespace

std::optional<Fault> find_limit_fault(const EventQuery& query) {
    if (query.most == 0 || query.most_is_a_limit || query.is_ordered) return std::nullopt;
    return wrong("eventCountLimit", "orderBy beside it, which says what the first events are");
}

std::variant<EventQuery, Fault> read_event_query(const RequestTarget& target,
                                                 const Namespaces& namespaces,
                                                 std::optional<EventQuery::Condition> also) {
    EventQuery query;
    const Parameter* token = nullptr;
    for (const Parameter& parameter : target.parameters()) {
        if (parameter.name == "nextPageToken")
            token = &parameter;
        else if (auto fault = read_parameter(parameter, Values::separated, namespaces, query))
            return *fault;
    }
    if (auto fault = find_limit_fault(query)) return *fault;
    if (token && !read_token(token->value, query)) return wrong(token->name, "the token of a page");
    if (also) query.conditions.push_back(*std::move(also));
    if (auto fault = find_complexity_fault(query)) return *fault;
    choose_order(query);
    return query;
}

std::variant<EventQuery, Fault> read_event_query(const boost::json::object& json) {
    EventQuery query;
    for (const auto& member : json) {
        const std::string name{member.key()};
        const boost::json::value& value = member.value();
        if (name == "nextPageToken")
            return wrong(name, "no token of a page in a query that is kept");
        const auto* const list = value.if_array();
        if (list && list->empty()) return wrong(name, "at least one value");
        const std::span<const boost::json::value> values{list ? list->data() : &value,
                                                         list ? list->size() : 1};
        for (const boost::json::value& each : values) {
            const auto* const text = each.if_string();
            if (!text && !each.is_number() && !each.is_bool())
                return wrong(name, "a text, a number, a truth value, or a list of texts");
            const Parameter parameter{name, text ? std::string{*text} : serialize(each)};
            if (auto fault = read_parameter(parameter, Values::whole, {}, query)) return *fault;
        }
    }
    if (auto fault = find_complexity_fault(query)) return *fault;
    choose_order(query);
    return query;
}

Namespaces read_extensions(std::string_view header) {
    Namespaces namespaces;
    while (!header.empty()) {
        std::string_view each = header.substr(0, header.find(','));
        header.remove_prefix(std::min(each.size() + 1, header.size()));
        each.remove_prefix(std::min(each.find_first_not_of(' '), each.size()));
        const std::size_t equals = each.find('=');
        if (equals != each.npos)
            namespaces.insert_or_assign(std::string{each.substr(0, equals)},
                                        std::string{each.substr(equals + 1)});
    }
    return namespaces;
}

std::optional<Fault> turn_page(const RequestTarget& target, EventQuery& query) {
    for (const Parameter& parameter : target.parameters()) {
        if (parameter.name == "nextPageToken") {
            if (!read_token(parameter.value, query))
                return wrong(parameter.name, "the token of a page");
        } else if (parameter.name != "perPage") {
            return wrong(parameter.name, "perPage or nextPageToken: a named query has its own");
        } else if (auto fault = read_order(parameter, query); fault && *fault) {
            return **fault;
        }
    }
    return std::nullopt;
}

std::variant<Page, Fault> read_page(const RequestTarget& target) {
    Page page;
    for (const auto& [name, value] : target.parameters()) {
        if (name == "nextPageToken")
            page.after = value;
        else if (name != "perPage")
            return wrong(name, "perPage or nextPageToken");
        else if (!read_number(value, page.per_page) || page.per_page == 0 ||
                 page.per_page > per_page_max)
            return wrong(name, "1 to 1000");
    }
    if (page.after.size() > registry::entry_key_size_max - 1)
        return wrong("nextPageToken", "the token of a page");
    return page;
}

}  // namespace idnode::resolver::api
