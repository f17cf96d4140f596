#include "resolver/api/event_query.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/api/own.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::api {
namespace {

namespace trace = registry::trace;
using trace::EventPlace;
using trace::IndexKind;
using Condition = EventQuery::Condition;

/// Events that are looked at for one page, which ends behind them, however full it is: places in an
/// index, and events that have to be read to see whether they are meant.
constexpr std::uint64_t looked_at_max = 200'000;
constexpr std::uint64_t read_max = 20'000;
/// Values of an index that are asked for at once, such as descendants of a place.
constexpr std::size_t descendants_max = 10'000;

bool is_in_time(const EventQuery& query, const trace::EventView& event) {
    return event.time >= query.event_from && event.time < query.event_before &&
           event.record_time >= query.record_from && event.record_time < query.record_before;
}

/// Whether one identifier is another, or lies below it by how it is written: GLN and extension,
/// parts of a path, of a URN, of a suffix.
bool is_within(std::string_view value, std::string_view whole) {
    constexpr std::string_view separators = "/:#.";
    return value.starts_with(whole) &&
           (value.size() == whole.size() || separators.find(value[whole.size()]) != value.npos);
}

bool holds(const Condition& condition, const std::vector<trace::IndexTerm>& terms) {
    return std::ranges::any_of(terms, [&](const trace::IndexTerm& term) {
        if (!covers(condition.kind, term.kind)) return false;
        if (!condition.with_descendants) return condition.values.contains(term.value);
        return std::ranges::any_of(condition.values, [&](const std::string& whole) {
            return is_within(term.value, whole);
        });
    });
}

/// What no index serves.
bool meets_filters(const EventQuery& query, const trace::EventView& event) {
    if (query.filters.empty() && query.ids.empty()) return true;
    const auto json = boost::json::parse({event.json.data(), event.json.size()});
    const boost::json::object& object = json.as_object();
    return (query.ids.empty() ||
            query.ids.contains(std::string{object.at("eventID").as_string()})) &&
           std::ranges::all_of(query.filters,
                               [&](const EventFilter& filter) { return meets(filter, object); });
}

/// What an index that serves one condition has found: the others are looked at.
bool meets(const EventQuery& query, const trace::EventView& event, const Condition* served) {
    if (!is_in_time(query, event)) return false;
    const bool more = std::ranges::any_of(query.conditions,
                                          [&](const Condition& each) { return &each != served; });
    return more ? api::meets(query, event, terms_of(event)) : meets_filters(query, event);
}

/// Where events stand that a query can be about, each once and in its order.
struct Candidates {
    std::vector<EventPlace> places{};
    std::uint64_t looked_at = 0;  ///< to find them
    /// Behind it there may be more, which were not looked for; nothing: these are all.
    std::optional<EventPlace> horizon{};
};

/// Finds candidates, by the ids or the index that serve a query.
class Search {
public:
    Search(const registry::Snapshot& snapshot, const EventQuery& query)
        : snapshot_{snapshot}, query_{query}, served_{find_served()} {}

    /// The condition that the index serves; none: its times, or ids.
    const Condition* served() const noexcept { return served_; }

    /// From behind `after` on, at most so many for each value.
    std::variant<Candidates, Fault> find(const std::optional<EventPlace>& after,
                                         std::uint64_t most) {
        Candidates found;
        if (!query_.ids.empty()) {
            add_by_ids(after, found);
        } else if (!served_) {
            add({query_.by_record_time ? IndexKind::record_time : IndexKind::event_time, {}}, after,
                most, found);
        } else {
            if (served_->with_descendants && !expanded_) expanded_ = expand();
            const auto& values = expanded_ ? *expanded_ : served_->values;
            if (values.size() > descendants_max) return too_many_descendants();
            most = std::min<std::uint64_t>(most, looked_at_max / (values.size() + 1) + 1);
            for (const std::string& value : values) add({served_->kind, value}, after, most, found);
        }
        settle(found);
        return found;
    }

