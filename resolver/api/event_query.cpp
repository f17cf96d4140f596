#include "resolver/api/event_query.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <span>

#include "protocol/epcis/event.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using trace::IndexKind;

constexpr std::uint64_t per_page_max = 1000;
/// Events that are looked at for one page: beyond it, a query asks too much.
constexpr std::uint64_t looked_at_max = 200'000;

enum class Form { term, identifier, type };

struct Parameter {
    std::string_view name;
    IndexKind kind;
    Form form = Form::term;
};

// The first of them that a query has is the index that serves it: those that tell most come first.
constexpr std::array parameters{
    Parameter{"MATCH_epc", IndexKind::epc, Form::identifier},
    Parameter{"MATCH_parentID", IndexKind::parent, Form::identifier},
    Parameter{"MATCH_inputEPC", IndexKind::input, Form::identifier},
    Parameter{"MATCH_outputEPC", IndexKind::output, Form::identifier},
    Parameter{"MATCH_anyEPC", IndexKind::any_epc, Form::identifier},
    Parameter{"MATCH_epcClass", IndexKind::epc_class, Form::identifier},
    Parameter{"MATCH_inputEPCClass", IndexKind::input_class, Form::identifier},
    Parameter{"MATCH_outputEPCClass", IndexKind::output_class, Form::identifier},
    Parameter{"MATCH_anyEPCClass", IndexKind::any_class, Form::identifier},
    Parameter{"EQ_transformationID", IndexKind::transformation},
    Parameter{"EQ_bizTransaction", IndexKind::biz_transaction},
    Parameter{"EQ_readPoint", IndexKind::read_point, Form::identifier},
    Parameter{"EQ_bizLocation", IndexKind::biz_location, Form::identifier},
    Parameter{"EQ_bizStep", IndexKind::biz_step},
    Parameter{"EQ_disposition", IndexKind::disposition},
    Parameter{"eventType", IndexKind::type, Form::type},
    Parameter{"EQ_action", IndexKind::action, Form::type}};

