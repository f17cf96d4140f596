#pragma once

#include <cstdint>
#include <string>

#include "tests/end_to_end/authorization_rules.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/requester.hpp"

namespace idnode::end_to_end {

/// Gives a node records for every combination: for each set of permissions a prefix whose record
/// grants it, and below another prefix a handle that grants it; there, for everybody, values and
/// handles of his own to change and to delete, so that no combination finds what another has left.
void prepare_authorization_world(Node& node);

/// What somebody proves himself with.
Identity identity_of(Who who);

/// The request of a combination.
struct AuthorizationRequest {
    std::uint32_t op_code;
    std::string body;
    std::uint32_t flags;
};
AuthorizationRequest request_of(const Combination& combination);

/// HS_ADMIN data that grants all permissions in `permissions` to somebody.
std::string grant_data(std::uint16_t permissions, Who who);

/// Records of the identities and their groups, under the homed prefix "88.1".
std::string identity_records();

}  // namespace idnode::end_to_end
