#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "registry/writer.hpp"
#include "resolver/enterprises/enterprise.hpp"

namespace idnode::resolver::enterprises {

/// What stands in the way of giving a prefix to an enterprise. Whoever has a prefix has all that
/// could stand under it, so nobody else gets one that is the same, above or below. Prefixes that
/// this node homes for itself are in the way of the same and of those above, not of those below: a
/// secondary node allots below its own. Prefixes that were delegated to other nodes are in the way
/// of all three. A GS1 company prefix stands above those that begin with its digits. Each answer
/// names what it has met, such as "which stands above 88.118.8, which belongs to the enterprise …";
/// nothing means that the way is free.
class Occupancy {
public:
    /// `enterprise` may have all that is its own already; empty: nobody is asking. The view must
    /// outlive it.
    Occupancy(const registry::WriteView& view, std::string enterprise)
        : view_{view}, enterprise_{std::move(enterprise)} {}

    /// The prefix itself, whoever has it.
    std::optional<std::string> find_at(std::string_view prefix) const;
    /// One that it stands under.
    std::optional<std::string> find_above(std::string_view prefix) const;
    /// One that stands under it, or a range of such.
    std::optional<std::string> find_below(std::string_view prefix) const;
    /// The first of the three.
    std::optional<std::string> find(std::string_view prefix) const;

    std::optional<Allotment> allotment_of(std::string_view prefix) const;

private:
    bool is_own(std::string_view prefix) const;
    bool is_delegated(std::string_view prefix) const;
    std::optional<std::string> find_allotted_below(const std::string& stem) const;
    std::optional<std::string> find_homed_below(const std::string& stem) const;
    std::optional<std::string> find_delegated_below(const std::string& stem) const;
    std::optional<std::string> find_range_below(std::string_view prefix) const;

    const registry::WriteView& view_;
    const std::string enterprise_;
};

/// Why a prefix may not be homed, unhomed or delegated by itself: it, or one that it stands under,
/// is an enterprise's, whose life cycle sees to that.
std::optional<std::string> find_enterprise_of(const registry::WriteView& view,
                                              std::string_view prefix);

/// The ranges there are.
std::vector<Range> ranges_in(const registry::WriteView& view);

}  // namespace idnode::resolver::enterprises
