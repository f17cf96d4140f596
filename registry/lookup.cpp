#include "registry/lookup.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/handle/handle.hpp"
#include "registry/page_cache.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::text_of;

/// Records that one call of `warm` takes: a fraction of a millisecond.
constexpr std::size_t warm_records = 256;
/// Records that one batch may add to the front index, so that a flood of unknown handles costs
/// little.
constexpr std::size_t missed_max = 64;
/// So much of the store is asked of the disk ahead of `warm`.
constexpr std::size_t warm_ahead = std::size_t{1} << 20;

}  // namespace

Lookup::Lookup(const Store& store, std::size_t front_memory_max, Disk disk)
    : snapshot_{store}, front_{front_memory_max, snapshot_.record_count()}, disk_{disk} {
    missed_.reserve(missed_max);
    keys_.resize(TreeWalk::batch_max * HandleKey::size_max);
    foreseen_.reserve(TreeWalk::batch_max);
    start_over();
    sequence_ = snapshot_.sequence();
    take_over_changes();
}

void Lookup::renew() {
    forget_batch();
    snapshot_.renew();
    if (snapshot_.txn().id() != transaction_) take_over_changes();
}

void Lookup::release() {
    for (const Missed& each : missed_) front_.put(each.hash, each.record);
    if (store_was_read_) watch_for_waits();
    forget_batch();
    snapshot_.release();
}

/// Whether everything can be read at once shows when it could not: from then on pages are asked
/// for first, until for long enough none was missing.
void Lookup::watch_for_waits() noexcept {
    store_was_read_ = false;
    const std::uint64_t waits = page_cache::waits_of_this_thread();
    if (waits != std::exchange(waits_, waits))
        wary_batches_ = wary_batches_max;
    else if (wary_batches_ > 0)
        --wary_batches_;
}

void Lookup::forget_batch() noexcept {
    missed_.clear();
    foreseen_.clear();
    foreseen_at_ = 0;
    absent_count_ = 0;
}

void Lookup::take_over_changes() {
    walk_.follow(snapshot_.txn());
    const std::uint64_t now = snapshot_.sequence();
    if (now != sequence_) {
        const bool known = now > sequence_ && now - sequence_ <= changes_max && let_go_of_changed();
        if (!known || front_.is_crowded()) start_over();
        sequence_ = now;
    }
    transaction_ = snapshot_.txn().id();  // last: what fails half-way is tried again
}

/// Requests are waiting meanwhile, so what has changed only leaves the front index, and comes back
/// when it is asked for. False when the log does not tell what has changed.
bool Lookup::let_go_of_changed() {
    std::vector<std::string_view> prefixes;
    ChangedGroup changed;
    const bool known = for_each_change(snapshot_, sequence_ + 1, [&](const ChangeView& change) {
        if (change.of_prefix) prefixes.push_back(change.handle);
        const bool held = change.of_record() && change.handle.size() < HandleKey::size_max;
        if (!held || !front_.enabled()) return true;
        const Bytes key = HandleKey::write_short(change.handle, keys_.data());
        changed.push_back({change.handle, FrontIndex::hash_of(key)});
        front_.prefetch_slots(changed.back().hash);
        if (changed.size() == changed.capacity()) let_go(changed);
        return true;
    });
    let_go(changed);
    if (known && !prefixes.empty()) follow_prefixes(prefixes);
    return known;
}

void Lookup::let_go(ChangedGroup& changed) noexcept {
    for (const Changed& each : changed) front_.prefetch_record(each.hash);
    for (const Changed& each : changed) front_.erase(each.hash, each.handle);
    changed.clear();
}

/// Holds a record, unless it is damaged: whoever asks for that one is told so by the store.
void Lookup::take(std::uint64_t hash, Bytes stored) {
    const auto record = RecordView::read(stored);
    if (record) front_.put(hash, *record);
}

void Lookup::start_over() {
    front_.clear(snapshot_.record_count());
    warm_key_.clear();
    warm_done_ = !front_.enabled();
    load_prefixes();
}

void Lookup::load_prefixes() {
    std::erase_if(prefixes_, [&](const auto& known) { return !snapshot_.is_homed(known.first); });
    std::vector<std::string_view> homed;
    for_each_homed_prefix(snapshot_, [&](std::string_view prefix) { homed.push_back(prefix); });
    follow_prefixes(homed);
}

void Lookup::follow_prefixes(std::span<const std::string_view> changed) {
    auto names = std::make_shared<std::vector<std::string>>(*prefix_names_);
    for (const std::string_view prefix : changed) {
        std::string folded = protocol::folded(prefix);
        if (!snapshot_.is_homed(prefix))
            prefixes_.erase(folded);
        else if (prefixes_.emplace(folded, static_cast<std::uint32_t>(names->size())).second)
            names->push_back(std::move(folded));
    }
    if (names->size() > prefix_names_->size()) prefix_names_ = std::move(names);
}

