#include "resolver/webhooks/recall_watch.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "protocol/epcis/event.hpp"
#include "registry/digest.hpp"
#include "registry/store.hpp"
#include "resolver/trace/event_mapping.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace trace = registry::trace;
using registry::Area;

constexpr std::size_t members_at_once = 10'000;  ///< in one transaction
constexpr std::size_t things_max = 1000;  ///< of an event that are looked up; more always touch
constexpr int neighbours_max = 100;       ///< likewise, of one thing
constexpr std::size_t digest_size = 16;

// member key := recall id, digest 16; value := "t" of what was told, empty of what was passed
constexpr std::string_view told = "t";

std::string member_key(std::string_view recall, std::string_view thing) {
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(thing));
    return std::string{recall}.append(
        protocol::text_of(protocol::Bytes{digest}).substr(0, digest_size));
}

std::optional<std::string_view> find_member(const registry::Snapshot& snapshot,
                                            std::string_view recall, std::string_view thing) {
    return find_entry(snapshot, Area::recall_members, member_key(recall, thing));
}

bool is_reached(const registry::Snapshot& snapshot, const WatchedRecall& recall,
                const std::string& thing) {
    const auto& suspects = recall.query.options.roots;
    return std::ranges::find(suspects, thing) != suspects.end() ||
           find_member(snapshot, recall.id, thing);
}

/// Whether something that was reached leads to the thing in one step.
bool is_next_to_reached(const registry::Snapshot& snapshot, const WatchedRecall& recall,
                        const std::string& thing) {
    const auto back = recall.query.options.down ? trace::Direction::up : trace::Direction::down;
    bool next = false;
    int left = neighbours_max;
    trace::for_each_edge(snapshot, back, thing, [&](const trace::Edge& edge) {
        next = --left == 0 ||
               is_reached(snapshot, recall, back == trace::Direction::up ? edge.from : edge.to);
        return !next;
    });
    return next;
}

/// The new events by which things were reached.
std::vector<std::string> find_causes(const registry::Snapshot& snapshot,
                                     const WatchedRecall& recall, const Trace& reached,
                                     const std::vector<JoinedThing>& joined, std::uint64_t after) {
    std::set<std::string_view> things;
    for (const JoinedThing& each : joined) things.insert(each.id);
    std::set<std::string> causes;
    for (const trace::Edge& edge : reached.edges) {
        if (!things.contains(recall.query.options.down ? edge.to : edge.from)) continue;
        const auto event =
            edge.event.empty() ? std::nullopt : trace::find_event(snapshot, edge.event);
        if (event && event->number > after) causes.insert(edge.event);
    }
    return {causes.begin(), causes.end()};
}

}  // namespace

Joined RecallWatch::look(registry::Lookup& lookup, const WatchedRecall& recall, std::uint64_t after,
                         bool walks) {
    const registry::Snapshot& snapshot = lookup.snapshot();
    Joined result{.through = std::min(trace::count_events(snapshot), after + looked_at_max)};
    for (std::uint64_t number = after + 1; number <= result.through && !walks; ++number)
        walks = touches(snapshot, recall, number);
    result.walked = walks;
    if (!walks) return result;
    const Trace reached = run_trace(lookup, recall.query.options, recall.caller);
    result.too_large = reached.nodes.size() >= recall.query.options.nodes_max;
    for (const TraceNode& node : reached.nodes) {
        const auto known = find_member(snapshot, recall.id, node.id);
        const bool affected = is_affected(recall.query, node);
        if (known && (!affected || *known == told)) continue;
        result.more =
            result.things.size() == told_at_once_max || result.members.size() == members_at_once;
        if (result.more) break;
        if (affected) result.things.push_back({node.id, node.depth});
        result.members.emplace_back(
            registry::PutEntry{Area::recall_members, member_key(recall.id, node.id),
                               affected ? std::string{told} : std::string{}});
    }
    result.events = find_causes(snapshot, recall, reached, result.things, after);
    // What is left has to find the events by which it has joined, too.
    if (result.more) result.through = after;
    return result;
}

bool RecallWatch::touches(const registry::Snapshot& snapshot, const WatchedRecall& recall,
                          std::uint64_t number) {
    const auto event = trace::find_event(snapshot, number);
    if (!event) return false;
    const Things& things = things_of(*event);
    if (things.size() > things_max) return true;
    return std::ranges::any_of(things, [&](const std::string& thing) {
        return is_reached(snapshot, recall, thing) || is_next_to_reached(snapshot, recall, thing);
    });
}

/// What an event connects: the things that it names, and the lots of which they are.
const RecallWatch::Things& RecallWatch::things_of(const trace::EventView& event) {
    if (const auto known = kept_.find(event.number); known != kept_.end()) return known->second;
    if (kept_things_ > kept_things_max) {
        kept_.clear();
        kept_things_ = 0;
    }
    std::set<std::string> things;
    const auto document = protocol::epcis::read_document(boost::json::parse(event.json));
    if (document && !document->events.empty()) {
        const auto mapped = map_event(document->events.front().second, event.record_time);
        if (mapped) {
            for (const trace::IndexTerm& term : mapped->terms)
                if (term.kind == trace::IndexKind::any_epc ||
                    term.kind == trace::IndexKind::any_class)
                    things.insert(term.value);
            for (const trace::EdgeFact& fact : mapped->facts) things.insert({fact.from, fact.to});
        }
    }
    kept_things_ += things.size() + 1;
    return kept_.emplace(event.number, Things{things.begin(), things.end()}).first->second;
}

std::vector<std::vector<registry::Change>> first_members(std::string_view recall,
                                                         const RecallQuery& query,
                                                         const Trace& reached) {
    std::vector<std::vector<registry::Change>> parts;
    for (const TraceNode& node : reached.nodes) {
        if (parts.empty() || parts.back().size() == members_at_once) parts.emplace_back();
        parts.back().emplace_back(
            registry::PutEntry{Area::recall_members, member_key(recall, node.id),
                               is_affected(query, node) ? std::string{told} : std::string{}});
    }
    return parts;
}

void end_members(registry::CommitQueue& queue, const std::string& recall) {
    const auto more = std::make_shared<bool>(false);
    registry::Job job{
        .decide = [recall, more](const registry::WriteView& view) -> registry::Decision {
            registry::ChangeSet set{.changes = {}, .origin = {}};
            if (view.entry(Area::recalls, recall)) return set;
            view.for_each_entry(Area::recall_members, recall, [&](const auto& entry) {
                set.changes.emplace_back(
                    registry::RemoveEntry{Area::recall_members, std::string{entry.key}});
                return set.changes.size() < members_at_once;
            });
            *more = set.changes.size() == members_at_once;
            return set;
        },
        .done =
            [&queue, recall, more](const registry::JobOutcome& outcome) {
                if (*more && std::holds_alternative<registry::Commit>(outcome))
                    end_members(queue, recall);
            },
        .octets = members_at_once * 128};
    queue.submit(std::move(job));  // what is not removed now is at the next start
}

std::set<std::string> find_recalls_with_members(const registry::Snapshot& snapshot) {
    std::set<std::string> recalls;
    registry::EntryCursor cursor{snapshot, Area::recall_members};
    for (auto entry = cursor.seek({}); entry && entry->key.size() > digest_size;) {
        const std::string recall{entry->key.substr(0, entry->key.size() - digest_size)};
        recalls.insert(recall);
        entry = cursor.seek(recall + std::string(digest_size + 1, '\xff'));
    }
    return recalls;
}

}  // namespace idnode::resolver::webhooks
