#pragma once

#include <string>

#include "protocol/handle/authentication.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/private_key.hpp"

namespace idnode::resolver::auth {

// The client's side of a challenge: bodies of op code 200. Nothing is signed unless the challenge
// is about the request that was sent, given as its header and body: else `errc::malformed`, and
// somebody wants a signature for a request of his own. `version` is that of the challenge.

Result<std::string> answer_challenge(const protocol::Challenge& challenge,
                                     protocol::Bytes header_and_body, protocol::Version version,
                                     const protocol::Reference& identity, const PrivateKey& key);

Result<std::string> answer_challenge(const protocol::Challenge& challenge,
                                     protocol::Bytes header_and_body, protocol::Version version,
                                     const protocol::Reference& identity, protocol::Bytes secret);

}  // namespace idnode::resolver::auth
