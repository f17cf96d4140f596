#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>

#include "registry/lookup.hpp"
#include "registry/trace/references.hpp"
#include "registry/trace/walk.hpp"
#include "resolver/api/own.hpp"
#include "resolver/trace/names.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver {

/// What a caller may see of things. Those who see everything see all of them; others what everybody
/// may resolve, what is theirs (what stands under their prefixes, of handles and of companies),
/// what they have captured events about, among its last, which is theirs as well unless another
/// enterprise has its company prefix, what stands under prefixes of which they were granted the
/// trace, and, where the policy of its prefix is one up, one down, what is next to their own, or
/// was given or taken by them as an event says. What all things of a group have in common is
/// decided once. Used for one answer.
class Eyes {
public:
    Eyes(registry::Lookup& lookup, const api::Caller& caller, const Strangers& strangers)
        : lookup_{lookup},
          caller_{caller},
          own_{lookup.snapshot(), caller},
          names_{lookup, strangers} {}

    registry::trace::Sight look(registry::trace::Thing thing);

    /// Whether something that another node knows more of may be named: what stands next to
    /// something shown, or is the caller's own.
    bool may_name_elsewhere(registry::trace::Thing thing);

    /// That a record refers to something is known to who sees a value that says so.
    bool may_follow(const registry::trace::Edge& edge);

private:
    using Thing = registry::trace::Thing;
    using Sight = registry::trace::Sight;

    /// What is known of all things of a group.
    struct Group {
        bool of_handles = false;
        bool owned = false;                  ///< what they stand under is the caller's
        std::optional<Sight> sight{};        ///< nothing: each is looked at by itself
        std::optional<Visibility> policy{};  ///< nothing: likewise
    };
    Group group_of(Thing thing);
    Group decide(std::string_view canonical) const;
    Sight look_at_one(Thing thing, const Group& group);
    /// What a caller is to a thing.
    struct Claim {
        bool owned = false;
        bool captured = false;  ///< not looked for where it is his by its name
    };
    Claim claim_to(Thing thing);
    bool has_captured(const std::string& canonical);
    bool is_next_to_own(Thing thing);
    void read_references(registry::trace::TextNumber text);

    registry::Lookup& lookup_;
    const api::Caller& caller_;
    api::Own own_;
    ThingNames names_;
    boost::unordered_flat_map<registry::trace::ThingGroup, Group> groups_{};
    std::optional<Sight> seen_{};  ///< of all things of the group that was looked at last
    registry::trace::ThingGroup seen_group_ = 0;
    boost::unordered_flat_map<Thing, Claim> claims_{};
    registry::trace::TextNumber record_ = registry::trace::no_text;
    registry::trace::References references_{};  ///< of that record, as far as the caller sees them
};

}  // namespace idnode::resolver