Fault wrong(std::string field, std::string_view expected) {
    return {.status = 400,
            .message = field + ": expected " + std::string{expected},
            .field = field,
            .title = "QueryParameterException"};
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
void add_values(std::string_view text, Form form, std::set<std::string>& values) {
    while (!text.empty()) {
        const std::size_t bar = text.find('|');
        std::string_view each = text.substr(0, bar);
        text.remove_prefix(std::min(each.size() + 1, text.size()));
        while (!each.empty()) {
            std::size_t end = each.find(',');
            if (form == Form::identifier && end != each.npos && each.find(':', end) == each.npos)
                end = each.npos;
            const std::string_view one = each.substr(0, end);
            each.remove_prefix(std::min(one.size() + 1, each.size()));
            if (one.empty()) continue;
            values.insert(value_of(one, form));
        }
    }
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size();
}

/// One of the four limits on times; nothing when the parameter is another.
std::optional<std::optional<Fault>> read_time(const RequestTarget::Parameter& parameter,
                                              EventQuery& query) {
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

std::optional<trace::EventPlace> read_token(std::string_view token) {
    const std::size_t dot = token.find('.');
    if (dot == token.npos) return std::nullopt;
    trace::EventPlace place;
    const auto [end, failed] = std::from_chars(token.data(), token.data() + dot, place.time);
    if (failed != std::errc{} || end != token.data() + dot ||
        !read_number(token.substr(dot + 1), place.number))
        return std::nullopt;
    return place;
}

/// How the list is to be cut and ordered; nothing when the parameter is another.
std::optional<std::optional<Fault>> read_order(const RequestTarget::Parameter& parameter,
                                               EventQuery& query) {
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
    if (name == "nextPageToken") {
        query.after = read_token(value);
        if (!query.after) return wrong(name, "the token of a page");
        return done();
    }
    if (name == "orderBy") {
        if (value != "eventTime" && value != "recordTime")
            return wrong(name, "eventTime or recordTime");
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

std::optional<Fault> read_parameter(const RequestTarget::Parameter& parameter, Values values,
                                    EventQuery& query) {
    if (auto done = read_time(parameter, query)) return *done;
    if (auto done = read_order(parameter, query)) return *done;
    const auto known = std::ranges::find(parameters, parameter.name, &Parameter::name);
    if (known == parameters.end())
        return Fault{
            .status = 400,
            .message = parameter.name + ": expected a parameter that an index of this node serves",
            .field = parameter.name,
            .title = "QueryTooComplexException"};
    auto condition = std::ranges::find(query.conditions, known->kind, &EventQuery::Condition::kind);
    if (condition == query.conditions.end()) {
        query.conditions.push_back({known->kind, {}});
        condition = std::prev(query.conditions.end());
    }
    if (values == Values::separated)
        add_values(parameter.value, known->form, condition->values);
    else if (!parameter.value.empty())
        condition->values.insert(value_of(parameter.value, known->form));
    if (condition->values.empty()) return wrong(parameter.name, "at least one value");
    return std::nullopt;
}

bool is_in_time(const EventQuery& query, const trace::EventView& event) {
    return event.time >= query.event_from && event.time < query.event_before &&
           event.record_time >= query.record_from && event.record_time < query.record_before;
}

/// What an index that serves one condition has found: the other conditions are looked at.
bool meets(const EventQuery& query, const trace::EventView& event, IndexKind served_by) {
    if (!is_in_time(query, event)) return false;
    const bool more = std::ranges::any_of(query.conditions,
                                          [&](const auto& each) { return each.kind != served_by; });
    return !more || meets(query, event, terms_of(event));
}

/// Where the events of one index stand that a query can be about, in the order that it wants.
std::vector<trace::EventPlace> places(const registry::Snapshot& snapshot, const EventQuery& query,
                                      const trace::IndexTerm& term, std::uint64_t most) {
    std::vector<trace::EventPlace> found;
    auto after = query.after;
    const std::int64_t from = query.by_record_time ? query.record_from : query.event_from;
    const std::int64_t before = query.by_record_time ? query.record_before : query.event_before;
    if (!after && !query.descending && from > trace::time_min) after = {from - 1, UINT64_MAX - 1};
    if (!after && query.descending && before < trace::time_max) after = {before, 0};
    trace::for_each_event(snapshot, term, query.descending, after,
                          [&](const trace::EventPlace& place) {
                              if (query.descending ? place.time < from : place.time >= before)
                                  return false;
                              found.push_back(place);
                              return found.size() < most;
                          });
    return found;
}

/// The index that serves a query, and its values there: the condition that tells most, or the times
/// where there is none, or where their order is asked for.
std::pair<IndexKind, std::set<std::string>> find_index(const EventQuery& query) {
    if (query.by_record_time) return {IndexKind::record_time, {std::string{}}};
    for (const Parameter& each : parameters) {
        const auto served =
            std::ranges::find(query.conditions, each.kind, &EventQuery::Condition::kind);
        if (served != query.conditions.end()) return {served->kind, served->values};
    }
    return {IndexKind::event_time, {std::string{}}};
}

/// Each event once, in the order that the query wants.
std::vector<trace::EventPlace> find_candidates(const registry::Snapshot& snapshot,
                                               const EventQuery& query, IndexKind kind,
                                               const std::set<std::string>& values) {
    std::vector<trace::EventPlace> candidates;
    for (const std::string& value : values) {
        const auto more = places(snapshot, query, {kind, value}, looked_at_max);
        candidates.insert(candidates.end(), more.begin(), more.end());
    }
    const auto key = [](const trace::EventPlace& place) {
        return std::pair{place.time, place.number};
    };
    std::ranges::sort(candidates, [&](const auto& left, const auto& right) {
        return query.descending ? key(left) > key(right) : key(left) < key(right);
    });
    const auto same = [](const auto& left, const auto& right) {
        return left.number == right.number;
    };
    candidates.erase(std::unique(candidates.begin(), candidates.end(), same), candidates.end());
    return candidates;
}

}  // namespace

std::vector<trace::IndexTerm> terms_of(const trace::EventView& event) {
    auto document = protocol::epcis::read_document(boost::json::parse(event.json));
    if (!document || document->events.empty()) return {};
    auto mapped = map_event(std::move(document->events.front().second), event.record_time);
    return mapped ? std::move(mapped->terms) : std::vector<trace::IndexTerm>{};
}

bool meets(const EventQuery& query, const trace::EventView& event,
           const std::vector<trace::IndexTerm>& terms) {
    return is_in_time(query, event) &&
           std::ranges::all_of(query.conditions, [&](const EventQuery::Condition& condition) {
               return std::ranges::any_of(terms, [&](const trace::IndexTerm& term) {
                   return covers(condition.kind, term.kind) &&
                           condition.values.contains(term.value);
               });
           });
}

std::variant<EventQuery, Fault> read_event_query(const RequestTarget& target) {
    EventQuery query;
    for (const RequestTarget::Parameter& parameter : target.parameters())
        if (auto fault = read_parameter(parameter, Values::separated, query)) return *fault;
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
            if (!text && !each.is_number())
                return wrong(name, "a text, a number, or a list of texts");
            const RequestTarget::Parameter parameter{name,
                                                     text ? std::string{*text} : serialize(each)};
            if (auto fault = read_parameter(parameter, Values::whole, query)) return *fault;
        }
    }
    return query;
}

std::optional<Fault> turn_page(const RequestTarget& target, EventQuery& query) {
    for (const RequestTarget::Parameter& parameter : target.parameters()) {
        if (parameter.name != "perPage" && parameter.name != "nextPageToken")
            return wrong(parameter.name, "perPage or nextPageToken: a named query has its own");
        if (auto fault = read_order(parameter, query); fault && *fault) return **fault;
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

std::variant<EventPage, Fault> run(const registry::Snapshot& snapshot, const EventQuery& query,
                                   const Caller& caller) {
    const auto [kind, values] = find_index(query);
    EventPage page;
    const std::uint64_t size = query.most > 0 && !query.most_is_a_limit
                                   ? std::min(query.most, query.per_page)
                                   : query.per_page;
    std::uint64_t met = 0;
    std::string last;
    for (const trace::EventPlace& place : find_candidates(snapshot, query, kind, values)) {
        const auto event = trace::find_event(snapshot, place.number);
        if (!event || !may_see(caller, *event) || !meets(query, *event, kind)) continue;
        if (++met > query.most && query.most_is_a_limit)
            return Fault{.status = 413,
                         .message = "maxEventCount: there are more events than that",
                         .field = "maxEventCount",
                         .title = "QueryTooLargeException"};
        if (page.events.size() == size) {
            page.next = last;
            if (!query.most_is_a_limit) break;
            continue;
        }
        page.events.emplace_back(event->json);
        last = std::to_string(place.time) + '.' + std::to_string(place.number);
    }
    if (query.most > 0) page.next.clear();
    return page;
}

bool may_see(const Caller& caller, const trace::EventView& event) {
    if (caller.account && caller.account->reads_everything()) return true;
    return caller.known() && event.actor == caller.actor();
}

std::string next_target(const RequestTarget& target, std::string_view token) {
    std::string out;
    for (const char c : target.path())
        out += c == '/' ? std::string(1, c) : protocol::percent_encoded({&c, 1});
    out += '?';
    for (const auto& [name, value] : target.parameters())
        if (name != "nextPageToken")
            out += protocol::percent_encoded(name) + '=' + protocol::percent_encoded(value) + '&';
    return out + "nextPageToken=" + std::string{token};
}

}  // namespace idnode::resolver::api
