#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace idnode::protocol {

/// RFC 4648 §4: with padding, without line breaks.
std::string to_base64(std::string_view octets);
/// Nothing when the text is not base64 or its padding is wrong.
std::optional<std::string> from_base64(std::string_view text);

/// RFC 4648 §5 without padding, as JWK wants it (RFC 7515 §2).
std::string to_base64url(std::string_view octets);
std::optional<std::string> from_base64url(std::string_view text);

/// Lower-case digits out; either case in.
std::string to_hex(std::string_view octets);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace idnode::protocol
