#include "resolver/statistics/statistics.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "protocol/handle/handle.hpp"
#include "registry/changes.hpp"
#include "registry/entries.hpp"
#include "registry/listing.hpp"

namespace idnode::resolver::statistics {
namespace {

using registry::Area;
using registry::WriteView;

/// Up to which change of the log the figures have what it says.
constexpr std::string_view followed_key = "followed";
constexpr std::string_view figures_stem = "figures/";
constexpr std::string_view all_sources_stem = "sources/";

/// Entries of one transaction, all of whose time everybody else waits who writes; and changes that
/// are read for one.
constexpr std::size_t entries_max = 1000;
constexpr std::size_t changes_max = 50'000;
/// Seconds after which no worker tells any more of a second.
constexpr std::uint32_t late_seconds = 3;
constexpr std::uint32_t seconds_a_day = 86'400;

std::uint64_t parse_number(std::optional<std::string_view> text) noexcept {
    std::uint64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

registry::Change put(std::string key, std::string value) {
    return registry::PutEntry{Area::statistics, std::move(key), std::move(value)};
}

void count_change(Figures& figures, const registry::ChangeView& change) noexcept {
    if (change.before.empty() && change.after.empty()) return;
    if (change.before.empty())
        ++figures.created;
    else if (change.after.empty())
        ++figures.deleted;
    else
        ++figures.modified;
}

Requests requests_of(std::uint64_t requests, std::uint64_t successes,
                     std::chrono::nanoseconds taken, std::uint32_t second) noexcept {
    Requests all{.requests = requests, .successes = successes, .latency = {}};
    all.latency.add(static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 1)), second);
    all.latency.sum *= requests;
    all.latency.count = requests;
    return all;
}

}  // namespace

std::string figures_key(std::uint32_t day, std::string_view folded_prefix) {
    return fmt::format("{}{:08}/{}", figures_stem, day, folded_prefix);
}

std::string sources_stem(std::uint32_t day, std::string_view folded_prefix) {
    return fmt::format("{}{:08}/{}/", all_sources_stem, day, folded_prefix);
}

Statistics::Statistics(const registry::Store& store, const Clock& clock, const Settings& settings)
    : store_{store}, clock_{clock}, settings_{settings}, writer_{store} {}

Statistics::~Statistics() {
    try {
        write(std::numeric_limits<std::uint32_t>::max());
    } catch (const std::exception& error) {
        spdlog::error("the last statistics could not be written: {}", error.what());
    }
}

std::unique_ptr<Interval> Statistics::exchange(std::unique_ptr<Interval> counted) {
    const std::lock_guard lock{guard_};
    if (spare_.empty()) return counted;
    counted->second = clock_.now();
    waiting_.push_back(std::move(counted));
    auto fresh = std::move(spare_.back());
    spare_.pop_back();
    return fresh;
}

void Statistics::count_resolutions(std::string_view prefix, const Address& source,
                                   std::uint64_t requests, std::uint64_t successes,
                                   std::chrono::nanoseconds taken) {
    if (!settings_.enabled || requests == 0) return;
    const std::string folded = protocol::folded(prefix);
    const std::uint32_t now = clock_.now();
    const std::lock_guard lock{guard_};
    Delta& delta = at(folded, now);
    merge(delta.figures.resolutions, requests_of(requests, successes, taken, now));
    delta.sources[source] += requests;
    note_rate(resolution, now, folded, requests);
}

void Statistics::count_registrations(std::string_view prefix, std::uint64_t requests,
                                     std::uint64_t successes, std::chrono::nanoseconds taken) {
    if (!settings_.enabled || requests == 0) return;
    const std::string folded = protocol::folded(prefix);
    const std::uint32_t now = clock_.now();
    const std::lock_guard lock{guard_};
    merge(at(folded, now).figures.registrations, requests_of(requests, successes, taken, now));
    note_rate(registration, now, folded, requests);
}

registry::Job Statistics::watch(std::string handle, std::chrono::steady_clock::time_point begun,
                                registry::Job job) {
    if (!settings_.enabled) return job;
    job.done = [this, handle = std::move(handle), begun,
                done = std::move(job.done)](const registry::JobOutcome& outcome) {
        count_registrations(protocol::prefix_of(handle), 1,
                            std::holds_alternative<registry::Commit>(outcome),
                            std::chrono::steady_clock::now() - begun);
        done(outcome);
    };
    return job;
}

