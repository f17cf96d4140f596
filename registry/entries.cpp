#include "registry/entries.hpp"

#include <algorithm>
#include <array>

#include "registry/store.hpp"

namespace idnode::registry {
namespace {

using protocol::bytes_of;
using protocol::text_of;

struct AreaName {
    Area area;
    std::string_view word;
    bool logged;
};

constexpr std::array areas{AreaName{Area::accounts, "accounts", true},
                           AreaName{Area::revocations, "revocations", true},
                           AreaName{Area::jobs, "jobs", false},
                           AreaName{Area::job_results, "job_results", false},
                           AreaName{Area::statistics, "statistics", false},
                           AreaName{Area::identities, "identities", false},
                           AreaName{Area::counts, "counts", false},
                           AreaName{Area::templates, "templates", true},
                           AreaName{Area::enterprises, "enterprises", true},
                           AreaName{Area::allotments, "allotments", true},
                           AreaName{Area::grants, "grants", true},
                           AreaName{Area::groups, "groups", true},
                           AreaName{Area::ranges, "ranges", true},
                           AreaName{Area::aliases, "aliases", true},
                           AreaName{Area::event_ids, "event_ids", false},
                           AreaName{Area::event_index, "event_index", false},
                           AreaName{Area::captures, "captures", false},
                           AreaName{Area::subscriptions, "subscriptions", true},
                           AreaName{Area::queries, "queries", true},
                           AreaName{Area::hook_states, "hook_states", false},
                           AreaName{Area::recalls, "recalls", true},
                           AreaName{Area::recall_members, "recall_members", false},
                           AreaName{Area::visibility, "visibility", true},
                           AreaName{Area::events, "events", false},
                           AreaName{Area::edges, "edges", false},
                           AreaName{Area::edge_ends, "edge_ends", false},
                           AreaName{Area::things, "things", false},
                           AreaName{Area::thing_names, "thing_names", false},
                           AreaName{Area::thing_groups, "thing_groups", false},
                           AreaName{Area::transformations, "transformations", false},
                           AreaName{Area::idle_templates, "idle_templates", false},
                           AreaName{Area::audit_details, "audit_details", false},
                           AreaName{Area::reference_items, "reference_items", false},
                           AreaName{Area::own_items, "own_items", false},
                           AreaName{Area::event_witnesses, "event_witnesses", false}};

}  // namespace

std::string_view name_of(Area area) noexcept {
    const auto found = std::ranges::find(areas, area, &AreaName::area);
    return found == areas.end() ? "unknown" : found->word;
}

bool is_logged(Area area) noexcept {
    const auto found = std::ranges::find(areas, area, &AreaName::area);
    return found != areas.end() && found->logged;
}

std::string make_entry_key(Area area, std::string_view key) {
    if (key.size() > entry_key_size_max)
        throw StoreError{StoreError::Kind::fault,
                         "a key of " + std::to_string(key.size()) + " octets is longer than the " +
                             std::to_string(entry_key_size_max) + " that an entry has room for"};
    return std::string(1, static_cast<char>(area)).append(key);
}

EntryCursor::EntryCursor(const Snapshot& snapshot, Area area) : area_{area} {
    if (const auto table = snapshot.store().entries()) cursor_.emplace(snapshot.txn(), *table);
}

std::optional<EntryView> EntryCursor::seek(std::string_view key) {
    if (!cursor_) return std::nullopt;
    return view(cursor_->seek(bytes_of(make_entry_key(area_, key))));
}

std::optional<EntryView> EntryCursor::next() {
    if (!cursor_) return std::nullopt;
    return view(cursor_->next());
}

std::optional<EntryView> EntryCursor::seek_before(std::string_view key) {
    if (!cursor_) return std::nullopt;
    return view(cursor_->seek_before(bytes_of(make_entry_key(area_, key))));
}

std::optional<EntryView> EntryCursor::previous() {
    if (!cursor_) return std::nullopt;
    return view(cursor_->previous());
}

std::optional<EntryView> EntryCursor::view(const std::optional<lmdb::Entry>& entry) const {
    if (!entry || entry->key.empty() || entry->key[0] != static_cast<std::byte>(area_))
        return std::nullopt;
    return EntryView{text_of(entry->key.subspan(1)), text_of(entry->value)};
}

std::optional<std::string_view> find_entry(const Snapshot& snapshot, Area area,
                                           std::string_view key) {
    if (!snapshot.store().entries()) return std::nullopt;
    const auto stored =
        snapshot.txn().get(*snapshot.store().entries(), bytes_of(make_entry_key(area, key)));
    if (!stored) return std::nullopt;
    return text_of(*stored);
}

}  // namespace idnode::registry
