#include "resolver/enterprises/occupancy.hpp"

#include <algorithm>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "resolver/trace/visibility.hpp"

namespace idnode::resolver::enterprises {
namespace {

using registry::Area;

std::string of_enterprise(const Allotment& allotment) {
    return "which belongs to the enterprise " + allotment.enterprise;
}

constexpr const char* of_this_node = "which belongs to this node";
constexpr const char* of_another_node = "which is delegated to another node";

std::string above(std::string_view prefix, std::string_view whose) {
    return "which stands above " + std::string{prefix} + ", " + std::string{whose};
}

/// Calls `visit` for each prefix that this one stands under, the nearest first, until it returns
/// false. Under a GS1 company prefix stand all that begin with its digits.
template <class Visit>
void for_each_above(std::string_view prefix, const Visit& visit) {
    if (is_company_scope(prefix)) {
        prefix.remove_suffix(1);
        for (; is_company_scope(prefix); prefix.remove_suffix(1))
            if (!visit(prefix)) return;
        return;
    }
    for (std::size_t dot = prefix.rfind('.'); dot != prefix.npos; dot = prefix.rfind('.')) {
        prefix = prefix.substr(0, dot);
        if (!visit(prefix)) return;
    }
}

}  // namespace

std::optional<Allotment> Occupancy::allotment_of(std::string_view prefix) const {
    const auto stored = view_.entry(Area::allotments, protocol::folded(prefix));
    return stored ? allotment_from_json(*stored) : std::nullopt;
}

bool Occupancy::is_own(std::string_view prefix) const {
    const auto allotment = allotment_of(prefix);
    return allotment && allotment->enterprise == enterprise_;
}

bool Occupancy::is_delegated(std::string_view prefix) const {
    if (view_.is_homed(prefix)) return false;
    const auto record = view_.find(protocol::prefix_handle(prefix));
    bool names_site = false;
    if (record)
        record->for_each_value([&](const protocol::ValueView& value) {
            names_site |= protocol::equal_folded(value.type, protocol::value_type::hs_site);
        });
    return names_site;
}

std::optional<std::string> Occupancy::find_at(std::string_view prefix) const {
    if (const auto allotment = allotment_of(prefix)) return of_enterprise(*allotment);
    if (view_.is_homed(prefix)) return of_this_node;
    if (is_delegated(prefix)) return of_another_node;
    return std::nullopt;
}

std::optional<std::string> Occupancy::find_above(std::string_view prefix) const {
    std::optional<std::string> found;
    const auto under = [](std::string_view at, std::string_view whose) {
        return "which stands under " + std::string{at} + ", " + std::string{whose};
    };
    for_each_above(prefix, [&](std::string_view at) {
        const auto allotment = allotment_of(at);
        if (allotment && allotment->enterprise != enterprise_)
            found = under(at, of_enterprise(*allotment));
        else if (!allotment && is_delegated(at))
            found = under(at, of_another_node);
        return !found;
    });
    return found;
}

std::optional<std::string> Occupancy::find_allotted_below(const std::string& stem) const {
    std::optional<std::string> found;
    view_.for_each_entry(Area::allotments, stem, [&](const registry::EntryView& entry) {
        const auto allotment = allotment_from_json(entry.value);
        if (allotment && allotment->enterprise != enterprise_)
            found = above(allotment->prefix, of_enterprise(*allotment));
        return !found;
    });
    return found;
}

std::optional<std::string> Occupancy::find_homed_below(const std::string& stem) const {
    std::optional<std::string> found;
    view_.for_each_homed(stem, [&](std::string_view prefix) {
        if (!is_own(prefix)) found = above(prefix, of_this_node);
        return !found;
    });
    return found;
}

std::optional<std::string> Occupancy::find_delegated_below(const std::string& stem) const {
    std::optional<std::string> found;
    view_.for_each_record(protocol::prefix_handle(stem), [&](const registry::RecordView& record) {
        const auto prefix = protocol::registered_prefix(record.handle());
        if (prefix && !is_own(*prefix) && is_delegated(*prefix))
            found = above(*prefix, of_another_node);
        return !found;
    });
    return found;
}

std::optional<std::string> Occupancy::find_range_below(std::string_view prefix) const {
    const std::string stem = protocol::folded(prefix) + ".";
    for (const Range& range : ranges_in(view_))
        if ((protocol::folded(range.parent) + ".").starts_with(stem))
            return "which stands above the range " + range.prefix_at(range.from) + " to " +
                   range.prefix_at(range.to);
    return std::nullopt;
}

std::optional<std::string> Occupancy::find_below(std::string_view prefix) const {
    if (is_company_scope(prefix)) return find_allotted_below(protocol::folded(prefix));
    const std::string stem = protocol::folded(prefix) + ".";
    if (auto found = find_allotted_below(stem)) return found;
    if (auto found = find_homed_below(stem)) return found;
    if (auto found = find_delegated_below(stem)) return found;
    return find_range_below(prefix);
}

std::optional<std::string> Occupancy::find(std::string_view prefix) const {
    if (auto found = find_at(prefix)) return found;
    if (auto found = find_above(prefix)) return found;
    return find_below(prefix);
}

std::optional<std::string> find_enterprise_of(const registry::WriteView& view,
                                              std::string_view prefix) {
    const Occupancy occupancy{view, {}};
    if (const auto allotment = occupancy.allotment_of(prefix)) return of_enterprise(*allotment);
    std::optional<std::string> found;
    for_each_above(prefix, [&](std::string_view at) {
        if (const auto allotment = occupancy.allotment_of(at))
            found = "which stands under " + std::string{at} + ", " + of_enterprise(*allotment);
        return !found;
    });
    return found;
}

std::vector<Range> ranges_in(const registry::WriteView& view) {
    const auto stored = view.entry(Area::ranges, ranges_key);
    return stored ? ranges_from_json(*stored) : std::vector<Range>{};
}

}  // namespace idnode::resolver::enterprises
