#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace idnode::resolver {

/// One place that a value of type `10320/loc` names.
struct Location {
    std::string href;
    std::string country;
    double weight = 1;
    unsigned status = 302;  ///< of the redirect: 301, 302, 303, 307 or 308
    std::vector<std::pair<std::string, std::string>> attributes;
};

struct Locations {
    std::vector<std::string> choose_by{"locatt", "country", "weighted"};
    std::vector<Location> all;
};

inline constexpr std::size_t locations_max = 1000;

/// Nothing when the text is no such document, or has more than `locations_max` locations.
std::optional<Locations> parse_locations(std::string_view xml);

/// Chooses as the document says: by the attribute that is asked for (`KEY:VALUE`; empty: none), by
/// country, which is not known here and so leaves those without one, and by weight, where `chance`
/// in [0, 1) decides. Null when nothing is left.
const Location* choose(const Locations& locations, std::string_view asked_attribute, double chance);

}  // namespace idnode::resolver