Statistics::Delta& Statistics::at(std::string_view folded_prefix, std::uint32_t second) {
    return deltas_[{day_of(second, settings_.utc_offset_hours), std::string{folded_prefix}}];
}

void Statistics::note_rate(Way way, std::uint32_t second, const std::string& prefix,
                           std::uint64_t count) {
    rates_[way][second][prefix] += count;
}

void Statistics::add(Interval& interval) {
    const auto& names = *interval.names;
    prefixes_ = std::max(prefixes_, names.size());
    for (const std::uint32_t number : interval.touched) {
        const Interval::Prefix& counted = interval.prefixes[number];
        Delta& delta = at(names[number], interval.second);
        Requests all{.requests = counted.requests, .successes = counted.successes, .latency = {}};
        all.latency = {.count = counted.requests,
                       .sum = counted.latency_sum,
                       .min = counted.latency_min,
                       .max = counted.latency_max,
                       .max_at = interval.second};
        merge(delta.figures.resolutions, all);
        delta.figures.other_sources += counted.other_sources;
        note_rate(resolution, interval.second, names[number], counted.requests);
    }
    for (const std::uint16_t place : interval.used) {
        const Interval::Source& source = interval.sources[place];
        at(names[source.prefix], interval.second).sources[source.address] += source.requests;
    }
    interval.clear();
}

/// The seconds before this one are over for all workers: what they had together may be a peak.
void Statistics::settle_rates(std::uint32_t before) {
    for (const Way way : {resolution, registration}) {
        Rates& rates = rates_[way];
        while (!rates.empty() && rates.begin()->first < before) {
            const std::uint32_t second = rates.begin()->first;
            std::uint64_t all_prefixes = 0;
            const auto note_peak = [&](std::string_view prefix, std::uint64_t count) {
                Figures& figures = at(prefix, second).figures;
                Requests& all = way == resolution ? figures.resolutions : figures.registrations;
                merge(all, {.latency = {}, .peak = count, .peak_at = second});
            };
            for (const auto& [prefix, count] : rates.begin()->second) {
                note_peak(prefix, count);
                all_prefixes += count;
            }
            note_peak(whole_node, all_prefixes);
            rates.erase(rates.begin());
        }
    }
}

void Statistics::add_up(std::uint32_t before) {
    const std::lock_guard lock{guard_};
    for (auto& each : std::exchange(waiting_, {})) {
        add(*each);
        spare_.push_back(std::move(each));
    }
    // Made here, so that no worker has to wait for memory.
    while (spare_.size() < spare_max_) {
        spare_.push_back(std::make_unique<Interval>());
        spare_.back()->make_room(prefixes_);
    }
    settle_rates(before);
}

void Statistics::run(const std::stop_token& stop) noexcept {
    if (!settings_.enabled) return;
    std::uint32_t written = 0;
    std::uint32_t cleaned = 0;
    const auto pause = [&] {
        std::unique_lock lock{guard_};
        changed_.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
        return !stop.stop_requested();
    };
    do {
        const std::uint32_t now = clock_.now();
        try {
            add_up(now - late_seconds);
            if (now - written >= settings_.write_seconds) {
                written = now;
                refresh();
            }
            if (now - cleaned >= seconds_a_day / 24) {
                cleaned = now;
                let_go_of_old_days();
            }
        } catch (const std::exception& error) {
            spdlog::error("statistics could not be written: {}", error.what());
        }
    } while (pause());
}

void Statistics::refresh() { write(clock_.now() - late_seconds); }

void Statistics::write(std::uint32_t before) {
    if (!settings_.enabled) return;
    const std::lock_guard lock{writing_};
    add_up(before);
    write_deltas();
    follow_changes();
}

/// In pieces, so that nobody who writes waits for long.
void Statistics::write_deltas() {
    for (;;) {
        Deltas piece;
        {
            const std::lock_guard lock{guard_};
            std::size_t room = entries_max;
            while (room > 0 && !deltas_.empty()) {
                auto first = deltas_.begin();
                auto& [place, delta] = *first;
                --room;
                Delta& moved = piece[place];
                moved.figures = std::exchange(delta.figures, {});
                while (room > 0 && !delta.sources.empty()) {
                    moved.sources.insert(delta.sources.extract(delta.sources.begin()));
                    --room;
                }
                if (delta.sources.empty()) deltas_.erase(first);
            }
        }
        if (piece.empty()) return;
        commit(std::move(piece), 0, 0);
    }
}

/// Reads what the change log says of handles since it was read last.
void Statistics::follow_changes() {
    while (follow_some_changes()) {}
}

