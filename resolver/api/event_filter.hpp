#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/epcis/namespaces.hpp"
#include "resolver/api/call.hpp"

namespace idnode::resolver::api {

/// What no index serves, and a query asks of each event that an index has found (EPCIS 2.0
/// §8.2.7.1): of fields that have a name there (`EQ_errorReason`, `GT_quantity`, `GE_startTime`),
/// of lists with types (`EQ_source_owning_party`), and of extensions, whose name is a prefix and a
/// local name or a URI, at the event (`EXISTS_ex:field`), in its master data (`ILMD_`) or below
/// either (`INNER_`, `INNER_ILMD_`).
struct EventFilter {
    enum class Relation : std::uint8_t { exists, equal, less, at_most, greater, at_least };

    Relation relation = Relation::exists;
    std::string parameter{};               ///< as it was written
    std::string field{};                   ///< the same without its relation
    std::set<std::string> values{};        ///< for `equal`: any of them, in one form
    std::set<std::string> texts{};         ///< the same as they were written
    std::optional<double> number{};        ///< for the orders, one of these
    std::optional<std::int64_t> moment{};  ///< in milliseconds since 1970
};

/// Reads `name` as a parameter of this kind; nothing where it is none. Extensions are compared by
/// their whole URIs where `namespaces` knows the prefix. `text` is one value.
std::optional<std::variant<EventFilter, Fault>> read_filter(
    std::string_view name, std::string_view text, const protocol::epcis::Namespaces& namespaces);

/// Whether the event has what is asked for. Several values of one field meet it where one does.
bool meets(const EventFilter& filter, const boost::json::object& event);

}  // namespace idnode::resolver::api