void Lookup::look_ahead(const HandleGroup& handles) {
    foreseen_.clear();
    foreseen_at_ = 0;
    absent_count_ = 0;
    std::byte* room = keys_.data();
    for (const std::string_view handle : handles) {
        if (handle.size() >= HandleKey::size_max) continue;
        const Bytes key = HandleKey::write_short(handle, room);
        room += key.size();
        const std::uint64_t hash = FrontIndex::hash_of(key);
        front_.prefetch_slots(hash);
        foreseen_.push_back({.handle = handle, .key = key, .hash = hash, .record = {}});
    }
    for (const Wanted& each : foreseen_) front_.prefetch_record(each.hash);
    Misses missed;
    for (Wanted& each : foreseen_)
        if (!find_in_front(each)) missed.push_back(&each);
    if (missed.empty()) return;
    store_was_read_ = true;
    if (disk_ == Disk::set_aside && wary_batches_ > 0) set_absent_aside(missed);
    find_in_store(missed);
}

/// Leaves in `missed` what can be read without waiting for the disk.
void Lookup::set_absent_aside(Misses& missed) {
    const auto absent = std::stable_partition(missed.begin(), missed.end(), [&](Wanted* each) {
        each->absent = !walk_.is_at_hand(each->key);
        return !each->absent;
    });
    absent_count_ = static_cast<std::size_t>(missed.end() - absent);
    missed.erase(absent, missed.end());
    if (absent_count_ > 0) wary_batches_ = wary_batches_max;
}

bool Lookup::must_wait(std::string_view handle) const noexcept {
    return absent_count_ > 0 &&
           std::any_of(foreseen_.begin(), foreseen_.end(),
                       [&](const Wanted& each) { return each.absent && each.handle == handle; });
}

/// Whether the front index knows the answer, be it that there is no such record.
bool Lookup::find_in_front(Wanted& wanted) const {
    if (!front_.enabled()) return false;
    wanted.record = front_.find(wanted.hash, wanted.handle);
    return wanted.record.has_value();
}

void Lookup::find_in_store(std::span<Wanted* const> missed) {
    std::array<TreeWalk::Search, TreeWalk::batch_max> searches;
    for (std::size_t at = 0; at < missed.size(); ++at) searches[at].key = missed[at]->key;
    walk_.find(std::span{searches}.first(missed.size()));
    for (std::size_t at = 0; at < missed.size(); ++at) {
        if (!searches[at].value) continue;
        missed[at]->record = RecordView::read(*searches[at].value);
        if (!missed[at]->record) missed[at]->handle = {};  // damaged: `find` will say so
        note_missed(missed[at]->hash, missed[at]->record);
    }
}

void Lookup::note_missed(std::uint64_t hash, const std::optional<RecordView>& record) {
    if (record && front_.enabled() && missed_.size() < missed_max)
        missed_.push_back({hash, *record});
}

std::optional<RecordView> Lookup::find(std::string_view handle) {
    for (std::size_t at = foreseen_at_; at < foreseen_.size(); ++at) {
        if (foreseen_[at].handle != handle || foreseen_[at].absent) continue;
        foreseen_at_ = at + 1;
        return foreseen_[at].record;
    }
    // Handles whose keys are hashed stay out of the front index: nobody could tell from a key
    // which of them has changed.
    if (handle.size() >= HandleKey::size_max) return snapshot_.find(handle);
    const HandleKey key{handle};
    Wanted wanted{.handle = handle,
                  .key = key.bytes(),
                  .hash = FrontIndex::hash_of(key.bytes()),
                  .record = {}};
    if (find_in_front(wanted)) return wanted.record;
    store_was_read_ = true;
    wanted.record = snapshot_.find(key);
    note_missed(wanted.hash, wanted.record);
    return wanted.record;
}

std::uint32_t Lookup::prefix_number(std::string_view prefix) const noexcept {
    std::array<char, protocol::prefix_size_max> folded;
    if (prefix.empty() || prefix.size() > folded.size()) return 0;
    protocol::fold(prefix, folded.data());
    const auto known = prefixes_.find(std::string_view{folded.data(), prefix.size()});
    return known == prefixes_.end() ? 0 : known->second;
}

/// Bulk loading leaves records behind each other; where they are, the disk reads ahead of `warm`.
void Lookup::ask_ahead(Bytes stored) noexcept {
    const auto block = reinterpret_cast<std::uintptr_t>(stored.data()) / warm_ahead;
    if (block == std::exchange(warm_block_, block) + 1)
        page_cache::ask_for({stored.data() + warm_ahead, warm_ahead});
}

bool Lookup::warm() {
    if (warm_done_) return false;
    renew();
    lmdb::Cursor cursor{snapshot_.txn(), snapshot_.store().records()};
    auto entry = cursor.seek(bytes_of(warm_key_));
    if (entry && !warm_key_.empty() && text_of(entry->key) == warm_key_) entry = cursor.next();
    for (std::size_t left = warm_records; entry && left > 0; --left) {
        const std::uint64_t hash = FrontIndex::hash_of(entry->key);
        if (entry->key.size() < HandleKey::size_max && !front_.find(hash, text_of(entry->key)))
            take(hash, entry->value);
        ask_ahead(entry->value);
        warm_key_ = text_of(entry->key);
        entry = cursor.next();
    }
    // What does not fit needs no more filling: from here on it holds what is asked for.
    warm_done_ = !entry || front_.is_full();
    release();
    return !warm_done_;
}

}  // namespace idnode::registry
