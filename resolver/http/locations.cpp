#include "resolver/http/locations.hpp"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

namespace idnode::resolver {
namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

Location read_location(const pugi::xml_node& node) {
    Location location;
    for (const pugi::xml_attribute& attribute : node.attributes()) {
        const std::string_view name = attribute.name();
        if (name == "href") {
            location.href = attribute.value();
        } else if (name == "country") {
            location.country = attribute.value();
        } else if (name == "weight") {
            location.weight = std::max(0.0, attribute.as_double(1));
        } else if (name == "http_sc") {
            const unsigned status = attribute.as_uint();
            const bool redirects = status == 301 || status == 303 || status == 307 || status == 308;
            location.status = redirects ? status : 302;
        }
        location.attributes.emplace_back(name, attribute.value());
    }
    return location;
}

using Chosen = std::vector<const Location*>;

template <class Keep>
void narrow(Chosen& chosen, Keep&& keep) {
    Chosen kept;
    std::ranges::copy_if(chosen, std::back_inserter(kept), keep);
    if (!kept.empty()) chosen = std::move(kept);
}

void choose_by_attribute(Chosen& chosen, std::string_view asked) {
    const std::size_t colon = asked.find(':');
    if (colon == asked.npos) return;
    const std::pair<std::string, std::string> wanted{asked.substr(0, colon),
                                                     asked.substr(colon + 1)};
    narrow(chosen, [&](const Location* location) {
        return std::ranges::count(location->attributes, wanted) > 0;
    });
}

void choose_by_weight(Chosen& chosen, double chance) {
    double sum = 0;
    for (const Location* location : chosen) sum += location->weight;
    double left = chance * sum;
    for (const Location* location : chosen) {
        left -= location->weight;
        if (left < 0) {
            chosen = {location};
            return;
        }
    }
}

}  // namespace

std::optional<Locations> parse_locations(std::string_view xml) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return std::nullopt;
    const pugi::xml_node root = document.child("locations");
    if (!root) return std::nullopt;
    Locations locations;
    if (const pugi::xml_attribute by = root.attribute("chooseby"))
        locations.choose_by = split(by.value());
    for (const pugi::xml_node& node : root.children("location")) {
        if (locations.all.size() == locations_max) return std::nullopt;
        locations.all.push_back(read_location(node));
    }
    return locations;
}

const Location* choose(const Locations& locations, std::string_view asked_attribute,
                       double chance) {
    Chosen chosen;
    for (const Location& location : locations.all)
        if (!location.href.empty()) chosen.push_back(&location);
    for (const std::string& method : locations.choose_by) {
        if (method == "locatt")
            choose_by_attribute(chosen, asked_attribute);
        else if (method == "country")
            narrow(chosen, [](const Location* location) { return location->country.empty(); });
        else if (method == "weighted")
            choose_by_weight(chosen, chance);
    }
    return chosen.empty() ? nullptr : chosen.front();
}

}  // namespace idnode::resolver