    bool is_before(const EventPlace& left, const EventPlace& right) const {
        const std::pair one{left.time, left.number};
        const std::pair other{right.time, right.number};
        return query_.descending ? one > other : one < other;
    }

private:
    /// The condition that tells most, if the order is that of its index.
    const Condition* find_served() const {
        // From those that tell most to those that tell least.
        constexpr std::array kinds{IndexKind::epc,
                                   IndexKind::parent,
                                   IndexKind::input,
                                   IndexKind::output,
                                   IndexKind::any_epc,
                                   IndexKind::epc_class,
                                   IndexKind::input_class,
                                   IndexKind::output_class,
                                   IndexKind::any_class,
                                   IndexKind::biz_transaction,
                                   IndexKind::transformation,
                                   IndexKind::read_point,
                                   IndexKind::biz_location,
                                   IndexKind::biz_step,
                                   IndexKind::disposition,
                                   IndexKind::type,
                                   IndexKind::action};
        if (query_.by_record_time || !query_.ids.empty()) return nullptr;
        for (const IndexKind kind : kinds) {
            const auto found = std::ranges::find(query_.conditions, kind, &Condition::kind);
            if (found != query_.conditions.end()) return &*found;
        }
        return nullptr;
    }

    /// More than `descendants_max` where there are too many, or too much stands between them.
    std::set<std::string> expand() const {
        std::set<std::string> values;
        std::size_t looked_at = 0;
        for (const std::string& whole : served_->values)
            trace::for_each_value(snapshot_, served_->kind, whole, [&](std::string_view value) {
                if (!value.starts_with(whole)) return false;
                if (is_within(value, whole) || ++looked_at > descendants_max) values.emplace(value);
                return values.size() <= descendants_max;
            });
        return values;
    }

    Fault too_many_descendants() const {
        return {.status = 413,
                .message = "expected at most " + std::to_string(descendants_max) +
                           " values, with what lies in a place",
                .title = "QueryTooComplexException"};
    }

    void add_by_ids(const std::optional<EventPlace>& after, Candidates& found) const {
        const auto add = [&](const std::optional<trace::EventView>& event) {
            if (!event) return;
            const EventPlace place{query_.by_record_time ? event->record_time : event->time,
                                   event->number};
            if (!after || is_before(*after, place)) found.places.push_back(place);
        };
        for (const std::string& id : query_.ids) {
            add(trace::find_event(snapshot_, id));
            add(trace::find_wrong_event(snapshot_, id));
        }
    }

    void add(const trace::IndexTerm& term, std::optional<EventPlace> after, std::uint64_t most,
             Candidates& found) const {
        const std::int64_t from = query_.by_record_time ? query_.record_from : query_.event_from;
        const std::int64_t before =
            query_.by_record_time ? query_.record_before : query_.event_before;
        if (!after && !query_.descending && from > trace::time_min)
            after = {from - 1, UINT64_MAX - 1};
        if (!after && query_.descending && before < trace::time_max) after = {before, 0};
        std::uint64_t left = most;
        trace::for_each_event(snapshot_, term, query_.descending, after,
                              [&](const EventPlace& place) {
                                  if (query_.descending ? place.time < from : place.time >= before)
                                      return false;
                                  found.places.push_back(place);
                                  return --left > 0;
                              });
        if (left > 0) return;
        const EventPlace& last = found.places.back();
        if (!found.horizon || is_before(last, *found.horizon)) found.horizon = last;
    }

    void settle(Candidates& found) const {
        auto& places = found.places;
        found.looked_at = places.size();
        std::ranges::sort(
            places, [&](const auto& one, const auto& other) { return is_before(one, other); });
        const auto same = [](const auto& left, const auto& right) {
            return left.number == right.number;
        };
        places.erase(std::unique(places.begin(), places.end(), same), places.end());
        if (!found.horizon) return;
        std::erase_if(places,
                      [&](const EventPlace& each) { return is_before(*found.horizon, each); });
    }

