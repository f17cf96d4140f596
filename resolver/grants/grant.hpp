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

/// One kind of values of one prefix, for one grantee.
struct Grant {
    std::string
        item{};  ///< the type of the values, that is the name of a template's item; "*": all
    Right right = Right::view;
    std::uint32_t expires = 0;  ///< from this second on it is void; 0: never
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

using FindEntry =
    std::function<std::optional<std::string_view>(registry::Area area, std::string_view key)>;

/// What somebody was granted under one prefix, fetched once: deciding about a value then asks
/// nothing any more. Every transport decides by this.
class Granted {
public:
    Granted() = default;
    /// One look-up for each grantee. Grants that are over count no more.
    Granted(const FindEntry& find, std::string_view prefix,
            const std::vector<std::string>& grantees, std::uint32_t now);

    bool empty() const noexcept { return grants_.empty(); }
    /// The second from which on something of it is void; the last of all: never.
    std::uint32_t until() const noexcept { return until_; }
    /// Keys and administrators are never granted.
    bool allows(Right right, std::string_view type) const noexcept;

private:
    std::vector<Grant> grants_;
    std::uint32_t until_ = std::numeric_limits<std::uint32_t>::max();
};

}  // namespace idnode::resolver::grants
