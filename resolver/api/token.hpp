#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::api {

/// What a token says (RFC 7519).
struct TokenClaims {
    std::string user;           ///< `sub`
    std::string id;             ///< `jti`, by which it is revoked
    std::uint32_t issued = 0;   ///< `iat`, in seconds since 1970
    std::uint32_t epoch = 0;    ///< of the account, in which the token is good (Account)
    std::uint32_t expires = 0;  ///< `exp`
};

/// Makes and reads tokens: JSON Web Tokens signed with HMAC-SHA-256 by a secret of this node's own,
/// which is made at the first start and kept in the data directory as `token-key`, readable by its
/// owner only. So a token of another node, one with another algorithm or with none is no token
/// here. Threads may share it.
class TokenKey {
public:
    /// Throws std::runtime_error.
    static TokenKey load_or_make(const std::filesystem::path& directory);

    std::string make(const TokenClaims& claims) const;
    /// Nothing unless it was made here; whether its time is over is left to the caller.
    std::optional<TokenClaims> read(std::string_view token) const;

    /// A digest (HMAC-SHA-256, 32 octets) of what could be guessed from a plain one. It says no
    /// more than which things are equal, to whoever does not have the secret. `purpose` keeps
    /// digests apart that are made for different ends.
    auth::DigestValue keyed_digest(std::string_view purpose, std::string_view subject,
                                   protocol::Bytes octets) const;

    static constexpr std::size_t token_size_max = 4096;

private:
    explicit TokenKey(std::string secret) : secret_{std::move(secret)} {}
    std::string sign(std::string_view signed_part) const;

    std::string secret_;
};

}  // namespace idnode::resolver::api
