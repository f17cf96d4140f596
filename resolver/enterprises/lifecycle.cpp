#include "resolver/enterprises/lifecycle.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "resolver/enterprises/delegation.hpp"
#include "resolver/enterprises/occupancy.hpp"
#include "resolver/grants/grant.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver::enterprises {
namespace {

using protocol::ResponseCode;
using registry::Area;
using registry::ChangeSet;
using registry::Decision;
using registry::Refusal;
using registry::WriteView;

/// How many applications wait; it stands beside the enterprises, whose ids are longer.
constexpr std::string_view waiting_key = "waiting";

constexpr std::array<std::string_view, 7> act_names{"review", "approve", "refuse", "suspend",
                                                    "resume", "close",   "allot"};

Refusal conflict(std::string sentence) {
    return {ResponseCode::handle_already_exists, std::move(sentence)};
}

bool is_waiting(State state) { return state == State::applied || state == State::reviewing; }

/// The state that the act leads to; nothing where it may not follow.
std::optional<State> follow(State state, Act act) {
    const bool open = state == State::active || state == State::suspended;
    switch (act) {
        case Act::review:
            return state == State::applied ? std::optional{State::reviewing} : std::nullopt;
        case Act::approve: return is_waiting(state) ? std::optional{State::active} : std::nullopt;
        case Act::refuse: return is_waiting(state) ? std::optional{State::refused} : std::nullopt;
        case Act::suspend:
            return state == State::active ? std::optional{State::suspended} : std::nullopt;
        case Act::resume:
            return state == State::suspended ? std::optional{State::active} : std::nullopt;
        case Act::close: return open ? std::optional{State::closed} : std::nullopt;
        case Act::allot: return state == State::active ? std::optional{state} : std::nullopt;
    }
    return std::nullopt;
}

std::size_t count_waiting(const WriteView& view) {
    const auto stored = view.entry(Area::enterprises, waiting_key);
    return stored ? std::stoul(std::string{*stored}) : 0;
}

registry::Change put_waiting(std::size_t count) {
    return registry::PutEntry{Area::enterprises, std::string{waiting_key}, std::to_string(count)};
}

/// Gathers what prefixes need, for one act.
class Prefixes {
public:
    Prefixes(const WriteView& view, std::string enterprise)
        : occupancy_{view, enterprise},
          view_{view},
          enterprise_{std::move(enterprise)},
          ranges_{ranges_in(view)} {}

    /// Nothing, or why it cannot be allotted; `prefix` becomes the one that was.
    std::optional<Refusal> allot(const Wanted& wanted, std::string& prefix) {
        prefix = wanted.prefix;
        if (prefix.empty()) {
            const auto next = find_free(wanted.parent);
            if (!next)
                return conflict("prefixes: expected a range under " + wanted.parent +
                                " with a free prefix, found none");
            prefix = *next;
        }
        if (const auto fault =
                is_company_scope(prefix) ? std::nullopt : find_allotted_prefix_fault(prefix))
            return Refusal{ResponseCode::invalid_value,
                           "prefixes" + fault->message().substr(std::string_view{"prefix"}.size())};
        if (const auto taken =
                is_taken(prefix) ? "which the same request names before" : occupancy_.find(prefix))
            return conflict("prefixes: expected a free prefix, found " + prefix + ", " + *taken);
        if (!wanted.with_records && has_records(prefix))
            return conflict("prefixes: expected a prefix without records, found " + prefix +
                            ", under which some stand: \"withRecords\" hands them over");
        taken_.push_back(protocol::folded(prefix));
        return serve({.prefix = prefix,
                      .enterprise = enterprise_,
                      .delegate_to = wanted.delegate_to,
                      .suspended = false});
    }

    std::optional<Refusal> serve(Allotment allotment) {
        allotment.suspended = false;
        if (is_company_scope(allotment.prefix)) {  // nothing is resolved under it
            if (!allotment.delegate_to.empty())
                return Refusal{ResponseCode::invalid_value,
                               "delegateTo: expected none for a GS1 company prefix"};
        } else if (allotment.delegate_to.empty()) {
            changes_.emplace_back(registry::HomePrefix{allotment.prefix});
        } else {
            const auto site = make_site_at(allotment.delegate_to);
            if (!site)
                return Refusal{ResponseCode::invalid_value,
                               "delegateTo: " + site.error().message()};
            const auto record = delegated_record(allotment.prefix, prefix_record(allotment), *site);
            if (!record)
                return Refusal{ResponseCode::invalid_value,
                               "delegateTo: " + record.error().message()};
            changes_.emplace_back(registry::UnhomePrefix{allotment.prefix});
            changes_.emplace_back(registry::PutRecord{registry::EncodedRecord{*record}});
        }
        keep(allotment);
        return std::nullopt;
    }

