#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "registry/trace/event_store.hpp"
#include "resolver/api/call.hpp"

namespace idnode::resolver::api {

/// A query for events (EPCIS 2.0 §8.2.7, SimpleEventQuery): those that have one of the values of
/// each condition, within the times.
struct EventQuery {
    struct Condition {
        registry::trace::IndexKind kind;
        std::set<std::string> values;  ///< canonical
    };
    std::vector<Condition> conditions;
    std::int64_t event_from = registry::trace::time_min;
    std::int64_t event_before = registry::trace::time_max;
    std::int64_t record_from = registry::trace::time_min;
    std::int64_t record_before = registry::trace::time_max;
    bool by_record_time = false;
    bool descending = true;
    std::uint64_t per_page = 30;
    std::uint64_t most = 0;        ///< of all; 0: any number
    bool most_is_a_limit = false;  ///< maxEventCount: more are an error
    std::optional<registry::trace::EventPlace> after{};
};

/// Events in the order that was asked for, and the token of the page behind them, if there is one.
struct EventPage {
    std::vector<std::string> events;
    std::string next;
};

/// Parameters that are not known, or that no index serves, are refused.
std::variant<EventQuery, Fault> read_event_query(const RequestTarget& target);
/// The same of a query that is kept (EPCIS 2.0 §8.2.7.1, the query language in JSON): a member for
/// each parameter, with one value or a list of them.
std::variant<EventQuery, Fault> read_event_query(const boost::json::object& json);

/// Which page of a query is wanted: `perPage` and `nextPageToken`, and nothing else.
std::optional<Fault> turn_page(const RequestTarget& target, EventQuery& query);

/// Which part of a list is wanted: the token of a page is the name behind which it begins.
struct Page {
    std::uint64_t per_page = 30;
    std::string after{};
};
std::variant<Page, Fault> read_page(const RequestTarget& target);

std::variant<EventPage, Fault> run(const registry::Snapshot& snapshot, const EventQuery& query,
                                   const Caller& caller);

/// What an event that is kept can be found by. Takes reading it anew.
std::vector<registry::trace::IndexTerm> terms_of(const registry::trace::EventView& event);

/// Whether an event with these terms is one that the query is about.
bool meets(const EventQuery& query, const registry::trace::EventView& event,
           const std::vector<registry::trace::IndexTerm>& terms);

/// Whether an event may be seen: by who captured it, and by those who see everything.
bool may_see(const Caller& caller, const registry::trace::EventView& event);

/// The target of the same query behind a page.
std::string next_target(const RequestTarget& target, std::string_view token);

}  // namespace idnode::resolver::api
