#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resolver/api/call.hpp"
#include "resolver/trace/trace.hpp"

namespace idnode::resolver {

inline constexpr std::uint32_t trace_depth_max = 1'000'000;
inline constexpr std::uint64_t recall_nodes_max = 2'000'000;

/// What a recall asks for: everything that came of the suspects, or that they came of, as far as
/// the filters let it pass.
struct RecallQuery {
    TraceOptions options;
    std::string product{};  ///< canonical forms that begin so, or belong to that class
    std::string holder{};   ///< only what it has, as `is_held_by` says; empty: whoever has it
    std::uint64_t limit = 1'000;
    bool count_only = false;
};

/// Reads `{"identifiers", …}`; a fault names the field.
std::variant<RecallQuery, api::Fault> read_recall(const boost::json::value& json);

/// The places of the nodes that are affected, in their order: suspects themselves are not counted.
/// Nothing hidden from the caller belongs to a product, or has a holder.
std::vector<std::uint32_t> find_affected(registry::Lookup& lookup, const RecallQuery& query,
                                         const Trace& reached, const api::Caller& caller);

/// Calls `visit` with each of these nodes and what it is called, in their order.
void for_each_named(registry::Lookup& lookup, const Trace& reached,
                    std::span<const std::uint32_t> places,
                    const std::function<void(const TraceNode&, const NamedThing&)>& visit);

/// A day, which stands for its end ("as of that day"), or a date and time with an offset.
std::optional<std::int64_t> read_moment(std::string_view text);

/// Reads names of edge types with commas between.
std::optional<api::Fault> read_edge_types(std::string_view text,
                                          std::set<registry::trace::EdgeType>& types);

}  // namespace idnode::resolver