    void withdraw(Allotment allotment, bool for_good) {
        if (allotment.delegate_to.empty() && !is_company_scope(allotment.prefix))
            changes_.emplace_back(registry::UnhomePrefix{allotment.prefix});
        else if (const auto record = undelegated_record(allotment.prefix, prefix_record(allotment)))
            changes_.emplace_back(registry::PutRecord{registry::EncodedRecord{*record}});
        else
            changes_.emplace_back(
                registry::RemoveRecord{protocol::prefix_handle(allotment.prefix)});
        allotment.suspended = true;
        if (for_good)
            let_go(allotment);
        else
            keep(allotment);
    }

    std::optional<Allotment> find(std::string_view prefix) const {
        return occupancy_.allotment_of(prefix);
    }

    std::vector<registry::Change> take_changes() {
        if (ranges_moved_)
            changes_.emplace_back(
                registry::PutEntry{Area::ranges, std::string{ranges_key}, to_json(ranges_)});
        return std::move(changes_);
    }

private:
    /// Whoever gets the prefix next inherits neither keys nor grants nor policies.
    void let_go(const Allotment& allotment) {
        const std::string key = protocol::folded(allotment.prefix);
        changes_.emplace_back(registry::RemoveEntry{Area::allotments, key});
        changes_.emplace_back(
            registry::RemoveEntry{Area::visibility, visibility_key(allotment.prefix)});
        view_.for_each_entry(
            Area::grants, grants::grant_key(allotment.prefix, {}),
            [&](const registry::EntryView& entry) {
                changes_.emplace_back(registry::RemoveEntry{Area::grants, std::string{entry.key}});
                return true;
            });
        changes_.emplace_back(registry::RemoveRecord{protocol::prefix_handle(allotment.prefix)});
    }

    std::optional<registry::RecordView> prefix_record(const Allotment& allotment) const {
        return view_.find(protocol::prefix_handle(allotment.prefix));
    }

    /// Of an earlier owner, such as an enterprise that was closed, or loaded before.
    bool has_records(std::string_view prefix) const {
        bool found = false;
        view_.for_each_record(protocol::folded(prefix) + "/", [&](const registry::RecordView&) {
            found = true;
            return false;
        });
        return found;
    }

    void keep(const Allotment& allotment) {
        changes_.emplace_back(registry::PutEntry{
            Area::allotments, protocol::folded(allotment.prefix), to_json(allotment)});
    }

    /// By the same request, of which nothing stands in the view yet.
    bool is_taken(std::string_view prefix) const {
        return std::ranges::find(taken_, protocol::folded(prefix)) != taken_.end();
    }

    bool is_free(std::string_view prefix) const {
        return !is_taken(prefix) && !occupancy_.find_at(prefix) && !occupancy_.find_below(prefix) &&
               !has_records(prefix);
    }

    /// Begins where the last search in the range has ended. What stands above is the same for all
    /// of a range, so it is asked for once.
    std::optional<std::string> find_free(std::string_view parent) {
        constexpr std::uint32_t tries_max = 100'000;
        for (Range& range : ranges_) {
            if (!protocol::equal_folded(range.parent, parent)) continue;
            if (occupancy_.find_above(range.prefix_at(range.from))) continue;
            const std::uint32_t tries = std::min(range.to - range.from + 1, tries_max);
            std::uint32_t at = std::max(range.next, range.from);
            for (std::uint32_t tried = 0; tried < tries; ++tried) {
                std::string prefix = range.prefix_at(at);
                at = at == range.to ? range.from : at + 1;
                if (!is_free(prefix)) continue;
                range.next = at;
                ranges_moved_ = true;
                return prefix;
            }
        }
        return std::nullopt;
    }

