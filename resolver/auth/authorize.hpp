#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/authenticate.hpp"

namespace idnode::resolver::auth {

/// What an identity wants to do to a handle. `handle` of `may` is the handle itself; for the two
/// lists it is `0.NA/<prefix>`.
enum class Operation {
    create_handle,
    delete_handle,
    list_handles,
    list_derived_prefixes,
    read_values,  ///< those that only administrators may read
    add_value,
    remove_value,
    modify_value,
    add_admin,  ///< the same for values of type HS_ADMIN
    remove_admin,
    modify_admin,
};

// Groups (HS_VLIST) may hold groups, and may hold each other. What lies beyond these limits, in all
// groups of one question together, grants nothing.
inline constexpr std::size_t group_depth_max = 8;
inline constexpr std::size_t group_handles_max = 32;
inline constexpr std::size_t group_references_max = 1024;

/// Whether `identity` is one of `administrators`: the same value of the same handle, or any value
/// of it where the administrator has index 0, or a member of a group that stands there.
bool is_among(const protocol::Reference& identity, const protocol::ReferenceList& administrators,
              const FindValues& find_values);

/// Whether HS_ADMIN values grant an operation to an identity that has proven itself (RFC 3651
/// §3.2.1). Values, and what only administrators may read, are granted by the handle's own record.
/// Creating is granted by the record of its prefix (`0.NA/<prefix>`, permission to add handles), or
/// for a prefix by that of the prefix above (to add derived prefixes; above the first label stands
/// `0.NA/0.NA`); deleting by either record; lists by the record of the prefix. Permission bits of
/// single values are not looked at here.
bool may(const protocol::Reference& identity, Operation operation, std::string_view handle,
         const FindValues& find_values);

}  // namespace idnode::resolver::auth
