#pragma once

#include <string_view>

#include "resolver/auth/authenticate.hpp"

namespace idnode::resolver::auth {

/// Decides who a TLS client is whose certificate (X.509, DER) it has proven to have the key of: the
/// common name is INDEX:HANDLE, percent-encoded or not, and the HS_PUBKEY value there holds the
/// same public key. Who has signed the certificate, and for how long, does not matter: the registry
/// is what says whose key it is.
Verdict authenticate_by_certificate(std::string_view certificate, const FindValues& find_values);

/// The key that a certificate names, INDEX:HANDLE; nothing where it names none.
std::optional<protocol::Reference> name_in_certificate(std::string_view certificate);

}  // namespace idnode::resolver::auth
