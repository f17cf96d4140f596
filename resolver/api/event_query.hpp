#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "protocol/epcis/namespaces.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/call.hpp"
#include "resolver/api/event_filter.hpp"

namespace idnode::resolver::api {

inline constexpr std::uint64_t per_page_max = 1000;

/// A query for events (EPCIS 2.0 §8.2.7, SimpleEventQuery): those that have one of the values of
/// each condition, meet each filter, and lie within the times.
struct EventQuery {
    /// What an index serves.
    struct Condition {
        registry::trace::IndexKind kind;
        std::set<std::string> values;  ///< canonical
        bool with_descendants = false;
    };
    std::vector<Condition> conditions{};
    std::vector<EventFilter> filters{};
    std::set<std::string> ids{};  ///< of the events, if they are asked for by these
    std::int64_t event_from = registry::trace::time_min;
    std::int64_t event_before = registry::trace::time_max + 1;
    std::int64_t record_from = registry::trace::time_min;
    std::int64_t record_before = registry::trace::time_max + 1;
    bool is_ordered = false;  ///< by what was asked for
    bool by_record_time = false;
    bool descending = true;
    std::uint64_t per_page = 30;
    std::uint64_t most = 0;        ///< of all; 0: any number
    bool most_is_a_limit = false;  ///< maxEventCount: more are an error
    std::optional<registry::trace::EventPlace> after{};
};

/// Events in the order that was asked for, and the token of the page behind them, if there may be
/// one: a page can be short, and even empty, where many events had to be looked at for it.
struct EventPage {
    std::vector<std::string> events;
    std::string next;
};

/// Parameters that are not known, or that no index serves, are refused: filters are only asked of
/// events that an index has found, so they need a condition, or both limits of a time, beside them.
/// A query for the record time alone, in any order, goes by that.
/// `namespaces` says what the prefixes of extensions mean (GS1-Extensions); `also` is a condition
/// that events have to meet beside those that are asked for.
std::variant<EventQuery, Fault> read_event_query(const RequestTarget& target,
                                                 const protocol::epcis::Namespaces& namespaces = {},
                                                 std::optional<EventQuery::Condition> also = {});
/// The same of a query that is kept (EPCIS 2.0 §8.2.7.1, the query language in JSON): a member for
/// each parameter, with one value or a list of them.
std::variant<EventQuery, Fault> read_event_query(const boost::json::object& json);

/// The first so many events are only asked for where an order says which these are (EPCIS 2.0
/// §8.2.7.1). Queries that are kept may be older than that rule.
std::optional<Fault> find_limit_fault(const EventQuery& query);

/// "ex=https://example.com/ns,…": the header GS1-Extensions (EPCIS 2.0 §12.7.1).
protocol::epcis::Namespaces read_extensions(std::string_view header);

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

}  // namespace idnode::resolver::api
