#pragma once

#include <string>
#include <vector>

#include "registry/writer.hpp"
#include "resolver/enterprises/enterprise.hpp"

namespace idnode::resolver::enterprises {

/// What is done to an enterprise. Each leads from some states to one other.
enum class Act {
    review,   ///< applied → reviewing
    approve,  ///< applied or reviewing → active, with prefixes
    refuse,   ///< applied or reviewing → refused
    suspend,  ///< active → suspended: prefixes are no longer answered for
    resume,   ///< suspended → active: they are again
    close,    ///< active or suspended → closed
    allot,    ///< active stays active: further prefixes
};

std::optional<Act> find_act(std::string_view name) noexcept;

/// A prefix that is wanted: one by its name, or the next free one of the ranges under a parent.
struct Wanted {
    std::string prefix{};
    std::string parent{};
    std::string delegate_to{};  ///< ADDR:PORT; empty: hosted here
    /// Records that stand under it go with it, such as those of an enterprise that was closed; else
    /// a prefix with records is given to nobody. What these records say of administrators and keys
    /// of their own (HS_ADMIN …) holds on: the operator looks at that.
    bool with_records = false;
};

/// What an act needs to know.
struct Details {
    std::vector<Wanted> prefixes{};
    std::string reason{};
    std::vector<registry::Change> further{};  ///< written with it, such as an account
};

inline constexpr std::size_t applications_max = 1000;  ///< that wait for a decision

/// Takes an application; refused when too many wait.
registry::Decision decide_application(const registry::WriteView& view, const Enterprise& asked,
                                      registry::Origin origin);

/// Decides in the transaction: whether the act may follow on the state, and which prefixes it
/// allots. Prefixes are homed or delegated, and let go again, in the same change. `after` becomes
/// what the enterprise is then.
registry::Decision decide_act(const registry::WriteView& view, Act act, std::string_view id,
                              const Details& details, std::uint32_t now, registry::Origin origin,
                              Enterprise& after);

/// Adds a range; refused where it overlaps another.
registry::Decision decide_range(const registry::WriteView& view, const Range& range,
                                registry::Origin origin);

}  // namespace idnode::resolver::enterprises
