#include "registry/writer.hpp"

#include <algorithm>
#include <numeric>

#include "protocol/handle/wire.hpp"
#include "registry/audit.hpp"
#include "registry/batch.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using protocol::load_big;

/// Where an entry goes that no log tells of; nothing for any other change.
std::optional<std::pair<Area, std::string_view>> place_of(const Change& change) {
    const auto of_entry = [](const auto& each) -> std::optional<std::pair<Area, std::string_view>> {
        if (is_logged(each.area)) return std::nullopt;
        return std::pair{each.area, std::string_view{each.key}};
    };
    if (const auto* const put = std::get_if<PutEntry>(&change)) return of_entry(*put);
    if (const auto* const removal = std::get_if<RemoveEntry>(&change)) return of_entry(*removal);
    return std::nullopt;
}

/// In which order changes are made: that in which they come, unless all are of entries that no log
/// tells of. Then it is that of their keys, so that those on one page are written together; changes
/// of one key stay behind each other.
std::vector<std::uint32_t> order_of(const std::vector<Change>& changes) {
    constexpr std::size_t worth_it = 16;
    std::vector<std::uint32_t> order(changes.size());
    std::iota(order.begin(), order.end(), 0U);
    if (changes.size() < worth_it) return order;
    std::vector<std::pair<Area, std::string_view>> places;
    places.reserve(changes.size());
    for (const Change& change : changes) {
        const auto place = place_of(change);
        if (!place) return order;
        places.push_back(*place);
    }
    std::ranges::stable_sort(order, {}, [&](std::uint32_t at) { return places[at]; });
    return order;
}

JobOutcome decide_and_apply(const Decide& decide, Batch& batch) {
    Decision decision;
    try {
        decision = decide(batch.view());
    } catch (...) {
        return std::current_exception();  // it has changed nothing yet
    }
    if (auto* const refusal = std::get_if<Refusal>(&decision)) return std::move(*refusal);
    auto& [changes, origin, then] = std::get<ChangeSet>(decision);
    Commit done;
    done.outcomes.resize(changes.size());
    for (const std::uint32_t at : order_of(changes))
        done.outcomes[at] = batch.apply(changes[at], origin);
    if (then)
        for (Change& change : then(done.outcomes)) batch.apply(change, origin);
    done.sequence = batch.sequence();
    return done;
}

/// Nothing for an entry of another area.
std::optional<EntryView> view_of(Area area, const lmdb::Entry& entry) {
    if (entry.key.empty() || entry.key[0] != static_cast<std::byte>(area)) return std::nullopt;
    return EntryView{.key = protocol::text_of(entry.key.subspan(1)),
                     .value = protocol::text_of(entry.value)};
}

}  // namespace

std::optional<RecordView> WriteView::find(std::string_view handle) const {
    const auto stored = txn_.get(store_.records(), HandleKey{handle}.bytes());
    if (!stored) return std::nullopt;
    return RecordView{*stored};
}

bool WriteView::is_homed(std::string_view prefix) const {
    return txn_.get(store_.prefixes(), PrefixKey{prefix}.bytes()).has_value();
}

std::optional<std::string_view> WriteView::entry(Area area, std::string_view key) const {
    const auto stored = txn_.get(*store_.entries(), bytes_of(make_entry_key(area, key)));
    if (!stored) return std::nullopt;
    return protocol::text_of(*stored);
}

void WriteView::for_each_entry(Area area, std::string_view stem,
                               const std::function<bool(const EntryView&)>& visit) const {
    for_each_entry_from(area, stem, [&](const EntryView& entry) {
        return entry.key.starts_with(stem) && visit(entry);
    });
}

void WriteView::for_each_entry_from(Area area, std::string_view key,
                                    const std::function<bool(const EntryView&)>& visit) const {
    txn_.walk(*store_.entries(), bytes_of(make_entry_key(area, key)),
              [&](const lmdb::Entry& entry) {
                  const auto view = view_of(area, entry);
                  return view && visit(*view);
              });
}

std::optional<EntryView> WriteView::last_entry_up_to(Area area, std::string_view key) const {
    const auto found = txn_.last_up_to(*store_.entries(), bytes_of(make_entry_key(area, key)));
    return found ? view_of(area, *found) : std::nullopt;
}

void WriteView::for_each_homed(std::string_view stem,
                               const std::function<bool(std::string_view)>& visit) const {
    txn_.walk(store_.prefixes(), bytes_of(stem), [&](const lmdb::Entry& entry) {
        return protocol::text_of(entry.key).starts_with(stem) &&
               visit(protocol::text_of(entry.value).substr(1));
    });
}

void WriteView::for_each_record(std::string_view stem,
                                const std::function<bool(const RecordView&)>& visit) const {
    txn_.walk(store_.records(), bytes_of(stem), [&](const lmdb::Entry& entry) {
        if (!protocol::text_of(entry.key).starts_with(stem)) return false;
        const auto record = RecordView::read(entry.value);
        return !record || visit(*record);
    });
}

std::optional<ChangeView> WriteView::change(std::uint64_t sequence) const {
    const auto stored = txn_.get(*store_.change_log(), change_key(sequence));
    if (!stored) return std::nullopt;
    return require_change(sequence, *stored);
}

Commit Writer::commit(std::span<Change> changes, std::uint32_t now, const Origin& origin) {
    Batch batch{store_, now};
    Commit commit;
    commit.outcomes.reserve(changes.size());
    for (Change& change : changes) commit.outcomes.push_back(batch.apply(change, origin));
    commit.sequence = std::move(batch).commit();
    return commit;
}

std::vector<JobOutcome> Writer::commit(std::span<const Decide* const> jobs, std::uint32_t now) {
    Batch batch{store_, now};
    std::vector<JobOutcome> outcomes;
    outcomes.reserve(jobs.size());
    for (const Decide* const decide : jobs) outcomes.push_back(decide_and_apply(*decide, batch));
    std::move(batch).commit();
    return outcomes;
}

std::uint64_t Writer::prune_changes(std::uint32_t before, std::uint64_t most) {
    lmdb::WriteTxn txn{store_.env()};
    const MDB_dbi log = *store_.change_log();
    std::uint64_t pruned = 0;
    std::uint64_t from = 0;
    while (pruned < most) {
        const auto oldest = txn.first(log);
        if (!oldest || oldest->key.size() != sizeof(from)) break;
        const auto sequence = load_big<std::uint64_t>(oldest->key.data());
        // Of a damaged one nobody can tell how old it is, and keeping it would keep all others.
        const auto change = load_change(sequence, oldest->value);
        if (change && change->time >= before) break;
        txn.remove(log, change_key(sequence));
        if (!change || change->of_entry)
            txn.remove(*store_.entries(),
                       bytes_of(make_entry_key(Area::audit_details, audit_key(sequence))));
        from = sequence + 1;
        ++pruned;
    }
    if (pruned == 0) return 0;
    txn.put(store_.meta(), bytes_of(meta_key::changes_from), change_key(from));
    std::move(txn).commit();
    return pruned;
}

}  // namespace idnode::registry
