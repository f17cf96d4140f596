#include "registry/trace/edge.hpp"

#include <algorithm>
#include <array>

namespace idnode::registry::trace {
namespace {

struct TypeName {
    EdgeType type;
    std::string_view name;
};
constexpr std::array types{
    TypeName{EdgeType::transformation, "transformation"},
    TypeName{EdgeType::aggregation, "aggregation"}, TypeName{EdgeType::association, "association"},
    TypeName{EdgeType::membership, "membership"}, TypeName{EdgeType::reference, "reference"}};

}  // namespace

std::string_view name_of(EdgeType type) noexcept {
    const auto found = std::ranges::find(types, type, &TypeName::type);
    return found == types.end() ? "unknown" : found->name;
}

std::optional<EdgeType> find_edge_type(std::string_view name) noexcept {
    const auto found = std::ranges::find(types, name, &TypeName::name);
    if (found == types.end()) return std::nullopt;
    return found->type;
}

}  // namespace idnode::registry::trace
