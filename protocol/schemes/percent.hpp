#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace idnode::protocol {

/// Every octet outside the unreserved characters of RFC 3986 §2.3 as %XX in upper-case hex, so that
/// one text has one encoding.
std::string percent_encoded(std::string_view text);

/// The octets that `text` stands for (RFC 3986 §2.1); nothing when a '%' is not followed by two hex
/// digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace idnode::protocol
