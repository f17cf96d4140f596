#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/value.hpp"
#include "registry/entries.hpp"

namespace idnode::resolver::grants {

/// What may be done with values that not everybody may read or change.
enum class Right {
    view,
    edit,  ///< and view
};

std::string_view name_of(Right right) noexcept;

/// One kind of values of one prefix, or of one handle under it, for one grantee.
struct Grant {
    /// The type of the values, that is the name of a template's item; "*": all but those that a
    /// template says are the owner's own, which are granted by their names or not at all.
    std::string item{};
    Right right = Right::view;
    std::uint32_t expires = 0;  ///< from this second on it is void; 0: never
    std::string handle{};       ///< whose values alone; empty: those of all under the prefix
};

/// To whom is granted: `account:NAME`, `enterprise:ID` or `group:NAME`. What is public is said by
/// values themselves, and the enterprise that has a prefix needs no grant.
bool is_grantee(std::string_view text) noexcept;

inline constexpr std::size_t grants_max = 1000;          ///< of one prefix to one grantee
inline constexpr std::size_t groups_of_member_max = 32;  ///< that count
inline constexpr std::size_t members_max = 1000;         ///< of one group
inline constexpr std::size_t grantee_size_max = 150;

/// Where the grants of a prefix to a grantee stand.
std::string grant_key(std::string_view prefix, std::string_view grantee);
/// Where a group stands, and that somebody is a member of one.
std::string group_key(std::string_view name);
std::string member_key(std::string_view member, std::string_view group);

std::string to_json(const std::vector<Grant>& grants);
std::vector<Grant> grants_from_json(std::string_view json);

/// Under which names somebody is granted something: his account, his enterprise, their groups.
std::vector<std::string> find_grantees(const registry::Snapshot& snapshot, std::string_view account,
                                       std::string_view enterprise);

/// With what the keys of the items begin that templates of a prefix, or with none those of every
/// prefix, say are their owner's own (area `own_items`). Their values are the names, folded.
std::string own_items_stem(std::string_view prefix);

inline constexpr std::size_t own_items_max = 1000;  ///< of one prefix

using FindEntry =
    std::function<std::optional<std::string_view>(registry::Area area, std::string_view key)>;

/// How a registry is read: in a snapshot, or in a transaction.
struct Reading {
    FindEntry find;
    /// The entries whose keys begin with `stem`, until `visit` returns false.
    std::function<void(registry::Area area, std::string_view stem,
                       const std::function<bool(const registry::EntryView&)>& visit)>
        for_each;
};

/// What somebody was granted under one prefix, fetched once: deciding about a value then asks
/// nothing any more. Every transport decides by this.
class Granted {
public:
    Granted() = default;
    /// One look-up for each grantee, and a walk over the owner's own items where all was granted.
    /// Grants that are over count no more.
    Granted(const Reading& registry, std::string_view prefix,
            const std::vector<std::string>& grantees, std::uint32_t now);

    bool empty() const noexcept { return grants_.empty(); }
    /// The second from which on something of it is void; the last of all: never.
    std::uint32_t until() const noexcept { return until_; }
    /// Whether values of a type are granted, of one handle or, where that is empty, of all under
    /// the prefix. Keys and administrators are never granted.
    bool allows(Right right, std::string_view type, std::string_view handle) const;

private:
    bool is_own(std::string_view type) const;

    std::vector<Grant> grants_;
    std::vector<std::string> own_;  ///< items that are not among all: folded, in order
    std::uint32_t until_ = std::numeric_limits<std::uint32_t>::max();
};

}  // namespace idnode::resolver::grants
