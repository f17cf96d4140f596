#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/value.hpp"
#include "resolver/auth/private_key.hpp"
#include "tests/end_to_end/administrator.hpp"

namespace idnode::end_to_end {

/// Somebody who proves with a private key who he is.
struct KeyHolder {
    protocol::Reference identity;
    resolver::auth::PrivateKey key;
};

/// The holder of a key in PEM.
KeyHolder make_key_holder(const protocol::Reference& identity, std::string_view pem);

/// The HS_PUBKEY value of the holder, at his index.
protocol::Value public_key_of(const KeyHolder& holder, std::uint32_t ttl = 86'400);

/// The HS_SECKEY value of who proves himself with a secret key, at his index; nobody else reads it.
protocol::Value secret_of(const Credentials& who);

/// The answer to the challenge in `challenged`, which was given to `request`.
std::string answer_to_challenge(const std::string& request, const Answer& challenged,
                                const KeyHolder& holder, std::uint32_t request_id);

/// Asks for an operation, answers the challenge, and returns the last answer.
Answer operate(const Say& say, std::uint32_t op_code, std::string_view body,
               const KeyHolder& holder);

/// A record as a line for `idnode import`.
std::string to_line(const std::string& handle, const std::vector<protocol::Value>& values);

}  // namespace idnode::end_to_end