    const Occupancy occupancy_;
    const WriteView& view_;
    const std::string enterprise_;
    std::vector<Range> ranges_;
    bool ranges_moved_ = false;
    std::vector<std::string> taken_;
    std::vector<registry::Change> changes_;
};

std::optional<Refusal> change_prefixes(Prefixes& prefixes, Act act, const Details& details,
                                       Enterprise& enterprise) {
    if (act == Act::approve || act == Act::allot) {
        if (enterprise.prefixes.size() + details.prefixes.size() > prefixes_max)
            return Refusal{ResponseCode::invalid_value,
                           "prefixes: expected at most 10000 of one enterprise"};
        for (const Wanted& wanted : details.prefixes) {
            std::string prefix;
            if (auto refusal = prefixes.allot(wanted, prefix)) return refusal;
            enterprise.prefixes.push_back(std::move(prefix));
        }
    } else if (act == Act::suspend || act == Act::close || act == Act::resume) {
        for (const std::string& prefix : enterprise.prefixes) {
            auto allotment = prefixes.find(prefix);
            if (!allotment) continue;
            if (act != Act::resume)
                prefixes.withdraw(std::move(*allotment), act == Act::close);
            else if (auto refusal = prefixes.serve(std::move(*allotment)))
                return refusal;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Act> find_act(std::string_view name) noexcept {
    const auto found = std::ranges::find(act_names, name);
    if (found == act_names.end()) return std::nullopt;
    return static_cast<Act>(found - act_names.begin());
}

Decision decide_application(const WriteView& view, const Enterprise& asked,
                            registry::Origin origin) {
    const std::size_t waiting = count_waiting(view);
    if (waiting >= applications_max)
        return Refusal{ResponseCode::server_busy,
                       "Too many applications wait for a decision: try again later"};
    ChangeSet set{.changes = {}, .origin = std::move(origin)};
    set.changes.emplace_back(registry::PutEntry{Area::enterprises, asked.id, to_json(asked)});
    set.changes.push_back(put_waiting(waiting + 1));
    return set;
}

Decision decide_act(const WriteView& view, Act act, std::string_view id, const Details& details,
                    std::uint32_t now, registry::Origin origin, Enterprise& after) {
    const auto stored = id.size() > registry::entry_key_size_max || id == waiting_key
                            ? std::nullopt
                            : view.entry(Area::enterprises, id);
    auto enterprise = stored ? enterprise_from_json(*stored) : std::nullopt;
    if (!enterprise) return Refusal{ResponseCode::handle_not_found, "There is no such enterprise"};
    const auto next = follow(enterprise->state, act);
    if (!next)
        return conflict("The enterprise is " + std::string{name_of(enterprise->state)} +
                        ": that cannot follow");
    Prefixes prefixes{view, enterprise->id};
    if (auto refusal = change_prefixes(prefixes, act, details, *enterprise))
        return std::move(*refusal);
    ChangeSet set{.changes = prefixes.take_changes(), .origin = std::move(origin)};
    if (is_waiting(enterprise->state) && !is_waiting(*next))
        set.changes.push_back(put_waiting(std::max<std::size_t>(count_waiting(view), 1) - 1));
    enterprise->state = *next;
    enterprise->reason = details.reason;
    enterprise->decided = now;
    set.changes.emplace_back(
        registry::PutEntry{Area::enterprises, enterprise->id, to_json(*enterprise)});
    set.changes.insert(set.changes.end(), details.further.begin(), details.further.end());
    after = std::move(*enterprise);
    return set;
}

Decision decide_range(const WriteView& view, const Range& range, registry::Origin origin) {
    std::vector<Range> ranges = ranges_in(view);
    for (const Range& other : ranges)
        if (overlap(range, other))
            return conflict("from: expected a range of its own, found that it overlaps " +
                            other.prefix_at(other.from) + " to " + other.prefix_at(other.to));
    if (ranges.size() >= ranges_max)
        return Refusal{ResponseCode::invalid_value, "expected at most 1000 ranges"};
    if (const auto above = Occupancy{view, {}}.find_above(range.prefix_at(range.from)))
        return conflict("parent: expected one that is this node's to allot from, found " +
                        range.parent + ": a prefix of the range is one " + *above);
    ranges.push_back(range);
    ChangeSet set{.changes = {}, .origin = std::move(origin)};
    set.changes.emplace_back(
        registry::PutEntry{Area::ranges, std::string{ranges_key}, to_json(ranges)});
    return set;
}

}  // namespace idnode::resolver::enterprises
