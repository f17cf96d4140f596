#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "registry/entries.hpp"
#include "registry/writer.hpp"
#include "resolver/api/event_query.hpp"

namespace idnode::resolver::api {

/// A query that is kept under a name (EPCIS 2.0 §8.2.7): a view of the events, for whoever made it
/// and for those who see everything. A name belongs to one query of the node.
struct NamedQuery {
    std::string name{};
    std::string actor{};  ///< whose it is
    boost::json::object query{};
    std::int64_t created = 0;  ///< in milliseconds since 1970
};

inline constexpr std::size_t query_name_size_max = 100;
inline constexpr std::size_t query_size_max = 16'384;  ///< of its JSON
inline constexpr std::size_t queries_max = 10'000;     ///< on the node

/// Reads `{"name", "query"}`. A name is UTF-8 without '/' and control characters; the query has to
/// be one that `read_event_query` takes.
std::variant<NamedQuery, Fault> read_named_query(const boost::json::value& json);

/// Its JSON as clients see it.
boost::json::object shown(const NamedQuery& query);

/// The change that keeps it for the caller.
registry::PutEntry entry_of(const NamedQuery& query, const Caller& caller);

/// The query of that name, if there is one that the caller may see.
std::optional<NamedQuery> find_query(const registry::Snapshot& snapshot, const Caller& caller,
                                     std::string_view name);
/// Nothing when what is stored is damaged.
std::optional<NamedQuery> load_query(const registry::EntryView& entry);

/// How it is said that there is none.
Fault no_such_query();

}  // namespace idnode::resolver::api
