#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/schemes/identifier.hpp"
#include "registry/store.hpp"

namespace idnode::resolver {

/// What those see of things in a trace who do not own them: the policy of a prefix.
struct Visibility {
    /// One up, one down: who owns a thing sees what it is connected with in one step, and nothing
    /// behind that.
    bool one_up_one_down = false;
    /// What is not seen, and all that lies behind it, is left out, rather than a tombstone.
    bool cut = false;

    bool operator==(const Visibility&) const = default;
};

/// What a policy may be set for: a prefix of handles, the things of a GS1 company prefix
/// ("gs1:4012345", 4 to 12 digits), or all things that have no policy of their own ("*").
bool is_visibility_scope(std::string_view text);
/// The prefix, of handles or of a company, that somebody may administer; empty for "*", which only
/// the operator sets.
std::string_view prefix_of_scope(std::string_view scope);
/// Whether it is a GS1 company prefix. Those stand beside prefixes of handles where prefixes are
/// allotted and granted; no handles stand under them.
bool is_company_scope(std::string_view text) noexcept;
/// Whether a GS1 key, in canonical form, begins with the company prefix of a scope; of no other
/// scope.
bool is_of_company(std::string_view canonical, std::string_view scope) noexcept;
/// The scopes of all company prefixes that a thing may have, the longest first: which it has is
/// known to its company only.
std::vector<std::string> company_scopes_of(const protocol::Identifier& thing);
/// Where it stands in the registry.
std::string visibility_key(std::string_view scope);

/// Reads `{"oneUpOneDown": BOOL, "hidden": "tombstone" | "cut"}`.
protocol::Parsed<Visibility> read_visibility(const boost::json::value& json);
std::string to_json(const Visibility& visibility);

/// The policy for a thing: of its prefix (of several GS1 company prefixes that fit, the longest),
/// or that of "*", or none.
Visibility find_visibility(const registry::Snapshot& snapshot, const protocol::Identifier& thing);

}  // namespace idnode::resolver
