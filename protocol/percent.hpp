#pragma once

#include <string>
#include <string_view>

namespace idnode::protocol {

/// "%3A" and the like as the octets that they stand for (RFC 3986 §2.1); a '%' that begins no
/// escape stands for itself.
std::string percent_decoded(std::string_view text);

}  // namespace idnode::protocol
