#pragma once

#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/error.hpp"
#include "resolver/auth/openssl.hpp"

namespace idnode::resolver::auth {

// Between sources of this folder.

/// OpenSSL's own object; never null.
const EVP_MD* method_of(Digest digest) noexcept;

/// The number of bits of an unsigned number, given big-endian without leading zeros.
std::size_t bits_of(std::string_view magnitude) noexcept;

/// A key that signs, in OpenSSL's form. Keys outside of the bounds of public_key.hpp and keys for
/// agreement are `errc::unfit_key`.
Result<KeyHandle> import_key(const protocol::PublicKey& key);

}  // namespace idnode::resolver::auth
