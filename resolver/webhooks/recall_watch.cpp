#include "resolver/webhooks/recall_watch.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/changes.hpp"
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
    const auto number = trace::find_thing(snapshot, thing);
    bool next = false;
    int left = neighbours_max;
    if (!number) return false;
    trace::for_each_edge(snapshot, back, *number, [&](const trace::Edge& edge) {
        const auto other =
            trace::find_thing(snapshot, back == trace::Direction::up ? edge.from : edge.to);
        next =
            --left == 0 || (other && is_reached(snapshot, recall, std::string{other->canonical}));
        return !next;
    });
    return next;
}

/// Which nodes are affected, by their places.
std::vector<bool> affected_places(registry::Lookup& lookup, const RecallQuery& query,
                                  const Trace& reached, const api::Caller& caller) {
    std::vector<bool> affected(reached.nodes.size());
    for (const std::uint32_t place : find_affected(lookup, query, reached, caller))
        affected[place] = true;
    return affected;
}

/// The new events by which things were reached.
std::vector<std::string> find_causes(const registry::Snapshot& snapshot,
                                     const WatchedRecall& recall, const Trace& reached,
                                     const std::vector<bool>& joined, std::uint64_t after) {
    std::set<std::string> causes;
    for (const TraceEdge& each : reached.edges) {
        if (!joined[recall.query.options.down ? each.to : each.from]) continue;
        const bool by_event = each.edge.type != trace::EdgeType::reference;
        if (by_event && each.edge.source > after)
            causes.emplace(trace::find_event_id(snapshot, each.edge.source));
    }
    return {causes.begin(), causes.end()};
}

/// Whether a change of a record behind `after` may bring something in: one that touches what was
/// reached, or one that the change log has forgotten.
bool look_at_changes(const registry::Snapshot& snapshot, const WatchedRecall& recall,
                     std::uint64_t after, Joined& result) {
    result.through.changes = std::min(snapshot.sequence(), after + RecallWatch::changes_at_once);
    const std::uint64_t first = registry::changes_from(snapshot);
    if (first > after + 1) result.through.changes = std::max(result.through.changes, first - 1);
    registry::for_each_change(
        snapshot, std::max(after + 1, first), [&](const registry::ChangeView& change) {
            if (change.sequence > result.through.changes) return false;
            if (!change.of_record()) return true;
            const std::string thing = protocol::identify(change.handle).canonical;
            if (is_reached(snapshot, recall, thing) || is_next_to_reached(snapshot, recall, thing))
                result.records.emplace_back(change.handle);
            return result.records.size() < RecallWatch::told_at_once_max;
        });
    return !result.records.empty() || first > after + 1;
}

}  // namespace

Joined RecallWatch::look(registry::Lookup& lookup, const WatchedRecall& recall, const Seen& after,
                         bool walks) {
    const registry::Snapshot& snapshot = lookup.snapshot();
    Joined result;
    result.through.events = std::min(trace::count_events(snapshot), after.events + looked_at_max);
    for (std::uint64_t number = after.events + 1; number <= result.through.events && !walks;
         ++number)
        walks = touches(snapshot, recall, number);
    walks |= look_at_changes(snapshot, recall, after.changes, result);
    result.walked = walks;
    if (!walks) return result;
    const Trace reached = run_trace(lookup, recall.query.options, recall.caller);
    result.too_large = reached.nodes.size() >= recall.query.options.nodes_max;
    const std::vector<bool> affected =
        affected_places(lookup, recall.query, reached, recall.caller);
    std::vector<bool> joined(reached.nodes.size());
    ThingNames names{lookup, reached.strangers};
    for (std::size_t place = 0; place < reached.nodes.size(); ++place) {
        const TraceNode& node = reached.nodes[place];
        const std::string id{names.canonical(node.thing)};
        const auto known = find_member(snapshot, recall.id, id);
        if (known && (!affected[place] || *known == told)) continue;
        result.more =
            result.things.size() == told_at_once_max || result.members.size() == members_at_once;
        if (result.more) break;
        joined[place] = affected[place];
        if (affected[place]) result.things.push_back({id, node.depth});
        result.members.emplace_back(
            registry::PutEntry{Area::recall_members, member_key(recall.id, id),
                               affected[place] ? std::string{told} : std::string{}});
    }
    result.events = find_causes(snapshot, recall, reached, joined, after.events);
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
    auto document = protocol::epcis::read_document(boost::json::parse(event.json));
    if (document && !document->events.empty()) {
        const auto mapped =
            map_event(std::move(document->events.front().second), event.record_time);
        if (mapped) {
            for (const auto& [form, spelled] : mapped->names) things.insert(form);
            for (const trace::EdgeFact& fact : mapped->facts) things.insert({fact.from, fact.to});
        }
    }
    kept_things_ += things.size() + 1;
    return kept_.emplace(event.number, Things{things.begin(), things.end()}).first->second;
}

std::vector<std::vector<registry::Change>> first_members(registry::Lookup& lookup,
                                                         std::string_view recall,
                                                         const RecallQuery& query,
                                                         const Trace& reached,
                                                         const api::Caller& caller) {
    const std::vector<bool> affected = affected_places(lookup, query, reached, caller);
    ThingNames names{lookup, reached.strangers};
    std::vector<std::vector<registry::Change>> parts;
    for (std::size_t place = 0; place < reached.nodes.size(); ++place) {
        if (parts.empty() || parts.back().size() == members_at_once) parts.emplace_back();
        const std::string_view id = names.canonical(reached.nodes[place].thing);
        parts.back().emplace_back(
            registry::PutEntry{Area::recall_members, member_key(recall, id),
                               affected[place] ? std::string{told} : std::string{}});
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