bool Statistics::follow_some_changes() {
    const registry::Snapshot snapshot{store_};
    const std::uint64_t followed =
        parse_number(registry::find_entry(snapshot, Area::statistics, followed_key));
    const std::uint64_t first = std::max(followed + 1, registry::changes_from(snapshot));
    if (first > snapshot.sequence()) return false;
    Deltas deltas;
    std::uint64_t last = first - 1;
    const auto count = [&](const registry::ChangeView& change) {
        last = change.sequence;
        if (change.of_record()) {
            const std::uint32_t day = day_of(change.time, settings_.utc_offset_hours);
            const auto prefix = protocol::folded(protocol::prefix_of(change.handle));
            count_change(deltas[{day, prefix}].figures, change);
        }
        return last - first + 1 < changes_max && deltas.size() < entries_max;
    };
    registry::for_each_change(snapshot, first, count);
    if (last < first) return false;  // pruned meanwhile, or damaged: `idnode check` tells
    commit(std::move(deltas), followed, last);
    return last < snapshot.sequence();
}

void Statistics::commit(Deltas deltas, std::uint64_t followed_from, std::uint64_t followed_to) {
    const registry::Decide decide = [&](const WriteView& view) -> registry::Decision {
        if (followed_to == 0) return merge_into(view, deltas);
        const auto stands = parse_number(view.entry(Area::statistics, followed_key));
        if (stands != followed_from) return registry::ChangeSet{};  // another node has counted it
        auto decision = merge_into(view, deltas);
        std::get<registry::ChangeSet>(decision).changes.push_back(
            put(std::string{followed_key}, std::to_string(followed_to)));
        return decision;
    };
    const registry::Decide* const job = &decide;
    try {
        const auto outcome = writer_.commit(std::span{&job, 1}, clock_.now()).front();
        if (const auto* fault = std::get_if<std::exception_ptr>(&outcome))
            std::rethrow_exception(*fault);
    } catch (...) {
        if (followed_to != 0) throw;  // the log still has it
        const std::lock_guard lock{guard_};
        for (auto& [place, delta] : deltas) {
            Delta& kept = deltas_[place];
            merge(kept.figures, delta.figures);
            for (const auto& [address, requests] : delta.sources) kept.sources[address] += requests;
        }
        throw;
    }
}

registry::Decision Statistics::merge_into(const WriteView& view, const Deltas& deltas) const {
    registry::ChangeSet set;
    for (const auto& [place, delta] : deltas) {
        const auto& [day, prefix] = place;
        const std::string key = figures_key(day, prefix);
        const auto stored = view.entry(Area::statistics, key);
        Figures figures = (stored ? figures_from_json(*stored) : std::nullopt).value_or(Figures{});
        Figures later = delta.figures;
        later.identifiers = registry::count_records(view, prefix);
        for (const auto& [address, requests] : delta.sources) {
            std::string source = sources_stem(day, prefix) + format_address(address);
            const auto known = view.entry(Area::statistics, source);
            if (!known && figures.sources + later.sources >= settings_.sources_max) {
                later.other_sources += requests;
                continue;
            }
            later.sources += known ? 0 : 1;
            set.changes.push_back(
                put(std::move(source), std::to_string(parse_number(known) + requests)));
        }
        merge(figures, later);
        set.changes.push_back(put(key, to_json(figures)));
    }
    return set;
}

void Statistics::let_go_of_old_days() {
    const std::lock_guard lock{writing_};
    const std::uint64_t kept = std::uint64_t{settings_.keep_days} * seconds_a_day;
    const std::uint32_t now = clock_.now();
    if (kept == 0 || kept >= now) return;
    const std::uint32_t oldest =
        day_of(now - static_cast<std::uint32_t>(kept), settings_.utc_offset_hours);
    for (const std::string_view stem : {figures_stem, all_sources_stem}) {
        const std::string end = fmt::format("{}{:08}", stem, oldest);
        for (bool more = true; more;) {
            const registry::Snapshot snapshot{store_};
            registry::EntryCursor cursor{snapshot, Area::statistics};
            std::vector<registry::Change> changes;
            for (auto entry = cursor.seek(stem);
                 entry && entry->key < end && changes.size() < entries_max; entry = cursor.next())
                changes.emplace_back(
                    registry::RemoveEntry{Area::statistics, std::string{entry->key}});
            more = changes.size() == entries_max;
            if (!changes.empty()) writer_.commit(changes, now);
        }
    }
}

}  // namespace idnode::resolver::statistics