    const registry::Snapshot& snapshot_;
    const EventQuery& query_;
    const Condition* const served_;
    std::optional<std::set<std::string>> expanded_;
};

/// Fills one page.
class PageRun {
public:
    PageRun(const registry::Snapshot& snapshot, const EventQuery& query, const Caller& caller)
        : snapshot_{snapshot}, query_{query}, own_{snapshot, caller}, search_{snapshot, query} {
        size_ = query.most > 0 && !query.most_is_a_limit ? std::min(query.most, query.per_page)
                                                         : query.per_page;
        const bool reads = !query.filters.empty() || query.conditions.size() > 1 ||
                           (!query.conditions.empty() && !search_.served());
        looked_at_max_ = reads ? read_max : looked_at_max;
    }

    std::variant<EventPage, Fault> run() {
        std::optional<EventPlace> after = query_.after;
        // Most pages are filled by the first of what is found, so little is looked for at first.
        for (std::uint64_t most = 2 * size_ + 1;; most *= 8) {
            auto found = search_.find(after, std::min(most, looked_at_max_));
            if (auto* const fault = std::get_if<Fault>(&found)) return std::move(*fault);
            const auto& [places, looked_at, horizon] = std::get<Candidates>(found);
            looked_at_ += looked_at;
            for (const EventPlace& place : places)
                if (!take(place)) return finish();
            if (!horizon) return finish();
            after = horizon;
            if (looked_at_ >= looked_at_max_) return stop(*after);
        }
    }

private:
    /// False when nothing more has to be looked at.
    bool take(const EventPlace& place) {
        const auto event = trace::find_event(snapshot_, place.number);
        if (!event || !own_.may_see(*event) || !meets(query_, *event, search_.served()))
            return true;
        if (query_.most_is_a_limit && ++met_ > query_.most) return false;
        if (page_.events.size() == size_) {
            page_.next = token(last_);
            return query_.most_is_a_limit;
        }
        page_.events.emplace_back(event->json);
        last_ = place;
        return true;
    }

    std::variant<EventPage, Fault> finish() {
        if (query_.most_is_a_limit && met_ > query_.most)
            return Fault{.status = 413,
                         .message = "maxEventCount: there are more events than that",
                         .field = "maxEventCount",
                         .title = "QueryTooLargeException"};
        return std::move(page_);
    }

    /// So much was looked at that the page ends here; the next one goes on behind it.
    std::variant<EventPage, Fault> stop(const EventPlace& after) {
        if (query_.most_is_a_limit)
            return Fault{.status = 413,
                         .message = "maxEventCount: expected a query for which at most " +
                                    std::to_string(looked_at_max_) + " events have to be looked at",
                         .field = "maxEventCount",
                         .title = "QueryTooComplexException"};
        page_.next = token(after);
        return std::move(page_);
    }

    /// Nothing where so many were wanted and no more.
    std::string token(const EventPlace& place) const {
        std::string text = std::to_string(place.time) + '.' + std::to_string(place.number);
        if (query_.most == 0 || query_.most_is_a_limit) return text;
        const std::uint64_t left = query_.most - page_.events.size();
        return left == 0 ? std::string{} : text + '.' + std::to_string(left);
    }

    const registry::Snapshot& snapshot_;
    const EventQuery& query_;
    Own own_;
    Search search_;
    std::uint64_t size_ = 0;
    std::uint64_t looked_at_ = 0;
    std::uint64_t looked_at_max_ = 0;
    std::uint64_t met_ = 0;
    EventPlace last_;
    EventPage page_;
};

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
           std::ranges::all_of(query.conditions,
                               [&](const Condition& each) { return holds(each, terms); }) &&
           meets_filters(query, event);
}

std::variant<EventPage, Fault> run(const registry::Snapshot& snapshot, const EventQuery& query,
                                   const Caller& caller) {
    return PageRun{snapshot, query, caller}.run();
}

}  // namespace idnode::resolver::api
